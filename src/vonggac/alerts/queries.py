"""Reads about findings and sources, within the scope in force: the inbox by key, sources with how they stand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vonggac.alerts import machines, volume
from vonggac.alerts.clock_lead import TOLERANCE
from vonggac.alerts.models import Arrival, Finding, SetAside, Source, Suppression, Volume
from vonggac.alerts.rules import OWN_RULES, SILENCE_RULE, VOLUME_DOWN, VOLUME_UP, WAITING, State, quiet_after
from vonggac.errors import InputError, OutOfScope
from vonggac.tenancy.scope import bounds

PAGE_ROWS = 50
_ANSWERS = """
WITH answered AS (
    SELECT priority, acknowledged_at - coalesce(clock_from, first_received_at) AS acknowledged,
        acknowledged_at > acknowledge_by AS is_late,
        CASE WHEN state IN ('case', 'false', 'merged') THEN handled_at - coalesce(clock_from, first_received_at) END
            AS handled,
        state IN ('case', 'false', 'merged') AND handled_at > handle_by AS is_handled_late
    FROM alerts_finding
    WHERE acknowledged_at >= %(since)s AND acknowledged_at < %(until)s AND org_path >= %(low)s AND org_path < %(high)s
), told AS (
    SELECT priority, count(*) AS acknowledged, count(handled) AS handled,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledged) AS median_acknowledged,
        max(acknowledged) AS worst_acknowledged,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY handled) AS median_handled, max(handled) AS worst_handled,
        count(*) FILTER (WHERE is_late) AS late, count(*) FILTER (WHERE is_handled_late) AS handled_late
    FROM answered GROUP BY priority
), waiting AS (
    SELECT priority, count(*) AS number FROM alerts_finding
    WHERE state = 'new' AND acknowledge_by < %(until)s AND org_path >= %(low)s AND org_path < %(high)s
    GROUP BY priority
)
SELECT priority, coalesce(acknowledged, 0), median_acknowledged, worst_acknowledged, coalesce(late, 0),
    coalesce(handled, 0), median_handled, worst_handled, coalesce(handled_late, 0), coalesce(number, 0)
FROM told FULL JOIN waiting USING (priority) ORDER BY priority
"""
COUNTED_AT_MOST = 999
# So many findings make no chance of one lag; no two zones are further apart than that.
FINDINGS_OF_A_CLOCK, MOST_ZONE_HOURS = 5, 26
# Every page asks, so it stands written out.
_WAITING = """
SELECT found.priority FROM unnest(%s::text[]) AS waiting (state) CROSS JOIN LATERAL (
    SELECT priority FROM alerts_finding AS one WHERE one.state = waiting.state
    ORDER BY priority, last_received_at DESC, id DESC LIMIT %s
) AS found ORDER BY found.priority LIMIT %s
"""


class Key(NamedTuple):
    """Where a page of the inbox ended."""

    priority: int
    last_received_at: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> "Key":
        """The key of an address; InputError for one that is not ours."""
        try:
            number, moment, pk = text.split("_")
            return cls(int(number), datetime.fromisoformat(moment), int(pk))
        except ValueError:
            raise InputError("the address of this page is not one of ours; begin again with the first page") from None

    def __str__(self) -> str:
        return f"{self.priority}_{self.last_received_at.isoformat()}_{self.pk}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some findings, the most urgent first, and where the next page begins."""

    findings: list[Finding]
    following: str


@dataclass(frozen=True, slots=True)
class Answers:
    """How findings of one priority were answered: numbers, medians and worst times; None where there was none."""

    priority: int
    acknowledged: int
    median_acknowledged: timedelta | None
    worst_acknowledged: timedelta | None
    acknowledged_late: int
    handled: int
    median_handled: timedelta | None
    worst_handled: timedelta | None
    handled_late: int
    waiting_late: int
    """Not acknowledged yet, and over their time."""


