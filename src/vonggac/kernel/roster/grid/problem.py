"""A grid problem as arrays, and what schedules cost in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vonggac.kernel.roster.grid.pricing import OFF, Schedules
from vonggac.kernel.roster.grid.values import Grid

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """Costs as integers; people, days and kinds of shifts are numbers.

    `wishes` (people, days, kinds): what standing a shift adds to a person's cost; `unmet` (people,): their cost with
    no shift at all. `wanted`, `under`, `over` (days, kinds): cover and its weights.
    """

    grid: Grid
    wishes: Numbers
    unmet: Numbers
    wanted: Numbers
    under: Numbers
    over: Numbers

    @cached_property
    def most_of(self) -> Numbers:
        """(people, kinds): how many shifts of a kind a person may stand."""
        return np.array(
            [[person.most_of.get(shift.id, 0) for shift in self.grid.shifts] for person in self.grid.people]
        )

    @cached_property
    def minutes(self) -> Numbers:
        """(kinds,): the lengths."""
        return np.array([shift.minutes for shift in self.grid.shifts])

    def there(self, schedules: Schedules) -> Numbers:
        """(days, kinds): how many people stand each shift."""
        there = np.zeros_like(self.wanted)
        _, days = np.nonzero(schedules != OFF)
        np.add.at(there, (days, schedules[schedules != OFF]), 1)
        return there

    def cover_cost(self, there: Numbers) -> int:
        """What the cover costs when so many people stand each shift."""
        short = self.wanted - there
        return int((self.under * np.maximum(short, 0) + self.over * np.maximum(-short, 0)).sum())

    def own_cost(self, person: int, schedule: npt.NDArray[np.int16]) -> int:
        """What a person's schedule costs of their requests."""
        (days,) = np.nonzero(schedule != OFF)
        return int(self.unmet[person] + self.wishes[person, days, schedule[days]].sum())

    def cost(self, schedules: Schedules) -> int:
        """The whole cost of everybody's schedules."""
        own = sum(self.own_cost(person, schedule) for person, schedule in enumerate(schedules))
        return own + self.cover_cost(self.there(schedules))

    def assignments(self, schedules: Schedules) -> Mapping[str, tuple[str | None, ...]]:
        """The schedules by name."""
        names = [shift.id for shift in self.grid.shifts]
        return {
            person.id: tuple(None if kind == OFF else names[kind] for kind in schedule)
            for person, schedule in zip(self.grid.people, schedules.tolist(), strict=True)
        }


def read(grid: Grid) -> Problem:
    """The arrays of a grid."""
    people = {person.id: number for number, person in enumerate(grid.people)}
    kinds = {shift.id: number for number, shift in enumerate(grid.shifts)}
    wishes = np.zeros((len(people), grid.days, len(kinds)), np.int64)
    unmet = np.zeros(len(people), np.int64)
    for one in grid.requests:
        wishes[people[one.person], one.day, kinds[one.shift]] += -one.weight if one.is_wanted else one.weight
        unmet[people[one.person]] += one.weight * one.is_wanted
    cover = np.zeros((3, grid.days, len(kinds)), np.int64)
    for need in grid.covers:
        cover[:, need.day, kinds[need.shift]] = need.wanted, need.under_weight, need.over_weight
    return Problem(grid, wishes, unmet, *cover)
