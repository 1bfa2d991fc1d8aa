"""Who may stand on one shift, ranked, and what stops the others: of a draft, or of what is in force."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from vonggac.desk import draft_grid, roster_words, times
from vonggac.desk import frame as frames
from vonggac.desk.pages.roster import forms
from vonggac.desk.pages.roster.drafts import Draft
from vonggac.desk.requests import DeskRequest
from vonggac.duty import planning
from vonggac.duty.models import Member, Post, RosterState, Shift
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.errors import OutOfScope
from vonggac.flows import reinforcing, stepping_in
from vonggac.flows import roster as flow
from vonggac.flows.reinforcing import MOST
from vonggac.flows.stepping_in import Setting
from vonggac.kernel.roster.explaining import barriers
from vonggac.kernel.roster.values import Assignment
from vonggac.register.rules import Act


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may fill the shift, or (`reasons`) what stops them."""

    member: Member
    facts: Sequence[str] = ()
    reasons: Sequence[str] = ()
    brings: Sequence[str] = ()  # the lacking skills that they have
    without: Sequence[str] = ()  # the lacking skills, of which they have none
    rules: Sequence[str] = ()  # those that stop them, where each may be broken knowingly


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody on the shift already, with the rules that this breaks."""

    member: Member
    is_fixed: bool
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One shift with everybody's relation to it."""

    slot: Slot
    post: Post
    lack: str
    on: Sequence[Standing]
    free: Sequence[Candidate] = field(default_factory=list)
    barred: Sequence[Candidate] = field(default_factory=list)
    gone: Sequence[Shift] = ()
    """Of those whom the roster has there and who are not, for all that is left of it: on leave, left, or taken off."""

    @property
    def seen(self) -> str:
        """Who stands on it, as a form says what it was written for."""
        return " ".join(str(one.member.pk) for one in self.on)


def choice_of(plan: Plan, placed: frozenset[Assignment], slot_id: str) -> Choice:
    """Who stands on a shift, who could, and what stops the others; OutOfScope for a shift that is not in the plan."""
    if slot_id not in plan.slots:
        raise OutOfScope(_("This shift is not in the roster; look at the page again."))
    slot = plan.slots[slot_id]
    kernel_slot = next(one for one in plan.problem.slots if one.id == slot_id)
    workers = {worker.id: worker for worker in plan.problem.workers}
    on = [one.worker for one in placed if one.slot == slot_id]
    hole, told = planning.relations(plan, placed, slot_id)
    lacking = {skill for skill, _count in hole.skills} if hole else set()
    fixed = {(one.slot, one.worker) for one in plan.problem.fixed}
    free = [_free(plan, placed, number, slot, lacking) for number in told.free]
    barred = [
        Candidate(
            plan.members[one.worker],
            reasons=roster_words.all_broken(one.violations, plan, slot_id),
            rules=sorted({rule.rule.value for rule in one.violations}) if planning.may_give_way(one) else (),
        )
        for one in told.barred if not _has_ended(plan.members[one.worker], slot)
    ]  # fmt: skip
    standing = [
        Standing(
            plan.members[worker], (slot_id, worker) in fixed,
            roster_words.all_broken(barriers(plan.problem, placed, workers[worker], kernel_slot), plan, slot_id),
        )
        for worker in sorted(on, key=lambda one: plan.members[one].name)
    ]  # fmt: skip
    lack = roster_words.lack(hole.missing, hole.skills) if hole else ""
    return Choice(slot, plan.posts[slot.post_id], lack, standing, free, barred)


def _has_ended(member: Member, slot: Slot) -> bool:
    """True for whoever no longer stands duty by then: nobody asks why they may not."""
    return member.ends_on is not None and member.ends_on <= slot.day


