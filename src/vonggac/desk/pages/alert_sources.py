"""Nguồn cảnh báo: who sends alerts, how each stands; declared, tried, changed, given keys, replayed, retired."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.alerts import queries
from vonggac.alerts.models import Arrival, Interface, Mailbox, SetAside, Source
from vonggac.alerts.rules import quiet_after
from vonggac.alerts.services import files, mailboxes, sources
from vonggac.alerts.services.mailboxes import Draft
from vonggac.alerts.services.sources import Declaration
from vonggac.desk import export, timeline, times
from vonggac.desk import frame as frames
from vonggac.desk.alert_words import FORMAT_WORDS
from vonggac.desk.handing_in import FieldProblem, comes_back_to, in_field
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.errors import OutOfScope
from vonggac.flows import alert_replay, alert_trial
from vonggac.flows.alert_trial import Trial
from vonggac.formats.alerts import FORMATS, mapping
from vonggac.formats.limits import MEBIBYTE
from vonggac.register import queries as register
from vonggac.register.models import Organisation
from vonggac.register.rules import Act

SHOWN_SOURCES = 200
SHOWN_ASIDE = 20
SHOWN_ARRIVALS = 20
MOST_MAPPING = 100_000
COLUMNS = (
    "id", "name", "organisation", "code", "format", "time_zone", "is_coordinator", "expected_seconds",
    "declared_at_utc", "heard_at_utc", "silent_since_utc", "ahead_seconds", "alerts", "rejected_lines",
    "mailbox_trouble", "interface_trouble",
)  # fmt: skip
# The declaration that a session tried last.
TRIED = "declaration tried"
TRIED_FIELDS = (
    "name", "organisation", "format_name", "time_zone", "minutes", "is_signed", "is_coordinator", "subject_pattern",
    "acknowledge_minutes", "mapping", "sample",
)  # fmt: skip


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The sources of alerts, the silent ones first, and what of theirs could not be read; the sources as a file."""
    if kind := request.GET.get("format"):
        cells = map(_cells, queries.sources()[: export.MOST_ROWS])
        return export.respond(kind, "alert-sources", COLUMNS, cells, codes={"format": FORMAT_WORDS})
    aside = queries.set_aside().select_related("source").reverse()
    context = {
        "sources": queries.sources()[:SHOWN_SOURCES],
        "aside": aside[:SHOWN_ASIDE],
        "may_administer": request.access.may(Act.ADMINISTER),
    }
    return render(request, "alerts/sources.html", context)


def _cells(source: Source) -> Sequence[export.Cell]:
    troubles = (getattr(source, name).trouble if hasattr(source, name) else None for name in ("mailbox", "interface"))
    return (
        source.pk, source.name, source.organisation.name, source.organisation.code, source.format_name,
        source.time_zone, source.is_coordinator, source.expected_seconds, source.declared_at, source.heard_at,
        source.unheard_since if source.silent_since else None, source.ahead_seconds, source.records, source.rejects,
        *troubles,
    )  # fmt: skip


@require_safe
def one(request: DeskRequest, source_id: int) -> HttpResponse:
    """One source: how it stands, what came from it, what could not be read, its keys, its end."""
    return _shown(request, queries.source(source_id))


@require_http_methods(["GET", "POST"])
def declare(request: DeskRequest) -> HttpResponse:
    """A new source, declared once its declaration was tried on as many lines as one likes."""
    request.access.need(Act.ADMINISTER)
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def change(request: DeskRequest, source_id: int) -> HttpResponse:
    """Another declaration for a source; what came before stays as it was read."""
    request.access.need(Act.ADMINISTER)
    return _form(request, in_use(source_id))


@never_cache
@require_POST
@comes_back_to("alert-source")
def token(request: DeskRequest, source_id: int) -> HttpResponse:
    """A new token, shown this once; the one before opens nothing any more."""
    request.access.need(Act.ADMINISTER)
    source = in_use(source_id)
    told = sources.give_token(source, at=frames.of(request).now)
    return _shown(request, source, key=told, address=_address(request, source))


