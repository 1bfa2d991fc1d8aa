"""A list of indicators over everything in the lake, part by part: resumable, and the same here or on many machines.

    sweep = Sweep.of(lake, indicators, scope, since_us=…)
    sweep.run(here(sweep))                  # or lake/sweep_distributed.py
    sweep.gather()                          # Arrow table, one row an indicator and organisation
    sweep.forget()

A part is a few segments. What it found is a file whose name follows from the indicators and the segments' digests,
written aside and renamed; a sweep that was killed finds the parts that are done and goes on with the others. Only parts
of this sweep's own plan are read, never whatever lies in the folder.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from vonggac.formats.indicators import Indicator, IndicatorKind
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import files, scan, searching
from vonggac.lake.acts import Import, Segment
from vonggac.lake.searching import Hits, Wanted
from vonggac.lake.store import EVERYTHING, Lake, Scope

FOLDER = "sweeps"
# Changes when the same part would give something else.
_VERSION = 1
# Large enough that starting a part costs nothing, small enough that a killed worker loses a second.
_PART_ROWS, _PART_SEGMENTS = 4_000_000, 256
_FOUND = pa.schema(
    [
        ("indicator", pa.int64()),
        ("organisation", pa.string()),
        ("sensor", pa.string()),
        ("kind", pa.string()),
        ("count", pa.int64()),
        ("first_us", pa.int64()),
        ("last_us", pa.int64()),
        ("sample_segment", pa.string()),
        ("sample_row", pa.int64()),
    ]
)
RESULT = pa.schema(
    [
        ("indicator", pa.string()),
        ("indicator_kind", pa.string()),
        ("organisation", pa.string()),
        ("kinds", pa.string()),
        ("count", pa.int64()),
        ("first", pa.timestamp("us", "UTC")),
        ("last", pa.timestamp("us", "UTC")),
        ("sample_segment", pa.string()),
        ("sample_row", pa.int64()),
    ]
)


class File(msgspec.Struct, frozen=True):
    """One segment of a part, and what its place in the lake says of its rows."""

    path: str  # relative to the lake's root
    sha256: str
    organisation: str
    sensor: str
    kind: Kind
    from_us: int | None  # on the sensor's clock


class Part(msgspec.Struct, frozen=True):
    """Segments that are searched by one call; `name` is that of the file with what was found."""

    name: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Indicators, and the parts of the lake that they are looked for in; `folder` holds what was found so far.

    `indicators`: kind and value of each, ascending. `offsets_us`: sensor → what its clock is ahead.
    """

    root: Path
    folder: Path
    indicators: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    offsets_us: Mapping[str, int]

    @classmethod
    def of(
        cls,
        lake: Lake,
        indicators: Iterable[Indicator],
        scope: Scope = EVERYTHING,
        *,
        since_us: int | None = None,
        offsets_us: Mapping[str, int] | None = None,
    ) -> "Sweep":
        """The sweep of what lies in the scope now; the same question finds what an earlier run of it left."""
        given = list(indicators)
        listed = tuple(
            (kind.value, value)
            for kind in sorted(IndicatorKind)
            for value in sorted({one.value for one in given if one.kind is kind})
        )
        content = msgspec.json.encode(listed)
        digest = hashlib.sha256(b"%d " % _VERSION + content).hexdigest()
        folder = lake.root / FOLDER / digest[:32]
        offsets = dict(offsets_us or {})
        parts = tuple(_parts(lake.segments(lake.imports(scope=scope)), digest, since_us, offsets))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_whole(folder / "indicators.json", content)
        return cls(lake.root, folder, listed, parts, offsets)

    def left(self) -> list[Part]:
        """The parts that are not done yet."""
        return [part for part in self.parts if not (self.folder / part.name).exists()]

    def run(self, search: "Search", advance: Callable[[int], None] = lambda _: None) -> None:
        """Do every part that is left; `advance` is told of each."""
        left = self.left()
        advance(len(self.parts) - len(left))
        for _ in search(self, left):
            advance(1)

    def gather(self) -> Any:
        """What was found, by indicator and organisation, as `RESULT` says: the most frequent first."""
        tables = [_read(self.folder / part.name) for part in self.parts]
        return _result(pa.concat_tables([_FOUND.empty_table(), *tables]), self)

    def forget(self) -> None:
        """Remove what was found; the next run of the same sweep begins anew."""
        shutil.rmtree(self.folder, ignore_errors=True)


# Does the parts of a sweep, in any order, and yields each that is done.
Search = Callable[[Sweep, Sequence[Part]], Iterator[Part]]


