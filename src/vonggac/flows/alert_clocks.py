"""An urgent finding, or a notice, that nobody acknowledged in time calls the person on duty; doing so ends the call."""

from collections import defaultdict
from datetime import datetime

from django.utils import timezone

from vonggac.alerts import notices, queries
from vonggac.alerts.models import Finding, Notice
from vonggac.flows import escalation
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

# A call about more than these is one about all of them.
MOST_CALLED = 200


@job("alerts.watch_clocks", periodic="* * * * * */15", attempts=1)
def watch_clocks() -> None:
    """Look for findings over their time, four times a minute."""
    call_for_overdue(at=now())
    call_for_notices(at=now())


def call_for_overdue(*, at: datetime) -> int:
    """How many findings somebody is called for now, each once; where nobody keeps a watch above them, none."""
    priority = regime.on(timezone.localdate(at)).limit("page_priority")
    with scoped(system("alerts")):
        paths = queries.overdue_paths(priority, at)
    return sum(_call_for(path, priority, at) for path in paths)


def _call_for(org_path: str, priority: int, at: datetime) -> int:
    with scoped(system("alerts")):
        office = escalation.watching_office(org_path, at=at)
        if office is None:
            return 0
        found = queries.overdue_findings(org_path, priority, at, most=MOST_CALLED)
        escalation.call_for_alerts(office, found, at=at)
        Finding.objects.filter(pk__in=[one.pk for one in found]).update(called_at=at)
        return len(found)


def call_for_notices(*, at: datetime) -> int:
    """How many notices of coordinators somebody is called for now, each once: their time to acknowledge is over."""
    with scoped(system("alerts")):
        by_path: dict[str, list[Notice]] = defaultdict(list)
        for notice in notices.overdue(at).select_for_update(of=("self",), skip_locked=True)[:MOST_CALLED]:
            by_path[notice.org_path].append(notice)
        called: list[Notice] = []
        for path, found in by_path.items():
            if (office := escalation.watching_office(path, at=at)) is not None:
                escalation.call_for_notices(office, found, at=at)
                called += found
        Notice.objects.filter(pk__in=[one.pk for one in called]).update(called_at=at)
        return len(called)
