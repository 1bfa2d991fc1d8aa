"""Live updates: one event stream a tab, one LISTEN connection a process, the scope asked again as changes come.

Events carry a kind and a number, never content: the page reads its live parts again, through its own scope.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from vonggac.desk import frame, times
from vonggac.desk.access import chosen_access
from vonggac.desk.stream_sessions import Sessions, lent_connections
from vonggac.errors import VongGacError
from vonggac.jobs.clock import machine_now, now
from vonggac.register.access import Access
from vonggac.tenancy.scope import Scope

CHANNEL = "vonggac_event"
BEAT_SECONDS = 5.0
# An import writes thousands of entries: after a change that a tab is told at once, the next ones come together.
GATHER_SECONDS = 0.2
# While changes of the person come in all the time, the access is asked no more often than this.
ACCESS_SECONDS = 1.0
# What the ledger does not say as it happens: a role that ends by its date, a session while nothing changes.
QUIET_ACCESS_SECONDS = 30.0
MOST_WAITING = 1_000
# The tabs that are told of a change read their page again at moments of their own, within this time for each of them:
# 10 pages a second, a third of what one web process answers, however many look.
READING_MS_EACH = 100
RECONNECT_SECONDS = 1.0

Change = dict[str, Any]


@dataclass(eq=False)
class Tab:
    """One stream: the changes that wait for it, whose session it is, and what it may be told of."""

    session_key: str
    scope: Scope
    queue: asyncio.Queue[Change] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))


class Listener:
    """The process's one LISTEN connection, open while somebody listens; hands each change to every tab's queue."""

    def __init__(self) -> None:
        self._tabs: set[Tab] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def close(self) -> None:
        """End every stream, and those to come after their first beat; browsers come back by themselves."""
        self.is_closed = True
        for tab in self._tabs:
            # It wakes whoever waits; a full queue keeps nobody waiting.
            with contextlib.suppress(asyncio.QueueFull):
                tab.queue.put_nowait({})

    def sessions(self) -> set[str]:
        """The keys of the sessions that listen."""
        return {tab.session_key for tab in self._tabs}

    @contextlib.contextmanager
    def subscribed(self, tab: Tab) -> Iterator[None]:
        """The tab is given the changes from now on; the last one to leave closes the connection."""
        self._tabs.add(tab)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            self._tabs.remove(tab)
            if not self._tabs and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _listen(self) -> None:
        while True:
            # The database may restart; beats go on meanwhile, and pages read again when it is back.
            with contextlib.suppress(psycopg.OperationalError):
                await self._receive()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _receive(self) -> None:
        async with await psycopg.AsyncConnection.connect(**_connection(), autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            async for notice in connection.notifies():
                self.hand_on(json.loads(notice.payload))

    def hand_on(self, change: Change) -> None:
        """Give every tab the change, with the time over which those that it concerns spread their reading of it."""
        told = sum(tab.scope.covers(change["path"]) for tab in self._tabs)
        change["within_ms"] = READING_MS_EACH * max(0, told - 1)
        for tab in self._tabs:
            # A full queue is drained by its tab anyway: one change is as good as a thousand.
            with contextlib.suppress(asyncio.QueueFull):
                tab.queue.put_nowait(change)


def _connection() -> dict[str, Any]:
    parameters = connections.settings["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {ours: parameters[theirs] for ours, theirs in names.items() if parameters.get(theirs)}


listener = Listener()
sessions = Sessions(listener.sessions)


async def stream(request: HttpRequest) -> HttpResponseBase:
    """The event stream of one tab: `beat` every five seconds, `change` when something in the scope changed."""
    try:
        found = await _access(request)
    except VongGacError:
        return HttpResponse(status=403)
    response = StreamingHttpResponse(_events(request, found), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    # A proxy that gathers the answer before it passes it on would make every page look dead.
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(request: HttpRequest, found: Access) -> AsyncIterator[str]:
    tab = Tab(str(request.session.session_key), found.scope)
    with listener.subscribed(tab):
        yield _beat()
        said_at = asked_at = time.monotonic()
        gathered_at, is_due, is_doubted = said_at - GATHER_SECONDS, False, False
        while not listener.is_closed:
            quiet = ACCESS_SECONDS if is_doubted else BEAT_SECONDS
            changes = await _gathered(tab.queue, gathered_at + GATHER_SECONDS, quiet)
            if listener.is_closed:
                return
            gathered_at = time.monotonic()
            is_due = is_due or any(_may_change(found, change) for change in changes)
            if gathered_at - asked_at >= (ACCESS_SECONDS if is_due else QUIET_ACCESS_SECONDS) or _is_over(found):
                try:
                    found = await _access(request)
                except VongGacError:
                    return
                asked_at, is_due, tab.scope = time.monotonic(), False, found.scope
            # With the scope as it was asked last: a role may have moved to another node meanwhile.
            seen = [change for change in changes if found.scope.covers(change["path"])]
            if (seen or is_doubted) and not await sessions.go_on(tab.session_key):
                return
            # What was told with an answer of a moment ago may be what ended it: it is asked again after the second.
            is_doubted = is_due or bool(seen)
            told = [_change(change) for change in seen[-20:]]
            # What others change must not make this tab look dead, nor tell it how busy they are.
            if seen or time.monotonic() - said_at >= BEAT_SECONDS:
                said_at = time.monotonic()
                yield "".join([*told, _beat()])


def _may_change(found: Access, change: Change) -> bool:
    """Whether an access may be another one after a change: of the person, of where organisations stand, or of many."""
    if change["kind"] == "organisation":
        return bool(change["act"] != "organisation.create")
    # Of the many entries of an import only the first are announced, and the import as a whole.
    return change["act"] == "register.import" or (change["kind"], change["id"]) == ("person", found.person.pk)


def _is_over(found: Access) -> bool:
    """Whether emergency access has ended by its own time."""
    return found.break_glass is not None and found.break_glass.to_utc <= machine_now()


async def _gathered(queue: asyncio.Queue[Change], earliest: float, quiet_seconds: float) -> list[Change]:
    """The changes until now, no earlier than a moment of the monotonic clock; empty when none came for so long."""
    try:
        changes = [await asyncio.wait_for(queue.get(), quiet_seconds)]
    except TimeoutError:
        return []
    await asyncio.sleep(max(0.0, earliest - time.monotonic()))
    while not queue.empty():
        changes.append(queue.get_nowait())
    return changes


@sync_to_async
def _access(request: HttpRequest) -> Access:
    """The access as it is now: the session is read afresh, so signing out elsewhere ends the stream."""
    for name in ("_cached_user", "_acached_user"):
        if hasattr(request, name):
            delattr(request, name)
    session = type(request.session)(request.session.session_key)
    request.session = session
    from django.contrib.auth import get_user  # noqa: PLC0415  needs the apps loaded

    with lent_connections():
        request.user = get_user(request)
        return chosen_access(request)


def _beat() -> str:
    moment = now()
    return _event("beat", {"time": f"{times.local(moment):%H:%M:%S}", "theme": frame.times_theme(moment)})


def _change(change: Change) -> str:
    return _event("change", {name: change[name] for name in ("kind", "id", "act", "within_ms")})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
