"""Acts on findings: absorbed from a list into the cases of hosts, and split once a log tells who stood behind them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from vonggac.botnet.models import BotnetList, Sender
from vonggac.botnet.rules import Presence, presence
from vonggac.botnet.services import hosts, lists
from vonggac.botnet.services.hosts import FindingKey, HostKey, Sighting, identity
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding
from vonggac.cases.rules import State
from vonggac.cases.services import SUBJECT
from vonggac.cases.successors import WENT_ON
from vonggac.ledger import services as ledger

SIGHTINGS_KEPT = 50  # of one finding: enough to place them again when a NAT log arrives late


@transaction.atomic
def absorb(
    botnet_list: BotnetList,
    sightings: Sequence[Sighting],
    *,
    due_at: datetime,
    at: datetime,
    settling: int | None = None,
) -> Counter[str]:
    """How many findings were new, still or returned, and cases opened or reopened, for one batch of a list.

    A finding that already carries this list's number was absorbed before a crash and is left alone. One batch at a
    time in the whole desk: two lists that name one host at once must not open two cases. `settling`: by which a person
    said that the list means these. They stand beside what the lists say themselves, which never changes them and is
    never changed by them: withdrawn, they go, whatever came in between.
    """
    hosts.alone()
    standing_ones = _known_findings(botnet_list.sender, sightings)
    own = {key: one for key, found in standing_ones.items() for one in found if one.settling is None}
    known = own if settling is None else {}
    fresh = [s for s in sightings if identity(s) not in known or known[identity(s)].seen_in != botnet_list.pk]
    before = {identity(s): _presence_of(standing_ones.get(identity(s), ())) for s in fresh}
    by_host: dict[HostKey, list[Sighting]] = defaultdict(list)
    for sighting in fresh:
        by_host[sighting.host_key].append(sighting)
    standing, changes = hosts.cases_of(by_host, before, botnet_list.file_name, due_at=due_at, at=at)
    changes.update(presence(before[identity(s)]).value for s in fresh)
    known_at = _known_addresses(standing.values())
    _write_findings(botnet_list, fresh, known, before, standing, settling)
    _record_absorbed(by_host, standing, botnet_list, before, at, _by(settling))
    _record_moves(by_host, standing, known_at, at)
    lists.count(botnet_list, changes)
    return changes


@transaction.atomic
def split(
    finding: Finding, parts: Sequence[Sighting], rest: Sequence[Any], *, due_at: datetime, at: datetime
) -> list[Case]:
    """The cases that a finding went to, once a log told who stood behind its address.

    Each part joins its host's case (a closed one reopens if it was seen since) or opens one. What no log places
    (`rest`) stays; an address with nothing left is closed, and its timeline says where its findings went. Who had
    acknowledged it has acknowledged them. A list may count more than the sightings it shows: what is over stays with
    the rest, or with the host seen most where nothing is left. The lists that carried a part carry its host, as if the
    log had been there before them.
    """
    hosts.alone()
    source, before = finding.case, {identity(part): finding.presence for part in parts}
    targets = []
    over = max(finding.count - sum(part.count for part in parts), 0)
    if not rest:
        most = max(parts, key=lambda part: part.count)
        parts = [replace(part, count=part.count + over) if part is most else part for part in parts]
    for part in parts:
        standing, _ = hosts.cases_of({part.host_key: [part]}, before, finding.source, due_at=due_at, at=at)
        targets.append(target := standing[part.host_key])
        known_at = _known_addresses([target])
        _join(finding, part, target)
        _record_moves({part.host_key: [part]}, standing, known_at, at)
        detail = {"address": finding.subject, "family": finding.family}
        carried_by = sorted(lists_of(finding, part.detail.get("sightings", ())))
        ledger.record(
            "case.placed", SUBJECT, target.pk, target.org_path, at=at,
            came_from=source.pk, lists=carried_by, **_by(finding.settling), **detail,
        )  # fmt: skip
        ledger.record("case.split", SUBJECT, source.pk, source.org_path, at=at, went_to=target.pk, **detail)
        cases.inherit_acknowledgement(target.pk, source, at=at)
    if rest:
        finding.detail, finding.count = {**finding.detail, "sightings": list(rest)}, max(over, 1)
        finding.save(update_fields=["detail", "count"])
    else:
        finding.delete()
    if not source.findings.exists() and source.state != State.CLOSED:
        # Who reads it may not see every host: each page names those of its reader's scope.
        cases.close(source.pk, WENT_ON, at=at)
    return targets


def lists_of(finding: Finding, sightings: Iterable[Sequence[Any]]) -> set[int]:
    """The lists that carried these sightings of a finding; of older ones, which do not say, its newest list."""
    told = {row[3] if len(row) > 3 else finding.seen_in for row in sightings} or {finding.seen_in}
    return {number for number in told if number is not None}


def unplaced(addresses: Collection[str]) -> Counter[int]:
    """Of each list that is known to have carried some of these addresses, how many of them have no host yet."""
    found = lists.on_no_host().filter(subject__in=addresses)
    carried = {(number, one.subject) for one in found for number in lists_of(one, one.detail.get("sightings", ()))}
    return Counter(number for number, _ in carried)


def standing_of(sender: Sender, sightings: Sequence[Sighting]) -> dict[FindingKey, str]:
    """The presence that each of the sightings' findings has now, where it was listed before."""
    known = _known_findings(sender, sightings)
    return {key: before for key, found in known.items() if (before := _presence_of(found)) is not None}


