"""Coverage files: the times over which a sensor's heartbeat was heard, and its manifest of rotated log files."""

from collections.abc import Mapping

from django.db.models import QuerySet

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind
from vonggac.register.imports.parts import Attribute, CellError, Part, moment_from, moment_to, plain
from vonggac.register.imports.values import Value
from vonggac.register.models import SensorCoverage
from vonggac.register.models.networks import CLOCKS_APART
from vonggac.register.references import References

SENSOR = Column("sensor", values.code, ("cảm biến", "nguồn", "tên cảm biến"), is_needed=True)
FROM = Column("from_utc", values.moment, words.FROM, is_needed=True)
TO = Column("to_utc", values.moment, words.TO, is_needed=True)
FILE = Column("file", values.text(300), ("tệp", "tên tệp"), is_needed=True)
RECORDS = Column("records", values.whole(0, 10**15), ("số bản ghi",), empty=None, must_stand=True)


def _heartbeats() -> "QuerySet[SensorCoverage]":
    return SensorCoverage.objects.filter(file="")


def _rotation() -> "QuerySet[SensorCoverage]":
    return SensorCoverage.objects.exclude(file="")


def _place(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    try:
        identifier, path = references.sensor(str(named["sensor"]))
    except ValueError as reason:
        raise CellError("sensor", str(reason)) from None
    return {"sensor_id": identifier, "org_path": path}


def _check(row: Row, references: References) -> None:
    begin, end = moment_to(row.text("from_utc")), moment_to(row.text("to_utc"))
    if begin is None or end is None or end <= begin:
        raise CellError("to_utc", f"{row.text('to_utc')} is not after {row.text('from_utc')}")
    if end > references.now + CLOCKS_APART:
        # Nobody can vouch for what is to come: the sensor may be dead by then.
        raise CellError(
            "to_utc",
            f"{row.text('to_utc')} is yet to come: set the clock that wrote it, or hand the line in later",
        )


KEY = (
    Attribute("sensor", "sensor__name"),
    Attribute("from_utc", "from_utc", "from_utc", moment_to, moment_from),
    Attribute("to_utc", "to_utc", "to_utc", moment_to, moment_from),
)
HEARTBEAT = Part(
    noun="heartbeat",
    rows=_heartbeats,
    model=SensorCoverage,
    key=KEY,
    fields=(),
    place=_place,
    subject="sensor_id",
    subject_kind="sensor",
)
ROTATION = Part(
    noun="rotation",
    rows=_rotation,
    model=SensorCoverage,
    key=(*KEY, plain("file")),
    fields=(plain("records"),),
    place=_place,
    subject="sensor_id",
    subject_kind="sensor",
)

HEARTBEATS_KIND = Kind("heartbeats", (SENSOR, FROM, TO), (HEARTBEAT,), check=_check, is_closed=False)
ROTATION_KIND = Kind("rotation", (SENSOR, FILE, FROM, TO, RECORDS), (ROTATION,), check=_check, is_closed=False)
