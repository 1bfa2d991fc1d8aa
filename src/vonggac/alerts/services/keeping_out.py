"""What keeps findings of a source out of the inbox."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from vonggac.alerts.grouping import Key
from vonggac.alerts.models import Source, Suppression


def suppressions_of(source: Source, at: datetime) -> list[Suppression]:
    """The suppressions in force for the source, made at its organisation or above it."""
    standing = Suppression.objects.filter(Q(source=source) | Q(source=None), ended_at=None, expires_at__gt=at)
    return [one for one in standing.order_by("pk") if source.org_path.startswith(one.org_path)]


def kept_out(key: Key, keeping: Sequence[Suppression]) -> int | None:
    """The first of the suppressions that keeps this (rule, subject) out of the inbox."""
    rule, subject = key
    return next((one.pk for one in keeping if one.rule in {"", rule} and one.subject in {"", subject}), None)
