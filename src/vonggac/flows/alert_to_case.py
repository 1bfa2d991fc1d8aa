"""Findings become a case on the host, with the organisation that answers for it; verified malware does so by itself.

The case is as urgent as its most urgent finding, and its owner is told of both.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.db import connection
from django.utils import timezone

from vonggac.alerts import machines
from vonggac.alerts.models import Finding
from vonggac.alerts.rules import BY_ITSELF, NO_SUBJECT, VERIFYING, WAITING
from vonggac.alerts.services import triage
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.models import Finding as Shown
from vonggac.cases.rules import State
from vonggac.cases.services import Opening
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.errors import OutOfScope
from vonggac.flows.alert_files import OPEN_CASES_JOB
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.ledger import services as ledger
from vonggac.regimes import regime
from vonggac.register.lookup import Host, host_of
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped, system

# Any number that nothing else in the database locks.
_ONE_OPENER_LOCK = 0xA1E27
OPENED, JOINED, GROWN_WORSE = "vụ việc mới", "đã thêm vào vụ việc đang mở", "cảnh báo của vụ việc nặng thêm"
NO_HOST = "Máy không được nêu tên"
# Of the findings of one host; the case shows all.
MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Filing:
    """Findings that changed a case, and what they did to it, as its owner is told."""

    case: Case
    findings: Sequence[Finding]
    what: str
    is_raised: bool


@job(OPEN_CASES_JOB)
def open_cases(findings: list[int]) -> None:
    """File what more than one voice tells of malware with the case of each host, and raise cases whose findings rose.

    Done twice, it is done once.
    """
    with scoped(system("alerts")):
        at, made = now(), []
        waiting = Finding.objects.filter(pk__in=findings, state__in=WAITING, case=None).order_by("pk")
        for finding in waiting:
            same = machines.about_host_of(finding, at)
            kin = same.filter(case=None, incident_class=finding.incident_class, is_current=True)
            if ids := list(kin.values_list("pk", flat=True)):
                made.append(_file(ids, at=at, by=BY_ITSELF))
        _tell([*made, *_raised(findings, at)], at=at)


def open_case(ids: Sequence[int], *, at: datetime, by: str) -> Case:
    """The case that stands for the findings: the host's open one if it has one, else a new one; its owner is told."""
    filing = _file(ids, at=at, by=by)
    _tell([filing], at=at)
    return filing.case


def _raised(ids: Sequence[int], at: datetime) -> Iterator[Filing]:
    """The open cases that were less urgent than findings of theirs, as urgent as these now."""
    risen = Finding.objects.filter(pk__in=ids, case__isnull=False).exclude(case__state=State.CLOSED)
    risen = risen.select_related("source", "case__organisation").order_by("case_id", "priority", "pk")
    for case, group in groupby(risen, attrgetter("case")):
        found = list(group)
        if cases.raise_priority(case.pk, found[0].priority, found[0].priority_reason, at=at):
            case.refresh_from_db()
            yield Filing(case, found, GROWN_WORSE, is_raised=True)


def _file(ids: Sequence[int], *, at: datetime, by: str) -> Filing:
    """What was filed; the case is as urgent as the most urgent of the findings, or more."""
    # Two sources that tell of one host at once must not open two cases.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_OPENER_LOCK])
    found = sorted(Finding.objects.filter(pk__in=ids).select_related("source__organisation"), key=_rank)
    if not found:
        raise OutOfScope("these findings are not among those you may see")
    host = _host_of(found[0], at)
    standing = standing_case(host)
    case = standing or _opened(host, found, at)
    attached = triage.attach([one.pk for one in found], case, at=at, by=by)
    ledger.record_many(
        "case.alert",
        "case",
        (
            (case.pk, case.org_path, {"finding": one.pk, "title": one.title, "source": one.source.name})
            for one in attached
        ),
        at=at,
    )
    most_urgent = min(attached, key=_rank)
    is_raised = cases.raise_priority(case.pk, most_urgent.priority, most_urgent.priority_reason, at=at)
    if case.kind == Kind.ALERT:
        shown = [
            Shown(
                case=case, org_path=case.org_path, source=one.source.name[:100], subject=one.subject,
                family=one.title[:200], first_seen_utc=one.first_seen_utc, last_seen_utc=one.last_seen_utc,
                count=one.count, detail={"alert_finding": one.pk},
            )
            for one in found
        ]  # fmt: skip
        # One that another finding of its source, machine and title gave the case already stands.
        Shown.objects.bulk_create(shown, ignore_conflicts=True)
    case.refresh_from_db()
    return Filing(case, attached, OPENED if standing is None else JOINED, is_raised)


