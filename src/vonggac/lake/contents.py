"""What the lake holds, counted from its manifest: no segment is opened."""

from collections.abc import Iterable
from dataclasses import dataclass

from vonggac.formats.traffic_tables import Kind
from vonggac.lake.acts import Import, Segment
from vonggac.lake.segments import DAY_US
from vonggac.lake.store import EVERYTHING, Lake, Scope


@dataclass(frozen=True, slots=True)
class Holding:
    """What one organisation has of one kind; `days` that have rows, from the first to the last day since 1970."""

    organisation_path: str
    kind: Kind
    segments: int
    rows: int
    size: int
    days: int
    first_day: int
    last_day: int


def contents(lake: Lake, scope: Scope = EVERYTHING) -> list[Holding]:
    """A holding for each organisation and kind within the scope, in the order of paths; O(segments)."""
    return holdings(lake.segments(lake.imports(scope=scope)))


def holdings(found: Iterable[tuple[Segment, Import]]) -> list[Holding]:
    """The segments with their imports, added up by organisation and kind."""
    groups: dict[tuple[str, Kind], list[Segment]] = {}
    for segment, entry in found:
        groups.setdefault((entry.organisation_path, entry.kind), []).append(segment)
    return [_holding(path, kind, segments) for (path, kind), segments in sorted(groups.items())]


def _holding(path: str, kind: Kind, segments: list[Segment]) -> Holding:
    days = {segment.first_us // DAY_US for segment in segments}
    return Holding(
        organisation_path=path,
        kind=kind,
        segments=len(segments),
        rows=sum(segment.rows for segment in segments),
        size=sum(segment.size for segment in segments),
        days=len(days),
        first_day=min(days),
        last_day=max(days),
    )
