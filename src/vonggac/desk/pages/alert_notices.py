"""Notices of coordinators: found by identifier, entered by hand, what each was told and where it stands."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.alerts import notices
from vonggac.alerts.models import Interface
from vonggac.alerts.rules import NOTICE, Told, Way
from vonggac.alerts.services import notices as acts
from vonggac.desk import frame as frames
from vonggac.desk import timeline, times
from vonggac.desk.handing_in import FieldProblem, comes_back_to
from vonggac.desk.pages.alert_sources import in_use
from vonggac.desk.requests import DeskRequest
from vonggac.duty.escalation import queries as escalations
from vonggac.errors import InputError
from vonggac.flows import alert_hand_in
from vonggac.formats.alerts import Notice
from vonggac.register.models import Organisation
from vonggac.register.rules import Act

BY_HAND = (Way.MAIL, Way.PAPER, Way.PHONE, Way.PORTAL)


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The notices, the newest first: by identifier, by source, or the rows behind a figure of a report."""
    given, words = request.GET, request.GET.get("q", "").strip()[:200]
    which, code = given.get("which", ""), given.get("organisation", "")
    found = notices.find(words) if words else notices.newest()
    if given.get("source"):
        found = found.filter(source__name=given["source"])
    if code:
        office = Organisation.objects.filter(code=code).first()
        if office is None or which not in notices.FIGURES:
            raise InputError(_("There is no organisation with this code."))
        since, until = (_moment(request.GET.get(name, ""), name) for name in ("since", "until"))
        found = notices.narrowed(notices.received(office.path, since, until), which, until)
    context = {"notices": found[: notices.SHOWN], "words": words, "source": given.get("source", "")}
    return render(request, "alerts/notices.html", context)


@require_safe
def one(request: DeskRequest, notice_id: int) -> HttpResponse:
    """One notice: what its coordinator says, what it was told, by when, and the findings that came of it."""
    notice = notices.one(notice_id)
    context = {
        "notice": notice,
        "findings": notice.findings.select_related("case").order_by("pk")[: notices.SHOWN],
        "replies": [(reply, notice.is_earlier(reply)) for reply in notice.replies.order_by("-entered_at", "-pk")],
        "timeline": timeline.of(acts.SUBJECT, notice.pk),
        "calls": escalations.about(NOTICE, notice.pk),
        "kinds": tuple(Told),
        "likely": Told.ANSWER if notice.acknowledged_at else Told.ACKNOWLEDGEMENT,
        "ways": BY_HAND,
        "can_send": Interface.objects.filter(source=notice.source_id).exists(),
        "now": frames.of(request).now,
        "may_work": request.access.may(Act.WORK),
    }
    return render(request, "alerts/notice.html", context)


@require_POST
@comes_back_to("alert-notice")
def say(request: DeskRequest, notice_id: int) -> HttpResponse:
    """What was told to the coordinator outside the desk, or what it told, with its time and words."""
    request.access.need(Act.WORK)
    given = request.POST
    if given.get("kind") not in {*Told} or given.get("way") not in BY_HAND:
        raise Http404
    sent_at, now = _moment(given.get("sent_at", ""), "sent_at"), frames.of(request).now
    kind, way = Told(given["kind"]), Way(given["way"])
    acts.say(notice_id, kind, way, given.get("text", ""), sent_at=sent_at, by=request.person.name, at=now)
    messages.success(request, _("It stands with the notice."))
    return redirect("alert-notice", notice_id)


@require_POST
@comes_back_to("alert-notice")
def send(request: DeskRequest, notice_id: int) -> HttpResponse:
    """An acknowledgement or an answer handed to the worker, which sends it until the coordinator takes it."""
    request.access.need(Act.WORK)
    kind, text = request.POST.get("act", Told.ANSWER), request.POST.get("text", "")
    if kind not in {Told.ACKNOWLEDGEMENT, Told.ANSWER}:
        raise Http404
    acts.ask_to_send(notice_id, Told(kind), text, by=request.person.name, at=frames.of(request).now)
    messages.success(request, _("The worker sends it now, until it is taken."))
    return redirect("alert-notice", notice_id)


@require_POST
@comes_back_to("alert-source")
def enter(request: DeskRequest, source_id: int) -> HttpResponse:
    """One notice read on paper, on the phone or on a portal, entered by hand: kept and read like any file."""
    request.access.need(Act.IMPORT)
    source, given, now = in_use(source_id), request.POST, frames.of(request).now
    received_at = _moment(given.get("received_at", ""), "received_at")
    if received_at > now:
        raise FieldProblem("received_at", _("It cannot have been received after now."))
    due = given.get("acknowledge_by", "").strip()
    said = Notice(
        Notice.named(given.get("identifier")),
        given.get("state", "").strip(),
        received_at=received_at,
        acknowledge_by=_moment(due, "acknowledge_by") if due else None,
    )
    address, host, text = (given.get(name, "").strip() for name in ("address", "host", "text"))
    title = given.get("title", "")
    alert_hand_in.enter_notice(source, said, title, address=address, host=host, text=text, at=now)
    messages.success(request, _("%(name)s is kept; the worker reads it now.") % {"name": said.identifier})
    return redirect("alert-source", source_id)


def _moment(text: str, name: str) -> datetime:
    try:
        return times.typed_moment(text)
    except ValueError:
        raise FieldProblem(name, _("Write it as a date and an hour.")) from None
