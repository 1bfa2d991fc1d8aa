"""Whether what an escalation is about still stands, asked of the rows themselves before anybody is called for it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from django.db.models import Exists, Max, OuterRef, Q

from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.duty import queries
from vonggac.duty.models import Concern, HandOver, Post, Prompt, RosterPost, RosterState, Shift, ShiftType
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.queries.needs import demands, patterned_from
from vonggac.duty.rules import Demand, Duty, Hole, holes

# Past this a post that nobody stands on is one that is not kept any more.
LOOK_BACK = timedelta(days=7)
# The last shift of a roster reaches into the day after it.
LATE_NIGHT = timedelta(days=1)
# A moment has no length: whoever begins a second later does not stand there yet, nor are they asked for.
MOMENT = timedelta.resolution
NEVER = datetime.max.replace(tzinfo=UTC)
# (identifiers, moment) → those that still stand.
Asker: TypeAlias = Callable[[set[int], datetime], set[int]]


def over(concerns: Iterable[Concern], *, at: datetime) -> set[int]:
    """The concerns that have settled themselves: somebody acknowledged the case, somebody stands on the post."""
    by_kind: dict[str, list[Concern]] = defaultdict(list)
    for concern in concerns:
        by_kind[concern.kind].append(concern)
    found: set[int] = set()
    for kind in _asked.keys() & by_kind.keys():
        standing = _asked[kind]({concern.identifier for concern in by_kind[kind]}, at)
        found |= {concern.pk for concern in by_kind[kind] if concern.identifier not in standing}
    return found


def stands() -> Q:
    """The concerns that stand at this moment: not those whose case was answered, although nobody settled them yet.

    Cases know of no calls, so that their answers settle nothing; acts of other kinds of work do that themselves.
    """
    answered = Case.objects.filter(pk=OuterRef("identifier")).exclude(state=State.SENT)
    return Q(settled_at__isnull=True) & ~(Q(kind="case") & Q(Exists(answered)))


def _waiting_cases(identifiers: set[int], _at: datetime) -> set[int]:
    waiting = Case.objects.filter(pk__in=identifiers, state=State.SENT)
    return set(waiting.values_list("pk", flat=True))


def _short_posts(identifiers: set[int], at: datetime) -> set[int]:
    return {post.pk for post, _ in open_holes(at, posts=identifiers)}


def _missing_people(identifiers: set[int], at: datetime) -> set[int]:
    missing = Shift.objects.filter(pk__in=identifiers, checked_in_at=None, taken_off_at=None, to_utc__gt=at)
    return set(missing.values_list("pk", flat=True))


def _silent_people(identifiers: set[int], at: datetime) -> set[int]:
    silent = Prompt.objects.filter(
        pk__in=identifiers, answered_at__isnull=True, shift__left_at__isnull=True, shift__to_utc__gt=at
    )
    return set(silent.values_list("pk", flat=True))


def _unsigned(identifiers: set[int], _at: datetime) -> set[int]:
    return set(HandOver.objects.filter(pk__in=identifiers, taken_at__isnull=True).values_list("pk", flat=True))


# Kinds that nobody asks for here stand until whoever started the call settles them, or a person ends it.
_asked: dict[str, Asker] = {
    "case": _waiting_cases,
    "post": _short_posts,
    "shift": _missing_people,
    "prompt": _silent_people,
    "hand_over": _unsigned,
}


def ask(kind: str, asker: Asker) -> None:
    """From now on this tells which rows of a kind still stand; a package of work says it of its own when it loads.

    ValueError where another function answers for the kind.
    """
    if _asked.setdefault(kind, asker) is not asker:
        raise ValueError(f"two functions tell whether {kind!r} still stands")


def open_holes(at: datetime, *, posts: set[int] | None = None) -> list[tuple[Post, Hole]]:
    """The posts that are short at this moment, each with its hole from where it began.

    Also where an imported table has run out: a post that was staffed this week and is not now; and one with shifts for
    which nobody has made a roster yet, from the first shift that begins after they were entered, or from the day on
    which a roster was published that nobody stands in. A hole of a week is not called for any more. Whoever checked in
    before their shift begins is there from then on.
    """
    start = at - LOOK_BACK
    shifts = Shift.objects.filter(Q(from_utc__lte=at) | Q(checked_in_at__lte=at), to_utc__gt=start)
    wanted = Post.objects.all() if posts is None else Post.objects.filter(pk__in=posts)
    duties: dict[int, list[Duty]] = defaultdict(list)
    for shift in queries.with_leave(shifts.filter(post__in=wanted)):
        duties[shift.post_id] += [*_before_begin(shift), *queries.stood(shift)]
    held = wanted.exclude(retired_on__lte=day_of(at)).filter(Q(pk__in=duties) | Q(shift_types__isnull=False))
    kept = list(held.distinct().select_related("organisation").order_by("pk"))
    needed, patterned = demands(kept, start, at + MOMENT), patterned_from(kept)
    entered = dict(ShiftType.objects.filter(post__in=kept).values_list("post_id").annotate(Max("since")).order_by())
    published = _published_from(kept, at)
    found = []
    for post in kept:
        asked = needed[post.pk]
        is_new = patterned.get(post.pk, start) > start and _has_begun(asked, entered.get(post.pk))
        is_known = post.pk in duties or is_new
        if not is_known and post.pk not in published:
            continue
        begin = start if is_known else max(start, published[post.pk])
        # Here, and here alone, the need of a table goes on past its end: somebody has to hear that nobody is there.
        if asked and not any(demand.to_utc > at for demand in asked) and patterned.get(post.pk, NEVER) > at:
            asked = [*asked, replace(asked[-1], from_utc=asked[-1].to_utc, to_utc=at + MOMENT)]
        short = holes(post.pk, asked, duties[post.pk], begin, at + MOMENT)
        if short and short[-1].to_utc > at and short[-1].from_utc > start:
            found.append((post, short[-1]))
    return found


def _has_begun(asked: Iterable[Demand], entered: datetime | None) -> bool:
    """True once a shift has begun since the shifts were entered: whoever makes a post has until then for its roster."""
    return entered is not None and any(demand.from_utc > entered for demand in asked)


def _published_from(posts: Collection[Post], at: datetime) -> dict[int, datetime]:
    """The begin of the day from which the newest roster of each post names who is on duty now, as it was published."""
    today = day_of(at)
    rows = RosterPost.objects.filter(
        post__in=posts, roster__state=RosterState.PUBLISHED, roster__from_day__lte=today,
        roster__to_day__gte=today - LATE_NIGHT,
    ).order_by("roster__published_at")  # fmt: skip
    return {
        post: begin_of(max(day, day_of(published)))
        for post, day, published in rows.values_list("post_id", "roster__from_day", "roster__published_at")
        if published is not None
    }


def _before_begin(shift: Shift) -> Iterator[Duty]:
    came, begin = shift.checked_in_at, shift.from_utc
    if came and came < begin:
        yield replace(queries.duty_of(shift), from_utc=came, to_utc=min(begin, shift.left_at or begin))
