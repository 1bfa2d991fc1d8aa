"""Bounds and schedules for people at the prices of a master problem, whatever pricing leaves uncounted.

What a pricer does not count (shifts of a kind always; minutes and weekends where they would be too many states) is
priced by multipliers, each person's own: the value is then a Lagrangian bound, and the multipliers move until the
schedule keeps the limits.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vonggac.kernel.roster.grid.pricing import (
    OFF,
    Counts,
    Pricer,
    Schedules,
    quantise,
    states_of,
    unit_of,
)
from vonggac.kernel.roster.grid.problem import Problem
from vonggac.kernel.roster.grid.values import SATURDAY, SUNDAY, Grid

Floats = npt.NDArray[np.float64]

# States (four bytes each) of one person, of one pricer where it prices several, and of all pricers that are kept.
_MOST_STATES_EACH, _MOST_STATES, _MOST_STATES_KEPT = 3_000_000, 12_000_000, 150_000_000
# Multipliers are kept between rounds of column generation, so few steps suffice where one takes long.
_ROUNDS, _FEW_ROUNDS, _MANY_STATES = 12, 3, 300_000
_FIRST_STEP = 2.0
_WEEK = 7


@dataclass
class Priced:
    """Of some people: a bound on the price of any schedule, and the cheapest schedule met that keeps all limits.

    `prices` are infinite where no such schedule was met.
    """

    people: npt.NDArray[np.int64]
    bounds: Floats
    prices: Floats
    schedules: Schedules


class Relaxation:
    """The pricers of a problem's people, with what was learnt of each: multipliers, and a kind of shift to count."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        people, unit = problem.grid.people, unit_of(problem.grid)
        self._lengths = problem.minutes // unit
        # Columns: shifts of each kind, units of minutes, weekends.
        self._most = np.column_stack(
            [problem.most_of, [one.most_minutes // unit for one in people], [one.most_weekends for one in people]]
        )
        self._least = np.zeros_like(self._most)
        self._least[:, -2] = [-(-one.least_minutes // unit) for one in people]
        self._multipliers = np.zeros(self._most.shape)
        self._counted: dict[int, int] = {}
        # Of coarse pricing, whose prices stand for the minutes too.
        self._coarse_multipliers = np.zeros(self._most.shape)
        self._pricers: list[Pricer] = []  # the newest first
        whole = states_of(problem.grid, range(len(people)), Counts(True, True))
        # True where one exact round takes so long that coarse ones should find most of the schedules.
        self.is_long = whole > _MANY_STATES * len(people)

    def price(self, duals: Floats, wanted: Collection[int], *, is_coarse: bool = False) -> Priced:
        """Bounds and schedules of the wanted people at the prices wishes − duals; duals: (days, kinds).

        Coarse: minutes are never counted, only priced. A hundred times as fast on long horizons; the bounds hold, and
        not everybody's schedule is found.
        """
        prices = quantise(duals)
        if is_coarse:
            pricer = self._pricer(sorted(wanted), Counts(minutes=False, weekends=True))
            return _merged([self._search(pricer, prices, self._coarse_multipliers)], wanted)
        found: list[Priced] = []
        groups: dict[tuple[int, int | None], list[int]] = defaultdict(list)
        for person in sorted(wanted):
            # Part-timers would only make the arrays of others larger.
            scale = round(math.log(max(1, self._most[person, -2]), 1.6))
            groups[scale, self._counted.get(person)].append(person)
        parts = [(kind, part) for (_, kind), people in groups.items() for part in self._parts(people, kind)]
        for kind, people in parts:
            one = self._search(self._exact(people, kind), prices, self._multipliers)
            found.append(one)
            # Whose schedule broke a limit among many is priced again alone, with multipliers.
            alone = one.people[np.isinf(one.prices)].tolist() if len(people) > 1 else []
            found += [
                self._search(self._exact([one], self._counted.get(one)), prices, self._multipliers) for one in alone
            ]
        return _merged(found, wanted)

    def _parts(self, people: list[int], kind: int | None) -> Iterator[list[int]]:
        """The people in parts, each small enough for one pricer."""
        grid = self.problem.grid
        each = max(states_of(grid, [one], _affordable(grid, [one], kind)) for one in people)
        size = max(1, _MOST_STATES // each)
        for first in range(0, len(people), size):
            yield people[first : first + size]

    def _exact(self, people: list[int], kind: int | None) -> Pricer:
        return self._pricer(people, _affordable(self.problem.grid, people, kind))

    def _pricer(self, people: list[int], counts: Counts) -> Pricer:
        """A pricer that knows these people and few others; made anew if there is none."""
        for known in self._pricers:
            if known.counts == counts and set(people) <= set(known.people) and len(known.people) <= 2 * len(people):
                return known
        pricer = Pricer(self.problem.grid, people, counts)
        self._pricers.insert(0, pricer)
        while len(self._pricers) > 1 and sum(one.states for one in self._pricers) > _MOST_STATES_KEPT:
            self._pricers.pop()
        return pricer

    def _search(self, pricer: Pricer, duals: Floats, known: Floats) -> Priced:
        """Price with multipliers that move until every schedule is legal and no multiplier is too high.

        known: everybody's multipliers as they were learnt; they begin there, and are kept there.

        A group that counts minutes is priced once without any: whoever is legal then has their optimum.
        """
        people = np.array(pricer.people)
        best = Priced(
            people,
            np.full(len(people), -np.inf),
            np.full(len(people), np.inf),
            np.full((len(people), pricer.days), OFF, np.int16),
        )
        is_simple = len(people) > 1 and pricer.counts.minutes
        multipliers = np.zeros(self._most[people].shape) if is_simple else quantise(known[people])
        if pricer.counts.kind is not None:
            multipliers[:, pricer.counts.kind] = 0
        steps, before = np.full(multipliers.shape, _FIRST_STEP), np.zeros(multipliers.shape)
        rounds = _FEW_ROUNDS if self.is_long else _ROUNDS
        for _ in range(1 if is_simple else rounds):
            way = self._round(pricer, self.problem.wishes[people] - duals, multipliers, best)
            if self._learns(pricer, way[:, : len(self._lengths)]) and len(people) == 1:
                return self._search(self._exact([pricer.people[0]], self._counted[pricer.people[0]]), duals, known)
            if not way.any():
                break
            # Rprop: twice as far while the way stays the same, half as far once it turns.
            steps = np.where(way * before > 0, steps * 2, np.where(way * before < 0, steps / 2, steps))
            before = np.where(way != 0, way, before)
            floor = np.where(self._least[people] > 0, -np.inf, 0)
            multipliers = quantise(np.maximum(multipliers + way * steps, floor))
        if not is_simple:
            known[people] = multipliers
        return best

    def _learns(self, pricer: Pricer, way: Floats) -> bool:
        """True when somebody has too many shifts of a kind for the first time; that kind is counted from now on."""
        has_learnt = False
        if not pricer.counts.minutes:
            return False
        for place in np.flatnonzero((way > 0).any(axis=1)).tolist():
            if pricer.people[place] not in self._counted:
                self._counted[pricer.people[place]] = int(way[place].argmax())
                has_learnt = True
        return has_learnt

    def _round(self, pricer: Pricer, cells: Floats, multipliers: Floats, best: Priced) -> Floats:
        """Price once and keep what is better; (people, limits): 1 where a multiplier has to rise, −1 to fall."""
        people, kinds = best.people, len(self._lengths)
        extra = multipliers[:, None, :kinds] + multipliers[:, None, -2:-1] * self._lengths
        values, schedules = pricer.price(cells + extra, multipliers[:, -1])
        most, least = self._most[people], self._least[people]
        relaxed = values - np.where(multipliers > 0, multipliers * most, multipliers * least).sum(axis=1)
        np.maximum(best.bounds, relaxed, out=best.bounds)
        used = self._used(schedules)
        is_over, is_under = used > most, used < least
        stood = np.take_along_axis(cells, np.maximum(schedules, 0)[..., None], axis=2)[..., 0]
        prices = np.where(schedules == OFF, 0, stood).sum(axis=1)
        better = ~(is_over | is_under).any(axis=1) & (prices < best.prices)
        best.prices[better], best.schedules[better] = prices[better], schedules[better]
        is_idle = ((multipliers > 0) & (used < most)).astype(int) - ((multipliers < 0) & (used > least))
        way: Floats = is_over * 1.0 - is_under - is_idle
        return way

    def _used(self, schedules: Schedules) -> Floats:
        """(people, limits): shifts of each kind, units of minutes, weekends worked."""
        counts = (schedules[..., None] == np.arange(len(self._lengths))).sum(axis=1)
        works = schedules != OFF
        days = np.arange(schedules.shape[1])
        ends = (days % _WEEK == SATURDAY) | (days % _WEEK == SUNDAY)
        weekends = np.zeros((len(schedules), days[-1] // _WEEK + 1), bool)
        for week in range(weekends.shape[1]):
            weekends[:, week] = works[:, ends & (days // _WEEK == week)].any(axis=1)
        return np.column_stack([counts, counts @ self._lengths, weekends.sum(axis=1)]).astype(np.float64)


def _affordable(grid: Grid, people: list[int], kind: int | None) -> Counts:
    """The most that a pricer of these people can count within `_MOST_STATES_EACH`."""
    choices = (Counts(True, True, kind), Counts(True, True), Counts(False, True), Counts(False, False))
    most = _MOST_STATES_EACH * len(people)
    return next(one for one in choices if states_of(grid, people, one) <= most or one == choices[-1])


def _merged(found: list[Priced], wanted: Collection[int]) -> Priced:
    """One answer for the wanted people, in order; of a person asked about twice the better of both."""
    people = np.concatenate([one.people for one in found])
    bounds, prices = (np.concatenate([getattr(one, name) for one in found]) for name in ("bounds", "prices"))
    schedules = np.concatenate([one.schedules for one in found])
    order = sorted(wanted)
    best = [min(np.flatnonzero(people == one), key=lambda place: prices[place]) for one in order]
    tightest = np.array([bounds[people == one].max() for one in order])
    return Priced(np.array(order), tightest, prices[best], schedules[best])
