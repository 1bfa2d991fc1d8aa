"""Acts on network blocks and sensors."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register import tenure
from vonggac.register.models import Network, Organisation, Sensor, SensorCoverage
from vonggac.register.services.refusals import told_plainly
from vonggac.register.tenure import Tenure


@transaction.atomic
def assign_network(block: str, organisation: Organisation, from_day: date | None, *, at: datetime) -> Network:
    """The block in the organisation's hands from that day (None: always); who held it before holds it until then."""
    standing = {_tenure(row): row for row in Network.objects.select_for_update().filter(cidr=block)}
    wish = Tenure(str(organisation.pk), from_day.isoformat() if from_day else None)
    try:
        history = tenure.after_line(tenure.begin(list(standing)), wish, line=0, at=timezone.localdate(at).isoformat())
    except ValueError as reason:
        raise InputError(f"{block} {reason}") from None
    came_from = ""
    for entry in history:
        if entry.is_changed and entry.standing is not None:
            row = standing[entry.standing]
            row.valid_from, row.valid_to = _day(entry.tenure.begin), _day(entry.tenure.end)
            row.save(update_fields=["valid_from", "valid_to"])
            came_from = row.org_path
    with told_plainly(block):
        made, _ = Network.objects.get_or_create(
            cidr=block,
            organisation=organisation,
            valid_from=_beginning(history, wish),
            defaults={"org_path": organisation.path},
        )
    ledger.record(
        "network.assign", "network", made.pk, made.org_path, at=at,
        block=block, organisation=organisation.code, on=from_day.isoformat() if from_day else None, came_from=came_from,
    )  # fmt: skip
    return made


@transaction.atomic
def create_sensor(name: str, kind: str, organisation: Organisation, networks: Sequence[str], *, at: datetime) -> Sensor:
    """The new sensor, which sees the given blocks and shows its silence by its heartbeat."""
    with told_plainly(f"sensor {name}"):
        made = Sensor.objects.create(
            name=name, kind=kind, organisation=organisation, org_path=organisation.path, networks=list(networks)
        )
    ledger.record(
        "sensor.create", "sensor", made.pk, made.org_path, at=at, name=name, kind=kind, networks=list(networks)
    )
    return made


@transaction.atomic
def record_coverage(
    sensor: Sensor, from_utc: datetime, to_utc: datetime, *, at: datetime, file: str = "", records: int | None = None
) -> SensorCoverage:
    """The stretch of time that a sensor vouches for; told again, it is the same stretch."""
    if to_utc <= from_utc:
        raise InputError(f"{to_utc} is not after {from_utc}")
    made, is_new = SensorCoverage.objects.get_or_create(
        sensor=sensor,
        from_utc=from_utc,
        to_utc=to_utc,
        file=file,
        defaults={"org_path": sensor.org_path, "records": records},
    )
    if is_new:
        ledger.record(
            "sensor.cover", "sensor", sensor.pk, sensor.org_path, at=at,
            from_utc=from_utc.isoformat(), to_utc=to_utc.isoformat(), file=file, records=records,
        )  # fmt: skip
    return made


def _tenure(row: Network) -> Tenure:
    return Tenure(
        str(row.organisation_id),
        row.valid_from.isoformat() if row.valid_from else None,
        row.valid_to.isoformat() if row.valid_to else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _beginning(history: Sequence[tenure.Entry], wish: Tenure) -> date | None:
    """From when the organisation answers: the tenure that the wish made, or the one that held already."""
    own = [entry.tenure for entry in history if entry.tenure.organisation == wish.organisation]
    return _day(max((t.begin or tenure.ALWAYS for t in own if t.overlaps(wish)), default="") or None)
