"""Cảnh báo: the inbox of findings, one finding with the records behind it, suppressions."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vonggac.alerts import clocks, machines, queries
from vonggac.alerts.models import Finding
from vonggac.alerts.queries import Key
from vonggac.alerts.rules import FINDING, WAITING, State
from vonggac.alerts.services import triage
from vonggac.desk import export, timeline, times
from vonggac.desk import frame as frames
from vonggac.desk.alert_words import FINDING_STATES, SEVERITIES
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.desk.retelling import retold
from vonggac.desk.words import Word
from vonggac.duty.escalation import queries as escalations
from vonggac.errors import InputError, IntegrityFailure
from vonggac.flows import alert_raw, alert_to_case
from vonggac.register.lookup import claims_of, host_of, hosts_of
from vonggac.register.models import Organisation
from vonggac.register.rules import Act

STATES: Mapping[str, tuple[Word, frozenset[str]]] = {
    "": (gettext_lazy("waiting"), WAITING),
    "new": (gettext_lazy("not acknowledged"), frozenset({State.NEW})),
    "case": (gettext_lazy("became a case"), frozenset({State.CASE})),
    "handled": (gettext_lazy("merged or false"), frozenset({State.MERGED, State.FALSE})),
    "suppressed": (gettext_lazy("suppressed"), frozenset({State.SUPPRESSED})),
}
# What only the rows behind a figure are asked for.
OF_FIGURES: Mapping[str, frozenset[str]] = {
    "all": frozenset(State),
    "done": frozenset({State.CASE, State.MERGED, State.FALSE}),
}
COLUMNS = (
    "id", "source", "rule", "subject", "title", "severity", "class", "count", "state", "priority", "priority_reason",
    "first_seen_utc", "last_seen_utc", "acknowledge_by_utc", "acknowledged_utc", "handle_by_utc", "handled_utc", "case",
)  # fmt: skip
HEADINGS = {"subject": gettext_lazy("Host"), "title": gettext_lazy("What it tells")}
CODES = {"severity": SEVERITIES, "state": FINDING_STATES}
FILTERS = ("source", "priority", "organisation", "since", "until", "late", "about")
ANSWERS_SHOWN = timedelta(days=30)
SUPPRESSION_DAYS = (1, 7, 30, 90)
SHOWN_BYTES = 20_000
# Findings that one press moves at most; its undo names each.
MOST_MOVED = 200


@require_safe
def inbox(request: DeskRequest) -> HttpResponse:
    """The findings by priority, or the same as a file; where nothing is chosen, a row stands for all of its machine."""
    state, source, after = (request.GET.get(name, "") for name in ("state", "source", "after"))
    if state not in STATES and state not in OF_FIGURES:
        raise _no_value("state", state)
    states = OF_FIGURES[state] if state in OF_FIGURES else STATES[state][1]
    about, now = _about(request), frames.of(request).now
    chosen = _chosen(request, machines.about_host_of(about, now) if about else None)
    if kind := request.GET.get("format"):
        every = queries.inbox(states=states, chosen=chosen, most=export.MOST_ROWS).findings
        return export.respond(kind, "alerts", COLUMNS, map(_cells, every), headings=HEADINGS, codes=CODES)
    kept = {name: value for name in FILTERS if (value := request.GET.get(name))}
    is_folded = not kept and not states - WAITING
    key = Key.read(after) if after else None
    page = queries.inbox(states=states, chosen=chosen, after=key, is_folded=is_folded)
    address = f"?{urlencode({'state': state, **kept})}"
    subjects = {one.subject for one in (*page.findings, *([about] if about else ()))}
    claims = claims_of(subjects)
    hosts = hosts_of(subjects, now, claims)
    kin = machines.kin_of(page.findings, hosts, claims)
    context = {
        "findings": page.findings,
        "kin": kin,
        "whole": {pk for pk, one in kin.items() if is_folded and one.new > 1},
        "hosts": hosts,
        "following": page.following,
        "is_first": not after,
        "address": address,
        "states": [(key, text, key == state) for key, (text, _states) in STATES.items()],
        "source": source,
        "about": about,
        "is_folded": is_folded,
        "now": now.isoformat(),
        "is_narrowed": bool(set(kept) - {"source", "about"}),
        "answers": queries.answers(request.access.organisation.path, now - ANSWERS_SHOWN, now),
        "clocks": clocks.of(request.access.organisation.path, now),
        "silent": queries.silent(),
        "may_work": request.access.may(Act.WORK) and not states - WAITING,
        "may_administer": request.access.may(Act.ADMINISTER),
        "offered": _offered(request),
        "days": SUPPRESSION_DAYS,
    }
    return render(request, "alerts/inbox.html", context)


@require_safe
def one(request: DeskRequest, finding_id: int) -> HttpResponse:
    """One finding: why it is urgent, the bytes of a record behind it, what became of it, what may be done."""
    finding = queries.one(finding_id)
    place = request.GET.get("sample", "0")
    chosen = int(place) if is_whole(place) and int(place) < len(finding.samples) else 0
    now = frames.of(request).now
    host, about = host_of(finding.subject, now), machines.about_host_of(finding, now)
    context = {
        "finding": finding,
        "host": host,
        "hosts": {finding.subject: host} if host else {},
        "host_case": alert_to_case.standing_case(host) if host else None,
        "chosen": chosen,
        "raw": _shown(finding, chosen),
        "kin": sum(map(len, machines.companions([finding.pk], now, seen_at=now))),
        "waiting": about.count(),
        "same_host": about.exclude(pk=finding.pk)
        .select_related("source")
        .order_by("priority", "-last_received_at")[:10],
        "calls": escalations.about(FINDING, finding.pk),
        "timeline": timeline.of(triage.SUBJECT, finding.pk),
        "may_work": request.access.may(Act.WORK),
        "is_waiting": finding.state in WAITING,
        "days": SUPPRESSION_DAYS,
    }
    return render(request, "alerts/one.html", context)


@require_safe
def raw(request: DeskRequest, finding_id: int, place: int) -> HttpResponse:  # noqa: ARG001  a view's shape
    """The bytes of one record as they came, always as a download: what others wrote is never run on our pages."""
    finding = queries.one(finding_id)
    if place >= len(finding.samples):
        raise Http404
    response = HttpResponse(alert_raw.record(finding.samples[place]), content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f'attachment; filename="alert-{finding_id}-{place}.txt"'
    return response


@require_POST
@comes_back_to("alerts")
def do(request: DeskRequest) -> HttpResponse:
    """One act on one finding or on many, undone by one press where it can be."""
    request.access.need(Act.WORK)
    act, ids = request.POST.get("act", ""), [int(one) for one in request.POST.getlist("finding") if is_whole(one)]
    if act not in ACTS:
        raise Http404
    if not ids:
        raise InputError(_("Choose at least one finding."))
    said, moved = ACTS[act](request, ids[: queries.PAGE_ROWS])
    entries = sorted(triage.last_moves(moved).values()) if act in UNDONE else ()
    undo = reverse("alert-undo", args=["-".join(map(str, entries))]) if entries else ""
    messages.success(request, said, extra_tags=undo)
    offer = f"?offer={moved[0]}" if act == "false" and len(moved) == 1 else ""
    return HttpResponseRedirect(reverse("alerts") + offer if offer else _back(request))


@require_POST
def undo(request: DeskRequest, entries: str) -> HttpResponse:
    """One act undone, named by its ledger entries: its findings stand as before, but for those handled since."""
    request.access.need(Act.WORK)
    if not re.fullmatch(r"\d{1,18}(-\d{1,18}){0,199}", entries):
        raise Http404
    asked = [int(one) for one in entries.split("-")]
    undone = triage.undo(asked, at=frames.of(request).now)
    said = _("%(n)d findings stand as before") % {"n": len(undone)}
    if left := len(asked) - len(undone):
        said += "; " + _("%(n)d were handled since and stay as they are") % {"n": left}
    messages.success(request, said)
    return HttpResponseRedirect(_back(request))


@require_POST
@comes_back_to("alert")
def suppress(request: DeskRequest, finding_id: int) -> HttpResponse:
    """A suppression for further alerts like this finding's: of its rule, about its subject or about all."""
    request.access.need(Act.ASSIGN)
    finding, now = queries.one(finding_id), frames.of(request).now
    days = request.POST.get("days", "")
    if not is_whole(days) or int(days) not in SUPPRESSION_DAYS:
        raise InputError(_("Choose for how many days."))
    triage.suppress(
        finding.source.organisation,
        source=finding.source,
        rule=finding.rule,
        subject="" if request.POST.get("every") else finding.subject,
        reason=request.POST.get("reason", ""),
        owner=request.person,
        until=now + timedelta(days=int(days)),
        at=now,
    )
    messages.success(request, _("Further alerts like this are kept out for %(n)s days, and counted.") % {"n": days})
    return HttpResponseRedirect(reverse("alerts"))


