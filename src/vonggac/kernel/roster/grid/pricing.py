"""The cheapest schedule of each person under given prices of day × shift: a dynamic programme over rows and resources.

A state says what the row of days up to now is (which shift, the how-manieth day of a row of shifts; or how long days
off have lasted), how many minutes are worked, and on how many weekends. People with the same limits on rows are priced
together in one array, day by day, a few dozen numpy operations a day. Prices are multiples of 1/64 (`quantise`), so
that float32 sums are exact and a bound made of them is one.

Where minutes, or minutes × weekends, would make too many states they are not counted: the caller prices them, what is
found is then a bound, and the schedule may break the limits. Of the limits on shifts of a kind at most one is counted.
"""

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vonggac.kernel.roster.grid.values import SATURDAY, SUNDAY, Grid, Person

Floats = npt.NDArray[np.float32]
Schedules = npt.NDArray[np.int16]  # (people, days): the number of a shift, or OFF

OFF = -1
NEVER = np.float32(1e9)
_WEEK = 7
_GRAIN = 64.0


def quantise(prices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The nearest multiples of 1/64, of which float32 holds sums up to 2^17 exactly."""
    return np.round(prices * _GRAIN) / _GRAIN


class Counts(NamedTuple):
    """Which resources are states: minutes, weekends, and the number of shifts of one kind."""

    minutes: bool
    weekends: bool
    kind: int | None = None


class Rows(NamedTuple):
    """A person's limits on rows of shifts and of days off."""

    off_days: int
    least: int
    most: int


class Pricer:
    """Prices some people; `people` says in which order."""

    def __init__(self, grid: Grid, people: Iterable[int], counts: Counts) -> None:
        self.people = tuple(sorted(people, key=lambda one: (_rows(grid, grid.people[one]), one)))
        persons = [grid.people[one] for one in self.people]
        self.days, self.kinds, self.counts = grid.days, len(grid.shifts), counts
        self.rows = [_rows(grid, one) for one in persons]
        self.most, self.off_days = max(one.most for one in self.rows), max(one.off_days for one in self.rows)
        self._blocks = [
            (rows, slice(self.rows.index(rows), self.rows.index(rows) + self.rows.count(rows)))
            for rows in dict.fromkeys(self.rows)
        ]
        self.unit = unit_of(grid)
        self.lengths = [shift.minutes // self.unit * counts.minutes for shift in grid.shifts]
        self.extent = _extent(grid, persons, counts)
        self.before = _before(grid)
        self._barred = _barred(grid, persons)
        self._end = self._ends(grid, persons)
        self._bands = self._level_bands(persons)
        shape = (len(persons), *self.extent)
        self._work = np.full((self.days + 1, self.kinds, self.most, *shape), NEVER, np.float32)
        self._off = np.full((self.days + 1, self.off_days, *shape), NEVER, np.float32)
        self._off[0, -1, :, 0, 0, 0] = 0
        self.states = self._work.size + self._off.size

    def price(self, cells: npt.NDArray[np.float64], weekend: npt.NDArray[np.float64]) -> tuple[Floats, Schedules]:
        """(value, schedule) of each person.

        cells: (people, days, kinds) price of standing a shift; weekend: (people,) price of each weekend worked, for
        people whose weekends are not counted. A value of NEVER or more means that no schedule keeps the limits.
        """
        prices = np.minimum(cells + self._barred, NEVER).astype(np.float32)
        extra = weekend.astype(np.float32)
        for day in range(self.days):
            self._step(day, prices[:, day], extra)
        last = np.concatenate([self._work[-1].reshape(-1, *self._end.shape), self._off[-1]]) + self._end
        flat = last.swapaxes(0, 1).reshape(len(self.people), -1)
        places = flat.argmin(axis=1)
        values = flat[np.arange(len(flat)), places]
        schedules = np.full((len(flat), self.days), OFF, np.int16)
        for person in np.flatnonzero(values < NEVER / 2):
            self._trace(int(person), int(places[person]), schedules[person])
        return values, schedules

    def _step(self, day: int, prices: Floats, extra: Floats) -> None:
        """The states after a day from those before it."""
        weekday = day % _WEEK
        work, off, low, high = self._work[day], self._off[day], *self._bands[day + 1]
        into_work = self._work[day + 1, :, :, :, low:high]
        best_before: dict[bytes, Floats] = {}
        for kind in range(self.kinds):
            price = prices[:, kind, None, None, None]
            new = weekday in (SATURDAY, SUNDAY)
            self._shift(into_work[kind, 0], off[-1], price, kind, low, is_weekend=new, extra=extra)
            if day and self.most > 1 and self.before[kind].any():  # else it follows days off alone
                key = self.before[kind].tobytes()
                if key not in best_before:
                    best_before[key] = reduce(np.minimum, (work[one, :-1] for one in np.flatnonzero(self.before[kind])))
                is_new = weekday == SATURDAY
                self._shift(into_work[kind, 1:], best_before[key], price, kind, low, is_weekend=is_new, extra=extra)
        for rows, block in self._blocks:
            into_work[:, rows.most :, block] = NEVER
        self._rest(day, low, high)

    def _rest(self, day: int, low: int, high: int) -> None:
        """The states after a day off."""
        off, into = self._off[day, :, :, low:high], self._off[day + 1, :, :, low:high]
        np.copyto(into[1:], off[:-1])
        into[0] = NEVER
        np.minimum(into[-1], off[-1], out=into[-1])
        for rows, block in self._blocks if day else ():
            # Few days off suffice: they begin further on.
            begun = into[self.off_days - rows.off_days, block]
            np.minimum(begun, self._ended(day, rows, block)[:, low:high], out=begun)

    def _shift(
        self, into: Floats, source: Floats, price: Floats, kind: int, low: int, *, is_weekend: bool, extra: Floats
    ) -> None:
        """into[…, level, weekend, tally] = source[…, level − length, weekend and tally before the shift] + price."""
        into[...] = NEVER
        length = self.lengths[kind]
        first = max(low, length)
        if first >= low + into.shape[-3]:
            return
        weekend, weekend_before = _step_of(is_weekend and self.counts.weekends)
        tally, tally_before = _step_of(kind == self.counts.kind)
        levels_before = slice(first - length, low + into.shape[-3] - length)
        if is_weekend and not self.counts.weekends:
            price = price + extra[:, None, None, None]
        into[..., first - low :, weekend, tally] = source[..., levels_before, weekend_before, tally_before] + price
        np.minimum(into, NEVER, out=into)

    def _ended(self, day: int, rows: Rows, block: slice) -> Floats:
        """The best of a block's rows of shifts that may end before this day: long enough, or begun with the horizon."""
        ending = _ending(day, rows)
        best: Floats = self._work[day, :, ending.start : ending.stop, block].min(axis=(0, 1), initial=NEVER)
        return best

    def _trace(self, person: int, place: int, schedule: npt.NDArray[np.int16]) -> None:
        """Write the schedule that ends in a place of the flattened states."""
        states = self.kinds * self.most
        state, *used = (int(one) for one in np.unravel_index(place, (states + self.off_days, *self.extent)))
        level, weekend, tally = used
        for day in range(self.days - 1, -1, -1):
            if state >= states:
                state = self._before_off(day, state - states, (person, level, weekend, tally))
                continue
            kind, row = divmod(state, self.most)
            schedule[day] = kind
            level -= self.lengths[kind]
            weekday = day % _WEEK
            is_new = weekday == SATURDAY or (weekday == SUNDAY and row == 0)
            weekend -= is_new and self.counts.weekends
            tally -= kind == self.counts.kind
            if row == 0:
                state = states + self.off_days - 1
            else:
                kinds = np.flatnonzero(self.before[kind])
                came = kinds[self._work[day, kinds, row - 1, person, level, weekend, tally].argmin()]
                state = int(came) * self.most + row - 1

    def _before_off(self, day: int, place: int, at: tuple[int, int, int, int]) -> int:
        """The state before a day off: the cheapest of those that lead to it."""
        states, last, rows = self.kinds * self.most, self.off_days - 1, self.rows[at[0]]
        found: list[tuple[float, int]] = []
        if place == last:
            found.append((float(self._off[(day, last, *at)]), states + last))
        if place > 0:
            found.append((float(self._off[(day, place - 1, *at)]), states + place - 1))
        if place == self.off_days - rows.off_days and day > 0:
            work = self._work[(day, slice(None), slice(None), *at)]
            for row in _ending(day, rows):
                kind = int(work[:, row].argmin())
                found.append((float(work[kind, row]), kind * self.most + row))
        return min(found)[1]

    def _ends(self, grid: Grid, persons: Sequence[Person]) -> Floats:
        """(people, *extent): 0 where a person's horizon may end, else NEVER."""
        end = np.full((len(persons), *self.extent), NEVER, np.float32)
        for number, person in enumerate(persons):
            least, most = -(-person.least_minutes // self.unit), person.most_minutes // self.unit
            levels = slice(least, most + 1) if self.counts.minutes else slice(None)
            weekends = slice(person.most_weekends + 1) if self.counts.weekends else slice(None)
            kind = self.counts.kind
            tallies = slice(None if kind is None else person.most_of.get(grid.shifts[kind].id, 0) + 1)
            end[number, levels, weekends, tallies] = 0
        return end

    def _level_bands(self, persons: Sequence[Person]) -> list[tuple[int, int]]:
        """Of each day, the levels (from, until before) from which the horizon's end can be reached in time."""
        if not self.counts.minutes:
            return [(0, 1)] * (self.days + 1)
        longest = max(self.lengths)
        needed = min(-(-one.least_minutes // self.unit) for one in persons)
        return [
            (
                min(self.extent[0] - 1, max(0, needed - longest * self._most_shifts(self.days - day))),
                min(self.extent[0], longest * self._most_shifts(day) + 1),
            )
            for day in range(self.days + 1)
        ]

    def _most_shifts(self, days: int) -> int:
        """The most shifts that so many days can hold, with days off after each longest row."""
        found = 0
        for rows, _ in self._blocks:
            rounds, rest = divmod(days, rows.most + rows.off_days)
            found = max(found, rounds * rows.most + min(rest, rows.most))
        return found


def _rows(grid: Grid, person: Person) -> Rows:
    """A person's limits; no row is longer than the horizon, and with a least above the most none stands inside it."""
    off_days, most = min(max(1, person.least_days_off), grid.days), min(person.most_in_row, grid.days)
    return Rows(off_days, max(1, person.least_in_row), most)


def _ending(day: int, rows: Rows) -> range:
    """The places of the rows of shifts that may end before a day: long enough, or begun with the horizon."""
    return range(min(day, rows.least) - 1, rows.most)


def unit_of(grid: Grid) -> int:
    """The greatest common length, in minutes, of all shifts."""
    return reduce(math.gcd, (shift.minutes for shift in grid.shifts))


def states_of(grid: Grid, people: Sequence[int], counts: Counts) -> int:
    """How many states, over all days, a pricer of these people would hold; four bytes each."""
    persons = [grid.people[one] for one in people]
    rows = [_rows(grid, one) for one in persons]
    states = len(grid.shifts) * max(one.most for one in rows) + max(one.off_days for one in rows)
    return (grid.days + 1) * states * len(people) * math.prod(_extent(grid, persons, counts))


def _extent(grid: Grid, persons: Sequence[Person], counts: Counts) -> tuple[int, int, int]:
    """How many levels of minutes, numbers of weekends and of shifts of the counted kind the states tell apart."""
    levels = max(one.most_minutes for one in persons) // unit_of(grid) + 1 if counts.minutes else 1
    weekends = max(one.most_weekends for one in persons) + 1 if counts.weekends else 1
    kind = None if counts.kind is None else grid.shifts[counts.kind].id
    return levels, weekends, 1 if kind is None else max(one.most_of.get(kind, 0) for one in persons) + 1


def _step_of(is_step: bool) -> tuple[slice, slice]:
    """(after, before) of an axis that a shift moves one on, or not."""
    return (slice(1, None), slice(None, -1)) if is_step else (slice(None), slice(None))


def _before(grid: Grid) -> npt.NDArray[np.bool_]:
    """[kind, earlier]: whether the earlier shift may be stood on the day before."""
    return np.array([[later.id not in earlier.never_before for earlier in grid.shifts] for later in grid.shifts])


def _barred(grid: Grid, persons: Sequence[Person]) -> npt.NDArray[np.float64]:
    """(people, days, kinds): NEVER on days off and for shifts that a person cannot stand, else 0."""
    barred = np.zeros((len(persons), grid.days, len(grid.shifts)))
    for number, person in enumerate(persons):
        barred[number, sorted(person.days_off)] = NEVER
        barred[number, :, [not person.most_of.get(shift.id, 0) for shift in grid.shifts]] = NEVER
    return barred
