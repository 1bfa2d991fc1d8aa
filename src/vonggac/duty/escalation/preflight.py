"""What would fail at night, said by day: a roster looked at as the calls would use it.

empty        nobody stands in a slot, or nobody leads it
unplanned    nobody made the roster from a shift on
unreachable  somebody on duty has no address that was ever tested, gets through, and is on a channel in use
absent       somebody on duty is on leave
twice        somebody is in two places at once
tired        somebody has too little rest between two shifts, as the checker of rosters counts it
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from vonggac.duty import limits, queries
from vonggac.duty.coverage import by_shift
from vonggac.duty.escalation.recipients import methods_in_use
from vonggac.duty.models import Leave, LeaveState, Shift
from vonggac.duty.queries.needs import demands
from vonggac.duty.rules import Demand, Duty, holes, parted
from vonggac.kernel.roster import values as kernel
from vonggac.kernel.roster.checking import check_worker

# Rest is counted from shifts that ended so long before the span.
LOOK_BACK = timedelta(days=2)


class Fault(StrEnum):
    """What is wrong."""

    EMPTY = "empty"
    UNPLANNED = "unplanned"
    UNREACHABLE = "unreachable"
    ABSENT = "absent"
    TWICE = "twice"
    TIRED = "tired"


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which somebody stands no duty."""

    person: str
    from_utc: datetime
    to_utc: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, when, with whom ("" where nobody stands)."""

    fault: Fault
    post_id: int
    from_utc: datetime
    to_utc: datetime
    person: str = ""
    shifts: tuple[tuple[datetime, datetime], ...] = ()
    """The two shifts with too little rest between them; the finding's own times are that rest."""


def findings(
    asked: Mapping[int, Collection[Demand]],
    duties: Sequence[Duty],
    *,
    unreachable: Collection[str],
    absences: Iterable[Absence],
    least_rest: Mapping[int, timedelta],
    start: datetime,
    ends: Mapping[int, datetime],
) -> list[Finding]:
    """Everything that is wrong from a moment on, the earliest first.

    `asked`: what each post needs; `ends`: how far each post's roster reaches, past which it lacks a roster, not people;
    `least_rest`: between two shifts, the second of them on that post. People are told apart by `Duty.person`; `duties`
    may reach before the start, because rest is counted from what came before. O(n log n).
    """
    away = _by_person(absences)
    stood = [piece for duty in duties for piece in parted(duty, away[duty.person])]
    found = [finding for post in asked for finding in _empty(post, asked[post], stood, start, ends.get(post, start))]
    found += [finding for post in asked for finding in _unplanned(post, asked[post], start, ends.get(post))]
    inside = [duty for duty in duties if start < duty.to_utc and duty.from_utc < ends.get(duty.post_id, start)]
    found += [_of(Fault.UNREACHABLE, duty) for duty in _firsts(inside) if duty.person in unreachable]
    found += _away(inside, away)
    found += [finding for finding in _between(duties, least_rest) if finding.to_utc > start]
    return sorted(found, key=lambda finding: (finding.from_utc, finding.fault, finding.post_id, finding.person))


def _empty(
    post: int, asked: Collection[Demand], duties: Sequence[Duty], start: datetime, end: datetime
) -> Iterator[Finding]:
    for hole in by_shift(holes(post, asked, duties, start, end), asked) if start < end else ():
        yield Finding(Fault.EMPTY, post, hole.from_utc, hole.to_utc)


def _unplanned(post: int, asked: Collection[Demand], start: datetime, end: datetime | None) -> Iterator[Finding]:
    """The first shift past the end of the roster, or at all where there is none (`end` None)."""
    later = [one for one in asked if one.to_utc > start and (end is None or one.from_utc >= end)]
    first = min(later, key=lambda one: one.from_utc, default=None)
    if first is not None:
        yield Finding(Fault.UNPLANNED, post, max(first.from_utc, start), first.to_utc)


def _firsts(duties: Iterable[Duty]) -> Iterator[Duty]:
    """The first shift of each person: that nobody can reach them is said once."""
    seen: set[str] = set()
    for duty in sorted(duties, key=lambda duty: (duty.from_utc, duty.post_id)):
        if duty.person not in seen:
            seen.add(duty.person)
            yield duty


def _of(fault: Fault, duty: Duty) -> Finding:
    return Finding(fault, duty.post_id, duty.from_utc, duty.to_utc, duty.person)


def _by_person(absences: Iterable[Absence]) -> Mapping[str, list[tuple[datetime, datetime]]]:
    away: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for absence in absences:
        away[absence.person].append((absence.from_utc, absence.to_utc))
    return away


