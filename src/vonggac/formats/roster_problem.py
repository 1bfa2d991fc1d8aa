"""Roster problems and rosters as JSON, for planning without a desk (docs/reference/roster-problem.md).

A problem says its days, its posts with their shifts, and its people; what is left out has the value that the law or the
reference gives. Times without an offset are local times of the problem. JSON has no rows to set aside, so the first
fault is told by its place in the file: `$.people[3].leave[0].from`.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec

from vonggac.errors import InputError, LimitExceeded, UnreadableFile
from vonggac.formats import encodings
from vonggac.formats.limits import MEBIBYTE
from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Problem,
    Rule,
    Rules,
    Slot,
    Stint,
    Wish,
    Worker,
    day_of,
    minute_of,
)

MOST_BYTES = 64 * MEBIBYTE
MOST_SLOTS = 100_000
MOST_PAIRS = 20_000_000

_DAY = 24 * 60
_T = TypeVar("_T")
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
_Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
_Hours: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
_Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Clock: TypeAlias = str
_Skills: TypeAlias = dict[_Name, _Count]


class _Object(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object; a misspelt name is an error, not a silence."""


class _Shift(_Object, frozen=True):
    code: _Name
    start: _Clock = msgspec.field(name="from")
    end: _Clock = msgspec.field(name="to")
    weekdays: frozenset[Annotated[int, msgspec.Meta(ge=1, le=7)]] = frozenset(range(1, 8))
    on_call: bool = False
    minimum: _Count | None = None
    wished: _Count | None = None
    skills: _Skills | None = None


class _Raise(_Object, frozen=True):
    """Days, both included, on which a post asks for at least so many."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    minimum: _Count = 0
    wished: _Count = 0
    skills: _Skills = {}


class _Post(_Object, frozen=True):
    id: _Name
    shifts: tuple[_Shift, ...]
    minimum: _Count = 1
    wished: _Count = 0
    skills: _Skills = {}
    raised: tuple[_Raise, ...] = ()


class _Span(_Object, frozen=True):
    """From a moment to a moment; a date alone means its whole day."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")


class _WishedSpan(_Span, frozen=True):
    wants: Literal["duty", "off"] = "off"
    weight: _Positive = 1


class _Stint(_Span, frozen=True):
    on_call: bool = False


class _Person(_Object, frozen=True):
    id: _Name
    posts: frozenset[_Name]
    skills: frozenset[_Name] = frozenset()
    leave: tuple[_Span, ...] = ()
    wishes: tuple[_WishedSpan, ...] = ()
    history: dict[Burden, _Count] = {}
    stints: tuple[_Stint, ...] = ()
    nights: bool = True
    weekly_hours: _Hours | None = None
    most_shifts: _Count | None = None
    share_percent: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


class _Rules(_Object, frozen=True):
    """null means that a rule is not in force; a number keeps the citation of the law's own rule."""

    rest_hours: _Hours | None = 12
    nights_in_row: _Positive | None = 3
    days_in_row: _Positive | None = 6
    weekly_hours: _Hours | None = 48
    night: tuple[_Clock, _Clock] = ("22:00", "06:00")
    holidays: frozenset[date] = frozenset()


class _Placed(_Object, frozen=True):
    slot: str
    person: str


class _File(_Object, frozen=True):
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    posts: tuple[_Post, ...]
    people: tuple[_Person, ...]
    utc_offset: str = "+07:00"
    rules: _Rules = _Rules()
    fixed: tuple[_Placed, ...] = ()


class _Standing(msgspec.Struct):
    """What `roster solve --json` prints has more, here and around it, which is not looked at."""

    slot: str
    person: str


class _RosterFile(msgspec.Struct):
    assignments: tuple[_Standing, ...]


def read_problem(content: bytes, name: str) -> Problem:
    """The problem of a JSON file. Raises UnreadableFile, InputError or LimitExceeded with what to mend."""
    if len(content) > MOST_BYTES:
        raise LimitExceeded(f"{name} is larger than {MOST_BYTES // MEBIBYTE} MiB")
    return _Reader(_decode(content, _File, name), name).problem()


