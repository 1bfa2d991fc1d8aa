"""Passing a shift on: asked on a page of its own, taken or declined on “my shifts”."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vonggac.desk import frame as frames
from vonggac.desk import roster_words
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import forms
from vonggac.desk.requests import DeskRequest
from vonggac.duty import exchanging, planning, queries
from vonggac.duty.models import Member, Shift
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import exchanges
from vonggac.duty.queries.exchanges import Offer, Setting
from vonggac.errors import NotPermitted, WrongState
from vonggac.flows import shift_exchange as flow
from vonggac.kernel.roster.values import Assignment
from vonggac.register.rules import Act

SWAPS_SHOWN = 30


@require_http_methods(["GET", "POST"])
def page(request: DeskRequest, shift_id: int) -> HttpResponse:
    """Who may take one's shift and what one may swap it for; POST asks."""
    shift, now = queries.shift(shift_id), frames.of(request).now
    if request.method == "POST":
        request.access.need(Act.WORK)
        flow.ask(
            shift_id, request.person, forms.text(request, "note"), wanted_id=forms.identifier(request, "wanted"), at=now
        )
        messages.success(request, _("Asked. Until somebody takes it the shift is yours."))
        return HttpResponseRedirect(reverse("roster-mine"))
    asker = _asker(request, shift)
    if shift.from_utc <= now:
        raise WrongState(_("This shift has begun; call your lead."))
    day, shared = day_of(shift.from_utc), exchanges.posts_of(asker, now)
    others = (post for post in queries.posts(now) if post in shared and post.org_path == shift.org_path)
    posts = [shift.post, *(post for post in others if post != shift.post)]
    setting = exchanges.setting_of(posts, day_of(now), max(day, day_of(now) + exchanges.HORIZON), now)
    slot = planning.slot_of(shift)
    covers, swaps = exchanges.covers(setting, slot, asker), exchanges.swaps(setting, slot, asker, now)
    shown = [offer for offer in swaps if offer.may_answer][:SWAPS_SHOWN]
    context = {
        "shift": shift,
        "covers": [offer for offer in covers if offer.may_answer],
        "barred": [] if covers else _barred(setting, slot, asker),
        "swaps": [(wanted, offer) for offer in shown if (wanted := _shift_of(offer))],
        # Nobody answers for them but who plans: a request would wait for ever.
        "by_lead": sorted({offer.member.name for offer in (*covers, *swaps) if not offer.may_answer}),
        "lead": shift.post.active_lead,
        # Whom to call where no colleague may take it.
        "helper": next(iter(flow.responsible(shift.post, asker)), None) if not covers else None,
        "here": "mine",
    }
    return render(request, "roster/exchange.html", context)


def _barred(setting: Setting, slot: str, asker: Member) -> list[tuple[Member, list[str]]]:
    """Each colleague who may not take the shift, with what stops them."""
    found = []
    for member in setting.plan.members.values():
        if member.pk == asker.pk:
            continue
        change = exchanging.covering(slot, str(asker.pk), str(member.pk))
        against = exchanging.objection(setting.plan, setting.placed, change)
        reasons = roster_words.all_broken(against.broken, setting.plan, slot)
        reasons += [roster_words.lack(hole.missing, hole.skills) for hole in against.short]
        on_it = Assignment(slot, str(member.pk)) in setting.placed
        found.append((member, [_("stands on this shift already")] if on_it else reasons))
    return found


def _asker(request: DeskRequest, shift: Shift) -> Member:
    if shift.member is None or shift.member.person_id != request.person.pk:
        raise NotPermitted(_("This is somebody else's shift; only they can pass it on."))
    return shift.member


def _shift_of(offer: Offer) -> Shift | None:
    if offer.slot is None:
        return None
    return Shift.objects.filter(
        post_id=offer.slot.post_id, member=offer.member, from_utc=offer.slot.from_utc, to_utc=offer.slot.to_utc
    ).first()


@require_POST
@comes_back_to("roster-mine")
def take(request: DeskRequest, exchange_id: int) -> HttpResponse:
    """A colleague's shift, taken on: from now on it is one's own."""
    request.access.need(Act.WORK)
    taken = flow.take(exchange_id, request.person, at=frames.of(request).now)
    hears = _("The shift is yours; %(name)s hears of it.")
    if taken.post.active_lead and taken.post.active_lead.email:
        hears = _("The shift is yours; %(name)s and the lead hear of it.")
    messages.success(request, hears % {"name": taken.asker.name})
    return HttpResponseRedirect(reverse("roster-mine"))


@require_POST
@comes_back_to("roster-mine")
def withdraw(request: DeskRequest, exchange_id: int) -> HttpResponse:
    """A request taken back, or declined."""
    flow.withdraw(
        exchange_id, request.person, may_plan=request.access.may(Act.ASSIGN), at=frames.of(request).now
    )  # fmt: skip
    messages.success(request, _("The request is ended; the shift stays where it was."))
    return HttpResponseRedirect(reverse("roster-mine"))
