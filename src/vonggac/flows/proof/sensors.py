"""Declared sensors as values, and the times that they covered: by heartbeat or rotation manifest, less their quiet.

A heartbeat says that a sensor lives, not that what it saw has come: it counts up to the sensor's latest delivery only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vonggac.flows.proof import rotation, taken_back
from vonggac.flows.proof.host_evidence import Coverage, Network
from vonggac.formats.traffic_tables import Kind
from vonggac.kernel import intervals
from vonggac.kernel.intervals import DAY, SECOND, Spans
from vonggac.lake import Import, Lake, scan


class Silence(StrEnum):
    """How a sensor's silence shows."""

    HEARTBEAT = "heartbeat"
    ROTATION = "rotation"


@dataclass(frozen=True, slots=True)
class RotatedFile:
    """A line of a sensor's own manifest: the log file it wrote over a time, and how many records are in it.

    Without a number nobody can tell whether the file came whole.
    """

    name: str
    from_us: int
    to_us: int
    records: int | None


@dataclass(frozen=True, slots=True)
class Sensor:
    """What the register says of a sensor, and what was heard of it. Heartbeats and manifest are in true time."""

    name: str
    kind: Kind
    networks: tuple[Network, ...]
    silence: Silence = Silence.HEARTBEAT
    heartbeats: tuple[tuple[int, int], ...] = ()
    rotation: tuple[RotatedFile, ...] = ()
    max_quiet_seconds: float | None = None
    clock_offset_seconds: float = 0
    taken_back: frozenset[str] = frozenset()  # SHA-256 of files handed in by mistake

    def took_back(self, entry: Import) -> bool:
        """True when the file was handed in by mistake; never of one that a record was read from."""
        return not entry.rows and entry.source_sha256 in self.taken_back

    @property
    def clock_offset_us(self) -> int:
        """What has to be taken from a record's time to have true time."""
        return round(self.clock_offset_seconds * SECOND)


def coverage(sensor: Sensor, lake: Lake, imports: Sequence[Import], now_us: int) -> Coverage:
    """When the sensor watched, as far as was known at now_us. `imports` are the sensor's own that had arrived."""
    kept = [entry for entry in imports if not sensor.took_back(entry)]
    if sensor.silence is Silence.HEARTBEAT:
        alive, awaited = _heard(sensor, kept, now_us)
    else:
        alive = intervals.clip(rotation.whole_files(sensor, lake, kept), intervals.EVER, now_us)
        awaited = _next_file(sensor)
    if sensor.max_quiet_seconds is not None and len(alive):
        alive = intervals.difference(alive, _quiet(sensor, lake, kept, alive))
    if sensor.silence is Silence.HEARTBEAT and len(kept) < len(imports):
        unsure = taken_back.unsure(sensor, lake, imports)
        awaited = intervals.union(awaited, intervals.intersection(alive, unsure.still_to_come))
        alive = intervals.difference(alive, unsure.times)
    return Coverage(sensor.name, str(sensor.kind), sensor.networks, alive, awaited)


def _heard(sensor: Sensor, imports: Sequence[Import], now_us: int) -> tuple[Spans, Spans]:
    """The heartbeats up to the latest delivery, and those since: what they saw is still to come.

    A sensor that is declared to be quiet for so long at the most is held to that instead. The next sign is awaited too.
    """
    heard = intervals.clip(intervals.spans(*sensor.heartbeats), intervals.EVER, now_us)
    due = _due_after(int(heard[-1, 1])) if len(heard) else intervals.nothing()
    if sensor.max_quiet_seconds is not None:
        return heard, due
    delivered_us = max((entry.received_us for entry in imports), default=intervals.EVER)
    to_come = intervals.union(intervals.clip(heard, delivered_us, now_us), due)
    return intervals.clip(heard, intervals.EVER, delivered_us), to_come


def _next_file(sensor: Sensor) -> Spans:
    """The time of the file that the sensor is writing now, if it keeps its rhythm."""
    if not sensor.rotation:
        return intervals.nothing()
    last_us = max(file.to_us for file in sensor.rotation)
    return _due_after(last_us, max(file.to_us - file.from_us for file in sensor.rotation))


def _due_after(last_us: int, rhythm_us: int = 0) -> Spans:
    """The time of which no sign can be asked yet: offices hand in signs and logs once a day."""
    return intervals.spans((last_us, last_us + max(rhythm_us, DAY)))


def _quiet(sensor: Sensor, lake: Lake, imports: Sequence[Import], alive: Spans) -> Spans:
    """The times in which the sensor delivered nothing for longer than it may, all its networks together."""
    longest_us = round((sensor.max_quiet_seconds or 0) * SECOND)
    paths = [Path(path) for path in lake.paths(imports)]
    first_us, last_us, steps = scan.quiet_times(paths, longest_us)
    born_us, ends_us = int(alive[0, 0]), int(alive[-1, 1])
    if first_us is None or last_us is None:
        return intervals.spans((born_us, ends_us)) if ends_us - born_us > longest_us else intervals.nothing()
    offset_us = sensor.clock_offset_us
    edges = [(born_us, first_us - offset_us), (last_us - offset_us, ends_us)]
    quiet = [(start - offset_us, end - offset_us) for start, end in steps]
    return intervals.spans(*quiet, *(edge for edge in edges if edge[1] - edge[0] > longest_us))