LATE: Mapping[str, Mapping[str, Any]] = {
    "acknowledged": {"acknowledged_at__gt": F("acknowledge_by")},
    "handled": {"handled_at__gt": F("handle_by")},
    "waiting": {},
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a list of findings is narrowed to, beside their states; empty: not by this."""

    source: str = ""
    priority: int | None = None
    org_path: str = ""
    since: datetime | None = None
    """Acknowledged from then on, and before `until`."""
    until: datetime | None = None
    late: str = ""
    """What was later than its time, one of LATE; those that still wait were to be acknowledged before `until`."""
    among: QuerySet[Finding] | None = None
    """Those of one machine, as `machines.about_host_of` gives them."""

    def of(self, found: QuerySet[Finding]) -> QuerySet[Finding]:
        """Those of the findings that were chosen."""
        wanted: dict[str, Any] = {
            "source__name": self.source,
            "priority": self.priority,
            "acknowledged_at__gte": self.since,
            "acknowledge_by__lt" if self.late == "waiting" else "acknowledged_at__lt": self.until,
            **LATE.get(self.late, {}),
        }
        if self.org_path:
            wanted["org_path__gte"], wanted["org_path__lt"] = bounds(self.org_path)
        if self.among is not None:
            wanted["pk__in"] = self.among.values("pk")
        # An empty set of rows has a truth that would ask the database.
        return found.filter(**{name: value for name, value in wanted.items() if name == "pk__in" or value})


NOT_CHOSEN = Chosen()


def inbox(
    *,
    states: frozenset[str] = WAITING,
    chosen: Chosen = NOT_CHOSEN,
    after: Key | None = None,
    most: int = PAGE_ROWS,
    is_folded: bool = False,
) -> Page:
    """One page of findings by priority and, within it, the newest first.

    Folded: of those that are in one state about one machine, the first alone.
    """
    beside = ["source", "case__organisation", "notice", *(["merged_into"] if State.MERGED in states else ())]
    found = chosen.of(Finding.objects.select_related(*beside))
    if is_folded:
        found = machines.folded(found)
    if after is not None:
        later = Q(priority=after.priority, last_received_at__lt=after.last_received_at)
        same = Q(priority=after.priority, last_received_at=after.last_received_at, pk__lt=after.pk)
        found = found.filter(Q(priority__gt=after.priority) | later | same)
    # The index gives the rows of one state in order; of several at once all that wait would be sorted for one page.
    first, *others = (found.filter(state=state).order_by(*machines.ORDER)[: most + 1] for state in sorted(states))
    rows = list(first.union(*others, all=True).order_by(*machines.ORDER)[: most + 1] if others else first)
    last = rows[most - 1] if len(rows) > most else None
    following = str(Key(last.priority, last.last_received_at, last.pk)) if last else ""
    return Page(rows[:most], following)


def waiting() -> list[int]:
    """The priorities of the findings that wait, the most urgent first, counted no further than the desk would say."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [[str(state) for state in WAITING], COUNTED_AT_MOST, COUNTED_AT_MOST])
        return [priority for (priority,) in cursor.fetchall()]


def one(finding_id: int) -> Finding:
    """One finding; OutOfScope when it is not among those one may see."""
    found = (
        Finding.objects.select_related("source", "case", "merged_into", "suppression", "notice")
        .filter(pk=finding_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"finding {finding_id} is not among those you may see")
    return found


def source(source_id: int) -> Source:
    """One source; OutOfScope when it is not among those one may see."""
    found = Source.objects.select_related("organisation").filter(pk=source_id).first()
    if found is None:
        raise OutOfScope(f"source {source_id} is not among those you may see")
    return found


def sources() -> QuerySet[Source]:
    """The sources that are in use, the silent ones first."""
    found = Source.objects.filter(retired_at=None).select_related("organisation", "mailbox", "interface")
    return found.order_by("silent_since", "name")


def silent() -> list[Source]:
    """The sources that are silent now."""
    return list(sources().exclude(silent_since=None))


def overdue(now: datetime) -> list[int]:
    """The sources whose silence is over the rhythm and was not noted yet."""
    found = []
    for source in Source.objects.filter(retired_at=None, silent_since=None):
        quiet = quiet_after(source.expected_seconds, source.pauses)
        if quiet is not None and now - source.unheard_since >= quiet:
            found.append(source.pk)
    return found


def maybe_unusual(at: datetime) -> list[int]:
    """The sources whose volume has to be judged: a full hour, one far below last week's, or a finding that stands."""
    this = volume.hour_of(at)
    hours = Volume.objects.filter(source__retired_at=None)
    full = hours.filter(hour__in=(this, this - volume.HOUR), alerts__gte=volume.LEAST_MORE)
    before = hours.filter(hour=this - volume.HOUR - volume.WEEK, alerts__gte=volume.LEAST_USUAL)
    now = hours.filter(
        hour=this - volume.HOUR, source=OuterRef("source"), alerts__gt=OuterRef("alerts") / volume.FACTOR
    )
    standing = Finding.objects.filter(Q(is_current=True) | Q(state__in=WAITING), rule__in=(VOLUME_UP, VOLUME_DOWN))
    found = full.values_list("source").union(
        before.exclude(Exists(now)).values_list("source"), standing.values_list("source")
    )
    return sorted(pk for (pk,) in found)


def silences(org_path: str, since: datetime) -> list[Finding]:
    """The times since then in which a source of the organisation, or of one below it, told nothing, or far too little.

    The newest first.
    """
    low, high = bounds(org_path)
    told = Finding.objects.filter(rule__in=(SILENCE_RULE, VOLUME_DOWN), org_path__gte=low, org_path__lt=high)
    told = told.filter(Q(is_current=True) | Q(last_seen_utc__gte=since))
    return list(told.select_related("source").order_by("-first_seen_utc")[:COUNTED_AT_MOST])


def unacknowledged(identifiers: set[int], _at: datetime) -> set[int]:
    """Of these findings the ones that nobody has acknowledged yet."""
    return set(Finding.objects.filter(pk__in=identifiers, state=State.NEW).values_list("pk", flat=True))


def set_aside() -> QuerySet[SetAside]:
    """What could not be read and waits for a replay, oldest first; what was taken back waits no more."""
    return not_read().filter(taken_back_at=None)


def not_read() -> QuerySet[SetAside]:
    """As `set_aside`, and what was taken back besides."""
    return SetAside.objects.filter(replayed_at=None).order_by("pk")


def ended_arrivals(source_id: int, aside: Collection[SetAside]) -> QuerySet[Arrival]:
    """The files of what is set aside of a source, once their import is over."""
    named, wholes = (
        [one.raw.removeprefix("file/") for one in aside if not (is_whole and one.lines)] for is_whole in (False, True)
    )
    found = Arrival.objects.filter(source=source_id, sha256__in=named)
    return found.filter(Q(finished_at__isnull=False) | Q(sha256__in=wholes))


def overdue_paths(priority: int, at: datetime) -> list[str]:
    """The offices of which a finding that urgent waited too long, and for which nobody was called yet."""
    return list(_overdue(priority, at).order_by("org_path").values_list("org_path", flat=True).distinct())


def overdue_findings(org_path: str, priority: int, at: datetime, *, most: int) -> list[Finding]:
    """The findings of one office that are that urgent, waited too long, and called nobody yet; the oldest first."""
    found = _overdue(priority, at).filter(org_path=org_path)
    return list(found.order_by("acknowledge_by", "pk").select_for_update(skip_locked=True)[:most])


def _overdue(priority: int, at: datetime) -> QuerySet[Finding]:
    return Finding.objects.filter(
        state=State.NEW, priority__lte=priority, acknowledge_by__lte=at, called_at__isnull=True
    )


def answers(org_path: str, since: datetime, until: datetime) -> list[Answers]:
    """How an office and all below it answered what people acknowledged within this time: a row a priority that had any.

    Times run from when a finding came, or rose to its priority. What still waits beyond its time stands beside it.
    """
    low, high = bounds(org_path)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"since": since, "until": until, "low": low, "high": high})
        return [Answers(*row) for row in cursor.fetchall()]


