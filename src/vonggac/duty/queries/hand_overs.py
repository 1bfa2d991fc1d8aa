"""What is handed over, and where a change of shift waits for its signatures."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from vonggac.cases import queries as cases
from vonggac.cases.models import Case
from vonggac.cases.queries import Selection
from vonggac.duty.models import HandOver, Post, Shift, WatchItem
from vonggac.duty.rules import hand_over_opens
from vonggac.tenancy.scope import bounds

LISTED = 30
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


@dataclass(frozen=True, slots=True)
class Change:
    """A change of shift: from when it can be signed, and the accounts of those who give it or take it."""

    post: Post
    boundary_utc: datetime
    opens_utc: datetime
    people: frozenset[int]

    @property
    def timestamp(self) -> int:
        """The moment as the address of its page has it."""
        return int(self.boundary_utc.timestamp())


def changes(start: datetime, end: datetime) -> list[Change]:
    """The changes of shift within a span on posts that hand over, the earliest first.

    Somebody ends and somebody begins at one moment; where the same people go on nothing changes hands.
    """
    posts = {post.pk: post for post in Post.objects.select_related("organisation", "lead").filter(hands_over=True)}
    touching = Shift.objects.filter(Q(to_utc__range=(start, end)) | Q(from_utc__range=(start, end)), post__in=posts)
    ending: dict[tuple[datetime, int], list[Shift]] = defaultdict(list)
    beginning: dict[tuple[datetime, int], list[Shift]] = defaultdict(list)
    for shift in touching.only("post_id", "person_id", "person_name", "from_utc", "to_utc"):
        ending[shift.to_utc, shift.post_id].append(shift)
        beginning[shift.from_utc, shift.post_id].append(shift)
    return [
        _change(posts[key[1]], key[0], ending[key], beginning[key])
        for key in sorted(ending.keys() & beginning.keys())
        if start <= key[0] <= end and _names(ending[key]) != _names(beginning[key])
    ]


def _change(post: Post, boundary: datetime, ending: Sequence[Shift], beginning: Sequence[Shift]) -> Change:
    people = frozenset(shift.person_id for shift in (*ending, *beginning) if shift.person_id)
    return Change(post, boundary, hand_over_opens(min(shift.from_utc for shift in ending), boundary), people)


def _names(shifts: Iterable[Shift]) -> set[str]:
    return {shift.person_name for shift in shifts}


def unsigned(start: datetime, end: datetime, at: datetime) -> list[Change]:
    """The changes of shift within a span that can be signed now and that nobody has taken yet, the latest first."""
    open_now = [one for one in changes(start, end) if one.opens_utc <= at < one.boundary_utc + LATEST]
    taken = set(
        HandOver.objects.filter(boundary_utc__range=(start, end), taken_at__isnull=False)
        .values_list("post_id", "boundary_utc")
    ) if open_now else set()  # fmt: skip
    return [one for one in reversed(open_now) if (one.post.pk, one.boundary_utc) not in taken]


def waiting(posts: Sequence[Post], start: datetime, end: datetime) -> list[HandOver]:
    """The hand-overs of a span that somebody gave and nobody has taken yet."""
    found = HandOver.objects.filter(
        post__in=posts, boundary_utc__range=(start, end), given_at__isnull=False, taken_at__isnull=True
    )
    return list(found.select_related("post").order_by("boundary_utc", "pk"))
