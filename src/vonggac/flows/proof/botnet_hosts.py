"""Whether a unit did what a clause asks about hosts on botnet lists: the sum of the verdicts on its hosts.

Dispatch 1465, 1c (“botnet-listed IPs first”); docs/explanation/proof.md, “A clause about botnet hosts”. It says nothing
about malware that no list names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from ipaddress import ip_network
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.rules import Proof
from vonggac.directives.models import Obligation
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.flows.proof.damaged_rows import DamagedRows
from vonggac.flows.proof.host_cases import damaged_rows
from vonggac.flows.proof.host_evidence import Network
from vonggac.flows.proof.registry import assesses
from vonggac.register.models import Asset, AssetAddress
from vonggac.register.models import Network as RegisteredNetwork
from vonggac.tenancy.scope import bounds

NAME = "botnet_hosts"
MISSING_NAMED = 20
HOSTS_NAMED = 3


@dataclass(frozen=True, slots=True)
class HostStanding:
    """Where the case about one listed host stands: what observation shows, and what it lacks."""

    host: str
    proof: Proof
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitEvidence:
    """What is known about one unit's obligation: its claim, its listed hosts, and the lists since the directive came.

    A host that turned out to be another unit's is among that unit's hosts and not here. `is_registered`: some network
    or address of the unit is known, without which no list can name it; `damaged_lists`: those of the lists with a row
    that cannot be read and may mean one of its addresses.
    """

    claimed_utc: datetime | None
    hosts: tuple[HostStanding, ...]
    lists_since: int
    is_registered: bool = False
    damaged_lists: tuple[str, ...] = ()


def judge(evidence: UnitEvidence) -> Verdict:
    """The verdict on the unit: as bad as that on its worst host, and nothing at all before it claims. O(hosts)."""
    if evidence.claimed_utc is None:
        return Verdict(VerdictState.OPEN, ("the unit has claimed nothing yet",))
    if not evidence.hosts:
        return _without_hosts(evidence)
    by_proof = {proof: [host for host in evidence.hosts if host.proof is proof] for proof in Proof}
    if against := by_proof[Proof.CONTRADICTED]:
        return Verdict(VerdictState.CONTRADICTED, (_told(against, "contradicted"),))
    if unseen := by_proof[Proof.NOT_OBSERVABLE]:
        missing = tuple(dict.fromkeys(item for host in unseen for item in host.missing))[:MISSING_NAMED]
        return Verdict(VerdictState.NOT_OBSERVABLE, (_told(unseen, "not observable"),), missing)
    if waiting := by_proof[Proof.NONE] + by_proof[Proof.WATCHING]:
        return Verdict(VerdictState.OPEN, (_told(waiting, "not proven yet"),))
    return Verdict(VerdictState.PROVEN, (f"all {len(evidence.hosts)} listed hosts of the unit are proven clean",))


def _without_hosts(evidence: UnitEvidence) -> Verdict:
    missing = tuple(_why_nobody_knows(evidence))
    if missing:
        return Verdict(VerdictState.NOT_OBSERVABLE, tuple(str(item) for item in missing), missing)
    lists_since = evidence.lists_since
    reason = f"the {lists_since} botnet lists since the directive name no address of the unit (botnet part only)"
    return Verdict(VerdictState.PROVEN, (reason,))


def _why_nobody_knows(evidence: UnitEvidence) -> Iterator[Missing]:
    """Why it means nothing that no list named the unit."""
    if not evidence.is_registered:
        yield Missing("register", "no network of the unit is registered, so no list can name its hosts")
    if evidence.lists_since == 0:
        yield Missing("list", "no botnet list has come since the directive, so nobody knows which hosts it means")
    for name in evidence.damaged_lists[:HOSTS_NAMED]:
        yield Missing("list", f"a row of the list {name} cannot be read and may be a host of the unit")


def _told(hosts: Sequence[HostStanding], word: str) -> str:
    named = ", ".join(host.host for host in hosts[:HOSTS_NAMED])
    more = f" and {len(hosts) - HOSTS_NAMED} more" if len(hosts) > HOSTS_NAMED else ""
    return f"{len(hosts)} listed {'host is' if len(hosts) == 1 else 'hosts are'} {word}: {named}{more}"


@assesses(NAME)
def assess_units(case_ids: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
    """(case, verdict) for each obligation about botnet hosts."""
    obligations = Obligation.objects.filter(case__in=case_ids)
    rows_of = cache(lambda list_id: damaged_rows(BotnetList.objects.filter(pk=list_id))[list_id])
    for obligation in obligations.select_related("case", "clause", "directive").order_by("pk"):
        lists = BotnetList.objects.filter(
            received_at__gte=_came(obligation), received_at__lte=at, imported_at__isnull=False
        )
        # A list to one office says nothing about the units that are not below it.
        heard = [item for item in lists.defer("rejects") if obligation.org_path.startswith(item.org_path)]
        within = _within(obligation)
        hosts = tuple(_hosts(within))
        blocks = set() if hosts else _blocks(within, timezone.localdate(at))
        damaged = () if hosts else tuple(_damaged(heard, blocks, rows_of))
        yield (
            obligation.case_id,
            judge(UnitEvidence(obligation.case.claimed_at, hosts, len(heard), bool(blocks), damaged)),
        )


def _within(obligation: Obligation) -> Q:
    """The unit's rows and those of the units below it; an office whose units are bound beside it has its own alone."""
    if obligation.is_of_office_alone:
        return Q(org_path=obligation.org_path)
    low, high = bounds(obligation.org_path)
    return Q(org_path__gte=low, org_path__lt=high)


