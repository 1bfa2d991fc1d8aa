"""From a spreadsheet to a draft: handed in, its letters settled with a preview, taken over; and a month as the same."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.pages.roster import forms
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import reckoned
from vonggac.duty import planning, queries, sheets
from vonggac.duty.models import LeaveKind, Member, Post, ShiftType
from vonggac.duty.patterns import begin_of, day_of, days_between
from vonggac.duty.queries import needs
from vonggac.duty.queries.rosters import plannable_posts
from vonggac.duty.services import posts as post_services
from vonggac.duty.services import sheets as services
from vonggac.duty.sheets import Meaning, ShownPost
from vonggac.errors import InputError
from vonggac.flows import uploads
from vonggac.formats import roster_sheet
from vonggac.formats.records import Reject
from vonggac.formats.roster_sheet import Reading, Section, Sheet
from vonggac.formats.roster_sheet.legend import without_hours
from vonggac.register.rules import Act

LARGEST_BYTES = 8 << 20
HANDED_IN = "roster sheet handed in"
READING_THE_DRAFT = timedelta(hours=1)
ROWS_SHOWN, REJECTS_SHOWN, CELLS_SHOWN, CELL_LETTERS = 60, 50, 6, 14
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_SAID = gettext_lazy("– say what it means –")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The file that this session handed in last, the sheet chosen of it, and what a person said of it."""

    sha256: str
    file_name: str
    sheet: int = 0
    month: str = ""
    meaning: dict[str, Any] | None = None
    """What its letters mean, as `Meaning.to_json` says it; None: as remembered, or as the sheet itself says."""


@require_http_methods(["GET", "HEAD", "POST"])
@handing_in.comes_back_to("sheet")
def page(request: DeskRequest) -> HttpResponse:
    """Hand a spreadsheet in; POST keeps it and goes to its preview."""
    request.access.need(Act.ASSIGN)
    if request.method != "POST":
        return render(request, "roster/sheet.html", {"here": "week"})
    content, name = handing_in.one_file(request, largest=LARGEST_BYTES)
    roster_sheet.read(content, name)
    _keep(request, HandedIn(uploads.keep_raw(content), name))
    return HttpResponseRedirect(reverse("sheet-preview"))


def _keep(request: DeskRequest, handed_in: HandedIn) -> None:
    request.session[HANDED_IN] = list(astuple(handed_in))


def _kept(request: DeskRequest) -> HandedIn:
    kept = request.session.get(HANDED_IN)
    if not kept or not uploads.is_kept(kept[0]):
        raise InputError(_("Hand the spreadsheet in first."))
    return HandedIn(*kept)


def _readings(kept: HandedIn) -> list[Reading]:
    year, _dash, month = kept.month.partition("-")
    told = (int(year), int(month)) if kept.month else None
    return roster_sheet.read(uploads.raw(kept.sha256), kept.file_name, month=told)


def _chosen(readings: Sequence[Reading], kept: HandedIn) -> Reading:
    return readings[min(kept.sheet, len(readings) - 1)]


def _told(request: DeskRequest, kept: HandedIn) -> HandedIn:
    """The file with what the form says of it: another sheet or month, or what the letters mean."""
    if "sheet" in request.POST or "month" in request.POST:
        return HandedIn(kept.sha256, kept.file_name, forms.count(request, "sheet", kept.sheet), _month(request))
    return replace(kept, meaning=_settled(request, _chosen(_readings(kept), kept)).to_json())


@require_http_methods(["GET", "POST"])
def preview(request: DeskRequest) -> HttpResponse:
    """What the sheet says, what its letters mean, and what taking it over would change; nothing is written yet."""
    request.access.need(Act.ASSIGN)
    kept = _kept(request)
    if request.method == "POST":
        _keep(request, _told(request, kept))
        return HttpResponseRedirect(reverse("sheet-preview"))
    readings = _readings(kept)
    reading = _chosen(readings, kept)
    posts, types = _posts_and_types(request, reading)
    office, at = request.access.organisation, frames.of(request).now
    said = Meaning.from_json(kept.meaning) if kept.meaning else services.remembered(office, reading)
    meaning = said or Meaning()
    if not meaning.marks and not meaning.sections:
        meaning = replace(sheets.proposed(reading, posts, types), people=meaning.people)
    planned = services.plan(reading, meaning, posts, office, at=at)
    context = {
        "kept": kept,
        "readings": [(place, one.sheet or kept.file_name) for place, one in enumerate(readings)],
        "reading": reading,
        "month": kept.month or (f"{reading.days[0]:%Y-%m}" if reading.days else _nearest(reading.month, day_of(at))),
        "marks": _mark_fields(reading, meaning, posts, types),
        "sections": _section_fields(reading, meaning, posts),
        "people": _people_fields(reading, planned),
        "shown_posts": sheets.shown_posts(reading, posts, types),
        "planned": planned,
        **_alike(planned.rejects),
        "grid": _grid(reading, meaning),
        "away": [(name, LeaveKind(kind).label, len(days)) for (name, kind), days in sorted(planned.away.items())],
        "first": planned.days[0] if planned.days else None,
        "last": planned.days[-1] if planned.days else None,
        "here": "week",
    }
    return render(request, "roster/sheet_preview.html", context)


