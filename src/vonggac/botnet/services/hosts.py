"""The hosts that listed addresses were placed on, and the case of each: found, reopened, or opened."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from vonggac.botnet.rules import CLEAN_HOST, Host, Presence, priority, reopens
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.register.models import Organisation

# Any number that nothing else in the database locks.
ONE_WRITER_LOCK = 0x1B07
ASKED_AT_ONCE = 20_000

HostKey = tuple[int, str]


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
    def host_key(self) -> HostKey:
        """What makes two sightings one host: the organisation and the host's name or address."""
        return self.placement.organisation.pk, self.placement.host


FindingKey = tuple[str, str, int, str]


def identity(sighting: Sighting) -> FindingKey:
    """What makes two sightings one finding: address, family, organisation and host."""
    return sighting.address, sighting.family, *sighting.host_key


def alone() -> None:
    """Wait until no other transaction places findings on hosts; holds the others back until this one ends.

    Two lists that name one host at the same moment would each open a case for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER_LOCK])


def hold(keys: Collection[HostKey], *others: int) -> None:
    """Keep the standing cases of these hosts, and the others named, in this transaction's hands."""
    cases.hold([*others, *(case.pk for case in _standing_cases(dict.fromkeys(keys, ())).values())])


def cases_of(
    hosts: Mapping[HostKey, Sequence[Sighting]],
    before: Mapping[FindingKey, str | None],
    reported_in: str,
    *,
    due_at: datetime,
    at: datetime,
) -> tuple[dict[HostKey, Case], Counter[str]]:
    """The case of each host, and how many were opened and reopened for it, all due at `due_at` at the earliest.

    `before`: what its findings were.
    """
    standing = _standing_cases(hosts)
    opened = _open_cases(hosts, standing, before, due_at, at)
    return standing, opened + _reopen_cases(hosts, standing, reported_in, due_at, at)


def foreseen(sightings: Iterable[Sighting]) -> Counter[str]:
    """How many cases a list of these would open and reopen as things stand; nothing is written."""
    by_host: dict[HostKey, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_host[sighting.host_key].append(sighting)
    counted, keys = Counter(cases_opened=0, cases_reopened=0), list(by_host)
    for start in range(0, len(keys), ASKED_AT_ONCE):
        hosts = {key: by_host[key] for key in keys[start : start + ASKED_AT_ONCE]}
        standing = _standing_cases(hosts)
        counted["cases_opened"] += len(hosts.keys() - standing.keys())
        counted["cases_reopened"] += sum(_is_reopened(standing[key], hosts[key]) for key in hosts.keys() & standing)
    return counted


def _standing_cases(hosts: Mapping[HostKey, Sequence[Sighting]]) -> dict[HostKey, Case]:
    """The newest case of each host, closed ones too: an open case absorbs, a closed one reopens."""
    found = Case.objects.filter(
        kind=Kind.BOTNET_HOST,
        organisation_id__in={organisation for organisation, _ in hosts},
        subject__in={host for _, host in hosts},
    ).order_by("pk")
    return {(case.organisation_id, case.subject): case for case in found}


def _open_cases(
    hosts: Mapping[HostKey, Sequence[Sighting]],
    standing: dict[HostKey, Case],
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
    hosts: Mapping[HostKey, Sequence[Sighting]],
    standing: Mapping[HostKey, Case],
    reported_in: str,
    due_at: datetime,
    at: datetime,
) -> Counter[str]:
    number = 0
    # One after the other in the order of their numbers, as everybody takes several cases.
    for key, sightings in sorted(hosts.items(), key=lambda host: standing[host[0]].pk):
        case = standing[key]
        if _is_reopened(case, sightings):
            cases.reopen(case.pk, f"lại có trong {reported_in}", at=at, due_at=due_at)
            number += 1
    return Counter(cases_reopened=number)


def _is_reopened(case: Case, sightings: Sequence[Sighting]) -> bool:
    newest = max((s.last_seen_utc for s in sightings if s.last_seen_utc), default=None)
    return reopens(case.state, newest, case.claimed_at or case.closed_at)


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
