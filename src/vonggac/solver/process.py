"""The parent's side: start the solver, hear it, stop it, and never be left without the best roster that it told of."""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO

import msgspec

from vonggac.errors import ConfigurationError, InputError, SolverFailed
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid.values import Grid, GridProgress, GridRoster
from vonggac.kernel.roster.planning import is_solver_installed
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, Problem, Progress, Repair, Roster
from vonggac.solver import messages
from vonggac.solver.messages import (
    Answer,
    Arrange,
    Arranged,
    Better,
    Ended,
    Found,
    Impossible,
    Mend,
    Mended,
    Nearer,
    P,
    Plan,
    Planned,
    R,
    Request,
)

# Start-up, reading the problem and the first step, on a machine that is busy with other things.
_GRACE_SECONDS = 30.0
# Once a roster was told, its last steps are waited for no longer than this.
_LAST_SECONDS = 5.0
# A deterministic unit is about a second of one free core; on a busy one it takes several.
_SECONDS_A_UNIT = 10.0
_WAKE_SECONDS = 0.2

Tell = Callable[[Progress], None]
Ask = Callable[[], bool]


def plan(problem: Problem, settings: Settings, *, tell: Tell | None = None, is_cancelled: Ask | None = None) -> Roster:
    """The roster that the solver's process finds; the best one it told of when it is cancelled, killed or too late.

    `tell` hears of progress while it runs, `is_cancelled` is asked several times a second. Raises SolverFailed when
    the process ends before it told of any roster.
    """
    return _last(_ask(Plan(problem, settings), settings, is_cancelled), Better, Planned, tell)


def repair(
    trouble: Trouble,
    roster: Iterable[Assignment],
    settings: Settings,
    *,
    frozen_before: int,
    is_cancelled: Ask | None = None,
) -> Repair:
    """The smallest change that mends the trouble. Raises SolverFailed when the process ends without one."""
    request = Mend(trouble, tuple(roster), frozen_before, settings)
    for answer in _ask(request, settings, is_cancelled):
        if isinstance(answer, Mended):
            return answer.repair
    raise SolverFailed("the solver ended without a repair; its own message stands above, or in the worker's log")


def arrange(
    grid: Grid,
    settings: Settings,
    *,
    tell: Callable[[GridProgress], None] | None = None,
    is_cancelled: Ask | None = None,
) -> GridRoster:
    """The schedules that the solver's process finds for a grid; the best it told of when it is cancelled or killed.

    Raises ConfigurationError without OR-Tools, InputError when somebody's limits allow no schedule.
    """
    if not is_solver_installed():
        raise ConfigurationError("schedules of this format need OR-Tools; get it with ./vg install roster")
    return _last(_ask(Arrange(grid, settings), settings, is_cancelled), Nearer, Arranged, tell)


def _last(
    answers: Iterator[Answer], found: type[Found[P, R]], ended: type[Ended[R]], tell: Callable[[P], None] | None
) -> R:
    """The roster at the end of the answers, or the best told of where they break off; `tell` hears of each."""
    best: R | None = None
    for answer in answers:
        if isinstance(answer, ended):
            return answer.roster
        if isinstance(answer, found):
            best = answer.roster
            if tell:
                tell(answer.progress)
    if best is None:
        raise SolverFailed("the solver ended without a roster; its own message stands above, or in the worker's log")
    return best


def _ask(request: Request, settings: Settings, is_cancelled: Ask | None) -> Iterator[Answer]:
    """What the process answers, until it ends, is cancelled or is too late."""
    limit = time.monotonic() + settings.seconds * (_SECONDS_A_UNIT if settings.is_deterministic else 1)
    end = limit + _GRACE_SECONDS
    with _running(messages.encode(request)) as lines:
        while time.monotonic() < end and not (is_cancelled and is_cancelled()):
            try:
                line = lines.get(timeout=_WAKE_SECONDS)
            except queue.Empty:
                continue
            if line is None:
                return
            # A line cut short by a kill is no answer.
            with contextlib.suppress(msgspec.DecodeError):
                answer = messages.decode_answer(line)
                if isinstance(answer, Impossible):
                    raise InputError(answer.reason)
                end = limit + _LAST_SECONDS
                yield answer


@contextlib.contextmanager
def _running(request: bytes) -> Iterator["queue.Queue[bytes | None]"]:
    """The lines of a solver's process, None at its end; it is gone when the block is left, however that happens."""
    # The clock runs from here: a system's processes share it.
    command = [sys.executable, "-m", "vonggac.solver", str(time.monotonic())]
    # A session of its own: Ctrl-C in a terminal reaches the parent alone, which then takes the best roster so far.
    with subprocess.Popen(  # noqa: S603  our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdin is not None  # noqa: S101  asked for above
        assert process.stdout is not None  # noqa: S101
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(request + b"\n")
                process.stdin.flush()
            lines: queue.Queue[bytes | None] = queue.Queue()
            threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
            yield lines
        finally:
            process.kill()
            # Closing flushes what a process that died had not read yet, and would raise in place of what happened.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _read(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
