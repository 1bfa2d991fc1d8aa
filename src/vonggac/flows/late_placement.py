"""A NAT or DHCP log came after the list: cases about bare addresses split onto the hosts that stood behind them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Q

from vonggac.botnet.services import findings, hosts
from vonggac.botnet.services.hosts import Sighting
from vonggac.cases.models import Finding, Kind
from vonggac.cases.rules import State
from vonggac.flows.assessment import REVERSAL_DAYS
from vonggac.flows.botnet_list import placement_of
from vonggac.flows.hosts import host_finder
from vonggac.flows.placement import Host, HostFinder
from vonggac.flows.traffic_log import PLACE_JOB
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.regimes import regime
from vonggac.register.models import Asset
from vonggac.tenancy.scope import scoped, system

# Seconds since 1970 UTC, source port, protocol, list; older findings know the first two only.
Moment: TypeAlias = Sequence[Any]


@job(PLACE_JOB, queue="proof")
def place_findings() -> None:
    """Place again what nobody could place when its list came."""
    with scoped(system("placement")):
        place_again(at=now())


@transaction.atomic
def place_again(*, at: datetime) -> int:
    """The number of hosts that findings about bare addresses went to.

    An address behind which the logs show several hosts goes to each of them; what they do not place stays.
    """
    # Before the findings are read: a list that came meanwhile would write its sightings on one that is gone.
    hosts.alone()
    # A proof of the host that is found may still be reversed by what stands on an address that was closed since.
    is_over = Q(case__state=State.CLOSED, case__closed_at__lt=at - timedelta(days=REVERSAL_DAYS))
    waiting = list(
        Finding.objects.filter(case__kind=Kind.BOTNET_HOST, case__asset__isnull=True)
        .exclude(is_over)
        .select_related("case", "case__organisation")
        .order_by("pk")
    )
    finder = host_finder({finding.subject for finding in waiting})
    due_at = at + timedelta(days=regime.on(at.date()).limit("case_due_days"))
    moved = 0
    for finding in waiting:
        parts, rest = _parts(finding, finder)
        if parts:
            moved += findings.split(finding, parts, rest, due_at=due_at, at=at)
    return moved


def _parts(finding: Finding, finder: HostFinder) -> tuple[list[Sighting], list[Moment]]:
    """The finding's sightings by the host behind them, and those that nobody can place."""
    placed: dict[Host, list[Moment]] = defaultdict(list)
    rest: list[Moment] = []
    for moment in finding.detail.get("sightings") or [[None, finding.detail.get("port")]]:
        host = finder.find(finding.subject, moment[1], moment[0], moment[2] if len(moment) > 2 else None)
        if host is None or host.name == finding.case.subject:
            rest.append(moment)
        else:
            placed[host].append(moment)
    assets = Asset.objects.select_related("organisation", "system").in_bulk(
        [host.asset_id for host in placed if host.asset_id]
    )
    return [_sighting(finding, host, moments, assets) for host, moments in placed.items()], rest


def _sighting(finding: Finding, host: Host, moments: Sequence[Moment], assets: Mapping[int, Asset]) -> Sighting:
    seconds = [moment[0] for moment in moments if moment[0] is not None]
    asset = assets.get(host.asset_id or 0)
    network = finding.detail.get("network", "")
    return Sighting(
        address=finding.subject,
        family=finding.family,
        first_seen_utc=_moment(min(seconds, default=None)),
        last_seen_utc=_moment(max(seconds, default=None)),
        count=len(moments),
        detail={"inner_address": host.inner_address, "port": moments[0][1], "sightings": [list(m) for m in moments]},
        placement=placement_of(finding.case.organisation, finding.subject, network, host, asset),
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
