"""A source that sends ten times more or less than its rhythm becomes a finding, and is settled when it is normal."""

from datetime import datetime

from vonggac.alerts import queries
from vonggac.alerts.services import volumes
from vonggac.alerts.volume import KEPT
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system


@job("alerts.watch_volumes", periodic="* * * * *", attempts=1)
def watch_volumes() -> None:
    """Look at the sources whose volume may be unusual, every minute."""
    note_volumes(at=now())


def note_volumes(*, at: datetime) -> int:
    """How many sources were found to send far more or less than usual now, each told once until it is normal."""
    with scoped(system("alerts")):
        return sum(volumes.note(source, at=at) is not None for source in queries.maybe_unusual(at))


@job("alerts.forget_volumes", periodic="29 3 * * *")
def forget_volumes() -> None:
    """Let go of hours that nothing is learnt from any more."""
    with scoped(system("alerts")):
        volumes.forget(now() - KEPT)