@require_safe
def suppressions(request: DeskRequest) -> HttpResponse:
    """What is kept out now: by whom, why, until when, and how many alerts so far."""
    found = queries.suppressions(frames.of(request).now)
    context = {"suppressions": found[:200], "may_assign": request.access.may(Act.ASSIGN)}
    return render(request, "alerts/suppressions.html", context)


@require_POST
@comes_back_to("alert-suppressions")
def end_suppression(request: DeskRequest, suppression_id: int) -> HttpResponse:
    """A suppression ended before its time."""
    request.access.need(Act.ASSIGN)
    triage.end_suppression(suppression_id, at=frames.of(request).now)
    messages.success(request, _("The suppression ended; what comes from now on is shown."))
    return HttpResponseRedirect(reverse("alert-suppressions"))


def _widened(request: DeskRequest, ids: Sequence[int], states: Collection[str] = WAITING) -> list[list[int]]:
    """The findings of the rows, a list a machine: a folded row stands for all that waited when its page was drawn.

    What is a false alarm is one rule's finding, so that act is never widened.
    """
    drawn = request.POST.get("machine", "")
    if not drawn:
        return [list(ids)]
    try:
        seen_at = datetime.fromisoformat(drawn)
    except ValueError:
        seen_at = None
    if seen_at is None or seen_at.tzinfo is None:
        raise _no_value("machine", drawn)
    return machines.companions(ids, frames.of(request).now, seen_at=seen_at, states=states)


