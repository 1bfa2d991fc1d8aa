"""Groups of alerts become findings, or are counted on the ones that stand: one statement for all of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from django.db import connection, transaction
from django.db.models import F

from vonggac.alerts import clocks
from vonggac.alerts.clock_lead import NO_LEAD, Lead
from vonggac.alerts.clocks import Clock
from vonggac.alerts.grouping import Group, Key
from vonggac.alerts.models import SetAside, Source, Suppression
from vonggac.alerts.rules import VERIFYING, WINDOW, Facts, State, is_verified_malware, priority, with_pause
from vonggac.alerts.services import clock_leads, notices
from vonggac.alerts.services.keeping_out import kept_out, suppressions_of
from vonggac.alerts.services.knowledge import facts_of
from vonggac.alerts.services.sources import SUBJECT, note_heard
from vonggac.alerts.volume import hour_of
from vonggac.formats.alerts import Severity
from vonggac.formats.records import Reject
from vonggac.ledger import services as ledger

REASONS_KEPT = 20
# The ledger is told of what was counted once a minute a source, and at once of what comes after a quiet minute.
TELL_EVERY = timedelta(minutes=1)
_LOCKED = ["heard_at", "pauses", "silent_since", "ahead_seconds", "ahead_at", "told_at", "untold"]
# What the desk itself tells of a source is settled by itself.
_EXPIRE = """
UPDATE alerts_finding SET is_current = false
WHERE source_id = %s AND is_current AND last_received_at < %s AND rule NOT LIKE 'vonggac:%%' AND notice_id IS NULL
"""
_COUNT_HOUR = """
INSERT INTO alerts_volume AS known (source_id, org_path, hour, alerts) VALUES (%s, %s, %s, %s)
ON CONFLICT (hour, source_id) DO UPDATE SET alerts = known.alerts + excluded.alerts
"""
# A query within RETURNING still sees the row as it was before: how urgent the finding of a case had been.
# A suppression that ended lets the next alert through; one that was made since keeps what nobody looked at yet.
_UPSERT = """
INSERT INTO alerts_finding AS known (
    source_id, org_path, rule, subject, title, severity, incident_class, first_seen_utc, last_seen_utc,
    first_received_at, last_received_at, count, samples, is_current, state, priority, priority_reason,
    acknowledge_by, handle_by, handled_by, note, suppression_id)
SELECT %(source)s, %(path)s, rule, subject, title, severity, incident_class, first_seen_utc, last_seen_utc,
    %(at)s, %(at)s, count, samples, true, state, priority, priority_reason, acknowledge_by, handle_by, '', '',
    suppression_id
FROM jsonb_to_recordset(%(groups)s::jsonb) AS given (
    rule text, subject text, title text, severity text, incident_class text, first_seen_utc timestamptz,
    last_seen_utc timestamptz, count bigint, samples jsonb, state text, priority smallint, priority_reason text,
    acknowledge_by timestamptz, handle_by timestamptz, suppression_id bigint)
ON CONFLICT (source_id, rule, subject) WHERE is_current DO UPDATE SET
    count = known.count + excluded.count,
    first_seen_utc = least(known.first_seen_utc, excluded.first_seen_utc),
    last_seen_utc = greatest(known.last_seen_utc, excluded.last_seen_utc),
    last_received_at = greatest(known.last_received_at, excluded.last_received_at),
    samples = CASE WHEN jsonb_array_length(known.samples || excluded.samples) <= 5
        THEN known.samples || excluded.samples
        ELSE jsonb_path_query_array(known.samples || excluded.samples, '$[0 to 1]')
          || jsonb_path_query_array(known.samples || excluded.samples, '$[last - 2 to last]') END,
    severity = CASE WHEN excluded.priority < known.priority THEN excluded.severity ELSE known.severity END,
    priority = least(known.priority, excluded.priority),
    priority_reason = CASE WHEN excluded.priority < known.priority
        OR (excluded.priority = known.priority AND excluded.priority_reason = ANY(%(verifying)s))
        THEN excluded.priority_reason ELSE known.priority_reason END,
    clock_from = CASE WHEN (known.state = 'new' AND excluded.priority < known.priority)
        OR (known.state = 'suppressed' AND excluded.suppression_id IS NULL)
        THEN excluded.last_received_at ELSE known.clock_from END,
    acknowledge_by = CASE WHEN (known.state = 'new' AND excluded.priority < known.priority)
        OR (known.state = 'suppressed' AND excluded.suppression_id IS NULL)
        THEN excluded.acknowledge_by ELSE known.acknowledge_by END,
    handle_by = CASE WHEN known.state = 'suppressed' AND excluded.suppression_id IS NULL THEN excluded.handle_by
        WHEN excluded.priority < known.priority THEN least(known.handle_by, excluded.handle_by)
        ELSE known.handle_by END,
    suppression_id = excluded.suppression_id,
    state = CASE WHEN known.state = 'suppressed' AND excluded.suppression_id IS NULL THEN 'new'
        WHEN known.state = 'new' AND excluded.suppression_id IS NOT NULL THEN 'suppressed' ELSE known.state END
