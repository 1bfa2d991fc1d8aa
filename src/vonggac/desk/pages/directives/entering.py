"""Upload a document, see what was read, correct it, enter it in the incoming register."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import directive_fields as fields
from vonggac.desk import frame as frames
from vonggac.desk import message_words, sheet
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import queries, services
from vonggac.directives.models import Clause, Directive, DirectiveState, Document
from vonggac.directives.services import Entering
from vonggac.errors import InputError
from vonggac.flows import directive as flow
from vonggac.flows.proof.registry import rule_exists
from vonggac.flows.uploads import raw
from vonggac.formats.documents import CONTENT_BYTES
from vonggac.formats.limits import MEBIBYTE
from vonggac.regimes import regime
from vonggac.register import queries as register
from vonggac.register.models import Organisation, OrganisationKind
from vonggac.register.rules import Act
from vonggac.register.services.contacts import add_printed_contact


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: DeskRequest) -> HttpResponse:
    """The form; a file handed in is read and leads to its confirm page, or to where it stands already."""
    request.access.need(Act.ASSIGN)
    context: dict[str, Any] = {"largest_mebibytes": CONTENT_BYTES // MEBIBYTE, "drafts": _files(queries.drafts())}
    if request.method != "POST":
        return render(request, "directives/upload.html", context)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise InputError(_("Choose at least one file."))
        content = file.read(CONTENT_BYTES + 1)
        found = flow.receive(content, file.name or "", request.access.organisation, at=frames.of(request).now)
        return HttpResponseRedirect(_where(request, found))
    except InputError as error:
        # A savepoint is not needed: the reader stops before it writes anything.
        return render(request, "directives/upload.html", {**context, "complaint": error}, status=422)


def _where(request: DeskRequest, found: list[Directive]) -> str:
    """The confirm page of a new file; of a known one, the page where it stands, with a word about it."""
    document = found[0].document
    if document.received_at != frames.of(request).now:
        told = {"name": document.name, "when": f"{local(document.received_at):%d/%m/%Y %H:%M}"}
        messages.warning(request, _("This file was received before (%(name)s, %(when)s); here it is.") % told)
        entered = [one for one in found if one.state != DirectiveState.DRAFT]
        if entered and len(entered) == len(found):
            return reverse("directive", args=[_main(entered).pk])
    return reverse("directive-confirm", args=[document.pk])


def _main(found: list[Directive]) -> Directive:
    """The directive itself rather than the letter that passes it on."""
    return next((one for one in found if one.covers_id is None), found[0])


def _files(drafts: Any) -> list[tuple[Document, list[Directive]]]:
    by_file: dict[int, tuple[Document, list[Directive]]] = {}
    for draft in drafts:
        by_file.setdefault(draft.document_id, (draft.document, []))[1].append(draft)
    return list(by_file.values())


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: DeskRequest, document_id: int) -> HttpResponse:
    """The file on the left, its fields on the right; POST keeps the corrections, and enters the file when asked to."""
    request.access.need(Act.ASSIGN)
    document = queries.document(document_id)
    drafts = list(_drafts(document))
    if not drafts:
        return _settled(request, document)
    complaint: InputError | None = None
    if request.method == "POST":
        try:
            # Two savepoints: what was corrected stays, also when the entering is refused.
            with transaction.atomic():
                _keep(request, drafts)
            if request.POST.get("act") != "enter":
                messages.success(request, _("The corrections are kept; the document is not in the register yet."))
                return HttpResponseRedirect(reverse("directive-confirm", args=[document.pk]))
            with transaction.atomic():
                return _enter(request, drafts)
        except InputError as error:
            complaint = error
            drafts = list(_drafts(document))
    context = {**_context(request, document, drafts), "complaint": complaint}
    return render(request, "directives/confirm.html", context, status=422 if complaint else 200)


def _drafts(document: Document) -> QuerySet[Directive]:
    waiting = document.directives.filter(state=DirectiveState.DRAFT)
    return waiting.select_related("organisation", "document").order_by("position")


def _settled(request: DeskRequest, document: Document) -> HttpResponse:
    entered = list(document.directives.order_by("position"))
    if entered:
        return HttpResponseRedirect(reverse("directive", args=[_main(entered).pk]))
    messages.warning(request, _("Nothing of this file waits to be confirmed."))
    return HttpResponseRedirect(reverse("directives"))


def _context(request: DeskRequest, document: Document, drafts: list[Directive]) -> dict[str, Any]:
    now = frames.of(request).now
    found: dict[str, dict[str, Any]] = {}
    parts = []
    for draft in drafts:
        clauses = list(draft.clauses.all())
        shown = fields.fields_of(draft)
        for name, source in (draft.reading.get("sources") or {}).items():
            found[f"d{draft.pk}-{name}"] = source
        parts.append(
            {
                "directive": draft, "fields": shown, "clauses": clauses, "letter_of": draft.covers_id,
                "doubts": sum(bool(field.doubt) for field in shown), "twins": queries.twins(draft),
                "contacts": fields.printed_contacts(draft), "warnings": draft.reading.get("warnings") or [],
                "clause_lines": {one["label"]: one.get("line") for one in draft.reading.get("clauses") or []},
            }
        )  # fmt: skip
    main = _main(drafts)
    return {
        "document": document,
        "lines": sheet.source_lines(document.text, found),
        "parts": parts,
        "main": main,
        "kinds": fields.kinds(),
        "organisation_kinds": OrganisationKind.choices,
        "rules": known_rules(now),
        "units": _units(main, now),
        "today": local(now).date(),
        **_decided(request, drafts, main, local(now).date()),
    }


def _decided(request: DeskRequest, drafts: list[Directive], main: Directive, today: date) -> dict[str, Any]:
    """What was filled in about the entering, or what the desk proposes."""
    form = request.POST
    if form.get("act") == "enter":
        return {
            "arrived_on": form.get("arrived_on", ""), "due": form.get("due", ""), "lead": form.get("lead", ""),
            "cooperating": form.getlist("cooperating"),
        }  # fmt: skip
    lead = _proposed_lead(drafts)
    return {
        "arrived_on": today.isoformat(),
        "due": main.period_to.isoformat() if main.period_to else "",
        "lead": str(lead) if lead else "",
        "cooperating": [],
    }


def _units(directive: Directive, now: datetime) -> list[Organisation]:
    """The office and the organisations right below it: who may lead and who may cooperate."""
    office = directive.organisation_id
    return list(register.organisations(local(now).date()).filter(Q(pk=office) | Q(parent=office)))


def known_rules(now: datetime) -> list[tuple[str, bool]]:
    """The proof rules that the regime names for clauses, each with whether it exists yet."""
    named = {binding.rule for binding in regime.on(local(now).date()).bindings if binding.rule}
    return [(rule, rule_exists(rule)) for rule in sorted(named)]


def _proposed_lead(drafts: list[Directive]) -> int | None:
    """The unit below us that the cover letter is addressed to, when it names exactly one of ours."""
    letters = [draft for draft in drafts if draft.covers_id is not None]
    for letter in letters:
        names = [str(name) for name in letter.addressees]
        if len(names) == 1:
            matches = list(register.find_organisations(names[0]).values_list("pk", flat=True)[:2])
            if len(matches) == 1:
                return int(matches[0])
    return None


def _keep(request: DeskRequest, drafts: list[Directive]) -> None:
    """The corrections of every draft and clause that the form carries."""
    for draft in drafts:
        services.correct(draft.pk, fields.changes_from(request.POST, draft), at=frames.of(request).now)
        for clause in draft.clauses.all():
            _keep_clause(request, clause)


def _enter(request: DeskRequest, drafts: list[Directive]) -> HttpResponse:
    """The chosen drafts entered together under one arrival number, and what it set in motion."""
    at = frames.of(request).now
    chosen = [draft for draft in drafts if request.POST.get(f"d{draft.pk}-enter")]
    made = flow.confirm_together([draft.pk for draft in chosen], _entering(request), at=at)
    kept = sum(1 for draft in chosen for _contact in _keep_contacts(request, draft))
    main = queries.one(_main(chosen).pk)
    said = _("Entered under arrival number %(number)d; %(organisations)s now have %(obligations)s.") % {
        "number": main.arrival_number or 0,
        "organisations": ngettext(
            "%(n)d organisation", "%(n)d organisations", n := len({o.organisation_id for o in made})
        )
        % {"n": n},
        "obligations": ngettext("%(n)d obligation", "%(n)d obligations", len(made)) % {"n": len(made)},
    }
    if kept:
        said += " " + ngettext("%(n)d contact was kept.", "%(n)d contacts were kept.", kept) % {"n": kept}
    messages.success(request, said)
    if hint := message_words.told_nothing(o.organisation for o in made):
        messages.warning(request, hint)
    return HttpResponseRedirect(reverse("directive", args=[main.pk]))


def _keep_clause(request: DeskRequest, clause: Clause) -> None:
    change = fields.clause_change(request.POST, clause)
    if change is not None and change.differs(clause):
        services.correct_clause(
            clause.pk, text=change.text, binds=change.binds, rule=change.rule, due_at=change.due_at,
            at=frames.of(request).now,
        )  # fmt: skip


def _entering(request: DeskRequest) -> Entering:
    form = request.POST
    arrived_on = fields.day_from(form.get("arrived_on", ""))
    if arrived_on is None:
        raise InputError(_("Write the day on which the document arrived."))
    if arrived_on > local(frames.of(request).now).date():
        raise InputError(_("The day of arrival lies in the future."))
    units = {str(unit.pk): unit for unit in register.organisations()}
    lead = _unit(units, form.get("lead", ""))
    cooperating = [_unit(units, chosen) for chosen in form.getlist("cooperating")]
    return Entering(
        arrived_on,
        lead,
        tuple(unit for unit in cooperating if unit is not None and unit != lead),
        fields.moment_from(form.get("due", "")),
    )


def _unit(units: dict[str, Organisation], chosen: str) -> Organisation | None:
    if not chosen:
        return None
    if chosen not in units:
        raise InputError(_("That organisation is not among those below you."))
    return units[chosen]


def _keep_contacts(request: DeskRequest, directive: Directive) -> Iterator[str]:
    """The printed contacts that were ticked, kept in the office's contact book."""
    today = local(frames.of(request).now).date()
    for contact in fields.printed_contacts(directive):
        prefix = f"d{directive.pk}-contact{contact['index']}"
        if request.POST.get(prefix):
            kept = add_printed_contact(
                directive.organisation, contact.get("name") or str(directive), phones=contact.get("phones") or (),
                emails=contact.get("emails") or (), printed_in=str(directive), printed_on=directive.issued_on,
                checked_on=today if request.POST.get(f"{prefix}-checked") else None, at=frames.of(request).now,
            )  # fmt: skip
            yield kept.name


@require_POST
def discard(request: DeskRequest, directive_id: int) -> HttpResponse:
    """Throw one draft away: a copy, or a part of the file that is no directive."""
    request.access.need(Act.ASSIGN)
    directive = queries.one(directive_id)
    services.discard(directive_id, at=frames.of(request).now)
    messages.success(request, _("The draft is thrown away; the ledger keeps that it was there."))
    is_left = Directive.objects.filter(document_id=directive.document_id).exists()
    where = reverse("directive-confirm", args=[directive.document_id]) if is_left else reverse("directives")
    return HttpResponseRedirect(where)


@require_safe
def file(_request: DeskRequest, document_id: int) -> HttpResponse:
    """The file as it was received, always as a download."""
    document = queries.document(document_id)
    response = HttpResponse(raw(document.sha256), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, document.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
