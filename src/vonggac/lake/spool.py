"""Durable intake: frames in segment files, each acknowledged only after fdatasync; many are committed by one.

    with Spool(folder) as spool:
        place = spool.append(content)          returns when the frame survives power loss
        future = spool.enqueue(content)        the same, without waiting here
    for frame in frames(folder, after=place): frame.place, frame.content, frame.following

A folder has one writer and any number of readers in other processes. A frame is length (u32), CRC-32 of length and
content (u32), content. Readers go no further than the mark that the writer sets after fdatasync: what they count is
there after a power loss too. What a crash tore off is set aside in `NNN.torn`, never deleted unseen. What is too old is
ended segment by segment from the front; readers then begin at the first that is kept.
"""

import fcntl
import os
import queue
import shutil
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from vonggac.errors import ConfigurationError, IntegrityFailure, LimitExceeded, TryAgainLater
from vonggac.lake import files

MEBIBYTE = 1024 * 1024
SEGMENT_BYTES = 64 * MEBIBYTE
FRAME_BYTES = 32 * MEBIBYTE
# What may wait for the disk before senders are told to wait themselves.
WAITING_BYTES = 64 * MEBIBYTE
# The database stands on the same disk as a rule; a spool that fills the last byte would take it along.
RESERVE_BYTES = 256 * MEBIBYTE
_COMMIT_BYTES = 8 * MEBIBYTE
_MAGIC = b"VGSPOOL1"
_HEADER = struct.Struct("<II")
_MARK = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a frame begins: the number of its segment and its offset in it."""

    segment: int = 1
    offset: int = len(_MAGIC)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: where it stands, what it holds, where the next one begins."""

    place: Place
    content: bytes
    following: Place


@dataclass(slots=True)
class _Waiting:
    content: bytes
    done: "Future[Place]"


