"""The rule `clean_host` asked about cases of the desk: evidence from register, lists, ledger and lake."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db.models import Q
from django.utils import timezone

from vonggac.botnet.models import BotnetList, Indicator, Settling, Unread
from vonggac.botnet.queries import open_ones, spellings, standing
from vonggac.botnet.rules import CLEAN_HOST
from vonggac.botnet.services import settling
from vonggac.cases.models import Case, Finding
from vonggac.cases.proof import Verdict
from vonggac.flows.pools import overlapping
from vonggac.flows.proof.addresses import AddressLine
from vonggac.flows.proof.c2 import C2, address_of
from vonggac.flows.proof.clean_host import judge
from vonggac.flows.proof.damaged_rows import DamagedRows
from vonggac.flows.proof.doubts import meets
from vonggac.flows.proof.evidence import Scene, Subject, micros
from vonggac.flows.proof.host_evidence import Address, LaterList, Network
from vonggac.flows.proof.registry import assesses
from vonggac.flows.proof.sensors import RotatedFile, Sensor, Silence
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind
from vonggac.kernel import host_names
from vonggac.kernel.host_names import HostNames
from vonggac.kernel.intervals import EVER, FOREVER
from vonggac.lake import Scope as LakeScope
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.folding import first_label
from vonggac.register.models import Asset, AssetAddress, SensorCoverage, TakenBackLog
from vonggac.register.models import Sensor as DeclaredSensor
from vonggac.tenancy.scope import current

EARLIEST = datetime.min.replace(tzinfo=UTC)


@assesses(CLEAN_HOST)
def assess_hosts(case_ids: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
    """(case, verdict) for each case about a listed host, as the world is known at the moment."""
    cases = _cases(case_ids)
    register = list(_register_lines(cases))
    names = RegisteredNames(_named(cases))
    scene = _scene(register, names, at)
    subjects = list(_subjects(cases, register, names, at))
    scene.expect({subject.c2 for subject, _ in subjects})
    for subject, case in subjects:
        yield case.pk, judge(scene.evidence(subject))


def seen_by(sensor: str, case_ids: Sequence[int], at: datetime) -> int:
    """How many of the cases are about hosts whom a sensor sees: its file that nobody can read puts them in doubt."""
    cases = _cases(case_ids)
    names = RegisteredNames(_named(cases))
    scene = _scene(list(_register_lines(cases)), names, at)
    networks = frozenset(scene.sensors[sensor].networks)
    hosts = (names.key(case.subject, case.organisation_id) for case in cases)
    return sum(any(meets(holding, networks) for holding in scene.holdings(host)) for host in hosts)


def _cases(case_ids: Sequence[int]) -> list[Case]:
    return list(Case.objects.filter(pk__in=case_ids).select_related("asset", "organisation"))


def _scene(register: Sequence[AssetAddress], names: "RegisteredNames", at: datetime) -> Scene:
    low, high = current().bounds
    lines = [_line(line, names) for line in register]
    grace_hours = regime.on(timezone.localdate(at)).limit("log_grace_hours")
    return Scene(lake(), declared_sensors(), lines, at, LakeScope(low, high), names.hosts, grace_hours)


def watch_of(case: Case) -> tuple[datetime, datetime] | None:
    """The time over which a claimed host is watched, by the rules of the day on which its case was opened."""
    if case.claimed_at is None:
        return None
    return case.claimed_at, case.claimed_at + timedelta(
        days=regime.on(timezone.localdate(case.opened_at)).limit("clean_days")
    )


class RegisteredNames:
    """The names under which the rule knows hosts: as names are compared, with the organisation where two use one.

    A DHCP log knows no organisations, so a lease of a name that two of them use may be either's.
    """

    def __init__(self, assets: Collection[tuple[str, int]]) -> None:
        """(name, organisation) of each asset."""
        owners: dict[str, set[int]] = defaultdict(set)
        for name, organisation_id in assets:
            owners[host_names.normal(name)].add(organisation_id)
        self._ambiguous = {name for name, organisations in owners.items() if len(organisations) > 1}
        self.hosts = HostNames((name, self.key(name, organisation_id)) for name, organisation_id in assets)

    def key(self, name: str, organisation_id: int) -> str:
        """The rule's name for an organisation's host."""
        plain = host_names.normal(name)
        return f"{plain} ({organisation_id})" if plain in self._ambiguous else plain


def declared_sensors() -> list[Sensor]:
    """Every sensor of the scope with what was heard of it."""
    coverage: dict[int, list[SensorCoverage]] = defaultdict(list)
    for stretch in SensorCoverage.objects.all().iterator(chunk_size=10_000):
        coverage[stretch.sensor_id].append(stretch)
    taken_back: dict[int, set[str]] = defaultdict(set)
    for sensor_id, sha256 in TakenBackLog.objects.filter(put_back_at=None).values_list("sensor", "sha256"):
        taken_back[sensor_id].add(sha256)
    return [
        _sensor(declared, coverage[declared.pk], taken_back[declared.pk])
        for declared in DeclaredSensor.objects.order_by("pk")
    ]


def _named(cases: Sequence[Case]) -> set[tuple[str, int]]:
    """(name, organisation) of the assets of the cases' organisations, and of others' that may bear their names."""
    labelled = Asset.objects.annotate(label=first_label("folded"))
    own = labelled.filter(organisation_id__in={case.organisation_id for case in cases})
    alike = labelled.filter(label__in=own.values("label"))
    return set(alike.values_list("name", "organisation_id").iterator(chunk_size=10_000))


def _register_lines(cases: Sequence[Case]) -> Iterator[AssetAddress]:
    """The register's addresses of the organisations that the cases belong to, of all who share their way out, and of
    the assets elsewhere that bear a name of theirs and got an address since the cases were opened.
    """
    organisations = {case.organisation_id for case in cases}
    own = Asset.objects.filter(organisation_id__in=organisations)
    pools = {pool for pool in own.values_list("nat_pool", flat=True).distinct() if pool}
    direct = AssetAddress.objects.filter(asset__in=own, asset__nat_pool="").values_list("address", flat=True)
    known = Asset.objects.exclude(nat_pool="").values_list("nat_pool", flat=True).distinct()
    shared = overlapping({*pools, *direct}, known)
    opened = min((case.opened_at for case in cases), default=EARLIEST)
    newcomers = Asset.objects.filter(folded__in=own.values("folded"), addresses__from_utc__gte=opened)
    wanted = Q(asset__in=own) | Q(asset__nat_pool__in=shared) | Q(asset__in=newcomers)
    lines = AssetAddress.objects.filter(wanted).select_related("asset")
    return lines.iterator(chunk_size=10_000)


def _sensor(declared: DeclaredSensor, coverage: Sequence[SensorCoverage], taken_back: Iterable[str]) -> Sensor:
    return Sensor(
        name=declared.name,
        kind=Kind(declared.kind),
        networks=tuple(ip_network(block, strict=False) for block in declared.networks),
        silence=Silence(declared.silence),
        heartbeats=tuple((micros(c.from_utc), micros(c.to_utc)) for c in coverage if not c.file),
        rotation=tuple(
            RotatedFile(c.file, micros(c.from_utc), micros(c.to_utc), c.records) for c in coverage if c.file
        ),
        max_quiet_seconds=declared.max_quiet_seconds,
        clock_offset_seconds=declared.clock_offset_seconds,
        taken_back=frozenset(taken_back),
    )


def _line(line: AssetAddress, names: RegisteredNames) -> AddressLine:
    pool: tuple[Network, ...] = ()
    if line.asset.nat_pool:
        pool = tuple(ip_network(block, strict=False) for block in line.asset.nat_pool.split())
    return AddressLine(
        names.key(line.asset.name, line.asset.organisation_id),
        ip_address(line.address),
        EVER if line.from_utc is None else micros(line.from_utc),
        FOREVER if line.to_utc is None else micros(line.to_utc),
        pool,
    )


def _subjects(
    cases: Sequence[Case], register: Sequence[AssetAddress], names: RegisteredNames, at: datetime
) -> Iterator[tuple[Subject, Case]]:
    findings: dict[int, list[Finding]] = defaultdict(list)
    for finding in Finding.objects.filter(case__in=cases):
        findings[finding.case_id].append(finding)
    called = spellings()
    reported = {called.get(finding.source, finding.source) for found in findings.values() for finding in found}
    senders = {name: first for name, first in called.items() if first in reported}
    c2, lists = _c2_of(senders), _lists_of(senders, at)
    listed_in = carried([case.pk for case in cases])
    damaged = _damaged(lists, min((case.claimed_at for case in cases if case.claimed_at), default=at))
    direct = _direct_addresses(register, names)
    newest_lines = _newest_lines(register, names)
    for case in cases:
        own = {called.get(finding.source, finding.source) for finding in findings[case.pk]}
        key = names.key(case.subject, case.organisation_id)
        listed = {ip_address(finding.subject) for finding in findings[case.pk]} | direct[key]
        on_lists = listed_in[case.pk] | {finding.seen_in for finding in findings[case.pk]}
        rules = regime.on(timezone.localdate(case.opened_at))
        yield (
            Subject(
                host=key,
                claimed_utc=case.claimed_at,
                c2=C2(
                    frozenset().union(*(c2[sender]["address"] for sender in own)),
                    frozenset().union(*(c2[sender]["name"] for sender in own)),
                ),
                senders=frozenset(own),
                lists=tuple(
                    _later_list(
                        item,
                        sender,
                        findings[case.pk],
                        carries=item.pk in on_lists,
                        may_carry=item.pk in damaged and any(damaged[item.pk].may_name(one) for one in listed),
                    )
                    for sender in own
                    for item in lists[sender]
                ),
                clean_days=rules.limit("clean_days"),
                gap_seconds=rules.limit("gap_seconds"),
                c2_unread=tuple(sorted(set[str]().union(*(c2[sender]["unread"] for sender in own)))),
                namesakes=_namesakes(case, key, newest_lines[host_names.normal(case.subject)]),
            ),
            case,
        )


def _namesakes(case: Case, key: str, newest_lines: Mapping[str, datetime]) -> dict[str, datetime]:
    """The hosts of the same name that a log told of since the case was opened, each with that moment."""
    return {
        other: case.opened_at for other, newest in newest_lines.items() if other != key and newest >= case.opened_at
    }


def _c2_of(senders: Mapping[str, str]) -> Mapping[str, Mapping[str, set[str]]]:
    """Sender → its C2s by kind: those that its lists carry and that a person found to be meant, and the unread ones.

    senders: each spelling → the first of the same sender.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"address": set(), "name": set(), "unread": set()})
    rows = Indicator.objects.filter(sender__name__in=senders).values_list("sender__name", "kind", "value")
    for sender, kind, value in rows.iterator(chunk_size=10_000):
        found[senders[sender]][kind].add(value)
    unread = Unread.objects.filter(kind=settling.C2, botnet_list__sender__name__in=senders)
    waiting = open_ones().filter(pk__in=unread)
    for sender, text in waiting.values_list("botnet_list__sender__name", "text").distinct():
        found[senders[sender]]["unread"].add(text)
    settled = standing().filter(unread__in=unread)
    for sender, meant in settled.values_list("unread__botnet_list__sender__name", "meant"):
        for value in meant:
            found[senders[sender]]["name" if address_of(value) is None else "address"].add(value)
    return found


