"""Confirm a document: what was read beside what it says, corrected and entered in the incoming register."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from vonggac.desk import directive_fields as fields
from vonggac.desk import frame as frames
from vonggac.desk import handing_in, message_words, sheet
from vonggac.desk.access import refusal
from vonggac.desk.deadline_words import how_counted
from vonggac.desk.entering_questions import Question, followed, questions
from vonggac.desk.handing_in import in_field
from vonggac.desk.own_office import why_unbound
from vonggac.desk.pages.directives.entering import main_of
from vonggac.desk.pages.directives.shaping import reshape
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import clauses, queries, services
from vonggac.directives.models import Clause, Directive, DirectiveState, Document
from vonggac.directives.rules import OWN_OFFICE, end_of
from vonggac.directives.services import Entering
from vonggac.errors import InputError
from vonggac.flows import directive as flow
from vonggac.flows.proof.registry import rule_exists
from vonggac.regimes import regime
from vonggac.register import queries as register
from vonggac.register.models import Organisation, OrganisationKind
from vonggac.register.rules import Act
from vonggac.register.services.contacts import add_printed_contact

# The fields about the entering: they correct nothing that was read, and stay with the file until it is entered.
_FILLED = re.compile(r"arrived_on|due|due_proposed|lead|cooperating|asked|act|d\d+-(enter|contact\d+(-checked)?)")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: DeskRequest, document_id: int) -> HttpResponse:
    """The file on the left, its fields on the right; POST keeps what was filled in, and enters the file when asked to.

    What is to be looked at before is asked by the page that the POST leads to: a reload enters nothing.
    """
    request.access.need(Act.ASSIGN)
    document = queries.document(document_id)
    drafts = list(_drafts(document))
    if not drafts:
        return _settled(request, document)
    if request.method == "POST":
        _keep(request, drafts)
        services.keep_filled(document, _about_entering(request.POST), at=frames.of(request).now)
        if request.POST.get("act") == "enter":
            try:
                return _enter(request, document)
            except InputError as error:
                # What was corrected stays, also when the entering is refused.
                return handing_in.again(request, confirm, {"document_id": document.pk}, error) or refusal(
                    request, error
                )
        messages.success(request, _("The corrections are kept; the document is not in the register yet."))
        return HttpResponseRedirect(reverse("directive-confirm", args=[document.pk]))
    return render(request, "directives/confirm.html", _context(request, document, drafts))


def _about_entering(form: QueryDict) -> dict[str, list[str]]:
    """What was asked is kept for the page that the entering leads to alone: the next person has not seen it."""
    told = {name: values for name, values in form.lists() if _FILLED.fullmatch(name)}
    return told if form.get("act") == "enter" else {name: told[name] for name in told if name != "asked"}


def _filled(document: Document) -> QueryDict:
    """The fields about the entering as somebody filled them in, empty on the first look."""
    form = QueryDict(mutable=True)
    for name, values in document.filled.items():
        form.setlist(name, values)
    return form


def _drafts(document: Document) -> QuerySet[Directive]:
    waiting = document.directives.filter(state=DirectiveState.DRAFT)
    return waiting.select_related("organisation", "document").order_by("position")


def _settled(request: DeskRequest, document: Document) -> HttpResponse:
    if entered := queries.standing_of(document):
        return HttpResponseRedirect(reverse("directive", args=[main_of(entered).pk]))
    messages.warning(request, _("Nothing of this file waits to be confirmed."))
    return HttpResponseRedirect(reverse("directives"))


def _context(request: DeskRequest, document: Document, drafts: list[Directive]) -> dict[str, Any]:
    now, form = frames.of(request).now, _filled(document)
    found: dict[str, dict[str, Any]] = {}
    parts = []
    of_all: list[Clause] = []
    for draft in drafts:
        measures = list(draft.clauses.all())
        of_all += measures
        shown = fields.fields_of(draft)
        for name, source in (draft.reading.get("sources") or {}).items():
            found[f"d{draft.pk}-{name}"] = source
        parts.append(
            {
                "directive": draft, "fields": shown, "clauses": measures, "letter_of": draft.covers_id,
                "doubts": sum(bool(field.doubt) for field in shown), "twins": queries.twins(draft),
                "contacts": _contacts(form, draft), "warnings": draft.reading.get("warnings") or [],
                "is_chosen": _is_ticked(form, f"d{draft.pk}-enter"),
                "counted": {clause.pk: counted(draft, clause) for clause in measures},
                "next_label": clauses.next_label(measures),
                "clause_lines": {one.pk: one.lines[0] for one in measures if one.lines},
            }
        )  # fmt: skip
    main = main_of(drafts)
    units = _units(main, now)
    asked: list[Question] = []
    with suppress(InputError):  # what cannot be used was refused when it was sent
        asked = _asked(form, drafts, now)
    return {
        "document": document,
        "questions": asked,
        "asked": list(dict.fromkeys([*form.getlist("asked"), *(question.key for question in asked)])),
        "lines": sheet.source_lines(document.text, found),
        "parts": parts,
        "main": main,
        "kinds": fields.kinds(),
        "organisation_kinds": OrganisationKind.choices,
        "rules": known_rules(now),
        "units": units,
        "own_office": main.organisation if len(units) > 1 else None,
        "today": local(now).date(),
        "why_unbound": why_unbound(main, of_all, main.organisation, _binding_own(of_all), local(now).date()),
        **_decided(form, drafts, main, local(document.received_at).date()),
    }


def _binding_own(measures: list[Clause]) -> list[int]:
    return [clause.pk for clause in measures if OWN_OFFICE in clause.binds]


def counted(draft: Directive, clause: Clause) -> list[str]:
    """How each time that a clause prints was counted."""
    origin = services.origin_of(draft)
    return [how_counted(deadline, origin) for deadline in clause.deadlines]


def _is_ticked(form: QueryDict, name: str, *, otherwise: bool = True) -> bool:
    """Whether a box is ticked: on the first look as the desk proposes, afterwards as the person left it."""
    return name in form if form else otherwise


def _contacts(form: QueryDict, draft: Directive) -> list[dict[str, Any]]:
    """The printed contacts, each with whether it is kept and whether somebody checked it today."""
    found = fields.printed_contacts(draft)
    for contact in found:
        name = f"d{draft.pk}-contact{contact['index']}"
        contact["is_kept"] = _is_ticked(form, name)
        contact["is_checked"] = _is_ticked(form, f"{name}-checked", otherwise=False)
    return found


def _decided(form: QueryDict, drafts: list[Directive], main: Directive, received_on: date) -> dict[str, Any]:
    """What was filled in about the entering, or what the desk proposes."""
    end = _iso(main.period_to)
    if form:
        return {
            "arrived_on": form.get("arrived_on", ""), "due": _due(form, main), "due_proposed": end,
            "lead": form.get("lead", ""), "cooperating": form.getlist("cooperating"),
        }  # fmt: skip
    lead = _proposed_lead(drafts)
    return {
        "arrived_on": received_on.isoformat(),
        "due": end,
        "due_proposed": end,
        "lead": str(lead) if lead else "",
        "cooperating": [],
    }


def _due(form: QueryDict, main: Directive) -> str:
    """The due time as the form has it: left as the desk proposed it, the end of the period, it follows that one."""
    typed, proposed = form.get("due", ""), form.get("due_proposed")
    with suppress(InputError):
        if proposed is not None and fields.moment_from(typed) == fields.moment_from(proposed):
            return _iso(main.period_to)
    return typed


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


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
        changes = fields.changes_from(request.POST, draft)
        for clause in draft.clauses.all():
            _keep_clause(request, clause, changes.get("period_to", draft.period_to))
        # Last, for due times counted from the day of issue follow its correction where nobody set them by hand.
        services.correct(draft.pk, changes, at=frames.of(request).now)
        reshape(request.POST, draft, at=frames.of(request).now)


def _enter(request: DeskRequest, document: Document) -> HttpResponse:
    """The chosen drafts entered, unless there is something to ask first that was not asked yet."""
    # Read afresh: what was corrected on the page counts.
    drafts, form, now = list(_drafts(document)), request.POST, frames.of(request).now
    if {question.key for question in _asked(form, drafts, now)} - set(form.getlist("asked")):
        return HttpResponseRedirect(reverse("directive-confirm", args=[document.pk]))
    with transaction.atomic():
        return _entered(request, _chosen(form, drafts), _entering(form, main_of(drafts), now))


def _chosen(form: QueryDict, drafts: list[Directive]) -> list[Directive]:
    return [draft for draft in drafts if _is_ticked(form, f"d{draft.pk}-enter")]


def _asked(form: QueryDict, drafts: list[Directive], now: datetime) -> list[Question]:
    """What is to be looked at before the form enters these drafts; nothing while it does not mean to."""
    if form.get("act") != "enter":
        return []
    entering = _entering(form, main_of(drafts), now)
    asked = questions(_chosen(form, drafts), entering, now)
    typed = fields.moment_from(form.get("due", ""))
    if typed and entering.due_at and typed != entering.due_at:
        asked.insert(0, followed(typed, entering.due_at))
    return asked


def _entered(request: DeskRequest, chosen: list[Directive], entering: Entering) -> HttpResponse:
    """The chosen drafts entered together under one arrival number, and what it set in motion."""
    at = frames.of(request).now
    made = flow.confirm_together([draft.pk for draft in chosen], entering, at=at)
    kept = sum(1 for draft in chosen for _contact in _keep_contacts(request, draft))
    main = queries.one(main_of(chosen).pk)
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


def _keep_clause(request: DeskRequest, clause: Clause, period_to: date | None) -> None:
    change = fields.clause_change(request.POST, clause, [rule for rule, _exists in known_rules(frames.of(request).now)])
    if change is not None and period_to and str(clause.pk) in request.POST.getlist("follow"):
        change = replace(change, due_at=end_of(period_to))
    if change is not None and change.differs(clause):
        clauses.correct_clause(
            clause.pk, text=change.text, binds=change.binds, rule=change.rule, due_at=change.due_at,
            at=frames.of(request).now,
        )  # fmt: skip
        if clauses.SPLIT_MARK in change.text and clauses.SPLIT_MARK not in clause.text:
            clauses.split_clause(clause.pk, at=frames.of(request).now)


def _entering(form: QueryDict, main: Directive, now: datetime) -> Entering:
    with in_field("arrived_on"):
        arrived_on = fields.day_from(form.get("arrived_on", ""))
        if arrived_on is None:
            raise InputError(_("Write the day on which the document arrived."))
        if arrived_on > local(now).date():
            raise InputError(_("The day of arrival lies in the future."))
    with in_field("due"):
        due_at = fields.moment_from(_due(form, main))
    units = {str(unit.pk): unit for unit in register.organisations()}
    lead = _unit(units, form.get("lead", ""))
    cooperating = [_unit(units, chosen) for chosen in form.getlist("cooperating")]
    return Entering(
        arrived_on,
        lead,
        tuple(unit for unit in cooperating if unit is not None and unit != lead),
        due_at,
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
