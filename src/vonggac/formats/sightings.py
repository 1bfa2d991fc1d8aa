"""A list's rows grouped into sightings, one an (address, family), with owner and inner host; and their tables.

match = match_list(reading, register, nat)
write_csv(match)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vonggac.formats import tables, times
from vonggac.formats.botnet_cells import UNKNOWN
from vonggac.formats.botnet_list import ListReading, ListRows
from vonggac.formats.cells import Texts, code, number
from vonggac.formats.records import RowWarning
from vonggac.formats.times import NO_TIME
from vonggac.kernel import networks
from vonggac.kernel.addresses import Addresses
from vonggac.kernel.network_history import EVER, History
from vonggac.kernel.networks import Register

if TYPE_CHECKING:
    from vonggac.formats.nat_log import NatLog


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows and addresses there were; `owned` and `unowned` count distinct addresses."""

    rows_read: int
    rows_rejected: int
    addresses: int
    owned: int
    unowned: int


COLUMNS = (
    "address",
    "family",
    "port",
    "protocol",
    "destination_address",
    "destination_host",
    "first_seen_utc",
    "last_seen_utc",
    "count",
    "organisation",
    "network",
    "inner_host",
)


@dataclass(frozen=True, slots=True)
class Match:
    """The sightings of a list in columns of equal length, in the order of their first rows: one an (address, family).

    Port, protocol and destinations are those of the row seen last, `UNKNOWN` or None where the list does not say;
    `first_seen`, `last_seen` (g,) int64 seconds since 1970 UTC, `NO_TIME` where unknown; `count` (g,) sums the rows'
    counts. `owner` (g,) int32 points into the register's `networks` and `organisations`, −1 for nobody. `warnings` say
    what the NAT log left unclear.
    """

    addresses: Addresses
    family: Texts
    port: NDArray[np.int64]
    protocol: Texts
    destination_address: Texts
    destination_host: Texts
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    count: NDArray[np.int64]
    owner: NDArray[np.int32]
    inner_host: list[str | None] | None
    register: Register | History
    summary: Summary
    warnings: list[RowWarning]

    def columns(self) -> dict[str, list[Any]]:
        """The values by the names of `COLUMNS`, None where the list or the register does not say."""
        owner = self.owner.tolist()
        values: tuple[Iterable[Any], ...] = (
            self.addresses.text,
            self.family,
            (None if port == UNKNOWN else port for port in self.port.tolist()),
            self.protocol,
            self.destination_address,
            self.destination_host,
            times.format_utc(self.first_seen),
            times.format_utc(self.last_seen),
            self.count.tolist(),
            (self.register.organisations[one] if one >= 0 else None for one in owner),
            (self.register.networks[one] if one >= 0 else None for one in owner),
            self.inner_host or [None] * len(owner),
        )
        return {name: list(column) for name, column in zip(COLUMNS, values, strict=True)}


def match_list(
    reading: ListReading, register: Register | History, nat: "NatLog | None" = None, at: datetime | None = None
) -> Match:
    """Group a list's rows and name the owner of each address; O(n log n).

    By a history (in seconds) each row's owner is the one when it was seen last, at `at` where the row does not say; an
    address that changed hands meanwhile is a sighting of each organisation.
    """
    rows = reading.rows
    codes, distinct = _code_addresses(rows.addresses)
    if isinstance(register, History):
        owner = _owners_then(rows, register, at)
        groups = _group(_with_owner(codes, owner, register.organisations), rows.family.codes, rows)
        owned = len(np.unique(codes[owner >= 0]))
    else:
        found = networks.owners_mixed(register, rows.addresses.take(distinct))
        groups = _group(codes, rows.family.codes, rows)
        owner, owned = found[codes], int((found >= 0).sum())
    inner, warnings = _find_inner_hosts(rows, groups, nat) if nat else (None, [])
    last = groups.last_row
    return Match(
        addresses=rows.addresses.take(last),
        family=Texts(rows.family.values, rows.family.codes[last]),
        port=rows.port[last],
        protocol=Texts(rows.protocol.values, rows.protocol.codes[last]),
        destination_address=Texts(rows.destination_address.values, rows.destination_address.codes[last]),
        destination_host=Texts(rows.destination_host.values, rows.destination_host.codes[last]),
        first_seen=groups.first_seen,
        last_seen=groups.last_seen,
        count=groups.count,
        owner=owner[last],
        inner_host=inner,
        register=register,
        summary=Summary(reading.rows_read, len(reading.rejects), len(distinct), owned, len(distinct) - owned),
        warnings=warnings,
    )


def _owners_then(rows: ListRows, history: History, at: datetime | None) -> NDArray[np.int32]:
    otherwise = EVER if at is None else int(at.timestamp())
    return history.owners(rows.addresses, np.where(rows.last_seen == NO_TIME, otherwise, rows.last_seen))


def _with_owner(codes: NDArray[np.intp], owner: NDArray[np.int32], organisations: Sequence[str]) -> NDArray[np.intp]:
    """(n,) number of each row's (address, organisation)."""
    numbers = {name: place for place, name in enumerate(dict.fromkeys(organisations))}
    organisation = np.array([*(numbers[name] for name in organisations), len(numbers)])[owner]
    return number(codes * (len(numbers) + 1) + organisation)[1]


