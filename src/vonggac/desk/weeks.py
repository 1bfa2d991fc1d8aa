"""A week of the roster as a grid of values: posts and their shifts down, days across, holes where they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from vonggac.desk.times import OFFICE_ZONE, clock, local
from vonggac.duty.models import Post, Shift
from vonggac.duty.queries import duty_of
from vonggac.duty.rules import Demand, Hole, holes

DAYS = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """One shift on one day: who is there and what is missing; `is_planned` is False past the roster's reach."""

    day: date
    shifts: Sequence[Shift]
    holes: Sequence[Hole]
    is_now: bool
    is_past: bool
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One post at one time of day."""

    post: Post
    hours: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Week:
    """The grid; `holidays` names those of its days that are."""

    days: Sequence[date]
    today: date
    lines: Sequence[Line]
    holes: Sequence[tuple[Post, Hole]]
    holidays: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class _Hours:
    starts: time
    lasts: timedelta

    def on(self, day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, self.starts, OFFICE_ZONE)
        return start, start + self.lasts


def lay_out(
    posts: Iterable[Post],
    demands: Mapping[int, Sequence[Demand]],
    planned: Sequence[Shift],
    monday: date,
    now: datetime,
    *,
    reach: tuple[datetime | None, datetime | None],
    holidays: Mapping[date, str],
) -> Week:
    """The week's grid; holes are looked for only within the roster's reach (its first and last planned moment)."""
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    start = datetime.combine(monday, time(), OFFICE_ZONE)
    first, last = reach
    span = (max(start, first), min(start + timedelta(days=DAYS), last)) if first and last else (start, start)
    lines: list[Line] = []
    lacking: list[tuple[Post, Hole]] = []
    for post in posts:
        own = [shift for shift in planned if shift.post_id == post.pk]
        asked = demands.get(post.pk, ())
        found = holes(post.pk, asked, [duty_of(shift) for shift in own], *span) if span[0] < span[1] else []
        lacking += [(post, hole) for hole in found]
        for hours in _hours(own, asked):
            cells = [_cell(hours, day, own, asked, found, now, span) for day in days]
            start_, end_ = hours.on(monday)
            lines.append(Line(post, f"{clock(start_)}–{clock(end_)}", cells))
    return Week(days, local(now).date(), lines, sorted(lacking, key=lambda pair: pair[1].from_utc), holidays)


def _hours(shifts: Sequence[Shift], asked: Sequence[Demand]) -> list[_Hours]:
    """The distinct hours of a post's shifts, planned or asked for, in the order of the day."""
    spans = [(shift.from_utc, shift.to_utc) for shift in shifts]
    # A post without shift types asks for people at every moment: one demand as long as the page, which is no shift.
    spans += [(one.from_utc, one.to_utc) for one in asked if one.to_utc - one.from_utc <= timedelta(days=2)]
    found = {_Hours(local(begin).time(), end - begin) for begin, end in spans}
    return sorted(found, key=lambda hours: (hours.starts, hours.lasts))


def _cell(
    hours: _Hours,
    day: date,
    own: Sequence[Shift],
    asked: Sequence[Demand],
    found: Sequence[Hole],
    now: datetime,
    span: tuple[datetime, datetime],
) -> Cell:
    start, end = hours.on(day)
    on = [shift for shift in own if shift.from_utc == start and shift.to_utc == end]
    is_asked = any(one.from_utc <= start and one.to_utc >= end for one in asked)
    return Cell(
        day=day,
        shifts=sorted(on, key=lambda shift: (not duty_of(shift).is_lead, shift.person_name)),
        holes=[hole for hole in found if hole.from_utc < end and hole.to_utc > start],
        is_now=start <= now < end,
        is_past=end <= now,
        is_planned=bool(on) or (is_asked and start < span[1] and end > span[0]),
    )
