"""Lịch trực: a week of what is in force, its holes, the sheet for the wall, checking in and out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import export, faults, leaving, roster_words, signing, weeks
from vonggac.desk import frame as frames
from vonggac.desk.broken_rules import Broken, listed
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import tables
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local, typed_day
from vonggac.desk.wall import points
from vonggac.duty import planning, queries, services
from vonggac.duty.escalation.preflight import Fault
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.queries import exchanges, needs, rosters
from vonggac.duty.queries.attendance import coverage
from vonggac.duty.services import presence, unpublishing
from vonggac.duty.skills import LEAD
from vonggac.errors import InputError
from vonggac.register.rules import Act

COLUMNS = ("post", "from_utc", "to_utc", "person", "skill", "checked_in_at_utc")
# Holes shout in the grid; the list below names the first of them.
HOLES_SHOWN = 12
# Weeks that one leaps to: some that have passed, and the roster's as far as they fit into two lines.
WEEKS_BEFORE, MOST_WEEKS = 3, 12


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """A week, Monday to Sunday on Hà Nội's calendar, or its shifts as a file."""
    now, monday = frames.of(request).now, monday_of(request.GET.get("week", ""), frames.of(request).now)
    start = begin_of(monday)
    end = begin_of(monday + timedelta(days=7))
    planned = queries.shifts(start, end)
    if kind := request.GET.get("format"):
        rows = (
            (
                shift.post.name, shift.from_utc, shift.to_utc, shift.person_name,
                _skill(shift, word=LEAD if kind == "json" else roster_words.skill_word(LEAD)), shift.checked_in_at,
            )
            for shift in planned
        )  # fmt: skip
        return export.respond(kind, f"roster-{monday}", COLUMNS, rows)
    week = _week(request, monday, planned)
    broken, rules_broken = _broken(request, monday, planned)
    mine = [one for one in planned if one.person_id == request.person.pk and one.taken_off_at is None]
    own = [one for one in mine if one.from_utc <= now < one.to_utc]
    context = {
        **week,
        "holes_shown": week["week"].holes[:HOLES_SHOWN],
        "holes_more": max(0, len(week["week"].holes) - HOLES_SHOWN),
        "broken": broken,
        "rules_broken": rules_broken,
        # Holes stand in the week itself.
        "faults": faults.ahead(frames.of(request).now, without={Fault.EMPTY}),
        "week_address": f"?week={monday}&",
        # Its Thursday is of the month that most of a week's days are of.
        "month": monday + timedelta(days=3),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "has_roster": bool(week["reaches"]),
        "jumps": _jumps(monday, local(now).date(), week["reaches_to"]),
        "own": own,
        "own_waits": any(shift.checked_in_at is None for shift in own),
        "may_import": request.access.may(Act.IMPORT),
        "may_plan": request.access.may(Act.ASSIGN),
        "drafts": rosters.drafts(),
        "exchanges": exchanges.open_ones(now)[: exchanges.LISTED],
        "published": rosters.published(),
        "newest": unpublishing.newest(request.access.organisation, at=now) if request.access.may(Act.ASSIGN) else None,
        "in_place": tables.to_take_back(request),
        "here": "week",
    }
    return render(request, "roster/week.html", context)


def _broken(request: DeskRequest, monday: date, planned: Sequence[Shift]) -> tuple[dict[int, list[str]], Broken]:
    """What the checker says of one's own office: its sentences by shift, and each broken rule with its first shift."""
    own = {shift.post_id: shift.post for shift in planned if shift.org_path == request.access.organisation.path}
    if not any(shift.roster_id for shift in planned if shift.post_id in own):
        return {}, Broken()
    now = frames.of(request).now
    plan, violations = planning.broken_in_force(list(own.values()), monday, monday + timedelta(days=6), at=now)
    numbers = {(shift.post_id, shift.from_utc, shift.person_name): shift.pk for shift in planned}
    told: dict[int, list[str]] = {}
    for one in violations:
        for slot_id in one.slots:
            slot, name = plan.slots[slot_id], plan.members[one.worker].name
            if number := numbers.get((slot.post_id, slot.from_utc, name)):
                told.setdefault(number, []).append(roster_words.broken(one, plan, slot_id))
    return told, listed(plan, violations)


def _skill(shift: Shift, *, word: str) -> str:
    """The skill as an imported table wrote it; of a published shift, the word when its person leads."""
    return shift.skill or (word if queries.duty_of(shift).is_lead else "")


