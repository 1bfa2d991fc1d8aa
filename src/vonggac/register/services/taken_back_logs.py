"""Acts on files that were handed in for a sensor by mistake: taken back with a reason, and put back."""

from datetime import datetime

from django.db import transaction

from vonggac.errors import InputError, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Sensor, TakenBackLog

MOST_REASON = 300


@transaction.atomic
def take_back(sensor: Sensor, sha256: str, file_name: str, reason: str, *, by: str, at: datetime) -> TakenBackLog:
    """The file, which from now on counts as never having come; InputError without a reason."""
    said = reason.strip()[:MOST_REASON]
    if not said:
        raise InputError("write why this file was handed in by mistake: somebody will have to answer for it")
    made, is_new = TakenBackLog.objects.get_or_create(
        sensor=sensor,
        sha256=sha256,
        put_back_at=None,
        defaults={
            "org_path": sensor.org_path, "file_name": file_name[-300:], "reason": said, "taken_back_by": by[:200],
            "taken_back_at": at,
        },
    )  # fmt: skip
    if not is_new:
        raise WrongState("this file was taken back already")
    _record("log.take_back", made, at, by)
    return made


@transaction.atomic
def put_back(sensor: Sensor, sha256: str, *, by: str, at: datetime, undone: int | None = None) -> TakenBackLog:
    """The file, which counts again as one that came and could not be read.

    `undone` is the number of what is undone: WrongState where the file was put back since and taken back anew.
    """
    found = TakenBackLog.objects.select_for_update().filter(sensor=sensor, sha256=sha256, put_back_at=None).first()
    if found is None:
        raise WrongState("this file is not taken back, so there is nothing to put back")
    if undone not in {None, found.pk}:
        raise WrongState("this file was put back since and taken back anew, so nothing was undone; look at it again")
    found.put_back_by, found.put_back_at = by[:200], at
    found.save(update_fields=["put_back_by", "put_back_at"])
    _record("log.put_back", found, at, by)
    return found


def _record(act: str, one: TakenBackLog, at: datetime, by: str) -> None:
    ledger.record(
        act, "sensor", one.sensor_id, one.org_path, at=at, file=one.file_name, sha256=one.sha256, reason=one.reason,
        by=by,
    )  # fmt: skip