def _presence_of(found: Iterable[Finding]) -> str | None:
    """How the sender's lists stand to a host, what was settled included; None when they never named it."""
    seen = [one.presence for one in found]
    return next((one for one in seen if one != Presence.GONE), seen[0] if seen else None)


def _by(settling: int | None) -> dict[str, int]:
    """The part of a ledger entry that says by which settling it holds."""
    return {} if settling is None else {"settling": settling}


def _known_findings(sender: Sender, sightings: Sequence[Sighting]) -> Mapping[FindingKey, list[Finding]]:
    """What stands of each: the lists' own finding, and one for each settling."""
    known: dict[FindingKey, list[Finding]] = defaultdict(list)
    addresses = sorted({s.address for s in sightings})
    for start in range(0, len(addresses), 20_000):
        part = Finding.objects.filter(source=sender.name, subject__in=addresses[start : start + 20_000])
        for one in part.select_related("case"):
            known[one.subject, one.family, one.case.organisation_id, one.case.subject].append(one)
    return known


def _write_findings(
    botnet_list: BotnetList,
    fresh: Sequence[Sighting],
    known: Mapping[FindingKey, Finding],
    before: Mapping[FindingKey, str | None],
    standing: Mapping[HostKey, Case],
    settling: int | None,
) -> None:
    made, changed = [], []
    for sighting in fresh:
        finding = known.get(identity(sighting))
        if finding is None:
            case = standing[sighting.host_key]
            # To the lists themselves it is new, whatever a person settled that may be withdrawn.
            stands = presence(None if settling is None else before[identity(sighting)])
            made.append(_new_finding(botnet_list, sighting, case, stands, settling))
            continue
        finding.presence = presence(finding.presence)
        finding.first_seen_utc = _earliest(finding.first_seen_utc, sighting.first_seen_utc)
        finding.last_seen_utc = _latest(finding.last_seen_utc, sighting.last_seen_utc)
        finding.count += sighting.count
        earlier = finding.detail.get("sightings", ())
        finding.seen_in, finding.detail = botnet_list.pk, _detail(sighting, botnet_list, earlier)
        changed.append(finding)
    Finding.objects.bulk_create(made, batch_size=5_000)
    Finding.objects.bulk_update(
        changed, ["presence", "first_seen_utc", "last_seen_utc", "count", "seen_in", "detail"], batch_size=1_000
    )


def _new_finding(
    botnet_list: BotnetList, sighting: Sighting, case: Case, stands: Presence, settling: int | None
) -> Finding:
    return Finding(
        case=case,
        org_path=case.org_path,
        source=botnet_list.sender.name,
        subject=sighting.address,
        family=sighting.family,
        presence=stands,
        first_seen_utc=sighting.first_seen_utc,
        last_seen_utc=sighting.last_seen_utc,
        count=sighting.count,
        seen_in=botnet_list.pk,
        settling=settling,
        detail=_detail(sighting, botnet_list),
    )


def _detail(sighting: Sighting, botnet_list: BotnetList, earlier: Sequence[Sequence[Any]] = ()) -> dict[str, Any]:
    """What the list says of a finding; each sighting notes its list, and those of earlier lists stay beside them.

    A log that comes late may still tell whose an earlier sighting was.
    """
    detail = dict(sighting.detail)
    if "sightings" in detail:
        told = [(*(*row, None)[:3], botnet_list.pk) for row in detail["sightings"]]
        detail["sightings"] = _newest_first([*told, *earlier])
    return detail


