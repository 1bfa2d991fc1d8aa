"""A traffic log comes in: read, kept, put into the lake, and every claim that it may touch is asked again."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from vonggac.errors import InputError, OtherLog, UnreadableFile
from vonggac.flows.uploads import lake
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind, TrafficReading
from vonggac.jobs import defer
from vonggac.ledger import services as ledger
from vonggac.register.models import Sensor

ASSESS_JOB = "proof.assess"
PLACE_JOB = "botnet.place"


@dataclass(frozen=True, slots=True)
class LogReport:
    """What became of a log file: its kind, rows, rejects, and the reason if it could not be read at all.

    `known_before` is true when the same content had come from this sensor already: it counts once. `is_asked` is true
    of a file of which no record reads, and that waits for a person's word before it counts.
    """

    sensor: str
    kind: str
    rows: int
    rejects: int
    sha256: str
    unreadable: str = ""
    known_before: bool = False
    is_asked: bool = False


def preview(content: bytes, file_name: str, sensor_name: str, *, received_at: datetime) -> LogReport:
    """What `import_log` would make of a file; nothing is kept. OtherLog is raised as there."""
    sensor = _sensor(sensor_name)
    reading, unreadable = _read(content, file_name, sensor, received_at)
    sha256 = hashlib.sha256(content).hexdigest()
    known_before = bool(lake().earlier(sensor.org_path, sensor.name, reading.kind, sha256))
    return _report(sensor, reading, sha256, unreadable, known_before=known_before, asks=True)


def import_log(
    content: bytes, file_name: str, sensor_name: str, *, received_at: datetime, at: datetime, asks: bool = False
) -> LogReport:
    """Put one log file of a declared sensor into the lake; the same content again counts once.

    A file that cannot be read is kept too, as what it is: while nobody knows what stands in it, nobody whom the
    sensor sees is proven clean on the strength of it. A log of another kind is read, holds nothing of the sensor's and
    is refused with OtherLog: nothing of it is kept.

    `asks`: a person is there to be asked whether a new file of which no record reads is meant; it does not count yet.
    """
    sensor = _sensor(sensor_name)
    store = lake()
    reading, unreadable = _read(content, file_name, sensor, received_at)
    sha256 = store.keep(content)
    known_before = bool(store.earlier(sensor.org_path, sensor.name, reading.kind, sha256))
    report = _report(sensor, reading, sha256, unreadable, known_before=known_before, asks=asks)
    if report.is_asked:
        return report
    entry = store.add(sensor.org_path, sensor.name, reading.kind, reading, sha256, received_at, file_name)
    ledger.record(
        "log.import", "sensor", sensor.pk, sensor.org_path, at=at,
        file=file_name, sha256=sha256, rows=entry.rows, rejects=entry.rejects, unreadable=unreadable,
        **({"known_before": True} if known_before else {}),
    )  # fmt: skip
    if reading.kind in {Kind.NAT, Kind.DHCP}:
        defer(PLACE_JOB, once=PLACE_JOB)
    defer(ASSESS_JOB, once=ASSESS_JOB)
    return replace(report, rows=entry.rows, rejects=entry.rejects)


def _report(
    sensor: Sensor, reading: TrafficReading, sha256: str, unreadable: str, *, known_before: bool, asks: bool
) -> LogReport:
    rows, rejects = reading.table.num_rows, len(reading.rejects)
    report = LogReport(sensor.name, reading.kind.value, rows, rejects, sha256, unreadable, known_before)
    if not asks or known_before or rows or not rejects:
        return report
    return replace(report, unreadable=unreadable or reading.rejects[0].reason, is_asked=True)


def _sensor(name: str) -> Sensor:
    sensor = Sensor.objects.select_related("organisation").filter(name=name).first()
    if sensor is None:
        raise InputError(
            f"no sensor called {name} is declared; an undeclared sensor covers nothing. "
            "Declare it with `vonggac register import sensors FILE`"
        )
    return sensor


def _read(content: bytes, file_name: str, sensor: Sensor, received_at: datetime) -> tuple[TrafficReading, str]:
    kind = Kind(sensor.kind)
    try:
        return traffic.read(content, file_name, wanted=kind, received_utc=received_at), ""
    except UnreadableFile as error:
        return traffic.unreadable(kind, str(error)), str(error)
    except OtherLog as error:
        raise OtherLog(
            f"{error}; that is {sensor.name}, and nothing was kept: hand the file in for the sensor that wrote it"
        ) from error
