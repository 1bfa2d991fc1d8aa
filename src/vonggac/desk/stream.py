"""Live updates of one tab: that something changed in its scope, which is asked again as changes come.

Events carry a kind and a number, never content: the page reads its live parts again, through its own scope.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from vonggac.desk import frame, people_first, times
from vonggac.desk.access import chosen_access
from vonggac.desk.stream_tabs import BEAT_SECONDS, Change, Tab, Tabs, lent_connections
from vonggac.errors import VongGacError
from vonggac.jobs.clock import machine_now, now
from vonggac.register.access import Access

# While changes of the person come in all the time, the access is asked no more often than this.
ACCESS_SECONDS = 1.0
# What the ledger does not say as it happens: a role that ends by its date.
QUIET_ACCESS_SECONDS = 30.0
MOST_TOLD = 20
# Every tab comes back at once after a restart. They ask in turns: each in a thread of its own, they would wait for the
# pool's connections and for each other until most were given up.
ASKING_AT_ONCE = 4

tabs = Tabs()
_asking: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


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
    with tabs.opened(tab):
        yield _beat()
        # Tabs that came together, as after a restart, would ask together for ever after.
        asked_at, is_due = time.monotonic() - random.random() * QUIET_ACCESS_SECONDS, False  # noqa: S311
        while not tabs.is_closed and (changes := await tab.given()) is not None:
            was_due, is_due = is_due, is_due or any(_may_change(found, change) for change in changes)
            # Asked with the beat before the time is over: a change is told at once, and brings no crowd of questions.
            quiet = QUIET_ACCESS_SECONDS if changes else QUIET_ACCESS_SECONDS - BEAT_SECONDS
            wait = asked_at + (ACCESS_SECONDS if is_due else quiet) - time.monotonic()
            if wait <= 0 or _is_over(found):
                try:
                    found = await _access(request)
                except VongGacError:
                    return
                asked_at, is_due, tab.scope = time.monotonic(), False, found.scope
            elif is_due and not was_due:
                asyncio.get_running_loop().call_later(wait, tab.give, [])
            # With the scope as it was asked last: a role may have moved to another node meanwhile. What others change
            # is no event here, nor a beat, which would tell how busy they are.
            seen = [_change(change) for change in changes if found.scope.covers(change["path"])]
            if seen or not changes:
                yield "".join(seen[-MOST_TOLD:]) or _beat()


def _may_change(found: Access, change: Change) -> bool:
    """Whether an access may be another one after a change: of the person, of where organisations stand, or of many."""
    if change["kind"] == "organisation":
        return bool(change["act"] != "organisation.create")
    # Of the many entries of an import only the first are announced, and the import as a whole.
    return change["act"] == "register.import" or (change["kind"], change["id"]) == ("person", found.person.pk)


def _is_over(found: Access) -> bool:
    """Whether emergency access has ended by its own time."""
    return found.break_glass is not None and found.break_glass.to_utc <= machine_now()


async def _access(request: HttpRequest) -> Access:
    """The access as it is now: the session is read afresh, so signing out elsewhere ends the stream."""
    async with _asking.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(ASKING_AT_ONCE)):
        return await _asked(request)


@sync_to_async
def _asked(request: HttpRequest) -> Access:
    for name in ("_cached_user", "_acached_user"):
        if hasattr(request, name):
            delattr(request, name)
    session = type(request.session)(request.session.session_key)
    request.session = session
    from django.contrib.auth import get_user  # noqa: PLC0415  needs the apps loaded

    with lent_connections(), people_first.pages.going_first(time.monotonic() + people_first.PATIENCE_SECONDS):
        request.user = get_user(request)
        return chosen_access(request)


def _beat() -> str:
    moment = now()
    return _event("beat", {"time": f"{times.local(moment):%H:%M:%S}", "theme": frame.times_theme(moment)})


def _change(change: Change) -> str:
    return _event("change", {name: change[name] for name in ("kind", "id", "act", "within_ms")})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
