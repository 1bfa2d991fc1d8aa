"""Column generation: schedules are priced into the master problem until none is cheaper, and the bound that gives."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.grid.master import Master
from vonggac.kernel.roster.grid.pricing import quantise
from vonggac.kernel.roster.grid.relaxing import Relaxation

Floats = npt.NDArray[np.float64]

# Duals are mixed with the best ones so far (Wentges): a third of the rounds of plain duals on the benchmark's grids.
_INERTIA = 0.5
_NEAR, _INERTIA_NEAR = 0.02, 0.2
_FEW_FOUND = 0.1  # of the people priced coarsely, below which they are priced exactly
_UNITS_A_ROUND = 0.02  # of a deterministic budget


@dataclass
class Generation:
    """Column generation on one master problem; `bound` is the best Lagrangian bound on its integer optimum.

    `free`: the people for whom columns are priced, all unless a dive has fixed some.
    """

    master: Master
    relaxation: Relaxation
    budget: Budget
    bound: float = -math.inf
    value: float = math.inf  # of the linear programme
    rounds: int = 0
    free: list[int] = field(init=False)
    is_coarse: bool = False  # while coarse pricing still finds schedules
    _centre: Floats | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.free = list(self.master.people)

    def run(
        self,
        *,
        left: float = 0.0,
        rounds: int = 10_000,
        is_bounding: bool = True,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """Go on until nothing cheaper is found, the bound closes, or only `left` of the budget is left.

        `tell` is called after every round.
        `is_bounding` false: some people are fixed, so no bound follows, and plain duals find columns soonest.
        """
        self.is_coarse = self.relaxation.is_long
        for _ in range(rounds):
            self.value, duals = self.master.solve()
            if (is_bounding and self.is_closed) or self.budget.left <= left or not self.free:
                return
            tell()
            self.rounds += 1
            duals = quantise(duals)
            mixed = self._mix(duals) if is_bounding else duals
            found = self._price(mixed, is_bounding=is_bounding)
            if not found and mixed is not duals:
                found = self._price(duals, is_bounding=is_bounding)
            if self.is_coarse and is_bounding and found <= len(self.free) * _FEW_FOUND:
                self.is_coarse = False
            elif not found:
                return

    @property
    def is_closed(self) -> bool:
        """True when no integer lies between the bound and the linear programme's value."""
        return math.isfinite(self.bound) and math.ceil(self.bound - 1e-6) >= self.value - 1e-6

    def _mix(self, duals: Floats) -> Floats:
        if self._centre is None:
            return duals
        is_near = self.value - self.bound < _NEAR * abs(self.value)
        inertia = _INERTIA_NEAR if is_near else _INERTIA
        return quantise(inertia * self._centre + (1 - inertia) * duals)

    def _price(self, duals: Floats, *, is_bounding: bool) -> int:
        """How many new columns these duals give; the bound is raised by them."""
        priced = self.relaxation.price(duals, self.free, is_coarse=self.is_coarse)
        if is_bounding:
            unmet = float(self.master.problem.unmet[self.free].sum())
            bound = unmet + float(priced.bounds.sum() + (duals * self.master.missing).sum())
            if bound > self.bound:
                self.bound, self._centre = bound, duals
        self.budget.spend(_UNITS_A_ROUND)
        return sum(
            self.master.add(int(person), schedule)
            for person, price, schedule in zip(priced.people, priced.prices, priced.schedules, strict=True)
            if np.isfinite(price)
        )