class Spool:
    """The one writer of a folder of segments."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._segment_bytes, self._reserve_bytes = folder, segment_bytes, reserve_bytes
        self._lock = (folder / ".lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise ConfigurationError(f"another process writes into {folder}; one folder has one writer") from None
        self._number, self._length = _recovered(folder)
        self._segment = _open_segment(folder, self._number)
        self._publish()
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting_bytes, self._counting = 0, threading.Lock()
        self._committer = threading.Thread(target=self._commit_for_ever, name="spool", daemon=True)
        self._committer.start()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, content: bytes) -> Place:
        """Where the content stands, once it survives power loss; TryAgainLater when there is no room for it."""
        return self.enqueue(content).result()

    def enqueue(self, content: bytes) -> "Future[Place]":
        """The promise of `append`; raises TryAgainLater at once while too much waits, so that memory never grows."""
        if len(content) > FRAME_BYTES:
            raise LimitExceeded(f"one message may weigh up to {FRAME_BYTES // MEBIBYTE} MiB; send it in parts")
        with self._counting:
            if self._waiting_bytes + len(content) > WAITING_BYTES:
                raise TryAgainLater("more comes in than the disk can take; send again in a moment")
            self._waiting_bytes += len(content)
        waiting = _Waiting(content, Future())
        self._waiting.put(waiting)
        return waiting.done

    def close(self) -> None:
        """Commit what waits and let the folder go."""
        self._waiting.put(None)
        self._committer.join()
        os.close(self._segment)
        self._lock.close()

    def _commit_for_ever(self) -> None:
        """Take what waits, write it, flush once, answer all: the slower the disk, the more a flush carries."""
        while (first := self._waiting.get()) is not None:
            taken, is_last = self._take(first)
            try:
                places = self._commit([one.content for one in taken])
            except TryAgainLater as refusal:
                self._give_back(taken)
                for one in taken:
                    one.done.set_exception(refusal)
            else:
                self._give_back(taken)
                for one, place in zip(taken, places, strict=True):
                    one.done.set_result(place)
            if is_last:
                return

    def _take(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        taken, size = [first], len(first.content)
        with suppress(queue.Empty):
            while size < _COMMIT_BYTES:
                following = self._waiting.get_nowait()
                if following is None:
                    return taken, True
                taken.append(following)
                size += len(following.content)
        return taken, False

    def _give_back(self, taken: Sequence[_Waiting]) -> None:
        with self._counting:
            self._waiting_bytes -= sum(len(one.content) for one in taken)

    def _commit(self, contents: Sequence[bytes]) -> list[Place]:
        """Where each content stands, all of them flushed to the disk; after TryAgainLater none of them is there."""
        try:
            return self._written(contents)
        except OSError as error:
            raise TryAgainLater(
                f"nothing more can be kept now ({error.strerror}); free some space on the disk, then send again"
            ) from error

    def _written(self, contents: Sequence[bytes]) -> list[Place]:
        if self._length >= self._segment_bytes:
            self._begin_segment()
        places, parts, length = [], [], self._length
        for content in contents:
            places.append(Place(self._number, length))
            parts += [_header(content), content]
            length += _HEADER.size + len(content)
        self._refuse_without_room(length - self._length)
        try:
            _write_all(self._segment, b"".join(parts), self._length)
            os.fdatasync(self._segment)
        except OSError:
            # What a failed flush left in the file is unknown: nothing of it may ever look like a frame.
            with suppress(OSError):
                os.ftruncate(self._segment, self._length)
                os.fdatasync(self._segment)
            raise
        self._length = length
        self._publish()
        return places

    def _refuse_without_room(self, size: int) -> None:
        if shutil.disk_usage(self.folder).free < size + self._reserve_bytes:
            raise OSError(28, f"less than {self._reserve_bytes // MEBIBYTE} MiB would be left")

    def _begin_segment(self) -> None:
        following = _open_segment(self.folder, self._number + 1)
        os.close(self._segment)
        self._segment, self._number, self._length = following, self._number + 1, len(_MAGIC)

    def _publish(self) -> None:
        """Tell the readers how far the frames are safe."""
        _write_mark(self.folder, Place(self._number, self._length))


def frames(folder: Path, after: Place | None = None, most_bytes: int | None = None) -> Iterator[Frame]:
    """The frames from a place on (None: all) that are safe now, at least one and at most about `most_bytes` of them.

    IntegrityFailure when a frame that was acknowledged does not match its checksum any more.
    """
    end, place, taken = end_of(folder), max(after or Place(), begin_of(folder)), 0
    while place < end:
        path = segment_path(folder, place.segment)
        limit = end.offset if place.segment == end.segment else path.stat().st_size
        with path.open("rb") as file:
            file.seek(place.offset)
            while place.offset < limit:
                content = _read_frame(file.read(_HEADER.size), file.read)
                if content is None:
                    raise IntegrityFailure(f"{path} is damaged at byte {place.offset}; restore the lake from a backup")
                following = Place(place.segment, place.offset + _HEADER.size + len(content))
                yield Frame(place, content, following)
                place, taken = following, taken + len(content)
                if most_bytes is not None and taken >= most_bytes:
                    return
        place = Place(place.segment + 1) if place.segment < end.segment else place


def frame_at(folder: Path, place: Place) -> bytes:
    """The content of the frame that begins there; IntegrityFailure when none does, or it is damaged."""
    for frame in frames(folder, place, most_bytes=0):
        if frame.place == place:
            return frame.content
        raise IntegrityFailure(f"{folder.name} {place.segment}:{place.offset} was kept as long as asked for, and ended")
    raise IntegrityFailure(f"{folder} holds no frame at {place.segment}:{place.offset}; restore the lake from a backup")


def end_of(folder: Path) -> Place:
    """Up to where the frames are safe; before any was written, the beginning."""
    try:
        return Place(*_MARK.unpack((folder / "end").read_bytes()))
    except (FileNotFoundError, struct.error):
        return Place()


def begin_of(folder: Path) -> Place:
    """The first place that is kept; before any segment was ended, the beginning."""
    try:
        return Place(int((folder / "begin").read_text("ascii")))
    except FileNotFoundError:
        return Place()


def segments_before(folder: Path, number: int) -> list[Path]:
    """The segments with smaller numbers, the oldest first; never the one that is written to."""
    newest = end_of(folder).segment
    return [path for path in sorted(folder.glob("*.spool")) if int(path.stem) < min(number, newest)]


def begin_at(folder: Path, number: int) -> None:
    """Let readers begin at a segment from now on, also after a power loss; those before it may then be removed."""
    files.write_whole(folder / "begin", str(number).encode("ascii"))


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"{number:012d}.spool"


def _recovered(folder: Path) -> tuple[int, int]:
    """The newest segment's number and sound length, after what a crash tore off was set aside."""
    numbers = sorted(int(path.stem) for path in folder.glob("*.spool"))
    if not numbers:
        return 1, len(_MAGIC)
    path = segment_path(folder, numbers[-1])
    content = path.read_bytes()
    length = sound_length(content)
    if length < len(content):
        files.write_whole(path.with_suffix(f".{length}.torn"), content[length:])
        os.truncate(path, length)
    return numbers[-1], max(length, len(_MAGIC))


def sound_length(content: bytes) -> int:
    """How many bytes of a segment are whole frames, counted from its begin; 0 when not even the begin is whole."""
    if content[: len(_MAGIC)] != _MAGIC:
        return 0
    offset = len(_MAGIC)
    while offset < len(content):
        start = offset + _HEADER.size
        found = _read_frame(content[offset:start], partial(_slice, content, start))
        if found is None:
            return offset
        offset = start + len(found)
    return offset


def _read_frame(header: bytes, read: Callable[[int], bytes]) -> bytes | None:
    """The content behind a header, None when it is cut off or does not match its checksum."""
    if len(header) < _HEADER.size:
        return None
    length, checksum = _HEADER.unpack(header)
    if length > FRAME_BYTES:
        return None
    content = read(length)
    is_whole = len(content) == length and zlib.crc32(content, zlib.crc32(header[:4])) == checksum
    return content if is_whole else None


def _slice(content: bytes, start: int, size: int) -> bytes:
    return content[start : start + size]


def _header(content: bytes) -> bytes:
    length = len(content).to_bytes(4, "little")
    return length + zlib.crc32(content, zlib.crc32(length)).to_bytes(4, "little")


def _open_segment(folder: Path, number: int) -> int:
    """The segment opened for writing, made with its first bytes where it is not there yet."""
    path = segment_path(folder, number)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if os.fstat(descriptor).st_size < len(_MAGIC):
        _write_all(descriptor, _MAGIC, 0)
    os.fsync(descriptor)
    files.flush_folder(folder)
    return descriptor


def _write_all(descriptor: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _write_mark(folder: Path, place: Place) -> None:
    descriptor = os.open(folder / "end", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, _MARK.pack(place.segment, place.offset), 0)
    finally:
        os.close(descriptor)
