"""Reads about findings and sources, within the scope in force: the inbox by key, sources with how they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from vonggac.alerts.models import Finding, Source, Suppression
from vonggac.alerts.rules import SILENCE_RULE, WAITING, State, quiet_after
from vonggac.errors import InputError, OutOfScope
from vonggac.tenancy.scope import bounds

PAGE_ROWS = 50
COUNTED_AT_MOST = 999


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


def inbox(*, states: frozenset[str] = WAITING, source: str = "", after: Key | None = None) -> Page:
    """One page of findings by priority and, within it, the newest first."""
    found = Finding.objects.filter(state__in=states).select_related("source", "case")
    if source:
        found = found.filter(source__name=source)
    if after is not None:
        later = Q(priority=after.priority, last_received_at__lt=after.last_received_at)
        same = Q(priority=after.priority, last_received_at=after.last_received_at, pk__lt=after.pk)
        found = found.filter(Q(priority__gt=after.priority) | later | same)
    rows = list(found.order_by("priority", "-last_received_at", "-pk")[: PAGE_ROWS + 1])
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    following = str(Key(last.priority, last.last_received_at, last.pk)) if last else ""
    return Page(rows[:PAGE_ROWS], following)


def waiting() -> int:
    """How many findings nobody has acknowledged yet, counted no further than the desk would say."""
    return Finding.objects.filter(state=State.NEW)[:COUNTED_AT_MOST].count()


def one(finding_id: int) -> Finding:
    """One finding; OutOfScope when it is not among those one may see."""
    found = Finding.objects.select_related("source", "case", "merged_into", "suppression").filter(pk=finding_id).first()
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
    return Source.objects.filter(retired_at=None).select_related("organisation").order_by("silent_since", "name")


def silent() -> list[Source]:
    """The sources that are silent now."""
    return list(sources().exclude(silent_since=None))


def overdue(now: datetime) -> list[int]:
    """The sources whose silence is over the rhythm and was not noted yet."""
    found = []
    for source in Source.objects.filter(retired_at=None, silent_since=None):
        quiet = quiet_after(source.expected_seconds, source.pauses)
        if quiet is not None and now - (source.heard_at or source.declared_at) >= quiet:
            found.append(source.pk)
    return found


def silences(org_path: str, since: datetime) -> list[Finding]:
    """The times since then in which a source of the organisation, or of one below it, was silent; the newest first."""
    low, high = bounds(org_path)
    told = Finding.objects.filter(rule=SILENCE_RULE, org_path__gte=low, org_path__lt=high)
    told = told.filter(Q(is_current=True) | Q(last_seen_utc__gte=since))
    return list(told.select_related("source").order_by("-first_seen_utc")[:COUNTED_AT_MOST])


def suppressions(now: datetime) -> QuerySet[Suppression]:
    """The suppressions in force, the next to end first."""
    standing = Suppression.objects.filter(ended_at=None, expires_at__gt=now)
    return standing.select_related("source", "owner", "organisation").order_by("expires_at", "pk")
