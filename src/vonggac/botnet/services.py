"""Acts on lists: received, absorbed into findings and cases, finished with what is gone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from vonggac.botnet.models import BotnetList, Indicator, Sender
from vonggac.botnet.rules import CLEAN_HOST, Host, Presence, presence, priority, reopens
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.rules import State
from vonggac.cases.services import SUBJECT, Opening
from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import bounds

LIST = "botnet_list"
# Any number that nothing else in the database locks.
ONE_WRITER_LOCK = 0x1B07
SIGHTINGS_KEPT = 50  # of one finding: enough to place them again when a NAT log arrives late


@dataclass(frozen=True, slots=True)
class Placement:
    """Who answers for a listed address and which host stands behind it; `host` is the address where nobody knows."""

    organisation: Organisation
    host: str
    network: str = ""
    inner_address: str = ""
    asset_id: int | None = None
    is_server: bool = False
    system_level: int | None = None
    is_placed: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """One (address, family) of a list, with what the list says of it and where it was placed."""

    address: str
    family: str
    first_seen_utc: datetime | None
    last_seen_utc: datetime | None
    count: int
    detail: Mapping[str, Any]
    placement: Placement

    @property
    def host_key(self) -> tuple[int, str]:
        """What makes two sightings one host: the organisation and the host's name or address."""
        return self.placement.organisation.pk, self.placement.host


@dataclass(frozen=True, slots=True)
class Arrival:
    """A list file as it came; `received_at` is None where nobody said when, and it is taken to come now."""

    file_name: str
    sha256: str
    received_at: datetime | None = None


@transaction.atomic
def receive(office: Organisation, sender_name: str, arrival: Arrival, *, at: datetime) -> tuple[BotnetList, bool]:
    """The list in the register of lists and whether it is new.

    The same bytes are the same list, unless it is said that they came at another time: a sender whose list has not
    changed sends it again, and an empty list looks like every other empty one. Lists are compared with the one before,
    so one older than what was imported is refused.
    """
    Sender.objects.get_or_create(org_path=office.path, name=sender_name)
    # Locked, so that a file handed in twice at once is not two lists.
    sender = Sender.objects.select_for_update().get(org_path=office.path, name=sender_name)
    same = sender.lists.filter(sha256=arrival.sha256).order_by("-received_at")
    known = (same.filter(received_at=arrival.received_at) if arrival.received_at else same).first()
    if known:
        return known, False
    received_at = arrival.received_at or at
    newest = sender.lists.order_by("-received_at").first()
    if newest and newest.received_at > received_at:
        raise InputError(
            f"{sender_name} already sent {newest.file_name} on {newest.received_at:%Y-%m-%d %H:%M} UTC, "
            "which is newer: import lists in the order in which they came"
        )
    made = BotnetList.objects.create(
        sender=sender, org_path=office.path, file_name=arrival.file_name, sha256=arrival.sha256,
        received_at=received_at,
    )  # fmt: skip
    ledger.record("list.receive", LIST, made.pk, office.path, at=at, file=arrival.file_name, sha256=arrival.sha256)
    return made, True


