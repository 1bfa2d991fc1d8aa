"""Reads about notices of coordinators, within the scope in force: found by identifier, late, counted for a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from vonggac.alerts.models import Notice
from vonggac.errors import OutOfScope
from vonggac.tenancy.scope import bounds

SHOWN = 100
_OPEN: Mapping[str, Any] = {"acknowledged_at": None, "closed_at": None}


def one(notice_id: int) -> Notice:
    """One notice; OutOfScope when it is not among those one may see."""
    found = Notice.objects.select_related("source__organisation").filter(pk=notice_id).first()
    if found is None:
        raise OutOfScope(f"notice {notice_id} is not among those you may see")
    return found


def find(words: str) -> QuerySet[Notice]:
    """The notices whose identifier holds these words, the newest first."""
    return newest().filter(identifier__icontains=words)


def newest() -> QuerySet[Notice]:
    """The notices, the newest first."""
    return Notice.objects.select_related("source").order_by("-received_at", "-pk")


def of_case(case_id: int) -> QuerySet[Notice]:
    """The notices of which findings made the case."""
    return newest().filter(findings__case=case_id).distinct()


def unacknowledged(identifiers: set[int], _at: datetime) -> set[int]:
    """Of these notices the ones that were not acknowledged to their coordinator, which has not closed them."""
    return set(Notice.objects.filter(pk__in=identifiers, **_OPEN).values_list("pk", flat=True))


def overdue(at: datetime) -> QuerySet[Notice]:
    """The notices past their time for which nobody was called yet, the oldest first."""
    found = Notice.objects.filter(acknowledge_by__lte=at, called_at=None, **_OPEN)
    return found.select_related("source").order_by("acknowledge_by", "pk")


@dataclass(frozen=True, slots=True)
class Counted:
    """The notices that an office and all below it received within a time, and how they were answered."""

    received: int
    acknowledged: int
    acknowledged_late: int
    answered: int
    closed: int
    waiting_late: int
    """Not acknowledged, not closed, and past their time."""


FIGURES = tuple(Counted.__dataclass_fields__)


def narrowed(found: QuerySet[Notice], which: str, at: datetime) -> QuerySet[Notice]:
    """The notices that one figure of `Counted` counts, by its name."""
    return found.filter(_figures(at)[which])


def received(org_path: str, since: datetime, until: datetime) -> QuerySet[Notice]:
    """The notices of an office and all below it that were received within the time."""
    low, high = bounds(org_path)
    return newest().filter(org_path__gte=low, org_path__lt=high, received_at__gte=since, received_at__lt=until)


def counted(org_path: str, since: datetime, until: datetime) -> Counted:
    """The figures of the notices received within the time, as they stood at its end."""
    counts = {name: Count("pk", filter=wanted) for name, wanted in _figures(until).items()}
    return Counted(**received(org_path, since, until).order_by().aggregate(**counts))


def _figures(at: datetime) -> dict[str, Q]:
    return {
        "received": Q(),
        "acknowledged": Q(acknowledged_at__lt=at),
        "acknowledged_late": Q(acknowledged_at__lt=at, acknowledged_at__gt=F("acknowledge_by")),
        "answered": Q(answered_at__lt=at),
        "closed": Q(closed_at__lt=at),
        "waiting_late": Q(acknowledge_by__lt=at)
        & (Q(acknowledged_at=None) | Q(acknowledged_at__gte=at))
        & (Q(closed_at=None) | Q(closed_at__gte=at)),
    }