def here(sweep: Sweep, parts: Sequence[Part]) -> Iterator[Part]:
    """Do the parts in threads of this process."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as threads:
        try:
            yield from threads.map(lambda part: do(sweep.root, sweep.folder, part), parts)
        finally:
            threads.shutdown(cancel_futures=True)


def do(root: Path, folder: Path, part: Part) -> Part:
    """Search one part and write what was found; the function that every way of sweeping runs."""
    wanted = _wanted(folder / "indicators.json")
    tables = [_grouped(file, searching.hits(root / file.path, file.kind, wanted, file.from_us)) for file in part.files]
    buffer = pa.BufferOutputStream()
    found = pa.concat_tables([_FOUND.empty_table(), *tables])
    with pa.ipc.new_file(buffer, _FOUND) as target:
        target.write_table(found.combine_chunks())
    files.write_whole(folder / part.name, buffer.getvalue().to_pybytes())
    return part


def unsearched(indicators: Iterable[Indicator], lake: Lake, scope: Scope = EVERYTHING) -> dict[IndicatorKind, int]:
    """How many indicators of which kinds can be found nowhere, because the lake holds no rows that could name them."""
    held = {entry.kind for entry in lake.imports(scope=scope)}
    counts: dict[IndicatorKind, int] = {}
    for one in indicators:
        if held.isdisjoint(searching.searched(one.kind)):
            counts[one.kind] = counts.get(one.kind, 0) + 1
    return counts


@lru_cache(maxsize=2)
def _wanted(path: Path) -> Wanted:
    """The list compiled, once a process; its folder's name says what stands in it."""
    return Wanted(msgspec.json.decode(path.read_bytes(), type=list[tuple[str, str]]))


def _parts(
    found: Sequence[tuple[Segment, Import]], digest: str, since_us: int | None, offsets_us: Mapping[str, int]
) -> Iterator[Part]:
    """The segments that may hold a row in question, a few to each part, neighbours together."""
    bundle: list[File] = []
    rows = 0
    for segment, entry in sorted(found, key=lambda one: one[0].path):
        from_us = None if since_us is None else since_us + offsets_us.get(entry.sensor, 0)
        if from_us is not None and segment.last_us < from_us:
            continue
        if bundle and (rows + segment.rows > _PART_ROWS or len(bundle) == _PART_SEGMENTS):
            yield _part(bundle, digest)
            bundle, rows = [], 0
        place = entry.organisation_path, entry.sensor, entry.kind
        # A segment that began later needs no look at its times.
        bundle.append(File(segment.path, segment.sha256, *place, from_us if _reaches(segment, from_us) else None))
        rows += segment.rows
    if bundle:
        yield _part(bundle, digest)


def _reaches(segment: Segment, from_us: int | None) -> bool:
    return from_us is not None and segment.first_us < from_us


def _part(bundle: list[File], digest: str) -> Part:
    name = hashlib.sha256(digest.encode() + msgspec.json.encode(bundle)).hexdigest()
    return Part(f"{name[:32]}.arrow", tuple(bundle))


def _grouped(file: File, found: Hits) -> Any:
    """One row of `_FOUND` for each indicator in a segment."""
    order = np.lexsort((found.row, found.time_us, found.indicator))
    indicator, time_us, row = found.indicator[order], found.time_us[order], found.row[order]
    begins = np.flatnonzero(np.append(True, indicator[1:] != indicator[:-1])[: len(indicator)])
    count = len(begins)
    ends = np.append(begins[1:], len(indicator))[:count]
    columns = [
        indicator[begins], [file.organisation] * count, [file.sensor] * count, [file.kind.value] * count,
        ends - begins, time_us[begins], time_us[ends - 1], [file.path] * count, row[begins],
    ]  # fmt: skip
    return pa.table(columns, schema=_FOUND) if count else _FOUND.empty_table()


def _read(path: Path) -> Any:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _result(found: Any, sweep: Sweep) -> Any:
    """Groups of `_FOUND` over sensors, kinds and segments, with true times and the earliest row as the sample."""
    query = """
        WITH told AS (SELECT found.*, first_us - coalesce(ahead_us, 0) AS first, last_us - coalesce(ahead_us, 0) AS last
                      FROM found LEFT JOIN clocks ON found.sensor = clocks.name),
             grouped AS (SELECT indicator, organisation, string_agg(DISTINCT kind, ' ' ORDER BY kind) AS kinds,
                                sum(count)::BIGINT AS count, max(last) AS last,
                                min({'first': first, 'segment': sample_segment, 'row': sample_row}) AS sample
                         FROM told GROUP BY indicator, organisation)
        SELECT indicator, organisation, kinds, count, sample.first, last, sample.segment, sample.row
        FROM grouped ORDER BY count DESC, indicator, organisation
    """
    clocks = pa.table(
        {
            "name": pa.array(list(sweep.offsets_us), pa.string()),
            "ahead_us": pa.array(list(sweep.offsets_us.values()), pa.int64()),
        }
    )
    with scan.locked_connection([], {"found": found, "clocks": clocks}) as connection:
        answer: Any = connection.sql(query)
        columns = answer.to_arrow_table().columns
    listed = [sweep.indicators[place] for place in columns[0].to_pylist()]
    told = [[value for _, value in listed], [kind for kind, _ in listed]]
    return pa.table([*told, *columns[1:]], names=RESULT.names).cast(RESULT)