def _week(request: DeskRequest, monday: date, planned: Sequence[Shift]) -> dict[str, Any]:
    """The grid of a week and what its heading says."""
    # A day more: the shifts of Sunday night end in it.
    now, start, end = frames.of(request).now, begin_of(monday), begin_of(monday + timedelta(days=8))
    posts = queries.posts(start)
    ends, needed = queries.reaches(posts, now), needs.needs(posts, start, end)
    reaches = _reaches(posts, ends)
    week = weeks.lay_out(
        coverage(posts, start, end, now=now, asked=needed.demands, ends=ends), needed.slots, planned, monday, now,
        reaches=reaches,
        holidays=needs.holidays(request.access.organisation.path, monday, monday + timedelta(days=6)),
    )  # fmt: skip
    return {
        "week": week, "monday": monday, "sunday": monday + timedelta(days=6), "posts": posts,
        "people": len({shift.person_name for shift in planned}), "reaches": reaches,
        "reaches_to": max((last for _first, last in reaches.values()), default=None),
    }  # fmt: skip


def _jumps(shown: date, today: date, reaches_to: datetime | None) -> list[tuple[date, date]]:
    """(Monday, Sunday) of the weeks around today, or around the shown one where that lies far off."""
    if reaches_to is None:
        return []
    this = today - timedelta(days=today.weekday())
    first = min(this, shown) - timedelta(days=7 * WEEKS_BEFORE)
    last = max(shown, this, local(reaches_to).date() - timedelta(days=1))
    if (shown - first).days >= 7 * MOST_WEEKS:
        first = shown - timedelta(days=7 * WEEKS_BEFORE)
    weeks = min(MOST_WEEKS, (last - first).days // 7 + 1)
    mondays = (first + timedelta(days=7 * number) for number in range(weeks))
    return [(monday, monday + timedelta(days=6)) for monday in mondays]


def _reaches(posts: Sequence[Post], ends: Mapping[int, datetime]) -> dict[int, tuple[datetime, datetime]]:
    """From when to when each post's roster reaches: from its first shift to its last, or as far as `ends` says."""
    shifts = needs.shift_reach(posts)
    found = {number: (last, last) for number, last in ends.items()} | shifts
    return {number: (first, max(last, ends.get(number, last))) for number, (first, last) in found.items()}


@require_safe
def wall(request: DeskRequest) -> HttpResponse:
    """A week on one sheet of paper for the wall, with the office's name, a legend, and room for a signature."""
    monday = monday_of(request.GET.get("week", ""), frames.of(request).now)
    shifts = queries.shifts(begin_of(monday), begin_of(monday + timedelta(days=7)))
    planned = [shift for shift in shifts if shift.taken_off_at is None]
    # Of namesakes the phone is in the name already.
    phones = sorted(
        {(shift.person_name, shift.phone) for shift in planned if shift.phone and shift.phone not in shift.person_name}
    )
    context = {**_week(request, monday, planned), "office": request.access.organisation, "phones": phones}
    context["has_leads"] = any(queries.duty_of(shift).is_lead for shift in planned)
    context["points"] = points(context["week"], phones)
    return render(request, "roster/wall.html", context)


def monday_of(text: str, now: datetime) -> date:
    """The Monday of the week in which a written day lies, of this week for none."""
    try:
        chosen = typed_day(text) if text else local(now).date()
    except ValueError:
        raise InputError(_("Write the week as a date, for example 2026-04-27.")) from None
    return chosen - timedelta(days=chosen.weekday())


@require_POST
@comes_back_to("roster-mine")
def check_in(request: DeskRequest, shift_id: int) -> HttpResponse:
    """Say that one is there: the person of the shift, or whoever may assign for somebody without an account."""
    shift = queries.shift(shift_id)
    if shift.person_id != request.person.pk:
        request.access.need(Act.ASSIGN)
    services.check_in(shift_id, request.person.name, at=frames.of(request).now)
    messages.success(request, _("%(name)s is checked in.") % {"name": shift.person_name})
    return HttpResponseRedirect(signing.safe_address(request, request.POST.get("next", "")))


@require_POST
@comes_back_to("roster-mine")
def leave(request: DeskRequest, shift_id: int) -> HttpResponse:
    """Say that one goes before one was relieved: from now on the shift lacks somebody."""
    shift = queries.shift(shift_id)
    if shift.person_id != request.person.pk:
        request.access.need(Act.ASSIGN)
    presence.leave(shift_id, request.person.name, at=frames.of(request).now)
    messages.success(request, _("%(name)s has left the post.") % {"name": shift.person_name})
    return leaving.say(request, shift) or HttpResponseRedirect(reverse("roster-mine"))


@require_POST
def awake(request: DeskRequest, prompt_id: int) -> HttpResponse:
    """Answer the question of the night, from whatever page one is on: its person, or whoever may assign."""
    if queries.question(prompt_id).shift.person_id != request.person.pk:
        request.access.need(Act.ASSIGN)
    presence.answer(prompt_id, request.person.name, at=frames.of(request).now)
    messages.success(request, _("Thank you. You are on watch."))
    return HttpResponseRedirect(signing.safe_address(request, request.POST.get("next", "")))
