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
from vonggac.duty import planning, queries
from vonggac.duty.exchanging import Change
from vonggac.duty.loose import parse_loose_id
from vonggac.duty.models import Member, Post, RosterState, Shift
from vonggac.duty.patterns import Slot, parse_slot_id
from vonggac.duty.planning import Plan
from vonggac.duty.services import exchanges
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import reinforcing
from vonggac.flows import roster as flow
from vonggac.flows.reinforcing import MOST
from vonggac.kernel.roster.checking import hole_of
from vonggac.kernel.roster.explaining import barriers, explain
from vonggac.kernel.roster.values import Assignment, Barrier, Hole
from vonggac.register.rules import Act

# Whoever steps in is judged by what they stand so many days before and after.
MARGIN = timedelta(days=3)
# A calendar ends in the years 1 and 9999, and rules look weeks back and ahead.
YEARS = range(1990, 2100)


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
    hole = hole_of(kernel_slot, [workers[worker] for worker in on])
    # A shift that lacks nobody can still take one more: everybody's relation to it is asked as if one person lacked.
    told = explain(plan.problem, placed, hole or Hole(slot_id, 1))
    lacking = {skill for skill, _count in hole.skills} if hole else set()
    fixed = {(one.slot, one.worker) for one in plan.problem.fixed}
    free = [_free(plan, placed, number, slot, lacking) for number in told.free]
    barred = [
        Candidate(
            plan.members[one.worker],
            reasons=roster_words.all_broken(one.violations, plan, slot_id),
            rules=sorted({rule.rule.value for rule in one.violations}) if _may_give_way(one) else (),
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


def _may_give_way(barrier: Barrier) -> bool:
    """True when a person may break knowingly whatever stops somebody."""
    return planning.KNOWINGLY.issuperset(one.rule for one in barrier.violations)


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
        "may_plan": request.access.may(Act.ASSIGN) and draft.roster.state == RosterState.DRAFT,
        "back": f"{reverse('draft', args=[roster_id])}?week={monday}",
    }
    return render(request, "roster/slot.html", context)


@require_http_methods(["GET", "POST"])
def in_force(request: DeskRequest) -> HttpResponse:
    """One shift of what is in force: who may step in; POST lays the new version down and tells who is touched."""
    asked = request.POST if request.method == "POST" else request.GET
    slot_id = asked.get("slot", "")
    plan, placed = _around(request, slot_id)
    instead = plan.members.get(asked.get("instead", ""))
    not_there = queries.not_there(plan.slots[slot_id], frames.of(request).now) if slot_id in plan.slots else []
    gone = placed & ({Assignment(slot_id, str(instead.pk))} if instead else set())
    # An imported table may know their name alone.
    named = {member.name: member.pk for member in plan.members.values()}
    absent = {shift.member_id or named.get(shift.person_name) for shift in not_there}
    placed -= gone | {Assignment(slot_id, str(number)) for number in absent}
    choice = choice_of(plan, placed, slot_id)
    absent |= {instead.pk} if instead else set()
    choice = replace(
        choice, gone=not_there, free=[one for one in choice.free if one.member.pk not in absent],
        barred=[one for one in choice.barred if one.member.pk not in absent],
    )  # fmt: skip
    if request.method == "POST":
        if asked.get("seen", choice.seen) != choice.seen:
            raise WrongState("the roster has changed meanwhile; look at it once more")
        done = _step_in(request, plan, choice, gone)
        if instead is not None:
            exchanges.end_for(instead, slot_id, at=frames.of(request).now)
        return done
    monday = choice.slot.day - timedelta(days=choice.slot.day.weekday())
    context: dict[str, Any] = {
        "choice": choice,
        "draft": None,
        "monday": monday,
        "may_plan": request.access.may(Act.ASSIGN) and choice.slot.to_utc > frames.of(request).now,
        "back": f"{reverse('roster')}?week={monday}",
        "instead": instead,
        "most": MOST,
        "skills": reinforcing.skills_of(choice.post),
    }
    return render(request, "roster/slot.html", context)


def _around(request: DeskRequest, slot_id: str) -> tuple[Plan, frozenset[Assignment]]:
    """The plan in force of a shift's post from three days before it to three days after, and who stands where.

    Whoever steps in at the same post at the same time waits, and plans with what then stands.
    """
    posts, is_loose = Post.objects.select_related("organisation"), "@" in slot_id
    if request.method == "POST":
        posts = posts.select_for_update(of=("self",))
    try:
        number, day = parse_loose_id(slot_id) if is_loose else parse_slot_id(slot_id)
        if day.year not in YEARS:
            raise ValueError(day)
    except (ValueError, OverflowError):
        raise InputError(_("This is no shift of a roster; open it from the roster page.")) from None
    post = posts.filter(pk=number).first() if is_loose else posts.filter(shift_types=number).first()
    if post is None:
        raise OutOfScope(_("This shift is not in the roster; look at the page again."))
    return planning.around([post], day - MARGIN, day + MARGIN, at=frames.of(request).now)


def _step_in(request: DeskRequest, plan: Plan, choice: Choice, gone: frozenset[Assignment]) -> HttpResponse:
    """What is in force, and one person more on a shift, or in place of another."""
    request.access.need(Act.ASSIGN)
    at, by = frames.of(request).now, request.person
    able = (*choice.free, *(one for one in choice.barred if one.rules))
    chosen = next((one for one in able if str(one.member.pk) == request.POST.get("member")), None)
    if chosen is None:
        raise InputError(_("This person may not stand on the shift any more; look at the list again."))
    reason = forms.text(request, "reason") if chosen.rules else ""
    if chosen.rules and not reason:
        raise InputError(_("Say why this person is put on although a rule stands against it."))
    name = _("%(name)s steps in on %(shift)s") % {
        "name": chosen.member.name, "shift": roster_words.slot_text(choice.slot),
    }  # fmt: skip
    said = {"reason": reason[:500], "rules": list(chosen.rules), "person": chosen.member.name} if reason else {}
    change = Change(frozenset({Assignment(choice.slot.id, str(chosen.member.pk))}), gone)
    done = flow.change_in_force(plan, change, flow.Naming(name, reason=reason, said=said), by=by, at=at)
    untold = [change.name for change in done.changes if not flow.address_of(change)]
    messages.success(request, f"{name}.")
    if untold:
        messages.warning(request, _("Tell them by phone: %(names)s") % {"names": ", ".join(untold)})
    monday = choice.slot.day - timedelta(days=choice.slot.day.weekday())
    return HttpResponseRedirect(f"{reverse('roster')}?{urlencode({'week': monday.isoformat()})}")
