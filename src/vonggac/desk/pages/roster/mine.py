"""My shifts on a phone: the one under way with its one button, those to come, the calendar, leave, wishes, cover."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster.forms import NEW_FEED
from vonggac.desk.requests import DeskRequest
from vonggac.duty import feeds, queries
from vonggac.duty.models import Feed, LeaveKind, Member, Shift
from vonggac.duty.queries import exchanges, hand_overs, needs
from vonggac.duty.queries.changes import Change
from vonggac.duty.rules import may_check_in
from vonggac.errors import InputError, OutOfScope
from vonggac.register.rules import Act

AHEAD = timedelta(days=92)
# A change of shift can be signed from so long before it at the earliest.
NEAR = timedelta(hours=1)
MOST_CHANGES = 3


class Own(NamedTuple):
    """A shift of one's own that runs or can be begun, else the next: whether one may say now that one is there."""

    shift: Shift
    is_now: bool
    may_check_in: bool


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The person's own shifts, whatever post they are on."""
    now = frames.of(request).now
    shifts = list(
        Shift.objects.select_related("post")
        .filter(person=request.person, to_utc__gt=now, from_utc__lt=now + AHEAD, taken_off_at__isnull=True)
        .order_by("from_utc", "pk")
    )  # fmt: skip
    member = Member.objects.filter(person=request.person).order_by("pk").first()
    open_now = [shift for shift in shifts if may_check_in(shift.from_utc, shift.to_utc, now)]
    near = [
        Own(shift, shift.from_utc <= now, shift in open_now and (not shift.checked_in_at or shift.left_at is not None))
        for shift in open_now or shifts[:1]
    ]
    office = request.access.organisation
    context: dict[str, Any] = {
        "near": near,
        "first_to_press": next((own.shift for own in near if own.may_check_in), None),
        "coming": shifts[len(near) :],
        "holidays": needs.holidays(office.path, timezone.localdate(now), timezone.localdate(now) + AHEAD),
        "hand_overs": _hand_overs(request),
        "offered": exchanges.offered_to(member, now) if member else [],
        "asked": exchanges.asked_by(member, now) if member else [],
        "member": member,
        "leaves": member.leaves.filter(to_utc__gt=now).order_by("from_utc") if member else [],
        "wishes": member.wishes.filter(to_utc__gt=now).order_by("from_utc") if member else [],
        "leave_kinds": LeaveKind.choices,
        "feeds": Feed.objects.filter(member=member, revoked_at__isnull=True) if member else [],
        "new_feed": request.session.pop(NEW_FEED, ""),
        "here": "mine",
    }
    return render(request, "roster/mine.html", context)


def _hand_overs(request: DeskRequest) -> list[Change]:
    """The changes of shift that are the person's to give or to take and can be signed now, the latest first."""
    now = frames.of(request).now
    found = hand_overs.unsigned(now - hand_overs.LATEST, now + NEAR, now)
    return [change for change in found if request.person.pk in change.people][:MOST_CHANGES]


@require_POST
@comes_back_to("roster-mine")
def add_feed(request: DeskRequest) -> HttpResponse:
    """A calendar address of one's own, or of a post for those who make rosters; it is shown once."""
    at, by = frames.of(request).now, request.person.name
    if post_id := request.POST.get("post"):
        request.access.need(Act.ASSIGN)
        post = next((one for one in queries.posts(at) if str(one.pk) == post_id), None)
        if post is None:
            raise OutOfScope(_("There is no such post among those you may see."))
        request.session[NEW_FEED] = feeds.of_post(post, by=by, at=at)
        return HttpResponseRedirect(reverse("post", args=[post.pk]))
    member = Member.objects.filter(person=request.person).order_by("pk").first()
    if member is None:
        raise InputError(_("You are on no duty list yet; who makes the rosters enters you there."))
    request.session[NEW_FEED] = feeds.of_member(member, by=by, at=at)
    return HttpResponseRedirect(reverse("roster-mine"))


@require_POST
@comes_back_to("roster-mine")
def revoke_feed(request: DeskRequest, feed_id: int) -> HttpResponse:
    """A calendar address that answers no more."""
    feed = Feed.objects.select_related("member").filter(pk=feed_id).first()
    if feed is None:
        raise OutOfScope(_("There is no such calendar among those you may see."))
    is_own = feed.member is not None and feed.member.person_id == request.person.pk
    if not is_own:
        request.access.need(Act.ASSIGN)
    feeds.revoke(feed, at=frames.of(request).now)
    messages.success(request, _("The calendar address answers no more."))
    return HttpResponseRedirect(reverse("roster-mine") if is_own else reverse("posts"))
