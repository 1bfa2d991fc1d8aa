"""A source whose times lie ahead of their reception is a finding, told once; it goes when its clock is right again."""

from datetime import datetime

from django.db.models import F

from vonggac.alerts import clocks
from vonggac.alerts.clock_lead import CALM, Lead, minutes_of
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.rules import CLOCK_RULE, State
from vonggac.alerts.services.keeping_out import kept_out, suppressions_of
from vonggac.alerts.services.sources import SUBJECT, settle_told
from vonggac.ledger import services as ledger

PRIORITY, SEVERITY = 3, "Medium"
_FIELDS = ["ahead_seconds", "ahead_at"]


def note(source: Source, lead: Lead, *, at: datetime) -> None:
    """Keep with the source, which the caller has locked, what its alerts' times say of its clock."""
    if lead.alerts:
        is_known = source.ahead_at is not None
        source.ahead_at, source.ahead_seconds = at, max(source.ahead_seconds, lead.seconds)
        source.save(update_fields=_FIELDS)
        (_count if is_known else _tell)(source, lead, at)
    elif source.ahead_at is not None and lead.timed and at - source.ahead_at >= CALM:
        source.ahead_at, source.ahead_seconds = None, 0
        source.save(update_fields=_FIELDS)
        settle_told(source, CLOCK_RULE, "đồng hồ nguồn đã đúng lại", at)
        ledger.record("alert_source.clock_right", SUBJECT, source.pk, source.org_path, at=at, name=source.name)


def _tell(source: Source, lead: Lead, at: datetime) -> None:
    suppression = kept_out((CLOCK_RULE, source.name), suppressions_of(source, at))
    wait = clocks.of(source.org_path, at)[PRIORITY]
    Finding.objects.create(
        source=source, org_path=source.org_path, rule=CLOCK_RULE, subject=source.name, severity=SEVERITY,
        first_seen_utc=at, last_seen_utc=at, first_received_at=at, last_received_at=at, priority=PRIORITY,
        count=lead.alerts, acknowledge_by=at + wait.acknowledge, handle_by=at + wait.handle,
        state=State.SUPPRESSED if suppression else State.NEW, suppression_id=suppression, **_said(source),
    )  # fmt: skip
    ledger.record(
        "alert_source.clock_ahead", SUBJECT, source.pk, source.org_path, at=at, name=source.name,
        seconds=source.ahead_seconds,
    )  # fmt: skip


def _count(source: Source, lead: Lead, at: datetime) -> None:
    standing = Finding.objects.filter(source=source, rule=CLOCK_RULE, is_current=True)
    standing.update(count=F("count") + lead.alerts, last_seen_utc=at, last_received_at=at, **_said(source))


def _said(source: Source) -> dict[str, str]:
    minutes = f"{minutes_of(source.ahead_seconds):,}".replace(",", ".")
    return {
        "title": f"Đồng hồ nguồn {source.name} chạy trước {minutes} phút",
        "priority_reason": f"cảnh báo mang giờ trước lúc nhận tới {minutes} phút: xem lại đồng hồ, múi giờ của nguồn",
    }