def _alike(rejects: Sequence[Reject]) -> dict[str, Any]:
    """The cells that cannot be taken over, those with one content and reason together, and how many are not shown."""
    cells: dict[tuple[str, str], list[str]] = {}
    for one in rejects:
        cells.setdefault((one.raw, one.reason), []).append(f"{one.column or ''}{one.line}")
    shown = [
        {"cells": names[:CELLS_SHOWN], "more": len(names[CELLS_SHOWN:]), "raw": raw, "reason": reason}
        for (raw, reason), names in islice(cells.items(), REJECTS_SHOWN)
    ]
    return {"rejects": shown, "rejects_more": sum(map(len, islice(cells.values(), REJECTS_SHOWN, None)))}


def _nearest(month: int | None, today: date) -> str:
    """The month of that number that is nearest to today, as a field has it; "" without a number."""
    if month is None:
        return ""
    near = min((date(today.year + step, month, 15) for step in (-1, 0, 1)), key=lambda day: abs(day - today))
    return f"{near:%Y-%m}"


def _month(request: DeskRequest) -> str:
    text = forms.text(request, "month")
    try:
        return f"{reckoned(date.fromisoformat(text + '-01')):%Y-%m}" if text else ""
    except ValueError:
        raise InputError(_("Write the month as 2026-04.")) from None


def _posts_and_types(request: DeskRequest, reading: Reading) -> tuple[list[Post], list[ShiftType]]:
    """The posts that have shifts in the sheet's days, or now, and these shifts."""
    posts = plannable_posts(frames.of(request).now, max(reading.days, default=None))
    today = day_of(frames.of(request).now)
    first, last = (reading.days[0], reading.days[-1]) if reading.days else (today, today)
    return posts, needs.shift_types(posts, max(first, today), max(last, today))


def _mark_fields(
    reading: Reading, meaning: Meaning, posts: Sequence[Post], types: Sequence[ShiftType]
) -> list[dict[str, Any]]:
    """Each mark with how often it stands, what the sheet says of it, and what it may mean."""
    choices = _targets(reading, meaning, posts, types)
    return [
        {
            "mark": mark, "count": count, "legend": reading.legend.get(mark, ""), "field": f"mark-{place}",
            "options": [
                (value, label, value == meaning.marks.get(mark, ""))
                for value, label in (*choices, *_both(mark, choices))
            ],
            "is_open": not meaning.marks.get(mark),
        }
        for place, (mark, count) in enumerate(reading.marks.items())
    ]  # fmt: skip