def _record_absorbed(
    by_host: Mapping[HostKey, Sequence[Sighting]],
    standing: Mapping[HostKey, Case],
    botnet_list: BotnetList,
    before: Mapping[FindingKey, str | None],
    at: datetime,
    detail: Mapping[str, Any],
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
                    **detail,
                },
            )
            for key, sightings in by_host.items()
        ),
        at=at,
    )


def _known_addresses(found: Iterable[Case]) -> dict[int, tuple[datetime | None, str]]:
    """Case → (when, inner address) of the newest sighting that a log placed on its host."""
    rows = Finding.objects.filter(case__in=found, detail__inner_address__gt="").order_by(
        F("last_seen_utc").asc(nulls_first=True), "pk"
    )
    return {
        case: (seen, inner) for case, seen, inner in rows.values_list("case", "last_seen_utc", "detail__inner_address")
    }


def _record_moves(
    by_host: Mapping[HostKey, Sequence[Sighting]],
    standing: Mapping[HostKey, Case],
    known_at: Mapping[int, tuple[datetime | None, str]],
    at: datetime,
) -> None:
    """Tell each case whose host a log shows at another inner address than before, by which sighting."""
    moved = []
    for key, sightings in by_host.items():
        case = standing[key]
        before, was = known_at.get(case.pk, (None, ""))
        placed = [
            (one.last_seen_utc, one) for one in sightings if one.last_seen_utc and one.detail.get("inner_address")
        ]
        seen, newest = max(placed, key=lambda pair: pair[0], default=(None, None))
        if newest is None or seen is None or not was or (before is not None and seen < before):
            continue
        address = newest.detail["inner_address"]
        if address != was:
            told = {"address": newest.address, "port": newest.detail.get("port"), "seen": seen.isoformat()}
            moved.append((case.pk, case.org_path, {"was": was, "now": address, **told}))
    ledger.record_many("case.address", SUBJECT, moved, at=at)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)


def rename(finding: Finding, source: str) -> None:
    """Let a finding stand under another spelling of its sender, joined with what stands there of the same already."""
    twin = finding.case.findings.filter(
        source=source, subject=finding.subject, family=finding.family, settling=finding.settling
    ).first()
    if twin is not None:
        newer, older = sorted((twin, finding), key=lambda one: one.seen_in or 0, reverse=True)
        sightings = [*newer.detail.get("sightings", ()), *older.detail.get("sightings", ())]
        finding.first_seen_utc = _earliest(twin.first_seen_utc, finding.first_seen_utc)
        finding.last_seen_utc = _latest(twin.last_seen_utc, finding.last_seen_utc)
        finding.count += twin.count
        finding.presence, finding.seen_in = newer.presence, newer.seen_in
        finding.detail = {**older.detail, **newer.detail, "sightings": _newest_first(sightings)}
        twin.delete()
    finding.source = source
    finding.save()


def _join(finding: Finding, part: Sighting, target: Case) -> None:
    twin = target.findings.filter(
        source=finding.source, subject=finding.subject, family=finding.family, settling=finding.settling
    ).first()
    joined = twin or Finding(
        case=target, org_path=target.org_path, source=finding.source, subject=finding.subject, family=finding.family,
        presence=finding.presence, count=0, settling=finding.settling,
    )  # fmt: skip
    joined.first_seen_utc = _earliest(joined.first_seen_utc, part.first_seen_utc)
    joined.last_seen_utc = _latest(joined.last_seen_utc, part.last_seen_utc)
    joined.count += part.count
    sightings = [*part.detail.get("sightings", ()), *joined.detail.get("sightings", ())]
    newest = max(lists_of(finding, part.detail.get("sightings", ())), default=0)
    if twin is None or newest > (twin.seen_in or 0):
        joined.presence = finding.presence if newest == (finding.seen_in or 0) else Presence.GONE
        joined.seen_in = newest or None
    joined.detail = {**finding.detail, **part.detail, "sightings": _newest_first(sightings)}
    joined.save()


def _newest_first(sightings: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """At most SIGHTINGS_KEPT of them, (seconds, port, protocol, list), the newest first."""
    return sorted(sightings, key=lambda one: one[0] or 0, reverse=True)[:SIGHTINGS_KEPT]