RETURNING id, rule, subject, count, state, priority, case_id, (xmax = 0) AS is_new,
    CASE WHEN known.case_id IS NOT NULL
        THEN (SELECT old.priority FROM alerts_finding AS old WHERE old.id = known.id) END AS was
"""

_RAISE = """
UPDATE alerts_finding AS known SET
    priority = given.priority, priority_reason = given.reason, handle_by = least(known.handle_by, given.handle_by),
    clock_from = CASE WHEN known.state = 'new' THEN %(at)s ELSE known.clock_from END,
    acknowledge_by = CASE WHEN known.state = 'new' THEN given.acknowledge_by ELSE known.acknowledge_by END
FROM jsonb_to_recordset(%(risen)s::jsonb) AS given (
    id bigint, priority smallint, reason text, acknowledge_by timestamptz, handle_by timestamptz)
WHERE known.id = given.id
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many records of a file or message were alerts, rejects and observations."""

    records: int = 0
    rejects: int = 0
    observations: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.records + other.records, self.rejects + other.rejects, self.observations + other.observations
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lines of one arrival or message that could not be read."""

    raw: str
    file_name: str
    part: int
    rejects: Sequence[Reject]
    taken: Sequence[int] = ()
    """Offsets of the alerts that stand in the same lines and were read."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What became of a batch."""

    new: int
    counted_on: int
    verified: tuple[int, ...]
    """The findings of malware that more than one voice tells of, without a case."""
    risen: tuple[int, ...]
    """The findings that a case stands for and that became more urgent."""


@transaction.atomic
def absorb(
    source: Source,
    groups: Mapping[Key, Group],
    figures: Figures,
    rejected: Sequence[Rejected] = (),
    lead: Lead = NO_LEAD,
    *,
    at: datetime,
    is_arrival: bool = True,
) -> Absorbed:
    """Count the groups on the findings that stand, make the missing ones, set the rejects aside, note the sign of life.

    Runs in the transaction that also says how far the file or spool was taken in: so nothing counts twice. What came
    long ago and is only read again (`is_arrival` false) is no sign of life.
    """
    source.refresh_from_db(fields=_LOCKED, from_queryset=Source.objects.select_for_update())
    if is_arrival:
        _note_sign_of_life(source, at)
        _count_hour(source, figures, at)
        clock_leads.note(source, lead, at=at)
    _add_figures(source, figures)
    groups, told = notices.receive(source, groups, at=at)
    facts = facts_of(source, groups, at=at)
    rows = _upsert(source, groups, facts, at) if groups else []
    notices.link(rows, told)
    set_aside(source, rejected, at)
    new = sum(row["is_new"] for row in rows)
    _count_untold(source, figures, len(rows), new)
    if source.told_at is None or at - source.told_at >= TELL_EVERY:
        _tell(source, at)
    else:
        # An open inbox shows at once what the ledger is told of by the minute.
        ledger.announce("alert.absorb", SUBJECT, source.pk, source.org_path)
    source.save(update_fields=["told_at", "untold"])
    verified = tuple(
        row["id"]
        for row in rows
        if row["case_id"] is None
        and row["state"] in {State.NEW, State.ACKNOWLEDGED}
        and (fact := facts.get((row["rule"], row["subject"]))) is not None
        and is_verified_malware(fact)
    )
    risen = tuple(row["id"] for row in rows if row["was"] is not None and row["priority"] < row["was"])
    return Absorbed(new, len(rows) - new, verified, risen)


@transaction.atomic
def tell_rest(*, at: datetime) -> int:
    """For how many sources the ledger was told now what was counted since it was last told."""
    waiting = Source.objects.select_for_update().exclude(untold={}).filter(told_at__lte=at - TELL_EVERY)
    sources = list(waiting.order_by("pk"))
    for source in sources:
        _tell(source, at)
        source.save(update_fields=["told_at", "untold"])
    return len(sources)


def _count_untold(source: Source, figures: Figures, findings: int, new: int) -> None:
    more = {
        "records": figures.records, "rejects": figures.rejects, "observations": figures.observations,
        "findings": findings, "new": new, "batches": 1,
    }  # fmt: skip
    source.untold = {name: source.untold.get(name, 0) + number for name, number in more.items()}


def _tell(source: Source, at: datetime) -> None:
    """One entry for everything counted since the last: batches come several a second, and tell nothing alone."""
    ledger.record("alert.absorb", SUBJECT, source.pk, source.org_path, at=at, **source.untold)
    source.told_at, source.untold = at, {}


def _add_figures(source: Source, figures: Figures) -> None:
    Source.objects.filter(pk=source.pk).update(
        records=F("records") + figures.records,
        rejects=F("rejects") + figures.rejects,
        observations=F("observations") + figures.observations,
    )


def _count_hour(source: Source, figures: Figures, at: datetime) -> None:
    if figures.records:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_HOUR, [source.pk, source.org_path, hour_of(at), figures.records])