def hours_behind(source: Source) -> int:
    """The whole hours by which the times of the newest findings lie behind their reception; 0 where they do not.

    All alike they are behind where a device writes no zone and is read in another than its own. What came within an
    hour says nothing: a sender that was held up brings all of it late.
    """
    newest = Finding.objects.filter(source=source, is_current=True, last_seen_utc__isnull=False)
    newest = newest.exclude(rule__startswith=OWN_RULES).order_by("-last_received_at", "-pk")
    moments = list(newest.values_list("last_received_at", "last_seen_utc")[:FINDINGS_OF_A_CLOCK])
    if len(moments) < FINDINGS_OF_A_CLOCK or moments[0][0] - moments[-1][0] < volume.HOUR:
        return 0
    lags = [received - seen for received, seen in moments if seen]
    hours = round(lags[0] / volume.HOUR)
    is_zone = 0 < hours <= MOST_ZONE_HOURS and all(abs(lag - hours * volume.HOUR) <= TOLERANCE for lag in lags)
    return hours if is_zone else 0


def suppressions(now: datetime) -> QuerySet[Suppression]:
    """The suppressions in force, the next to end first."""
    standing = Suppression.objects.filter(ended_at=None, expires_at__gt=now)
    return standing.select_related("source", "owner", "organisation").order_by("expires_at", "pk")
