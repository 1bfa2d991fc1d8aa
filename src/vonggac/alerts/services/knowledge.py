"""What the desk knows about the subjects of a batch: assets, botnet cases, and what other sources say of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from vonggac.alerts.grouping import Group, Key
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.rules import NO_SUBJECT, SILENCE_RULE, WINDOW, Facts, State
from vonggac.cases.models import Case, Kind
from vonggac.cases.models import Finding as Listed
from vonggac.formats.alerts import IncidentClass
from vonggac.kernel import addresses
from vonggac.register.lookup import aliases_of, assets_named, hosts_of
from vonggac.register.models import AssetAddress
from vonggac.tenancy.among import among

_SET_ASIDE_BY_PEOPLE = (State.FALSE, State.SUPPRESSED)


def facts_of(source: Source, groups: Mapping[Key, Group], *, at: datetime) -> dict[Key, Facts]:
    """What decides on the priority of each group; at most thirteen queries, however many subjects."""
    subjects = {subject for _, subject in groups} - {NO_SUBJECT}
    assets, aliases = dict(_assets(subjects)), aliases_of(subjects)
    forms = subjects.union(*aliases.values())
    listed, elsewhere = set(_listed(forms)), set(_told_elsewhere(source, forms, at))
    for subject, others in aliases.items():
        listed |= {subject} if others & listed else set()
        elsewhere |= {subject} if others & elsewhere else set()
    return {
        key: Facts(
            group.severity,
            group.incident_class or None,
            group.count,
            *assets.get(key[1], (0, False)),
            is_botnet_listed=key[1] in listed and group.incident_class == IncidentClass.MALICIOUS_CODE,
            is_told_elsewhere=key[1] in elsewhere,
        )
        for key, group in groups.items()
    }


def _assets(subjects: Iterable[str]) -> Iterable[tuple[str, tuple[int, bool]]]:
    """(subject, (level of its system, is it a server)) by the address that an asset holds now, or by its name."""
    written: dict[str, list[str]] = defaultdict(list)
    names = []
    for subject in subjects:
        if (parsed := addresses.parse(subject)) is not None:
            written[parsed.text].append(subject)
        else:
            names.append(subject)
    for name, level, kind in assets_named(names).values_list("name", "system__level", "kind"):
        yield name, (level or 0, kind == "server")
    held = AssetAddress.objects.filter(address__in=among(written, "inet"), to_utc=None, asset__valid_to=None)
    for address, level, kind in held.values_list("address", "asset__system__level", "asset__kind"):
        for subject in written[address]:
            yield subject, (level or 0, kind == "server")


def _listed(subjects: Collection[str]) -> Iterable[str]:
    """The subjects about which a case from a botnet list stands open."""
    standing = Case.objects.filter(kind=Kind.BOTNET_HOST).exclude(state="closed")
    yield from standing.filter(subject__in=among(subjects)).values_list("subject", flat=True)
    still: Any = Listed.objects.filter(subject__in=among(subjects), case__in=standing.values("pk"))
    yield from still.exclude(presence="gone").values_list("subject", flat=True)


def _told_elsewhere(source: Source, subjects: Collection[str], at: datetime) -> Iterable[str]:
    """The subjects on which another source told of malicious code within the window.

    What the register does not know is another machine in every organisation: of it only sources of the same one tell.
    """
    told = Finding.objects.filter(
        subject__in=among(subjects), incident_class=IncidentClass.MALICIOUS_CODE, last_received_at__gt=at - WINDOW
    )
    told = told.exclude(source=source).exclude(state__in=_SET_ASIDE_BY_PEOPLE).exclude(rule=SILENCE_RULE)
    rows = set(told.values_list("subject", "org_path").distinct())
    here = {subject for subject, org_path in rows if org_path == source.org_path}
    yield from here
    yield from hosts_of({subject for subject, _ in rows} - here, at)
