"""The rules in force with their citations, how the office tightens them, and its holidays."""

from datetime import datetime, timedelta
from typing import TypeAlias

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import forms
from vonggac.desk.requests import DeskRequest
from vonggac.desk.words import Word
from vonggac.duty import limits
from vonggac.duty.limits import Limit
from vonggac.duty.models import HolidayOverride
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import needs
from vonggac.duty.services import settings as services
from vonggac.register.rules import Act

SHOWN_DAYS = timedelta(days=400)
RULES = {
    "rest_hours": gettext_lazy("hours of rest between two shifts, at least"),
    "weekly_hours": gettext_lazy("hours in a week, at most"),
    "nights_in_row": gettext_lazy("nights in a row, at most"),
    "days_in_row": gettext_lazy("days in a row, at most"),
    "late_check_in_minutes": gettext_lazy("minutes after which somebody who has not checked in is absent"),
    "hand_over_minutes": gettext_lazy("minutes after which an unsigned hand-over is told to the lead"),
    "awake_answer_minutes": gettext_lazy("minutes within which a question at night is answered"),
    "alert_1_acknowledge_minutes": gettext_lazy("minutes within which an alert of priority 1 is acknowledged"),
    "alert_2_acknowledge_minutes": gettext_lazy("minutes within which an alert of priority 2 is acknowledged"),
    "alert_3_acknowledge_minutes": gettext_lazy("minutes within which an alert of priority 3 is acknowledged"),
    "alert_4_acknowledge_minutes": gettext_lazy("minutes within which an alert of priority 4 is acknowledged"),
    "alert_1_handle_hours": gettext_lazy("hours within which an alert of priority 1 is handled"),
    "alert_2_handle_hours": gettext_lazy("hours within which an alert of priority 2 is handled"),
    "alert_3_handle_hours": gettext_lazy("hours within which an alert of priority 3 is handled"),
    "alert_4_handle_hours": gettext_lazy("hours within which an alert of priority 4 is handled"),
}
Row: TypeAlias = tuple[Limit, Word, str, bool]
ROSTER_RULES: tuple[str, Word, Word] = (
    "rules", gettext_lazy("Rest, hours and presence"),
    gettext_lazy("Every roster is checked against these, made by hand or by the desk."),
)  # fmt: skip
ALERT_RULES: tuple[str, Word, Word] = (
    "clocks", gettext_lazy("Clocks of alerts"),
    gettext_lazy("Past the time to acknowledge one, the person on duty is called."),
)  # fmt: skip


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """Rules and holidays of the office on which one works."""
    office, now = request.access.organisation, frames.of(request).now
    today = day_of(now)
    last = today + SHOWN_DAYS
    own = {row.on: row for row in HolidayOverride.objects.filter(organisation=office)}
    days = needs.holidays(office.path, today, last)
    worked = {row.on: row.name for row in own.values() if row.is_work and row.on >= today}
    context = {
        "groups": _groups(office.path, now),
        "days": sorted([(day, name, day in own, day in worked) for day, name in (days | worked).items()]),
        "may_plan": request.access.may(Act.ASSIGN),
        "today": today,
        "here": "rules",
    }
    return render(request, "roster/rules.html", context)


def _groups(org_path: str, now: datetime) -> list[tuple[str, Word, Word, list[Row]]]:
    """(code, title, what it is for, its rules): those of rosters, and the clocks of alerts."""
    rows: list[Row] = [
        (limit, RULES[name], limits.source_of(limit), limit.tightened_by == org_path)
        for name, limit in limits.in_force(org_path, now).items()
    ]
    of_alerts = [row for row in rows if row[0].name.startswith("alert_")]
    of_rosters = [row for row in rows if row not in of_alerts]
    return [(*ROSTER_RULES, of_rosters), (*ALERT_RULES, of_alerts)]


@require_POST
@comes_back_to("duty-rules")
def tighten(request: DeskRequest) -> HttpResponse:
    """A rule held more tightly, or as the regime has it again."""
    request.access.need(Act.ASSIGN)
    now = frames.of(request).now
    services.tighten(request.access.organisation, forms.text(request, "name"), forms.count(request, "value"), at=now)
    messages.success(request, _("The rule is in force from now on."))
    return HttpResponseRedirect(reverse("duty-rules"))


@require_POST
@comes_back_to("duty-rules")
def keep_holiday(request: DeskRequest) -> HttpResponse:
    """A day as the office keeps it."""
    request.access.need(Act.ASSIGN)
    services.keep_holiday(
        request.access.organisation, forms.day(request, "on"), forms.text(request, "name"),
        is_work=request.POST.get("is_work") == "1", at=frames.of(request).now,
    )  # fmt: skip
    messages.success(request, _("The day is kept."))
    return HttpResponseRedirect(reverse("duty-rules"))


@require_POST
@comes_back_to("duty-rules")
def drop_holiday(request: DeskRequest) -> HttpResponse:
    """A day as the calendar has it again."""
    request.access.need(Act.ASSIGN)
    services.drop_holiday(request.access.organisation, forms.day(request, "on"), at=frames.of(request).now)
    messages.success(request, _("The day is as the calendar has it."))
    return HttpResponseRedirect(reverse("duty-rules"))
