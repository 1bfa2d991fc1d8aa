"""Drafts of rosters: begun, edited with the checker at every step, undone, published with what changes for whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import draft_grid, roster_words
from vonggac.desk import frame as frames
from vonggac.desk.broken_rules import listed
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.times import typed_day
from vonggac.duty import planning
from vonggac.duty.models import Edit, Roster, RosterState
from vonggac.duty.planning import Plan
from vonggac.duty.queries import rosters as queries
from vonggac.duty.services import publishing, rosters, unpublishing
from vonggac.duty.services.publishing import PersonsChange
from vonggac.duty.services.rosters import Pair, Step
from vonggac.errors import InputError, VongGacError
from vonggac.flows import roster as flow
from vonggac.flows import roster_solving
from vonggac.kernel.roster.checking import check, check_worker
from vonggac.kernel.roster.values import Assignment, Burden, Hole, Verdict, Violation
from vonggac.register.rules import Act

HOLES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as pages read it: its problem, who stands where, and what the checker says of that."""

    roster: Roster
    plan: Plan
    placed: frozenset[Assignment]
    verdict: Verdict
    at: datetime

    @classmethod
    def open(cls, roster_id: int, request: DeskRequest) -> "Draft":
        """The draft of this number; OutOfScope when it is not among those one may see."""
        roster, at = queries.roster(roster_id), frames.of(request).now
        plan = planning.plan_of(roster, at=at)
        placed = plan.assignments(rosters.pairs(roster))
        return cls(roster, plan, placed, check(plan.problem, placed), at)

    @property
    def holes(self) -> list[Hole]:
        """What lacks somebody; of a draft as far as it is not over: nobody fills that any more."""
        return [one for one in self.verdict.holes if self._concerns(one.slot)]

    @property
    def broken(self) -> list[Violation]:
        """The rules that it breaks; of a draft, on shifts that are not over."""
        return [one for one in self.verdict.violations if self._concerns(*one.slots)]

    def _concerns(self, *slots: str) -> bool:
        """True where a draft can still be mended; a version shows what it was."""
        is_draft = self.roster.state == RosterState.DRAFT
        return not is_draft or any(self.plan.slots[one].to_utc > self.at for one in slots)


@require_http_methods(["GET", "POST"])
def begin(request: DeskRequest) -> HttpResponse:
    """Choose posts and days for a new draft; it starts from what is published for them."""
    request.access.need(Act.ASSIGN)
    now = frames.of(request).now
    first, last = rosters.following_week(now)
    posts = queries.plannable_posts(now)
    if request.method == "POST":
        first, last = _day(request, "from"), _day(request, "to")
        chosen = [post for post in posts if str(post.pk) in request.POST.getlist("post")]
        draft = rosters.start_draft(
            request.access.organisation, chosen, first, last, request.POST.get("name", ""),
            by=request.person.name, at=now,
        )  # fmt: skip
        return HttpResponseRedirect(reverse("draft", args=[draft.pk]))
    context = {"posts": posts, "first": first, "last": last, "drafts": queries.drafts()}
    return render(request, "roster/begin.html", context)


def _day(request: DeskRequest, name: str) -> date:
    try:
        return typed_day(request.POST.get(name, ""))
    except ValueError:
        raise InputError(_("Write the days as dates, for example 27/4/2026.")) from None


@require_safe
def page(request: DeskRequest, roster_id: int) -> HttpResponse:
    """A week of a draft, or of a published version as it was made."""
    draft = Draft.open(roster_id, request)
    roster, now = draft.roster, frames.of(request).now
    monday = _week(request, roster)
    grid = draft_grid.lay_out(draft.plan, draft.placed, draft.verdict, monday, now)
    done, undone = _history(roster)
    holes = _holes(draft)
    shown = [one for one in holes if monday <= one["slot"].day < monday + timedelta(days=7)][:HOLES_SHOWN]
    context = {
        "roster": roster,
        "grid": grid,
        "monday": monday,
        "weeks": _weeks(draft),
        "holes": len(holes),
        "holes_shown": shown,
        "holes_more": len(holes) - len(shown),
        "broken": len(draft.broken),
        "rules_broken": listed(draft.plan, draft.broken, (monday, monday + timedelta(days=6))),
        "night_spread": draft.verdict.spread.get(Burden.NIGHTS, 0),
        "weekend_spread": draft.verdict.spread.get(Burden.WEEKENDS, 0),
        "has_shares": any(worker.share_percent != 100 for worker in draft.plan.problem.workers),
        "people": len({one.worker for one in draft.placed}),
        "can_undo": done,
        "can_redo": undone,
        "is_draft": roster.state == RosterState.DRAFT,
        "may_plan": request.access.may(Act.ASSIGN) and roster.state == RosterState.DRAFT,
        "solving": roster_solving.seen(roster, draft.placed, draft.verdict.cost, at=now),
        "can_take_back": request.access.may(Act.ASSIGN) and unpublishing.may_take_back(roster, at=now),
        "week_query": f"?week={monday}",
        "changed": roster.verdict.get("changed", ()),
    }
    return render(request, "roster/draft.html", context)


