"""A file that nobody could read turns out to have been handed in by mistake: taken back, and the proofs asked again.

It then counts as never having come. What it leaves unsure all the same, `flows/proof/taken_back.py` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from vonggac.botnet.rules import CLEAN_HOST
from vonggac.cases.rules import Proof
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import assessment
from vonggac.flows.proof import host_cases
from vonggac.flows.traffic_log import ASSESS_JOB
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind
from vonggac.jobs import defer
from vonggac.lake import Import, Scope
from vonggac.register import queries
from vonggac.register.models import Sensor, TakenBackLog
from vonggac.register.services import taken_back_logs
from vonggac.tenancy.scope import current

SHORTEST_BEGINNING = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file of which no record could be read, why, and how it was taken back if it was."""

    sensor: str
    file_name: str
    sha256: str
    received_at: datetime
    reason: str
    taken_back: TakenBackLog | None


def unread_files() -> list[UnreadFile]:
    """The unread files of the scope, the newest first."""
    store, (low, high) = lake(), current().bounds
    standing = TakenBackLog.objects.filter(put_back_at=None).select_related("sensor")
    taken = {(one.sensor.name, one.sha256): one for one in standing}
    return [
        UnreadFile(
            entry.sensor, entry.file_name, entry.source_sha256, _EPOCH + timedelta(microseconds=entry.received_us),
            store.rejects(entry)[0].reason, taken.get((entry.sensor, entry.source_sha256)),
        )
        for entry in reversed(store.imports(scope=Scope(low, high)))
        if is_unread([entry])
    ]  # fmt: skip


def would_unprove(sensor_name: str, *, at: datetime) -> int:
    """How many proven hosts would lose their proof by a file of this sensor of which no record reads."""
    sensor = queries.sensors().filter(name=sensor_name).first()
    if sensor is None or sensor.kind not in {Kind.FLOW, Kind.DNS}:
        return 0
    proven = assessment.standing_claims(CLEAN_HOST, at).filter(proof=Proof.PROVEN)
    return host_cases.seen_by(sensor.name, list(proven.values_list("pk", flat=True)), at)


@transaction.atomic
def take_back(sensor_name: str, sha256: str, reason: str, *, by: str, at: datetime) -> TakenBackLog:
    """The file with this SHA-256, or the only one of the sensor that it begins, taken back.

    Raises WrongState for a file of which any record was read: its records stand in the lake.
    """
    sensor, entries = _file(sensor_name, sha256)
    newest = entries[-1]
    if not is_unread(entries):
        raise WrongState(
            f"records of {newest.file_name} were read and stand in the lake; only a file of which none could be read "
            "is taken back"
        )
    made = taken_back_logs.take_back(sensor, newest.source_sha256, newest.file_name, reason, by=by, at=at)
    defer(ASSESS_JOB, once=ASSESS_JOB)
    return made


@transaction.atomic
def put_back(sensor_name: str, sha256: str, *, by: str, at: datetime, undone: int | None = None) -> TakenBackLog:
    """The file counting again as one that came and could not be read; `undone` as in `taken_back_logs.put_back`."""
    sensor, entries = _file(sensor_name, sha256)
    found = taken_back_logs.put_back(sensor, entries[-1].source_sha256, by=by, at=at, undone=undone)
    defer(ASSESS_JOB, once=ASSESS_JOB)
    return found


def is_unread(entries: Sequence[Import]) -> bool:
    """True when a record was read at none of the arrivals of one content, and it was not merely empty."""
    return all(entry.rejects and not entry.rows and entry.kind is not Kind.ALERT for entry in entries)


def _file(sensor_name: str, sha256: str) -> tuple[Sensor, list[Import]]:
    """The sensor and all arrivals of the content, in their order."""
    sensor = queries.sensors().filter(name=sensor_name).first()
    if sensor is None:
        raise OutOfScope(f"the sensor {sensor_name} is not among those you may see")
    begins = sha256.strip().lower()
    low, high = current().bounds
    entries = [
        entry
        for entry in lake().imports(sensors=[sensor.name], scope=Scope(low, high))
        if entry.source_sha256.startswith(begins)
    ]
    if len(begins) < SHORTEST_BEGINNING or len({entry.source_sha256 for entry in entries}) != 1:
        raise OutOfScope(
            f"{sha256} is no file that came from {sensor_name}; `vonggac log unread` shows them with their SHA-256"
        )
    return sensor, entries
