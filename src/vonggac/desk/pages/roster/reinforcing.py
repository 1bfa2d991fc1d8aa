"""More people on a shift tonight: chosen, shown with everybody whom it touches, applied as it was shown."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from vonggac.desk import frame as frames
from vonggac.desk import roster_words
from vonggac.desk.pages.roster import forms, telling
from vonggac.desk.requests import DeskRequest
from vonggac.duty import planning, queries
from vonggac.duty.loose import loose_shifts
from vonggac.duty.models import Post
from vonggac.duty.patterns import Slot, begin_of, day_of
from vonggac.duty.queries import needs
from vonggac.flows import reinforcing
from vonggac.flows.reinforcing import MOST, Need
from vonggac.register.rules import Act

AHEAD = timedelta(days=7)
# A shift that runs began at most so long ago.
BEHIND = timedelta(days=2)
# Before this hour “tonight” is the night that ends.
MORNING = 6


@require_http_methods(["GET", "POST"])
def page(request: DeskRequest) -> HttpResponse:
    """Which shift, how many more, with which skill, and the smallest change that brings them; POST applies it."""
    request.access.need(Act.ASSIGN)
    now = frames.of(request).now
    need = _need(request)
    if request.method == "POST" and need:
        return _apply(request, need, now)
    posts = [post for post in queries.posts(now) if post.organisation_id == request.access.organisation.pk]
    post = planning.post_and_day(need.slot)[0] if need else None
    choices = _choices(posts, now)
    context: dict[str, Any] = {
        "choices": choices,
        "chosen": need.slot if need else _tonight(choices, now),
        "skills": sorted({skill for one in ([post] if post else posts) for skill in reinforcing.skills_of(one)}),
        "need": need,
        "more": need.more if need else forms.count(request, "more", 1),
        "most": MOST,
        "offer": reinforcing.offer(need, at=now) if need and "more" in request.GET else None,
        "here": "week",
    }
    if offer := context["offer"]:
        context["lacks"] = [roster_words.lack(hole.missing, hole.skills) for hole in offer.holes]
    return render(request, "roster/reinforce.html", context)


def _need(request: DeskRequest) -> Need | None:
    """What is asked for; None before a shift is chosen."""
    told = request.POST if request.method == "POST" else request.GET
    more = told.get("more", "1")
    number = int(more) if more.isdecimal() and len(more) < 4 else 0
    return Need(told["slot"], number, told.get("skill", "")[:60]) if told.get("slot") else None


def _choices(posts: list[Post], now: datetime) -> list[tuple[Post, list[Slot]]]:
    """The shifts of a week that are not over, by post; of a table too."""
    first, last = day_of(now - BEHIND), day_of(now + AHEAD)
    slots = needs.slots(posts, first, last)
    slots += loose_shifts(posts, first, last, slots).slots.values() if posts else []
    ahead = sorted((slot for slot in slots if slot.to_utc > now), key=lambda slot: slot.from_utc)
    found = [(post, [slot for slot in ahead if slot.post_id == post.pk]) for post in posts]
    return [(post, own) for post, own in found if own]


def _tonight(choices: list[tuple[Post, list[Slot]]], now: datetime) -> str:
    """The shift of the night that runs or comes next, at a post that is stood on site where there is one."""
    midnight = begin_of(day_of(now))
    midnight += timedelta(days=now >= midnight + timedelta(hours=MORNING))
    nights = [slot for _post, slots in choices for slot in slots if slot.from_utc <= midnight < slot.to_utc]
    return next((slot.id for slot in sorted(nights, key=lambda slot: slot.is_on_call)), "")


def _apply(request: DeskRequest, need: Need, now: datetime) -> HttpResponse:
    done = reinforcing.apply(need, request.POST.get("key", ""), by=request.person, at=now)
    put_on = sum(bool(change.added) for change in done.changes)
    said = ngettext("%(n)d person more is put on.", "%(n)d people more are put on.", put_on) % {"n": put_on}
    if done.version:
        said = f"{said} " + _("Version %(version)s is in force.") % {"version": done.version}
    messages.success(request, said)
    telling.by_phone(request, done.changes)
    return HttpResponseRedirect(f"{reverse('roster')}?week={done.first}")
