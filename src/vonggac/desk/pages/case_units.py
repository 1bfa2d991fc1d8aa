"""Vụ việc by unit: how many of the filtered cases each unit itself has, since when, and whom to call about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from vonggac.cases import queries
from vonggac.desk import export
from vonggac.desk import frame as frames
from vonggac.desk.filters import Filters
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.register import queries as register
from vonggac.register.access import Access
from vonggac.register.models import Organisation
from vonggac.register.rules import Act

UNITS_SHOWN = 200
COLUMNS = ("organisation", "code", "cases", "due_at_utc", "call")


class Callee(NamedTuple):
    """Somebody of a unit and their telephone numbers."""

    name: str
    phones: Sequence[str]


class Line(NamedTuple):
    """A unit, the number of its own cases among those asked for, the first due time, their list, and whom to call."""

    organisation: Organisation
    number: int
    first_due: datetime | None
    address: str
    callees: Sequence[Callee]


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The units with most of these cases first, or all of them as a file."""
    frame, filters = frames.of(request), Filters.read(request.GET)
    selection = filters.selection(request.person.pk, frame.now)
    kind = request.GET.get("format")
    counted = queries.by_organisation(selection, most=export.MOST_ROWS if kind else UNITS_SHOWN + 1)
    lines = list(_lines(request.access, filters, counted, frame.now))
    if kind:
        return export.respond(kind, "cases-by-unit", COLUMNS, _rows(lines))
    groups = filters.groups(frame.counts, selection, request.person.pk, frame.now)
    context = {
        "lines": lines[:UNITS_SHOWN],
        "is_cut": len(lines) > UNITS_SHOWN,
        "in_force": filters.in_force(groups),
        "cases": reverse("cases") + filters.address(),
        "address": filters.address(),
        "joiner": "&" if filters != Filters() else "",
    }
    return render(request, "cases/units.html", context)


def _lines(access: Access, filters: Filters, counted: Sequence[queries.OfUnit], now: datetime) -> Iterator[Line]:
    units = Organisation.objects.in_bulk([one.organisation_id for one in counted])
    callees = {**_people(units, now), **_contacts(units)} if _may_call(access) else _contacts(units)
    for one in counted:
        unit = units[one.organisation_id]
        address = reverse("cases") + filters.address(organisation=unit.code, own="1")
        yield Line(unit, one.number, one.first_due, address, callees.get(unit.pk, []))


def _may_call(access: Access) -> bool:
    """True for those who work on cases or assign them: a person's own number is for nobody else."""
    return access.may(Act.WORK) or access.may(Act.ASSIGN)


def _contacts(units: Collection[int]) -> dict[int | None, list[Callee]]:
    """Unit → its published contacts with a telephone number."""
    found: dict[int | None, list[Callee]] = defaultdict(list)
    for contact in register.contacts().filter(organisation__in=units).exclude(phones=[]):
        found[contact.organisation_id].append(Callee(contact.name, contact.phones))
    return found


def _people(units: Collection[int], now: datetime) -> dict[int | None, list[Callee]]:
    """Unit → the people who hold a role there, with their own numbers."""
    found: dict[int | None, list[Callee]] = defaultdict(list)
    for role in register.roles_with_phone(units, local(now).date()):
        callee = Callee(f"{role.person.name} ({role.get_name_display()})", [role.person.phone])
        found[role.organisation_id].append(callee)
    return found


def _rows(lines: Iterable[Line]) -> Iterator[Sequence[export.Cell]]:
    for one in lines:
        call = "; ".join(f"{each.name}: {', '.join(each.phones)}" for each in one.callees)
        yield one.organisation.name, one.organisation.code, one.number, one.first_due, call
