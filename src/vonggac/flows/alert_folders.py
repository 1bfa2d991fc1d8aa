"""Folders that sources write into: files read line by line as they grow, packed and whole ones once they rest.

A file is known by its first line, not by its name: renamed, copied or packed by a rotation it is the same file, and one
that begins anew is another. How far each was read stands in a file beside the spool; after a crash the spool itself
tells what was put into it since.
"""

import glob
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from vonggac.alerts.models import Arrival, Source
from vonggac.errors import InputError, WrongState
from vonggac.flows.alert_files import import_file
from vonggac.flows.alert_raw import unwrapped, wrapped
from vonggac.formats import packed
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.formats.alerts.source import LIMITS
from vonggac.lake import files
from vonggac.lake.spool import Place, Spool, end_of, frames
from vonggac.tenancy.scope import scoped, system

# Formats of which every line stands for itself: these are read while they grow.
OF_LINES = frozenset({"suricata-eve", "wazuh", "cef", "leef", "syslog"})
CHUNK_BYTES = 1 << 20
_FIRST_LINE_BYTES = 1 << 16
_LONGEST_LINE_BYTES = 16 * CHUNK_BYTES
# A file that is handed over whole may still be copied; a line without its end may still be written.
REST_SECONDS = 5.0
# A file that was removed takes room on the disk while it is held; whoever writes into it has moved on by then.
GONE_SECONDS = 3_600.0
_PACKED = (".gz", ".zst", ".xz", ".bz2", ".zip")


class _State(msgspec.Struct):
    """How far files were read (by source and first line), which whole files were taken, up to where of the spool."""

    read: dict[str, int] = msgspec.field(default_factory=dict)
    taken: dict[str, list[int]] = msgspec.field(default_factory=dict)
    segment: int = 1
    offset: int = 8


@dataclass(frozen=True, slots=True)
class Watch:
    """A source with the files that it writes."""

    source_id: int
    name: str
    pattern: str
    is_of_lines: bool


