"""Lịch trực: a week of posts, its holes, the import of a table, and checking in."""

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.db.models import Max, Min
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import export, weeks
from vonggac.desk import frame as frames
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.times import OFFICE_ZONE, local, typed_day
from vonggac.duty import queries, services
from vonggac.duty.models import Post, Shift
from vonggac.errors import InputError
from vonggac.register.rules import Act

COLUMNS = ("post", "from_utc", "to_utc", "person", "skill", "checked_in_at_utc")
LARGEST_BYTES = 8 << 20
REJECTS_SHOWN = 5


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """A week, Monday to Sunday on Hà Nội's calendar, or its shifts as a file."""
    now = frames.of(request).now
    monday = _monday(request.GET.get("week", ""), now)
    start = datetime.combine(monday, time(), OFFICE_ZONE)
    end = start + timedelta(days=7)
    planned = queries.shifts(start, end)
    if kind := request.GET.get("format"):
        rows = (
            (shift.post.name, shift.from_utc, shift.to_utc, shift.person_name, shift.skill, shift.checked_in_at)
            for shift in planned
        )
        return export.respond(kind, f"roster-{monday}", COLUMNS, rows)
    posts = list(Post.objects.order_by("org_path", "pk"))
    reach = Shift.objects.aggregate(first=Min("from_utc"), last=Max("to_utc"))
    week = weeks.lay_out(posts, planned, monday, now, reach=(reach["first"], reach["last"]))
    context = {
        "week": week,
        "monday": monday,
        "week_address": f"?week={monday}&",
        "sunday": monday + timedelta(days=6),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "this_week": _monday("", now),
        "posts": posts,
        "people": len({shift.person_name for shift in planned}),
        "has_roster": reach["first"] is not None,
        "reaches_to": reach["last"],
        "own": [s for s in planned if s.person_id == request.person.pk and s.from_utc <= now < s.to_utc],
        "may_import": request.access.may(Act.IMPORT),
    }
    return render(request, "roster/page.html", context)


def _monday(text: str, now: datetime) -> date:
    try:
        chosen = typed_day(text) if text else local(now).date()
    except ValueError:
        raise InputError(_("Write the week as a date, for example 2026-04-27.")) from None
    return chosen - timedelta(days=chosen.weekday())


@require_POST
def import_file(request: DeskRequest) -> HttpResponse:
    """A roster table, uploaded: what it changed and which lines were not understood."""
    request.access.need(Act.IMPORT)
    file = request.FILES.get("file")
    if file is None:
        raise InputError(_("Choose at least one file."))
    if (file.size or 0) > LARGEST_BYTES:
        raise InputError(_("A roster larger than 8 MiB is not a roster; choose the file again."))
    rows, rejects = services.read_roster(file.read(), file.name or "")
    report = services.import_roster(request.access.organisation, rows, rejects, at=frames.of(request).now)
    said = _("%(added)d shifts added, %(out)d taken out, %(same)d unchanged.") % {
        "added": report.added, "out": report.replaced, "same": report.unchanged,
    }  # fmt: skip
    messages.success(request, said)
    for reject in rejects[:REJECTS_SHOWN]:
        told = {"line": reject.line, "column": reject.column or "–", "reason": retold(reject.reason)}
        messages.warning(request, _("Line %(line)d, %(column)s: %(reason)s") % told)
    if len(rejects) > REJECTS_SHOWN:
        messages.warning(request, _("and %(n)d more lines") % {"n": len(rejects) - REJECTS_SHOWN})
    first = min((row.from_utc for row in rows), default=None)
    return HttpResponseRedirect(reverse("roster") + (f"?week={local(first):%Y-%m-%d}" if first else ""))


@require_POST
def check_in(request: DeskRequest, shift_id: int) -> HttpResponse:
    """Say that one is there: the person of the shift, or whoever may assign for somebody without an account."""
    shift = queries.shift(shift_id)
    if shift.person_id != request.person.pk:
        request.access.need(Act.ASSIGN)
    services.check_in(shift_id, request.person, at=frames.of(request).now)
    messages.success(request, _("%(name)s is checked in.") % {"name": shift.person_name})
    return HttpResponseRedirect(reverse("now"))