def _week(request: DeskRequest, roster: Roster) -> date:
    """The Monday asked for, kept within the roster's days."""
    asked = request.GET.get("week") or request.POST.get("week") or ""
    try:
        day = date.fromisoformat(asked) if asked else roster.from_day
    except ValueError:
        day = roster.from_day
    day = min(max(day, roster.from_day), roster.to_day)
    return day - timedelta(days=day.weekday())


def _weeks(draft: Draft) -> list[dict[str, Any]]:
    """The weeks of a draft with the number of holes in each."""
    roster = draft.roster
    monday = roster.from_day - timedelta(days=roster.from_day.weekday())
    found = []
    while monday <= roster.to_day:
        sunday = monday + timedelta(days=6)
        number = sum(monday <= draft.plan.slots[hole.slot].day <= sunday for hole in draft.holes)
        found.append({"monday": monday, "sunday": sunday, "holes": number})
        monday += timedelta(days=7)
    return found


def _holes(draft: Draft) -> list[dict[str, Any]]:
    """The holes by time, each with what lacks and where it is filled."""
    found = []
    for hole in draft.holes:
        slot = draft.plan.slots[hole.slot]
        found.append(
            {
                "slot": slot, "post": draft.plan.posts[slot.post_id],
                "lack": roster_words.lack(hole.missing, hole.skills),
                "address": f"{reverse('draft-slot', args=[draft.roster.pk])}?{urlencode({'slot': slot.id})}",
            }
        )  # fmt: skip
    return sorted(found, key=lambda one: one["slot"].from_utc)


def _history(roster: Roster) -> tuple[str, str]:
    """(what would be undone, what would be done again), "" where there is nothing."""
    done = Edit.objects.filter(roster=roster, is_undone=False).order_by("-number").first()
    undone = Edit.objects.filter(roster=roster, is_undone=True).order_by("number").first()
    return tuple(str(roster_words.EDITS.get(edit.what, edit.what)) if edit else "" for edit in (done, undone))  # type: ignore[return-value]  # two of them


@require_POST
@comes_back_to("draft")
def edit(request: DeskRequest, roster_id: int) -> HttpResponse:
    """One step: somebody placed, moved, taken off or pinned, days emptied; what is refused is said on the page."""
    request.access.need(Act.ASSIGN)
    at, by = frames.of(request).now, request.person.name
    try:
        if request.POST.get("act") in {"pin", "unpin"}:
            rosters.pin(roster_id, _pair(request, "slot"), is_fixed=request.POST["act"] == "pin", at=at)
        else:
            rosters.change(roster_id, _step(request, roster_id), by=by, at=at)
    except VongGacError as error:
        messages.error(request, retold(error))
    return _back(request, roster_id)


def _step(request: DeskRequest, roster_id: int) -> Step:
    act = request.POST.get("act", "")
    if act == "place":
        return Step(frozenset({_pair(request, "slot")}))
    if act == "remove":
        return Step(removed=frozenset({_pair(request, "slot")}), what="remove")
    if act == "move":
        return Step(frozenset({_pair(request, "slot")}), frozenset({_pair(request, "from")}), "move")
    if act == "clear":
        return _emptied(request, roster_id)
    raise InputError(_("This step is not known; look at the page again."))


def _emptied(request: DeskRequest, roster_id: int) -> Step:
    """Everybody who is not pinned, taken off the shifts of a week that have not begun."""
    roster = queries.roster(roster_id)
    monday = _week(request, roster)
    plan = planning.plan_of(roster, at=frames.of(request).now)
    fixed = {(one.slot, int(one.worker)) for one in plan.problem.fixed}
    gone = {
        pair for pair in rosters.pairs(roster)
        if pair[0] in plan.slots and pair not in fixed
        and monday <= plan.slots[pair[0]].day <= monday + timedelta(days=6)
    }  # fmt: skip
    return Step(removed=frozenset(gone), what="clear")


def _pair(request: DeskRequest, name: str) -> Pair:
    try:
        return request.POST.get(name, ""), int(request.POST.get("member", ""))
    except ValueError:
        raise InputError(_("Choose somebody of the duty list.")) from None


def _back(request: DeskRequest, roster_id: int) -> HttpResponse:
    week = request.POST.get("week", "")
    query = f"?{urlencode({'week': week})}" if week else ""
    return HttpResponseRedirect(reverse("draft", args=[roster_id]) + query)


def _acted(request: DeskRequest, roster_id: int, act: Callable[[], object]) -> HttpResponse:
    request.access.need(Act.ASSIGN)
    try:
        act()
    except VongGacError as error:
        messages.error(request, retold(error))
    return _back(request, roster_id)


@require_POST
@comes_back_to("draft")
def undo(request: DeskRequest, roster_id: int) -> HttpResponse:
    """The last step taken back."""
    return _acted(request, roster_id, lambda: rosters.undo(roster_id, at=frames.of(request).now))


@require_POST
@comes_back_to("draft")
def redo(request: DeskRequest, roster_id: int) -> HttpResponse:
    """The step that was undone last, done again."""
    return _acted(request, roster_id, lambda: rosters.redo(roster_id, at=frames.of(request).now))


