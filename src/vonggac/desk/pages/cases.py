"""Vụ việc: the inbox, one case, its files."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from vonggac.alerts import notices
from vonggac.alerts import queries as alerts
from vonggac.botnet.rules import CLEAN_HOST
from vonggac.cases import evidence, queries, successors
from vonggac.cases.models import Case, Finding, Kind, Verdict
from vonggac.cases.queries import Key
from vonggac.cases.rules import Claim, State
from vonggac.desk import (
    actions,
    case_rows,
    export,
    observed,
    post_strip,
    proof_words,
    timeline,
    times,
    words,
)
from vonggac.desk import frame as frames
from vonggac.desk.filters import Filters
from vonggac.desk.pages import settling
from vonggac.desk.post_strip import PostStrip
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.directives.models import Obligation
from vonggac.duty.escalation import queries as escalations
from vonggac.flows.acknowledgement import CHANNELS
from vonggac.flows.proof import duty_watch, host_cases
from vonggac.flows.proof.registry import rule_exists
from vonggac.register import queries as register
from vonggac.register.holding import held
from vonggac.register.models import Person, RoleName
from vonggac.register.rules import Act

WATCH_RULE = "duty_coverage"
COLUMNS = (
    "id", "kind", "organisation", "subject", "title", "state", "claim", "proof", "priority", "priority_reason",
    "opened_at_utc", "acknowledged_at_utc", "due_at_utc", "claimed_at_utc", "closed_at_utc", "closing",
    "assignee", "observed",
)  # fmt: skip
CONTACT_COLUMNS = ("at_utc", "log", "sensor", "from", "to")


@require_safe
def inbox(request: DeskRequest) -> HttpResponse:
    """The list of cases by due time, or the same as a file."""
    frame, filters = frames.of(request), Filters.read(request.GET)
    selection = filters.selection(request.person.pk, frame.now)
    if kind := request.GET.get("format"):
        rows = queries.walk(selection, most=export.MOST_ROWS)
        return export.respond(kind, "cases", COLUMNS, _rows(rows))
    after = request.GET.get("after")
    counts = queries.counts(selection.org_path) if selection.org_path else frame.counts
    found = queries.inbox(counts.narrowed(selection), after=Key.read(after) if after else None)
    groups = filters.groups(counts, selection, request.person.pk, frame.now)
    context = {
        "filters": filters,
        "groups": groups,
        "closed_unclaimed": _closed_unclaimed(filters, counts),
        "in_force": filters.in_force(groups),
        "cases": found.cases,
        "seen_to": actions.seen_to(found.cases, request.access),
        "following": found.following,
        "is_first": after is None,
        "address": filters.address(),
        "joiner": "&" if filters != Filters() else "",
        "by_unit": reverse("case-units") + filters.address(),
        "without_organisation": filters.address(organisation="", own=""),
        "without_directive": filters.address(directive="", clause=""),
    }
    return render(request, "cases/inbox.html", context)


def _closed_unclaimed(filters: Filters, counts: queries.Counts) -> int:
    """How many of the closed cases listed were closed though nobody claimed anything; 0 where the counters do not know.

    Nearly all are addresses that went over to the hosts behind them: nothing was proven of these.
    """
    if not filters.is_tallied or State.CLOSED not in filters.states() or filters.claim:
        return 0
    return counts.total(states=frozenset({State.CLOSED}), kind=filters.kind, proof=filters.proof, claim=Claim.NONE)


def _rows(cases: Iterator[Case]) -> Iterator[tuple[export.Cell, ...]]:
    for case in cases:
        yield (
            case.pk, case.kind, case.organisation.name, case.subject, retold(case.title), case.state, case.claim,
            case.proof, case.priority, retold(case.priority_reason), case.opened_at, case.acknowledged_at, case.due_at,
            case.claimed_at, case.closed_at, case_rows.closing(case), case.assignee.name if case.assignee else None,
            proof_words.sentence(case.proof, case.proof_reason, case.missing),
        )  # fmt: skip


@require_safe
def one(request: DeskRequest, case_id: int) -> HttpResponse:
    """One case: both answers side by side, what was observed, the history, and what may be done now."""
    # Asked before anything else is read: what comes after it, an act from this page is told of.
    seen_to = timeline.newest("case", [case_id]).get(case_id, 0)
    case, now = queries.one(case_id), frames.of(request).now
    findings = list(case.findings.order_by("-last_seen_utc", "pk")[:100])
    lines = register.address_lines(case.asset) if case.asset else []
    history = timeline.of_case(case, lines, now)
    may_import = request.access.may(Act.IMPORT)
    context = {
        "case": case,
        "seen_to": seen_to,
        **_moves(case),
        "chain": register.chain(case.org_path),
        "addresses": held(lines, now) if case.asset else _addresses(case, findings),
        "findings": findings,
        # Only alerts make findings of a coordinator's notices.
        "notices": notices.of_case(case.pk)[:20] if case.kind in {Kind.ALERT, Kind.BOTNET_HOST} else [],
        **_evidence(case),
        **_observation(case, now),
        "timeline": history,
        "calls": escalations.about("case", case.pk),
        "earlier_answers": _earlier_answers(case, history),
        **_offers(request, case),
        "unread_in": settling.lists_behind(case, [one.source for one in findings]) if may_import else [],
    }
    return render(request, "cases/one.html", context)


def _observation(case: Case, now: datetime) -> dict[str, Any]:
    """What was observed and by which rule, and what is still waited for."""
    seen, seen_before = observed.of(case)
    obligation = _obligation(case)
    watched = _watched(case, obligation)
    return {
        "obligation": obligation,
        "observed": seen,
        "observed_before": seen_before,
        "awaited": _span(watched) if watched and _is_awaited(case) else "",
        "expected": proof_words.expected(case, watched, now),
        "has_rule": rule_exists(case.rule),
        "watch": _watch(obligation, now) if obligation and case.rule == duty_watch.NAME else None,
        # Clause 1.a: who is on watch sees nothing while a source is silent.
        "silences": alerts.silences(case.org_path, case.opened_at)[:10] if case.rule == WATCH_RULE else [],
        "is_unread": settling.waits_for_a_person(case),
        "sensors": _sensors_named(case),
    }


def _offers(request: DeskRequest, case: Case) -> dict[str, Any]:
    """What may be done now, and with what one chooses in its forms."""
    offered = actions.offered(case, request.access)
    is_for_another = case.org_path != request.access.organisation.path
    return {
        "offered": offered,
        "in_reach": actions.in_reach(offered, is_for_another=is_for_another),
        "is_for_another": is_for_another,
        "may_administer": request.access.may(Act.ADMINISTER),
        "may_answer_for_others": request.access.may(Act.ASSIGN),
        "channels": [(code, words.VIAS[code]) for code in CHANNELS],
        "colleagues": colleagues(case.org_path) if "hand-over" in offered else [],
        "units": register.organisations() if "settle" in offered else [],
    }


def _evidence(case: Case) -> dict[str, Any]:
    """What was handed in, and what may be."""
    return {
        "evidence": case.evidence.order_by("pk"),
        "accepted": evidence.ACCEPTED,
        "largest_mebibytes": evidence.LARGEST_BYTES // evidence.MEBIBYTE,
    }


def _earlier_answers(case: Case, history: Sequence[timeline.Moment]) -> list[timeline.Moment]:
    """All but the newest answer, which is the one that the case shows, unless it was settled since."""
    answers = [moment for moment in history if moment.is_answer]
    return answers[1:] if case.claim != Claim.NONE else answers


@require_safe
def contacts(request: DeskRequest, case_id: int, verdict_id: int) -> HttpResponse:
    """Every contact with a listed C2 address that one verdict keeps, as a page or as a file."""
    case = queries.one(case_id)
    verdict = Verdict.objects.filter(case=case, pk=verdict_id).first()
    if verdict is None:
        raise Http404
    kept, count = observed.contacts_of(verdict)
    if kind := request.GET.get("format"):
        rows = (
            (datetime.fromisoformat(one["at"]), one["kind"], one["sensor"], one["address"], one["peer"]) for one in kept
        )
        return export.respond(kind, f"contacts-{case.pk}", CONTACT_COLUMNS, rows)
    context = {"case": case, "verdict": verdict, "contacts": kept, "count": count}
    return render(request, "cases/contacts.html", context)


def _moves(case: Case) -> dict[str, object]:
    """The cases that this one came from and went over to, and whether nothing is left to say of it."""
    came_from, went_to = successors.next_to(case.pk) if case.kind == Kind.BOTNET_HOST else ([], [])
    # Nothing was said or seen of a case whose work went over before anybody answered.
    is_moved = bool(went_to) and (case.state, case.claim) == (State.CLOSED, Claim.NONE) and not case.proof_at
    return {"came_from": came_from, "went_to": went_to, "is_moved": is_moved}


def _addresses(case: Case, findings: Sequence[Finding]) -> list[str]:
    """Under which addresses logs found a host that the register does not know."""
    return sorted({one.detail.get("inner_address", "") for one in findings} - {"", case.subject})


def _sensors_named(case: Case) -> set[str]:
    """The sensors of what is missing whose pages the reader may open: there its logs are handed in again."""
    named = {item["sensor"] for item in case.missing if item.get("sensor")}
    return set(register.sensors().filter(name__in=named).values_list("name", flat=True)) if named else set()


def _obligation(case: Case) -> Obligation | None:
    """What obliges the unit, for a case that is an obligation."""
    if case.kind != "obligation":
        return None
    return Obligation.objects.select_related("directive", "clause", "case").filter(case=case).first()


def _watched(case: Case, obligation: Obligation | None) -> tuple[datetime, datetime] | None:
    """The time over which the case's rule watches, None where it watches nothing by itself."""
    if obligation and case.rule == duty_watch.NAME:
        return duty_watch.period_of(obligation)
    return host_cases.watch_of(case) if case.rule == CLEAN_HOST else None


