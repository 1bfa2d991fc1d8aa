"""How long a search may go on, counted by a clock or by the solver's own deterministic units."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How to search: for how long, with how many workers, from which seed.

    With `is_deterministic`, seconds are the solver's deterministic units (about a second of one core each) instead of
    the clock's, and the same problem, seed and number of workers give the same roster on every machine. `with_solver`
    false leaves OR-Tools alone even where it is installed.
    """

    seconds: float = 60.0
    workers: int = 2
    seed: int = 0
    is_deterministic: bool = False
    with_solver: bool = True


class Budget:
    """What is left of the time; `clock` gives seconds and is not asked in deterministic mode."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self._clock = clock
        self._begin = clock()
        self._spent = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds by the clock since the beginning, for people to read."""
        return self._clock() - self._begin

    @property
    def left(self) -> float:
        """What is left, never below 0."""
        spent = self._spent if self.settings.is_deterministic else self.elapsed
        return max(0.0, self.settings.seconds - spent)

    @property
    def is_over(self) -> bool:
        """True when nothing is left."""
        return self.left <= 0

    def spend(self, units: float) -> None:
        """Count deterministic units."""
        self._spent += units
