"""Who is on duty now, who comes, and what is missing, within the scope in force."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import DateTimeField, ExpressionWrapper, Func, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from vonggac.duty.coverage import by_shift
from vonggac.duty.models import Leave, LeaveState, Post, Prompt, RosterPost, RosterState, Shift
from vonggac.duty.patterns import Slot, begin_of, day_of
from vonggac.duty.queries.needs import LONGEST_SHIFT, demands
from vonggac.duty.rules import Demand, Duty, Hole, holes, parted
from vonggac.duty.skills import skill_code
from vonggac.errors import OutOfScope

# A hole this far ahead is worth showing on the first page.
AHEAD = timedelta(days=7)
# A hole that is open now is said from when on: so far back it is looked for.
BEHIND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is on duty now, who comes next, and the holes ahead; whoever left or is on leave now is not on duty."""

    posts: list[Post]
    now: list[Shift]
    following: list[Shift]
    holes: list[Hole]
    at: datetime

    @property
    def is_staffed(self) -> bool:
        """True when somebody is on duty at this moment."""
        return bool(self.now)

    @property
    def holes_now(self) -> list[Hole]:
        """The holes that are open at this moment."""
        return [hole for hole in self.holes if hole.from_utc <= self.at < hole.to_utc]


class Planned(NamedTuple):
    """What of a shift tells whether somebody is there: a nation has thousands of them in a week."""

    pk: int
    post_id: int
    person_name: str
    skill: str
    skills: list[str]
    from_utc: datetime
    to_utc: datetime
    checked_in_at: datetime | None
    left_at: datetime | None
    breaks: Sequence[Sequence[datetime]]
    away: Sequence[Sequence[datetime]]


def watch(at: datetime) -> Watch:
    """The state of the watch at a moment: a fixed number of queries, whatever the number of posts."""
    active, end = list(held_posts(at)), at + AHEAD
    touching = Shift.objects.filter(to_utc__gt=at - BEHIND, from_utc__lt=end + LONGEST_SHIFT)
    ordered = with_leave(touching).order_by("from_utc", "pk")
    around = [Planned(*row) for row in ordered.values_list(*Planned._fields)]
    planned = [shift for shift in around if shift.to_utc > at and shift.from_utc < end]
    if not active and not planned:
        return Watch([], [], [], [], at)
    on_now = [shift.pk for shift in planned if shift.from_utc <= at and not (is_away(shift, at) or has_left(shift, at))]
    first = next((shift.from_utc for shift in planned if shift.from_utc > at), None)
    following = [shift.pk for shift in planned if shift.from_utc == first]
    shown = Shift.objects.select_related("post").in_bulk([*on_now, *following])
    return Watch(
        posts=active,
        now=sorted((shown[pk] for pk in on_now), key=lambda shift: (not duty_of(shift).is_lead, shift.person_name)),
        following=[shown[pk] for pk in following],
        holes=all_holes(demands(active, at - BEHIND, end + LONGEST_SHIFT), around, at, reaches(active, at)),
        at=at,
    )


def posts(at: datetime) -> list[Post]:
    """The posts that are still held, in the order of the page."""
    return list(held_posts(at).select_related("organisation"))


def held_posts(at: datetime) -> QuerySet[Post]:
    """The same, to be narrowed."""
    return Post.objects.exclude(retired_on__lte=day_of(at)).order_by("org_path", "position", "pk")


def shifts(start: datetime, end: datetime) -> list[Shift]:
    """The shifts that touch a span, in order of time."""
    touching = Shift.objects.select_related("post").filter(to_utc__gt=start, from_utc__lt=end)
    return list(with_leave(touching).order_by("from_utc", "pk"))


def shift(shift_id: int) -> Shift:
    """One shift; OutOfScope when it is not among those one may see."""
    found = Shift.objects.select_related("post__organisation", "person", "member").filter(pk=shift_id).first()
    if found is None:
        raise OutOfScope(f"shift {shift_id} is not among those you may see")
    return found


def question(prompt_id: int) -> Prompt:
    """One question of the night; OutOfScope when it is not among those one may see."""
    found = Prompt.objects.select_related("shift__post").filter(pk=prompt_id).first()
    if found is None:
        raise OutOfScope(f"question {prompt_id} is not among those you may see")
    return found


def not_there(slot: Slot, at: datetime) -> list[Shift]:
    """The shifts of a slot whose people are no cover for all that is left of it: they left, or are on leave in it."""
    own = Shift.objects.filter(post=slot.post_id, from_utc=slot.from_utc, to_utc=slot.to_utc)
    reached = max(at, slot.from_utc)
    return [
        one
        for one in with_leave(own).order_by("left_at", "pk")
        if one.left_at is not None or any(begin < slot.to_utc and end > reached for begin, end in missing(one))
    ]


def question_to(person_id: int, at: datetime) -> Prompt | None:
    """The newest question at night that somebody has not answered, while their shift lasts."""
    waiting = Prompt.objects.filter(
        shift__person_id=person_id, answered_at__isnull=True, asked_at__lte=at, shift__to_utc__gt=at
    )
    return waiting.select_related("shift__post").order_by("-asked_at").first()


def all_holes(
    needed: Mapping[int, Sequence[Demand]],
    planned: Sequence[Shift | Planned],
    start: datetime,
    ends: Mapping[int, datetime],
) -> list[Hole]:
    """The holes of every post that are open at a moment or begin within a week, each whole, the earliest first.

    As far as its roster reaches (`ends`); one that is open since longer than `BEHIND` begins there.
    """
    duties: dict[int, list[Duty]] = {}
    for shift in planned:
        duties.setdefault(shift.post_id, []).extend(stood(shift))
    found = [
        hole
        for post_id, asked in needed.items()
        if ends.get(post_id, start) > start
        for hole in by_shift(
            holes(
                post_id,
                asked,
                duties.get(post_id, []),
                start - BEHIND,
                min(covers(ends[post_id], asked), covers(start + AHEAD, asked)),
            ),
            asked,
        )
        if start < hole.to_utc and hole.from_utc < start + AHEAD
    ]
    return sorted(found, key=lambda hole: (hole.from_utc, hole.post_id))


