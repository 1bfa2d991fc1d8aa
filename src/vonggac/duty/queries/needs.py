"""What posts need: patterns, reinforcements and holidays, read from the tables as values."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Max, Min, Q

from vonggac.duty import patterns
from vonggac.duty.models import HolidayOverride, Post, Reinforcement, Shift, ShiftType
from vonggac.duty.patterns import Pattern, Raise, Slot
from vonggac.duty.rules import Demand
from vonggac.duty.skills import LEAD
from vonggac.regimes import public_holidays
from vonggac.regimes.public_holidays import Override

# No shift is longer than two days, so a shift that reaches into a span began at most so long before it.
LONGEST_SHIFT = timedelta(days=2)


def pattern_of(row: ShiftType) -> Pattern:
    """A shift type as a value."""
    return Pattern(
        row.pk, row.post_id, row.code, row.start_minute, row.length_minutes, row.valid_from, row.valid_to,
        tuple(row.weekdays), row.is_on_call, row.minimum, row.wished, row.skills, row.since,
    )  # fmt: skip


def raise_of(row: Reinforcement) -> Raise:
    """A reinforcement as a value."""
    return Raise(
        row.post_id, row.from_day, row.to_day, row.code, row.minimum, row.wished, row.skills, row.on_holidays,
        row.asked_at, row.ended_at,
    )  # fmt: skip


def shift_types(posts: Collection[Post], first: date, last: date) -> list[ShiftType]:
    """The shift types that hold on some day of a span, in the order of the day."""
    found = ShiftType.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=first), valid_from__lte=last)
    return list(found.filter(post__in=posts).order_by("post_id", "start_minute", "pk"))


def reinforcements(posts: Collection[Post], first: date, last: date) -> list[Reinforcement]:
    """The reinforcements that hold on some day of a span, or did until they were taken back."""
    found = Reinforcement.objects.filter(Q(to_day__isnull=True) | Q(to_day__gte=first), from_day__lte=last)
    return list(found.filter(post__in=posts).select_related("directive").order_by("post_id", "from_day", "pk"))


def holidays(org_path: str, first: date, last: date) -> dict[date, str]:
    """The holidays of an office: the country's, changed by hand by the offices above it and then by itself."""
    rows = HolidayOverride.objects.filter(on__range=(first, last)).order_by("org_path", "on")
    own = [Override(row.on, row.name, row.is_work) for row in rows if org_path.startswith(row.org_path)]
    return public_holidays.between(first, last, own)


def slots(posts: Sequence[Post], first: date, last: date) -> list[Slot]:
    """Every slot of these posts that begins on a day of the span; posts without shift types have none."""
    types = [pattern_of(row) for row in shift_types(posts, first, last)]
    raises = [raise_of(row) for row in reinforcements(posts, first, last)] if types else []
    retired = {post.pk: post.retired_on for post in posts if post.retired_on}
    found: list[Slot] = []
    for path in {post.org_path for post in posts}:
        own = {post.pk for post in posts if post.org_path == path}
        days = holidays(path, first, last) if any(one.on_holidays and one.post_id in own for one in raises) else {}
        found += patterns.slots((one for one in types if one.post_id in own), raises, days, first, last, retired)
    return sorted(found, key=lambda slot: (slot.from_utc, slot.post_id, slot.code, slot.type_id))


def first_day(post: Post, at: datetime, code: str = "") -> date:
    """The day of the earliest shift of a post that is not over: past midnight that of the night before; else today."""
    today = patterns.day_of(at)
    running = slots([post], patterns.day_of(at - LONGEST_SHIFT), today)
    return min((one.day for one in running if one.to_utc > at and code in ("", one.code)), default=today)


@dataclass(frozen=True, slots=True)
class Needs:
    """What posts need within a span: the slots that touch it, and by post what is asked for at which time."""

    slots: list[Slot]
    demands: dict[int, list[Demand]]


def needs(posts: Sequence[Post], start: datetime, end: datetime) -> Needs:
    """What each post needs within a span, minute by minute as it was asked for then.

    A post that a table made needs its minimum at every moment that its tables reach, until its first shift type asks
    for somebody: past their end the lack is of a table, not of a person.
    """
    found = slots(posts, patterns.day_of(start - LONGEST_SHIFT), patterns.day_of(end))
    touching = [slot for slot in found if slot.to_utc > start and slot.from_utc < end]
    demanded: dict[int, list[Demand]] = {post.pk: [] for post in posts}
    for slot in touching:
        demanded[slot.post_id] += slot.demands
    patterned = patterned_from(posts)
    bare = [post for post in posts if (post.minimum or post.needs_lead) and patterned.get(post.pk, end) > start]
    reached = shift_reach(bare) if bare else {}
    for post in bare:
        if post.pk in reached:
            demanded[post.pk] += _standing_need(post, start, min(end, patterned.get(post.pk, end)), reached[post.pk])
    return Needs(touching, demanded)


def patterned_from(posts: Collection[Post]) -> dict[int, datetime]:
    """From when each post's shift types ask for somebody; posts that never had any are left out."""
    found: dict[int, datetime] = {}
    held = ShiftType.objects.filter(post__in=posts).exclude(valid_to__lte=F("valid_from")).order_by()
    for post_id, day, minute, since in held.values_list("post_id", "valid_from", "start_minute", "since"):
        begin = patterns.begin_of(day, minute)
        begin = max(begin, since or begin)
        found[post_id] = min(found.get(post_id, begin), begin)
    return found


def shift_reach(posts: Collection[Post]) -> dict[int, tuple[datetime, datetime]]:
    """From the first begin to the last end of each post's shifts; posts without any are left out."""
    rows = Shift.objects.filter(post__in=posts).order_by().values("post_id")
    return {
        row["post_id"]: (row["first"], row["last"]) for row in rows.annotate(first=Min("from_utc"), last=Max("to_utc"))
    }


def demands(posts: Sequence[Post], start: datetime, end: datetime) -> dict[int, list[Demand]]:
    """What each post needs within a span, by post."""
    return needs(posts, start, end).demands


def _standing_need(post: Post, start: datetime, end: datetime, reach: tuple[datetime, datetime]) -> list[Demand]:
    start, end = max(start, reach[0]), min(end, reach[1])
    if post.retired_on is not None:
        end = min(end, patterns.begin_of(post.retired_on))
    skills = ((LEAD, 1),) if post.needs_lead else ()
    return [Demand(start, end, post.minimum, skills)] if start < end else []
