"""What a link in a message does on a phone without signing in: acknowledge, check in, answer at night."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vonggac.cases.models import Case
from vonggac.desk import frame as frames
from vonggac.desk.access import is_public
from vonggac.duty import mail
from vonggac.duty.models import Link
from vonggac.errors import InputError, Refused
from vonggac.flows import acknowledgement, presence_links


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows what was sent and changes nothing; POST acknowledges it under the name that is typed.

    A link that was used says when and by whom, whoever opens or sends it once more.
    """
    at = frames.of(request).now
    name = request.POST.get("name", "").strip()[:200]
    try:
        link, cases = acknowledgement.show(secret, at=at)
        context = {
            "link": link, "cases": cases, "organisation": link.organisation, "name": name, "heirs": _heirs(link, cases),
            "asked": acknowledgement.whom_to_ask(secret),
        }  # fmt: skip
        if request.method == "POST":
            if not name:
                context["complaint"] = _("Write your name: it is kept with the acknowledgement.")
                return render(request, "links/acknowledge.html", context, status=422)
            acknowledgement.acknowledge(secret, by=name, at=at)
            return HttpResponseRedirect(request.path)
    except InputError as error:
        told = _to_page(request) or _acknowledged(request, secret, at)
        asked = acknowledgement.whom_to_ask(secret)
        return told or render(request, "links/refused.html", {"error": error, "asked": asked}, status=410)
    return render(request, "links/acknowledge.html", context)


def _acknowledged(request: HttpRequest, secret: str, at: datetime) -> HttpResponse | None:
    """What a link that was used has acknowledged, when and by whom; None for any other link."""
    known = acknowledgement.receipts(secret, at=at)
    if known is None:
        return None
    link, receipts = known
    context = {
        "organisation": link.organisation,
        "used_at": link.used_at,
        "receipts": receipts,
        "heirs": _heirs(link, [one.case for one in receipts]),
        "has_mail": mail.carries(),
        "asked": acknowledgement.whom_to_ask(secret),
    }
    return render(request, "links/acknowledged.html", context)


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows the shift, and once the link was used that its person is there; POST says so."""
    flow = presence_links
    return _on_duty(request, secret, "links/check_in.html", flow.shown_shift, flow.check_in, flow.checked_in)


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def awake(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows the question, and once the link was used that it has its answer; POST answers it."""
    flow = presence_links
    return _on_duty(request, secret, "links/awake.html", flow.shown_question, flow.answer, flow.answered)


def _on_duty(
    request: HttpRequest,
    secret: str,
    template: str,
    show: Callable[..., object],
    act: Callable[..., object],
    done: Callable[..., tuple[object, datetime] | None],
) -> HttpResponse:
    """What a link is about, or has done and when; POST does it and leads there, a refusal says why."""
    at = frames.of(request).now
    try:
        if request.method == "POST":
            act(secret, at=at)
            return HttpResponseRedirect(request.path)
        if was_done := done(secret, at=at):
            subject, then = was_done
            return render(request, template, {"subject": subject, "is_done": True, "at": then})
        return render(request, template, {"subject": show(secret, at=at)})
    except InputError as error:
        # Why a link does not work is said by its page, which a reload only reads.
        return _to_page(request) or render(request, "links/refused.html", {"error": error}, status=410)
    except Refused as error:
        return render(request, "links/refused.html", {"error": error}, status=410)


def _to_page(request: HttpRequest) -> HttpResponse | None:
    """From the answer to a form to the page of its link; None for a page that is only read."""
    return HttpResponseRedirect(request.path) if request.method == "POST" else None


def _heirs(link: Link, cases: Sequence[Case]) -> list[str]:
    """The names of those who took the cases over since the letter was sent."""
    return sorted({case.organisation.name for case in cases if case.organisation_id != link.organisation_id})
