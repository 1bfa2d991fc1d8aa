"""How far a solver is, as lines on standard error, or one line that renews itself at a terminal; Ctrl-C stops it."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import FrameType

    from vonggac.kernel.roster.grid.values import GridProgress
    from vonggac.kernel.roster.values import Progress

_SECONDS_BETWEEN_LINES = 2.0


class Shown:
    """What is shown of a search, and whether somebody stopped it."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._text, self._is_stopped = seconds, "starting the solver", False
        self._began = time.monotonic()
        self._said_at, self._stage = float("-inf"), ""
        self._is_terminal = sys.stderr.isatty()

    def tell(self, progress: "Progress") -> None:
        """Show the progress of a plan."""
        places = f"{progress.covered} of {progress.wanted} places, {progress.holes} holes"
        self._say(progress.stage, f"{places}  {_cost(progress.cost, progress.bound)}")

    def tell_grid(self, progress: "GridProgress") -> None:
        """Show the progress of a grid."""
        self._say(progress.stage, _cost(progress.cost, progress.bound))

    def stop(self) -> None:
        """Let the search end with what it has."""
        self._is_stopped = True

    def is_cancelled(self) -> bool:
        """True once it was stopped; a terminal's line is renewed at each question."""
        if self._is_terminal:
            click.echo(f"\r\x1b[2K{self._line()}", nl=False, err=True)
        return self._is_stopped

    def end(self) -> None:
        """Leave the last state standing."""
        click.echo(f"\r\x1b[2K{self._line()}" if self._is_terminal else self._line(), err=True)

    def _say(self, stage: str, text: str) -> None:
        self._text = f"{stage:<18} {text}"
        now = time.monotonic()
        if not self._is_terminal and (stage != self._stage or now - self._said_at >= _SECONDS_BETWEEN_LINES):
            self._said_at, self._stage = now, stage
            click.echo(self._line(), err=True)

    def _line(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s of {self.seconds:g}  {self._text}"


@contextmanager
def interruptible(shown: Shown) -> Iterator[Shown]:
    """Ctrl-C ends the search instead of the program; what was found is printed then."""

    def stop(_signal: int, _frame: "FrameType | None") -> None:
        shown.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield shown
    finally:
        signal.signal(signal.SIGINT, before)
        shown.end()


def _cost(cost: int | None, bound: int | None) -> str:
    """`cost 1,234, bound 1,200 (2.8 % apart)`."""
    if cost is None:
        return "no roster yet"
    if not bound:
        return f"cost {cost:,}"
    share = (cost - bound) / bound
    apart = f" ({100 * share:.1f} % apart)" if share < 1 else ""
    return f"cost {cost:,}, bound {bound:,}{apart}"
