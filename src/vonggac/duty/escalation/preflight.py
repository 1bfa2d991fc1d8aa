"""What would fail at night, said by day: a roster looked at as the calls would use it.

empty        nobody stands in a slot, or nobody leads it
unreachable  somebody on duty has no address that was ever tested, or one that does not get through
absent       somebody on duty is on leave
twice        somebody is in two places at once
tired        somebody has too little rest between two shifts
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vonggac.duty import queries
from vonggac.duty.models import ContactMethod, Post, Shift
from vonggac.duty.queries import needs
from vonggac.duty.rules import Demand, Duty, holes

# Labour Code 2019, Art. 110: at least 12 hours before another shift.
LEAST_REST = timedelta(hours=12)


class Fault(StrEnum):
    """What is wrong."""

    EMPTY = "empty"
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


def findings(
    demands: Mapping[int, Sequence[Demand]],
    duties: Sequence[Duty],
    *,
    unreachable: Collection[str],
    absences: Iterable[Absence] = (),
    start: datetime,
    end: datetime,
    least_rest: timedelta = LEAST_REST,
) -> list[Finding]:
    """Everything that is wrong in a span, the earliest first; people are told apart by their names.

    `duties` may reach before the start: rest is counted from what came before.
    """
    found = [finding for post, asked in demands.items() for finding in _empty(post, asked, duties, start, end)]
    inside = [duty for duty in duties if duty.to_utc > start and duty.from_utc < end]
    found += [_of(Fault.UNREACHABLE, duty) for duty in _firsts(inside) if duty.person in unreachable]
    away = defaultdict(list)
    for absence in absences:
        away[absence.person].append(absence)
    found += [
        Finding(Fault.ABSENT, duty.post_id, max(duty.from_utc, one.from_utc), min(duty.to_utc, one.to_utc), duty.person)
        for duty in inside
        for one in away[duty.person]
        if one.from_utc < duty.to_utc and duty.from_utc < one.to_utc
    ]
    found += [finding for finding in _between(duties, least_rest) if finding.to_utc > start and finding.from_utc < end]
    return sorted(found, key=lambda finding: (finding.from_utc, finding.fault, finding.post_id, finding.person))


def _empty(
    post_id: int, asked: Sequence[Demand], duties: Sequence[Duty], start: datetime, end: datetime
) -> Iterator[Finding]:
    for hole in holes(post_id, asked, duties, start, end):
        yield Finding(Fault.EMPTY, post_id, hole.from_utc, hole.to_utc)


def _firsts(duties: Iterable[Duty]) -> Iterator[Duty]:
    """The first shift of each person: that nobody can reach them is said once."""
    seen: set[str] = set()
    for duty in sorted(duties, key=lambda duty: (duty.from_utc, duty.post_id)):
        if duty.person not in seen:
            seen.add(duty.person)
            yield duty


def _of(fault: Fault, duty: Duty) -> Finding:
    return Finding(fault, duty.post_id, duty.from_utc, duty.to_utc, duty.person)


def _between(duties: Iterable[Duty], least_rest: timedelta) -> Iterator[Finding]:
    """What is wrong between two shifts of one person: they overlap, or the pause is too short.

    Shifts that follow one another without a pause on one post are one long shift, which the roster's own rules judge.
    """
    by_person: dict[str, list[Duty]] = defaultdict(list)
    for duty in sorted(duties, key=lambda duty: (duty.from_utc, duty.to_utc, duty.post_id)):
        by_person[duty.person].append(duty)
    for own in by_person.values():
        latest = own[0]
        for duty in own[1:]:
            if duty.from_utc < latest.to_utc:
                yield Finding(Fault.TWICE, duty.post_id, duty.from_utc, min(duty.to_utc, latest.to_utc), duty.person)
            elif timedelta() < duty.from_utc - latest.to_utc < least_rest:
                yield Finding(Fault.TIRED, duty.post_id, latest.to_utc, duty.from_utc, duty.person)
            latest = max(latest, duty, key=lambda one: one.to_utc)


def check(
    start: datetime, end: datetime, *, posts: Sequence[Post] | None = None, absences: Iterable[Absence] = ()
) -> list[Finding]:
    """What is wrong with the roster in the scope in force, as far as it reaches."""
    looked_at = list(Post.objects.order_by("pk")) if posts is None else list(posts)
    shifts = [
        shift
        for shift in queries.shifts(start - timedelta(days=1), end)
        if shift.post_id in {post.pk for post in looked_at}
    ]
    end = min(end, max((shift.to_utc for shift in shifts), default=start))
    return findings(
        needs.demands(looked_at, start, end),
        [queries.duty_of(shift) for shift in shifts],
        unreachable=unreachable(shifts),
        absences=absences,
        start=start,
        end=end,
    )


def unreachable(shifts: Iterable[Shift]) -> set[str]:
    """The names on shifts of those who have no address that was tested and works; without an account nobody has one."""
    names = {shift.person_name: shift.person_id for shift in shifts}
    sound = ContactMethod.objects.filter(
        person__in=[identifier for identifier in names.values() if identifier],
        is_enabled=True, tested_at__isnull=False, failed_at__isnull=True,
    )  # fmt: skip
    reached = set(sound.values_list("person_id", flat=True))
    return {name for name, identifier in names.items() if identifier not in reached}