def _free(plan: Plan, placed: frozenset[Assignment], number: str, slot: Slot, lacking: set[str]) -> Candidate:
    member = plan.members[number]
    load = next(
        one for one in draft_grid.loads(plan, [a for a in placed if a.worker == number]) if one.member == member
    )
    rest = draft_grid.rest_before(plan, placed, number, slot)
    facts = [
        _("rested %(hours)s") % {"hours": times.length(rest)} if rest is not None else _("rested for days"),
        ngettext("%(n)d night in the last quarter", "%(n)d nights in the last quarter", load.nights_before)
        % {"n": load.nights_before},
        ngettext("%(n)d shift in this roster", "%(n)d shifts in this roster", load.shifts) % {"n": load.shifts},
        ngettext("%(n)d of them at night", "%(n)d of them at night", load.nights) % {"n": load.nights},
    ]
    brings = [roster_words.skill_word(skill) for skill in sorted(lacking & set(member.skills))]
    without = [] if brings else [roster_words.skill_word(skill) for skill in sorted(lacking)]
    return Candidate(member, facts, brings=brings, without=without)


@require_safe
def of_draft(request: DeskRequest, roster_id: int) -> HttpResponse:
    """One shift of a draft: who is on it, who may be put there with one click, and what stops the others."""
    draft = Draft.open(roster_id, request)
    choice = choice_of(draft.plan, draft.placed, request.GET.get("slot", ""))
    monday = choice.slot.day - timedelta(days=choice.slot.day.weekday())
    context = {
        "choice": choice,
        "draft": draft.roster,
        "monday": monday,
        "may_plan": request.access.may(Act.ASSIGN)
        and draft.roster.state == RosterState.DRAFT
        and choice.slot.to_utc > draft.at,
        "back": f"{reverse('draft', args=[roster_id])}?week={monday}",
    }
    return render(request, "roster/slot.html", context)


@require_http_methods(["GET", "POST"])
def in_force(request: DeskRequest) -> HttpResponse:
    """One shift of what is in force: who may step in; POST lays the new version down and tells who is touched."""
    told = request.POST if request.method == "POST" else request.GET
    now = frames.of(request).now
    setting = stepping_in.around(told.get("slot", ""), told.get("instead", ""), at=now)
    if request.method == "POST":
        request.access.need(Act.ASSIGN)
        return _step_in(request, setting)
    choice = choice_of(setting.plan, setting.placed, setting.slot.id)
    choice = replace(
        choice, gone=setting.not_there, free=[one for one in choice.free if one.member.pk not in setting.absent],
        barred=[one for one in choice.barred if one.member.pk not in setting.absent],
    )  # fmt: skip
    monday = choice.slot.day - timedelta(days=choice.slot.day.weekday())
    context: dict[str, Any] = {
        "choice": choice,
        "draft": None,
        "monday": monday,
        "may_plan": request.access.may(Act.ASSIGN) and choice.slot.to_utc > now,
        "back": f"{reverse('roster')}?week={monday}",
        "instead": setting.instead,
        "most": MOST,
        "skills": reinforcing.skills_of(choice.post),
    }
    return render(request, "roster/slot.html", context)


def _step_in(request: DeskRequest, setting: Setting) -> HttpResponse:
    """One person more on the shift, or in place of another, as the form was written."""
    told, slot = request.POST, setting.slot
    member = setting.plan.members.get(told.get("member", ""))
    name = _("%(name)s steps in on %(shift)s") % {
        "name": member.name if member else "", "shift": roster_words.slot_text(slot),
    }  # fmt: skip
    asked = stepping_in.Asked(
        slot.id, told.get("member", ""), told.get("instead", ""),
        frozenset(told["seen"].split()) if "seen" in told else None, forms.text(request, "reason"),
    )  # fmt: skip
    done = stepping_in.step_in(asked, name, by=request.person, at=frames.of(request).now)
    messages.success(request, f"{name}.")
    if untold := [change.name for change in done.changes if not flow.address_of(change)]:
        messages.warning(request, _("Tell them by phone: %(names)s") % {"names": ", ".join(untold)})
    monday = slot.day - timedelta(days=slot.day.weekday())
    return HttpResponseRedirect(f"{reverse('roster')}?{urlencode({'week': monday.isoformat()})}")
