"""The open streams of one process, told together: one LISTEN connection, one beat, one question for all sessions."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Collection, Coroutine, Iterator
from contextvars import Context
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import Error, connections

from vonggac.jobs import clock
from vonggac.tenancy.scope import Scope

CHANNEL = "vonggac_event"
BEAT_SECONDS = 5.0
# The tabs beat in turns: all at once, they would keep a change waiting.
TURNS = 10
# An import writes thousands of entries: after a change that is told at once, the next ones come together.
GATHER_SECONDS = 0.1
# A session that ended elsewhere is told nothing more after this.
ASKED_SECONDS = 1.0
MOST_WAITING = 1_000
# The tabs that are told of a change read their page again at moments of their own, within this time for each of them:
# 10 pages a second, a third of what one web process answers, however many look.
READING_MS_EACH = 100
RECONNECT_SECONDS = 1.0

Change = dict[str, Any]


@dataclass(eq=False)
class Tab:
    """One stream: whose session it is, what it may be told of, and what waits for it: changes, none for a beat."""

    session_key: str
    scope: Scope
    turn: int = field(default_factory=lambda: random.randrange(TURNS))  # noqa: S311
    _waiting: asyncio.Queue[list[Change] | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def give(self, changes: list[Change] | None) -> None:
        """Wake the stream with changes, with none for a beat, or with None to end it."""
        # Whoever reads so slowly is ended by what ends it, and reads its page again afterwards.
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait(changes)

    async def given(self) -> list[Change] | None:
        """What the tab is woken with next."""
        return await self._waiting.get()


class Tabs:
    """Every stream of the process; while one is open, each change of the ledger is handed to all."""

    def __init__(self) -> None:
        self._tabs: set[Tab] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def close(self) -> None:
        """End every stream, and those to come after their first beat; browsers come back by themselves."""
        self.is_closed = True
        self._give(None)

    @contextlib.contextmanager
    def opened(self, tab: Tab) -> Iterator[None]:
        """The tab is told from now on; the last one to leave ends the work for all."""
        self._tabs.add(tab)
        if self._task is None or self._task.done():
            # In no request's context: the work outlives the request that began it, and the threads of that one.
            self._task = asyncio.get_running_loop().create_task(self._work(), context=Context())
        try:
            yield
        finally:
            self._tabs.remove(tab)
            if not self._tabs and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _work(self) -> None:
        heard: asyncio.Queue[Change] = asyncio.Queue()
        parts: list[Coroutine[Any, Any, None]] = [_listen(heard), self._tell(heard), self._beat(), self._end()]
        try:
            async with asyncio.TaskGroup() as work:
                for part in parts:
                    work.create_task(part)
        finally:
            self._give(None)

    def _give(self, changes: list[Change] | None) -> None:
        for tab in self._tabs:
            tab.give(changes)

    async def _tell(self, heard: asyncio.Queue[Change]) -> None:
        while True:
            changes = [await heard.get()]
            while not heard.empty():
                changes.append(heard.get_nowait())
            self.hand_on(changes)
            await asyncio.sleep(GATHER_SECONDS)

    def hand_on(self, changes: list[Change]) -> None:
        """Give every tab the changes, with the time over which those that each concerns spread their reading of it."""
        looking = Counter(tab.scope for tab in self._tabs)
        told: dict[str, int] = {}
        for change in changes:
            path = change["path"]
            if path not in told:
                told[path] = sum(tabs for scope, tabs in looking.items() if scope.covers(path))
            change["within_ms"] = READING_MS_EACH * max(0, told[path] - 1)
        self._give(changes)

    async def _beat(self) -> None:
        for turn in cycle(range(TURNS)):
            await asyncio.sleep(BEAT_SECONDS / TURNS)
            for tab in self._tabs:
                if tab.turn == turn:
                    tab.give([])

    async def _end(self) -> None:
        """End the streams of sessions that are over."""
        while True:
            await asyncio.sleep(ASKED_SECONDS)
            asked = {tab.session_key for tab in self._tabs}
            # A database that starts again has no answer; what is read meanwhile asks for the session by itself.
            with contextlib.suppress(Error):
                over = asked - await _open_among(asked)
                for tab in self._tabs:
                    if tab.session_key in over:
                        tab.give(None)


async def _listen(heard: asyncio.Queue[Change]) -> None:
    while True:
        # The database may restart; beats go on meanwhile, and pages read again when it is back.
        with contextlib.suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(**_connection(), autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                async for notice in connection.notifies():
                    heard.put_nowait(json.loads(notice.payload))
        await asyncio.sleep(RECONNECT_SECONDS)


def _connection() -> dict[str, Any]:
    parameters = connections.settings["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {ours: parameters[theirs] for ours, theirs in names.items() if parameters.get(theirs)}


@sync_to_async
def _open_among(keys: Collection[str]) -> frozenset[str]:
    with lent_connections():
        found = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.machine_now())
        return frozenset(found.values_list("session_key", flat=True))


@contextlib.contextmanager
def lent_connections() -> Iterator[None]:
    """A tab stays open for hours: between two questions it must not hold a connection that pages wait for."""
    try:
        yield
    finally:
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
