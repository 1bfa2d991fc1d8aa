"""Findings become a case on the host, with the organisation that answers for it; verified malware does so by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from vonggac.alerts.models import Finding
from vonggac.alerts.rules import BY_ITSELF, WAITING
from vonggac.alerts.services import triage
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.errors import OutOfScope
from vonggac.flows.alert_files import OPEN_CASES_JOB
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.kernel import addresses, networks
from vonggac.ledger import services as ledger
from vonggac.regimes import regime
from vonggac.register.lookup import owner_table
from vonggac.register.models import Asset, Organisation
from vonggac.tenancy.scope import scoped, system

# Any number that nothing else in the database locks.
_ONE_OPENER_LOCK = 0xA1E27


@dataclass(frozen=True, slots=True)
class Host:
    """The machine that a subject names, and who answers for it."""

    organisation: Organisation
    name: str
    asset_id: int | None = None


@job(OPEN_CASES_JOB)
def open_cases(findings: list[int]) -> None:
    """Open a case for each host of which more than one voice tells malware; done twice, it is done once."""
    with scoped(system("alerts")):
        at = now()
        waiting = Finding.objects.filter(pk__in=findings, state__in=WAITING, case=None).order_by("pk")
        for finding in waiting:
            same = Finding.objects.filter(subject=finding.subject, state__in=WAITING, case=None)
            kin = same.filter(incident_class=finding.incident_class, is_current=True)
            if ids := list(kin.values_list("pk", flat=True)):
                open_case(ids, at=at, by=BY_ITSELF)


def open_case(ids: Sequence[int], *, at: datetime, by: str) -> Case:
    """The case that stands for the findings: the host's open one if it has one, else a new one."""
    # Two sources that tell of one host at once must not open two cases.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_OPENER_LOCK])
    found = list(Finding.objects.filter(pk__in=ids).select_related("source__organisation").order_by("priority", "pk"))
    if not found:
        raise OutOfScope("these findings are not among those you may see")
    host = host_of(found[0], at)
    case = standing_case(host) or _opened(host, found, at)
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
    for one in found if case.kind == Kind.ALERT else ():
        case.findings.get_or_create(
            source=one.source.name[:100],
            subject=one.subject,
            family=one.title[:200],
            defaults={
                "org_path": case.org_path,
                "first_seen_utc": one.first_seen_utc,
                "last_seen_utc": one.last_seen_utc,
                "count": one.count,
                "detail": {"alert_finding": one.pk},
            },
        )
    return case


def host_of(finding: Finding, at: datetime) -> Host:
    """The host as the register knows it, else the subject with the source's organisation."""
    return known_host(finding.subject, at) or Host(finding.source.organisation, finding.subject)


def known_host(subject: str, at: datetime) -> Host | None:
    """The asset of this address or name, else whoever answers for its network; None where the register knows none."""
    asset = _asset(subject)
    if asset is not None:
        return Host(asset.organisation, asset.name, asset.pk)
    parsed = addresses.parse(subject)
    if parsed is not None:
        table = owner_table(at.date())
        owner = networks.owners_mixed(table, addresses.from_packed([parsed.packed]))[0]
        if owner != networks.NOBODY:
            answers = Organisation.objects.filter(pk=int(table.organisations[owner])).first()
            if answers is not None:
                return Host(answers, subject)
    return None


def _asset(subject: str) -> Asset | None:
    """The one asset that the subject names; of several none, for nobody can say which."""
    in_use = Asset.objects.filter(valid_to=None).select_related("organisation")
    if addresses.parse(subject) is not None:
        in_use = in_use.filter(addresses__address=subject, addresses__to_utc=None)
    else:
        in_use = in_use.filter(name=subject)
    found = list(in_use.distinct()[:2])
    return found[0] if len(found) == 1 else None


def standing_case(host: Host) -> Case | None:
    """The open case on the host that alerts about it join; None where there is none."""
    about = Case.objects.filter(
        organisation=host.organisation, subject=host.name, kind__in=(Kind.ALERT, Kind.BOTNET_HOST)
    )
    return about.exclude(state="closed").order_by("-pk").first()


def _opened(host: Host, found: Sequence[Finding], at: datetime) -> Case:
    first = found[0]
    due_at = at + timedelta(days=regime.on(at.date()).limit("case_due_days"))
    opening = Opening(
        host.organisation, Kind.ALERT, host.name, f"{host.name}: {first.title}"[:500], first.priority,
        first.priority_reason, due_at, asset_id=host.asset_id,
    )  # fmt: skip
    return cases.open_many([opening], at=at)[0]
