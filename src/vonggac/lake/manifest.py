"""What the lake holds: one JSON line an import, appended under a lock and flushed; readers trust nothing else.

An import is there when its line is there, with all its segments or not at all. A file that lies in the folder without
a line does not exist for any reader.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vonggac.errors import IntegrityFailure
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import files


class Segment(msgspec.Struct, frozen=True):
    """One Parquet file: rows of one kind, organisation, sensor and day, sorted by time and address."""

    path: str  # relative to the lake's root
    sha256: str
    size: int
    rows: int
    first_us: int
    last_us: int  # the latest end of any row


class Import(msgspec.Struct, frozen=True):
    """One log file received from one sensor.

    Content that came twice, under another name or at another time, has an entry for each arrival with the same
    segments; whoever reads them counts each segment once.
    """

    organisation_path: str
    sensor: str
    kind: Kind
    file_name: str
    source_sha256: str
    received_us: int
    rows: int
    rejects: int
    segments: tuple[Segment, ...]
    rejects_path: str | None = None


def _state(found: os.stat_result) -> tuple[int, ...]:
    """What is different after a file was written to, or another put in its place."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@dataclass(slots=True)
class _Reading:
    """The entries of a manifest file as it was in one state."""

    state: tuple[int, ...] = ()
    entries: list[Import] = field(default_factory=list)
    by_source: dict[str, list[Import]] = field(default_factory=dict)

    def add(self, entry: Import) -> None:
        self.entries.append(entry)
        self.by_source.setdefault(entry.source_sha256, []).append(entry)


# A desk has one lake; more than that is a test run.
READINGS_KEPT = 4
_readings: dict[Path, _Reading] = {}


class Manifest:
    """The list of imports in `manifest.jsonl` under the lake's root."""

    def __init__(self, root: Path) -> None:
        self.path = root / "manifest.jsonl"
        self._lock = root / ".manifest.lock"
        self._decode = msgspec.json.Decoder(Import).decode

    def entries(self) -> list[Import]:
        """Every import in the order in which it was written. O(imports), decoded again only when the file changed."""
        return list(self._reading().entries)

    def of_source(self, sha256: str) -> list[Import]:
        """The imports of this content, in the order in which they were written."""
        return list(self._reading().by_source.get(sha256, ()))

    def append(self, entry: Import) -> None:
        """Add one import; on return it survives power loss. The caller holds `locked()`."""
        known = self._reading()
        is_new = not self.path.exists()
        with self.path.open("ab") as file:
            self._cut_torn_line(file.fileno())
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            known.add(entry)
            known.state = _state(os.fstat(file.fileno()))
        if is_new:
            files.flush_folder(self.path.parent)

    def _reading(self) -> "_Reading":
        """What the file holds; of a file that did not change since, what was read then."""
        try:
            state = _state(self.path.stat())
        except FileNotFoundError:
            return _Reading()
        known = _readings.get(self.path)
        if known is None or known.state != state:
            known = _Reading(state)
            lines = self.path.read_bytes().split(b"\n")
            # What follows the last line feed was cut off by a crash before the import was acknowledged.
            for number, line in enumerate(lines[:-1], start=1):
                if line:
                    known.add(self._entry(number, line))
            if len(_readings) >= READINGS_KEPT:
                _readings.clear()
            _readings[self.path] = known
        return known

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, across processes; a dead writer's lock is free at once."""
        with self._lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _entry(self, number: int, line: bytes) -> Import:
        try:
            return self._decode(line)
        except msgspec.MsgspecError as damage:
            raise IntegrityFailure(
                f"line {number} of {self.path} cannot be read ({damage}); restore the lake from a backup"
            ) from damage

    def _cut_torn_line(self, descriptor: int) -> None:
        with self.path.open("rb") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
            if file.read(1) in {b"\n", b""}:
                return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(descriptor, whole)
