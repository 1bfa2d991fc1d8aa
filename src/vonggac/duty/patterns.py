"""A post's pattern of shifts as slots of single days, with what each asks for: base, reinforcements, holidays."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.rules import Demand, Skills


@dataclass(frozen=True, slots=True)
class Pattern:
    """One shift type as a value; `valid_to` is the first day on which it no longer holds."""

    id: int
    post_id: int
    code: str
    start_minute: int
    length_minutes: int
    valid_from: date
    valid_to: date | None = None
    weekdays: tuple[int, ...] = ()
    is_on_call: bool = False
    minimum: int = 1
    wished: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """True when the shift is stood on this day."""
        is_valid = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return is_valid and (not self.weekdays or day.weekday() in self.weekdays)


@dataclass(frozen=True, slots=True)
class Raise:
    """A reinforcement as a value: at least these numbers, on these days (both included), on this shift ("": every).

    A shift that runs when it is asked for, or taken back, needs them from `since`, or until `until`.
    """

    post_id: int
    from_day: date
    to_day: date | None = None
    code: str = ""
    minimum: int = 0
    wished: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    on_holidays: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def holds_on(self, day: date, code: str, holidays: Collection[date]) -> bool:
        """True when it raises what this shift of this day needs."""
        is_valid = self.from_day <= day and (self.to_day is None or day <= self.to_day)
        return is_valid and self.code in ("", code) and (not self.on_holidays or day in holidays)

    def holds_in(self, begin: datetime, end: datetime) -> bool:
        """True when it was asked for throughout a time on its days."""
        return (self.since is None or self.since <= begin) and (self.until is None or end <= self.until)


@dataclass(frozen=True, slots=True)
class Slot:
    """One shift of one post on one day, with what it asks for in the end; `id` is stable: `TYPE:YYYY-MM-DD`."""

    id: str
    post_id: int
    type_id: int
    code: str
    day: date
    from_utc: datetime
    to_utc: datetime
    minimum: int
    wished: int
    skills: Skills
    is_on_call: bool
    earlier: tuple[Demand, ...] = ()
    """What it asked for from its begin on, where that was changed while it ran."""

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What the post needs while the slot lasts, in order."""
        begin = self.earlier[-1].to_utc if self.earlier else self.from_utc
        return *self.earlier, Demand(begin, self.to_utc, self.minimum, self.skills)


def slot_id(type_id: int, day: date) -> str:
    """The identifier of a shift type's slot on a day."""
    return f"{type_id}:{day.isoformat()}"


def parse_slot_id(text: str) -> tuple[int, date]:
    """(shift type, day) of a slot's identifier; ValueError when it is none."""
    number, _, day = text.partition(":")
    return int(number), date.fromisoformat(day)


def begin_of(day: date, minute: int = 0) -> datetime:
    """The moment so many minutes after a day's midnight in Hà Nội."""
    return datetime.combine(day, time(), OFFICE_ZONE) + timedelta(minutes=minute)


def day_of(moment: datetime) -> date:
    """The day in Hà Nội on which a moment lies."""
    return moment.astimezone(OFFICE_ZONE).date()


def days_between(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def slots(
    patterns: Iterable[Pattern],
    raises: Collection[Raise],
    holidays: Collection[date],
    first: date,
    last: date,
    retired: Mapping[int, date] | None = None,
) -> list[Slot]:
    """Every slot that begins on a day from the first to the last, by time and post; `retired`: post → its last day + 1.

    A shift needs the largest number that its pattern or a reinforcement asks for, skill by skill.
    """
    ended = retired or {}
    found = [
        _slot(pattern, day, [one for one in raises if one.post_id == pattern.post_id], holidays)
        for pattern in patterns
        for day in days_between(first, last)
        if pattern.holds_on(day) and not (pattern.post_id in ended and day >= ended[pattern.post_id])
    ]
    return sorted(found, key=lambda slot: (slot.from_utc, slot.post_id, slot.code, slot.type_id))


def _slot(pattern: Pattern, day: date, raises: Iterable[Raise], holidays: Collection[date]) -> Slot:
    begin = begin_of(day, pattern.start_minute)
    end = begin + timedelta(minutes=pattern.length_minutes)
    held = [one for one in raises if one.holds_on(day, pattern.code, holidays)]
    turns = sorted({turn for one in held for turn in (one.since, one.until) if turn and begin < turn < end})
    demands: list[Demand] = []
    for first, last in itertools.pairwise([begin, *turns, end]):
        minimum, wished, skills = _asked(pattern, [one for one in held if one.holds_in(first, last)])
        is_same = bool(demands) and (demands[-1].minimum, demands[-1].skills) == (minimum, skills)
        demands.append(Demand(demands.pop().from_utc if is_same else first, last, minimum, skills))
    return Slot(
        id=slot_id(pattern.id, day),
        post_id=pattern.post_id,
        type_id=pattern.id,
        code=pattern.code,
        day=day,
        from_utc=begin,
        to_utc=end,
        minimum=minimum,
        wished=wished,
        skills=skills,
        is_on_call=pattern.is_on_call,
        earlier=tuple(demands[:-1]),
    )


def _asked(pattern: Pattern, raises: Collection[Raise]) -> tuple[int, int, Skills]:
    """(minimum, wished, skills) of a shift under these reinforcements."""
    skills = dict(pattern.skills)
    for one in raises:
        for skill, count in one.skills.items():
            skills[skill] = max(skills.get(skill, 0), count)
    return (
        max([pattern.minimum, *(one.minimum for one in raises)]),
        max([pattern.wished, *(one.wished for one in raises)]),
        tuple(sorted((skill, count) for skill, count in skills.items() if count > 0)),
    )


def uncovered(patterns: Collection[Pattern], first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """The times of these days in which no shift of one post's pattern stands: a post held around the clock has none."""
    spans = sorted((slot.from_utc, slot.to_utc) for slot in slots(patterns, (), (), first - timedelta(days=2), last))
    reached, end = begin_of(first), begin_of(last + timedelta(days=1))
    for begin, stop in spans:
        if begin > reached:
            yield reached, min(begin, end)
        reached = max(reached, stop)
        if reached >= end:
            return
    yield reached, end
