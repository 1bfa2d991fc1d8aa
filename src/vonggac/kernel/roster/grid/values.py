"""The frozen values of a grid problem and of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

# Of each person, the shift of each day or None.
Schedules: TypeAlias = Mapping[str, Sequence[str | None]]

SATURDAY, SUNDAY = 5, 6  # days count from a Monday, day 0


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift, its length, and the shifts that may not be stood on the day after it."""

    id: str
    minutes: int
    never_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """A person's hard limits over the horizon.

    Rows of shifts and of days off at either end of the horizon may be shorter than the least: they go on outside.
    """

    id: str
    most_of: Mapping[str, int]  # shift → how many; a shift that is not named cannot be stood
    least_minutes: int
    most_minutes: int
    least_in_row: int
    most_in_row: int
    least_days_off: int
    most_weekends: int
    days_off: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """A person's request for a day: to stand a shift, or not to; breaking it costs its weight."""

    person: str
    day: int
    shift: str
    weight: int
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """How many people a shift of a day should have, and what each one below or above costs."""

    day: int
    shift: str
    wanted: int
    under_weight: int
    over_weight: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole problem."""

    days: int
    shifts: tuple[Shift, ...]
    people: tuple[Person, ...]
    requests: tuple[Request, ...] = ()
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True, slots=True)
class GridRoster:
    """The best schedules found, their cost, and the bound below which no schedules of this problem can cost."""

    assignments: Mapping[str, tuple[str | None, ...]]
    cost: int
    bound: int
    seed: int = 0
    solver: str = ""

    @property
    def is_optimal(self) -> bool:
        """True when the bound proves that nothing is cheaper."""
        return self.bound >= self.cost


@dataclass(frozen=True, slots=True)
class GridProgress:
    """One line of live progress: the best cost so far, the bound, and what is being tried."""

    seconds: float
    cost: int
    bound: int
    stage: str


@dataclass(frozen=True, slots=True)
class GridVerdict:
    """What the checker says of schedules: their cost, its parts, and every hard limit broken, in words."""

    cost: int
    parts: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