def alone() -> None:
    """Wait until no other transaction places findings on hosts; holds the others back until this one ends.

    Two lists that name one host at the same moment would each open a case for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER_LOCK])


@transaction.atomic
def absorb(botnet_list: BotnetList, sightings: Sequence[Sighting], *, due_at: datetime, at: datetime) -> Counter[str]:
    """How many findings were new, still or returned, and cases opened or reopened, for one batch of a list.

    A finding that already carries this list's number was absorbed before a crash and is left alone. One batch at a
    time in the whole desk: two lists that name one host at once must not open two cases.
    """
    alone()
    known = _known_findings(botnet_list.sender, sightings)
    fresh = [s for s in sightings if identity(s) not in known or known[identity(s)].seen_in != botnet_list.pk]
    before = {identity(s): known[identity(s)].presence if identity(s) in known else None for s in fresh}
    hosts: dict[tuple[int, str], list[Sighting]] = defaultdict(list)
    for sighting in fresh:
        hosts[sighting.host_key].append(sighting)
    standing = _standing_cases(hosts)
    changes: Counter[str] = Counter(presence(before[identity(s)]).value for s in fresh)
    changes.update(_open_cases(hosts, standing, before, due_at, at))
    changes.update(_reopen_cases(hosts, standing, botnet_list.file_name, at))
    _write_findings(botnet_list, fresh, known, before, standing)
    _record_absorbed(hosts, standing, botnet_list, before, at)
    return changes


@transaction.atomic
def finish(botnet_list: BotnetList, summary: Mapping[str, Any], *, at: datetime) -> BotnetList:
    """The list, fully imported: what the sender's earlier lists carried and this one does not is gone.

    Only lists to the same office count: a ward's own list is not answered by the province's.
    """
    low, high = bounds(botnet_list.org_path)
    earlier = botnet_list.sender.lists.exclude(pk=botnet_list.pk).values("pk")
    gone = Finding.objects.filter(source=botnet_list.sender.name, org_path__gte=low, org_path__lt=high).filter(
        ~Q(presence=Presence.GONE), seen_in__in=earlier
    )
    left = list(gone.values_list("case_id", "org_path"))
    gone.update(presence=Presence.GONE)
    ledger.record_many(
        "case.unlisted",
        SUBJECT,
        ((case, path, {"list": botnet_list.pk, "file": botnet_list.file_name}) for case, path in set(left)),
        at=at,
    )
    botnet_list.summary = {**summary, "gone": len(left)}
    botnet_list.imported_at = at
    botnet_list.save()
    ledger.record("list.import", LIST, botnet_list.pk, botnet_list.org_path, at=at, **botnet_list.summary)
    return botnet_list


@transaction.atomic
def remember_indicators(botnet_list: BotnetList, addresses: Iterable[str], names: Iterable[str]) -> int:
    """The number of C2 addresses and names that the list carries; ones known before keep their first day."""
    rows = [
        Indicator(
            sender=botnet_list.sender, org_path=botnet_list.org_path, kind=kind, value=value[:300],
            first_listed_at=botnet_list.received_at, last_listed_at=botnet_list.received_at,
        )
        for kind, values in (("address", addresses), ("name", names))
        for value in sorted(set(values))
    ]  # fmt: skip
    Indicator.objects.bulk_create(
        rows,
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["sender", "kind", "value"],
        update_fields=["last_listed_at"],
    )
    return len(rows)


def remember_mapping(sender: Sender, mapping: Mapping[str, Any], *, at: datetime) -> Sender:
    """The sender with the column mapping that a person confirmed; the next list of theirs is read with it."""
    if sender.mapping != dict(mapping):
        sender.mapping = dict(mapping)
        sender.save(update_fields=["mapping"])
        ledger.record("list.mapping", "sender", sender.pk, sender.org_path, at=at, mapping=dict(mapping))
    return sender


FindingKey = tuple[str, str, int, str]


def identity(sighting: Sighting) -> FindingKey:
    """What makes two sightings one finding: address, family, organisation and host."""
    return sighting.address, sighting.family, *sighting.host_key


def standing_of(sender: Sender, sightings: Sequence[Sighting]) -> dict[FindingKey, str]:
    """The presence that each of the sightings' findings has now, where it was listed before."""
    return {key: finding.presence for key, finding in _known_findings(sender, sightings).items()}


def _known_findings(sender: Sender, sightings: Sequence[Sighting]) -> dict[FindingKey, Finding]:
    findings: list[Finding] = []
    addresses = sorted({s.address for s in sightings})
    for start in range(0, len(addresses), 20_000):
        part = Finding.objects.filter(source=sender.name, subject__in=addresses[start : start + 20_000])
        findings += part.select_related("case")
    return {(f.subject, f.family, f.case.organisation_id, f.case.subject): f for f in findings}


