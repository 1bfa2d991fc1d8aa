"""The master problem of column generation: a mixture of whole schedules for each person that covers the shifts.

A linear programme in OR-Tools' GLOP, kept between solves, so that new columns start from the last basis.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from vonggac.kernel.roster.grid.pricing import OFF
from vonggac.kernel.roster.grid.problem import Numbers, Problem

Schedule = npt.NDArray[np.int16]
# Once people were fixed and freed again GLOP calls mixtures imprecise, and then tells nothing of them at all: from the
# second dive on there were no prices. A bound and schedules are right at whatever prices.
_AS_GOOD_AS_IT_IS = "change_status_to_imprecise: false"


@dataclass(frozen=True, slots=True)
class Column:
    """A schedule of a person, what it costs of their requests, and its variable."""

    person: int
    schedule: Schedule
    cost: int
    variable: pywraplp.Variable


class Master:
    """The master problem of some people, while `there` (days, kinds) others stand beside them."""

    def __init__(self, problem: Problem, people: Iterable[int], there: Numbers) -> None:
        self.problem, self.people = problem, tuple(people)
        self.columns: list[Column] = []
        self.missing = problem.wanted - there
        self._known: set[tuple[int, bytes]] = set()
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        self._lp.SetSolverSpecificParametersAsString(_AS_GOOD_AS_IT_IS)
        self._usual, self._dual = pywraplp.MPSolverParameters(), pywraplp.MPSolverParameters()
        self._dual.SetIntegerParam(self._dual.LP_ALGORITHM, self._dual.DUAL)
        self._prices, self._shares = (math.inf, np.zeros(self.missing.shape)), list[float]()
        self._objective = self._lp.Objective()
        self._objective.SetMinimization()
        self._one = {person: self._lp.Constraint(1, 1) for person in self.people}
        self._cover = [[self._lp.Constraint(float(wanted), float(wanted)) for wanted in row] for row in self.missing]
        for (day, kind), under in np.ndenumerate(problem.under):
            self._slack(day, kind, 1, int(under))
            self._slack(day, kind, -1, int(problem.over[day, kind]))

    def _slack(self, day: int, kind: int, sign: int, weight: int) -> None:
        variable = self._lp.NumVar(0, self._lp.infinity(), "")
        self._cover[day][kind].SetCoefficient(variable, sign)
        self._objective.SetCoefficient(variable, float(weight))

    def add(self, person: int, schedule: Schedule) -> bool:
        """True when the schedule is new."""
        key = (person, schedule.tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        variable = self._lp.NumVar(0, self._lp.infinity(), "")
        self._one[person].SetCoefficient(variable, 1)
        for day in np.flatnonzero(schedule != OFF).tolist():
            self._cover[day][schedule[day]].SetCoefficient(variable, 1)
        cost = self.problem.own_cost(person, schedule)
        self._objective.SetCoefficient(variable, float(cost))
        self.columns.append(Column(person, schedule.copy(), cost, variable))
        return True

    def solve(self) -> tuple[float, npt.NDArray[np.float64]]:
        """(cost of the cheapest mixture of the columns, what one person more on a shift would save, (days, kinds)).

        Where GLOP finds none, the last ones that it found.
        """
        if self._is_mixed():
            duals = np.array([[row.dual_value() for row in rows] for rows in self._cover])
            self._prices = float(self._objective.Value()), duals
        return self._prices

    def shares(self) -> list[float]:
        """Of each column its share in the cheapest mixture, or the last one that GLOP found."""
        if self._is_mixed():
            self._shares = [column.variable.solution_value() for column in self.columns]
        return [*self._shares, *[0.0] * (len(self.columns) - len(self._shares))]

    def _is_mixed(self) -> bool:
        """True when the cheapest mixture is known; where its kept basis leads GLOP astray, the dual simplex tries."""
        return any(self._lp.Solve(how) == pywraplp.Solver.OPTIMAL for how in (self._usual, self._dual))

    def fix(self, person: int, chosen: Column | None) -> None:
        """Let a person have this schedule alone; None sets all of theirs free again."""
        for column in self.columns:
            if column.person == person:
                is_out = chosen is not None and column is not chosen
                column.variable.SetUb(0 if is_out else self._lp.infinity())
