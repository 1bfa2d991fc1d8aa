"""Many alerts as few groups, in memory: counts, first and last, the gravest severity, a few samples of each.

Pure and by column: the alerts are rows of the lake's table.
"""

import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vonggac.alerts.rules import NO_SUBJECT, RANK, rule_named, unnamed
from vonggac.formats.alerts import Notice, Severity
from vonggac.formats.alerts.alert_table import address_texts
from vonggac.kernel import addresses, networks
from vonggac.kernel.networks import Register

Key = tuple[str, str]
# Of each group the first records and the newest are kept to be looked at.
EARLIEST, NEWEST = 2, 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES = tuple(RANK)
_SHOWN = ("raw", "raw_line", "raw_offset", "raw_length", "time_us", "is_timed", "source_port", "destination_port")
_TITLE_CHARACTERS, _SUBJECT_CHARACTERS = 300, 100


class Sample(msgspec.Struct, frozen=True, gc=False):
    """Where one record's bytes lie, and what to show of it in a list."""

    raw: str
    line: int
    offset: int
    length: int
    time: str | None
    source: str | None
    destination: str | None


class Group(msgspec.Struct):
    """The alerts of one rule about one subject; `samples` are the first and the newest of them."""

    title: str
    severity: Severity
    incident_class: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    samples: list[Sample] = []
    notice: Notice | None = None
    """What the last of them said, where their sender is a coordinator."""

    def join(self, other: "Group") -> None:
        """Count the alerts of another group too, which came later."""
        self.count += other.count
        times = [one for one in (self.first, self.last, other.first, other.last) if one is not None]
        self.first, self.last = (min(times), max(times)) if times else (None, None)
        self.severity = max(self.severity, other.severity, key=RANK.__getitem__)
        self.notice = other.notice or self.notice
        every = [*self.samples, *other.samples]
        self.samples = [*every[:EARLIEST], *every[EARLIEST:][-NEWEST:]]


def groups_of(table: Any, ours: Register, notices: Mapping[int, Notice] | None = None) -> dict[Key, Group]:
    """(rule, subject) → its group, in the order of their first alerts.

    `table` (n rows) is the lake's, in the order in which the alerts came. `ours` has the networks that organisations
    answer for. `notices` are those that alerts name, by row. 0.5 µs an alert.
    """
    if not table.num_rows:
        return {}
    told = notices or {}
    source, destination = address_texts(table, "source"), address_texts(table, "destination")
    rules = _coded(_rules(table, told))
    subjects = _coded(_subjects(table, source, destination, ours, told))
    pairs = pa.array(rules.indices.to_numpy().astype(np.int64) * len(subjects.dictionary) + subjects.indices.to_numpy())
    found = pairs.dictionary_encode()
    of_row = found.indices.to_numpy()
    members = _Members(of_row, len(found.dictionary))
    rule_places, subject_places = np.divmod(found.dictionary.to_numpy(), len(subjects.dictionary))
    names = rules.dictionary.take(rule_places).to_pylist()
    keys = zip(names, subjects.dictionary.take(subject_places).to_pylist(), strict=True)
    groups = dict(zip(keys, _groups(table, members, source, destination), strict=True))
    ordered = list(groups.values())
    for row in sorted(told):
        ordered[of_row[row]].notice = told[row]
    return groups


