"""The judge of schedules by the benchmark's own definition of cost and limits; shares nothing with the search."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from vonggac.kernel.roster.grid.values import SATURDAY, SUNDAY, Grid, GridVerdict, Person, Schedules, Shift

_WEEK = 7


def check(grid: Grid, schedules: Schedules) -> GridVerdict:
    """Cost and faults. Raises KeyError when a person has no schedule, or a schedule names an unknown shift."""
    shifts = {shift.id: shift for shift in grid.shifts}
    faults = [
        f"{person.id} {fault}"
        for person in grid.people
        for fault in _faults(grid, shifts, person, schedules[person.id])
    ]
    parts = {"requests": _requests(grid, schedules), "cover": _cover(grid, schedules)}
    return GridVerdict(sum(parts.values()), parts, tuple(faults))


def _requests(grid: Grid, schedules: Schedules) -> int:
    return sum(one.weight for one in grid.requests if (schedules[one.person][one.day] == one.shift) != one.is_wanted)


def _cover(grid: Grid, schedules: Schedules) -> int:
    there = Counter((day, shift) for own in schedules.values() for day, shift in enumerate(own) if shift)
    cost = 0
    for one in grid.covers:
        short = one.wanted - there[one.day, one.shift]
        cost += one.under_weight * max(0, short) + one.over_weight * max(0, -short)
    return cost


def _faults(grid: Grid, shifts: dict[str, Shift], person: Person, own: Sequence[str | None]) -> Iterator[str]:
    if len(own) != grid.days:
        yield f"has {len(own)} days instead of {grid.days}"
    yield from (f"works on day {day}, a day off" for day in sorted(person.days_off) if own[day] is not None)
    counts = Counter(shift for shift in own if shift is not None)
    for shift, count in sorted(counts.items()):
        if count > person.most_of.get(shift, 0):
            yield f"stands {count} × {shift}, at most {person.most_of.get(shift, 0)}"
    minutes = sum(shifts[shift].minutes * count for shift, count in counts.items())
    if not person.least_minutes <= minutes <= person.most_minutes:
        yield f"works {minutes} minutes, not {person.least_minutes} to {person.most_minutes}"
    for day, (one, following) in enumerate(itertools.pairwise(own)):
        if one is not None and following in shifts[one].never_before:
            yield f"stands {following} on day {day + 1} after {one}"
    yield from _rows(grid, person, own)
    weekends = {day // _WEEK for day, shift in enumerate(own) if shift and day % _WEEK in (SATURDAY, SUNDAY)}
    if len(weekends) > person.most_weekends:
        yield f"works on {len(weekends)} weekends, at most {person.most_weekends}"


def _rows(grid: Grid, person: Person, own: Sequence[str | None]) -> Iterator[str]:
    begin = 0
    for is_work, row in itertools.groupby(own, key=lambda shift: shift is not None):
        length = len(list(row))
        end = begin + length
        is_whole = begin > 0 and end < grid.days
        if is_work and length > person.most_in_row:
            yield f"stands {length} shifts in a row from day {begin}, at most {person.most_in_row}"
        if is_work and is_whole and length < person.least_in_row:
            yield f"stands {length} shifts in a row from day {begin}, at least {person.least_in_row}"
        if not is_work and is_whole and length < person.least_days_off:
            yield f"has {length} days off in a row from day {begin}, at least {person.least_days_off}"
        begin = end
