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
from vonggac.duty.queries import hand_overs, leaves
from vonggac.duty.queries.attendance import open_now
from vonggac.duty.queries.changes import Change
from vonggac.duty.rules import may_check_in
from vonggac.register.rules import Act

NEEDS_SHOWN = 7
# A change of shift is at hand this long before and after it.
NEAR = timedelta(hours=1)
HOLES_SHOWN = 3
CALLS_SHOWN = 3


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
    context = {
        "steps": steps,
        "watch": watch,
        "is_on_duty": any(shift.person_id == own_id for shift in watch.now) or (steps and _starts_soon(own_id, now)),
        "shift": _headline(request, watch.now),
        "following": watch.following,
        "empty_now": [(one.post, one.hole) for one in empty_now],
        "is_post_empty": any(one.is_empty for one in empty_now),
        "ahead": [(posts[hole.post_id], hole) for hole in ahead[:HOLES_SHOWN]],
        "own": _own(request, [*watch.now, *watch.following]),
        "hand_overs": _hand_overs(request, watch.posts),
        "calls": calls[:CALLS_SHOWN],
        "calls_rest": max(0, len(calls) - CALLS_SHOWN),
        "nobody_answers": any(one.state != CallState.TAKEN for one in calls),
        "leaves": leaves.waiting_for(request.person, now, may_assign=request.access.may(Act.ASSIGN)),
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


def _own(request: DeskRequest, shifts: list[Shift]) -> Shift | None:
    """The person's own shift into which they may check in now."""
    now = frames.of(request).now
    return next(
        (
            shift
            for shift in shifts
            if shift.person_id == request.person.pk
            and shift.checked_in_at is None
            and may_check_in(shift.from_utc, shift.to_utc, now)
        ),
        None,
    )


def _hand_overs(request: DeskRequest, posts: list[Post]) -> list[Change]:
    """The changes of shift around now whose next signature may be the person's."""
    if not any(post.hands_over for post in posts):
        return []
    now, may_assign = frames.of(request).now, request.access.may(Act.ASSIGN)
    found = hand_overs.unsigned(now - NEAR, now + NEAR, now)
    return [change for change in found if change.waits_for(request.person, now, may_assign=may_assign)]
