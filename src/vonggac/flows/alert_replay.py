"""What of a source was set aside is read again by the worker, once its format or mapping was mended."""

from datetime import datetime

from vonggac.alerts import queries
from vonggac.alerts.models import Source
from vonggac.alerts.services import files
from vonggac.errors import VongGacError, WrongState
from vonggac.flows.alert_files import replay
from vonggac.jobs import defer, job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

REPLAY_JOB = "alerts.replay"


def ask(source: Source, *, at: datetime) -> int:
    """How many heaps of lines the worker now reads again; a file of a million lines is more than a page waits for."""
    waiting = files.ask_replay(source, at=at)
    defer(REPLAY_JOB, source=source.pk)
    return waiting


@job(REPLAY_JOB)
def replay_source(source: int) -> None:
    """Read again all of the source that is set aside, heap by heap; what somebody else read meanwhile is left.

    A heap that cannot be read for another reason keeps none of the others back; the first such reason ends the job.
    """
    scope = system("alerts")
    with scoped(scope):
        waiting = list(queries.set_aside().filter(source=source).values_list("pk", flat=True))
    failures: list[VongGacError] = []
    for one in waiting:
        try:
            replay(one, scope, at=now())
        except WrongState:
            continue
        except VongGacError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
