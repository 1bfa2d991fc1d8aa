"""Whether what an escalation is about still stands, asked of the rows themselves before anybody is called for it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.duty import queries
from vonggac.duty.models import Concern, Post, Shift
from vonggac.duty.queries.needs import demands
from vonggac.duty.rules import Duty, Hole, holes

# Past this a post that nobody stands on is one that is not kept any more.
LOOK_BACK = timedelta(days=7)
MOMENT = timedelta(minutes=1)


def over(concerns: Iterable[Concern], *, at: datetime) -> set[int]:
    """The concerns that have settled themselves: somebody acknowledged the case, somebody stands on the post."""
    by_kind: dict[str, list[Concern]] = defaultdict(list)
    for concern in concerns:
        by_kind[concern.kind].append(concern)
    found: set[int] = set()
    for kind in ASKED.keys() & by_kind.keys():
        standing = ASKED[kind]({concern.identifier for concern in by_kind[kind]}, at)
        found |= {concern.pk for concern in by_kind[kind] if concern.identifier not in standing}
    return found


def _waiting_cases(identifiers: set[int], _at: datetime) -> set[int]:
    waiting = Case.objects.filter(pk__in=identifiers, state=State.SENT)
    return set(waiting.values_list("pk", flat=True))


def _short_posts(identifiers: set[int], at: datetime) -> set[int]:
    return {post.pk for post, _ in open_holes(at, posts=identifiers)}


ASKED: Mapping[str, Callable[[set[int], datetime], set[int]]] = {"case": _waiting_cases, "post": _short_posts}


def open_holes(at: datetime, *, posts: set[int] | None = None) -> list[tuple[Post, Hole]]:
    """The posts that are short at this moment, each with its hole from where it began.

    Also where the roster has run out: a post that was staffed this week and is not now. One without a shift in a week
    is not kept any more.
    """
    start = at - LOOK_BACK
    shifts = Shift.objects.filter(to_utc__gt=start, from_utc__lte=at)
    wanted = Post.objects.all() if posts is None else Post.objects.filter(pk__in=posts)
    duties: dict[int, list[Duty]] = defaultdict(list)
    for shift in shifts.filter(post__in=wanted):
        duties[shift.post_id].append(queries.duty_of(shift))
    kept = list(wanted.filter(pk__in=duties).select_related("organisation").order_by("pk"))
    needed = demands(kept, start, at + MOMENT)
    found = []
    for post in kept:
        short = holes(post.pk, needed.get(post.pk, ()), duties[post.pk], start, at + MOMENT)
        if short and short[-1].to_utc > at and short[-1].from_utc > start:
            found.append((post, short[-1]))
    return found