@require_POST
@comes_back_to("draft")
def discard(request: DeskRequest, roster_id: int) -> HttpResponse:
    """The draft put away; what is in force stays."""
    request.access.need(Act.ASSIGN)
    rosters.discard(roster_id, at=frames.of(request).now)
    messages.success(request, _("The draft is discarded; what is in force was not touched."))
    return HttpResponseRedirect(reverse("roster"))


@require_POST
@comes_back_to("draft")
def solve(request: DeskRequest, roster_id: int) -> HttpResponse:
    """Let the solver fill what is open, or plan everything that is not pinned anew."""
    request.access.need(Act.ASSIGN)
    keeps = request.POST.get("keep") == "1"
    seconds = {"30": 30, "120": 120}.get(request.POST.get("seconds", ""), roster_solving.USUAL_SECONDS)
    try:
        roster_solving.start(
            roster_id, request.access.scope, seconds=seconds, keeps_placed=keeps, at=frames.of(request).now
        )
    except VongGacError as error:
        messages.error(request, retold(error))
    return _back(request, roster_id)


@require_POST
@comes_back_to("draft")
def stop(request: DeskRequest, roster_id: int) -> HttpResponse:
    """Stop the solver; the best roster so far is taken over."""
    return _acted(request, roster_id, lambda: roster_solving.stop(roster_id, at=frames.of(request).now))


@require_http_methods(["GET", "POST"])
def publish(request: DeskRequest, roster_id: int) -> HttpResponse:
    """What publishing changes for whom, and the act itself; broken rules take a reason that stays on record."""
    request.access.need(Act.ASSIGN)
    now = frames.of(request).now
    if request.method != "POST" and queries.roster(roster_id).state == RosterState.PUBLISHED:
        # The live parts of this page are read once more between the act and the page that follows it.
        return HttpResponseRedirect(reverse("draft", args=[roster_id]))
    said = publishing.preview(queries.draft(roster_id), at=now)
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        if said.broken_rules and not reason:
            messages.error(request, _("Say why the roster is published although it breaks rules."))
        elif not said.standing and "empty" not in request.POST:
            messages.error(request, _("Nobody stands in this roster: tick that it is meant to be published empty."))
        else:
            done = flow.publish(roster_id, by=request.person, reason=reason, at=now)
            words = _("Version %(version)s is in force.") % {"version": done.roster.version}
            _say_who_was_told(request, words, done.changes)
            return HttpResponseRedirect(f"{reverse('roster')}?week={done.roster.from_day}")
    context = {
        "roster": said.roster,
        "said": said,
        "changes": [(change, bool(flow.address_of(change))) for change in said.changes],
        "rules_broken": listed(said.plan, said.broken),
    }
    return render(request, "roster/publish.html", context)


@require_POST
@comes_back_to("draft")
def take_back(request: DeskRequest, roster_id: int) -> HttpResponse:
    """A published version taken back: what stood before stands again, and whoever was told is told anew."""
    request.access.need(Act.ASSIGN)
    roster, changes = flow.take_back(roster_id, by=request.person, at=frames.of(request).now)
    said = _("Version %(version)s is taken back; what stood before stands again.") % {"version": roster.version}
    _say_who_was_told(request, said, changes)
    if roster.state == RosterState.DRAFT:
        return HttpResponseRedirect(reverse("draft", args=[roster_id]))
    return HttpResponseRedirect(f"{reverse('roster')}?week={roster.from_day}")


def _say_who_was_told(request: DeskRequest, said: str, changes: Sequence[PersonsChange]) -> None:
    by_phone = [change.name for change in changes if not flow.address_of(change)]
    told = len(changes) - len(by_phone)
    people = ngettext("%(n)d person changed", "%(n)d people changed", len(changes)) % {"n": len(changes)}
    written = ngettext("%(n)d was written to", "%(n)d were written to", told) % {"n": told}
    messages.success(request, f"{said} · {people} · {written}")
    if by_phone:
        messages.warning(request, _("Tell them by phone: %(names)s") % {"names": ", ".join(by_phone)})


@require_safe
def fits(request: DeskRequest, roster_id: int) -> JsonResponse:
    """For one person, every shift of the draft on which they would break a rule, with the rules: what a drag shows."""
    draft = Draft.open(roster_id, request)
    worker = next((one for one in draft.plan.problem.workers if one.id == request.GET.get("member")), None)
    if worker is None:
        return JsonResponse({"barred": {}})
    slots = {slot.id: slot for slot in draft.plan.problem.slots}
    taken = request.GET.get("from", "")
    own = [slots[one.slot] for one in draft.placed if one.worker == worker.id and one.slot != taken]
    barred = {}
    for slot in slots.values():
        others = [one for one in own if one.id != slot.id]
        broken = [
            one for one in check_worker(draft.plan.problem.rules, worker, [*others, slot]) if slot.id in one.slots
        ]
        if broken:
            barred[slot.id] = roster_words.all_broken(broken, draft.plan, slot.id)
    return JsonResponse({"barred": barred})
