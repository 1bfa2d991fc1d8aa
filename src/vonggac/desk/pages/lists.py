"""Danh sách botnet: the lists received, one handed in with a preview of its columns, and what became of each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.botnet.models import BotnetList, Sender
from vonggac.botnet.queries import same_file, sender_of, senders
from vonggac.botnet.rules import nearly
from vonggac.desk import export, handing_in, times
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.pages import settling
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.words import Word
from vonggac.errors import InputError, MappingNeeded, OutOfScope
from vonggac.flows import botnet_list, escalation, uploads
from vonggac.formats import botnet_columns, tables
from vonggac.formats.botnet_columns import FIELDS
from vonggac.formats.botnet_columns import Mapping as ColumnMapping
from vonggac.formats.botnet_list import ListRow
from vonggac.formats.tables import Table
from vonggac.formats.times import HANOI, find_zone
from vonggac.register.rules import Act

PAGE_ROWS = 100
SHOWN_COLUMNS = 200
# Files handed in whose previews one session may look at again.
PREVIEWS_KEPT = 5
PREVIEWED = "lists previewed"
COUNTS: Mapping[str, Word] = {
    "new": gettext_lazy("new sightings"),
    "still": gettext_lazy("still listed"),
    "gone": gettext_lazy("no longer listed"),
    "returned": gettext_lazy("returned to the list"),
    "cases_opened": gettext_lazy("cases opened"),
}
FIGURES: Mapping[str, Word] = {
    "rows_read": gettext_lazy("rows read"),
    "rows_rejected": gettext_lazy("rows rejected"),
    "warnings": gettext_lazy("cells that could not be read"),
    "addresses": gettext_lazy("addresses on the list"),
    "owned": gettext_lazy("addresses with an owner in the register"),
    "placed": gettext_lazy("addresses placed on a host of ours"),
    "unplaced": gettext_lazy("addresses of ours, and no log tells yet which host is behind them"),
    "unowned": gettext_lazy("addresses that nobody in the register owns"),
    "unread": gettext_lazy("control servers that cannot be read"),
    "without_c2": gettext_lazy("rows that name no control server: whether their hosts are clean cannot be proven"),
    "hosts": gettext_lazy("hosts"),
    **COUNTS,
    "cases_reopened": gettext_lazy("cases reopened"),
}
# What the addresses with an owner are told apart by.
PLACES = frozenset({"placed", "unplaced"})
FIELD_WORDS: Mapping[str, Word] = {
    "address": gettext_lazy("Listed address"),
    "first_seen": gettext_lazy("First seen"),
    "last_seen": gettext_lazy("Last seen"),
    "time": gettext_lazy("Time of the sighting"),
    "destination_host": gettext_lazy("C2 name"),
    "destination_address": gettext_lazy("C2 address"),
    "port": gettext_lazy("Source port"),
    "protocol": gettext_lazy("Protocol"),
    "family": gettext_lazy("Malware family"),
    "count": gettext_lazy("Number of sightings"),
}
# Offsets are compared on a day without summer time: the desk's zones have none.
_ANY_DAY = datetime(2026, 1, 1)  # noqa: DTZ001  the zone follows
COLUMNS = (
    "id", "sender", "file", "sha256", "received_at_utc", "imported_at_utc", "rows_read", "rows_rejected", *COUNTS,
)  # fmt: skip
REJECT_COLUMNS = ("line", "column", "reason", "raw")


class Previewed(NamedTuple):
    """A file handed in, as the session keeps it; without a mapping a person has to say which column is which."""

    sha256: str
    file_name: str
    sender: str
    mapping: dict[str, Any] | None = None
    list_id: int | None = None
    """The list that it became: whoever comes back to its preview is led there."""


class FieldChoice(NamedTuple):
    """One of our fields and the columns it may be read from: (value of the form, text, whether chosen)."""

    name: str
    label: Word
    options: Sequence[tuple[str, str, bool]]


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The lists received, the newest first, or the same as a file; and the form for the next one."""
    if kind := request.GET.get("format"):
        rows = _received()[: export.MOST_ROWS].iterator(chunk_size=2_000)
        return export.respond(kind, "lists", COLUMNS, _rows(rows), headings=COUNTS)
    return _page(request, _newest())


def _received() -> QuerySet[BotnetList]:
    return BotnetList.objects.select_related("sender").defer("rejects").order_by("-received_at", "-pk")


def _newest() -> Sequence[BotnetList]:
    return list(_received()[: PAGE_ROWS + 1])


