"""The best choice of one known schedule for each person: the master problem in integers, by CP-SAT."""

from collections import defaultdict

import numpy as np
from ortools.sat.python import cp_model

from vonggac.kernel.roster import cpsat
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.grid.master import Master
from vonggac.kernel.roster.grid.pricing import OFF, Schedules


def assemble(master: Master, start: Schedules, budget: Budget, seconds: float) -> Schedules:
    """Schedules of the master's people, in their order, no dearer than the start, which must be among the columns."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in master.columns]
    begun = dict(zip(master.people, start, strict=True))
    of: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    stands: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    for column, variable in zip(master.columns, chosen, strict=True):
        of[column.person].append(variable)
        model.add_hint(variable, bool((column.schedule == begun[column.person]).all()))
        for day in np.flatnonzero(column.schedule != OFF).tolist():
            stands[day, int(column.schedule[day])].append(variable)
    for variables in of.values():
        model.add_exactly_one(variables)
    prices = [(variable, column.cost) for column, variable in zip(master.columns, chosen, strict=True)]
    there = master.problem.there(start)
    for cell, variables in stands.items():
        prices += _cover(model, master, cell, variables, int(there[cell]))
    model.minimize(cp_model.LinearExpr.weighted_sum([one for one, _ in prices], [each for _, each in prices]))
    found = cpsat.run(model, budget, seconds, is_alone=True)
    if found.value is None:
        return start
    picked = {column.person: column for column, one in zip(master.columns, chosen, strict=True) if found.value(one)}
    return np.stack([picked[person].schedule for person in master.people])


def _cover(
    model: cp_model.CpModel, master: Master, cell: tuple[int, int], stands: list[cp_model.IntVar], there: int
) -> list[tuple[cp_model.IntVar, int]]:
    """(variable, price) of people short of a cell's cover and above it."""
    missing, problem = int(master.missing[cell]), master.problem
    short = model.new_int_var(0, max(0, missing), "")
    above = model.new_int_var(0, max(0, len(stands) - missing), "")
    model.add_hint(short, max(0, missing - there))
    model.add_hint(above, max(0, there - missing))
    weights = [*([1] * len(stands)), 1, -1]
    model.add_linear_constraint(cp_model.LinearExpr.weighted_sum([*stands, short, above], weights), missing, missing)
    return [(short, int(problem.under[cell])), (above, int(problem.over[cell]))]
