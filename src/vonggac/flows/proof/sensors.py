"""Declared sensors as values, and the times that they covered: by heartbeat or rotation manifest, less their quiet.

A heartbeat says that a sensor lives, not that what it saw has come: it counts up to the sensor's latest delivery only.
A log is waited for until its sensor's usual rhythm and delay are over, and a grace after them; then it is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from statistics import median

from vonggac.flows.proof import rotation, taken_back
from vonggac.flows.proof.host_evidence import Coverage, Network
from vonggac.formats.traffic_tables import Kind
from vonggac.kernel import intervals
from vonggac.kernel.intervals import DAY, SECOND, Spans
from vonggac.lake import Import, Lake, scan

# So many of the latest logs tell what is usual: what was handed in all at once when the desk began counts no more.
USUAL_OF = 7


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


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a sensor showed: when it watched, what is waited for and until when, and what it lived through beyond that.

    `delivered_until_us`: when its next delivery is expected at the latest; None for a sensor with a manifest.
    """

    alive: Spans
    awaited: Spans
    expected_us: int
    undelivered: Spans = field(default_factory=intervals.nothing)
    delivered_until_us: int | None = None


def coverage(sensor: Sensor, lake: Lake, imports: Sequence[Import], now_us: int, grace_us: int = DAY) -> Coverage:
    """When the sensor watched, as far as was known at now_us. `imports` are the sensor's own that had arrived."""
    kept = [entry for entry in imports if not sensor.took_back(entry)]
    if not grace_us:
        signs = _final(sensor, lake, kept, now_us)
    elif sensor.silence is Silence.HEARTBEAT:
        signs = _heard(sensor, kept, now_us, grace_us)
    else:
        signs = _written(sensor, lake, kept, now_us, grace_us)
    alive, awaited, undelivered = signs.alive, signs.awaited, signs.undelivered
    if sensor.max_quiet_seconds is not None and len(alive):
        quiet, last = _quiet(sensor, lake, kept, alive)
        if signs.delivered_until_us is not None and now_us < signs.delivered_until_us:
            awaited = intervals.union(awaited, intervals.intersection(alive, last))
        alive = intervals.difference(alive, quiet, last)
    lost, taken = intervals.nothing(), tuple(entry.file_name for entry in imports if sensor.took_back(entry))
    if sensor.silence is Silence.HEARTBEAT and taken:
        unsure = taken_back.unsure(sensor, lake, imports)
        undelivered = intervals.union(undelivered, intervals.intersection(alive, unsure.still_to_come))
        lost, alive = intervals.intersection(alive, unsure.times), intervals.difference(alive, unsure.times)
    return Coverage(
        sensor.name, str(sensor.kind), sensor.networks, alive, awaited, undelivered,
        expected_us=signs.expected_us, unsure=lost, taken_back=tuple(dict.fromkeys(taken)),
    )  # fmt: skip


def _heard(sensor: Sensor, imports: Sequence[Import], now_us: int, grace_us: int) -> _Signs:
    """The heartbeats up to the latest delivery, and those since: what they saw is still to come.

    A sensor that is declared to be quiet for so long at the most is held to that instead. The next sign is awaited too.
    """
    heard = intervals.clip(intervals.spans(*sensor.heartbeats), intervals.EVER, now_us)
    if not len(heard):
        return _Signs(heard, intervals.nothing(), now_us)
    last_us, delivered = int(heard[-1, 1]), sorted({entry.received_us for entry in imports})
    # Offices hand in signs and logs once a day.
    sign_us = last_us + DAY + grace_us
    until_us = (delivered[-1] if delivered else int(heard[0, 0])) + _usual_step(delivered) + grace_us
    awaited = intervals.spans((last_us, now_us)) if now_us < sign_us else intervals.nothing()
    # What a sensor that was heard today owes is its log; another one owes a sign of life as well.
    is_alive, is_late = now_us - last_us < DAY, now_us >= until_us
    expected_us = until_us if is_alive else sign_us if is_late else min(sign_us, until_us)
    if sensor.max_quiet_seconds is not None:
        return _Signs(heard, awaited, expected_us, delivered_until_us=until_us)
    delivered_us = delivered[-1] if delivered else intervals.EVER
    if sensor.kind is Kind.DHCP:
        # Who held an address after the last lease of all is told by the next log alone.
        leased = [segment.last_us - sensor.clock_offset_us for entry in imports for segment in entry.segments]
        delivered_us = min(delivered_us, max(leased, default=intervals.EVER))
    to_come, alive = intervals.clip(heard, delivered_us, now_us), intervals.clip(heard, intervals.EVER, delivered_us)
    if now_us < until_us:
        return _Signs(alive, intervals.union(awaited, to_come), expected_us, delivered_until_us=until_us)
    return _Signs(alive, awaited, expected_us, to_come, until_us)


