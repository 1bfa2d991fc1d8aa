"""A roster for a problem: split into parts, each drafted by rotation, searched, and proven as far as the time allows.

With OR-Tools: draft and local search → coverage alone while holes are left → the whole model, or more local search
where that would be too large → neighbourhoods. Without: draft and local search (ADR 0073).
"""

import importlib.util
from collections.abc import Callable, Iterator

from vonggac import __version__
from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.bounding import least_cost
from vonggac.kernel.roster.budget import Budget, Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.components import Component, components
from vonggac.kernel.roster.improving import close_holes, improve
from vonggac.kernel.roster.rotation import rotate
from vonggac.kernel.roster.terms import Terms, read
from vonggac.kernel.roster.values import Problem, Progress, Roster, Status

# Told of progress with the roster behind it.
Report = Callable[[Progress, Roster], None]

_SECONDS_BETWEEN_REPORTS = 0.5
_LOCAL = f"rotation and local search of Vọng Gác {__version__}"
# Shares of the time left: the draft's local search, coverage alone, a few neighbourhoods, and the whole model; more
# neighbourhoods have the rest. A whole model takes a second for so many pairs to be worth it; where there is less time,
# nearly all of it goes to local search, which ends by itself (200 people × 8 weeks, ADR 0075).
_DRAFT_SHARE, _COVER_SHARE, _NEAR_SHARE, _WHOLE_SHARE, _LONG_SHARE = 0.1, 0.4, 0.03, 0.6, 0.9
# Moves of local search without a better roster: in the draft, and where nothing else does its work.
_DRAFT_PATIENCE, _PATIENCE = 8_000, 60_000
_PAIRS_A_SECOND = 100


def is_solver_installed() -> bool:
    """True when OR-Tools can be imported."""
    return importlib.util.find_spec("ortools") is not None


def plan(
    problem: Problem,
    settings: Settings,
    *,
    clock: Callable[[], float],
    report: Report | None = None,
) -> Roster:
    """The best roster found within the settings' time; always one that keeps the rules, with whatever holes are left.

    `report` hears of better rosters at most twice a second. Without OR-Tools the rotation and local search
    alone make it.
    """
    planner = _Planner(read(problem), Budget(settings, clock), report)
    planner.draft()
    if settings.with_solver and is_solver_installed():
        return planner.search()
    return planner.improve()


class _Planner:
    """The state of one planning: the board, its parts with what is proven of them, and who hears of it."""

    def __init__(self, terms: Terms, budget: Budget, report: Report | None) -> None:
        self.terms, self.budget, self._report = terms, budget, report
        self.board = Board(terms)
        self.parts = components(terms)
        self.bounds = {part: least_cost(terms, part) for part in self.parts}
        self._pairs = {part: sum(len(terms.open[worker]) for worker in part.workers) for part in self.parts}
        # Where nobody has a choice nothing is to be searched, and the bound is the cost.
        self.proven = {part for part in self.parts if not self._pairs[part]}
        self._tell_from = 0.0
        self._stage, self._solver = "", _LOCAL

    def draft(self) -> None:
        """Rotate, close what holes can be closed by chains of moves, and search around that for a moment."""
        self._stage = "rotation"
        for part in self.parts:
            rotate(self.board, part)
            for depth in (2, 3):
                close_holes(self.board, part, depth)
        self.tell()
        self._improve(_DRAFT_SHARE, _DRAFT_PATIENCE)

    def improve(self) -> Roster:
        """The roster by local search alone."""
        self._improve(1.0, _PATIENCE)
        return self._roster()

    def search(self) -> Roster:
        """The roster by CP-SAT."""
        # Here, since it takes a second, and after the draft that may have closed all holes before it.
        from vonggac.kernel.roster.search import SOLVER, Search  # noqa: PLC0415  OR-Tools is optional

        self._solver = SOLVER
        searches = {part: Search(self.board, part, self.budget, self.tell, self.bounds[part]) for part in self.parts}

        def each(stage: str, share: float, step: Callable[[Search, float], None]) -> None:
            self._stage = stage
            for part, seconds in self._shares(share):
                step(searches[part], seconds)
                self.bounds[part] = searches[part].bound
                self._look(part, is_proven=searches[part].is_optimal)

        each("coverage", _COVER_SHARE, lambda one, seconds: one.cover(seconds))
        # From a start near the optimum the whole model cuts most of itself away: the proof takes a third of the time.
        each("neighbourhoods", _NEAR_SHARE, lambda one, seconds: one.explore(seconds))
        pairs = sum(self._pairs[part] for part in self.parts if part not in self.proven)
        if self.budget.left * _WHOLE_SHARE * _PAIRS_A_SECOND >= pairs:
            each("whole model", _WHOLE_SHARE, lambda one, seconds: one.solve(seconds))
        else:
            self._improve(_LONG_SHARE, _PATIENCE)
        each("neighbourhoods", 1.0, lambda one, seconds: one.explore(seconds))
        return self._roster()

    def _improve(self, share: float, patience: int) -> None:
        """Local search of each part, in turn."""
        self._stage = "local search"
        for part, seconds in self._shares(share):
            improve(
                self.board, part, self.budget, seconds, self.tell, least=self.bounds[part], patience=patience
            )  # fmt: skip
            close_holes(self.board, part, depth=3)
            self._look(part)

    def _look(self, part: Component, *, is_proven: bool = False) -> None:
        """Leave a part alone from now on that is proven, or has come down to its bound."""
        if is_proven or self.board.cost(part.workers, part.slots) <= self.bounds[part]:
            self.proven.add(part)

    def tell(self) -> None:
        """Report the roster as it stands, unless the last report was just now."""
        now = self.budget.elapsed
        if self._report is None or now < self._tell_from:
            return
        roster = self._roster()
        wanted = sum(slot.minimum for slot in self.terms.slots)
        covered = wanted - sum(hole.missing for hole in roster.holes)
        self._report(Progress(now, covered, wanted, len(roster.holes), roster.cost, roster.bound, self._stage), roster)
        # Large rosters take a while to be judged and told: never more than a tenth of the time.
        self._tell_from = now + max(_SECONDS_BETWEEN_REPORTS, 10 * (self.budget.elapsed - now))

    def _shares(self, share: float) -> Iterator[tuple[Component, float]]:
        """The parts not yet proven, each with its seconds out of a share of what is left, by its pairs."""
        parts = [part for part in self.parts if part not in self.proven]
        weight = sum(self._pairs[part] for part in parts)
        end = self.budget.left * (1 - share)
        for part in parts:
            yield part, max(0.0, self.budget.left - end) * self._pairs[part] / weight
            weight -= self._pairs[part]

    def _roster(self) -> Roster:
        """The roster as it stands, priced by the checker."""
        assignments = self.terms.assignments(self.board.own)
        verdict = check(self.terms.problem, assignments)
        bound = sum(self.bounds.values())
        is_optimal = len(self.proven) == len(self.parts) or bound >= verdict.cost
        status: Status = "optimal" if is_optimal else "feasible" if self._solver != _LOCAL else "pattern"
        seed = self.budget.settings.seed
        return Roster(assignments, verdict.holes, verdict.cost, bound, status, seed, self._solver)
