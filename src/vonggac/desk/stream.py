"""Live updates: one event stream a tab, one LISTEN connection a process, the scope asked again as changes come.

Events carry a kind and a number, never content: the page reads its live parts again, through its own scope.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from vonggac.desk import frame, times
from vonggac.desk.access import chosen_access
from vonggac.errors import VongGacError
from vonggac.jobs.clock import now
from vonggac.register.access import Access

CHANNEL = "vonggac_event"
BEAT_SECONDS = 5.0
# An import writes thousands of entries: after a change that a tab is told at once, the next ones come together.
GATHER_SECONDS = 0.2
# While changes come in all the time, the session and the scope are asked no more often than this.
ACCESS_SECONDS = 1.0
# A session may end, or a role be taken away, while nothing changes.
QUIET_ACCESS_SECONDS = 30.0
MOST_WAITING = 1_000
RECONNECT_SECONDS = 1.0

Change = dict[str, Any]


class Listener:
    """The process's one LISTEN connection, open while somebody listens; hands each change to every tab's queue."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change]] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def close(self) -> None:
        """End every stream, and those to come after their first beat; browsers come back by themselves."""
        self.is_closed = True
        for queue in self._queues:
            # It wakes whoever waits; a full queue keeps nobody waiting.
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait({})

    @contextlib.contextmanager
    def subscribed(self) -> Any:
        """A queue of the changes from now on; the last one to leave closes the connection."""
        queue: asyncio.Queue[Change] = asyncio.Queue(MOST_WAITING)
        self._queues.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            yield queue
        finally:
            self._queues.discard(queue)
            if not self._queues and self._task is not None:
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
                change = json.loads(notice.payload)
                for queue in list(self._queues):
                    # A full queue is drained by its tab anyway: one change is as good as a thousand.
                    with contextlib.suppress(asyncio.QueueFull):
                        queue.put_nowait(change)


def _connection() -> dict[str, Any]:
    parameters = connections.settings["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {ours: parameters[theirs] for ours, theirs in names.items() if parameters.get(theirs)}


listener = Listener()


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
    with listener.subscribed() as queue:
        yield _beat()
        said_at = asked_at = time.monotonic()
        gathered_at, is_due = said_at - GATHER_SECONDS, False
        while not listener.is_closed:
            quiet = asked_at + ACCESS_SECONDS - time.monotonic() if is_due else BEAT_SECONDS
            changes = await _gathered(queue, gathered_at + GATHER_SECONDS, quiet)
            if listener.is_closed:
                return
            gathered_at = time.monotonic()
            # What was told with an access of a moment ago may be what ended it: it is asked again after the second.
            is_due = is_due or any(found.scope.covers(change["path"]) for change in changes)
            if gathered_at - asked_at >= (ACCESS_SECONDS if is_due else QUIET_ACCESS_SECONDS):
                try:
                    found = await _access(request)
                except VongGacError:
                    return
                asked_at, is_due = time.monotonic(), False
            # With the scope as it was asked last: a role may have moved to another node meanwhile.
            seen = [change for change in changes if found.scope.covers(change["path"])]
            for change in seen[-20:]:
                yield _event("change", {"kind": change["kind"], "id": change["id"], "act": change["act"]})
            # What others change must not make this tab look dead, nor tell it how busy they are.
            if seen or time.monotonic() - said_at >= BEAT_SECONDS:
                said_at = time.monotonic()
                yield _beat()


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

    try:
        request.user = get_user(request)
        return chosen_access(request)
    finally:
        # A tab stays open for hours: between two questions it must not hold a connection that pages wait for.
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()


def _beat() -> str:
    moment = now()
    return _event("beat", {"time": f"{times.local(moment):%H:%M:%S}", "theme": frame.times_theme(moment)})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
