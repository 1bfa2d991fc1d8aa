"""Administration: organisations, networks, systems, assets, sensors, contacts; import with a preview, export."""

import re
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.cases.models import Case
from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local, typed_day
from vonggac.desk.words import Word
from vonggac.errors import InputError
from vonggac.flows import uploads
from vonggac.register import imports, queries
from vonggac.register.imports import Plan
from vonggac.register.imports.plan import Key
from vonggac.register.imports.values import Value
from vonggac.register.models import (
    Contact,
    InformationSystem,
    Network,
    Organisation,
    OrganisationKind,
    RoleName,
    Sensor,
)
from vonggac.register.models.assets import AssetKind
from vonggac.register.models.networks import SensorKind
from vonggac.register.rules import Act

PAGE_ROWS = 100
# How many cases a host has, counted for the rows of the page alone; None: none.
_CASES = Subquery(
    Case.objects.filter(asset=OuterRef("pk")).order_by().values("asset").annotate(number=Count("pk")).values("number")
)
SHOWN_LINES = 50
LARGEST_BYTES = 64 << 20
PREVIEW_SECONDS = 24 * 3600
SALT = "register preview"
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Who may sign in, and which logs count as coverage, is for administrators alone.
ADMINISTERED = frozenset({"people", "sensors"})
# Column of an import → its fixed values in words; the kinds of different registers share no code.
FIXED: Mapping[str, Mapping[str, Word]] = {
    "kind": dict([*OrganisationKind.choices, *AssetKind.choices, *SensorKind.choices]),
    "silence": {"heartbeat": gettext_lazy("heartbeat"), "rotation": gettext_lazy("rotation manifest")},
    "role": dict(RoleName.choices),
    "language": {"vi": "Tiếng Việt", "en": "English"},
    "active": {"yes": gettext_lazy("yes"), "no": gettext_lazy("no")},
}
# What the rows of a file are called that tells of more than one kind of them.
NOUNS: Mapping[str, Word] = {
    "person": gettext_lazy("people"),
    "role": gettext_lazy("roles"),
    "asset": gettext_lazy("assets"),
    "asset_address": gettext_lazy("addresses"),
}
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind as a list: its title, its columns, what the words find, a row's cells, and where a row leads."""

    title: Word
    columns: Sequence[Word]
    found: Callable[[str, date], QuerySet[Any]]
    cells: Callable[[Any], Sequence[object]]
    leads: Callable[[Any], str] = lambda _row: ""


def _organisation(row: Organisation) -> Sequence[object]:
    return row.name, row.code, row.get_kind_display(), row.parent.name if row.parent else "", _ended(row)


def _ended(row: Organisation) -> str:
    if row.valid_to is None:
        return ""
    return _("ended on %(day)s: %(act)s") % {"day": f"{row.valid_to:%d/%m/%Y}", "act": row.ended_by}


def _network(row: Network) -> Sequence[object]:
    return row.cidr, row.organisation.name, row.valid_from, row.valid_to


def _system(row: InformationSystem) -> Sequence[object]:
    return row.name, row.code, row.level, row.organisation.name


def _asset(row: Any) -> Sequence[object]:
    held = " ".join(address.address for address in row.addresses.all() if address.to_utc is None)
    return row.name, row.get_kind_display(), row.organisation.name, held, row.nat_pool, row.cases_held


def _cases_of(row: Any) -> str:
    """The search that finds the cases of a host, "" for one that has none."""
    return f"{reverse('search')}?{urlencode({'q': row.name})}" if row.cases_held else ""


def _sensor(row: Sensor) -> Sequence[object]:
    return row.name, row.get_kind_display(), row.organisation.name, " ".join(row.networks), row.get_silence_display()


def _contact(row: Contact) -> Sequence[object]:
    office = row.organisation.name if row.organisation else _("national")
    return row.name, office, "; ".join(row.phones), " ".join(row.emails), row.printed_in, row.checked_on


