"""What is escalating: who was called, who has taken it on, what happened, and what one can do about it."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vonggac.alerts.rules import FINDING, NOTICE
from vonggac.desk import call_words, export, timeline
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.desk.words import Word
from vonggac.duty.escalation import queries, ringing, services
from vonggac.duty.escalation.rules import State
from vonggac.duty.escalation.services import Answerer
from vonggac.duty.models import Concern, Escalation, Post
from vonggac.duty.queries import held_posts
from vonggac.errors import InputError, OutOfScope
from vonggac.register.rules import Act

COLUMNS = ("id", "started_utc", "organisation", "reason", "state", "concerns", "taken_by", "ended_utc", "ended_why")
CODES: Mapping[str, Mapping[str, Word]] = {
    "reason": call_words.REASONS,
    "state": call_words.STATES,
    "ended_why": {"settled": gettext_lazy("all that it was about is over")},
}
CONCERNS_SHOWN = 100
OF_ONE = {"case": "case", FINDING: "alert", NOTICE: "alert-notice"}
ADDRESSES = {"post": "roster", "shift": "roster", "hand_over": "roster"}


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """What is open, what nobody answers first, and what has ended; all of it as a file."""
    open_ones, ended = queries.open_ones(), queries.ended_ones()
    if kind := request.GET.get("format"):
        rows = (_row(one) for one in [*open_ones, *ended])
        return export.respond(kind, "escalations", COLUMNS, rows, codes=CODES)
    context = {
        "open": open_ones,
        "ended": ended,
        "is_cut": len(ended) == queries.LISTED,
        "may_work": request.access.may(Act.WORK),
        "posts": _posts(request),
    }
    return render(request, "escalations/page.html", context)


def _row(one: Escalation) -> tuple[str | int | datetime | None, ...]:
    taken = ", ".join(answer["name"] for answer in one.taken_by)
    told: int = getattr(one, "told", 0)
    return (
        one.pk, one.started_at, one.organisation.name, one.reason, one.state, told, taken, one.ended_at, one.ended_why,
    )  # fmt: skip


@require_safe
def one(request: DeskRequest, escalation_id: int) -> HttpResponse:
    """One escalation with its timeline."""
    found = queries.one(escalation_id)
    stands, told = getattr(found, "number", 0), getattr(found, "told", 0)
    answered = list(queries.answered_concerns(found)[:CONCERNS_SHOWN])
    states = call_words.states_of(answered)
    context = {
        "escalation": found,
        "shape": call_words.SHAPES[State(found.state)],
        "concerns": [(one, _address(one)) for one in queries.standing_concerns(found)[:CONCERNS_SHOWN]],
        "rest": max(0, stands - CONCERNS_SHOWN),
        "answered": [(one, _address(one), states[one.pk]) for one in answered],
        "answered_number": told - stands,
        "answered_rest": max(0, told - stands - CONCERNS_SHOWN),
        "timeline": timeline.of("escalation", found.pk),
        "plan": call_words.sentences(services.plan_of(found)),
        "next_call": queries.next_call(found),
        "to_ring": ringing.to_ring(found, at=frames.of(request).now) if found.state == State.EXHAUSTED else [],
        "may_work": request.access.may(Act.WORK) and found.ended_at is None,
        "is_taken": found.state == State.TAKEN,
        "has_answered": any(answer["person"] == request.person.pk for answer in found.taken_by),
    }
    return render(request, "escalations/one.html", context)


def _address(concern: Concern) -> str:
    """Where one reads on about it, "" where there is no page of its own."""
    if concern.kind in OF_ONE:
        return reverse(OF_ONE[concern.kind], args=[concern.identifier])
    return reverse(ADDRESSES[concern.kind]) if concern.kind in ADDRESSES else ""


@require_POST
@comes_back_to("escalation")
def act(request: DeskRequest, escalation_id: int, act: str) -> HttpResponse:
    """Take it on, say how it goes, or end it."""
    request.access.need(Act.WORK)
    answerer, at = Answerer(request.person.name, request.person), frames.of(request).now
    if act == "acknowledge":
        answered = services.acknowledge(escalation_id, answerer, at=at)
        taken = _("You have taken it on. Write how it goes: without a note the next person is called.")
        messages.success(request, taken if answered.state == State.TAKEN else call_words.goes_on(answered))
    elif act == "note":
        noted = services.note(escalation_id, request.POST.get("text", ""), answerer, at=at)
        kept = _("Thank you, the note is kept.")
        again = _("The note is kept; the time starts anew.")
        messages.success(request, again if noted.state == State.TAKEN else f"{kept} {call_words.goes_on(noted)}")
    elif act == "end":
        services.end(escalation_id, request.POST.get("why", ""), answerer, at=at)
        messages.success(request, _("Ended: nobody is called any more."))
    else:
        raise OutOfScope(_("There is no such act."))
    return redirect("escalation", escalation_id)


@require_POST
@comes_back_to("escalations")
def call(request: DeskRequest) -> HttpResponse:
    """Call the people on duty by hand, for what the desk cannot see by itself."""
    request.access.need(Act.WORK)
    post = _post(request.POST.get("post", ""), request)
    given = request.POST.get("text", "")
    made = services.call(given, request.access.organisation, at=frames.of(request).now, post=post)
    messages.success(request, _("People are being called."))
    return HttpResponseRedirect(reverse("escalation", args=[made.pk]))


def _posts(request: DeskRequest) -> QuerySet[Post]:
    """Those whose people can be called: nobody stands on a retired one."""
    return held_posts(frames.of(request).now).filter(organisation=request.access.organisation).order_by("name")


def _post(chosen: str, request: DeskRequest) -> Post | None:
    if not chosen:
        return None
    found = _posts(request).filter(pk=chosen).first() if is_whole(chosen) else None
    if found is None:
        raise InputError(_("Choose one of the posts."))
    return found