def write_csv(match: Match) -> bytes:
    """The sightings as CSV without formulas."""
    return tables.write_csv(COLUMNS, zip(*match.columns().values(), strict=True))


def write_parquet(match: Match) -> bytes:
    """The sightings as Parquet: text columns, `port` int32, `count` int64, times as UTC timestamps."""
    import pyarrow as pa  # noqa: PLC0415  0.3 s that only this output needs
    import pyarrow.parquet as pq  # noqa: PLC0415  as above

    kinds = {"port": pa.int32(), "count": pa.int64()}
    columns = {
        name: pa.array(values, kinds.get(name, pa.string()))
        for name, values in match.columns().items()
        if not name.endswith("_utc")
    }
    for name, seconds in (("first_seen_utc", match.first_seen), ("last_seen_utc", match.last_seen)):
        columns[name] = pa.array(seconds, pa.timestamp("s", "UTC"), mask=seconds == NO_TIME)
    target = pa.BufferOutputStream()
    pq.write_table(pa.table({name: columns[name] for name in COLUMNS}), target, compression="zstd")
    content: bytes = target.getvalue().to_pybytes()
    return content


def write_text(match: Match) -> str:
    """The sightings as aligned columns for a terminal; control characters of the list are shown as `?`."""
    names = ("address", "family", "port", "last_seen_utc", "count", "organisation", "network", "inner_host")
    columns = match.columns()
    shown = [names, *zip(*(map(_printable, columns[name]) for name in names), strict=True)]
    widths = [min(max(len(row[i]) for row in shown), 48) for i in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
    )


@dataclass(frozen=True, slots=True)
class _Groups:
    """g groups: places of all rows sorted by group then time, where each begins, and what each adds up to."""

    order: NDArray[np.intp]
    begins: NDArray[np.intp]
    last_row: NDArray[np.intp]
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    count: NDArray[np.int64]


def _group(codes: NDArray[np.intp], families: NDArray[np.intp], rows: ListRows) -> _Groups:
    """Groups by (address, family), in the order of their first rows."""
    if not len(codes):
        nothing = np.zeros(0, np.int64)
        return _Groups(nothing, nothing, nothing, nothing, nothing, nothing)
    first_rows, group = number(codes * (int(families.max()) + 1) + families)
    rank = np.empty(len(first_rows), np.int64)
    rank[np.argsort(first_rows)] = np.arange(len(first_rows))
    group = rank[group]
    order = _order(group, rows.last_seen)
    begins = np.flatnonzero(np.diff(group[order], prepend=-1))
    ends = np.append(begins[1:], len(order)) - 1
    latest = np.iinfo(np.int64).max
    first_seen = np.where(rows.first_seen == NO_TIME, latest, rows.first_seen)[order]
    first_seen = np.minimum.reduceat(first_seen, begins)
    return _Groups(
        order=order,
        begins=begins,
        last_row=order[ends],
        first_seen=np.where(first_seen == latest, NO_TIME, first_seen),
        last_seen=np.maximum.reduceat(rows.last_seen[order], begins),
        count=np.add.reduceat(rows.count[order], begins),
    )


def _order(group: NDArray[np.int64], last_seen: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of all rows by group, then time; most groups of a list have one row and need no times compared."""
    order = np.argsort(group, kind="stable")
    several = np.flatnonzero((np.bincount(group) > 1)[group[order]])
    mixed = order[several]
    order[several] = mixed[np.lexsort((last_seen[mixed], group[mixed]))]
    return order


def _find_inner_hosts(rows: ListRows, groups: _Groups, nat: "NatLog") -> tuple[list[str | None], list[RowWarning]]:
    """The inner host of each group's latest row that the log places, and a warning where its rows are on several."""
    inner: list[str | None] = [None] * len(groups.begins)
    warnings: list[RowWarning] = []
    ends = np.append(groups.begins[1:], len(groups.order)).tolist()
    for group, (begin, end) in enumerate(zip(groups.begins.tolist(), ends, strict=True)):
        places = groups.order[begin:end].tolist()
        if rows.addresses.text[places[0]] not in nat.translations:
            continue
        hosts: dict[str, None] = {}
        for place in places:
            moment = int(rows.last_seen[place])
            port = None if rows.port[place] == UNKNOWN else int(rows.port[place])
            seconds = None if moment == NO_TIME else moment
            told = nat.inner_host(rows.addresses.text[place], port, seconds, rows.protocol[place])
            if told:
                hosts.pop(told, None)
                hosts[told] = None
        if hosts:
            inner[group] = next(reversed(hosts))
        if len(hosts) > 1:
            reason = "the NAT log places the rows of this address on several inner hosts; the latest is shown"
            warnings.append(RowWarning(rows.line[places[-1]], "inner_host", reason, ", ".join(hosts)))
    return inner, warnings


def _code_addresses(listed: Addresses) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(n,) number of each row's address, and one place for each number."""
    if not listed.is_ipv6.any():
        places, codes = number(listed.ipv4)
        return codes, places
    coded = code(listed.text)
    return coded.codes, number(coded.codes)[0]


def _printable(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)