@never_cache
@require_POST
@comes_back_to("alert-source")
def secret(request: DeskRequest, source_id: int) -> HttpResponse:
    """Another secret for signing, shown this once; the one before ends."""
    request.access.need(Act.ADMINISTER)
    source = sources.renew_secret(in_use(source_id), at=frames.of(request).now)
    told = sources.secret_of(source.pk, source.secret_number, settings.SECRET_KEY)
    return _shown(request, source, key=told, address=_address(request, source))


@require_POST
@comes_back_to("alert-source")
def mailbox(request: DeskRequest, source_id: int) -> HttpResponse:
    """The mailbox in which its alerts arrive: kept, or removed; a password left empty stays what it was."""
    request.access.need(Act.ADMINISTER)
    source, given, now = in_use(source_id), request.POST, frames.of(request).now
    if given.get("act") == "remove":
        mailboxes.remove(source, at=now)
        messages.success(request, _("The mailbox is removed. What came from it stays."))
        return redirect("alert-source", source_id)
    port = given.get("port", "").strip()
    if not is_whole(port):
        raise FieldProblem("port", _("%(name)s has to be a whole number.") % {"name": _("port")})
    draft = Draft(
        given.get("host", ""),
        given.get("username", ""),
        given.get("password", ""),
        given.get("folder", ""),
        int(port[:6]),
    )
    mailboxes.keep(source, draft, at=now)
    messages.success(request, _("The mailbox is kept; it is read within a minute."))
    return redirect("alert-source", source_id)


@require_POST
@comes_back_to("alert-source")
def retire(request: DeskRequest, source_id: int) -> HttpResponse:
    """The source heard no more and missed no more; why is kept, because its name cannot be used again."""
    request.access.need(Act.ADMINISTER)
    reason = request.POST.get("reason", "").strip()[:300]
    if not reason:
        raise FieldProblem("reason", _("Say why the source is retired."))
    source = sources.retire(in_use(source_id), at=frames.of(request).now, reason=reason)
    messages.success(request, _("%(name)s is retired. Its findings stay.") % {"name": source.name})
    return redirect("alert-sources")


@require_POST
@comes_back_to("alert-source")
def replay(request: DeskRequest, source_id: int) -> HttpResponse:
    """What was set aside of the source, read again by the worker with the format and mapping of today."""
    request.access.need(Act.IMPORT)
    number = alert_replay.ask(queries.source(source_id), at=frames.of(request).now)
    messages.success(request, _("The worker reads it again now (%(n)d files and messages).") % {"n": number})
    return redirect("alert-source", source_id)


@require_POST
@comes_back_to("alert-source")
def take_back(request: DeskRequest, source_id: int, aside_id: int) -> HttpResponse:
    """What could not be read of a file taken back with the reason; what was read of it stays."""
    request.access.need(Act.IMPORT)
    _of(source_id, aside_id)
    reason, now = request.POST.get("reason", ""), frames.of(request).now
    found = files.take_back(aside_id, reason, by=request.person.name, at=now)
    undo = f"{reverse('alert-aside-put-back', args=[source_id, aside_id])}?{urlencode({'undone': now.isoformat()})}"
    told = _("%(file)s is taken back: it waits no more") % {"file": found.file_name}
    if read := _read_of(queries.ended_arrivals(source_id, [found])).get(found.raw):
        told += "; " + _("the %(n)d alerts that were read stay") % {"n": read}
    messages.success(request, told, undo)
    return redirect("alert-source", source_id)


@require_POST
@comes_back_to("alert-source")
def put_back(request: DeskRequest, source_id: int, aside_id: int) -> HttpResponse:
    """A file that was taken back waits to be read again."""
    request.access.need(Act.IMPORT)
    _of(source_id, aside_id)
    undone = request.GET.get("undone", "")
    found = files.put_back(aside_id, by=request.person.name, at=frames.of(request).now, undone=undone)
    messages.success(request, _("%(file)s waits again to be read") % {"file": found.file_name})
    return redirect("alert-source", source_id)