def _standing_cases(hosts: Mapping[tuple[int, str], Sequence[Sighting]]) -> dict[tuple[int, str], Case]:
    """The newest case of each host, closed ones too: an open case absorbs, a closed one reopens."""
    found = Case.objects.filter(
        kind=Kind.BOTNET_HOST,
        organisation_id__in={organisation for organisation, _ in hosts},
        subject__in={host for _, host in hosts},
    ).order_by("pk")
    return {(case.organisation_id, case.subject): case for case in found}


def _open_cases(
    hosts: Mapping[tuple[int, str], Sequence[Sighting]],
    standing: dict[tuple[int, str], Case],
    before: Mapping[FindingKey, str | None],
    due_at: datetime,
    at: datetime,
) -> Counter[str]:
    missing = [key for key in hosts if key not in standing]
    openings = []
    for key in missing:
        level, reason = priority(_host(hosts[key], before))
        place = hosts[key][0].placement
        families = sorted({s.family for s in hosts[key] if s.family})
        title = f"{place.host}: {', '.join(families[:3]) or 'có trong danh sách mạng botnet'}"
        openings.append(
            Opening(
                place.organisation, Kind.BOTNET_HOST, place.host, title[:500], level, reason, due_at,
                rule=CLEAN_HOST, asset_id=place.asset_id,
            )
        )  # fmt: skip
    standing.update(zip(missing, cases.open_many(openings, at=at), strict=True))
    return Counter(cases_opened=len(missing))


def _reopen_cases(
    hosts: Mapping[tuple[int, str], Sequence[Sighting]],
    standing: Mapping[tuple[int, str], Case],
    reported_in: str,
    at: datetime,
) -> Counter[str]:
    number = 0
    for key, sightings in hosts.items():
        case = standing[key]
        newest = max((s.last_seen_utc for s in sightings if s.last_seen_utc), default=None)
        if reopens(case.state, newest, case.claimed_at or case.closed_at):
            cases.reopen(case.pk, f"lại có trong {reported_in}", at=at)
            number += 1
    return Counter(cases_reopened=number)


def _host(sightings: Sequence[Sighting], before: Mapping[FindingKey, str | None]) -> Host:
    place = sightings[0].placement
    return Host(
        is_server=place.is_server,
        system_level=place.system_level,
        families={s.family for s in sightings if s.family},
        sightings=sum(s.count for s in sightings),
        has_returned=any(before.get(identity(s)) == Presence.GONE for s in sightings),
        is_placed=place.is_placed,
    )


def _write_findings(
    botnet_list: BotnetList,
    fresh: Sequence[Sighting],
    known: Mapping[FindingKey, Finding],
    before: Mapping[FindingKey, str | None],
    standing: Mapping[tuple[int, str], Case],
) -> None:
    made, changed = [], []
    for sighting in fresh:
        finding = known.get(identity(sighting))
        if finding is None:
            case = standing[sighting.host_key]
            made.append(_new_finding(botnet_list, sighting, case))
            continue
        finding.presence = presence(before[identity(sighting)])
        finding.first_seen_utc = _earliest(finding.first_seen_utc, sighting.first_seen_utc)
        finding.last_seen_utc = _latest(finding.last_seen_utc, sighting.last_seen_utc)
        finding.count += sighting.count
        finding.seen_in, finding.detail = botnet_list.pk, dict(sighting.detail)
        changed.append(finding)
    Finding.objects.bulk_create(made, batch_size=5_000)
    Finding.objects.bulk_update(
        changed, ["presence", "first_seen_utc", "last_seen_utc", "count", "seen_in", "detail"], batch_size=1_000
    )


def _new_finding(botnet_list: BotnetList, sighting: Sighting, case: Case) -> Finding:
    return Finding(
        case=case,
        org_path=case.org_path,
        source=botnet_list.sender.name,
        subject=sighting.address,
        family=sighting.family,
        presence=Presence.NEW,
        first_seen_utc=sighting.first_seen_utc,
        last_seen_utc=sighting.last_seen_utc,
        count=sighting.count,
        seen_in=botnet_list.pk,
        detail=dict(sighting.detail),
    )