def _named(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    found = queries.find_organisations(words)
    return rows.filter(Q(name__icontains=words) | Q(organisation__in=found)) if words else rows


NAME, OFFICE, CODE = gettext_lazy("Name"), gettext_lazy("Organisation"), gettext_lazy("Code")
KIND, FROM, TO = gettext_lazy("Kind"), gettext_lazy("From"), gettext_lazy("To")
LISTINGS: Mapping[str, Listing] = {
    "organisations": Listing(
        gettext_lazy("Organisations"),
        (NAME, CODE, KIND, gettext_lazy("Under"), gettext_lazy("State")),
        lambda words, _day: queries.find_organisations(words).select_related("parent"),
        _organisation,
        leads=lambda row: reverse("organisation", args=[row.pk]),
    ),
    "networks": Listing(
        gettext_lazy("Networks"), (gettext_lazy("Block"), OFFICE, FROM, TO), queries.find_networks, _network
    ),
    "systems": Listing(
        gettext_lazy("Information systems"),
        (NAME, CODE, gettext_lazy("Level"), OFFICE),
        lambda words, _day: _named(queries.systems(), words),
        _system,
    ),
    "assets": Listing(
        gettext_lazy("Assets"),
        (NAME, KIND, OFFICE, gettext_lazy("Addresses"), gettext_lazy("Public address"), gettext_lazy("Cases")),
        lambda words, _day: queries.find_assets(words).annotate(cases_held=_CASES).prefetch_related("addresses"),
        _asset,
        leads=_cases_of,
    ),
    "sensors": Listing(
        gettext_lazy("Sensors"),
        (NAME, KIND, OFFICE, gettext_lazy("Networks"), gettext_lazy("Silence shows by")),
        lambda words, _day: _named(queries.sensors(), words),
        _sensor,
    ),
    "contacts": Listing(
        gettext_lazy("Contacts"),
        (
            NAME, OFFICE, gettext_lazy("Phone"), gettext_lazy("Mail address"), gettext_lazy("Printed in"),
            gettext_lazy("Checked on"),
        ),
        lambda words, _day: _named(queries.contacts(), words),
        _contact,
    ),
}  # fmt: skip
TITLES: Mapping[str, Word] = {
    **{kind: listing.title for kind, listing in LISTINGS.items()},
    "people": gettext_lazy("People"),
    "heartbeats": gettext_lazy("Heartbeats of sensors"),
    "rotation": gettext_lazy("Log files of sensors"),
}


@require_safe
def first(_request: DeskRequest) -> HttpResponse:
    """The register opens with its organisations."""
    return redirect("register-list", "organisations")


@require_safe
def listed(request: DeskRequest, kind: str) -> HttpResponse:
    """One kind's rows within the scope, found by words; what has a page of its own, or its sensors', leads there."""
    if kind not in TITLES:
        raise Http404
    if kind not in LISTINGS:
        return HttpResponseRedirect(_where(kind))
    listing, words = LISTINGS[kind], request.GET.get("q", "").strip()
    found = list(listing.found(words, local(frames.of(request).now).date())[: PAGE_ROWS + 1])
    context = {
        "kind": kind,
        "title": listing.title,
        "titles": {name: each.title for name, each in LISTINGS.items()},
        "columns": listing.columns,
        "lines": [(listing.leads(row), listing.cells(row)) for row in found[:PAGE_ROWS]],
        "is_cut": len(found) > PAGE_ROWS,
        "words": words,
        "may_import": request.access.may(_right(kind)),
        "may_administer": request.access.may(Act.ADMINISTER),
    }
    return render(request, "register/list.html", context)


@require_safe
def as_file(request: DeskRequest, kind: str) -> HttpResponse:
    """The scope's rows of one kind in the columns of its import."""
    form = request.GET.get("format", "csv")
    if kind not in TITLES or form not in MEDIA:
        raise Http404
    if kind == "people":
        request.access.need(Act.ADMINISTER)
    content = imports.export(kind, "xlsx" if form == "xlsx" else "csv")
    named = {"Content-Disposition": f'attachment; filename="{kind}.{form}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=MEDIA[form], headers=named)


@require_http_methods(["GET", "HEAD", "POST"])
@handing_in.comes_back_to("register-import")
def upload(request: DeskRequest, kind: str) -> HttpResponse:
    """The form for a file; one handed in is kept and leads to its preview, and nothing is changed yet."""
    _need(request, kind)
    if request.method == "POST":
        content, name = handing_in.one_file(request, largest=LARGEST_BYTES)
        _planned(request, kind, content, name)
        token = signing.dumps([request.person.pk, kind, uploads.keep_raw(content), name], salt=SALT)
        return HttpResponseRedirect(f"{reverse('register-preview', args=[kind])}?{urlencode({'token': token})}")
    context = {"kind": kind, "title": TITLES[kind], "columns": imports.kind_named(kind).columns}
    return render(request, "register/import.html", context)


@require_safe
def preview(request: DeskRequest, kind: str) -> HttpResponse:
    """What the file would change as the register stands now; read again as often as one likes."""
    _need(request, kind)
    token = request.GET.get("token", "")
    context = {"kind": kind, "title": TITLES[kind], "token": token}
    return render(request, "register/preview.html", context | _shown(_plan_of(request, kind, token)))


@require_POST
def apply(request: DeskRequest, kind: str) -> HttpResponse:
    """Carry out what the preview showed; a register that has changed since is planned afresh by the same file."""
    _need(request, kind)
    planned = _plan_of(request, kind, request.POST.get("token", ""))
    if planned.changes:
        imports.apply(planned, at=frames.of(request).now)
        messages.success(request, _figures(planned))
    elif planned.rejects:
        # What the preview showed as new may be refused by now, its parent gone for instance.
        messages.warning(request, _figures(planned))
    else:
        messages.info(request, _("The register says the same already."))
    return HttpResponseRedirect(_where(kind))


def _plan_of(request: DeskRequest, kind: str, token: str) -> Plan:
    """The plan of the file that the preview's token names; InputError for a token that is old or another's."""
    try:
        person, token_kind, sha256, name = signing.loads(token, salt=SALT, max_age=PREVIEW_SECONDS)
    except signing.BadSignature:
        raise InputError(_("The preview is too old; hand the file in again.")) from None
    if (person, token_kind) != (request.person.pk, kind) or not uploads.is_kept(sha256):
        raise InputError(_("The preview is too old; hand the file in again."))
    return _planned(request, kind, uploads.raw(sha256), name)


def _where(kind: str) -> str:
    """The page on which the imported rows are seen; signs of sensors stand with their sensors."""
    if kind == "people":
        return reverse("people")
    return reverse("register-list", args=[kind if kind in LISTINGS else "sensors"])


def _planned(request: DeskRequest, kind: str, content: bytes, name: str) -> Plan:
    now = frames.of(request).now
    return imports.plan(kind, content, name, at=local(now).date(), now=now)


def _need(request: DeskRequest, kind: str) -> None:
    if kind not in TITLES:
        raise Http404
    request.access.need(_right(kind))


def _right(kind: str) -> Act:
    return Act.ADMINISTER if kind in ADMINISTERED else Act.IMPORT


def _shown(planned: Plan) -> dict[str, Any]:
    """What the preview page lists, each part cut to what a person reads."""
    return {
        "plan": planned,
        "figures": _figures(planned),
        "created": [
            (
                change.line,
                _noun(planned, change.noun),
                _entry(planned, change.noun, change.key),
                [_said(name, value) for name, value in change.after.items() if value not in (None, "", [])],
            )
            for change in planned.created[:SHOWN_LINES]
        ],
        "changed": [
            (
                _noun(planned, change.noun),
                _entry(planned, change.noun, change.key),
                [
                    (_header(planned, name), _said(name, (change.before or {}).get(name)), _said(name, value))
                    for name, value in change.after.items()
                ],
            )
            for change in planned.changed[:SHOWN_LINES]
        ],
        "missing": [(_noun(planned, noun), _entry(planned, noun, key)) for noun, key in planned.missing[:SHOWN_LINES]],
        "elsewhere": [_entry(planned, change.noun, change.key) for change in planned.elsewhere[:SHOWN_LINES]],
        "rejects": planned.rejects[:SHOWN_LINES],
        "shown_lines": SHOWN_LINES,
        "is_cut": max(map(len, _lists(planned))) > SHOWN_LINES,
    }


def _lists(planned: Plan) -> tuple[Sized, ...]:
    return planned.created, planned.changed, planned.missing, planned.rejects, planned.elsewhere


def _noun(planned: Plan, noun: str) -> Word:
    """What a row is, "" where the file tells of one kind of rows alone."""
    return NOUNS[noun] if len(imports.kind_named(planned.kind).parts) > 1 else ""


def _entry(planned: Plan, noun: str, key: Key) -> str:
    """What an import calls an entry by, as people read it."""
    part = next(one for one in imports.kind_named(planned.kind).parts if one.noun == noun)
    return " ".join(_said(of.column, value) for of, value in zip(part.key, key, strict=False) if value)


def _header(planned: Plan, name: str) -> str:
    """A column as people head it, where the reader reads Vietnamese."""
    column = next((one for one in imports.kind_named(planned.kind).columns if one.name == name), None)
    return column.aliases[0] if column and column.aliases and get_language() == "vi" else name


def _said(column: str, value: Value) -> str:
    """A cell of an import as people read it: several values with blanks between them, a fixed value by its word."""
    if isinstance(value, list):
        return " ".join(value) or "–"
    if value in (None, ""):
        return "–"
    if ISO_DAY.fullmatch(str(value)):
        day = typed_day(str(value))
        return f"{day.day}/{day.month}/{day.year}"
    return str(FIXED.get(column, {}).get(str(value), value))


def _figures(planned: Plan) -> str:
    """What the plan does, the rows of each noun counted by themselves, and how many lines it leaves out."""
    counts = planned.counts()
    nouns = [part.noun for part in imports.kind_named(planned.kind).parts]
    if len(nouns) == 1:
        said = [_("%(created)d new entries, %(changed)d changed, %(unchanged)d unchanged") % counts]
    else:
        said = [
            _("%(what)s: %(created)d new, %(changed)d changed, %(unchanged)d unchanged")
            % {"what": NOUNS[noun], **asdict(planned.of(noun))}
            for noun in nouns
        ]
    rejected = ngettext("%(n)d line rejected", "%(n)d lines rejected", counts["rejected"]) % {"n": counts["rejected"]}
    return " · ".join([*said, rejected])
