"""Answering a call from a letter, on a phone, without signing in: GET shows, POST acts, and each link works once."""

from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vonggac.desk.access import is_public
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import State
from vonggac.duty.links import Purpose
from vonggac.errors import InputError
from vonggac.flows import escalation as flow
from vonggac.flows.escalation import Called
from vonggac.jobs.clock import now

NAMED = 10
# What the page of the next note says first: the call was taken on, or a note was kept.
TAKEN, NOTED = "taken", "noted"


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def take_on(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows what one is called for; POST takes it on, and offers the first note."""
    at, name = now(), _name(request)
    try:
        called = flow.called_by(secret, "page", at=at)
        _speak(called)
        if request.method == "POST" and not _is_over(called):
            if complaint := _lacks_name(called, name):
                context = {**_context(called), "name": name, "complaint": complaint}
                return render(request, "links/page.html", context, status=422)
            _called, note_address = flow.take_on(secret, name=name, at=at)
            return redirect(f"{_here(note_address)}?{TAKEN}")
    except InputError as error:
        return _answered(request, secret, "page", at) or _refused(request, error)
    return render(request, "links/page.html", _context(called))


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def write_note(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows where it stands; POST keeps the note, and offers the next."""
    at, text = now(), request.POST.get("text", "").strip()
    try:
        called = flow.called_by(secret, "note", at=at)
        _speak(called)
        if request.method == "POST" and not _is_over(called):
            complaint = _lacks_name(called, _name(request)) or ("" if text else _("Write in a few words how it goes."))
            if complaint:
                context = {**_context(called), "note_address": request.path, "text": text, "complaint": complaint}
                return render(request, "links/note.html", context, status=422)
            _called, note_address = flow.write_note(secret, text, name=_name(request), at=at)
            return redirect(f"{_here(note_address)}?{NOTED}")
    except InputError as error:
        return _answered(request, secret, "note", at) or _refused(request, error)
    told = {"is_new": TAKEN in request.GET, "is_noted": NOTED in request.GET, "text": text}
    return render(request, "links/note.html", {**_context(called), "note_address": request.path, **told})


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def confirm_contact(request: HttpRequest, secret: str) -> HttpResponse:
    """GET names the address, and once the link was used that it works; POST confirms that the test came."""
    at = now()
    try:
        confirmed = flow.confirmed_contact(secret, at=at) if request.method == "GET" else None
        method = confirmed or flow.contact_of(secret, at=at)
        if method is None:
            raise InputError("this address was removed meanwhile")
        translation.activate(method.person.language)
        if request.method == "POST":
            flow.confirm_contact(secret, at=at)
            return redirect(request.path)
    except InputError as error:
        return _refused(request, error)
    return render(request, "links/contact.html", {"method": method, "is_done": confirmed is not None})


def _is_over(called: Called) -> bool:
    """True when nothing that the link is about can be answered any more: it is left as it is."""
    return all(one.ended_at is not None for one in called.escalations)


def _goes_on(called: Called) -> bool:
    """True while one of the calls wants more people to answer, or nobody holds it any more."""
    return any(one.state in {State.CALLING, State.EXHAUSTED} for one in called.escalations)


def _answered(request: HttpRequest, secret: str, purpose: Purpose, at: datetime) -> HttpResponse | None:
    """When and by whom a link was used, and where it stands; None for a link that was not."""
    known = flow.answered_with(secret, purpose, at=at) if request.method == "GET" else None
    if known is None:
        return None
    called, by = known
    _speak(called)
    told = {"used_at": called.link.used_at, "by": by, "is_note": purpose == "note", "goes_on": _goes_on(called)}
    return render(request, "links/answered.html", {**_context(called), **told})


def _refused(request: HttpRequest, error: InputError) -> HttpResponse:
    """Why a link does not work: said by its page, which a reload only reads."""
    if request.method == "POST":
        return redirect(request.path)
    return render(request, "links/refused.html", {"error": error}, status=410)


def _speak(called: Called) -> None:
    """The page speaks the language of whoever the link was sent to."""
    if called.link.person is not None:
        translation.activate(called.link.person.language)


def _here(link: str) -> str:
    """The link on the desk as it is being read: a form to another name of it would be stopped by the browser."""
    return urlsplit(link).path


def _context(called: Called) -> dict[str, object]:
    shown = []
    for one in called.escalations:
        concerns = [concern for concern in one.concerns.all() if concern.settled_at is None]
        shown.append((one, concerns[:NAMED], max(0, len(concerns) - NAMED), services.plan_of(one)))
    open_ones = [(one, plan) for one, *_, plan in shown if one.ended_at is None]
    still_wanted = max((plan.acknowledgements - len(one.taken_by) for one, plan in open_ones), default=1)
    return {"called": shown, "person": called.link.person, "is_over": not open_ones, "still_wanted": still_wanted}


def _name(request: HttpRequest) -> str:
    return " ".join(request.POST.get("name", "").split())[:200]


def _lacks_name(called: Called, name: str) -> str:
    """A group's link is nobody's: whoever uses it says who they are."""
    return "" if called.link.person is not None or name else _("Write your name: it is kept with the answer.")
