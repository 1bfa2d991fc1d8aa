"""What rows that could not be read leave in doubt: each may have been a contact, of somebody it names or of anybody.

A row that was read in part is held against nobody more than it must be: where both ends of a flow can still be told
and neither is a C2, it was no contact.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePosixPath
from typing import TypeAlias

from vonggac.flows.proof.c2 import C2, address_of
from vonggac.flows.proof.host_evidence import Address, Doubt, Holding, Network
from vonggac.flows.proof.sensors import Sensor, Silence
from vonggac.formats.columns import UNREADABLE, time_us
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import Kind, normal_name
from vonggac.kernel.intervals import EVER
from vonggac.lake import Import, Lake

# Whom an unreadable row may concern.
Suspects: TypeAlias = frozenset[Address | Network]
_TOKENS = re.compile(r"[^\s,;\"'|={}\[\]]+")
_SYSLOG_PRIORITY = re.compile(r"<\d{1,3}>")
_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d{10}\.")


class Doubts:
    """The unreadable rows of all sensors, asked about one host's C2s after another; each file is opened once."""

    def __init__(self, lake: Lake, sensors: Mapping[str, Sensor], imports: Mapping[str, Sequence[Import]]) -> None:
        self._lake = lake
        self._sensors = sensors
        self._imports = imports
        self._known: dict[C2, list[tuple[Doubt, Suspects]]] = {}

    def about(self, c2: C2, holdings: Sequence[Holding]) -> tuple[Doubt, ...]:
        """The rows that may have been a contact of the host that held these addresses with one of the C2s."""
        if c2 not in self._known:
            self._known[c2] = list(self._find(c2))
        return tuple(
            doubt for doubt, suspects in self._known[c2] if any(meets(holding, suspects) for holding in holdings)
        )

    def _find(self, c2: C2) -> Iterator[tuple[Doubt, Suspects]]:
        for sensor, entry, reject in self._rejects:
            suspects = _suspects(sensor, reject, c2, is_taken_back=sensor.took_back(entry))
            if suspects:
                at_us = _stamp(reject, sensor.clock_offset_us)
                yield Doubt(sensor.kind.value, sensor.name, at_us, _name(entry), reject.line or None), suspects

    @cached_property
    def _rejects(self) -> list[tuple[Sensor, Import, Reject]]:
        return [
            (sensor, entry, reject)
            for name, entries in self._imports.items()
            if (sensor := self._sensors[name]).kind in {Kind.FLOW, Kind.DNS}
            for entry in entries
            if entry.rejects and not any(self._replaces(later, entry) for later in entries)
            for reject in self._lake.rejects(entry)
        ]

    def _replaces(self, later: Import, earlier: Import) -> bool:
        """True when the later file holds, all readable, what the earlier one held: it was handed in again, whole.

        It has the name of the earlier one, no fewer rows, and either its times or its very bytes at the beginning. The
        name alone does not tell: many a sensor calls each day's file the same.
        """
        is_whole = not later.rejects and later.rows >= earlier.rows + earlier.rejects
        if not is_whole or later.received_us < earlier.received_us or _name(later) != _name(earlier):
            return False
        if earlier.segments:
            first_us, last_us = _bounds(earlier)
            return _bounds(later)[0] <= first_us and last_us <= _bounds(later)[1]
        return self._lake.raw(later.source_sha256).startswith(self._lake.raw(earlier.source_sha256))


def _name(entry: Import) -> str:
    return PurePosixPath(entry.file_name).name


def _bounds(entry: Import) -> tuple[int, int]:
    return min(segment.first_us for segment in entry.segments), max(segment.last_us for segment in entry.segments)


def _suspects(sensor: Sensor, reject: Reject, c2: C2, *, is_taken_back: bool) -> Suspects:
    """Whom the row may have been a contact of; nobody when it was none.

    Of a file that was taken back only a row that names a C2 counts: that is no row of a file of another kind.
    """
    everyone: Suspects = frozenset(sensor.networks)
    if reject.line == 0:
        # A whole file that could not be read; a manifest misses it by itself.
        return frozenset() if is_taken_back or sensor.silence is Silence.ROTATION else everyone
    tokens = _tokens(reject)
    named = _addresses(tokens)
    listed = {address for address in named if str(address) in c2.addresses}
    if listed or any(c2.is_named(normal_name(token)) for token in tokens):
        return frozenset(named - listed) or everyone
    if is_taken_back:
        return frozenset()
    if reject.column is None:
        # The row may be torn off within its last cell: what can still be read of that is not what it was.
        named = _addresses(tokens[:-1])
    elif sensor.kind is Kind.DNS and reject.column != "query":
        return frozenset()
    if sensor.kind is Kind.FLOW and len(named) > 1:
        return frozenset()
    begins_with_time = bool(tokens) and _time(tokens[0]) is not None
    return frozenset(named) or (everyone if begins_with_time else frozenset())


def _tokens(reject: Reject) -> list[str]:
    return _TOKENS.findall(_SYSLOG_PRIORITY.sub("", reject.raw, count=1))


def _addresses(tokens: Sequence[str]) -> set[Address]:
    return {address for token in tokens if (address := address_of(token)) is not None}


def _stamp(reject: Reject, offset_us: int) -> int | None:
    """The true time in an unreadable row, if there is one."""
    times = [moment for token in _tokens(reject) if (moment := _time(token)) is not None]
    return max(times) - offset_us if times else None


def _time(token: str) -> int | None:
    if not _TIME.match(token):
        return None
    moment = time_us(token)
    return moment if moment > max(UNREADABLE, EVER) else None


def meets(holding: Holding, suspects: Suspects) -> bool:
    """True when the address, or a block that it goes out through, is among the suspects or overlaps one."""
    for suspect in suspects:
        if isinstance(suspect, IPv4Address | IPv6Address):
            if suspect == holding.address or any(suspect in block for block in holding.publics):
                return True
        elif holding.address in suspect or any(_overlap(suspect, block) for block in holding.publics):
            return True
    return False


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and (one[0] in other or other[0] in one)
