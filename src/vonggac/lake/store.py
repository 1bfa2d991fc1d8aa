"""The lake as its users see it: hand in a log file that was read, ask who contacted whom."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from vonggac.errors import IntegrityFailure
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import Kind, TrafficReading
from vonggac.lake import files, kept, segments
from vonggac.lake.acts import Import, Segment
from vonggac.lake.manifest import Manifest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which imports a question may see: a range of organisation paths, and what had arrived by a moment."""

    path_from: str = ""
    path_to: str | None = None
    arrived_by_us: int | None = None

    def holds(self, entry: Import) -> bool:
        """True when the import lies in the range and had arrived."""
        return (
            self.path_from <= entry.organisation_path
            and (self.path_to is None or entry.organisation_path < self.path_to)
            and (self.arrived_by_us is None or entry.received_us <= self.arrived_by_us)
        )


EVERYTHING = Scope()


class Lake:
    """Events at rest under one folder: `raw/` as received, `segments/` as Parquet, `manifest.jsonl` as the truth."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self.manifest = Manifest(self.root)

    def keep(self, content: bytes) -> str:
        """The SHA-256 of the bytes, which are kept as received; keeping them twice keeps them once."""
        return kept.keep(self.root, content, self.renew)

    def keep_stream(self, stream: BinaryIO, advance: Callable[[int], None] = lambda _: None) -> str:
        """As `keep`, for a file of any size, read piece by piece."""
        return kept.keep_stream(self.root, stream, self.renew, advance)

    def renew(self, sha256: str) -> bool:
        """True when the bytes are kept; they then count as handed in now, so that no clearing takes them for a day."""
        path = self.raw_path(sha256)
        if not path.exists():
            return False
        # A clearing holds the lock while it looks and removes: it comes before this, or finds them new.
        with self.manifest.locked():
            try:
                os.utime(path)
            except FileNotFoundError:
                return False
        return True

    def opened(self, sha256: str) -> IO[bytes]:
        """The bytes as received, as a file to read and seek in."""
        return kept.opened(self.root, sha256)

    def raw(self, sha256: str) -> bytes:
        """The bytes as received; IntegrityFailure when they are not there or do not match their digest."""
        return kept.raw(self.root, sha256)

    def raw_path(self, sha256: str) -> Path:
        """Where the bytes with this digest lie, if they are there."""
        return self.root / "raw" / f"{sha256}.zst"

    def add(
        self,
        organisation_path: str,
        sensor: str,
        kind: Kind,
        reading: TrafficReading,
        source_sha256: str,
        received_utc: datetime,
        file_name: str = "",
    ) -> Import:
        """The entry of the import; the same content from the same sensor counts once, whenever it comes again."""
        received_us = (received_utc - _EPOCH) // (_EPOCH.resolution)
        with self.manifest.locked():
            earlier = self.earlier(organisation_path, sensor, kind, source_sha256)
            known = next((e for e in earlier if e.file_name == file_name and e.received_us <= received_us), None)
            if known is not None:
                return known
            # Rows that are there already are named again, not written again: readers count a segment once.
            living = self.manifest.living()
            written = next((e.segments for e in earlier if all(living.now(s) is not None for s in e.segments)), None)
            if written is None:
                written = tuple(
                    segments.write(self.root, organisation_path, sensor, kind, reading.table, source_sha256)
                )
            entry = Import(
                organisation_path=organisation_path,
                sensor=sensor,
                kind=kind,
                file_name=file_name,
                source_sha256=source_sha256,
                received_us=received_us,
                rows=reading.table.num_rows,
                rejects=len(reading.rejects),
                segments=written,
                rejects_path=self._write_rejects(organisation_path, sensor, source_sha256, reading.rejects),
            )
            self.manifest.append(entry)
            return entry

    def earlier(self, organisation_path: str, sensor: str, kind: Kind, source_sha256: str) -> list[Import]:
        """The entries of this very content from this sensor, under whatever file name."""
        return [
            entry
            for entry in self.manifest.of_source(source_sha256)
            if (entry.organisation_path, entry.sensor, entry.kind) == (organisation_path, sensor, kind)
        ]

    def imports(
        self, kind: Kind | None = None, sensors: Sequence[str] | None = None, scope: Scope = EVERYTHING
    ) -> list[Import]:
        """The imports of a kind, from the sensors, within the scope."""
        return [
            entry
            for entry in self.manifest.entries()
            if (kind is None or entry.kind is kind)
            and (sensors is None or entry.sensor in sensors)
            and scope.holds(entry)
        ]

    def holds_logs(self, scope: Scope) -> bool:
        """True when a traffic log came in within the scope; looked for no further than the first."""
        return any(entry.kind is not Kind.ALERT and scope.holds(entry) for entry in self.manifest.entries())

    def segments(self, imports: Sequence[Import]) -> list[tuple[Segment, Import]]:
        """The segments that hold the rows of the imports today, each once, with the first import that has rows in it.

        WrongState when rows of the imports were merged with rows of others.
        """
        return list(self.manifest.living().segments_of(imports))

    def paths(self, imports: Sequence[Import], since_us: int | None = None) -> dict[str, Import]:
        """Segment file → its import; segments that ended before `since_us` are left out, repeated ones come once."""
        return {
            str(self.sound_path(segment)): entry
            for segment, entry in self.segments(imports)
            if since_us is None or segment.last_us >= since_us
        }

    def sound_path(self, segment: Segment) -> Path:
        """Where the segment lies; IntegrityFailure when it is missing or has another size than its line says."""
        path = self.root / segment.path
        if not path.is_file() or path.stat().st_size != segment.size:
            raise IntegrityFailure(f"{path} is missing or cut off; restore the lake from a backup")
        return path

    def rejects(self, entry: Import) -> list[Reject]:
        """The rows of an import that could not be read."""
        if entry.rejects_path is None:
            return []
        return msgspec.json.decode((self.root / entry.rejects_path).read_bytes(), type=list[Reject])

    def verify(self) -> list[str]:
        """One sentence for each segment that is missing or does not match its digest; empty when all is sound."""
        return [fault for segment, _ in self.segments(self.imports()) for fault in self.faults_of(segment)]

    def faults_of(self, segment: Segment) -> list[str]:
        """A sentence when the segment is missing or does not match its digest."""
        path = self.root / segment.path
        if path.is_file() and files.digest_of(path) == segment.sha256:
            return []
        return [f"{segment.path} is missing or does not match its digest"]

    def _write_rejects(self, organisation: str, sensor: str, sha256: str, rejects: list[Reject]) -> str | None:
        if not rejects:
            return None
        folder = Path("rejects") / f"organisation={segments.safe(organisation)}"
        relative = folder / f"{segments.safe(sensor)}-{sha256[:32]}.json"
        files.write_whole(self.root / relative, msgspec.json.encode(rejects))
        return str(relative)
