"""Which files of a sensor's manifest came whole: one arrival answers for one line, by its name, time and records."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import merge
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
_Named = tuple[int, tuple[str, ...], Import]


def whole_files(sensor: "Sensor", lake: Lake, imports: Sequence[Import]) -> Spans:
    """The times of the manifest's files that arrived with all their records."""
    return intervals.spans(*((line.from_us, line.to_us) for line, _ in answers(sensor, lake, imports)[0]))


def answers(
    sensor: "Sensor", lake: Lake, imports: Sequence[Import]
) -> tuple[list[tuple["RotatedFile", Import]], list["RotatedFile"]]:
    """(lines with the arrival that answers for each, lines of which no file came, not even a part).

    The fullest lines choose first, since an empty file would fit most of them.
    """
    arrived = _Arrived(imports)
    answered, left = list[tuple["RotatedFile", Import]](), list["RotatedFile"]()
    for line in sorted(sensor.rotation, key=lambda one: (-(one.records or 0), one.from_us)):
        found = next((entry for entry in arrived.free(line.name) if _is_whole(line, sensor, entry, lake)), None)
        if found is None:
            left.append(line)
        else:
            arrived.use(found)
            answered.append((line, found))
    return answered, [line for line in left if next(arrived.free(line.name), None) is None]


class _Arrived:
    """Arrivals by their names, as far as both sides tell folders: a browser hands in a file without them."""

    def __init__(self, imports: Sequence[Import]) -> None:
        self._used = set[int]()
        self._places = {id(entry): place for place, entry in enumerate(imports)}
        self._by_end: dict[tuple[str, ...], list[_Named]] = defaultdict(list)
        self._by_name: dict[str, list[_Named]] = defaultdict(list)
        for place, entry in enumerate(imports):
            parts = _parts(entry.file_name)
            self._by_end[parts[:2]].append((place, parts, entry))
            self._by_name[parts[0]].append((place, parts, entry))

    def free(self, name: str) -> Iterator[Import]:
        """The arrivals of this name that answer for no line yet, in their order."""
        wanted = _parts(name)
        is_bare = len(wanted) < 2
        known = self._by_name[wanted[0]] if is_bare else merge(self._by_end[wanted[:2]], self._by_end[wanted[:1]])
        for place, parts, entry in known:
            if place not in self._used and all(one == other for one, other in zip(wanted, parts, strict=False)):
                yield entry

    def use(self, entry: Import) -> None:
        """From now on it answers for a line."""
        self._used.add(self._places[id(entry)])


def _parts(name: str) -> tuple[str, ...]:
    """The name and its folders, the innermost first."""
    return PurePosixPath(name.strip("/")).parts[::-1] or ("",)


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
