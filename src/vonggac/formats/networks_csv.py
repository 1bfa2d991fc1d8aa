"""The table of networks and the organisations that answer for them: columns `network` and `organisation`."""

from dataclasses import dataclass
from datetime import timedelta, timezone

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
from vonggac.kernel.network_history import ALWAYS, EVER, History, Moments
from vonggac.kernel.networks import Register

_NAMES = {
    "network": ("network", "prefix", "cidr", "dai ip", "dai mang", "dai dia chi", "dai dia chi ip"),
    "organisation": ("organisation", "organization", "owner", "don vi", "to chuc", "co quan"),
}
_VALIDITY = {"valid_from": ALWAYS, "valid_to": EVER}
# A day of the table begins where the offices are.
_OFFICE_ZONE = timezone(timedelta(hours=7))

# Canonical block → (organisation, begin, end) of each row that was kept.
_Kept = dict[str, list[tuple[str, int, int]]]


@dataclass(frozen=True, slots=True)
class NetworksReading:
    """`networks` (canonical text) and beside each its `organisations`; `validity`: begins and ends, if any is dated.

    `validity`: (n,) int64 each, seconds since 1970 UTC. `ipv4_blocks`: first addresses and prefix lengths, (n,) int64
    each, where all networks are IPv4 and were read so.
    """

    networks: list[str]
    organisations: list[str]
    rejects: list[Reject]
    validity: tuple[Moments, Moments] | None = None
    ipv4_blocks: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def compile(self) -> Register | History:
        """The register of these networks, or their history by seconds where a row has a date."""
        if self.validity is not None:
            return History.of(self.networks, self.organisations, *self.validity)
        if self.ipv4_blocks is not None:
            return networks.compile_ipv4(self.networks, self.organisations, *self.ipv4_blocks)
        return networks.compile(self.networks, self.organisations)


def read(content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> NetworksReading:
    """The blocks, each from `valid_from` until before `valid_to`, where the table has these columns.

    A row without a readable block or without an organisation is a reject, and so is a block that an earlier row gave
    to another organisation for some of the time. Raises MappingNeeded when one of the two columns is missing.
    """
    table = tables.read_table(content, filename, limits, strip=False)
    columns = {name: _find_column(table, name, filename) for name in _NAMES}
    if (plain := _read_plain(table, columns["network"], columns["organisation"])) is not None:
        return plain
    blocks, owners = ([cell.strip() for cell in table.column(columns[name])] for name in ("network", "organisation"))
    begins, ends = (_bounds(table, column, otherwise) for column, otherwise in _VALIDITY.items())
    kept: _Kept = {}
    rejects = list(table.rejects)
    for place, (text, owner) in enumerate(zip(blocks, owners, strict=True)):
        block = networks.parse_block(text)
        name = networks.format_block(*block) if block else ""
        reason = _find_fault(name, owner, begins[place], ends[place], kept)
        if reason:
            column = columns["organisation"] if name and not owner else columns["network"]
            raw = ",".join(table.rows[place])[:RAW_CHARACTERS]
            rejects.append(Reject(table.line_numbers[place], column, reason, raw))
        else:
            kept.setdefault(name, []).append((owner, begins[place], ends[place]))
    rows = [(name, *one) for name, held in kept.items() for one in dict.fromkeys(held)]
    is_dated = any((begin, end) != (ALWAYS, EVER) for *_, begin, end in rows)
    validity = np.array([row[2] for row in rows], np.int64), np.array([row[3] for row in rows], np.int64)
    return NetworksReading([row[0] for row in rows], [row[1] for row in rows], rejects, validity if is_dated else None)


def _read_plain(table: Table, network: str, organisation: str) -> NetworksReading | None:
    """All rows at once where each is a canonical IPv4 block, given once, with an owner; else None."""
    grid = table.rows
    if not isinstance(grid, Grid) or table.rejects or not len(grid) or _VALIDITY.keys() & set(table.columns):
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


def _find_fault(name: str, owner: str, begin: int, end: int, kept: _Kept) -> str | None:
    if not name:
        return "is not a network; write it as 192.0.2.0/24 or 2001:db8::/32"
    if not owner:
        return "the row names no organisation"
    for other, since, until in kept.get(name, ()):
        if other != owner and begin < until and since < end:
            return f"the network already belongs to {other}"
    return None


def _find_column(table: Table, wanted: str, filename: str) -> str:
    if table.has_header:
        for name in _NAMES[wanted]:
            for column in table.columns:
                if fold(column) == name:
                    return column
    raise MappingNeeded(f"{filename} needs the columns network and organisation in a header line; {wanted} is missing")


def _bounds(table: Table, column: str, otherwise: int) -> list[int]:
    """Seconds since 1970 UTC of a column of days or times, `otherwise` where nothing is said."""
    if column not in table.columns:
        return [otherwise] * len(table.rows)
    seconds = times.read_column(table.column(column), zone=_OFFICE_ZONE).seconds
    return [otherwise if one == times.NO_TIME else one for one in seconds.tolist()]
