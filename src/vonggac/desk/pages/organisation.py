"""One organisation: where it stands, who answers for it, what it runs, its open work, its acts; particulars to mend.

What is changed here goes through the plan of a register file with one line, so that reading, rights and ledger are
those of an import. Parent, end and successor change by a dated act only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.cases import queries as cases
from vonggac.cases.models import Kind
from vonggac.cases.rules import Proof, State
from vonggac.desk import frame as frames
from vonggac.desk import handing_in, timeline, words
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local, typed_day
from vonggac.errors import OutOfScope
from vonggac.formats.tables import write_csv
from vonggac.register import imports, queries
from vonggac.register.models import Organisation, OrganisationKind, Person, Role
from vonggac.register.rules import Act

SHOWN = 100


class Work(NamedTuple):
    """One count of open work, and the address of the cases behind it."""

    text: str
    number: str
    address: str
    shape: str


@require_safe
def page(request: DeskRequest, organisation_id: int) -> HttpResponse:
    """The organisation as the register has it today, with what is open for it and those below it."""
    found, today = _found(organisation_id), local(frames.of(request).now).date()
    parts = {
        "children": found.children.order_by("valid_to", "name"),
        "contacts": queries.contacts().filter(organisation=found),
        "people": queries.roles_on(found.path, today),
        "networks": queries.networks_of(found.path, today).filter(organisation=found),
        "systems": queries.systems().filter(organisation=found),
        "sensors": queries.sensors().filter(organisation=found),
    }
    rows: dict[str, list[Any]] = {name: list(part[: SHOWN + 1]) for name, part in parts.items()}
    seen_from = request.access.scope.org_path
    context = {
        **{name: part[:SHOWN] for name, part in rows.items()},
        "cut": {name for name, part in rows.items() if len(part) > SHOWN},
        "organisation": found,
        "chain": [(node, node.path.startswith(seen_from)) for node in queries.chain(found.path)[:-1]],
        "work": _work(found, request),
        "people": _people(rows["people"][:SHOWN]),
        "timeline": timeline.of("organisation", found.pk),
        "kinds": OrganisationKind.choices,
        "shown": SHOWN,
        "may_import": request.access.may(Act.IMPORT),
        "may_administer": request.access.may(Act.ADMINISTER),
        "today": today,
    }
    return render(request, "register/organisation.html", context)


@require_POST
@handing_in.comes_back_to("organisation")
def change(request: DeskRequest, organisation_id: int) -> HttpResponse:
    """Correct the name, the kind or the mail address."""
    found = _found(organisation_id)
    line = {name: request.POST.get(name, "") for name in ("name", "kind", "email")}
    parent = found.parent.code if found.parent else ""
    return _enter(request, found, "organisations", {"code": found.code, "parent": parent, **line})


@require_POST
@handing_in.comes_back_to("organisation")
def contact(request: DeskRequest, organisation_id: int) -> HttpResponse:
    """Enter a point of contact, or correct the one with this name that was printed in this document."""
    found = _found(organisation_id)
    names = ("name", "phones", "emails", "printed_in")
    line = {name: request.POST.get(name, "") for name in names} | {"checked_on": _checked_on(request)}
    return _enter(request, found, "contacts", {"organisation": found.code, **line})


def _checked_on(request: DeskRequest) -> str:
    """The day as files write it: forms take more ways of writing one than files do, and fewer years."""
    written = request.POST.get("checked_on", "")
    try:
        return typed_day(written).isoformat() if written.strip() else ""
    except ValueError:
        raise FieldProblem("checked_on", _("Write the days as dates, for example 27/4/2026.")) from None


def _found(organisation_id: int) -> Organisation:
    found = queries.organisations().select_related("parent", "successor").filter(pk=organisation_id).first()
    if found is None:
        raise OutOfScope(_("There is no such organisation among those you may see."))
    return found


def _enter(request: DeskRequest, found: Organisation, kind: str, line: Mapping[str, str]) -> HttpResponse:
    """The line as an import would enter it; FieldProblem for a cell that an import would reject."""
    request.access.need(Act.IMPORT)
    now, content = frames.of(request).now, write_csv(list(line), [list(line.values())])
    planned = imports.plan(kind, content, f"{found.code}.csv", at=local(now).date(), now=now)
    for reject in planned.rejects:
        # What the page adds by itself (code, parent, owner) has no field: it is said above the form.
        raise FieldProblem(column if (column := reject.column or "") in request.POST else "", reject.reason)
    if planned.changes:
        imports.apply(planned, at=now)
        messages.success(request, _("Kept; the ledger holds what stood there before."))
    else:
        messages.info(request, _("The register says the same already."))
    return HttpResponseRedirect(reverse("organisation", args=[found.pk]))


def _people(roles: Sequence[Role]) -> list[tuple[Person, list[Role]]]:
    """Who holds these roles, each once."""
    held: dict[int, tuple[Person, list[Role]]] = {}
    for role in roles:
        held.setdefault(role.person_id, (role.person, []))[1].append(role)
    return sorted(held.values(), key=lambda each: each[0].folded)


def _work(found: Organisation, request: DeskRequest) -> Sequence[Work]:
    """What is open for the organisation and those below it, each count with its cases; nothing where nothing is."""
    counts = cases.counts(found.path)
    late = cases.late(frames.of(request).now)
    asked = (
        (_("open"), counts.total(states=cases.UNFINISHED), "wait", {}),
        *((words.word(words.KINDS, kind), counts.total(states=cases.UNFINISHED, kind=kind), "none", {"kind": kind})
          for kind in Kind.values),
        (_("late"), cases.number_up_to(_within(late, found)), "late", {"late": "1"}),
        (_("not acknowledged"), counts.total(states=frozenset({State.SENT})), "wait", {"state": "sent"}),
        (_("contradicted"), counts.total(states=cases.UNFINISHED, proof=Proof.CONTRADICTED), "against",
         {"proof": "contradicted"}),
    )  # fmt: skip
    inbox = reverse("cases")
    return [
        Work(text, frames.shown(number), f"{inbox}?{urlencode({'organisation': found.code, **narrow})}", shape)
        for text, number, shape, narrow in asked
        if number
    ]


def _within(selection: cases.Selection, found: Organisation) -> cases.Selection:
    return replace(selection, org_path=found.path)
