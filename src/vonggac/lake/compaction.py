"""Many small segments of one day become few: merged aside, then put in their place by one line of the manifest.

A run that is killed leaves the lake as it was, or as it is after; what it wrote and nobody names is cleared away later.
Whoever reads goes on reading the old segments, whose files stay for a day after they were replaced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from vonggac.errors import IntegrityFailure
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import files, segments
from vonggac.lake.acts import Merger, Segment
from vonggac.lake.segments import DAY_US
from vonggac.lake.store import EVERYTHING, Lake, Scope

# A merged segment is read whole once: 2 million flows are some 150 MB in memory.
MOST_ROWS = 2_000_000
# What came in lately may still be asked for as it was known before: proof asks what had arrived by a moment.
SETTLED_US = DAY_US


@dataclass(frozen=True, slots=True)
class Plan:
    """Segments of one organisation, sensor, kind and day that become one, in the order of their first rows."""

    organisation_path: str
    sensor: str
    kind: Kind
    day: int
    parts: tuple[Segment, ...]

    @property
    def rows(self) -> int:
        """How many rows the merged segment will have."""
        return sum(part.rows for part in self.parts)

    @property
    def name(self) -> str:
        """What the merged segment is called by: it follows from what was merged."""
        return files.digest("\n".join(part.sha256 for part in self.parts).encode())


def plan(lake: Lake, at_us: int, scope: Scope = EVERYTHING, most_rows: int = MOST_ROWS) -> list[Plan]:
    """What is worth merging at this moment, of what had arrived a day before it; O(segments)."""
    settled = Scope(scope.path_from, scope.path_to, at_us - SETTLED_US)
    groups: dict[tuple[str, str, Kind, int], list[Segment]] = {}
    for segment, entry in lake.segments(lake.imports(scope=settled)):
        if segment.rows <= most_rows // 2:
            key = entry.organisation_path, entry.sensor, entry.kind, segment.first_us // DAY_US
            groups.setdefault(key, []).append(segment)
    return [
        Plan(*key, parts)
        for key, found in sorted(groups.items())
        for parts in _bundles(found, most_rows)
        if len(parts) > 1
    ]


def merge(lake: Lake, wanted: Plan, at_us: int) -> Segment | None:
    """The segment that took the place of the plan's; None when one of them was replaced or retired meanwhile.

    IntegrityFailure when a part is not what the manifest says: damage must not be given a new digest.
    """
    table = pa.concat_tables([_rows(lake, part) for part in wanted.parts], promote_options="default")
    written = segments.write(lake.root, wanted.organisation_path, wanted.sensor, wanted.kind, table, wanted.name)
    if len(written) != 1 or written[0].rows != wanted.rows:
        raise IntegrityFailure(f"merging {wanted.parts[0].path} and others lost rows; nothing was replaced")
    replaced = tuple(part.path for part in wanted.parts)
    with lake.manifest.locked():
        living = {segment.path for segment, _ in lake.segments(lake.imports(wanted.kind))}
        if not living.issuperset(replaced):
            return None
        lake.manifest.append(Merger(wanted.organisation_path, wanted.sensor, wanted.kind, at_us, replaced, written[0]))
    return written[0]


def _bundles(found: Sequence[Segment], most_rows: int) -> Iterator[tuple[Segment, ...]]:
    """Neighbours in time that together have no more rows than a merged segment may."""
    bundle: list[Segment] = []
    for segment in sorted(found, key=lambda one: (one.first_us, one.path)):
        if bundle and sum(one.rows for one in bundle) + segment.rows > most_rows:
            yield tuple(bundle)
            bundle = []
        bundle.append(segment)
    yield tuple(bundle)


def _rows(lake: Lake, part: Segment) -> Any:
    content = lake.sound_path(part).read_bytes()
    if files.digest(content) != part.sha256:
        raise IntegrityFailure(f"{part.path} does not match its digest; restore the lake from a backup")
    return parquet.read_table(pa.BufferReader(content))
