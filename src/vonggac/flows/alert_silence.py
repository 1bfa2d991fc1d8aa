"""A source that was not heard for longer than its rhythm allows becomes a finding; nobody has to look for silence."""

from datetime import datetime, timedelta

from vonggac.alerts import queries
from vonggac.alerts.services import absorbing, messages, sources
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

# A sender that says an identifier again after a week means another message.
MESSAGES_KEPT = timedelta(days=7)


@job("alerts.watch_sources", periodic="* * * * * */15", attempts=1)
def watch_sources() -> None:
    """Look for sources that fell silent, four times a minute; tell the ledger what was counted of the others."""
    note_silence(at=now())
    with scoped(system("alerts")):
        absorbing.tell_rest(at=now())


def note_silence(*, at: datetime) -> int:
    """How many sources were found silent now, each told once until it is heard again."""
    with scoped(system("alerts")):
        return sum(sources.note_silence(source, at=at) is not None for source in queries.overdue(at))


@job("alerts.forget_messages", periodic="23 3 * * *")
def forget_messages() -> None:
    """Let go of identifiers that are too old to come again."""
    with scoped(system("alerts")):
        messages.forget(now() - MESSAGES_KEPT)
