"""Segments of the spools end when the regime's time for logs is over: counted, in the lake, and written down first."""

from datetime import UTC, datetime
from pathlib import Path

from vonggac.alerts.models import SetAside
from vonggac.alerts.services import messages
from vonggac.flows.alert_raw import spools
from vonggac.flows.alert_spools import collectors, stored_to
from vonggac.flows.lake_keeping import Kept, limits
from vonggac.formats.traffic_tables import Kind
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.lake.spool import begin_at, segments_before
from vonggac.ledger import services as ledger
from vonggac.tenancy.scope import scoped, system

SUBJECT = "alert_spool"
_SCOPE = system("alerts")


@job("alerts.end_segments", periodic="35 20 * * *")
def end_segments() -> None:
    """End what is too old at night, after the lake was tended."""
    end_old(at=now())


def end_old(*, at: datetime) -> int:
    """How many segments ended now, over all spools of this desk.

    Killed in between, the next run finds the same segments again: at worst their end is written down twice.
    """
    kept = next(one for one in limits(at) if one.kind is Kind.ALERT)
    return sum(_end_of(collector, kept, at) for collector in collectors())


def _end_of(collector: str, kept: Kept, at: datetime) -> int:
    folder = spools() / collector
    with scoped(_SCOPE):
        done = min(messages.counted_so_far(collector), stored_to(collector))
    old: list[Path] = []
    for path in segments_before(folder, done.segment):
        if _written_at(path) >= kept.before:
            break
        old.append(path)
    if not old:
        return 0
    first, last = int(old[0].stem), int(old[-1].stem)
    begin_at(folder, last + 1)
    with scoped(_SCOPE):
        # Its bytes are gone: nothing can be read again.
        lost = SetAside.objects.filter(raw__startswith=f"spool/{collector}/", replayed_at=None)
        numbers = [one.pk for one in lost if first <= int(one.raw.split("/")[2]) <= last]
        SetAside.objects.filter(pk__in=numbers).delete()
        ledger.record(
            "alert.spool_end", SUBJECT, 0, "", at=at, collector=collector, first_segment=first, last_segment=last,
            bytes=sum(path.stat().st_size for path in old), last_written=_written_at(old[-1]).isoformat(),
            set_aside=len(numbers), keep_days=kept.days, rule=kept.citation,
        )  # fmt: skip
    for path in old:
        path.unlink()
    return len(old)


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