def _note_sign_of_life(source: Source, at: datetime) -> None:
    source.pauses = with_pause(source.pauses, source.heard_at, at)
    source.heard_at = max(at, source.heard_at) if source.heard_at else at
    source.save(update_fields=["heard_at", "pauses"])
    note_heard(source, at=at)


def _upsert(
    source: Source, groups: Mapping[Key, Group], facts: Mapping[Key, Facts], at: datetime
) -> list[dict[str, Any]]:
    keeping, waits = suppressions_of(source, at), clocks.of(source.org_path, at)
    rows = [_row(key, groups[key], facts[key], kept_out(key, keeping)) for key in sorted(groups)]
    for row in rows:
        row["acknowledge_by"] = at + waits[row["priority"]].acknowledge
        row["handle_by"] = at + waits[row["priority"]].handle
    given: dict[str, Any] = {
        "source": source.pk,
        "path": source.org_path,
        "at": at,
        "verifying": sorted(VERIFYING),
        "groups": msgspec.json.encode(rows).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [source.pk, at - WINDOW])
    # Megabytes are sent beside the statement, not quoted within it, as Django's cursor would.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_UPSERT, given)
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    _count_suppressed(rows)
    _weigh_repeated(found, facts, waits, at)
    return found


def _row(key: Key, group: Group, facts: Facts, suppression: int | None) -> dict[str, Any]:
    number, reason = priority(facts)
    return {
        "rule": _plain(key[0]),
        "subject": _plain(key[1]),
        "title": _plain(group.title),
        "severity": group.severity.value,
        "incident_class": group.incident_class,
        "first_seen_utc": group.first,
        "last_seen_utc": group.last,
        "count": group.count,
        "samples": group.samples,
        "state": State.SUPPRESSED if suppression else State.NEW,
        "priority": number,
        "priority_reason": reason,
        "suppression_id": suppression,
    }


def _plain(text: str) -> str:
    """The text without what PostgreSQL cannot keep."""
    return text.replace("\0", "\ufffd")


def _count_suppressed(rows: Sequence[Mapping[str, Any]]) -> None:
    numbers: dict[int, int] = {}
    for row in rows:
        if row["suppression_id"]:
            numbers[row["suppression_id"]] = numbers.get(row["suppression_id"], 0) + row["count"]
    for pk, number in sorted(numbers.items()):
        Suppression.objects.filter(pk=pk).update(count=F("count") + number)


def _weigh_repeated(
    found: Sequence[dict[str, Any]], facts: Mapping[Key, Facts], waits: Mapping[int, Clock], at: datetime
) -> None:
    """Weigh findings that grew by being counted on again, with their whole count; their rows say the new priority."""
    risen = []
    for row in found:
        fact = facts.get((row["rule"], row["subject"]))
        if row["is_new"] or fact is None or fact.severity not in {Severity.LOW, Severity.MEDIUM}:
            continue
        number, reason = priority(replace(fact, count=row["count"]))
        if number < row["priority"]:
            row["priority"] = number
            risen.append({"id": row["id"], "priority": number, "reason": reason,
                          "acknowledge_by": at + waits[number].acknowledge, "handle_by": at + waits[number].handle,
                          })  # fmt: skip
    if risen:
        with connection.cursor() as cursor:
            cursor.execute(_RAISE, {"at": at, "risen": msgspec.json.encode(risen).decode()})


def set_aside(source: Source, rejected: Sequence[Rejected], at: datetime) -> None:
    """Keep the lines that could not be read, with the first of their reasons, until a replay.

    A file that stood aside as a whole from this part on waits for what is told now: its lines, or today's reason.
    """
    made = [
        SetAside(
            source=source, org_path=source.org_path, raw=one.raw, file_name=one.file_name[:255], part=one.part,
            at=at, lines=[reject.line for reject in one.rejects if reject.line], taken=list(one.taken),
            reasons=reasons_of(one.rejects),
        )
        for one in rejected
        if one.rejects
    ]  # fmt: skip
    if not made:
        return
    told = {(one.raw, one.part): one for one in made}
    wholes = SetAside.objects.filter(source=source, raw__in={one.raw for one in made}, lines=[]).select_for_update()
    stood = [one for one in wholes if (one.raw, one.part) in told]
    for one in stood:
        now = told[one.raw, one.part]
        one.lines, one.taken, one.reasons, one.replayed_at = now.lines, now.taken, now.reasons, None
    SetAside.objects.bulk_update(stood, ["lines", "taken", "reasons", "replayed_at"])
    SetAside.objects.bulk_create(made, ignore_conflicts=True)


def reasons_of(rejects: Sequence[Reject]) -> list[dict[str, Any]]:
    """The first rejects, as they are kept and shown."""
    return [
        {"line": reject.line, "column": reject.column, "reason": reject.reason, "raw": _plain(reject.raw)}
        for reject in rejects[:REASONS_KEPT]
    ]
