"""The table of networks and the organisations that answer for them: columns `network` and `organisation`."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import MappingNeeded
from vonggac.formats import tables, times
from vonggac.formats.botnet_columns import fold
from vonggac.formats.cells import Grid, number
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.raw_tables import RAW_CHARACTERS
from vonggac.formats.records import Reject
from vonggac.formats.tables import Table
from vonggac.kernel import addresses, networks
from vonggac.kernel.networks import Register

_NAMES = {
    "network": ("network", "prefix", "cidr", "dai ip", "dai mang", "dai dia chi", "dai dia chi ip"),
    "organisation": ("organisation", "organization", "owner", "don vi", "to chuc", "co quan"),
}
_VALIDITY = ("valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class NetworksReading:
    """`networks` (canonical text) and beside each its `organisations`; `is_dated` when validity was looked at.

    `ipv4_blocks`: first addresses and prefix lengths, (n,) int64 each, where all networks are IPv4 and were read so.
    """

    networks: list[str]
    organisations: list[str]
    rejects: list[Reject]
    is_dated: bool = False
    ipv4_blocks: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def compile(self) -> Register:
        """The register of these networks."""
        if self.ipv4_blocks is not None:
            return networks.compile_ipv4(self.networks, self.organisations, *self.ipv4_blocks)
        return networks.compile(self.networks, self.organisations)


def read(content: bytes, filename: str, at: datetime, limits: Limits = DEFAULT_LIMITS) -> NetworksReading:
    """The blocks that hold at a moment (`valid_from` ≤ at < `valid_to`, where the table has these columns).

    A row without a readable block or without an organisation is a reject, and so is a block that an earlier row gave
    to another organisation. Raises MappingNeeded when one of the two columns is missing.
    """
    table = tables.read_table(content, filename, limits, strip=False)
    columns = {name: _find_column(table, name, filename) for name in _NAMES}
    if (plain := _read_plain(table, columns["network"], columns["organisation"])) is not None:
        return plain
    blocks, owners = ([cell.strip() for cell in table.column(columns[name])] for name in ("network", "organisation"))
    is_valid, is_dated = _valid_at(table, at)
    kept: dict[str, str] = {}
    rejects = list(table.rejects)
    for place, (text, owner) in enumerate(zip(blocks, owners, strict=True)):
        if not is_valid[place]:
            continue
        block = networks.parse_block(text)
        name = networks.format_block(*block) if block else ""
        reason = _find_fault(name, owner, kept)
        if reason:
            column = columns["organisation"] if name and not owner else columns["network"]
            raw = ",".join(table.rows[place])[:RAW_CHARACTERS]
            rejects.append(Reject(table.line_numbers[place], column, reason, raw))
        else:
            kept[name] = owner
    return NetworksReading(list(kept), list(kept.values()), rejects, is_dated)


def _read_plain(table: Table, network: str, organisation: str) -> NetworksReading | None:
    """All rows at once where each is a canonical IPv4 block, given once, with an owner; else None."""
    grid = table.rows
    if not isinstance(grid, Grid) or table.rejects or not len(grid) or set(_VALIDITY) & set(table.columns):
        return None
    blocks = _read_blocks(grid, table.columns.index(network))
    owners = grid.coded(table.columns.index(organisation))
    if blocks is None or any(not owner or owner != owner.strip() for owner in owners.values):
        return None
    firsts, lengths = blocks
    if len(number(firsts << 6 | lengths)[0]) < len(grid):
        return None
    return NetworksReading(table.column(network), [owner or "" for owner in owners], [], ipv4_blocks=blocks)


def _read_blocks(grid: Grid, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """First addresses and prefix lengths of a column of canonical IPv4 blocks, else None."""
    address, after = addresses.parse_ipv4_at(grid.data, grid.begins[:, place])
    digits = grid.ends[:, place] - after - 1
    if (after < 0).any() or (grid.data[after] != ord("/")).any() or ((digits < 1) | (digits > 2)).any():
        return None
    tens, ones = (grid.data[after + one].astype(np.int64) - 48 for one in (1, 2))
    is_long = digits == 2
    lengths = np.where(is_long, tens * 10 + ones, tens)
    firsts = address.astype(np.int64)
    is_digit = (tens >= is_long) & (tens <= 9) & (~is_long | ((ones >= 0) & (ones <= 9)))
    if not is_digit.all() or lengths.max() > 32 or (firsts & ((np.int64(1) << (32 - lengths)) - 1)).any():
        return None
    return firsts, lengths


def _find_fault(name: str, owner: str, kept: dict[str, str]) -> str | None:
    if not name:
        return "is not a network; write it as 192.0.2.0/24 or 2001:db8::/32"
    if not owner:
        return "the row names no organisation"
    if kept.get(name, owner) != owner:
        return f"the network already belongs to {kept[name]}"
    return None


def _find_column(table: Table, wanted: str, filename: str) -> str:
    if table.has_header:
        for name in _NAMES[wanted]:
            for column in table.columns:
                if fold(column) == name:
                    return column
    raise MappingNeeded(f"{filename} needs the columns network and organisation in a header line; {wanted} is missing")


def _valid_at(table: Table, at: datetime) -> tuple[np.ndarray, bool]:
    now = int(at.astimezone(UTC).timestamp())
    is_valid = np.ones(len(table.rows), np.bool_)
    is_dated = False
    for column in table.columns:
        if column in _VALIDITY:
            seconds = times.read_column(table.column(column)).seconds
            is_known = seconds != times.NO_TIME
            is_valid &= ~is_known | ((seconds <= now) if column == "valid_from" else (seconds > now))
            is_dated |= bool(is_known.any())
    return is_valid, is_dated
