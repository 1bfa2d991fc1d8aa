"""A declaration tried on some lines before it is kept: the alerts that it gives, and what it cannot read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from vonggac.alerts.models import SetAside, Source
from vonggac.alerts.services.sources import Declaration
from vonggac.errors import InputError, IntegrityFailure
from vonggac.flows import alert_raw
from vonggac.flows.alert_reading import read
from vonggac.formats.alerts import Alert
from vonggac.formats.records import Reject

SAMPLE_BYTES = 256 * 1024
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: the first alerts and rejects, how many of each in all, or why nothing could be read."""

    format_title: str = ""
    alerts: Sequence[Alert] = ()
    rejects: Sequence[Reject] = ()
    number: int = 0
    rejected: int = 0
    observations: int = 0
    refusal: str = ""


def tried(declaration: Declaration, content: bytes, *, at: datetime) -> Trial:
    """The outcome of reading the bytes by the declaration; nothing is kept, nothing counts."""
    source = Source(
        format_name=declaration.format_name, mapping=declaration.mapping, time_zone=declaration.time_zone
    )  # fmt: skip
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    observations = 0
    try:
        reading = read(BytesIO(content), "message", source, at)
        for batch in reading.batches():
            alerts += batch.alerts
            rejects += batch.rejects
            observations += batch.observations
    except InputError as error:
        return Trial(refusal=str(error))
    return Trial(reading.format.title, alerts[:SHOWN], rejects[:SHOWN], len(alerts), len(rejects), observations)


def newest_set_aside(source: Source) -> bytes:
    """The begin of what was set aside last, in whole lines; empty where nothing waits, or its bytes are gone."""
    aside = SetAside.objects.filter(source=source, replayed_at=None).order_by("-pk").first()
    if aside is None:
        return b""
    try:
        with alert_raw.opened(aside.raw) as stream:
            content = stream.read(SAMPLE_BYTES)
    except IntegrityFailure:
        return b""
    return content if len(content) < SAMPLE_BYTES else content[: content.rfind(b"\n") + 1]