def read_assignments(content: bytes, name: str, problem: Problem) -> tuple[Assignment, ...]:
    """The assignments of a roster's JSON. Raises InputError when one names a slot or person the problem lacks."""
    file = _decode(content, _RosterFile, name)
    return _assignments(file.assignments, problem.slots, problem.workers, f"{name}: $.assignments")


def read_moment(text: str, zone: timezone, *, is_end: bool = False) -> int:
    """The minute of a moment or date, local unless it has an offset; a date that ends a span means its whole day."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f'"{text}" is neither a date (2026-12-07) nor a time (2026-12-07T06:00)') from None
    if len(text) <= len("2026-12-07") and is_end:
        moment += timedelta(days=1)
    return minute_of(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def slot_id(post: str, day: date, code: str) -> str:
    """How a slot is named: `POST YYYY-MM-DD CODE`."""
    return f"{post} {day.isoformat()} {code}"


def _decode(content: bytes, kind: type[_T], name: str) -> _T:
    try:
        # Written anew, so that letters behind \u escapes are composed with the others.
        plain = msgspec.json.encode(msgspec.json.decode(encodings.decode(content, encodings.detect(content)))).decode()
        return msgspec.json.decode(composed(plain), type=kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: {error}") from error
    except msgspec.DecodeError as error:
        raise UnreadableFile(f"{name} is not JSON: {error}") from error
    except RecursionError:
        raise InputError(f"{name}: lists and objects stand too deep in each other") from None


def composed(text: str) -> str:
    """Text in Unicode's form NFC: one name, however a keyboard or a file system takes its letters apart."""
    return unicodedata.normalize("NFC", text)


def _assignments(
    placed: Iterable[_Placed | _Standing], slots: Iterable[Slot], workers: Iterable[Worker], place: str
) -> tuple[Assignment, ...]:
    known_slots, known_people = {slot.id for slot in slots}, {worker.id for worker in workers}
    found = []
    for number, one in enumerate(placed):
        if one.slot not in known_slots:
            raise InputError(f'{place}[{number}].slot: there is no slot "{one.slot}"; slots are POST YYYY-MM-DD CODE')
        if one.person not in known_people:
            raise InputError(f'{place}[{number}].person: there is no person "{one.person}"')
        found.append(Assignment(one.slot, one.person))
    return tuple(found)


