"""A whole grid as one CP-SAT model: what proves small ones optimal where the mixture's bound leaves a gap."""

import itertools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from vonggac.kernel.roster import cpsat
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.grid.pricing import OFF, Schedules
from vonggac.kernel.roster.grid.problem import Problem
from vonggac.kernel.roster.grid.values import SATURDAY, Person

_WEEK = 7


def prove(problem: Problem, start: Schedules, bound: int, budget: Budget, seconds: float) -> tuple[Schedules, int]:
    """(schedules no dearer than the start, a bound no lower than the given one)."""
    model = Model(problem, range(len(start)))
    model.price_cover()
    model.start_from(start, bound)
    found = cpsat.run(model.cp, budget, seconds)
    if found.value is None:
        return start, bound
    schedules = np.stack([model.schedule(found.value, person) for person in range(len(start))])
    return schedules, max(bound, found.bound)


def any_schedule(problem: Problem, person: int, budget: Budget, seconds: float) -> npt.NDArray[np.int16] | None:
    """A schedule that keeps one person's limits, cheap by their requests; None when none was found."""
    model = Model(problem, (person,))
    model.finish()
    found = cpsat.run(model.cp, budget, seconds, is_alone=True)
    return None if found.value is None else model.schedule(found.value, person)


class Model:
    """Variables person × day × kind with every limit and price, of some people."""

    def __init__(self, problem: Problem, people: Iterable[int]) -> None:
        self.problem, self.cp = problem, cp_model.CpModel()
        self.x: dict[tuple[int, int, int], cp_model.IntVar] = {}
        for number in people:
            self._person(number, problem.grid.people[number])
        wishes = [(variable, int(problem.wishes[place])) for place, variable in self.x.items()]
        self.prices = [(variable, each) for variable, each in wishes if each]
        self._covers: list[tuple[tuple[int, int], cp_model.IntVar, cp_model.IntVar]] = []

    def price_cover(self) -> None:
        """Add the cover to the prices, and lay the objective down."""
        self._covers = [self._cover(int(day), int(kind)) for day, kind in np.ndindex(self.problem.wanted.shape)]
        self.finish()

    def finish(self) -> None:
        """Lay the objective down."""
        variables, each = [one for one, _ in self.prices], [price for _, price in self.prices]
        self.objective = cp_model.LinearExpr.weighted_sum(variables, each)
        self.cp.minimize(self.objective + int(self.problem.unmet.sum()))

    def schedule(self, value: cpsat.Value, person: int) -> npt.NDArray[np.int16]:
        """A person's schedule in a solution."""
        schedule = np.full(self.problem.grid.days, OFF, np.int16)
        for (number, day, kind), variable in self.x.items():
            if number == person and value(variable):
                schedule[day] = kind
        return schedule

    def start_from(self, start: Schedules, bound: int) -> None:
        """Keep the cost between the bound and the start's, and hint the start."""
        constant = int(self.problem.unmet.sum())
        self.cp.add_linear_constraint(self.objective, bound - constant, self.problem.cost(start) - constant)
        self.hint(self.cp, start)

    def hint(self, cp: cp_model.CpModel, start: Schedules) -> None:
        """Hint schedules to this model or a clone of it."""
        for (person, day, kind), variable in self.x.items():
            cp.add_hint(variable, int(start[person, day]) == kind)
        there = self.problem.there(start)
        for (day, kind), short, above in self._covers:
            missing = int(self.problem.wanted[day, kind] - there[day, kind])
            cp.add_hint(short, max(0, missing))
            cp.add_hint(above, max(0, -missing))

    def _person(self, number: int, person: Person) -> None:
        grid = self.problem.grid
        kinds = [kind for kind, shift in enumerate(grid.shifts) if person.most_of.get(shift.id, 0)]
        for day in range(grid.days):
            for kind in kinds if day not in person.days_off else ():
                self.x[number, day, kind] = self.cp.new_bool_var("")
        own = [
            [self.x[number, day, kind] for kind in kinds if (number, day, kind) in self.x] for day in range(grid.days)
        ]
        works = [self._works(today) for today in own]
        self._rows(person, works)
        self._weekends(person, works)
        for kind in kinds:
            stands = [self.x[number, day, kind] for day in range(grid.days) if (number, day, kind) in self.x]
            self._within(0, stands, person.most_of[grid.shifts[kind].id])
        pairs = [(variable, grid.shifts[kind].minutes) for (one, _, kind), variable in self.x.items() if one == number]
        minutes = cp_model.LinearExpr.weighted_sum([one for one, _ in pairs], [each for _, each in pairs])
        self.cp.add_linear_constraint(minutes, person.least_minutes, person.most_minutes)
        self._successions(number, kinds)

    def _works(self, today: list[cp_model.IntVar]) -> cp_model.IntVar:
        works = self.cp.new_bool_var("")
        weights = [*([1] * len(today)), -1]
        self.cp.add_linear_constraint(cp_model.LinearExpr.weighted_sum([*today, works], weights), 0, 0)
        return works

    def _within(self, least: int, variables: list[cp_model.IntVar], most: int) -> None:
        self.cp.add_linear_constraint(cp_model.LinearExpr.sum(variables), least, most)

    def _successions(self, number: int, kinds: list[int]) -> None:
        """A shift forbids some on the next day: at most one of it and all of those."""
        grid = self.problem.grid
        for day, kind in itertools.product(range(grid.days - 1), kinds):
            never = grid.shifts[kind].never_before
            later = [self.x.get((number, day + 1, one)) for one in kinds if grid.shifts[one].id in never]
            those = [variable for variable in later if variable is not None]
            if (number, day, kind) in self.x and those:
                self.cp.add_at_most_one([self.x[number, day, kind], *those])

    def _rows(self, person: Person, works: list[cp_model.IntVar]) -> None:
        days, most = len(works), person.most_in_row
        for first in range(days - most):
            self._within(0, works[first : first + most + 1], most)
        for first in range(1, days - 1):
            # A row that begins on a day goes on until the least length, or the horizon's end.
            for length in range(1, person.least_in_row):
                if first + length < days:
                    self.cp.add_bool_or(works[first - 1], ~works[first], works[first + length])
            for length in range(1, person.least_days_off):
                if first + length < days:
                    self.cp.add_bool_or(~works[first - 1], works[first], ~works[first + length])

    def _weekends(self, person: Person, works: list[cp_model.IntVar]) -> None:
        worked = []
        for saturday in range(SATURDAY, len(works), _WEEK):
            weekend = self.cp.new_bool_var("")
            for day in works[saturday : saturday + 2]:
                self.cp.add_implication(day, weekend)
            worked.append(weekend)
        self._within(0, worked, person.most_weekends)

    def _cover(self, day: int, kind: int) -> tuple[tuple[int, int], cp_model.IntVar, cp_model.IntVar]:
        problem = self.problem
        there = [variable for (_, one, other), variable in self.x.items() if (one, other) == (day, kind)]
        wanted = int(problem.wanted[day, kind])
        short, above = self.cp.new_int_var(0, wanted, ""), self.cp.new_int_var(0, len(there), "")
        weights = [*([1] * len(there)), 1, -1]
        self.cp.add_linear_constraint(cp_model.LinearExpr.weighted_sum([*there, short, above], weights), wanted, wanted)
        self.prices += [(short, int(problem.under[day, kind])), (above, int(problem.over[day, kind]))]
        return (day, kind), short, above
