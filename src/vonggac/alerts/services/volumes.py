"""Acts on a source's volume: counted by the hour; far from its rhythm it is a finding, which goes when it is normal."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from vonggac.alerts import clocks
from vonggac.alerts.models import Finding, Source, Volume
from vonggac.alerts.rules import FINDING, VOLUME_DOWN, VOLUME_UP, WAITING, State
from vonggac.alerts.services.keeping_out import kept_out, suppressions_of
from vonggac.alerts.services.sources import SUBJECT
from vonggac.alerts.volume import HOUR, KEPT, Unusual, judged
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.escalation import services as calls
from vonggac.ledger import services as ledger

NORMAL_AGAIN = "lượng cảnh báo đã trở lại bình thường"
PRIORITY, SEVERITY = 2, "Medium"


@transaction.atomic
def note(source_id: int, *, at: datetime) -> Finding | None:
    """The finding that the source's volume is unusual, when it is new; what is normal again is settled.

    A silent source is told by its silence alone.
    """
    source = Source.objects.select_for_update().get(pk=source_id)
    counts = dict(Volume.objects.filter(source=source, hour__gte=at - KEPT).values_list("hour", "alerts"))
    unusual = None if source.silent_since or source.retired_at else judged(counts, at)
    rule = None if unusual is None else VOLUME_UP if unusual.is_more else VOLUME_DOWN
    _settle(source, keep=rule, at=at)
    if unusual is None or rule is None or Finding.objects.filter(source=source, rule=rule, is_current=True).exists():
        return None
    return _found(source, rule, unusual, at)


def forget(before: datetime) -> int:
    """How many hours were let go that are too old to be learnt from."""
    return Volume.objects.filter(hour__lt=before).delete()[0]


def _found(source: Source, rule: str, unusual: Unusual, at: datetime) -> Finding:
    suppression = kept_out((rule, source.name), suppressions_of(source, at))
    wait = clocks.of(source.org_path, at)[PRIORITY]
    made = Finding.objects.create(
        source=source, org_path=source.org_path, rule=rule, subject=source.name, severity=SEVERITY,
        title=f"Nguồn {source.name} gửi {'nhiều' if unusual.is_more else 'ít'} bất thường",
        first_seen_utc=unusual.hour, last_seen_utc=at, first_received_at=at, last_received_at=at, priority=PRIORITY,
        priority_reason=sentence(unusual), acknowledge_by=at + wait.acknowledge, handle_by=at + wait.handle,
        state=State.SUPPRESSED if suppression else State.NEW, suppression_id=suppression,
    )  # fmt: skip
    ledger.record(
        "alert_source.unusual", SUBJECT, source.pk, source.org_path, at=at, name=source.name, rule=rule,
        hour=unusual.hour.isoformat(), alerts=unusual.alerts, usual=unusual.usual,
    )  # fmt: skip
    return made


def sentence(unusual: Unusual) -> str:
    """What is unusual, in one sentence with its figures."""
    begin, end = (moment.astimezone(OFFICE_ZONE) for moment in (unusual.hour, unusual.hour + HOUR))
    alerts, usual = _number(unusual.alerts), _number(unusual.usual)
    said = f"{alerts} cảnh báo từ {begin:%H:%M} đến {end:%H:%M}, bình thường khoảng {usual}"
    if unusual.is_more:
        times = _number(round(unusual.alerts / unusual.usual))
        return f"{said}: gấp {times} lần"
    return f"{said}: có thể không giám sát được đầy đủ"


def _settle(source: Source, *, keep: str | None, at: datetime) -> None:
    """End the findings about the volume that is normal again; those that people settled stay as they settled them."""
    over = Finding.objects.filter(Q(is_current=True) | Q(state__in=WAITING), source=source)
    over = over.filter(rule__in={VOLUME_UP, VOLUME_DOWN} - {keep})
    if not (ids := list(over.values_list("pk", flat=True))):
        return
    ended = Finding.objects.filter(pk__in=ids)
    ended.filter(state__in=WAITING).update(state=State.MERGED, handled_at=at, note=NORMAL_AGAIN)
    ended.update(is_current=False, last_seen_utc=at)
    calls.settle(FINDING, ids, at=at)
    ledger.record("alert_source.usual", SUBJECT, source.pk, source.org_path, at=at, name=source.name)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
