"""Handing over a shift: one list, given by one side and taken by the other."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import forms
from vonggac.desk.requests import DeskRequest
from vonggac.duty.models import HandOver, Post
from vonggac.duty.queries import hand_overs as queries
from vonggac.duty.queries.changes import Side, Signer
from vonggac.duty.services import hand_overs as services
from vonggac.errors import InputError, OutOfScope
from vonggac.register.rules import Act

BEHIND = timedelta(days=7)


@require_safe
def page(request: DeskRequest, post_id: int, boundary: int) -> HttpResponse:
    """One change of shift: who ends, who begins, the list as it stands or as it was given, both signatures."""
    post, moment = _change_of_shift(post_id, boundary)
    now = frames.of(request).now
    hand_over = HandOver.objects.filter(post=post, boundary_utc=moment).first()
    is_given = hand_over is not None and hand_over.given_at is not None
    change = queries.change_at(post, moment)
    is_over = now >= moment + queries.LATEST
    is_taken = is_given and hand_over is not None and hand_over.taken_at is not None
    is_unsigned = not is_over and not is_taken
    signing = {
        side: change.signer(side, request.person, now, may_assign=request.access.may(Act.ASSIGN)) for side in Side
    }
    is_mine = is_given and hand_over is not None and hand_over.giver_id == request.person.pk
    may_give = is_unsigned and bool(change.ending) and change.opens_utc <= now and (
        signing[Side.GIVES] == Signer.OWN if is_given and not is_mine else signing[Side.GIVES] is not None
    )  # fmt: skip
    context = {
        "post": post,
        "moment": moment,
        "ending": change.ending,
        "beginning": change.beginning,
        "hand_over": hand_over if is_given else None,
        "items": hand_over.items if is_given and hand_over else queries.items(post.org_path, now),
        "may_give": may_give,
        "stands_in": Signer.STAND_IN in signing.values(),
        "replaces": may_give and is_given and not is_mine,
        # What was given can be taken, whatever shifts a newer version plans.
        "may_take": is_given and is_unsigned and not is_mine and signing[Side.TAKES] is not None,
        "opens": change.opens_utc if change.ending and now < change.opens_utc else None,
        "is_over": is_over and not is_taken,
        "may_work": request.access.may(Act.WORK),
        "earlier": HandOver.objects.filter(
            post=post, boundary_utc__lt=moment, boundary_utc__gte=moment - BEHIND, given_at__isnull=False
        ).order_by("-boundary_utc")[:6],
        "boundary": boundary,
    }  # fmt: skip
    return render(request, "roster/hand_over.html", context)


def _change_of_shift(post_id: int, boundary: int) -> tuple[Post, datetime]:
    post = Post.objects.select_related("organisation", "lead").filter(pk=post_id).first()
    if post is None:
        raise OutOfScope(_("There is no such post among those you may see."))
    try:
        return post, datetime.fromtimestamp(boundary, UTC)
    except (OverflowError, OSError, ValueError):
        raise InputError(_("This is no moment; open the hand-over from the first page.")) from None


@require_POST
@comes_back_to("hand-over")
def give(request: DeskRequest, post_id: int, boundary: int) -> HttpResponse:
    """Sign the list of this moment as who gives: one's own shift, or in the place of those who are not there."""
    _post, moment = _change_of_shift(post_id, boundary)
    services.give(
        post_id, moment, forms.text(request, "note"), request.person, at=frames.of(request).now,
        may_assign=request.access.may(Act.ASSIGN), instead_of=forms.text(request, "instead_of"),
    )  # fmt: skip
    messages.success(request, _("Given. Whoever takes over signs the same list."))
    return HttpResponseRedirect(reverse("hand-over", args=[post_id, boundary]))


@require_POST
@comes_back_to("hand-over")
def take(request: DeskRequest, post_id: int, boundary: int) -> HttpResponse:
    """Sign the very list that was shown as who takes."""
    post, moment = _change_of_shift(post_id, boundary)
    hand_over = HandOver.objects.filter(post=post, boundary_utc=moment).first()
    if hand_over is None:
        raise OutOfScope(_("Nobody has given this shift yet."))
    services.take(
        hand_over.pk, forms.text(request, "digest"), request.person, at=frames.of(request).now,
        may_assign=request.access.may(Act.ASSIGN),
    )  # fmt: skip
    messages.success(request, _("The watch is yours. Both signatures stand."))
    return HttpResponseRedirect(reverse("hand-over", args=[post_id, boundary]))


@require_POST
def watch_out(request: DeskRequest) -> HttpResponse:
    """A thing to keep an eye on, for the shifts to come."""
    request.access.need(Act.WORK)
    shown = Post.objects.select_related("organisation").filter(pk=forms.identifier(request, "post") or 0).first()
    # The list on which it is to stand is that of the post's office, which may lie below one's own.
    office = shown.organisation if shown else request.access.organisation
    services.watch_out(office, forms.text(request, "text"), request.person, at=frames.of(request).now)
    return HttpResponseRedirect(_back(request))


@require_POST
def close_item(request: DeskRequest, item_id: int) -> HttpResponse:
    """A thing that needs no eye any more."""
    request.access.need(Act.WORK)
    services.close_watch_item(item_id, request.person, at=frames.of(request).now)
    return HttpResponseRedirect(_back(request))


def _back(request: DeskRequest) -> str:
    """The hand-over that the form stood on."""
    post, boundary = forms.text(request, "post"), forms.text(request, "boundary")
    try:
        return reverse("hand-over", args=[int(post), int(boundary)])
    except (ValueError, NoReverseMatch):
        return reverse("now")