def _page(request: DeskRequest, found: Sequence[BotnetList]) -> HttpResponse:
    context = {
        "lines": [(one, [one.summary.get(name) for name in COUNTS]) for one in found[:PAGE_ROWS]],
        "counts": COUNTS.values(),
        "is_cut": len(found) > PAGE_ROWS,
        "senders": sorted(set(Sender.objects.values_list("name", flat=True))),
        "may_import": request.access.may(Act.IMPORT),
    }
    return render(request, "lists/page.html", context)


def _rows(found: Iterator[BotnetList]) -> Iterator[tuple[export.Cell, ...]]:
    for one in found:
        yield (
            one.pk, one.sender.name, one.file_name, one.sha256, one.received_at, one.imported_at, one.rows_read,
            one.rows_rejected, *(one.summary.get(name) for name in COUNTS),
        )  # fmt: skip


def _of_sender(request: DeskRequest, kept: Previewed, name: str) -> HttpResponse:
    """To the preview of the same file as one of a sender who is known, read by what is remembered of them."""
    if name not in senders(request.access.organisation):
        raise InputError(_("No list of this sender came yet."))
    asked = kept._replace(sender=name, mapping=None)
    try:
        return _to_preview(request, _read(request, asked))
    except MappingNeeded:
        return _to_preview(request, asked)


@require_POST
@handing_in.comes_back_to("lists")
def upload(request: DeskRequest) -> HttpResponse:
    """A file handed in is kept as it came and leads to its preview; no case is touched yet."""
    request.access.need(Act.IMPORT)
    handed_in = _handed_in(request)
    try:
        return _to_preview(request, _read(request, handed_in))
    except MappingNeeded:
        # The preview asks for the columns.
        return _to_preview(request, handed_in)


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: DeskRequest, sha256: str) -> HttpResponse:
    """What the list would change as things stand now, read again as often as one likes; POST corrects its mapping."""
    request.access.need(Act.IMPORT)
    kept = _kept(request, sha256)
    if kept.list_id is not None:
        return _to_list(request, kept.list_id)
    if sender := request.POST.get("sender"):
        return _of_sender(request, kept, sender)
    table = _table(kept)
    if request.method == "POST":
        return _to_preview(request, _read(request, kept._replace(mapping=_corrected(request, kept, table.columns))))
    try:
        shown = botnet_list.preview(
            uploads.raw(kept.sha256), kept.file_name, request.access.organisation, kept.sender,
            at=frames.of(request).now, mapping=_mapping(kept),
        )  # fmt: skip
    except MappingNeeded as error:
        return _show(request, kept, table, problem=str(error))
    return _show(request, kept, table, shown)


@require_POST
def confirm(request: DeskRequest) -> HttpResponse:
    """Enter the list as it was last previewed and leave the rest to the worker; sent again it enters nothing."""
    request.access.need(Act.IMPORT)
    kept = _kept(request, request.POST.get("sha256", ""))
    if kept.list_id is not None:
        return _to_list(request, kept.list_id)
    if kept.mapping is None:
        raise InputError(_("Say first which column holds the addresses, and look at the preview again."))
    entered = botnet_list.start(
        uploads.raw(kept.sha256), kept.file_name, request.access.organisation, kept.sender,
        at=frames.of(request).now, mapping=_mapping(kept),
    )  # fmt: skip
    _keep(request, kept._replace(list_id=entered.pk))
    if entered.imported_at is None:
        botnet_list.enqueue(entered, request.access.scope)
    else:
        messages.info(request, _("This file was imported before; nothing was counted twice."))
    return HttpResponseRedirect(reverse("list", args=[entered.pk]))


def _to_preview(request: DeskRequest, previewed: Previewed) -> HttpResponse:
    _keep(request, previewed)
    return HttpResponseRedirect(reverse("list-preview", args=[previewed.sha256]))


def _to_list(request: DeskRequest, list_id: int) -> HttpResponse:
    messages.info(request, _("This list was entered already; nothing is counted twice."))
    return HttpResponseRedirect(reverse("list", args=[list_id]))


