"""What the lake holds: one JSON line an act, appended under a lock and flushed; readers trust nothing else.

An import is there when its line is there, with all its segments or not at all. A file that lies in the folder without
a line does not exist for any reader. A merger puts one segment in the place of several, a retirement ends what is
older than it says, each for every reader at once by its one line; lines are never changed.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from vonggac.errors import IntegrityFailure
from vonggac.lake import files
from vonggac.lake.acts import Act, Import, Merger, Retirement
from vonggac.lake.living import Living


def _state(found: os.stat_result) -> tuple[int, ...]:
    """What is different after a file was written to, or another put in its place."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@dataclass(slots=True)
class _Reading:
    """What a manifest file said in one state: up to which byte it was read, and the last line before that."""

    state: tuple[int, ...] = ()
    read_bytes: int = 0
    lines: int = 0
    last_line: bytes = b""
    living: Living = field(default_factory=Living)


# A desk has one lake; more than that is a test run.
READINGS_KEPT = 4
_readings: dict[Path, _Reading] = {}
# Threads of one process share a reading: two must not add the same lines to it.
_reading_lock = threading.RLock()
# An import's line, the first kind there was, names no act.
_ACT = b'{"act":'
_decode_import = msgspec.json.Decoder(Import).decode
_decode_act = msgspec.json.Decoder(Merger | Retirement).decode


class Manifest:
    """The acts in `manifest.jsonl` under the lake's root, and what lives after them."""

    def __init__(self, root: Path) -> None:
        self.path = root / "manifest.jsonl"
        self._lock = root / ".manifest.lock"

    def entries(self) -> list[Import]:
        """Every import that is not over, in the order in which it was written."""
        return list(self.living().entries)

    def of_source(self, sha256: str) -> list[Import]:
        """The imports of this content, in the order in which they were written."""
        return list(self.living().by_source.get(sha256, ()))

    def living(self) -> Living:
        """What lives after all acts; only what was appended since the last look is decoded."""
        return self._reading().living

    def append(self, act: Act) -> None:
        """Add one act; on return it survives power loss. The caller holds `locked()`."""
        is_new = not self.path.exists()
        line = msgspec.json.encode(act)
        with _reading_lock, self.path.open("ab") as file:
            known = self._reading()
            self._cut_torn_line(file.fileno())
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            known.living.add(act)
            known.state = _state(os.fstat(file.fileno()))
            known.read_bytes, known.lines, known.last_line = known.state[1], known.lines + 1, line
        if is_new:
            files.flush_folder(self.path.parent)

    def _reading(self) -> _Reading:
        """What the file holds; of a file that did not change since, what was read then."""
        with _reading_lock:
            try:
                state = _state(self.path.stat())
            except FileNotFoundError:
                return _Reading()
            known = _readings.get(self.path)
            if known is None or known.state != state:
                known = self._read_on(known, state)
                if len(_readings) >= READINGS_KEPT:
                    _readings.clear()
                _readings[self.path] = known
            return known

    def _read_on(self, known: _Reading | None, state: tuple[int, ...]) -> _Reading:
        """The reading with what was appended to it, or a new one where anything else changed."""
        with self.path.open("rb") as file:
            if known is None or not _goes_on(file, known, state):
                known = _Reading()
            file.seek(known.read_bytes)
            lines = file.read().split(b"\n")
        # What follows the last line feed was cut off by a crash before the act was acknowledged.
        for line in lines[:-1]:
            if line:
                known.living.add(self._act(known.lines + 1, line))
            known.lines += 1
            known.read_bytes += len(line) + 1
            known.last_line = line
        known.state = state
        return known

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, across processes; a dead writer's lock is free at once."""
        with self._lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _act(self, number: int, line: bytes) -> Act:
        try:
            return _decode_act(line) if line.startswith(_ACT) else _decode_import(line)
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


def _goes_on(file: IO[bytes], known: _Reading, state: tuple[int, ...]) -> bool:
    """True when the file is the known one with more at its end: its last known line stands where it stood."""
    if not known.read_bytes or known.state[0] != state[0] or state[1] <= known.state[1]:
        return False
    file.seek(known.read_bytes - len(known.last_line) - 1)
    return file.read(len(known.last_line) + 1) == known.last_line + b"\n"
