"""The child's side: one request from standard input, better rosters and the result as lines on standard output."""

import os
import sys
import threading
import time
from dataclasses import replace

from vonggac.errors import InputError
from vonggac.kernel.roster import planning, repairing
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid.values import Grid, GridProgress, GridRoster
from vonggac.kernel.roster.values import Progress, Roster
from vonggac.solver import messages
from vonggac.solver.messages import (
    Answer,
    Arrange,
    Arranged,
    Better,
    Impossible,
    Mend,
    Mended,
    Nearer,
    Plan,
    Planned,
    Request,
)

_NICENESS = 5  # the desk's pages come first


def main() -> None:
    """Answer one request; end at once when whoever asked is gone."""
    os.nice(_NICENESS)
    request = messages.decode_request(sys.stdin.buffer.readline())
    threading.Thread(target=_watch_parent, daemon=True).start()
    asked_at = float(sys.argv[1]) if len(sys.argv) > 1 else time.monotonic()
    try:
        _tell(_answer(request, asked_at))
    except InputError as error:
        _tell(Impossible(str(error)))


def _answer(request: Request, asked_at: float) -> Answer:
    match request:
        case Plan(problem=problem, settings=settings):
            rest = _rest(settings, asked_at)
            return Planned(planning.plan(problem, rest, clock=time.monotonic, report=_report))
        case Mend(trouble=trouble, roster=roster, frozen_before=frozen_before, settings=settings):
            found = repairing.repair(
                trouble, roster, frozen_before=frozen_before, settings=settings, clock=time.monotonic
            )
            return Mended(found)
        case Arrange(grid=grid, settings=settings):
            return Arranged(_arrange(grid, settings, asked_at))


def _rest(settings: Settings, asked_at: float) -> Settings:
    """The settings with the time that starting up has left; half of it at least, or a busy machine finds nothing."""
    late = time.monotonic() - asked_at
    if settings.is_deterministic:
        return settings
    return replace(settings, seconds=max(settings.seconds / 2, settings.seconds - late))


def _arrange(grid: Grid, settings: Settings, asked_at: float) -> GridRoster:
    from vonggac.kernel.roster.grid import solving  # noqa: PLC0415  OR-Tools takes a second, and is optional

    def report(progress: GridProgress, roster: GridRoster) -> None:
        _tell(Nearer(progress, roster))

    return solving.solve(grid, _rest(settings, asked_at), clock=time.monotonic, report=report)


def _report(progress: Progress, roster: Roster) -> None:
    _tell(Better(progress, roster))


def _tell(answer: Answer) -> None:
    sys.stdout.buffer.write(messages.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def _watch_parent() -> None:
    """The parent holds standard input open for as long as it wants the answer."""
    # Not through the buffer: its lock, held here while the answer is out, would abort the end of the process.
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