def reaches(posts: Sequence[Post], at: datetime) -> dict[int, datetime]:
    """How far each post's roster reaches from a moment on: its last shift, or the last day of a published roster.

    Past that the lack is of a roster, not of a person; posts without either are left out. Every page, the pre-flight
    check and the strips of presence ask here.
    """
    published = RosterPost.objects.filter(post__in=posts, roster__state=RosterState.PUBLISHED).order_by()
    days = published.values("post_id").annotate(last=Max("roster__to_day"))
    found = {row["post_id"]: begin_of(row["last"] + timedelta(days=1)) for row in days}
    ahead = Shift.objects.filter(post__in=posts, from_utc__gt=at - LONGEST_SHIFT, to_utc__gt=at).order_by()
    for row in ahead.values("post_id").annotate(last=Max("to_utc")):
        found[row["post_id"]] = max(found.get(row["post_id"], row["last"]), row["last"])
    return found


def covers(reach: datetime, asked: Iterable[Demand]) -> datetime:
    """Until when a roster that reaches so far says who is on duty: to the end of the shifts that begin before."""
    return max([reach, *(one.to_utc for one in asked if one.from_utc < reach)])


def duty_of(shift: Shift | Planned) -> Duty:
    """The shift as a value: the skills of its person when it was published, and what an imported table wrote."""
    written = {skill_code(shift.skill)} if shift.skill else set()
    return Duty(shift.post_id, shift.person_name, frozenset({*shift.skills, *written}), shift.from_utc, shift.to_utc)


def with_leave(shifts: QuerySet[Shift]) -> QuerySet[Shift]:
    """The shifts with the times for which their people were granted leave, as `stood` wants them; no query of its own.

    An imported table may know the account alone.
    """
    theirs = Q(member=OuterRef("member")) | Q(member__person=OuterRef("person"))
    granted = Leave.objects.filter(
        theirs, state=LeaveState.GRANTED, to_utc__gt=OuterRef("from_utc"), from_utc__lt=OuterRef("to_utc")
    )
    times = ArrayField(DateTimeField())
    span = Func("from_utc", "to_utc", Coalesce("decided_at", "asked_at"), template="ARRAY[%(expressions)s]")
    # The model names what is annotated here, for whoever reads it.
    return shifts.annotate(away=ArraySubquery(granted.values(span=ExpressionWrapper(span, times))))  # type: ignore[no-redef]


def is_away(shift: Shift | Planned, at: datetime) -> bool:
    """True when the person of the shift, read `with_leave`, is on leave at a moment: they stand no duty then."""
    return any(begin <= at < end for begin, end in missing(shift))


def stood(shift: Shift | Planned) -> list[Duty]:
    """The shift as it will be stood: `is_away` where its person is on leave, and cut where they have left."""
    left = absences(shift)
    return [
        piece for part in parted(duty_of(shift), missing(shift))
        for piece in ([part] if part.is_away else _rest(part, left))
    ]  # fmt: skip


def _rest(duty: Duty, gone: Sequence[tuple[datetime, datetime]]) -> list[Duty]:
    return [piece for piece in parted(duty, gone) if not piece.is_away]


def absences(shift: Shift | Planned) -> list[tuple[datetime, datetime]]:
    """The times in which the person of the shift was gone: until they came back, else to its end.

    Who never checked in has left only where they were taken off it.
    """
    if shift.checked_in_at is None:
        return [(shift.left_at, shift.to_utc)] if shift.left_at else []
    back = [came for came, _ in _sessions(shift)[1:]]
    left = [until for _, until in _sessions(shift) if until is not None]
    return list(itertools.zip_longest(left, back, fillvalue=shift.to_utc))


def has_left(shift: Shift | Planned, at: datetime) -> bool:
    """True when the person of the shift is gone at a moment: they stand no duty then."""
    return any(begin <= at < end for begin, end in absences(shift))


def _sessions(shift: Shift | Planned) -> list[tuple[datetime, datetime | None]]:
    """(came, left) of the person of the shift, in order; None while they stay."""
    came = [shift.checked_in_at, *(back for _, back in shift.breaks)]
    left = [*(gone for gone, _ in shift.breaks), shift.left_at]
    return [(begin, end) for begin, end in zip(came, left, strict=True) if begin is not None]


def missing(shift: Shift | Planned) -> list[tuple[datetime, datetime]]:
    """The times in which the person of the shift, read `with_leave`, is on leave and did not come all the same.

    Who checks in once their leave has begun, or to a shift that begins in it, is there until they leave, or until leave
    is granted to them after that: who comes and falls ill is away from when that is entered, or from its later begin.
    """
    last = shift.to_utc if shift.checked_in_at else shift.left_at or shift.to_utc
    return [(begin, min(end, last)) for begin, end in _missing(shift) if begin < min(end, last)]


def _missing(shift: Shift | Planned) -> Iterator[tuple[datetime, datetime]]:
    for begin, end, granted in shift.away:
        reached = begin
        for came, left in _sessions(shift):
            if max(came, shift.from_utc) >= begin:
                yield reached, min(came, end)
                gone = [moment for moment in (left, granted if granted > came else None) if moment is not None]
                reached = max(reached, min(gone, default=end))
        yield reached, end
