"""Questions in SQL to the lake: one SELECT over the segments of a scope, read only, within limits.

    with query.ask(lake, "SELECT destination, count(*) FROM flows GROUP BY ALL", Scope("000001/", "0000010")) as answer:
        for batch in answer.batches(): …

Each kind is a view: `flows`, `dns`, `nat`, `dhcp`. It has the columns `organisation` (the path), `sensor`, `day`,
`time`, an address as text beside each pair of address columns, and the columns of the segments: docs/reference/lake.md.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import pyarrow as pa

from vonggac.errors import InputError, IntegrityFailure, LimitExceeded, VongGacError
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.lake.answering import File, Request, View
from vonggac.lake.segments import DAY_US
from vonggac.lake.store import EVERYTHING, Lake, Scope

VIEWS = {Kind.FLOW: "flows", Kind.DNS: "dns", Kind.NAT: "nat", Kind.DHCP: "dhcp", Kind.ALERT: "alerts"}
# What a process may take to start, and to say that it was stopped, before it is killed.
_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may cost: memory that DuckDB counts, seconds from its start, threads."""

    memory_bytes: int = 1 << 30
    seconds: float = 60.0
    threads: int = min(4, os.cpu_count() or 1)


DEFAULT_LIMITS = Limits()
Tables = Mapping[str, Mapping[str, Sequence[Any]]]


class Answer:
    """The answer as it comes; `schema` is its columns."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        with self._whole_or_said():
            self._stream = pa.ipc.open_stream(process.stdout)
        self.schema = self._stream.schema

    def batches(self) -> Iterator[Any]:
        """Arrow record batches of some thousand rows, one at a time in memory; an answer that was cut off raises."""
        with self._whole_or_said():
            yield from self._stream
        # A stream that merely stops looks like one that ended: only the process knows.
        self._require_success()

    def table(self) -> Any:
        """All of it as one Arrow table."""
        return pa.Table.from_batches(self.batches(), self.schema)

    @contextmanager
    def _whole_or_said(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError):
            self._require_success()
            raise

    def _require_success(self) -> None:
        if not (code := self._process.wait()):
            return
        assert self._process.stderr is not None  # noqa: S101  it was asked for
        said = self._process.stderr.read()
        # Ended by a signal: the kernel's or our own end to time or memory.
        raise _error(_Fault("limit", "") if code < 0 else _told(said))


class _Fault(msgspec.Struct, frozen=True):
    kind: Literal["limit", "damage", "input"]
    text: str


def _told(said: bytes) -> _Fault:
    """The fault in the last line on standard error; what is none there is an error of ours."""
    try:
        return msgspec.json.decode(said.splitlines()[-1], type=_Fault)
    except (msgspec.MsgspecError, IndexError):
        raise RuntimeError(said.decode(errors="replace")) from None


def _error(fault: _Fault) -> VongGacError:
    if fault.kind == "limit":
        return LimitExceeded("the question takes more time or memory than it may; ask for fewer days or fewer columns")
    if fault.kind == "damage":
        return IntegrityFailure(
            f"a file that the lake's manifest lists cannot be read ({fault.text}); restore the lake from a backup"
        )
    return InputError(f"the lake cannot answer this: {fault.text}")


@contextmanager
def ask(
    lake: Lake,
    sql: str,
    scope: Scope = EVERYTHING,
    *,
    tables: Tables | None = None,
    limits: Limits = DEFAULT_LIMITS,
    may_confine: bool = True,
) -> Iterator[Answer]:
    """The answer to one SELECT over what lies in the scope.

    `tables`: small ones to join with, by name. `may_confine` False: as where the kernel cannot confine a process.
    Raises InputError for what is no question or cannot be answered, LimitExceeded when it costs too much.
    """
    given = {name: {column: list(values) for column, values in one.items()} for name, one in (tables or {}).items()}
    request = Request(sql, views(lake, scope), given, limits.memory_bytes, limits.seconds, limits.threads, may_confine)
    with _process() as process:
        killer = threading.Timer(limits.seconds + _GRACE_SECONDS, process.kill)
        killer.daemon = True
        killer.start()
        try:
            _hand_over(process, msgspec.json.encode(request))
            yield Answer(process)
        finally:
            killer.cancel()
            process.kill()


def _process() -> "subprocess.Popen[bytes]":
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    pipe = subprocess.PIPE
    command = [sys.executable, "-P", "-m", "vonggac.lake.answering"]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=kept)  # noqa: S603


def _hand_over(process: "subprocess.Popen[bytes]", request: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  it was asked for
    # A process that died while it was handed the question is found out when its answer is read.
    with suppress(BrokenPipeError), process.stdin as question:
        question.write(request)


def views(lake: Lake, scope: Scope = EVERYTHING) -> list[View]:
    """A view of each kind, over the segments of the scope that the manifest lists."""
    return [
        View(
            name,
            [(column.name, str(column.type)) for column in SCHEMAS[kind]],
            [
                File(str(lake.sound_path(segment)), entry.organisation_path, entry.sensor, segment.first_us // DAY_US)
                for segment, entry in lake.segments(lake.imports(kind, scope=scope))
            ],
        )
        for kind, name in VIEWS.items()
    ]
