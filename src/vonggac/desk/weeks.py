"""A week of the roster as a grid of values: posts and their shifts down, days across, holes where they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from vonggac.desk.times import OFFICE_ZONE, clock, local
from vonggac.duty.models import Post, Shift
from vonggac.duty.queries import duty_of, need_of
from vonggac.duty.rules import Hole, holes

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
    """The grid."""

    days: Sequence[date]
    today: date
    lines: Sequence[Line]
    holes: Sequence[tuple[Post, Hole]]


@dataclass(frozen=True, slots=True)
class _Slot:
    starts: time
    lasts: timedelta

    def on(self, day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, self.starts, OFFICE_ZONE)
        return start, start + self.lasts


def lay_out(
    posts: Iterable[Post],
    planned: Sequence[Shift],
    monday: date,
    now: datetime,
    *,
    reach: tuple[datetime | None, datetime | None],
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
        found = holes(need_of(post), [duty_of(shift) for shift in own], *span) if span[0] < span[1] else []
        lacking += [(post, hole) for hole in found]
        for slot in _slots(own):
            cells = [_cell(slot, day, own, found, now, span) for day in days]
            start_, end_ = slot.on(monday)
            lines.append(Line(post, f"{clock(start_)}–{clock(end_)}", cells))
    return Week(days, local(now).date(), lines, sorted(lacking, key=lambda pair: pair[1].from_utc))


def _slots(shifts: Sequence[Shift]) -> list[_Slot]:
    """The distinct hours of a post's shifts, in the order of the day."""
    found = {_Slot(local(shift.from_utc).time(), shift.to_utc - shift.from_utc) for shift in shifts}
    return sorted(found, key=lambda slot: (slot.starts, slot.lasts))


def _cell(
    slot: _Slot, day: date, own: Sequence[Shift], found: Sequence[Hole], now: datetime, span: tuple[datetime, datetime]
) -> Cell:
    start, end = slot.on(day)
    on = [shift for shift in own if shift.from_utc == start and shift.to_utc == end]
    return Cell(
        day=day,
        shifts=sorted(on, key=lambda shift: (not duty_of(shift).is_lead, shift.person_name)),
        holes=[hole for hole in found if hole.from_utc < end and hole.to_utc > start],
        is_now=start <= now < end,
        is_past=end <= now,
        is_planned=bool(on) or (start < span[1] and end > span[0]),
    )