class _Members:
    """The rows of each of `size` groups: `rows` (n,) by group, then in their order; group g begins at `starts[g]`."""

    def __init__(self, of_row: NDArray[np.int32], size: int) -> None:
        self.rows = np.argsort(of_row, kind="stable")
        self.sizes = np.bincount(of_row, minlength=size)
        self.starts = np.cumsum(self.sizes) - self.sizes

    @property
    def firsts(self) -> NDArray[np.intp]:
        """The first row of each."""
        found: NDArray[np.intp] = self.rows[self.starts]
        return found

    def reduced(self, values: NDArray[Any], by: np.ufunc) -> NDArray[Any]:
        """The values (n,) of each group's rows as one."""
        return by.reduceat(values[self.rows], self.starts)

    def samples(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows that are shown, by group, and how many of each group."""
        within = np.arange(len(self.rows)) - np.repeat(self.starts, self.sizes)
        is_shown = (within < EARLIEST) | (within >= np.repeat(self.sizes, self.sizes) - NEWEST)
        return self.rows[is_shown], np.minimum(self.sizes, EARLIEST + NEWEST)


def _groups(table: Any, members: _Members, source: Any, destination: Any) -> Iterator[Group]:
    heads = table.select(["title", "rule_id", "class"]).take(members.firsts)
    titles = pc.utf8_slice_codeunits(pc.coalesce(heads["title"], heads["rule_id"], "?"), 0, _TITLE_CHARACTERS)
    times, is_timed = table["time_us"].to_numpy(), table["is_timed"].to_numpy()
    far = np.int64(1) << 62
    firsts = members.reduced(np.where(is_timed, times, far), np.minimum)
    lasts = members.reduced(np.where(is_timed, times, -far), np.maximum)
    counts = members.reduced(np.maximum(table["count"].to_numpy(), 1), np.add)
    gravest = members.reduced(_ranks(table["severity"]), np.maximum)
    rows, sizes = members.samples()
    samples = _samples(table.select(_SHOWN).take(rows), source.take(rows), destination.take(rows))
    ends = np.cumsum(sizes)
    of_groups = (gravest, counts, firsts, lasts, ends - sizes, ends)
    columns = (titles.to_pylist(), heads["class"].fill_null("").to_pylist(), *(one.tolist() for one in of_groups))
    for title, kind, rank, count, first, last, begin, end in zip(*columns, strict=True):
        is_known = first < far
        yield Group(
            title, _SEVERITIES[rank], kind, count, _moment(first) if is_known else None,
            _moment(last) if is_known else None, samples[begin:end],
        )  # fmt: skip


def _samples(shown: Any, source: Any, destination: Any) -> list[Sample]:
    cells = {name: shown[name].to_pylist() for name in _SHOWN}
    times = [
        _moment(time).isoformat() if is_timed else None
        for time, is_timed in zip(cells["time_us"], cells["is_timed"], strict=True)
    ]
    sources = map(_end, source.to_pylist(), cells["source_port"])
    destinations = map(_end, destination.to_pylist(), cells["destination_port"])
    places = [cells[name] for name in ("raw", "raw_line", "raw_offset", "raw_length")]
    return list(map(Sample, *places, times, sources, destinations))


def _rules(table: Any, notices: Mapping[int, Notice]) -> Any:
    """What names the rule of each: a notice's identifier, else the rule's own, else its title."""
    names = pc.coalesce(_whole(table["rule_id"]), _whole(table["title"]), "?")
    if notices:
        said = {row: one.identifier for row, one in notices.items()}
        names = pa.array([said.get(row, name) for row, name in enumerate(names.to_pylist())], pa.string())
    names = names.dictionary_encode()
    return pa.array(map(rule_named, names.dictionary.to_pylist()), pa.string()).take(names.indices)


def _subjects(table: Any, source: Any, destination: Any, ours: Register, notices: Mapping[int, Notice]) -> Any:
    """What each is about: of two ends the one in our networks (the source where both or none are), else the host.

    Of an alert between two ends `host` is the sensor that saw it; of one about a machine it is that machine.
    """
    inner = pc.if_else(_are_ours(table, "destination", ours) & ~_are_ours(table, "source", ours), destination, source)
    is_between = pc.and_(source.is_valid(), destination.is_valid())
    about = pc.if_else(is_between, inner, pc.coalesce(_whole(table["host"]), source, destination))
    if notices and about.null_count:
        said = {row: unnamed(rule_named(one.identifier)) for row, one in notices.items()}
        about = pa.array([one or said.get(row) for row, one in enumerate(about.to_pylist())], pa.string())
    return pc.utf8_slice_codeunits(about.fill_null(NO_SUBJECT), 0, _SUBJECT_CHARACTERS)


def _are_ours(table: Any, end: str, ours: Register) -> NDArray[np.bool_]:
    """(n,) whether some organisation answers for each row's address."""
    v4, v6 = _coded(_whole(table[f"{end}_v4"])), _coded(_whole(table[f"{end}_v6"]))
    found = np.zeros(table.num_rows, np.bool_)
    of_v4 = networks.owners(ours, v4.dictionary.to_numpy()) != networks.NOBODY
    packed = [socket.inet_pton(socket.AF_INET6, text) for text in v6.dictionary.to_pylist()]
    of_v6 = networks.owners_mixed(ours, addresses.from_packed(packed)) != networks.NOBODY
    for coded, is_ours in ((v4, of_v4), (v6, of_v6)):
        rows = np.flatnonzero(coded.is_valid().to_numpy(zero_copy_only=False))
        found[rows] = is_ours[coded.indices.drop_null().to_numpy()]
    return found


def _ranks(severity: Any) -> NDArray[np.int64]:
    coded = _coded(_whole(severity))
    ranks = np.array([RANK[Severity(one)] for one in coded.dictionary.to_pylist()], np.int64)
    found: NDArray[np.int64] = ranks[coded.indices.to_numpy()]
    return found


def _coded(column: Any) -> Any:
    return column.dictionary_encode()


def _whole(column: Any) -> Any:
    return column.combine_chunks()


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _end(address: str | None, port: int | None) -> str | None:
    return address if address is None or port is None else f"{address} : {port}"
