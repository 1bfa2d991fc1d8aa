"""The table of networks and the organisations that answer for them: columns `network` and `organisation`."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from vonggac.errors import MappingNeeded
from vonggac.formats import tables, times
from vonggac.formats.botnet_columns import fold
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.records import Reject
from vonggac.formats.tables import Table
from vonggac.kernel import networks

_NAMES = {
    "network": ("network", "prefix", "cidr", "dai ip", "dai mang", "dai dia chi", "dai dia chi ip"),
    "organisation": ("organisation", "organization", "owner", "don vi", "to chuc", "co quan"),
}


@dataclass(frozen=True, slots=True)
class NetworksReading:
    """`networks` (canonical text) and beside each its `organisations`; `is_dated` when validity was looked at."""

    networks: list[str]
    organisations: list[str]
    rejects: list[Reject]
    is_dated: bool = False


def read(content: bytes, filename: str, at: datetime, limits: Limits = DEFAULT_LIMITS) -> NetworksReading:
    """The blocks that hold at a moment (`valid_from` ≤ at < `valid_to`, where the table has these columns).

    A row without a readable block or without an organisation is a reject, and so is a block that an earlier row gave
    to another organisation. Raises MappingNeeded when one of the two columns is missing.
    """
    table = tables.read_table(content, filename, limits)
    columns = {name: _find_column(table, name, filename) for name in _NAMES}
    blocks, owners = table.column(columns["network"]), table.column(columns["organisation"])
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
            raw = ",".join(table.rows[place])[: tables.RAW_CHARACTERS]
            rejects.append(Reject(table.line_numbers[place], column, reason, raw))
        else:
            kept[name] = owner
    return NetworksReading(list(kept), list(kept.values()), rejects, is_dated)


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
        if column in ("valid_from", "valid_to"):
            seconds = times.read_column(table.column(column)).seconds
            is_known = seconds != times.NO_TIME
            is_valid &= ~is_known | ((seconds <= now) if column == "valid_from" else (seconds > now))
            is_dated |= bool(is_known.any())
    return is_valid, is_dated
