"""What an organisation answers for passes to its heirs by a dated act; each function moves one kind of row.

The rows that ended before the day stay where they are, as history.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Concat

from vonggac.ledger import services as ledger
from vonggac.register.models import (
    Asset,
    AssetAddress,
    Contact,
    InformationSystem,
    Network,
    Organisation,
    Person,
    Role,
    Sensor,
    SensorCoverage,
    TakenBackLog,
)


@dataclass(frozen=True, slots=True)
class DatedAct:
    """The document that merges, splits, abolishes or moves, and the day from which it holds."""

    text: str
    on: date


@dataclass(frozen=True, slots=True)
class Heirs:
    """Who takes over: one for everything, and others for the blocks, assets and units that a table names."""

    default: Organisation
    networks: Mapping[str, Organisation] = field(default_factory=dict)
    assets: Mapping[str, Organisation] = field(default_factory=dict)
    units: Mapping[str, Organisation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """One row in new hands; organisations by code."""

    noun: str
    name: str
    came_from: str
    to: str
    note: str = ""


def pass_networks(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The blocks in force on the day or later: the tenure ends that day and the heir's begins."""
    open_rows = Network.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=act.on), organisation=source)
    moves, begun, whole = [], [], defaultdict(list)
    for row in open_rows.order_by("cidr"):
        heir = heirs.networks.get(row.cidr, heirs.default)
        moves.append(Move("network", row.cidr, source.code, heir.code))
        if row.valid_from is not None and row.valid_from >= act.on:
            whole[heir].append(row.pk)
            continue
        begun.append(
            Network(cidr=row.cidr, organisation=heir, org_path=heir.path, valid_from=act.on, valid_to=row.valid_to)
        )
    open_rows.exclude(valid_from__gte=act.on).update(valid_to=act.on)
    for heir, identifiers in whole.items():
        Network.objects.filter(pk__in=identifiers).update(organisation=heir, org_path=heir.path)
    made = Network.objects.bulk_create(begun, batch_size=2_000)
    _enter("network", ((row.pk, row.org_path, row.cidr) for row in made), source, act, at)
    return moves


def pass_assets(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The assets in use, with their addresses; a name that the heir has already gets the source's code behind it."""
    rows = Asset.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=act.on), organisation=source)
    by_heir: dict[Organisation, list[Asset]] = defaultdict(list)
    for row in rows.order_by("name"):
        by_heir[heirs.assets.get(row.name, heirs.default)].append(row)
    moves = []
    for heir, assets in by_heir.items():
        taken = set(
            Asset.objects.filter(organisation=heir, name__in=[a.name for a in assets]).values_list("name", flat=True)
        )
        identifiers = [asset.pk for asset in assets]
        clashing = [asset.pk for asset in assets if asset.name in taken]
        Asset.objects.filter(pk__in=clashing).update(name=Concat(F("name"), Value(f" ({source.code})")))
        _hand(Asset.objects.filter(pk__in=identifiers), heir)
        AssetAddress.objects.filter(asset__in=identifiers).update(org_path=heir.path)
        for asset in assets:
            note = f"renamed {asset.name} ({source.code})" if asset.name in taken else ""
            moves.append(Move("asset", asset.name, source.code, heir.code, note))
        _enter("asset", ((asset.pk, heir.path, asset.name) for asset in assets), source, act, at)
    return moves


def pass_systems(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The information systems, to the default heir."""
    return _pass_whole("system", InformationSystem.objects.filter(organisation=source), "code", source, heirs, act, at)


def pass_sensors(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The sensors with the coverage they vouch for, to the default heir."""
    rows = Sensor.objects.filter(organisation=source)
    SensorCoverage.objects.filter(sensor__in=rows).update(org_path=heirs.default.path)
    TakenBackLog.objects.filter(sensor__in=rows).update(org_path=heirs.default.path)
    return _pass_whole("sensor", rows, "name", source, heirs, act, at)


def pass_contacts(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The contacts that the default heir does not have yet; the others stay as they were printed."""
    known = set(Contact.objects.filter(organisation=heirs.default).values_list("name", "printed_in"))
    fresh = [
        contact.pk
        for contact in Contact.objects.filter(organisation=source)
        if (contact.name, contact.printed_in) not in known
    ]
    return _pass_whole("contact", Contact.objects.filter(pk__in=fresh), "name", source, heirs, act, at)


def pass_roles(source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime) -> list[Move]:
    """The roles that hold: each ends that day, and its person has it with the default heir for what was left of it."""
    heir = heirs.default
    rows = Role.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=act.on), organisation=source)
    roles = list(rows.select_related("person").order_by("person__email", "name"))
    rows.exclude(valid_from__gt=act.on).update(valid_to=act.on)
    rows.filter(valid_from__gt=act.on).update(valid_to=F("valid_from"))
    for role in roles:
        begins = max(role.valid_from or act.on, act.on)
        standing, is_new = Role.objects.get_or_create(
            person=role.person,
            organisation=heir,
            name=role.name,
            defaults={"org_path": heir.path, "valid_from": begins, "valid_to": role.valid_to},
        )
        # Held with both, it lasts as long as the longer of the two, and no longer.
        if (
            not is_new
            and standing.valid_to is not None
            and (role.valid_to is None or role.valid_to > standing.valid_to)
        ):
            standing.valid_to = role.valid_to
            standing.save(update_fields=["valid_to"])
    Person.objects.filter(home_path=source.path).update(home_path=heir.path)
    _enter("role", ((r.person_id, heir.path, f"{r.person.email} {r.name}") for r in roles), source, act, at, "person")
    return [Move("role", f"{role.person.email} {role.name}", source.code, heir.code) for role in roles]


def end_organisation(source: Organisation, heir: Organisation, act: DatedAct, verb: str, *, at: datetime) -> None:
    """Mark the organisation as ended by the act, with its successor; the entry stands in both histories."""
    source.valid_to, source.ended_by, source.successor = act.on, act.text, heir
    source.save(update_fields=["valid_to", "ended_by", "successor"])
    detail = {"order": act.text, "on": act.on.isoformat(), "organisation": source.code, "successor": heir.code}
    ledger.record_many(
        f"organisation.{verb}", "organisation", ((org.pk, org.path, detail) for org in (source, heir)), at=at
    )


def _pass_whole(
    noun: str, rows: QuerySet[Any], name: str, source: Organisation, heirs: Heirs, act: DatedAct, at: datetime
) -> list[Move]:
    moved: Sequence[tuple[int, str]] = list(rows.order_by("pk").values_list("pk", name))
    _hand(rows, heirs.default)
    _enter(noun, ((identifier, heirs.default.path, label) for identifier, label in moved), source, act, at)
    return [Move(noun, label, source.code, heirs.default.code) for _, label in moved]


def _hand(rows: QuerySet[Model], heir: Organisation) -> None:
    rows.update(organisation=heir, org_path=heir.path)


def _enter(
    noun: str,
    moved: Iterable[tuple[int, str, str]],
    source: Organisation,
    act: DatedAct,
    at: datetime,
    subject_kind: str = "",
) -> None:
    detail = {"order": act.text, "on": act.on.isoformat(), "came_from": source.path}
    ledger.record_many(
        f"{noun}.move",
        subject_kind or noun,
        ((identifier, path, {"name": name, **detail}) for identifier, path, name in moved),
        at=at,
    )
