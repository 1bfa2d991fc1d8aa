"""The cheapest schedules of a grid that the time allows, and a bound: column generation, then what closes the gap.

Everybody's schedules are generated until the linear mixture is solved; its Lagrangian bound holds for whole schedules
too. Dives and an assembly of the columns turn the mixture into schedules. What is left of the time goes to one CP-SAT
model of the whole grid, where that is small enough to be proven, and to neighbourhoods of a few people (ADR 0074).
"""

import math
import random
from collections.abc import Callable

import numpy as np

from vonggac.errors import InputError
from vonggac.kernel.roster import cpsat
from vonggac.kernel.roster.budget import Budget, Settings
from vonggac.kernel.roster.grid.assembling import assemble
from vonggac.kernel.roster.grid.checking import check
from vonggac.kernel.roster.grid.diving import dive
from vonggac.kernel.roster.grid.generating import Generation
from vonggac.kernel.roster.grid.master import Master
from vonggac.kernel.roster.grid.model import any_schedule, prove
from vonggac.kernel.roster.grid.pricing import Schedules
from vonggac.kernel.roster.grid.problem import Problem, read
from vonggac.kernel.roster.grid.relaxing import Relaxation
from vonggac.kernel.roster.grid.searching import Search
from vonggac.kernel.roster.grid.values import Grid, GridProgress, GridRoster

Report = Callable[[GridProgress, GridRoster], None]

_SECONDS_BETWEEN_REPORTS = 0.5
# Shares of what is left: the mixture, each dive, one assembly of all columns, the whole model of a small grid. One dive
# that prices well is worth several hasty ones (36 people × 4 weeks: 383 against 1,903), so the first may take its time.
_MIXTURE_SHARE, _DIVE_SHARES, _ASSEMBLY_SHARE, _WHOLE_SHARE = 0.45, (0.6, 0.25, 0.25), 0.1, 0.6
# Cells (people × days × shifts) up to which the whole model proves more in its time than neighbourhoods find.
_WHOLE_CELLS = 600
# So few people are one neighbourhood, however long: months of them defeat pricing where minutes leave little room.
_WHOLE_PEOPLE = 3
_SCHEDULE_SECONDS = 5.0


def solve(grid: Grid, settings: Settings, *, clock: Callable[[], float], report: Report | None = None) -> GridRoster:
    """The best schedules found within the settings' time; every limit of every person is kept.

    Raises InputError when somebody's limits allow no schedule. `report` hears of progress at most twice a second.
    """
    solving = _Solving(read(grid), Budget(settings, clock), report)
    # The mixture of a long horizon takes minutes, and whoever stops it then has more than everybody's own wishes.
    solving.descend()
    solving.mix()
    solving.assemble()
    solving.prove()
    solving.explore()
    return solving.roster()


class _Solving:
    """The state of one solving: the best schedules so far, the bound, and who hears of them."""

    def __init__(self, problem: Problem, budget: Budget, report: Report | None) -> None:
        self.problem, self.budget, self._report = problem, budget, report
        self.rng = random.Random(budget.settings.seed)  # noqa: S311  no secret
        self.relaxation = Relaxation(problem)
        self._told_at, self._stage = -math.inf, "start"
        self.bound = 0
        self.schedules = _start(problem, self.relaxation, budget)
        self.cost = problem.cost(self.schedules)
        self.tell()

    @property
    def is_done(self) -> bool:
        """True when nothing cheaper is left, or no time."""
        return self.bound >= self.cost or self.budget.is_over

    def mix(self) -> None:
        """Solve the linear mixture of everybody's schedules and dive from it."""
        self._stage = "column generation"
        people = range(len(self.schedules))
        self.master = Master(self.problem, people, np.zeros_like(self.problem.wanted))
        for person in people:
            self.master.add(person, self.schedules[person])
        generation = Generation(self.master, self.relaxation, self.budget)
        generation.run(left=self.budget.left * (1 - _MIXTURE_SHARE), tell=lambda: self._bounded(generation))
        self._bounded(generation)
        self._stage = "dive"
        for share in _DIVE_SHARES:
            if self.is_done:
                return
            self.take(dive(generation, self.rng, self.budget.left * share))
            self.descend()

    def assemble(self) -> None:
        """The best choice among all columns that were met."""
        if self.is_done:
            return
        self._stage = "assembly"
        for person, schedule in enumerate(self.schedules):
            self.master.add(person, schedule)
        self.take(assemble(self.master, self.schedules, self.budget, self.budget.left * _ASSEMBLY_SHARE))

    def prove(self) -> None:
        """Prove a small grid by one model of it all."""
        is_small = self.problem.wishes.size <= _WHOLE_CELLS or len(self.schedules) <= _WHOLE_PEOPLE
        if self.is_done or not is_small:
            return
        self._stage = "whole model"
        seconds = self.budget.left * _WHOLE_SHARE
        found, self.bound = prove(self.problem, self.schedules, self.bound, self.budget, seconds)
        self.take(found)

    def explore(self) -> None:
        """Neighbourhoods until the time is over or the bound is met."""
        self._stage = "neighbourhoods"
        search = self._search()
        while not self.is_done:
            if search.step():
                self.take(search.schedules)

    def descend(self) -> None:
        """One person's best schedule beside the others' after another, as long as that helps."""
        search = self._search()
        while not self.is_done and search.descend():
            self.take(search.schedules)

    def _search(self) -> Search:
        return Search(self.problem, self.relaxation, self.budget, self.schedules.copy(), self.rng)

    def take(self, schedules: Schedules) -> None:
        """Keep schedules that are no dearer than the best."""
        cost = self.problem.cost(schedules)
        if cost <= self.cost:
            self.schedules, self.cost = schedules.copy(), cost
            self.tell()

    def tell(self) -> None:
        """Report, unless the last report was just now."""
        now = self.budget.elapsed
        if self._report is not None and now - self._told_at >= _SECONDS_BETWEEN_REPORTS:
            self._told_at = now
            self._report(GridProgress(now, self.cost, self.bound, self._stage), self.roster())

    def roster(self) -> GridRoster:
        """The best schedules, priced by the checker."""
        assignments = self.problem.assignments(self.schedules)
        cost = check(self.problem.grid, assignments).cost
        return GridRoster(assignments, cost, min(self.bound, cost), self.budget.settings.seed, cpsat.SOLVER)

    def _bounded(self, generation: Generation) -> None:
        if math.isfinite(generation.bound):
            self.bound = max(self.bound, math.ceil(generation.bound - 1e-6))
        self.tell()


def _start(problem: Problem, relaxation: Relaxation, budget: Budget) -> Schedules:
    """Everybody's schedule that is cheapest by their requests; where pricing met none, any that CP-SAT finds."""
    priced = relaxation.price(np.zeros(problem.wanted.shape), range(len(problem.grid.people)))
    for person in np.flatnonzero(np.isinf(priced.prices)).tolist():
        found = any_schedule(problem, person, budget, _SCHEDULE_SECONDS)
        if found is None:
            raise InputError(f"{problem.grid.people[person].id}'s limits and days off allow no schedule")
        priced.schedules[person] = found
    return priced.schedules