def _away(duties: Iterable[Duty], away: Mapping[str, Iterable[tuple[datetime, datetime]]]) -> Iterator[Finding]:
    """The times of shifts in which their people are away."""
    for duty in duties:
        for begin, end in away[duty.person]:
            first, last = max(duty.from_utc, begin), min(duty.to_utc, end)
            if first < last:
                yield Finding(Fault.ABSENT, duty.post_id, first, last, duty.person)


def _between(duties: Iterable[Duty], least_rest: Mapping[int, timedelta]) -> Iterator[Finding]:
    """What is wrong between two shifts of one person, as the checker of rosters judges it.

    They overlap, or the pause before the second is shorter than that one's post allows; being on call is no work.
    """
    by_person: dict[str, list[Duty]] = defaultdict(list)
    for duty in duties:
        by_person[duty.person].append(duty)
    for person, own in by_person.items():
        yield from dict.fromkeys(_broken(person, own, least_rest))


def _broken(person: str, own: Sequence[Duty], least_rest: Mapping[int, timedelta]) -> Iterator[Finding]:
    slots = [
        kernel.Slot(
            str(place), str(duty.post_id), kernel.minute_of(duty.from_utc), kernel.minute_of(duty.to_utc),
            is_on_call=duty.is_on_call,
        )
        for place, duty in enumerate(own)
    ]  # fmt: skip
    rests = {duty.post_id: least_rest.get(duty.post_id, timedelta()) // timedelta(minutes=1) for duty in own}
    rules = kernel.Rules(kernel.Rule(max(rests.values())), None, None, None)
    worker = kernel.Worker(person, frozenset(slot.post for slot in slots))
    for one in check_worker(rules, worker, slots):
        first, later = (own[int(slot)] for slot in one.slots)
        if one.rule == kernel.RuleName.OVERLAP:
            yield Finding(Fault.TWICE, later.post_id, later.from_utc, min(first.to_utc, later.to_utc), person)
        elif one.rule == kernel.RuleName.REST and one.found < rests[later.post_id]:
            both = tuple((duty.from_utc, duty.to_utc) for duty in (first, later))
            yield Finding(Fault.TIRED, later.post_id, first.to_utc, later.from_utc, person, both)


def check(start: datetime, end: datetime) -> list[Finding]:
    """What is wrong with the rosters in the scope in force, each as far as it reaches; a fixed number of queries."""
    posts = queries.posts(start)
    held = {post.pk for post in posts}
    shifts = [shift for shift in queries.shifts(start - LOOK_BACK, end) if shift.post_id in held]
    rules = limits.in_force_at({post.org_path for post in posts}, start)
    reach = queries.reaches(posts, start)
    asked = demands(posts, start, end)
    found = findings(
        asked,
        [_until_left(shift) for shift in shifts if shift.left_at is None or shift.left_at > shift.from_utc],
        unreachable=_unreachable(shifts),
        absences=_absences(shifts, start, end),
        least_rest={post.pk: timedelta(hours=rules[post.org_path]["rest_hours"].value) for post in posts},
        start=start,
        ends={post: min(queries.covers(reached, asked[post]), end) for post, reached in reach.items()},
    )
    names = {_key(shift): shift.person_name for shift in shifts}
    return [replace(finding, person=names.get(finding.person, "")) for finding in found]


def _until_left(shift: Shift) -> Duty:
    end = min(shift.to_utc, shift.left_at or shift.to_utc)
    return replace(queries.duty_of(shift), person=_key(shift), to_utc=end, is_on_call=shift.is_on_call)


def _key(shift: Shift) -> str:
    """What tells people apart: the account, wherever it stands; without one, the name within its office."""
    return f"person:{shift.person_id}" if shift.person_id else f"{shift.org_path}:{shift.person_name}"


def _unreachable(shifts: Iterable[Shift]) -> set[str]:
    """Those without an address that was tested and works; without an account nobody has one."""
    keys = {_key(shift): shift.person_id for shift in shifts}
    used = methods_in_use({identifier for identifier in keys.values() if identifier})
    sound = used.filter(tested_at__isnull=False, failed_at__isnull=True)
    reached = set(sound.values_list("person_id", flat=True))
    return {key for key, identifier in keys.items() if identifier not in reached}


def _absences(shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Absence]:
    """The granted leave of everybody on these shifts, also of those whose imported table knows only the person."""
    by_member = {shift.member_id: _key(shift) for shift in shifts if shift.member_id}
    by_person = {shift.person_id: _key(shift) for shift in shifts if shift.person_id}
    granted = Leave.objects.filter(
        Q(member__in=by_member) | Q(member__person__in=by_person),
        state=LeaveState.GRANTED, to_utc__gt=start, from_utc__lt=end,
    )  # fmt: skip
    return [
        Absence(by_person.get(one.member.person_id or 0) or by_member[one.member_id], one.from_utc, one.to_utc)
        for one in granted.select_related("member")
    ]
