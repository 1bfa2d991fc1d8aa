"""Whether the sessions of the open streams still go on: one question for all of them, at most one a second."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connections

from vonggac.jobs import clock

ASKED_SECONDS = 1.0


class Sessions:
    """What the database said last of the sessions whose keys `listening` gives."""

    def __init__(self, listening: Callable[[], Collection[str]]) -> None:
        self._listening = listening
        self._asked_at = float("-inf")
        self._asked: frozenset[str] = frozenset()
        self._open: frozenset[str] = frozenset()
        self._asking: asyncio.Task[None] | None = None

    async def go_on(self, key: str) -> bool:
        """False once the session is over, a second late at most; the key is one of those that listen."""
        # What was asked before this one listened says nothing of it.
        while key not in self._asked or time.monotonic() - self._asked_at >= ASKED_SECONDS:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            # A tab that is closed meanwhile must not leave the others without an answer.
            await asyncio.shield(self._asking)
        return key in self._open

    async def _ask(self) -> None:
        begun, asked = time.monotonic(), frozenset(self._listening())
        self._open = await _open_among(asked)
        self._asked_at, self._asked = begun, asked


@sync_to_async
def _open_among(keys: Collection[str]) -> frozenset[str]:
    with lent_connections():
        found = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.machine_now())
        return frozenset(found.values_list("session_key", flat=True))


@contextmanager
def lent_connections() -> Iterator[None]:
    """A tab stays open for hours: between two questions it must not hold a connection that pages wait for."""
    try:
        yield
    finally:
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
