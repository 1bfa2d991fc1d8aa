"""The end of a web process: open event streams end first, so that the server has nothing left to wait for."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from vonggac.server.body_limit import Application, Receive, Send


class Closing:
    """The application, calling `close` on its loop as soon as the process is told to end.

    A server tells its application only once every answer has ended, and an event stream has no end of its own: uvicorn
    waited its whole patience for each open tab, and then cancelled it with an error.
    """

    def __init__(self, application: Application, close: Callable[[], None]) -> None:
        self.application, self.close = application, close

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on; hold the signals from the server's start to its end."""
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        await receive()
        with _signals_told(self.close):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


@contextlib.contextmanager
def _signals_told(close: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `close` as well as what the server does with them, which stands by then."""
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(close)
        then = before[number]
        if callable(then):
            then(number, frame)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, told)
    try:
        yield
    finally:
        for caught, handler in before.items():
            signal.signal(caught, handler)
