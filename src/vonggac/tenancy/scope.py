"""The scope: an actor and a range of organisation paths, set for one transaction and read by every policy.

An organisation's path is the chain of six-digit identifiers from the root, each ended by a slash (`000001/000023/`), so
a subtree is one range of text in collation C: `path <= org_path < path with its last slash raised by one`. Ranges keep
their indexes under row-level security; LIKE does not (docs/adr/0005-tenancy.md has the figures).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection, transaction

from vonggac.errors import OutOfScope

# Paths hold digits and slashes only, so these two enclose every path, the empty one too; without a scope both bounds
# are empty, and nothing lies between them.
BEFORE_ALL, AFTER_ALL = "", "~"


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts (`person:7`, `link:12`, `system:lists`) and the path below which they see; "" is the whole tree."""

    actor: str
    org_path: str

    @property
    def bounds(self) -> tuple[str, str]:
        """The half-open range of paths that lie in the scope."""
        return bounds(self.org_path) if self.org_path else (BEFORE_ALL, AFTER_ALL)

    @property
    def person_id(self) -> int | None:
        """The acting person's identifier, None for a system job or a link."""
        kind, _, identifier = self.actor.partition(":")
        return int(identifier) if kind == "person" else None

    def covers(self, org_path: str) -> bool:
        """True when a row with this path lies in the scope."""
        low, high = self.bounds
        return low <= org_path < high


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def bounds(org_path: str) -> tuple[str, str]:
    """The half-open range (low, high) of paths at or below one path."""
    return org_path, org_path[:-1] + chr(ord(org_path[-1]) + 1)


def system(job: str) -> Scope:
    """The scope of a job that works for the whole tree; the job's name stands in the ledger."""
    return Scope(f"system:{job}", "")


def current() -> Scope:
    """The scope in force; raises OutOfScope where none is set, because an act without an actor must not happen."""
    scope = _current.get()
    if scope is None:
        raise OutOfScope("no scope is set: wrap the call in scoped(…)")
    return scope


@contextmanager
def scoped(scope: Scope) -> Iterator[Scope]:
    """One transaction in which the database shows this scope's rows, and the outer scope again afterwards."""
    outer = _current.get()
    # The settings end with the transaction; one that somebody else began goes on, and has to lose them here.
    ends_here = outer is None and not connection.in_atomic_block
    with transaction.atomic():
        _tell_database(scope)
        token = _current.set(scope)
        try:
            yield scope
        finally:
            _current.reset(token)
        # After an error the rollback takes the settings back by itself: an aborted transaction takes no more orders.
        if not ends_here:
            _tell_database(outer)


def _tell_database(scope: Scope | None) -> None:
    """Set the transaction's settings; an absent scope sets an empty range, which no path lies in."""
    low, high = scope.bounds if scope else ("", "")
    person = str(scope.person_id or "") if scope else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('vonggac.low', %s, true), set_config('vonggac.high', %s, true),"
            " set_config('vonggac.actor', %s, true), set_config('vonggac.person', %s, true)",
            [low, high, scope.actor if scope else "", person],
        )