@require_safe
def one(request: DeskRequest, list_id: int) -> HttpResponse:
    """What became of one list, or its rejects as a file."""
    found = found_list(list_id)
    if kind := request.GET.get("format"):
        rejects = (
            [reject["line"], reject["column"], retold(reject["reason"]), reject["raw"]] for reject in found.rejects
        )
        return export.respond(kind, f"list-{list_id}-rejects", REJECT_COLUMNS, rejects)
    context = {
        "list": found,
        # Hosts are counted by the preview alone; of the others a count of nothing is an answer too.
        "figures": _figures({name: 0 for name in FIGURES if name not in PLACES | {"hosts"}} | found.summary),
        "has_shared": _has_shared(found.summary),
        **_cells(request, found),
        **_calls(request),
        "called": escalation.called_for_list(found) if found.imported_at else None,
        "rejects": found.rejects[:PAGE_ROWS],
        "kept_rejects": len(found.rejects),
        "may_settle": request.access.may(Act.IMPORT),
        **settling.of_list(found),
    }
    return render(request, "lists/one.html", context)


@require_safe
def raw_file(_request: DeskRequest, list_id: int) -> HttpResponse:
    """The file as it came; always a download, whatever it holds."""
    found = found_list(list_id)
    headers = {
        "Content-Disposition": content_disposition_header(True, found.file_name) or "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(uploads.raw(found.sha256), content_type="application/octet-stream", headers=headers)


def found_list(list_id: int) -> BotnetList:
    """One list of the scope; OutOfScope where there is none."""
    found = BotnetList.objects.select_related("sender").filter(pk=list_id).first()
    if found is None:
        raise OutOfScope(_("There is no such list among those you may read."))
    return found


def _handed_in(request: DeskRequest) -> Previewed:
    content, name = handing_in.one_file(request)
    sender = " ".join(request.POST.get("sender", "").split())[:100]
    if not sender:
        raise FieldProblem("sender", _("Say who sent the list."))
    return Previewed(uploads.keep_raw(content), name.replace("\0", ""), sender)


def _kept(request: DeskRequest, sha256: str) -> Previewed:
    """What this session handed in under a digest: no other stored file can be asked for."""
    kept = request.session.get(PREVIEWED, {}).get(sha256)
    if kept is None or not uploads.is_kept(sha256):
        raise InputError(_("The preview is too old; hand the file in again."))
    return Previewed(sha256, *kept)


def _keep(request: DeskRequest, previewed: Previewed) -> None:
    others = {key: value for key, value in request.session.get(PREVIEWED, {}).items() if key != previewed.sha256}
    newest = list(others.items())[-(PREVIEWS_KEPT - 1) :]
    request.session[PREVIEWED] = dict([*newest, (previewed.sha256, list(previewed[1:]))])


def _mapping(previewed: Previewed) -> ColumnMapping | None:
    return botnet_columns.from_json(previewed.mapping) if previewed.mapping else None


def _read(request: DeskRequest, asked: Previewed) -> Previewed:
    """The file with the mapping by which it is read; MappingNeeded where its columns cannot be told apart."""
    sender = sender_of(request.access.organisation, asked.sender)
    reading = botnet_list.read(uploads.raw(asked.sha256), asked.file_name, sender, _mapping(asked))
    known_as = sender.name if sender else asked.sender
    return asked._replace(sender=known_as, mapping=reading.mapping.to_json())


def _show(
    request: DeskRequest, kept: Previewed, table: Table, shown: Mapping[str, Any] | None = None, problem: str = ""
) -> HttpResponse:
    context = {
        "kept": kept,
        "near": nearly(kept.sender, senders(request.access.organisation)),
        "problem": problem,
        "entered": same_file(request.access.organisation, kept.sha256),
        "unread_columns": shown["unread_columns"] if shown else (),
        "fields": _choices(kept, table.columns),
        "other_zone": botnet_columns.other_zone(mapping) if (mapping := _mapping(kept)) else None,
        "zones": _zones((kept.mapping or {}).get("time_zone", "UTC")),
        "sample": [_as_read(row) for row in shown["sample"]] if shown else [],
        "figures": _figures(shown) if shown else [],
        "has_shared": _has_shared(shown or {}),
        "organisations": shown["organisations"] if shown else {},
        "rejects": shown["rejects"] if shown else [],
        **_calls(request),
    }
    return render(request, "lists/preview.html", context)


def _calls(request: DeskRequest) -> dict[str, Any]:
    """What calls somebody for a list of the office that looks."""
    now = frames.of(request).now
    return {
        "page_priority": escalation.page_priority(now),
        "keeps_watch": escalation.keeps_watch(request.access.organisation, now),
    }


def _has_shared(summary: Mapping[str, Any]) -> bool:
    """True where more hosts than addresses with an owner were found."""
    return bool(max(summary.get("hosts", 0), summary.get("cases_opened", 0)) > summary.get("owned", 0))


def _cells(request: DeskRequest, found: BotnetList) -> dict[str, Any]:
    """The cells that could not be read, where they are asked for: they are not kept, so the file is read again."""
    if "cells" not in request.GET or not found.summary.get("warnings"):
        return {}
    cells = botnet_list.read_entered(found).warnings
    return {"cells": cells[:PAGE_ROWS], "cells_cut": len(cells) if len(cells) > PAGE_ROWS else 0}


def _zones(chosen: str) -> list[tuple[str, str, bool]]:
    """The zones that a person chooses from (value, text, whether chosen): Hà Nội's and UTC first."""
    whole_hours = {f"GMT{hours:+d}": f"UTC{hours:+d}" for hours in range(-12, 15) if hours not in {0, 7}}
    named = {HANOI: _("Viet Nam time (UTC+7)"), "UTC": "UTC", **whole_hours}
    same = {name for name in named if find_zone(name).utcoffset(_ANY_DAY) == find_zone(chosen).utcoffset(_ANY_DAY)}
    shown = {chosen if name in same else name: text for name, text in named.items()}
    return [(name, text, name == chosen) for name, text in ({chosen: chosen} | shown if not same else shown).items()]


def _as_read(row: ListRow) -> tuple[ListRow, str, str]:
    """A row, with its times by Hà Nội's clock and by UTC."""
    seconds = dict.fromkeys(one for one in (row.first_seen_seconds, row.last_seen_seconds) if one is not None)
    moments = [datetime.fromtimestamp(one, UTC) for one in seconds]
    return row, " – ".join(map(times.full, moments)), " – ".join(f"{one:%d/%m/%Y %H:%M:%S} UTC" for one in moments)


def _figures(summary: Mapping[str, Any]) -> list[tuple[str, Word, int]]:
    """The figures by name, each with its label.

    Those with an owner are told apart by whether their host is known, so that these and the ones without owner are all
    addresses; lists that came before that was counted do not know it.
    """
    if "unplaced" in summary:
        placed = {"placed": summary["owned"] - summary["unplaced"]}
        summary = {name: value for name, value in summary.items() if name != "owned"} | placed
    return [(name, label, summary[name]) for name, label in FIGURES.items() if name in summary]


def _table(kept: Previewed) -> Table:
    """The table that the mapping is about: the sheet it names, else the first filled one."""
    found = tables.read_tables(uploads.raw(kept.sha256), kept.file_name, surplus="keep", strip=False)
    sheet = (kept.mapping or {}).get("sheet")
    empty = Table([], [], [], has_header=False)
    return next((table for table in found if sheet in (None, table.sheet)), found[0] if found else empty)


def _choices(kept: Previewed, columns: Sequence[str]) -> list[FieldChoice]:
    """Each field with the file's columns; several columns that stand in for each other are one more choice.

    A form's value is the columns' places, because a column's name may hold anything.
    """
    chosen = (kept.mapping or {}).get("columns", {})
    places = {column: place for place, column in enumerate(columns)}
    made = []
    for name in FIELDS:
        now = [column for column in chosen.get(name, ()) if column in places]
        value = ",".join(str(places[column]) for column in now)
        options = [("", "–", not now)]
        if len(now) > 1:
            options.append((value, " + ".join(now), True))
        options += [(str(place), column, str(place) == value) for column, place in list(places.items())[:SHOWN_COLUMNS]]
        made.append(FieldChoice(name, FIELD_WORDS[name], options))
    return made


def _corrected(request: DeskRequest, kept: Previewed, columns: Sequence[str]) -> dict[str, Any]:
    """The mapping of the form; InputError names an unknown column or time zone."""
    named = {name: _named(request.POST.get(f"column-{name}", ""), columns) for name in FIELDS}
    before, zone = kept.mapping or {}, request.POST.get("time_zone", "").strip()
    corrected = {
        **before,
        "columns": {name: names for name, names in named.items() if names},
        "time_zone": zone,
        "zone_is_chosen": before.get("zone_is_chosen", False) or zone != before.get("time_zone", "UTC"),
    }
    return botnet_columns.from_json(corrected).to_json()


def _named(places: str, columns: Sequence[str]) -> list[str]:
    try:
        return [dict(enumerate(columns))[int(place)] for place in places.split(",") if place]
    except (KeyError, ValueError):
        raise InputError(_("The file has no such column; look at the preview again.")) from None