@dataclass
class Folders:
    """The watched files of one collector; `look` reads what is new."""

    spool: Spool
    say: Callable[[str], None] = print
    _open: dict[str, IO[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._path = self.spool.folder / "folders.json"
        self._state = self._loaded()
        self._told: dict[str, str] = {}

    def look(self, watches: Iterable[Watch], *, at: datetime) -> int:
        """How many bytes were put into the spool, and of whole files into the lake; all of them survive power loss."""
        taken = 0
        for watch in watches:
            named = [Path(path) for path in sorted(glob.glob(watch.pattern))]  # noqa: PTH207  a pattern with its folder
            found = [path for path in named if not self._would_block(path)]
            if not watch.is_of_lines:
                taken += sum(self._take_whole(watch, path, at) for path in found)
                continue
            for path in found:
                if path.suffix not in _PACKED:
                    self._follow(watch, path)
            taken += self._read_on(watch, at)
            # After the plain ones: what was packed while it was read is read to its end by then.
            taken += sum(self._read_packed(watch, path, at) for path in found if path.suffix in _PACKED)
        return taken

    def close(self) -> None:
        """Let go of every file."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _loaded(self) -> _State:
        try:
            state = msgspec.json.decode(self._path.read_bytes(), type=_State)
        except FileNotFoundError:
            state = _State()
        for frame in frames(self.spool.folder, Place(state.segment, state.offset)):
            envelope, _ = unwrapped(frame.content)
            if envelope.origin is not None:
                key, end = envelope.origin
                state.read[key] = max(end, state.read.get(key, 0))
        return state

    def _save(self) -> None:
        end = end_of(self.spool.folder)
        self._state.segment, self._state.offset = end.segment, end.offset
        files.write_whole(self._path, msgspec.json.encode(self._state))

    def _would_block(self, path: Path) -> bool:
        """True for a pipe or device, which is told: opened, it waits for its other end, and all sources wait too."""
        try:
            mode = path.stat().st_mode
        except OSError:
            return False
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return False
        self._tell(str(path), f"{path} is a pipe or device, not a file; let its source write into a file")
        return True

    def _follow(self, watch: Watch, path: Path) -> None:
        """Hold a file open that was not known yet: renamed away by a rotation, it is still read to its end."""
        try:
            file = path.open("rb")
        except OSError as error:
            self._tell(str(path), f"{path} cannot be read ({error.strerror})")
            return
        line = file.readline(_FIRST_LINE_BYTES)
        key = _key(watch, line)
        known = self._open.get(key)
        is_same = known is not None and os.fstat(known.fileno()).st_ino == os.fstat(file.fileno()).st_ino
        if not line.endswith(b"\n") or is_same:
            file.close()
            return
        if known is not None and os.fstat(known.fileno()).st_size >= os.fstat(file.fileno()).st_size:
            # A copy of what is being read: nothing in it is new.
            file.close()
            return
        if known is not None:
            known.close()
        self._open[key] = file

    def _read_on(self, watch: Watch, at: datetime) -> int:
        """The bytes of the source's open files that were not read yet, as far as their lines are whole."""
        taken = 0
        for key in [one for one in self._open if one.startswith(f"{watch.source_id}/")]:
            file = self._open[key]
            offset = self._state.read.get(key, 0)
            # Asked after the bytes were read: of one that was emptied and written again they are lines of another file.
            while (chunk := _whole_lines(file, offset)) and not _begins_anew(file, key):
                offset += len(chunk)
                frame = wrapped(watch.source_id, microseconds(at), chunk, origin=(key, offset))
                self.spool.append(frame)
                self._state.read[key] = offset
                taken += len(chunk)
            if _begins_anew(file, key) or _is_gone(file):
                file.close()
                del self._open[key]
        if taken:
            self._save()
        return taken

    def _read_packed(self, watch: Watch, path: Path, at: datetime) -> int:
        """The bytes of a packed file that were not read while it was plain: packed while nobody looked, or brought."""
        try:
            found = path.stat()
            name, stamp = f"{watch.source_id}/packed/{found.st_ino}", [found.st_size, found.st_mtime_ns]
            if self._state.taken.get(name) == stamp or time.time() - found.st_mtime < REST_SECONDS:
                return 0
            with path.open("rb") as file:
                taken = 0 if _was_imported(watch, file) else self._read_plain(watch, file, path.name, at)
        except OSError as error:
            self._tell(str(path), f"{path} cannot be read ({error.strerror})")
            return 0
        self._remember(name, stamp)
        return taken

    def _read_plain(self, watch: Watch, file: BinaryIO, name: str, at: datetime) -> int:
        """The unpacked bytes after those that were read; damage is told, and what came before it counts."""
        taken = 0
        try:
            head, pieces = _begin(packed.unpacked(file, name, LIMITS))
            key = _key(watch, head)
            for chunk in _lines_after(pieces, self._state.read.get(key, 0)):
                offset = self._state.read.get(key, 0) + len(chunk)
                self.spool.append(wrapped(watch.source_id, microseconds(at), chunk, origin=(key, offset)))
                self._state.read[key] = offset
                taken += len(chunk)
        except InputError as error:
            self._tell(name, str(error))
        return taken

    def _take_whole(self, watch: Watch, path: Path, at: datetime) -> int:
        """Take in a file that rests and was not taken before in this state."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return 0
        except OSError as error:
            self._tell(str(path), f"{path} cannot be read ({error.strerror})")
            return 0
        stamp = [found.st_ino, found.st_size, found.st_mtime_ns]
        if self._state.taken.get(str(path)) == stamp or time.time() - found.st_mtime < REST_SECONDS:
            return 0
        try:
            report = import_file(path, watch.name, system("alerts"), at=at)
        except (InputError, OSError) as error:
            self._tell(str(path), f"{path}: {error}")
            return 0
        except RuntimeError:
            # A fault of the reader comes out, and once: at every look it would keep all other sources waiting.
            self._remember(path, stamp)
            raise
        except WrongState as error:
            # A person took it back while it was read: the next look does not hand it in again.
            self._tell(str(path), f"{path}: {error}")
        else:
            if report.unreadable:
                self._tell(str(path), f"{path} was set aside: {report.unreadable}")
        self._remember(path, stamp)
        return found.st_size

    def _remember(self, path: Path | str, stamp: list[int]) -> None:
        self._state.taken[str(path)] = stamp
        self._save()

    def _tell(self, path: str, what: str) -> None:
        """Say what is wrong with a file once, not at every look."""
        if self._told.get(path) != what:
            self._told[path] = what
            self.say(what)


def watches() -> list[Watch]:
    """The sources that write into a folder."""
    with scoped(system("alerts")):
        found = Source.objects.filter(retired_at=None).exclude(folder="").order_by("pk")
        return [Watch(one.pk, one.name, one.folder, one.format_name in OF_LINES) for one in found]


def senders() -> list[tuple[str, int]]:
    """The blocks from which sources send syslog, each with the source's number."""
    with scoped(system("alerts")):
        found = Source.objects.filter(retired_at=None).exclude(senders=[]).order_by("pk")
        return [(block, one.pk) for one in found for block in one.senders]


def _key(watch: Watch, first_line: bytes) -> str:
    return f"{watch.source_id}/{hashlib.sha256(first_line).hexdigest()}"


def _was_imported(watch: Watch, file: BufferedReader) -> bool:
    """True for a packed file that somebody handed in already, which counts once; the file is back at its begin."""
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    with scoped(system("alerts")):
        handed_in = Arrival.objects.filter(source=watch.source_id, sha256=sha256, finished_at__isnull=False)
        return handed_in.exists()


def _begin(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first line, and all of the pieces."""
    head = b""
    while b"\n" not in head and len(head) < _FIRST_LINE_BYTES and (piece := next(pieces, b"")):
        head += piece
    return head[: head.find(b"\n") + 1 or None][:_FIRST_LINE_BYTES], chain([head], pieces)


def _lines_after(pieces: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """The whole lines behind an offset, about 1 MiB at once; the last one may lack its end, where the file has one."""
    place, rest = 0, b""
    try:
        for piece in pieces:
            rest += piece[max(offset - place, 0) :]
            place += len(piece)
            end = rest.rfind(b"\n") + 1 if len(rest) < _LONGEST_LINE_BYTES else len(rest)
            if len(rest) >= CHUNK_BYTES and end:
                yield rest[:end]
                rest = rest[end:]
    except InputError:
        if end := rest.rfind(b"\n") + 1:
            yield rest[:end]
        raise
    if rest:
        yield rest


def _whole_lines(file: IO[bytes], offset: int) -> bytes:
    """The next lines that are whole, at most about 1 MiB; a line that is longer comes by itself."""
    file.seek(offset)
    chunk = file.read(CHUNK_BYTES)
    end = chunk.rfind(b"\n") + 1
    if end or len(chunk) < CHUNK_BYTES:
        return chunk[:end]
    line = chunk + file.readline(_LONGEST_LINE_BYTES)
    return line if line.endswith(b"\n") or len(line) >= _LONGEST_LINE_BYTES else b""


def _is_gone(file: IO[bytes]) -> bool:
    """True when the file was removed and nobody writes into it any more."""
    found = os.fstat(file.fileno())
    return found.st_nlink == 0 and time.time() - found.st_mtime > GONE_SECONDS


def _begins_anew(file: IO[bytes], key: str) -> bool:
    """True when the file was emptied and written again: it is another one now."""
    file.seek(0)
    line = file.readline(_FIRST_LINE_BYTES)
    return not key.endswith(hashlib.sha256(line).hexdigest())
