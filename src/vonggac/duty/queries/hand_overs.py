"""What is handed over, and where a change of shift waits for its signatures."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from vonggac.cases import queries as cases
from vonggac.cases.models import Case
from vonggac.cases.queries import Selection
from vonggac.duty import limits
from vonggac.duty.models import HandOver, Post, Shift, TighterRule, WatchItem
from vonggac.duty.queries.changes import Change
from vonggac.duty.queries.watch import with_leave
from vonggac.duty.rules import hand_over_opens
from vonggac.tenancy.scope import bounds

LISTED = 30
MINUTES = "hand_over_minutes"
# What was not signed by then is not signed any more: the next hand-over is nearer than the last.
LATEST = timedelta(hours=6)


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


def change_at(post: Post, boundary_utc: datetime) -> Change:
    """The change of shift of a post at a moment, whether or not shifts end and begin there; two queries."""
    touching = _with_people(Shift.objects.filter(Q(to_utc=boundary_utc) | Q(from_utc=boundary_utc), post=post))
    ending = [shift for shift in touching if shift.to_utc == boundary_utc]
    beginning = [shift for shift in touching if shift.from_utc == boundary_utc]
    return _change(post, boundary_utc, ending, beginning, limits.tighter_rules(MINUTES))


def changes(start: datetime, end: datetime) -> list[Change]:
    """The changes of shift within a span on posts that hand over, the earliest first.

    Somebody ends and somebody begins at one moment; where the same people go on nothing changes hands.
    """
    posts = {post.pk: post for post in Post.objects.select_related("organisation", "lead").filter(hands_over=True)}
    touching = Shift.objects.filter(Q(to_utc__range=(start, end)) | Q(from_utc__range=(start, end)), post__in=posts)
    ending: dict[tuple[datetime, int], list[Shift]] = defaultdict(list)
    beginning: dict[tuple[datetime, int], list[Shift]] = defaultdict(list)
    for shift in _with_people(touching):
        ending[shift.to_utc, shift.post_id].append(shift)
        beginning[shift.from_utc, shift.post_id].append(shift)
    rules = limits.tighter_rules(MINUTES) if posts else []
    return [
        _change(posts[key[1]], key[0], ending[key], beginning[key], rules)
        for key in sorted(ending.keys() & beginning.keys())
        if start <= key[0] <= end and _names(ending[key]) != _names(beginning[key])
    ]


def _with_people(shifts: QuerySet[Shift]) -> QuerySet[Shift]:
    """Those who stand them still: whom a plan took off neither gives nor takes."""
    standing = shifts.filter(taken_off_at__isnull=True).select_related("person")
    return with_leave(standing).order_by("person_name", "pk")


def _change(
    post: Post,
    boundary: datetime,
    ending: Sequence[Shift],
    beginning: Sequence[Shift],
    rules: Sequence[TighterRule],
) -> Change:
    opens = hand_over_opens(min((shift.from_utc for shift in ending), default=boundary), boundary)
    sign_by = boundary + limits.minutes_by(rules, post.org_path, MINUTES, boundary)
    return Change(post, boundary, opens, sign_by, ending, beginning)


def _names(shifts: Iterable[Shift]) -> set[str]:
    return {shift.person_name for shift in shifts}


def unsigned(start: datetime, end: datetime, at: datetime) -> list[Change]:
    """The changes of shift within a span that can be signed now and that nobody has taken yet, the latest first."""
    open_now = [one for one in changes(start, end) if one.opens_utc <= at < one.boundary_utc + LATEST]
    signed = {
        (row.post_id, row.boundary_utc): row
        for row in HandOver.objects.filter(boundary_utc__range=(start, end), given_at__isnull=False)
    } if open_now else {}  # fmt: skip
    found = ((one, signed.get((one.post.pk, one.boundary_utc))) for one in reversed(open_now))
    return [replace(one, is_given=row is not None) for one, row in found if row is None or row.taken_at is None]


def waiting(posts: Sequence[Post], start: datetime, end: datetime) -> list[HandOver]:
    """The hand-overs of a span that somebody gave and nobody has taken yet."""
    found = HandOver.objects.filter(
        post__in=posts, boundary_utc__range=(start, end), given_at__isnull=False, taken_at__isnull=True
    )
    return list(found.select_related("post").order_by("boundary_utc", "pk"))