def _is_awaited(case: Case) -> bool:
    """True while a watch runs, or will once the work is reported done, that was not looked at yet."""
    return case.proof_at is None and case.state != State.CLOSED and case.claim in {Claim.NONE, Claim.DONE}


def _span(period: tuple[datetime, datetime]) -> str:
    return f"{times.minute(period[0])} – {times.due_full(period[1])}"


def _watch(obligation: Obligation, now: datetime) -> PostStrip | None:
    """Every post of the unit minute by minute through the directive's period, as it stands at this moment."""
    start, end = duty_watch.period_of(obligation)
    return post_strip.draw(duty_watch.covered(obligation, now), start, end, now)


def colleagues(org_path: str) -> list[Person]:
    """The people who hold a working role on the case's organisation or above it, within the scope."""
    steps = org_path.split("/")[:-1]
    paths = ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]
    working = (RoleName.HEAD, RoleName.DUTY_OFFICER, RoleName.IT_OFFICER, RoleName.ANALYST)
    held = Person.objects.filter(roles__org_path__in=paths, roles__name__in=working, is_active=True).distinct()
    return list(held.order_by("folded", "pk")[:200])


@require_safe
def evidence_file(request: DeskRequest, case_id: int, evidence_id: int) -> HttpResponse:  # noqa: ARG001  a view's shape
    """A file as it was handed in, always as a download: what others wrote is never run on our pages."""
    found = queries.one(case_id).evidence.filter(pk=evidence_id).first()
    if found is None:
        raise Http404
    response = HttpResponse(evidence.content_of(found), content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response