def _blocks(within: Q, day: date) -> set[Network]:
    """The networks of the unit and of those below it, and the addresses of their hosts."""
    networks = RegisteredNetwork.objects.filter(within).filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    )
    assets = Asset.objects.filter(within, valid_to__isnull=True)
    pools = {block for pool in assets.values_list("nat_pool", flat=True).distinct() for block in pool.split()}
    direct = AssetAddress.objects.filter(asset__in=assets.filter(nat_pool="")).values_list("address", flat=True)
    texts = {*networks.values_list("cidr", flat=True), *pools, *direct}
    return {ip_network(text, strict=False) for text in texts}


def _damaged(
    lists: Sequence[BotnetList], blocks: Iterable[Network], rows_of: Callable[[int], DamagedRows]
) -> Iterator[str]:
    """The names of the lists with a row that cannot be read and may mean an address in one of the blocks.

    All units ask about the same lists: `rows_of` reads the rows of each once.
    """
    for item in lists:
        if item.rows_rejected and any(rows_of(item.pk).may_name_in(block) for block in blocks):
            yield item.file_name


def _came(obligation: Obligation) -> datetime:
    """The beginning of the day on which the directive arrived; lists of that day count as later ones."""
    arrived_on = obligation.directive.arrived_on or obligation.case.opened_at.astimezone(OFFICE_ZONE).date()
    return datetime.combine(arrived_on, time(), OFFICE_ZONE)


def _hosts(within: Q) -> Iterator[HostStanding]:
    """The listed hosts at or below the unit; an address whose findings went to the hosts behind it is none."""
    listed = Case.objects.filter(within, kind=Kind.BOTNET_HOST)
    rows = listed.filter(Exists(Finding.objects.filter(case=OuterRef("pk")))).order_by("subject", "pk")
    for subject, proof, missing in rows.values_list("subject", "proof", "missing").iterator(chunk_size=5_000):
        yield HostStanding(subject, Proof(proof), tuple(_stored(missing)))


def _stored(missing: Iterable[Mapping[str, Any]]) -> Iterator[Missing]:
    for item in missing:
        known = Missing(
            item["kind"], item["reason"], item["sensor"], item["subject"], _moment(item["from"]), _moment(item["to"]),
        )  # fmt: skip
        if gaps := item.get("gaps"):
            named = replace(
                known, gaps=tuple((datetime.fromisoformat(start), _moment(end)) for start, end in gaps["first"])
            )
            known = replace(
                named, more_gaps=gaps["number"] - named.gap_number, more_seconds=gaps["seconds"] - named.gap_seconds
            )
        yield known


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