def _read_of(arrivals: QuerySet[Arrival]) -> dict[str, int]:
    """How many alerts were read of each file, by the name of its bytes."""
    return {f"file/{sha256}": records for sha256, records in arrivals.values_list("sha256", "records")}


def _of(source_id: int, aside_id: int) -> None:
    if not SetAside.objects.filter(pk=aside_id, source=queries.source(source_id)).exists():
        raise OutOfScope(_("The source has nothing like that set aside."))


def in_use(source_id: int) -> Source:
    """The source, which was not retired; OutOfScope otherwise."""
    source = queries.source(source_id)
    if source.retired_at is not None:
        raise OutOfScope(_("The source was retired."))
    return source


def _shown(request: DeskRequest, source: Source, **told: str) -> HttpResponse:
    waiting = queries.set_aside().filter(source=source).reverse()
    taken_back = SetAside.objects.filter(source=source, taken_back_at__isnull=False).order_by("-taken_back_at")
    aside = list(waiting[:SHOWN_ASIDE])
    context = {
        "source": source,
        "read_of": _read_of(queries.ended_arrivals(source.pk, aside)),
        "quiet": quiet_after(source.expected_seconds, source.pauses),
        "hours_behind": queries.hours_behind(source),
        "mailbox": Mailbox.objects.filter(source=source).first(),
        "interface": Interface.objects.filter(source=source).first() if source.is_coordinator else None,
        "arrivals": Arrival.objects.filter(source=source).order_by("-pk")[:SHOWN_ARRIVALS],
        "aside": aside,
        "taken_back": taken_back[:SHOWN_ASIDE],
        "timeline": timeline.of(sources.SUBJECT, source.pk, without=["alert.absorb"]),
        "may_administer": request.access.may(Act.ADMINISTER) and source.retired_at is None,
        "may_import": request.access.may(Act.IMPORT),
        "may_hand_in": request.access.may(Act.IMPORT) and source.retired_at is None,
        "now": frames.of(request).now,
        "largest_mebibytes": settings.VONGGAC_UPLOAD_BYTES // MEBIBYTE,
        **told,
    }
    return render(request, "alerts/source.html", context)


def _form(request: DeskRequest, source: Source | None) -> HttpResponse:
    """The form of a declaration: shown, tried on lines, or kept."""
    if request.method == "POST":
        act = request.POST.get("act")
        return _to_trial(request, source) if act in {"try", "guess"} else _kept(request, source)
    *tried, given = request.session.get(TRIED, ("", "", {}))
    is_tried = tried == [request.path, request.GET.get("trial")]
    today = times.local(frames.of(request).now).date()
    values = given if is_tried else _values(request, source)
    context = {
        "source": source,
        "values": values,
        "guessed": mapping.guessed(values.get("mapping", "")),
        "formats": FORMATS,
        "units": [] if source else register.organisations(today),
        "trial": _tried(request, given, source) if is_tried else None,
    }
    return render(request, "alerts/source_form.html", context)


def _to_trial(request: DeskRequest, source: Source | None) -> HttpResponse:
    """To the form with what came of the declaration; a reload shows it: the session keeps the last one tried."""
    given = {name: request.POST.get(name, "") for name in TRIED_FIELDS}
    if request.POST.get("act") == "guess":
        given["format_name"], given["mapping"] = _guessed(given, source)
    _tried(request, given, source)
    number = secrets.token_hex(4)
    request.session[TRIED] = [request.path, number, given]
    return redirect(f"{request.path}?trial={number}")