def _final(sensor: Sensor, lake: Lake, imports: Sequence[Import], now_us: int) -> _Signs:
    """Without a grace nothing is on its way; what a living sensor owes is held against nobody until the watch is over.

    Offices hand in signs and logs once a day.
    """
    if sensor.silence is Silence.HEARTBEAT:
        alive = intervals.clip(intervals.spans(*sensor.heartbeats), intervals.EVER, now_us)
        last_us, rhythm_us = (int(alive[-1, 1]) if len(alive) else None), DAY
    else:
        alive = intervals.clip(rotation.whole_files(sensor, lake, imports), intervals.EVER, now_us)
        last_us = max((file.to_us for file in sensor.rotation), default=None)
        rhythm_us = max([DAY, *(file.to_us - file.from_us for file in sensor.rotation)])
    owed = intervals.nothing() if last_us is None else intervals.spans((last_us, last_us + rhythm_us))
    if sensor.silence is Silence.HEARTBEAT and sensor.max_quiet_seconds is None:
        delivered_us = max((entry.received_us for entry in imports), default=intervals.EVER)
        owed = intervals.union(owed, intervals.clip(alive, delivered_us, now_us))
        alive = intervals.clip(alive, intervals.EVER, delivered_us)
    return _Signs(alive, intervals.nothing(), now_us, owed)


def _usual_step(delivered_us: Sequence[int]) -> int:
    """The usual time from one delivery to the next, a day at the least."""
    latest = delivered_us[-USUAL_OF - 1 :]
    steps = [later - earlier for earlier, later in pairwise(latest)]
    return max(DAY, round(median(steps))) if steps else DAY


def _written(sensor: Sensor, lake: Lake, imports: Sequence[Import], now_us: int, grace_us: int) -> _Signs:
    """The manifest's files that came whole, those that are still on their way, and the one that is being written."""
    answered, open_lines = rotation.answers(sensor, lake, imports)
    alive = intervals.clip(intervals.spans(*((f.from_us, f.to_us) for f, _ in answered)), intervals.EVER, now_us)
    if not sensor.rotation:
        return _Signs(alive, intervals.nothing(), now_us)
    wait_us = _usual_delay(answered) + grace_us
    last_us = max(file.to_us for file in sensor.rotation)
    rhythm_us = max(DAY, *(file.to_us - file.from_us for file in sensor.rotation))
    to_come = [(file.from_us, file.to_us, file.to_us + wait_us) for file in open_lines]
    to_come.append((last_us, max(last_us, now_us), last_us + rhythm_us + wait_us))
    waiting = [one for one in to_come if now_us < one[2]]
    expected_us = min((until_us for *_, until_us in waiting), default=now_us)
    return _Signs(alive, intervals.spans(*((start, end) for start, end, _ in waiting)), expected_us)


def _usual_delay(answered: Sequence[tuple[RotatedFile, Import]]) -> int:
    """How long the files usually take from their end to the desk."""
    latest = sorted(answered, key=lambda pair: pair[0].to_us)[-USUAL_OF:]
    return max(0, round(median(entry.received_us - file.to_us for file, entry in latest))) if latest else 0


def _quiet(sensor: Sensor, lake: Lake, imports: Sequence[Import], alive: Spans) -> tuple[Spans, Spans]:
    """(times in which the sensor delivered nothing for longer than it may, that since its last record).

    All its networks count together.
    """
    longest_us = round((sensor.max_quiet_seconds or 0) * SECOND)
    paths = [Path(path) for path in lake.paths(imports)]
    first_us, last_us, steps = scan.quiet_times(paths, longest_us)
    born_us, ends_us = int(alive[0, 0]), int(alive[-1, 1])
    if first_us is None or last_us is None:
        first_us = last_us = born_us + sensor.clock_offset_us
    offset_us = sensor.clock_offset_us

    def too_long(start: int, end: int) -> Spans:
        return intervals.spans((start, end)) if end - start > longest_us else intervals.nothing()

    quiet = intervals.spans(*((start - offset_us, end - offset_us) for start, end in steps))
    return intervals.union(quiet, too_long(born_us, first_us - offset_us)), too_long(last_us - offset_us, ends_us)