def _both(mark: str, choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """`S/C` as both shifts in full, where it names two that there are; as halves it can be no shift."""
    codes = mark.split("/")
    known = {value.removeprefix("shift:") for value, _label in choices if value.startswith("shift:")}
    if len(codes) < 2 or not known.issuperset(codes):
        return []
    return [("shift:" + "+".join(codes), _("%(shifts)s, each in full") % {"shifts": " + ".join(codes)})]


def _targets(
    reading: Reading, meaning: Meaning, posts: Sequence[Post], types: Sequence[ShiftType]
) -> list[tuple[str, str]]:
    if reading.shape == "names_in_cells":
        names = {post.pk: post.name for post in posts}
        shifts = [(f"post:{row.post_id}:{row.code}", f"{names[row.post_id]} · {row.code} {row.name}") for row in types]
    else:
        used = set(meaning.sections.values())
        held = {row.code: row for row in types if not used or row.post_id in used}
        shifts = [(f"shift:{code}", f"{code} · {row.name}") for code, row in held.items()]
    leave = [(f"leave:{value}", str(label)) for value, label in LeaveKind.choices]
    return [("", str(NOT_SAID)), *shifts, (sheets.OFF, _("free: no duty, nothing is entered")), *leave]


def _section_fields(reading: Reading, meaning: Meaning, posts: Sequence[Post]) -> list[dict[str, Any]]:
    """Each part of the sheet with the posts that it may be about; a sheet of columns names its posts itself."""
    if reading.shape == "names_in_cells":
        return []
    found = dict.fromkeys(entry.section for entry in reading.entries)
    return [
        {
            "name": name or sheets.told_name(reading), "field": f"section-{place}",
            "options": [(post.pk, post.name, meaning.sections.get(name) == post.pk) for post in posts],
        }
        for place, name in enumerate(found)
    ]  # fmt: skip


def _settled(request: DeskRequest, reading: Reading) -> Meaning:
    """What the form says: fields are numbered by place, because a mark may hold anything."""
    marks = {mark: forms.text(request, f"mark-{place}") for place, mark in enumerate(reading.marks)}
    names = list(dict.fromkeys(entry.section for entry in reading.entries))
    sections = {
        name: number for place, name in enumerate(names)
        if (number := forms.number(request, f"section-{place}")) is not None
    }  # fmt: skip
    people = {
        name: target for place, name in enumerate(reading.names) if (target := forms.text(request, f"person-{place}"))
    }
    return Meaning({mark: target for mark, target in marks.items() if target}, sections, people)


def _people_fields(reading: Reading, planned: services.SheetPlan) -> list[dict[str, Any]]:
    """Each person of whom the sheet alone does not tell who they are, with whom they may be."""
    asked = [(place, planned.who[name]) for place, name in enumerate(reading.names) if name in planned.who]
    asked = [(place, one) for place, one in asked if one.is_asked]
    ids = {int(choice.removeprefix("member:")) for _place, one in asked for choice in one.choices if choice[:1] == "m"}
    members = {f"member:{one.pk}": one for one in Member.objects.filter(pk__in=ids)} if ids else {}
    return [
        {
            "label": one.label, "phone": one.person.phone, "field": f"person-{place}", "is_open": not one.target,
            "may_be_open": not one.choices[0].startswith("account:"),
            "options": [(choice, _choice(choice, members), choice == one.target) for choice in one.choices],
        }
        for place, one in asked
    ]  # fmt: skip


def _choice(choice: str, members: Mapping[str, Member]) -> str:
    if member := members.get(choice):
        return " · ".join(filter(None, (_("%(name)s, on the duty list") % {"name": member.name}, member.phone)))
    if choice.startswith("account:"):
        return _("the colleague of this name who has an account")
    if choice.startswith("as:"):
        return _("the same person as %(name)s in this sheet") % {"name": choice.removeprefix("as:")}
    return _("somebody else, new on the duty list")


def _grid(reading: Reading, meaning: Meaning) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Names × days as the sheet has them; True beside a cell whose letter nobody has explained."""
    cells: dict[str, dict[date, list[str]]] = {}
    for entry in reading.entries:
        marks = cells.setdefault(entry.name, {}).setdefault(entry.day, [])
        # Leave stands once under each post; one shift's letter under two posts is two shifts.
        if entry.mark not in marks or meaning.marks.get(entry.mark, "").startswith(("shift:", "post:")):
            marks.append(entry.mark)
    rows = []
    for name in reading.names[:ROWS_SHOWN]:
        own = cells.get(name, {})
        days = [own.get(day, []) for day in reading.days]
        rows.append((name, [(_in_cell(each), any(not meaning.marks.get(mark) for mark in each)) for each in days]))
    return rows


def _asks_from(reading: Reading, shown: ShownPost, at: datetime) -> datetime:
    """From when a post made for a sheet asks for somebody: its next shift, or within an hour for the draft to be read.

    The shift that runs is kept, so that whoever stands there now is shown; until it is published nobody is missing.
    """
    begins = [begin_of(day, shift.start_minute) for day in reading.days for shift in shown.shifts]
    ahead = [begin for begin in begins if begin > at]
    return min(*ahead, at + READING_THE_DRAFT) if ahead else at


def _in_cell(marks: Sequence[str]) -> str:
    """The marks of a day as a narrow cell holds them: names of shifts without their hours."""
    said = " ".join(marks)
    return said if len(said) <= CELL_LETTERS else ", ".join(without_hours(mark) or mark for mark in marks)


@require_POST
def make_posts(request: DeskRequest) -> HttpResponse:
    """The posts that the sheet shows and nobody made, with the shifts that it shows."""
    request.access.need(Act.ASSIGN)
    kept = _kept(request)
    reading = _chosen(_readings(kept), kept)
    posts, types = _posts_and_types(request, reading)
    at = frames.of(request).now
    first = max([day_of(at), *reading.days[:1]])
    office = request.access.organisation
    bare = {post.name: post for post in Post.objects.filter(organisation=office, shift_types__isnull=True)}
    for shown in sheets.shown_posts(reading, posts, types):
        if known := bare.get(shown.name):
            # A post that a table of shifts made: it has no pattern of its own yet.
            post_services.set_pattern(known.pk, shown.shifts, first, at=at)
        else:
            fields = post_services.PostFields.usual(shown.name, shown.kind)
            post_services.add_post(office, fields, shown.shifts, on=first, since=_asks_from(reading, shown, at), at=at)
    if kept.meaning:
        # The new posts are proposed for their parts and letters; who somebody is stays as it was said.
        _keep(request, replace(kept, meaning=Meaning(people=kept.meaning.get("people", {})).to_json()))
    return HttpResponseRedirect(reverse("sheet-preview"))


@require_POST
@handing_in.comes_back_to("sheet-preview")
def confirm(request: DeskRequest) -> HttpResponse:
    """The sheet taken over into a draft, as the form says."""
    request.access.need(Act.ASSIGN)
    kept = _kept(request)
    reading = _chosen(_readings(kept), kept)
    posts, _types = _posts_and_types(request, reading)
    draft = services.take_over(
        reading, _settled(request, reading), posts, request.access.organisation, file_name=kept.file_name,
        by=request.person.name, at=frames.of(request).now,
    )  # fmt: skip
    number = draft.placements.count()
    said = ngettext("%(n)d place is in the draft.", "%(n)d places are in the draft.", number) % {"n": number}
    messages.success(request, said + " " + _("Look at it, and publish it."))
    request.session.pop(HANDED_IN, None)
    return HttpResponseRedirect(reverse("draft", args=[draft.pk]))


@require_safe
def export(request: DeskRequest) -> HttpResponse:
    """A month of what is in force as names × days with letters, one part a post: the sheet that offices keep."""
    first = _first_of_month(request)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    posts = [post for post in queries.posts(frames.of(request).now) if post.shift_types.exists()]
    office = request.access.organisation
    holidays = needs.holidays(office.path, first, last)
    sections: list[Section] = []
    legend: dict[str, str] = {}
    for post in posts:
        slots = {slot.id: slot for slot in needs.slots([post], first, last)}
        stood = list(planning.filled([post], slots))
        # Who stands there no more stood there this month, and a table may know a name alone.
        theirs = {shift.member_id for _slot, shift in stood if shift.member_id}
        standing = Q(eligibilities__post=post) | Q(pk__in=theirs)
        names = dict(Member.objects.filter(standing).values_list("pk", "name"))
        rows: dict[str, dict[date, str]] = {}
        for slot_id, shift in stood:
            slot = slots[slot_id]
            own = rows.setdefault(names.get(shift.member_id or 0, shift.person_name), {})
            own[slot.day] = f"{own[slot.day]},{slot.code}" if slot.day in own else slot.code
        for member, kinds in services.whole_days_away(names, first, last).items():
            for day, kind in kinds.items():
                rows.setdefault(names[member], {}).setdefault(day, sheets.AWAY_MARKS[kind][0])
                legend.setdefault(*sheets.AWAY_MARKS[kind])
        # In the order in which the duty list was written, that of the sheet it came from.
        entered = {name: number for number, name in names.items()}
        in_order = sorted(rows.items(), key=lambda row: (row[0] not in entered, entered.get(row[0], 0), row[0]))
        phones = dict(Member.objects.filter(pk__in=names).exclude(phone="").values_list("name", "phone"))
        sections.append(Section(post.name, in_order, phones))
        for row in needs.shift_types([post], first, last):
            told = legend.setdefault(row.code, _legend(row))
            if told != _legend(row):
                # Two posts with one letter: each part of the table has its own hours.
                legend[row.code] = without_hours(told)
    titles = (office.name.upper(), f"LỊCH TRỰC THÁNG {first.month} NĂM {first.year}")
    content = roster_sheet.write(Sheet(titles, days_between(first, last), sections, legend, holidays))
    name = f"lich-truc-{first:%Y-%m}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _legend(row: ShiftType) -> str:
    begin, end = row.start_minute, (row.start_minute + row.length_minutes) % (24 * 60)
    return f"{without_hours(row.name) or row.code} {begin // 60:02d}:{begin % 60:02d}–{end // 60:02d}:{end % 60:02d}"


def _first_of_month(request: DeskRequest) -> date:
    text = request.GET.get("month", "")
    try:
        return reckoned(date.fromisoformat(f"{text}-01")) if text else day_of(frames.of(request).now).replace(day=1)
    except ValueError:
        raise InputError(_("Write the month as 2026-04.")) from None