def _acknowledge(request: DeskRequest, ids: Sequence[int]) -> tuple[str, list[int]]:
    wanted = list(chain.from_iterable(_widened(request, ids, {State.NEW})))
    moved = triage.acknowledge(wanted[:MOST_MOVED], at=frames.of(request).now, by=request.person.name)
    said = _("%(n)d findings acknowledged") % {"n": len(moved)}
    if left := len(wanted[MOST_MOVED:]):
        said += "; " + _("%(n)d more wait about these hosts: press again") % {"n": left}
    return said, [one.pk for one in moved]


def _merge(request: DeskRequest, ids: Sequence[int]) -> tuple[str, list[int]]:
    """Merge what was chosen; of a single finding everything that waits about the same host."""
    now = frames.of(request).now
    is_alone = len(ids) == 1 and not request.POST.get("machine")
    groups = machines.companions(ids, now, seen_at=now) if is_alone else _widened(request, ids)
    wanted = list(chain.from_iterable(groups))[:MOST_MOVED]
    kept, others = triage.merge(wanted, at=now, by=request.person.name)
    said = {"n": len(others), "title": retold(kept.title)}
    return _("%(n)d findings merged into “%(title)s”") % said, [one.pk for one in others]


def _mark_false(request: DeskRequest, ids: Sequence[int]) -> tuple[str, list[int]]:
    reason = request.POST.get("reason", "")
    moved = triage.mark_false(ids, reason, at=frames.of(request).now, by=request.person.name)
    return _("%(n)d findings judged false alarms") % {"n": len(moved)}, [one.pk for one in moved]


