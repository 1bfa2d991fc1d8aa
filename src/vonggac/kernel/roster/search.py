"""The search with OR-Tools over one part of a roster: coverage first, the whole model, rolling weeks, neighbourhoods.

All of it moves people on a `Board`, which holds a legal roster at every moment.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vonggac.kernel.roster import cpsat, neighbourhoods
from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.building import build
from vonggac.kernel.roster.components import Component
from vonggac.kernel.roster.values import WEEK_DAYS

SOLVER = cpsat.SOLVER
# Pairs of person and slot up to which a part is searched as one model.
_ONE_MODEL_PAIRS = 20_000
_NEIGHBOURHOOD_SECONDS = 3.0
_FIRST_NEIGHBOURHOOD_PAIRS, _FIRST_NEIGHBOURHOOD_SHARE = 1_000.0, 0.4


@dataclass
class Search:
    """A search over one component; `bound` and `is_optimal` hold what is proven, `tell` hears of better rosters."""

    board: Board
    component: Component
    budget: Budget
    tell: Callable[[], None]
    bound: int
    is_optimal: bool = False
    _rng: random.Random = field(init=False)
    is_large: bool = field(init=False)  # one model of the whole part would take too long to build and search
    _pairs: float = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.budget.settings.seed)  # noqa: S311  no secret
        pairs = sum(len(self.board.terms.open[worker]) for worker in self.component.workers)
        self.is_large = pairs > _ONE_MODEL_PAIRS
        self._pairs = min(_FIRST_NEIGHBOURHOOD_PAIRS, _FIRST_NEIGHBOURHOOD_SHARE * pairs)

    @property
    def has_holes(self) -> bool:
        """True when a slot lacks somebody while there are people who may stand there."""
        takers = self.board.terms.takers
        return any(takers[slot] and self.board.deficit(slot) for slot in self.component.slots)

    def cover(self, seconds: float) -> None:
        """Look at coverage and wishes alone until no hole is left, or it is proven which must stay."""
        if not self.has_holes:
            return
        if self.is_large:
            self._roll(seconds / 2, with_burdens=False)
        else:
            found = self._solve(self._all(), self.component.slots, seconds, with_burdens=False)
            self.bound = max(self.bound, found.bound)

    def solve(self, seconds: float) -> None:
        """Search the whole part: as one model, or two weeks at a time where that would be too large."""
        if self.is_large:
            self._roll(seconds, with_burdens=True)
            return
        found = self._solve(self._all(), self.component.slots, seconds)
        self.bound = max(self.bound, found.bound)
        self.is_optimal = found.is_optimal

    def explore(self, seconds: float) -> None:
        """Set a few people or days free, solve that, and go on, for some seconds of the budget."""
        end = max(0.0, self.budget.left - seconds)
        while self.budget.left > end and not self.is_optimal:
            free = neighbourhoods.pick(self._rng, self.board, self.component, round(self._pairs))
            if not any(free.values()):
                return
            slots = sorted({slot for own in free.values() for slot in own})
            found = self._solve(free, slots, min(_NEIGHBOURHOOD_SECONDS, self.budget.left - end))
            self._pairs *= 1.1 if found.is_optimal else 0.85
            self.is_optimal = self.board.cost(self.component.workers, self.component.slots) <= self.bound

    def _all(self) -> dict[int, tuple[int, ...]]:
        return {worker: self.board.terms.open[worker] for worker in self.component.workers}

    def _roll(self, seconds: float, *, with_burdens: bool) -> None:
        """Two weeks at a time, a week further each time; what was planned before stays."""
        terms = self.board.terms
        days = [terms.spans[slot].day for slot in self.component.slots]
        starts = range(min(days), max(min(days) + 1, max(days) + 1 - WEEK_DAYS), WEEK_DAYS)
        for start in starts:
            inside = {slot for slot in self.component.slots if start <= terms.spans[slot].day < start + 2 * WEEK_DAYS}
            if with_burdens or any(self.board.deficit(slot) for slot in inside):
                free = {worker: [one for one in terms.open[worker] if one in inside] for worker in self._all()}
                self._solve(free, sorted(inside), seconds / len(starts), with_burdens=with_burdens)

    def _solve(
        self,
        free: Mapping[int, Iterable[int]],
        slots: Iterable[int],
        seconds: float,
        *,
        with_burdens: bool = True,
    ) -> cpsat.Outcome:
        """Solve with the free pairs open and all others as they stand; the board takes what is better."""
        sets = {worker: frozenset(own) for worker, own in free.items()}
        own = self.board.own
        kept = {worker: own[worker] - sets.get(worker, frozenset()) for worker in self.component.workers}
        model = build(self.board.terms, sets, kept, slots, with_burdens=with_burdens)
        model.finish()
        start = {worker: own[worker] & sets[worker] for worker in sets}
        model.hint(start)
        best = model.cost(start)

        def take(value: cpsat.Value, objective: int) -> bool:
            nonlocal best
            if objective < best:
                best = objective
                self.board.rearrange(sets, model.standing(value))
                self.tell()
            return not with_burdens and not self.has_holes

        found = cpsat.run(model.cp, self.budget, seconds, take)
        # Of equals the new one: without that the search could never leave a plateau.
        if found.value is not None and found.objective is not None and found.objective <= best:
            self.board.rearrange(sets, model.standing(found.value))
            if found.objective < best:
                self.tell()
        return found
