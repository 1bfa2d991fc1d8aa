"""A process of its own that plans one roster: the problem comes in as JSON, progress and the result go out as lines.

    python -m vonggac.flows.roster_child < problem.json

The solver is native code that holds the processor and may eat memory: here it can be stopped, and what it takes down
with it is only itself.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from vonggac.errors import ConfigurationError
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.planning import plan
from vonggac.kernel.roster.values import Assignment, Problem, Progress, Roster

# Past its own time limit a child gets so long to write its result before it is ended.
GRACE_SECONDS = 20.0


class Task(msgspec.Struct):
    """What the child is asked."""

    problem: Problem
    settings: Settings


class Line(msgspec.Struct):
    """One line of the child: progress with the best roster so far, or (`is_last`) the result."""

    progress: Progress | None = None
    assignments: tuple[Assignment, ...] = ()
    roster: Roster | None = None


def solved(problem: Problem, settings: Settings, tell: Callable[[Progress], bool]) -> Roster | Sequence[Assignment]:
    """The child's roster; the best one so far where `tell`, asked at every progress, answers False.

    Raises ConfigurationError when the child ends without any answer.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "vonggac.flows.roster_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        return _talk(child, problem, settings, tell)
    finally:
        child.kill()
        child.wait()


def _talk(
    child: "subprocess.Popen[bytes]", problem: Problem, settings: Settings, tell: Callable[[Progress], bool]
) -> Roster | Sequence[Assignment]:
    if child.stdin is None or child.stdout is None:
        raise ConfigurationError("the solver's process has no pipes")
    with suppress(BrokenPipeError):
        child.stdin.write(msgspec.json.encode(Task(problem, settings)))
        child.stdin.close()
    best: Sequence[Assignment] | None = None
    ends_at = time.monotonic() + settings.seconds + GRACE_SECONDS
    for raw in child.stdout:
        line = msgspec.json.decode(raw, type=Line)
        if line.roster is not None:
            return line.roster
        best = line.assignments
        if (line.progress is not None and not tell(line.progress)) or time.monotonic() > ends_at:
            return best
    if best is None:
        raise ConfigurationError("the solver ended without an answer; the worker's log says why")
    return best


def main() -> None:
    """Plan what stands on the standard input."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)

    def report(progress: Progress, assignments: Sequence[Assignment]) -> None:
        _write(Line(progress, tuple(assignments)))

    _write(Line(roster=plan(task.problem, task.settings, clock=time.monotonic, report=report)))


def _write(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
