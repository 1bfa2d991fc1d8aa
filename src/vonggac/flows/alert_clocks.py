"""An urgent finding that nobody acknowledged in its time calls the person on duty; acknowledging it ends the call."""

from datetime import datetime

from vonggac.alerts import queries
from vonggac.alerts.models import Finding
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


def call_for_overdue(*, at: datetime) -> int:
    """How many findings somebody is called for now, each once; where nobody keeps a watch above them, none."""
    priority = regime.on(at.date()).limit("page_priority")
    with scoped(system("alerts")):
        paths = queries.overdue_paths(priority, at)
    return sum(_call_for(path, priority, at) for path in paths)


def _call_for(org_path: str, priority: int, at: datetime) -> int:
    with scoped(system("alerts")):
        office = escalation.watching_office(org_path)
        if office is None:
            return 0
        found = queries.overdue_findings(org_path, priority, at, most=MOST_CALLED)
        escalation.call_for_alerts(office, found, at=at)
        Finding.objects.filter(pk__in=[one.pk for one in found]).update(called_at=at)
        return len(found)