def _lists_of(senders: Mapping[str, str], at: datetime) -> Mapping[str, list[BotnetList]]:
    found: dict[str, list[BotnetList]] = defaultdict(list)
    lists = BotnetList.objects.filter(sender__name__in=senders, received_at__lte=at, imported_at__isnull=False)
    for item in lists.select_related("sender").defer("rejects").order_by("received_at"):
        found[senders[item.sender.name]].append(item)
    return found


def carried(case_ids: Sequence[int]) -> Mapping[int, set[int]]:
    """Case → the lists that carried its host, by the ledger.

    At their import, when a log placed their rows on it, or when a person settled that one of their rows means it.
    """
    found: dict[int, set[int]] = defaultdict(set)
    withdrawn = set(Settling.objects.filter(withdrawn_at__isnull=False).values_list("pk", flat=True))
    entries = Entry.objects.filter(act__in=("case.listed", "case.placed"), subject_kind="case", subject_id__in=case_ids)
    for case_id, detail in entries.values_list("subject_id", "detail").iterator(chunk_size=10_000):
        if detail.get("settling") in withdrawn:
            continue
        found[case_id].update(detail.get("lists") or ([detail["list"]] if "list" in detail else ()))
    return found


def _damaged(lists: Mapping[str, Sequence[BotnetList]], since: datetime) -> dict[int, DamagedRows]:
    """List → its unreadable rows, for the lists that came since and have any."""
    later = [item.pk for items in lists.values() for item in items if item.rows_rejected and item.received_at > since]
    return damaged_rows(BotnetList.objects.filter(pk__in=later))


