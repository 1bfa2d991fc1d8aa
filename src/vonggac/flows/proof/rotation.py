"""Which files of a sensor's manifest came whole: one arrival answers for one line, by its name, time and records."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vonggac.kernel import intervals
from vonggac.kernel.intervals import SECOND, Spans
from vonggac.lake import Import, Lake, scan

if TYPE_CHECKING:
    from vonggac.flows.proof.sensors import RotatedFile, Sensor

# A flow that falls silent is written when it has been silent for five minutes (Zeek's inactivity timeout), so a file
# may begin with records that ended this long before it. Never more than half the file's own time: its neighbour is not
# it.
EDGE_US = 300 * SECOND


def whole_files(sensor: "Sensor", lake: Lake, imports: Sequence[Import]) -> Spans:
    """The times of the manifest's files that arrived with all their records. O(lines + arrivals)."""
    return intervals.spans(*((line.from_us, line.to_us) for line, _ in answers(sensor, lake, imports)[0]))


def answers(
    sensor: "Sensor", lake: Lake, imports: Sequence[Import]
) -> tuple[list[tuple["RotatedFile", Import]], list["RotatedFile"]]:
    """(lines with the arrival that answers for each, lines of which no file came, not even a part).

    The fullest lines choose first, since an empty file would fit most of them.
    """
    by_name: dict[str, list[Import]] = {}
    for entry in imports:
        by_name.setdefault(PurePosixPath(entry.file_name).name, []).append(entry)
    used: set[int] = set()

    def free(line: "RotatedFile") -> list[Import]:
        named = by_name.get(PurePosixPath(line.name).name, ())
        return [entry for entry in named if id(entry) not in used and _is_named(line, entry)]

    answered, left = list[tuple["RotatedFile", Import]](), list["RotatedFile"]()
    for line in sorted(sensor.rotation, key=lambda one: (-(one.records or 0), one.from_us)):
        found = next((entry for entry in free(line) if _is_whole(line, sensor, entry, lake)), None)
        if found is None:
            left.append(line)
        else:
            used.add(id(found))
            answered.append((line, found))
    return answered, [line for line in left if not free(line)]


def _is_named(line: "RotatedFile", entry: Import) -> bool:
    """True when the names are the same as far as both tell folders: a browser hands in a file without them."""
    ours, theirs = (PurePosixPath(name.strip("/")).parts[::-1] for name in (line.name, entry.file_name))
    return all(one == other for one, other in zip(ours, theirs, strict=False))


def _is_whole(line: "RotatedFile", sensor: "Sensor", entry: Import, lake: Lake) -> bool:
    """True when the file holds, of the line's own time, as many records as the line says."""
    if line.records is None or entry.rows < line.records:
        return False
    edge_us = min(EDGE_US, (line.to_us - line.from_us) // 2) - 1
    from_us = line.from_us + sensor.clock_offset_us - edge_us
    to_us = line.to_us + sensor.clock_offset_us + edge_us
    meeting = [one for one in entry.segments if one.first_us < to_us and one.last_us >= from_us]
    if sum(one.rows for one in meeting) < line.records:
        return False
    if all(from_us <= one.first_us and one.last_us < to_us for one in meeting):
        return True
    # The file reaches over the line's time: only its records say how many of them lie in it.
    paths = [Path(path) for path in lake.paths([entry], since_us=from_us)]
    return scan.rows_within(paths, from_us, to_us) >= line.records
