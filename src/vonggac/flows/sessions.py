"""Sessions begin and end, on one machine or on all of them, and the ledger says so."""

from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction

from vonggac.jobs import clock
from vonggac.ledger import services as ledger
from vonggac.register.access import nodes_of
from vonggac.register.models import Person
from vonggac.tenancy.scope import Scope, scoped

SUBJECT = "person"


def note(person: Person, act: str, *, at: datetime, **detail: Any) -> None:
    """Write an entry about the person's session, on their highest organisation ("" while they hold no role).

    `at` by the machine's clock, as everything about signing in.
    """
    nodes = nodes_of(person, on=clock.today(), at=at)
    with scoped(Scope(f"person:{person.pk}", nodes[0] if nodes else "")):
        ledger.record(act, SUBJECT, person.pk, nodes[0] if nodes else "", at=at, **detail)


@transaction.atomic
def end_everywhere(person: Person, *, except_key: str | None = None) -> int:
    """The number of sessions ended; `except_key` names the one that goes on."""
    ended = 0
    for session in UserSession.objects.filter(user=person).exclude(session_key=except_key or ""):
        session.end()
        ended += 1
    return ended