def damaged_rows(items: Iterable[BotnetList]) -> dict[int, DamagedRows]:
    """List → its unreadable rows, as far as they were kept, without those that a person settled."""
    read = list(items)
    settled: dict[int, set[int]] = defaultdict(set)
    of_rows = standing().filter(unread__botnet_list__in=read, unread__kind=settling.ADDRESS)
    for item, line in of_rows.values_list("unread__botnet_list", "unread__line"):
        if line is not None:
            settled[item].add(line)
    return {
        item.pk: DamagedRows(
            (reject["raw"] for reject in item.rejects if reject["line"] not in settled[item.pk]),
            is_whole=len(item.rejects) == item.rows_rejected,
        )
        for item in read
    }


def _direct_addresses(register: Sequence[AssetAddress], names: RegisteredNames) -> dict[str, set[Address]]:
    """Host → its addresses that no NAT hides: a list may name it by them."""
    found: dict[str, set[Address]] = defaultdict(set)
    for line in register:
        if not line.asset.nat_pool:
            found[names.key(line.asset.name, line.asset.organisation_id)].add(ip_address(line.address))
    return found


def _newest_lines(register: Sequence[AssetAddress], names: RegisteredNames) -> Mapping[str, Mapping[str, datetime]]:
    """Name → the hosts that bear it, with the moment at which each got its newest address."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for line in sorted(register, key=lambda line: line.from_utc or EARLIEST):
        key = names.key(line.asset.name, line.asset.organisation_id)
        found[host_names.normal(line.asset.name)][key] = line.from_utc or EARLIEST
    return found


def _later_list(
    item: BotnetList, sender: str, findings: Sequence[Finding], *, carries: bool, may_carry: bool
) -> LaterList:
    seen = [finding.last_seen_utc for finding in findings if finding.source == item.sender.name]
    newest = max((moment for moment in seen if moment), default=None)
    return LaterList(
        item.file_name,
        sender,
        micros(item.received_at),
        carries,
        micros(newest) if carries and newest else None,
        may_carry,
    )
