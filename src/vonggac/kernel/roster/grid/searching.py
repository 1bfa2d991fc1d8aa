"""Neighbourhoods: a few people are set free, their schedules found anew while all others stand still."""

import random
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.grid.assembling import assemble
from vonggac.kernel.roster.grid.diving import dive
from vonggac.kernel.roster.grid.generating import Generation
from vonggac.kernel.roster.grid.master import Master
from vonggac.kernel.roster.grid.pricing import Schedules
from vonggac.kernel.roster.grid.problem import Problem
from vonggac.kernel.roster.grid.relaxing import Relaxation

_FEWEST, _MOST = 3, 14  # people set free at once
_UNITS_A_PRICING = 0.01  # of a deterministic budget
_SECONDS = 0.7  # to assemble what a dive left open


@dataclass
class Search:
    """The best schedules so far, and how many people a neighbourhood has at present."""

    problem: Problem
    relaxation: Relaxation
    budget: Budget
    schedules: Schedules
    rng: random.Random
    cost: int = field(init=False)
    size: float = 5.0

    def __post_init__(self) -> None:
        self.cost = self.problem.cost(self.schedules)

    def descend(self) -> bool:
        """True when somebody's best schedule beside all others made it cheaper; one pricing a person."""
        before = self.cost
        for person in self.rng.sample(range(len(self.schedules)), len(self.schedules)):
            if self.budget.is_over:
                break
            there = self.problem.there(np.delete(self.schedules, person, axis=0))
            # What one person more on a shift saves, or costs, as the others stand.
            saves = np.where(there < self.problem.wanted, self.problem.under, -self.problem.over)
            priced = self.relaxation.price(saves.astype(np.float64), [person])
            self.budget.spend(_UNITS_A_PRICING)
            if np.isfinite(priced.prices[0]):
                self._put(person, priced.schedules[0])
        return self.cost < before

    def _put(self, person: int, schedule: npt.NDArray[np.int16]) -> None:
        """Give a person a schedule, if that is cheaper."""
        before, self.schedules[person] = self.schedules[person].copy(), schedule
        cost = self.problem.cost(self.schedules)
        if cost < self.cost:
            self.cost = cost
        else:
            self.schedules[person] = before

    def step(self) -> bool:
        """True when a neighbourhood made the schedules cheaper; they never become dearer."""
        people = self._pick(min(round(self.size), len(self.schedules)))
        others = np.delete(self.schedules, people, axis=0)
        master = Master(self.problem, people, self.problem.there(others))
        best = self.schedules[people]
        for person, schedule in zip(people, best, strict=True):
            master.add(person, schedule)
        generation = Generation(master, self.relaxation, self.budget)
        generation.run()
        now = then = self._cost_of(master, best)
        if generation.bound > now - 1 + 1e-6:
            # All schedules of these people together hold nothing better: more people next time.
            self.size = min(_MOST, self.size * 1.1)
            return False
        dived = dive(generation, self.rng, self.budget.left)
        if self._cost_of(master, dived) <= now:
            best, then = dived, self._cost_of(master, dived)
        if generation.bound <= then - 1 + 1e-6:
            best = assemble(master, best, self.budget, _SECONDS)
            then = self._cost_of(master, best)
        self.schedules[people] = best
        self.cost += then - now
        return then < now

    def _cost_of(self, master: Master, schedules: Schedules) -> int:
        """What schedules of the master's people cost, with the cover of all."""
        own = sum(self.problem.own_cost(person, one) for person, one in zip(master.people, schedules, strict=True))
        there = self.problem.wanted - master.missing + self.problem.there(schedules)
        return own + self.problem.cover_cost(there)

    def _pick(self, count: int) -> list[int]:
        """People to set free: half of them such as could mend a cell that costs something, the rest anybody."""
        there = self.problem.there(self.schedules)
        short = self.problem.wanted - there
        weights = self.problem.under * np.maximum(short, 0) + self.problem.over * np.maximum(-short, 0)
        cells = np.argwhere(weights > 0)
        everybody = list(range(len(self.schedules)))
        picked: list[int] = []
        if len(cells):
            costs = weights[weights > 0]
            day, kind = self.rng.choices(cells.tolist(), costs.tolist())[0]
            stands = self.schedules[:, day] == kind
            able = stands if short[day, kind] < 0 else ~stands & (self.problem.most_of[:, kind] > 0)
            near = np.flatnonzero(able).tolist()
            picked = self.rng.sample(near, min(len(near), (count + 1) // 2))
        rest = [one for one in everybody if one not in picked]
        return sorted(picked + self.rng.sample(rest, count - len(picked)))
