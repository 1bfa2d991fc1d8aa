"""What a file that was handed in by mistake leaves unsure: the times of its sensor that it may have been the log of.

Nobody could read the file, so that a person's word is all that says it was no log. A proof may not rest on that word:
where the log that it may have been would have left a hole among the records that came, the sensor did not watch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from vonggac.flows.proof import rotation
from vonggac.flows.proof.rotation import EDGE_US
from vonggac.kernel import intervals
from vonggac.kernel.intervals import EVER, FOREVER, Spans
from vonggac.lake import Import, Lake, scan

if TYPE_CHECKING:
    from vonggac.flows.proof.sensors import Sensor

# A log of this length leaves a hole of EDGE_US at the least, although the next file begins with records that ended up
# to EDGE_US before it. A sensor that writes shorter ones, or several at once, may lose one without a hole.
SHORTEST_LOG_US = 2 * EDGE_US


@dataclass(frozen=True, slots=True)
class Unsure:
    """Times that do not count as watched; `still_to_come`: those of them after the last record that came."""

    times: Spans
    still_to_come: Spans


def unsure(sensor: "Sensor", lake: Lake, imports: Sequence[Import]) -> Unsure:
    """What the files that were taken back leave unsure, in true time; O(n log n) records.

    What a file told of lay before it came. There only two things show that no log is missing: records that follow one
    another without a hole, and lines of the sensor's own manifest that files answer for.
    """
    kept = [entry for entry in imports if not sensor.took_back(entry)]
    until_us = _arrived_us([entry for entry in imports if sensor.took_back(entry)])
    if any(end_us - entry.received_us > EDGE_US for entry, end_us in _ends(sensor, kept)):
        # Records of this sensor are younger than their own arrival: when its files came says nothing.
        until_us = FOREVER
    holes, last_us = _holes(sensor, lake, kept)
    told = rotation.whole_files(sensor, lake, kept)
    times = intervals.difference(intervals.clip(holes, EVER, until_us), told)
    return Unsure(times, intervals.clip(times, last_us, FOREVER))


def _arrived_us(taken: Sequence[Import]) -> int:
    """When the last of the files first came: handed in again it holds no more than it did then."""
    first: dict[str, int] = {}
    for entry in taken:
        first[entry.source_sha256] = min(entry.received_us, first.get(entry.source_sha256, entry.received_us))
    return max(first.values())


def _holes(sensor: "Sensor", lake: Lake, kept: Sequence[Import]) -> tuple[Spans, int]:
    """(times in which a log may be missing, when they begin after the last record).

    Each is longer by EDGE_US on both sides, since the missing log has records of before its beginning, and what follows
    it has some of before its end.
    """
    ends = sorted({entry.source_sha256: end_us for entry, end_us in _ends(sensor, kept)}.values())
    if not ends or any(later - earlier <= SHORTEST_LOG_US for earlier, later in pairwise(ends)):
        return intervals.spans((EVER, FOREVER)), ends[-1] if ends else EVER
    paths = [Path(path) for path in lake.paths(kept)]
    first_us, last_us, steps = scan.quiet_times(paths, EDGE_US - 1, by_end=True)
    if first_us is None or last_us is None:
        return intervals.spans((EVER, FOREVER)), EVER
    offset_us = sensor.clock_offset_us
    found = [(start - offset_us, end - offset_us) for start, end in steps]
    found += [(EVER + EDGE_US, first_us - offset_us), (last_us - offset_us, FOREVER - EDGE_US)]
    holes = intervals.spans(*((start - EDGE_US, end + EDGE_US) for start, end in found))
    return holes, last_us - offset_us - EDGE_US


def _ends(sensor: "Sensor", kept: Sequence[Import]) -> list[tuple[Import, int]]:
    """The files that have records, with the true time of the latest."""
    return [
        (entry, max(segment.last_us for segment in entry.segments) - sensor.clock_offset_us)
        for entry in kept
        if entry.segments
    ]
