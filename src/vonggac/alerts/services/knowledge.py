"""What the desk knows about the subjects of a batch: assets, botnet cases, and what other sources say of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from vonggac.alerts.grouping import Group, Key
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.rules import SILENCE_RULE, WINDOW, Facts, State
from vonggac.cases.models import Case, Kind
from vonggac.cases.models import Finding as Listed
from vonggac.formats.alerts import IncidentClass
from vonggac.kernel import addresses
from vonggac.register.models import Asset, AssetAddress

_AT_ONCE = 20_000  # a statement takes 65,535 parameters
_SET_ASIDE_BY_PEOPLE = (State.FALSE, State.SUPPRESSED)


def facts_of(source: Source, groups: Mapping[Key, Group], *, at: datetime) -> dict[Key, Facts]:
    """What decides on the priority of each group; four queries for 20,000 subjects."""
    subjects = {subject for _, subject in groups}
    assets = dict(_assets(subjects))
    listed, others = set(_listed(subjects)), dict(_other_sources(source, subjects, at))
    return {
        key: Facts(
            group.severity,
            group.incident_class or None,
            group.count,
            *assets.get(key[1], (0, False)),
            is_botnet_listed=key[1] in listed and group.incident_class == IncidentClass.MALICIOUS_CODE,
            other_source=others.get(key[1], ""),
        )
        for key, group in groups.items()
    }


def _assets(subjects: Iterable[str]) -> Iterable[tuple[str, tuple[int, bool]]]:
    """(subject, (level of its system, is it a server)) by the address that an asset holds now, or by its name."""
    for part in _parts(subjects):
        named = Asset.objects.filter(name__in=part, valid_to=None).values_list("name", "system__level", "kind")
        known = [one for one in part if addresses.parse(one) is not None]
        held = AssetAddress.objects.filter(address__in=known, to_utc=None, asset__valid_to=None)
        for name, level, kind in [*named, *held.values_list("address", "asset__system__level", "asset__kind")]:
            yield name, (level or 0, kind == "server")


def _listed(subjects: Iterable[str]) -> Iterable[str]:
    """The subjects about which a case from a botnet list stands open."""
    for part in _parts(subjects):
        standing = Case.objects.filter(kind=Kind.BOTNET_HOST).exclude(state="closed")
        yield from standing.filter(subject__in=part).values_list("subject", flat=True)
        still: Any = Listed.objects.filter(subject__in=part, case__in=standing.values("pk")).exclude(presence="gone")
        yield from still.values_list("subject", flat=True)


def _other_sources(source: Source, subjects: Iterable[str], at: datetime) -> Iterable[tuple[str, str]]:
    """(subject, the name of another source that told of malicious code on it within the window)."""
    for part in _parts(subjects):
        told = Finding.objects.filter(
            subject__in=part, incident_class=IncidentClass.MALICIOUS_CODE, last_received_at__gt=at - WINDOW
        )
        told = told.exclude(source=source).exclude(state__in=_SET_ASIDE_BY_PEOPLE).exclude(rule=SILENCE_RULE)
        yield from told.values_list("subject", "source__name")


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
