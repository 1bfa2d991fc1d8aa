"""A NAT or DHCP log came after the list: what stood on an address, or on who had it by the register, finds its host.

Cases end as if the log had been there before the list.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, TypeAlias

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from vonggac.botnet.services import findings, hosts, lists
from vonggac.botnet.services.hosts import Sighting
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.rules import State
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.flows.assessment import REVERSAL_DAYS
from vonggac.flows.hosts import host_finder
from vonggac.flows.list_letters import one_line
from vonggac.flows.list_sightings import placement_of
from vonggac.flows.placement import Host, HostFinder
from vonggac.flows.traffic_log import PLACE_JOB
from vonggac.formats.times import NO_TIME
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.kernel import addresses
from vonggac.regimes import regime
from vonggac.register.lookup import owners_when
from vonggac.register.models import Asset, Organisation
from vonggac.tenancy.scope import scoped, system

BATCH_FINDINGS = 5_000
# Seconds since 1970 UTC, source port, protocol, list; older findings know the first two only.
Moment: TypeAlias = Sequence[Any]
# A case and the one that a finding of it went over to.
Move: TypeAlias = tuple[Case, Case]
LINES_TOLD = 50


@job(PLACE_JOB, queue="proof")
def place_findings() -> None:
    """Place again what nobody could place when its list came."""
    with scoped(system("placement")):
        place_again(at=now())


@transaction.atomic
def place_again(*, at: datetime) -> int:
    """The number of cases that findings went to.

    An address behind which the logs show several hosts goes to each of them; what they do not place stays.
    """
    # Before the findings are read: a list that came meanwhile would write its sightings on one that is gone.
    hosts.alone()
    # A proof of the host that is found may still be reversed by what stands on an address that was closed since.
    is_over = Q(case__state=State.CLOSED, case__closed_at__lt=at - timedelta(days=REVERSAL_DAYS))
    standing = Finding.objects.filter(case__kind=Kind.BOTNET_HOST).exclude(is_over)
    known = list(standing.order_by("pk").values_list("pk", "subject", "case__asset"))
    finder = host_finder({subject for _, subject, _ in known})
    waiting = [key for key, subject, asset in known if asset is None or finder.is_logged(subject)]
    due_at = at + timedelta(days=regime.on(timezone.localdate(at)).limit("case_due_days"))
    moves: list[Move] = []
    changes = Counter[int]()
    for start in range(0, len(waiting), BATCH_FINDINGS):
        batch = Finding.objects.filter(pk__in=waiting[start : start + BATCH_FINDINGS]).order_by("pk")
        read = ((one, *_parts(one, finder, at)) for one in batch.select_related("case", "case__organisation"))
        moving = [(finding, parts, rest) for finding, parts, rest in read if parts]
        keys = {part.host_key for _, parts, _ in moving for part in parts}
        hosts.hold(keys, *(finding.case_id for finding, _, _ in moving))
        concerned = {finding.subject for finding, _, _ in moving}
        changes.subtract(findings.unplaced(concerned))
        for finding, parts, rest in moving:
            source = finding.case
            moves += [(source, target) for target in findings.split(finding, parts, rest, due_at=due_at, at=at)]
        changes.update(findings.unplaced(concerned))
    lists.count_placed({number: change for number, change in changes.items() if change})
    _tell(moves, at=at)
    return len(moves)


def _tell(moves: Sequence[Move], *, at: datetime) -> None:
    """One message to each organisation: which of its cases went over to which host, with a link for what it has not
    acknowledged yet.
    """
    standing = Case.objects.select_related("organisation").in_bulk({target.pk for _, target in moves})
    told: dict[Organisation, dict[tuple[int, int], str]] = defaultdict(dict)
    for source, target in moves:
        case = standing[target.pk]
        if case.state != State.CLOSED:
            subject, subject2 = one_line(source.subject), one_line(case.subject)
            line = f"- vụ việc {source.pk} ({subject}) → vụ việc {case.pk} ({subject2})"
            told[case.organisation][source.pk, case.pk] = line
    messages.notify_all([_letter(organisation, lines, standing) for organisation, lines in told.items()], at=at)


def _letter(organisation: Organisation, lines: Mapping[tuple[int, int], str], standing: Mapping[int, Case]) -> Draft:
    went_to = sorted({target for _, target in lines})
    unknown = [target for target in went_to if standing[target].state == State.SENT]
    shown = list(lines.values())[:LINES_TOLD]
    if len(lines) > LINES_TOLD:
        shown.append(f"- và {len(lines) - LINES_TOLD} vụ việc nữa")
    body = ["Nhật ký vừa tới cho biết máy nào đứng sau địa chỉ mà danh sách đã nêu, nên công việc chuyển sang máy đó:"]
    body += ["", *shown]
    if unknown:
        body += ["", messages.ASK]
    subject = f"[Vọng Gác] Đã rõ máy đứng sau địa chỉ: {len(went_to)} máy cần xử lý"
    return Draft(organisation, subject, "\n".join(body), acknowledges={"case": unknown} if unknown else {})


def _parts(finding: Finding, finder: HostFinder, at: datetime) -> tuple[list[Sighting], list[Moment]]:
    """The finding's sightings by the host behind them, and those that nobody can place."""
    placed: dict[Host | None, list[Moment]] = defaultdict(list)
    rest: list[Moment] = []
    for moment in finding.detail.get("sightings") or [[None, finding.detail.get("port")]]:
        host = finder.find(finding.subject, moment[1], moment[0], moment[2] if len(moment) > 2 else None)
        if _is_elsewhere(finding, host):
            placed[host].append(moment)
        else:
            rest.append(moment)
    assets = Asset.objects.select_related("organisation", "system").in_bulk(
        [host.asset_id for host in placed if host and host.asset_id]
    )
    return [
        _sighting(finding, _owner(finding, moments, at), host, moments, assets) for host, moments in placed.items()
    ], rest


