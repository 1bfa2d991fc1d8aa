"""A table of shifts handed in: looked at, laid down as what is in force; that, and changes by hand, taken back."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.pages.roster import telling
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.duty.models import InPlace, InPlaceKind
from vonggac.duty.services import in_place, tables
from vonggac.duty.services.tables import TablePlan
from vonggac.errors import InputError
from vonggac.flows import roster as flow
from vonggac.flows import uploads
from vonggac.register.rules import Act

LARGEST_BYTES = 8 << 20
SHOWN_LINES = 50
PREVIEW_SECONDS = 24 * 3600
SALT = "roster table preview"


# Whoever may make a change may take it back.
ACTS = {InPlaceKind.TABLE: Act.IMPORT, InPlaceKind.HAND: Act.ASSIGN, InPlaceKind.SHEET: Act.ASSIGN}


@require_POST
@handing_in.comes_back_to("roster")
def hand_in(request: DeskRequest) -> HttpResponse:
    """A table of shifts, kept; it leads to its preview, and nothing is changed yet."""
    request.access.need(Act.IMPORT)
    content, name = handing_in.one_file(request, largest=LARGEST_BYTES)
    tables.read_roster(content, name)
    token = signing.dumps([*_whose(request), uploads.keep_raw(content), name], salt=SALT)
    return HttpResponseRedirect(f"{reverse('roster-table')}?{urlencode({'token': token})}")


@require_safe
def preview(request: DeskRequest) -> HttpResponse:
    """What the table would change as the roster stands now, post by post, and the lines that cannot be used."""
    request.access.need(Act.IMPORT)
    token = request.GET.get("token", "")
    name, planned = _planned(request, token)
    context: dict[str, Any] = {
        "token": token,
        "file_name": name,
        "planned": planned,
        "said": _said(planned),
        "posts": [
            (
                one,
                [(line.from_utc, line.to_utc, line.person) for line in one.fresh[:SHOWN_LINES]],
                [(shift.from_utc, shift.to_utc, shift.person_name) for shift in one.gone[:SHOWN_LINES]],
                [(shift.from_utc, shift.to_utc, shift.person_name) for shift in one.there[:SHOWN_LINES]],
            )
            for one in planned.posts
        ],
        "rejects": planned.rejects[:SHOWN_LINES],
        "shown_lines": SHOWN_LINES,
        "is_cut": max(
            len(planned.rejects), *(len(p) for one in planned.posts for p in (one.fresh, one.gone, one.there)), 0
        )
        > SHOWN_LINES,
        "here": "week",
    }
    return render(request, "roster/table_preview.html", context)


@require_POST
def apply(request: DeskRequest) -> HttpResponse:
    """Carry out what the preview showed; a roster that has changed since is planned afresh by the same table."""
    request.access.need(Act.IMPORT)
    name, planned = _planned(request, request.POST.get("token", ""))
    first = min((line.from_utc for one in planned.posts for line in one.lines), default=None)
    week = f"{local(first):%Y-%m-%d}" if first else ""
    if planned.changes:
        tables.lay(
            request.access.organisation, planned, file_name=name, by=request.person.name, at=frames.of(request).now
        )
        messages.success(request, _said(planned))
    else:
        messages.info(request, _("The roster says the same already."))
    return _week(week)


@require_POST
@handing_in.comes_back_to("roster")
def take_back(request: DeskRequest, change_id: int) -> HttpResponse:
    """A table, a spreadsheet, or a change by hand, taken back: what it brought goes, what it replaced returns."""
    request.access.need(ACTS[InPlaceKind(in_place.one(change_id).kind)])
    done = flow.take_back_in_place(change_id, by=request.person.name, at=frames.of(request).now)
    if done.change.kind == InPlaceKind.SHEET:
        said = _(
            "It is taken back: its draft is discarded, leave withdrawn: %(leaves)d, off the duty list: %(people)d."
        )
    else:
        said = _("It is taken back: %(gone)d shifts taken out, %(back)d put back.")
    counts = {"gone": done.removed, "back": done.restored, "leaves": done.leaves, "people": done.people}
    messages.success(request, said % counts)
    if done.change.kind == InPlaceKind.HAND:
        telling.by_phone(request, done.changes)
    return _week(f"{local(done.begins):%Y-%m-%d}" if done.begins else "")


def to_take_back(request: DeskRequest) -> list[InPlace]:
    """The changes without a version that one may take back now."""
    changes = in_place.open_ones(request.access.organisation, at=frames.of(request).now)
    return [one for one in changes if request.access.may(ACTS[InPlaceKind(one.kind)])]


def _whose(request: DeskRequest) -> tuple[int, int]:
    """The person and the office that a table is looked at for."""
    return request.person.pk, request.access.organisation.pk


def _week(week: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("roster") + (f"?week={week}" if week else ""))


def _planned(request: DeskRequest, token: str) -> tuple[str, TablePlan]:
    """The file's name and its plan as the roster stands now; InputError for a token that is old or another's."""
    try:
        *whose, sha256, name = signing.loads(token, salt=SALT, max_age=PREVIEW_SECONDS)
    except signing.BadSignature:
        raise InputError(_("The preview is too old; hand the file in again.")) from None
    if tuple(whose) != _whose(request) or not uploads.is_kept(sha256):
        raise InputError(_("The preview is too old; hand the file in again."))
    return name, tables.plan_import(request.access.organisation, *tables.read_roster(uploads.raw(sha256), name))


def _said(planned: TablePlan) -> str:
    report = planned.report
    return _("%(added)d shifts added, %(out)d taken out, %(same)d unchanged.") % {
        "added": report.added, "out": report.replaced, "same": report.unchanged,
    }  # fmt: skip