def _rank(finding: Finding) -> tuple[int, bool, int]:
    """The most urgent first; of equal ones the one that says that another voice verifies it."""
    return finding.priority, finding.priority_reason not in VERIFYING, finding.pk


def _tell(filings: Sequence[Filing], *, at: datetime) -> None:
    """One message an organisation of what alerts changed for it."""
    by_organisation: dict[int, list[Filing]] = defaultdict(list)
    for filing in filings:
        by_organisation[filing.case.organisation_id].append(filing)
    messages.notify_all([_letter(found) for _, found in sorted(by_organisation.items())], at=at)


def _letter(filings: Sequence[Filing]) -> Draft:
    """What the alerts say of each host; the link acknowledges the cases that nobody acknowledged yet."""
    organisation = filings[0].case.organisation
    lines = ["Cảnh báo về máy của đơn vị:"]
    for filing in filings:
        case = filing.case
        lines += ["", f"{NO_HOST if case.subject == NO_SUBJECT else case.subject}: {filing.what}"]
        named = [one for one in filing.findings if _may_know(organisation, one)]
        lines += [f"- {one.title} (nguồn {one.source.name})" for one in named[:MOST_TOLD]]
        if (rest := len(named) - MOST_TOLD) > 0:
            lines.append(f"- và {rest} cảnh báo nữa")
        if neighbours := len(filing.findings) - len(named):
            lines.append(f"- {neighbours} cảnh báo từ nguồn của đơn vị khác")
        number = f"{case.priority} (đã nâng)" if filing.is_raised else case.priority
        lines.append(f"- ưu tiên {number}: {case.priority_reason}")
    waiting = list(dict.fromkeys(filing.case.pk for filing in filings if filing.case.state == State.SENT))
    if waiting:
        lines += ["", messages.ASK]
    hosts = len({filing.case.pk for filing in filings})
    return Draft(
        organisation, f"[Vọng Gác] Cảnh báo: {hosts} máy cần xử lý", "\n".join(lines),
        acknowledges={"case": waiting} if waiting else {},
    )  # fmt: skip


def _may_know(organisation: Organisation, finding: Finding) -> bool:
    """True where the source is the organisation's own, of a unit below it, or of an office above it."""
    return finding.org_path.startswith(organisation.path) or organisation.path.startswith(finding.org_path)


def _host_of(finding: Finding, at: datetime) -> Host:
    """The host as the register knows it, else the subject with the source's organisation."""
    return host_of(finding.subject, at) or Host(finding.source.organisation, finding.subject)


def standing_case(host: Host) -> Case | None:
    """The open case on the host that alerts about it join; None where there is none, or no host is named."""
    if host.name == NO_SUBJECT:
        return None
    about = Case.objects.filter(
        organisation=host.organisation, subject=host.name, kind__in=(Kind.ALERT, Kind.BOTNET_HOST)
    )
    return about.exclude(state=State.CLOSED).order_by("-pk").first()


def _opened(host: Host, found: Sequence[Finding], at: datetime) -> Case:
    first = found[0]
    due_at = at + timedelta(days=regime.on(timezone.localdate(at)).limit("case_due_days"))
    title = first.title if host.name == NO_SUBJECT else f"{host.name}: {first.title}"
    opening = Opening(
        host.organisation, Kind.ALERT, host.name, title[:500], first.priority,
        first.priority_reason, due_at, asset_id=host.asset_id,
    )  # fmt: skip
    return cases.open_many([opening], at=at)[0]