def _open_case(request: DeskRequest, ids: Sequence[int]) -> tuple[str, list[int]]:
    """A case for what was chosen; of rows that stand for machines one for each."""
    at, by = frames.of(request).now, request.person.name
    groups = _widened(request, ids) or [list(ids)]
    opened = [alert_to_case.open_case(group[:MOST_MOVED], at=at, by=by) for group in groups]
    said = format_html_join(
        "; ",
        '{} · <a href="{}">{}</a>',
        (
            (
                _("The case on %(subject)s stands with %(organisation)s")
                % {"subject": case.subject, "organisation": case.organisation.name},
                reverse("case", args=[case.pk]),
                _("open the case"),
            )
            for case in opened
        ),
    )
    return said, []


ACTS: Mapping[str, Callable[[DeskRequest, Sequence[int]], tuple[str, list[int]]]] = {
    "acknowledge": _acknowledge,
    "merge": _merge,
    "false": _mark_false,
    "case": _open_case,
}
UNDONE = frozenset({"acknowledge", "merge", "false"})


def _about(request: DeskRequest) -> Finding | None:
    """The finding whose machine the address names."""
    given = request.GET.get("about", "")
    if given and not is_whole(given):
        raise _no_value("about", given)
    return queries.one(int(given)) if given else None


def _chosen(request: DeskRequest, among: QuerySet[Finding] | None) -> queries.Chosen:
    """What the address narrows the list to: the rows behind a figure, by office, priority and time of the answer."""
    given = request.GET
    priority, code, late = (given.get(name, "") for name in ("priority", "organisation", "late"))
    if late and late not in queries.LATE:
        raise _no_value("late", late)
    if priority and priority not in {"1", "2", "3", "4"}:
        raise _no_value("priority", priority)
    office = Organisation.objects.filter(code=code).first() if code else None
    if code and office is None:
        raise InputError(_("There is no organisation with this code."))
    return queries.Chosen(
        given.get("source", ""),
        int(priority) if priority else None,
        office.path if office else "",
        _moment(request, "since"),
        _moment(request, "until"),
        late,
        among,
    )


def _moment(request: DeskRequest, name: str) -> datetime | None:
    value = request.GET.get(name, "")
    try:
        return times.typed_moment(value) if value else None
    except ValueError:
        raise _no_value(name, value) from None


def _no_value(name: str, value: str) -> InputError:
    return InputError(_("The filter %(name)s has no value %(value)s.") % {"name": name, "value": value})


def _offered(request: DeskRequest) -> Finding | None:
    """The finding that was just judged false: the next ones like it may be kept out."""
    wanted = request.GET.get("offer", "")
    if not is_whole(wanted) or not request.access.may(Act.ASSIGN):
        return None
    return Finding.objects.filter(pk=int(wanted), state=State.FALSE).select_related("source").first()


def _shown(finding: Finding, place: int) -> str | None:
    """The record's bytes as text, cut; None where there are none or they cannot be read."""
    if not finding.samples:
        return None
    try:
        content = alert_raw.record(finding.samples[place])
    except IntegrityFailure:
        return None
    return content[:SHOWN_BYTES].decode("utf-8", "replace")


def _back(request: DeskRequest) -> str:
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("alerts")


def _cells(one: Finding) -> Sequence[export.Cell]:
    return (
        one.pk, one.source.name, one.rule, one.subject, retold(one.title), one.severity, one.incident_class, one.count,
        one.state, one.priority, retold(one.priority_reason), one.first_seen_utc, one.last_seen_utc, one.acknowledge_by,
        one.acknowledged_at, one.handle_by, one.handled_at, one.case_id,
    )  # fmt: skip
