"""The lake is tended at night: what is too old ends, small segments become large ones, files nobody needs go.

How long each kind is kept is a figure of the regime in force: `monitoring_keep_days` for what sensors saw (flows, DNS),
`log_keep_days` for the logs that tell who held an address (NAT, DHCP) and for alerts. What ends is written down in the
ledger first: a run that is killed in between is found to have more to do by the next one, and no deletion goes
unrecorded.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from vonggac.alerts.models import Arrival, SetAside
from vonggac.botnet.models import BotnetList
from vonggac.directives.models import Document
from vonggac.flows.lake_questions import micros
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.lake import compaction, retention
from vonggac.lake.compaction import Plan
from vonggac.lake.contents import Holding
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

SCOPE = system("lake")
# Whose bytes lie in the lake as they came.
_OWNERS = (Arrival, BotnetList, Document)
_LIMITS = {
    Kind.FLOW: "monitoring_keep_days",
    Kind.DNS: "monitoring_keep_days",
    Kind.NAT: "log_keep_days",
    Kind.DHCP: "log_keep_days",
    Kind.ALERT: "log_keep_days",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one kind is kept, and by which rule."""

    kind: Kind
    days: int
    citation: str
    before: datetime


@job("lake.retain", periodic="50 19 * * *")
def retain_every_night() -> None:
    """End what is too old at ten to three in the morning, Hà Nội time."""
    retain(at=now())


@job("lake.compact", periodic="5 20 * * *")
def compact_every_night() -> None:
    """Merge small segments a quarter of an hour later."""
    compact(at=now())


def limits(at: datetime) -> list[Kept]:
    """How long each kind is kept by the rules of the day."""
    rules = regime.on(timezone.localdate(at))
    return [
        Kept(kind, rules.limit(name), rules.limits[name].citation, at - timedelta(days=rules.limit(name)))
        for kind, name in _LIMITS.items()
    ]


def retain(*, at: datetime, is_dry_run: bool = False) -> list[Holding]:
    """What ended (or would), by organisation and kind; then files that ended or were replaced a day ago are removed.

    So are files that were handed in more than a day ago and that nobody took in.
    """
    before_us = {kept.kind: micros(kept.before) for kept in limits(at)}
    due = retention.due(lake(), before_us)
    if is_dry_run:
        return due
    if due:
        with scoped(SCOPE):
            ledger.record_many(
                "lake.retire", "lake", [(0, one.organisation_path, _told(one, at)) for one in due], at=at
            )
    retention.retire(lake(), before_us, micros(at))
    machine_us = time.time_ns() // 1_000
    with scoped(SCOPE):
        retention.clear(lake(), micros(at), machine_us, _is_kept_by_desk)
    retention.clear_unnamed(lake(), machine_us, _named_by_desk, lambda sizes: _tell_cleared(sizes, at))
    return due


def plans(*, at: datetime) -> list[Plan]:
    """What is worth merging now."""
    return compaction.plan(lake(), micros(at))


def compact(*, at: datetime, advance: Callable[[int], None] = lambda _: None) -> list[Plan]:
    """The bundles of segments that each became one."""
    done = []
    for one in plans(at=at):
        if compaction.merge(lake(), one, micros(at)) is not None:
            done.append(one)
        advance(1)
    return done


def _told(ended: Holding, at: datetime) -> dict[str, Any]:
    kept = next(one for one in limits(at) if one.kind is ended.kind)
    return {
        "kind": ended.kind.value,
        "segments": ended.segments,
        "rows": ended.rows,
        "first_day": str(day_of(ended.first_day)),
        "last_day": str(day_of(ended.last_day)),
        "keep_days": kept.days,
        "rule": kept.citation,
    }


def day_of(number: int) -> date:
    """The day with this number since 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=number)


def _is_kept_by_desk(sha256: str) -> bool:
    """True when a list, a document or a file of alerts of the desk is these very bytes."""
    return any(owner.objects.filter(sha256=sha256).exists() for owner in _OWNERS)


def _named_by_desk() -> set[str]:
    """The digests of all that the desk was given and took in; of registers the ledger alone tells."""
    with scoped(SCOPE):
        found = {sha256 for owner in _OWNERS for sha256 in owner.objects.values_list("sha256", flat=True)}
        imports = Entry.objects.filter(subject_kind="register", act="register.import")
        aside = SetAside.objects.filter(raw__startswith="file/").values_list("raw", flat=True)
        return found | set(imports.values_list("detail__sha256", flat=True)) | {raw[len("file/") :] for raw in aside}


def _tell_cleared(sizes: Mapping[str, int], at: datetime) -> None:
    with scoped(SCOPE):
        told = [(0, "", {"sha256": sha256, "bytes": size}) for sha256, size in sizes.items()]
        ledger.record_many("lake.clear", "lake", told, at=at)