class _Reader:
    """Turns the file's objects into values; `_fault` tells where something is that cannot be."""

    def __init__(self, file: _File, name: str) -> None:
        self._file, self._name = file, name
        self._zone = self._read_zone(file.utc_offset)

    def problem(self) -> Problem:
        """The whole problem."""
        slots = tuple(self._slots())
        people = tuple(self._worker(person, f"$.people[{number}]") for number, person in enumerate(self._file.people))
        if len(slots) * len(people) > MOST_PAIRS:
            raise LimitExceeded(f"{self._name}: {len(slots)} slots × {len(people)} people are too many for one problem")
        self._refuse_twins("$.posts", (post.id for post in self._file.posts))
        self._refuse_twins("$.people", (person.id for person in self._file.people))
        self._refuse_twins("the slots", (slot.id for slot in slots))
        fixed = _assignments(self._file.fixed, slots, people, f"{self._name}: $.fixed")
        return Problem(slots, people, self._rules(), fixed=frozenset(fixed))

    def _fault(self, place: str, reason: str) -> InputError:
        return InputError(f"{self._name}: {place}: {reason}")

    def _refuse_twins(self, place: str, names: Iterable[str]) -> None:
        twins = [name for name, times in Counter(names).items() if times > 1]
        if twins:
            raise self._fault(place, f'"{twins[0]}" is there twice')

    def _slots(self) -> Iterable[Slot]:
        days = (self._file.last - self._file.first).days + 1
        if days < 1:
            raise self._fault("$.to", "is before $.from")
        if days * sum(len(post.shifts) for post in self._file.posts) > MOST_SLOTS:
            raise LimitExceeded(f"{self._name}: more than {MOST_SLOTS} slots; plan fewer days at once")
        for number, post in enumerate(self._file.posts):
            for place, shift in enumerate(post.shifts):
                where = f"$.posts[{number}].shifts[{place}]"
                begin, end = self._clock(shift.start, f"{where}.from"), self._clock(shift.end, f"{where}.to")
                length = timedelta(minutes=(end - begin) % _DAY or _DAY)
                for day in (self._file.first + timedelta(days=one) for one in range(days)):
                    if day.isoweekday() in shift.weekdays:
                        yield self._slot(post, shift, day, begin, length)

    def _slot(self, post: _Post, shift: _Shift, day: date, begin_minute: int, length: timedelta) -> Slot:
        raised = [one for one in post.raised if one.first <= day <= one.last]
        minimum = post.minimum if shift.minimum is None else shift.minimum
        wished = post.wished if shift.wished is None else shift.wished
        skills = dict(post.skills if shift.skills is None else shift.skills)
        for one in raised:
            minimum, wished = max(minimum, one.minimum), max(wished, one.wished)
            skills |= {skill: max(count, skills.get(skill, 0)) for skill, count in one.skills.items()}
        begin = datetime.combine(day, time(), self._zone) + timedelta(minutes=begin_minute)
        return Slot(
            id=slot_id(post.id, day, shift.code), post=post.id, begin=minute_of(begin), end=minute_of(begin + length),
            minimum=minimum, wished=wished, skills=tuple(sorted((name, one) for name, one in skills.items() if one)),
            code=shift.code, is_on_call=shift.on_call,
        )  # fmt: skip

    def _worker(self, person: _Person, place: str) -> Worker:
        unknown = person.posts - {post.id for post in self._file.posts}
        if unknown:
            raise self._fault(f"{place}.posts", f'there is no post "{min(unknown)}"')
        return Worker(
            id=person.id,
            posts=person.posts,
            skills=person.skills,
            leave=tuple(self._span(one, f"{place}.leave[{n}]") for n, one in enumerate(person.leave)),
            wishes=tuple(
                Wish(*self._span(one, f"{place}.wishes[{n}]"), one.wants == "duty", one.weight)
                for n, one in enumerate(person.wishes)
            ),
            history=person.history,
            stints=tuple(
                Stint(*self._span(one, f"{place}.stints[{n}]"), one.on_call) for n, one in enumerate(person.stints)
            ),
            is_barred_from_nights=not person.nights,
            weekly_minutes=None if person.weekly_hours is None else round(person.weekly_hours * 60),
            most_slots=person.most_shifts,
            share_percent=person.share_percent,
        )

    def _rules(self) -> Rules:
        given, law = self._file.rules, Rules()
        dusk, dawn = (self._clock(text, f"$.rules.night[{number}]") for number, text in enumerate(given.night))
        return replace(
            law,
            rest_minutes=_rule(given.rest_hours, law.rest_minutes, 60),
            nights_in_row=_rule(given.nights_in_row, law.nights_in_row),
            days_in_row=_rule(given.days_in_row, law.days_in_row),
            weekly_minutes=_rule(given.weekly_hours, law.weekly_minutes, 60),
            utc_offset_minutes=int(self._zone.utcoffset(None) / timedelta(minutes=1)),
            night_from_minute=dusk,
            night_to_minute=dawn,
            holidays=frozenset(map(day_of, given.holidays)),
        )

    def _span(self, span: _Span, place: str) -> tuple[int, int]:
        begin, end = self._moment(span.start, f"{place}.from"), self._moment(span.end, f"{place}.to", is_end=True)
        if end <= begin:
            raise self._fault(place, '"to" is not after "from"')
        return begin, end

    def _moment(self, text: str, place: str, *, is_end: bool = False) -> int:
        try:
            return read_moment(text, self._zone, is_end=is_end)
        except InputError as error:
            raise self._fault(place, str(error)) from None

    def _clock(self, text: str, place: str) -> int:
        try:
            clock = time.fromisoformat(text)
        except ValueError:
            raise self._fault(place, f'"{text}" is no time of day; write it as 22:00') from None
        return clock.hour * 60 + clock.minute

    def _read_zone(self, text: str) -> timezone:
        try:
            offset = datetime.strptime(text, "%z").utcoffset()
        except ValueError:
            offset = None
        if offset is None:
            raise self._fault("$.utc_offset", f'"{text}" is no offset from UTC; write it as +07:00')
        return timezone(offset)


def _rule(number: float | None, law: Rule | None, minutes: int = 1) -> Rule | None:
    return None if number is None else Rule(round(number * minutes), law.citation if law else "")