def _is_elsewhere(finding: Finding, host: Host | None) -> bool:
    """True when a sighting belongs on another case than its finding's: on this host, None for the bare address.

    From an asset only a log moves it, never a register that was edited since. A NAT log that tells of the address at
    other times alone shows that the asset is not alone behind it, and does not tell whose the sighting was.
    """
    case = finding.case
    if case.asset_id is None:
        return host is not None and host.name != case.subject
    is_by_register = finding.detail.get("inner_address", "") in {"", finding.subject}
    if "sightings" not in finding.detail or host is None:
        return "sightings" in finding.detail and is_by_register
    if host.asset_id == case.asset_id or host.name == case.subject:
        return False
    is_leased = host.name not in {"", host.inner_address}
    return is_leased or (is_by_register and host.inner_address not in {"", finding.subject})


def _owner(finding: Finding, moments: Sequence[Moment], at: datetime) -> Organisation:
    """Who answers for a host that is no asset: as at an import, whose network the listed address was in when seen."""
    if finding.case.asset_id is None:
        return finding.case.organisation
    seen = max((moment[0] for moment in moments if moment[0] is not None), default=NO_TIME)
    listed = addresses.from_packed([ip_address(finding.subject).packed])
    history, [owner] = owners_when(listed, np.array([seen], np.int64), at)
    return finding.case.organisation if owner < 0 else Organisation.objects.get(pk=int(history.organisations[owner]))


def _sighting(
    finding: Finding, owner: Organisation, host: Host | None, moments: Sequence[Moment], assets: Mapping[int, Asset]
) -> Sighting:
    seconds = [moment[0] for moment in moments if moment[0] is not None]
    asset = assets.get(host.asset_id or 0) if host else None
    network = finding.detail.get("network", "")
    return Sighting(
        address=finding.subject,
        family=finding.family,
        first_seen_utc=_moment(min(seconds, default=None)),
        last_seen_utc=_moment(max(seconds, default=None)),
        count=len(moments),
        detail={
            "inner_address": host.inner_address if host else "",
            "port": moments[0][1],
            "sightings": [list(m) for m in moments],
        },
        placement=placement_of(owner, finding.subject, network, host, asset),
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
