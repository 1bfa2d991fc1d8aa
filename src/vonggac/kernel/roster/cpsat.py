"""One run of OR-Tools CP-SAT: the parameters that were measured, a limit, and what came out."""

import importlib.metadata
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ortools.sat.python import cp_model

from vonggac.kernel.roster.budget import Budget

SOLVER = f"OR-Tools CP-SAT {importlib.metadata.version('ortools')}"
# On convex step costs these two close the gap of 10 people × 4 weeks in 1–2 s, where the default pair does not in 20 s
# (ADR 0075). From four workers on the default portfolio holds both.
_OF_FEW_WORKERS = ("reduced_costs", "max_lp", "default_lp")

Variable: TypeAlias = cp_model.IntVar
Value: TypeAlias = Callable[[Variable], int]
# Told of each solution with its objective; True stops the search there.
Watch: TypeAlias = Callable[[Value, int], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: a look-up of values (None without a solution), its objective, and the bound."""

    value: Value | None
    objective: int | None
    bound: int
    is_optimal: bool


def run(
    model: cp_model.CpModel, budget: Budget, seconds: float, watch: Watch | None = None, *, is_alone: bool = False
) -> Outcome:
    """The best solution found within some seconds of the budget (deterministic units in deterministic mode).

    `is_alone`: one worker whatever the settings say; on problems of a few hundred variables it is the fastest.
    """
    solver = cp_model.CpSolver()
    _set(solver, budget, min(seconds, budget.left), 1 if is_alone else budget.settings.workers)
    # A stop asked for by a watcher takes effect some nodes later, which would end determinism.
    is_watched = watch is not None and not budget.settings.is_deterministic
    status = solver.solve(model, _Watch(watch) if is_watched and watch else None)
    # A floor, so that a search made of tiny models comes to an end in deterministic mode too.
    budget.spend(max(0.01, solver.deterministic_time))
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    bound = solver.best_objective_bound
    return Outcome(
        value=(lambda variable: int(solver.value(variable))) if found else None,
        objective=round(solver.objective_value) if found else None,
        bound=math.ceil(bound - 1e-6) if math.isfinite(bound) else 0,
        is_optimal=status == cp_model.OPTIMAL,
    )


def _set(solver: cp_model.CpSolver, budget: Budget, limit: float, workers: int) -> None:
    settings, parameters = budget.settings, solver.parameters
    parameters.num_workers = workers
    parameters.random_seed = settings.seed
    if 1 < workers < 4:
        parameters.subsolvers.extend(_OF_FEW_WORKERS[:workers])
    if settings.is_deterministic:
        parameters.max_deterministic_time = limit
        parameters.interleave_search = True
    else:
        parameters.max_time_in_seconds = limit


class _Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]  # an optional extra, not read by mypy
    """Passes each solution on."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def on_solution_callback(self) -> None:
        if self._watch(self.value, round(self.objective_value)):
            self.stop_search()