def _record_absorbed(
    hosts: Mapping[tuple[int, str], Sequence[Sighting]],
    standing: Mapping[tuple[int, str], Case],
    botnet_list: BotnetList,
    before: Mapping[FindingKey, str | None],
    at: datetime,
) -> None:
    ledger.record_many(
        "case.listed",
        SUBJECT,
        (
            (
                standing[key].pk,
                standing[key].org_path,
                {
                    "list": botnet_list.pk,
                    "file": botnet_list.file_name,
                    "findings": [[s.address, s.family, presence(before[identity(s)]).value] for s in sightings[:20]],
                },
            )
            for key, sightings in hosts.items()
        ),
        at=at,
    )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)


@transaction.atomic
def split(finding: Finding, parts: Sequence[Sighting], rest: Sequence[Any], *, due_at: datetime, at: datetime) -> int:
    """The number of hosts that a finding about a bare address went to, once a log told who stood behind it.

    Each part joins its host's case (a closed one reopens if it was seen since) or opens one. What no log places
    (`rest`) stays; an address with nothing left is closed, and its timeline says where its findings went. A list may
    count more than the sightings it shows: what is over stays with the rest, or with the host seen most where nothing
    is left.
    """
    alone()
    source, before = finding.case, {identity(part): finding.presence for part in parts}
    over = max(finding.count - sum(part.count for part in parts), 0)
    if not rest:
        most = max(parts, key=lambda part: part.count)
        parts = [replace(part, count=part.count + over) if part is most else part for part in parts]
    for part in parts:
        host = {part.host_key: [part]}
        standing = _standing_cases(host)
        _open_cases(host, standing, before, due_at, at)
        _reopen_cases(host, standing, finding.source, at)
        target = standing[part.host_key]
        _join(finding, part, target)
        detail = {"address": finding.subject, "family": finding.family}
        ledger.record("case.placed", SUBJECT, target.pk, target.org_path, at=at, came_from=source.pk, **detail)
        ledger.record("case.split", SUBJECT, source.pk, source.org_path, at=at, went_to=target.pk, **detail)
    if rest:
        finding.detail, finding.count = {**finding.detail, "sightings": list(rest)}, max(over, 1)
        finding.save(update_fields=["detail", "count"])
    else:
        finding.delete()
    if not source.findings.exists() and source.state != State.CLOSED:
        cases.close(source.pk, "nhật ký đã chỉ ra máy đứng sau địa chỉ; vụ việc chuyển sang máy đó", at=at)
    return len(parts)


def _join(finding: Finding, part: Sighting, target: Case) -> None:
    twin = target.findings.filter(source=finding.source, subject=finding.subject, family=finding.family).first()
    joined = twin or Finding(
        case=target, org_path=target.org_path, source=finding.source, subject=finding.subject, family=finding.family,
        presence=finding.presence, count=0,
    )  # fmt: skip
    joined.first_seen_utc = _earliest(joined.first_seen_utc, part.first_seen_utc)
    joined.last_seen_utc = _latest(joined.last_seen_utc, part.last_seen_utc)
    joined.count += part.count
    sightings = [*part.detail.get("sightings", ()), *joined.detail.get("sightings", ())]
    if twin is None or (finding.seen_in or 0) > (twin.seen_in or 0):
        joined.presence, joined.seen_in = finding.presence, finding.seen_in
    joined.detail = {**finding.detail, **part.detail, "sightings": _newest_first(sightings)}
    joined.save()


def _newest_first(sightings: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """At most SIGHTINGS_KEPT of them, (seconds, port), the newest first."""
    return sorted(sightings, key=lambda one: one[0] or 0, reverse=True)[:SIGHTINGS_KEPT]
