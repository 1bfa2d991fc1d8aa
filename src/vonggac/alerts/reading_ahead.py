"""The parts of a large file, read by a process of their own while the ones before are written and counted.

The process computes and writes nothing: it gets an open file and hands back parts in their order. Killed, or without
the one that asked, it leaves nothing behind, so what makes an import whole and counted once stays in one place.
`parts_of` starts it; for a small file it reads here, where starting a process would take longer.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from io import UnsupportedOperation
from typing import IO, Any, BinaryIO, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa

from vonggac import errors, without_pandas
from vonggac.alerts import parts
from vonggac.alerts.grouping import Group
from vonggac.alerts.parts import Manner, Part
from vonggac.formats.records import Reject
from vonggac.kernel.networks import Register

# Below it a process takes longer to start than it saves.
AHEAD_FROM_BYTES = 32 << 20
_LENGTH_BYTES = 8

Process: TypeAlias = "subprocess.Popen[bytes]"


@dataclass(frozen=True, slots=True)
class Work:
    """One file to be read: `raw` names it in rows and samples, `done` batches of it were taken in before."""

    name: str
    raw: str
    manner: Manner
    done: int


class _Request(msgspec.Struct, frozen=True):
    """The work, whose addresses are ours (the arrays of a `Register`), and the file's descriptor."""

    work: Work
    ipv4: tuple[bytes, bytes]
    ipv6: tuple[bytes, bytes]
    descriptor: int
    part_records: int


class _Begun(msgspec.Struct, frozen=True, tag=True):
    format_name: str


class _Read(msgspec.Struct, frozen=True, tag=True):
    """A part without its table, which follows as an Arrow stream."""

    first: int
    batches: int
    groups: list[tuple[str, str, Group]]
    rejects: list[Reject]
    taken: list[int]
    observations: int


class _Refused(msgspec.Struct, frozen=True, tag=True):
    """One of the errors of `errors.py`, by its name."""

    error: str
    text: str


class _Ended(msgspec.Struct, frozen=True, tag=True):
    pass


_Message = _Begun | _Read | _Refused | _Ended


@dataclass(slots=True)
class Parts:
    """The format of a file and its parts, to be gone through once."""

    format_name: str
    parts: Generator[Part]


def parts_of(stream: IO[bytes], work: Work, ours: Register) -> Parts:
    """The parts of a file after those that were taken in; a large one is read ahead by another process.

    Its `parts` are to be closed. Raises what `open_file` raises, now or while they are gone through.
    """
    descriptor = _descriptor(stream)
    if descriptor is None or os.fstat(descriptor).st_size < AHEAD_FROM_BYTES:
        reading = work.manner.open(stream, work.name)
        return Parts(reading.format.name, parts.parts(reading, work.raw, ours, work.done))
    received = _received(descriptor, work, ours)
    begun = next(received)
    assert isinstance(begun, str)  # noqa: S101  the process says the format first
    return Parts(begun, received)  # type: ignore[arg-type]


def _descriptor(stream: IO[bytes]) -> int | None:
    try:
        return stream.fileno()
    except (UnsupportedOperation, AttributeError):
        return None


def _received(descriptor: int, work: Work, ours: Register) -> Generator[str | Part]:
    """The format's name, then the parts."""
    request = _Request(
        work,
        (ours.ipv4_starts.tobytes(), ours.ipv4_owner.tobytes()),
        (ours.ipv6_starts.tobytes(), ours.ipv6_owner.tobytes()),
        descriptor,
        parts.PART_RECORDS,
    )
    with _process(descriptor) as process:
        assert process.stdin is not None  # noqa: S101  it was asked for
        try:
            # Of a process that ended before it read all of the request, its empty answer tells.
            with suppress(BrokenPipeError), process.stdin as asked:
                asked.write(_encode(request))
            while not isinstance(message := _receive(process), _Ended):
                if isinstance(message, _Refused):
                    raise getattr(errors, message.error)(message.text)
                if isinstance(message, _Begun):
                    yield message.format_name
                else:
                    yield _part(message, process)
        finally:
            process.kill()


def _process(descriptor: int) -> Process:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-P", "-m", "vonggac.alerts.reading_ahead"]
    return subprocess.Popen(  # noqa: S603  our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=kept, pass_fds=[descriptor]
    )


def _part(message: _Read, process: Process) -> Part:
    try:
        table = pa.ipc.open_stream(_words(process)).read_all()
    except (pa.ArrowInvalid, OSError) as cut:
        raise _ended(process) from cut
    groups = {(rule, subject): group for rule, subject, group in message.groups}
    return Part(message.first, table, message.batches, groups, message.rejects, message.taken, message.observations)


def _receive(process: Process) -> _Message:
    words = _words(process)
    length = int.from_bytes(words.read(_LENGTH_BYTES), "little")
    content = words.read(length)
    if not length or len(content) < length:
        raise _ended(process)
    return _decode(content)


def _words(process: Process) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101  it was asked for
    return process.stdout


def _ended(process: Process) -> Exception:
    """Why it said no more: it was ended from outside (InputError), or it failed by itself (RuntimeError)."""
    if (code := process.wait()) > 0:
        return RuntimeError(f"the process that read the file failed with exit code {code}")
    return errors.InputError("the process that read the file was ended; hand it in again to go on from there")


def main() -> None:
    """Read the file that the request on standard input names, and give its parts on standard output."""
    without_pandas.leave_out()
    # Whoever asked may be gone: then this process ends at its next word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Request)
    with os.fdopen(request.descriptor, "rb") as stream:
        stream.seek(0)
        _send(_answer(request, stream, sys.stdout.buffer), sys.stdout.buffer)


def _answer(request: _Request, stream: BinaryIO, target: IO[bytes]) -> _Message:
    work = request.work
    try:
        reading = work.manner.open(stream, work.name)
        _send(_Begun(reading.format.name), target)
        for part in parts.parts(reading, work.raw, _ours(request), work.done, request.part_records):
            groups = [(*key, group) for key, group in part.groups.items()]
            _send(_Read(part.first, part.batches, groups, part.rejects, part.taken, part.observations), target)
            _send_table(part.table, target)
    except errors.InputError as error:
        return _Refused(type(error).__name__, str(error))
    return _Ended()


def _ours(request: _Request) -> Register:
    (starts, owner), (starts6, owner6) = request.ipv4, request.ipv6
    four = np.frombuffer(starts, np.uint32), np.frombuffer(owner, np.int32)
    six = np.frombuffer(starts6, "S16"), np.frombuffer(owner6, np.int32)
    return Register([], [], *four, *six)


def _send(message: _Message, target: IO[bytes]) -> None:
    content = _encode(message)
    target.write(len(content).to_bytes(_LENGTH_BYTES, "little"))
    target.write(content)
    target.flush()


def _send_table(table: Any, target: IO[bytes]) -> None:
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    target.flush()


_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], _Message] = msgspec.msgpack.Decoder(_Message).decode

if __name__ == "__main__":
    main()
