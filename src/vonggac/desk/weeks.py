"""A week of the roster in force as a grid of values: posts and shifts down, days across, holes where they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from vonggac.desk.times import OFFICE_ZONE, clock, local
from vonggac.duty.coverage import Stretch
from vonggac.duty.loose import loose_id
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import Slot, begin_of
from vonggac.duty.queries import duty_of
from vonggac.duty.queries.attendance import PostCoverage
from vonggac.kernel.text import alphabetic

DAYS = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """One shift on one day: who is there and what is missing.

    `is_planned` is False past the roster's reach; `slot` is the shift of the post's pattern or of a table, "" where
    there is neither.
    """

    day: date
    from_utc: datetime
    to_utc: datetime
    shifts: Sequence[Shift]
    holes: Sequence[Stretch]
    is_now: bool
    is_past: bool
    is_planned: bool
    slot: str
    is_open: bool = False
    """True while part of a hole is still to come."""

    @property
    def on_paper(self) -> Sequence[Stretch]:
        """What lacks of a plan: who of those planned was not there in the past is no plan's business."""
        return () if self.shifts and (self.is_past or self.is_now) else self.holes


@dataclass(frozen=True, slots=True)
class Line:
    """One post at one time of day."""

    post: Post
    hours: str
    code: str
    cells: Sequence[Cell]
    is_first_of_post: bool


@dataclass(frozen=True, slots=True)
class Week:
    """The grid; `holidays` names those of its days that are."""

    days: Sequence[date]
    today: date
    lines: Sequence[Line]
    holes: Sequence[tuple[Post, Stretch]]
    holidays: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class _Hours:
    starts: time
    lasts: timedelta

    def on(self, day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, self.starts, OFFICE_ZONE)
        return start, start + self.lasts


def lay_out(
    covered: Iterable[PostCoverage],
    slots: Sequence[Slot],
    planned: Sequence[Shift],
    monday: date,
    now: datetime,
    *,
    reaches: Mapping[int, tuple[datetime, datetime]],
    holidays: Mapping[date, str],
) -> Week:
    """The week's grid; `covered` reaches a day past the week, where the shifts of its last night end.

    Holes are those of `covered`. `reaches`: from when to when each post has a roster.
    """
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    end, never = (begin_of(monday + timedelta(days=DAYS * weeks)) for weeks in (1, 3))
    lines: list[Line] = []
    lacking: list[tuple[Post, Stretch]] = []
    for one in covered:
        post, span = one.post, reaches.get(one.post.pk, (never, never))
        own = [shift for shift in planned if shift.post_id == post.pk]
        asked = [slot for slot in slots if slot.post_id == post.pk and slot.from_utc < end]
        found = one.holes
        lacking += [(post, hole) for hole in found if hole.from_utc < end]
        for place, hours in enumerate(_hours(own, asked)):
            cells = [_cell(post, hours, day, own, asked, found, now, span) for day in days]
            begin, stop = hours.on(monday)
            codes = {slot.code for slot in asked if any(cell.slot == slot.id for cell in cells)}
            code = codes.pop() if len(codes) == 1 else ""
            lines.append(Line(post, f"{clock(begin)}–{clock(stop)}", code, cells, place == 0))
    return Week(days, local(now).date(), lines, sorted(lacking, key=lambda pair: pair[1].from_utc), holidays)


def _hours(shifts: Sequence[Shift], slots: Sequence[Slot]) -> list[_Hours]:
    """The distinct hours of a post's shifts, planned or asked for, in the order of the day."""
    spans = [(shift.from_utc, shift.to_utc) for shift in shifts] + [(slot.from_utc, slot.to_utc) for slot in slots]
    found = {_Hours(local(begin).time(), end - begin) for begin, end in spans}
    return sorted(found, key=lambda hours: (hours.starts, hours.lasts))


def _cell(
    post: Post,
    hours: _Hours,
    day: date,
    own: Sequence[Shift],
    slots: Sequence[Slot],
    found: Sequence[Stretch],
    now: datetime,
    span: tuple[datetime, datetime],
) -> Cell:
    start, end = hours.on(day)
    on = [shift for shift in own if shift.from_utc == start and shift.to_utc == end]
    fitting = next((one.id for one in slots if one.from_utc == start and one.to_utc == end), "")
    # Without a pattern nobody knows which shifts a day should have: within the reach each is taken as planned.
    is_reached = start < span[1] and (bool(fitting) or (not slots and end > span[0]))
    lacks = [_within(hole, start, end) for hole in found if hole.from_utc < end and hole.to_utc > start]
    return Cell(
        day=day,
        from_utc=start,
        to_utc=end,
        shifts=sorted(on, key=lambda shift: (not duty_of(shift).is_lead, alphabetic(shift.person_name))),
        holes=lacks,
        is_now=start <= now < end,
        is_past=end <= now,
        is_planned=bool(on) or is_reached,
        slot=fitting or (loose_id(post.pk, start, end) if on else ""),
        is_open=any(hole.to_utc > now for hole in lacks),
    )


def _within(hole: Stretch, start: datetime, end: datetime) -> Stretch:
    """The part of a hole that lies between two moments."""
    return replace(hole, from_utc=max(hole.from_utc, start), to_utc=min(hole.to_utc, end))
