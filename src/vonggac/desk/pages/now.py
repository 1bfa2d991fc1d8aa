"""Trực: who is on duty, what needs me, what is late, is the desk alive."""

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from vonggac.cases import queries as cases
from vonggac.cases.rules import State
from vonggac.desk import actions, first_steps, pulse
from vonggac.desk import frame as frames
from vonggac.desk.requests import DeskRequest
from vonggac.directives import queries as directives
from vonggac.duty.escalation import queries as escalations
from vonggac.duty.escalation.rules import State as CallState
from vonggac.duty.models import Post, Shift
from vonggac.duty.queries import hand_overs, is_away, leaves, with_leave
from vonggac.duty.queries.attendance import open_now
from vonggac.duty.queries.changes import Change
from vonggac.register.rules import Act

NEEDS_SHOWN = 7
# A shift is begun, and handed over, from this long before it at the earliest.
NEAR = timedelta(hours=1)
HOLES_SHOWN = 3
CALLS_SHOWN = 3
# What waits for a nation's head is not all told here: their own first.
EMPTY_SHOWN, CHANGES_SHOWN, LEAVES_SHOWN = 6, 3, 3


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The first page of everybody, without scrolling."""
    frame = frames.of(request)
    now, watch = frame.now, frame.watch
    steps, own_id = first_steps.of(request.access), request.person.pk
    needs = cases.needing(request.person.pk, now, rows=NEEDS_SHOWN)
    waiting = frame.counts.total(states=cases.LATE_STATES)
    calls = escalations.open_ones()
    directive = directives.in_force()
    parts = pulse.parts(now)
    posts, empty_now = {post.pk: post for post in watch.posts}, open_now(watch)
    ahead = [hole for hole in watch.holes if hole.from_utc > now]
    changes = _hand_overs(request, watch.posts)
    asked = leaves.waiting_for(request.person, now, may_assign=request.access.may(Act.ASSIGN))
    context = {
        "steps": steps,
        "watch": watch,
        "is_on_duty": any(shift.person_id == own_id for shift in watch.now) or (steps and _starts_soon(own_id, now)),
        "shift": _headline(request, watch.now),
        "following": watch.following,
        "empty_now": [(one.post, one.hole) for one in empty_now[:EMPTY_SHOWN]],
        "empty_rest": max(0, len(empty_now) - EMPTY_SHOWN),
        "is_post_empty": any(one.is_empty for one in empty_now),
        "ahead": [(posts[hole.post_id], hole) for hole in ahead[:HOLES_SHOWN]],
        "own": _own(request),
        "hand_overs": changes[:CHANGES_SHOWN],
        "hand_overs_rest": max(0, len(changes) - CHANGES_SHOWN),
        "calls": calls[:CALLS_SHOWN],
        "calls_rest": max(0, len(calls) - CALLS_SHOWN),
        "nobody_answers": any(one.state != CallState.TAKEN for one in calls),
        "leaves": asked[:LEAVES_SHOWN],
        "leaves_rest": max(0, len(asked) - LEAVES_SHOWN),
        "needs": needs,
        "seen_to": actions.seen_to(needs, request.access),
        "rest": max(0, waiting - len(needs)),
        "waiting": waiting,
        "answered": frame.counts.total(states=cases.UNFINISHED - cases.LATE_STATES),
        "unacknowledged": frame.counts.total(states=frozenset({State.SENT})),
        "contradicted": frame.counts.total(states=cases.UNFINISHED, proof="contradicted"),
        "directive": directive,
        "directive_rows": f"{reverse('cases')}?state=all&directive={directive.pk}" if directive else "",
        "progress": directives.progress(directive, now) if directive else None,
        "pulse": parts,
        "is_sound": all(part.is_sound for part in parts),
    }
    return render(request, "now/page.html", context)


def _headline(request: DeskRequest, on_now: list[Shift]) -> Shift | None:
    """The running shift that the page is headed with: the reader's own, else the one that ends soonest."""
    return min(on_now, key=lambda shift: (shift.person_id != request.person.pk, shift.to_utc), default=None)


def _starts_soon(person_id: int, now: datetime) -> bool:
    """True when a shift of the person begins within the hour."""
    coming = Shift.objects.filter(person=person_id, from_utc__gt=now, from_utc__lte=now + NEAR)
    return coming.filter(taken_off_at__isnull=True).exists()


def _own(request: DeskRequest) -> Shift | None:
    """The person's own shift into which they may check in now, whatever other posts begin before it."""
    now = frames.of(request).now
    near = with_leave(Shift.objects.filter(person=request.person, checked_in_at=None, to_utc__gt=now))
    near = near.filter(from_utc__lte=now + NEAR, taken_off_at=None).order_by("from_utc", "pk")
    return next((shift for shift in near if not is_away(shift, max(now, shift.from_utc))), None)


def _hand_overs(request: DeskRequest, posts: list[Post]) -> list[Change]:
    """The changes of shift whose next signature may be the person's, their own first.

    Their own as long as they can be signed, those of others only around the change: the lead hears of what stays open.
    """
    if not any(post.hands_over for post in posts):
        return []
    now, may_assign = frames.of(request).now, request.access.may(Act.ASSIGN)
    found = hand_overs.unsigned(now - hand_overs.LATEST, now + NEAR, now)
    own = [change for change in found if request.person.pk in change.people]
    others = [change for change in found if change not in own and now <= change.boundary_utc + NEAR]
    return [change for change in own + others if change.waits_for(request.person, now, may_assign=may_assign)]