def _kept(request: DeskRequest, source: Source | None) -> HttpResponse:
    now, said = frames.of(request).now, _declaration(request.POST, source)
    if request.POST.get("is_confirmed"):
        said = replace(said, mapping=mapping.confirmed(said.mapping))
    elif mapping.guessed(said.mapping):
        with in_field("is_confirmed"):
            sources.checked(said)
    if source is None:
        organisation = _organisation(request.POST.get("organisation", ""))
        kept = sources.declare(request.POST.get("name", "").strip(), organisation, said, at=now)
        messages.success(request, _("%(name)s is declared. Give it a token, or watch its files.") % {"name": kept.name})
    else:
        kept = sources.change(source, said, at=now)
        messages.success(request, _("%(name)s is declared anew.") % {"name": kept.name})
    request.session.pop(TRIED, None)
    return redirect("alert-source", kept.pk)


def _tried(request: DeskRequest, given: Mapping[str, str], source: Source | None) -> Trial:
    entered = _declaration(given, source)
    said = sources.checked(replace(entered, mapping=mapping.confirmed(entered.mapping)))
    if lines := _lines(given):
        return alert_trial.tried(said, lines, at=frames.of(request).now)
    trial = alert_trial.tried_on_set_aside(said, source) if source else None
    if trial is None:
        raise FieldProblem("sample", _("Paste some lines of what the source writes."))
    return trial


def _guessed(given: Mapping[str, str], source: Source | None) -> tuple[str, str]:
    """(format, mapping) guessed from the names in the lines, or in what was set aside last; nothing of it is kept."""
    lines = _lines(given) or (alert_trial.lines_set_aside(source) if source else None)
    if not lines:
        raise FieldProblem("sample", _("Paste some lines of what the source writes."))
    return alert_trial.guessed(_declaration(given, source), lines)


def _lines(given: Mapping[str, str]) -> bytes:
    """The lines that were pasted; empty where there are none but blanks."""
    lines = given.get("sample", "").replace("\r\n", "\n").encode()[: alert_trial.SAMPLE_BYTES]
    return lines if lines.strip() else b""


def _declaration(given: Mapping[str, str], source: Source | None) -> Declaration:
    """What was entered. Files and senders are those of the machine: they are declared at its shell alone."""
    minutes = _whole(given, "minutes", _("longest pause"))
    seconds = None if minutes is None else minutes * 60
    if source is not None and minutes is not None and minutes == _minutes(source):
        # Declared at the shell to the second, and left as it is here.
        seconds = source.expected_seconds
    return Declaration(
        given.get("format_name", ""),
        given.get("mapping", "").replace("\r\n", "\n").strip()[:MOST_MAPPING],
        given.get("time_zone", "").strip() or "UTC",
        source.folder if source else "",
        source.senders if source else (),
        expected_seconds=seconds,
        is_signed=bool(given.get("is_signed")),
        is_coordinator=bool(given.get("is_coordinator")),
        subject_pattern=given.get("subject_pattern", ""),
        acknowledge_minutes=_whole(given, "acknowledge_minutes", _("minutes to acknowledge")),
    )


def _whole(given: Mapping[str, str], name: str, called: str) -> int | None:
    """The whole number of a field; None where it was left empty."""
    text = given.get(name, "").strip()
    if text and not is_whole(text):
        raise FieldProblem(name, _("%(name)s has to be a whole number.") % {"name": called})
    return int(text[:9]) if text else None


def _values(request: DeskRequest, source: Source | None) -> Mapping[str, Any]:
    if source is None:
        return {"organisation": request.access.organisation.code, "time_zone": settings.TIME_ZONE}
    return {
        "format_name": source.format_name,
        "mapping": source.mapping,
        "time_zone": source.time_zone,
        "minutes": _minutes(source),
        "is_signed": source.is_signed,
        "is_coordinator": source.is_coordinator,
        "subject_pattern": source.subject_pattern,
        "acknowledge_minutes": source.acknowledge_minutes or "",
    }


def _minutes(source: Source) -> int | str:
    return -(-source.expected_seconds // 60) if source.expected_seconds else ""


def _organisation(code: str) -> Organisation:
    found = register.organisations().filter(code=code).first()
    if found is None:
        raise FieldProblem("organisation", _("Choose one of the organisations."))
    return found


def _address(request: DeskRequest, source: Source) -> str:
    return request.build_absolute_uri(f"/api/v1/alerts/{source.name}")
