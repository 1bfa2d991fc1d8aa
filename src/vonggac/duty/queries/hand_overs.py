"""What is handed over, and where a change of shift waits for its signatures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vonggac.cases import queries as cases
from vonggac.cases.models import Case
from vonggac.cases.queries import Selection
from vonggac.duty.models import HandOver, Post, Shift, WatchItem
from vonggac.tenancy.scope import bounds

LISTED = 30


def items(org_path: str, at: datetime) -> dict[str, Any]:
    """The list that both sides sign: open cases by due time, those that are late, and what to keep an eye on."""
    late = Selection(states=cases.LATE_STATES, due_before=at, org_path=org_path)
    waiting = Selection(states=cases.UNFINISHED, due_from=at, org_path=org_path)
    low, high = bounds(org_path)
    watched = WatchItem.objects.filter(closed_at__isnull=True, org_path__gte=low, org_path__lt=high).order_by("pk")
    return {
        "late": _cases(late),
        "late_total": cases.number_up_to(late),
        "open": _cases(waiting),
        "open_total": cases.number_up_to(waiting),
        "watch": [{"id": item.pk, "text": item.text, "by": item.made_by} for item in watched[:LISTED]],
    }


def _cases(selection: Selection) -> list[dict[str, Any]]:
    return [_case(case) for case in cases.inbox(selection, rows=LISTED).cases]


def _case(case: Case) -> dict[str, Any]:
    due = case.due_at.isoformat() if case.due_at else None
    return {"id": case.pk, "title": case.title, "state": case.state, "due": due, "unit": case.organisation.name}


def boundaries(start: datetime, end: datetime) -> list[tuple[Post, datetime]]:
    """The changes of shift within a span on posts that hand over: somebody ends and somebody begins at one moment."""
    posts = {post.pk: post for post in Post.objects.select_related("organisation", "lead").filter(hands_over=True)}
    ending = Shift.objects.filter(post__in=posts, to_utc__range=(start, end)).values_list("post_id", "to_utc")
    beginning = Shift.objects.filter(post__in=posts, from_utc__range=(start, end)).values_list("post_id", "from_utc")
    both = set(ending) & set(beginning)
    return [(posts[number], moment) for number, moment in sorted(both, key=lambda pair: (pair[1], pair[0]))]


def waiting(posts: Sequence[Post], start: datetime, end: datetime) -> list[HandOver]:
    """The hand-overs of a span that somebody gave and nobody has taken yet."""
    found = HandOver.objects.filter(
        post__in=posts, boundary_utc__range=(start, end), given_at__isnull=False, taken_at__isnull=True
    )
    return list(found.select_related("post").order_by("boundary_utc", "pk"))
