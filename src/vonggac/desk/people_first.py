"""Pages that somebody waits for come before what open pages ask for by themselves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

# A live part gives way no longer than this: neither much that is asked beside it nor one that takes long keeps it.
PATIENCE_SECONDS = 0.5


class Pages:
    """The pages that one process makes now."""

    def __init__(self) -> None:
        self.number = 0
        self._fewer = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more, as long as it is made."""
        with self._fewer:
            self.number += 1
        try:
            yield
        finally:
            with self._fewer:
                self.number -= 1
                self._fewer.notify_all()

    @contextmanager
    def going_first(self, until: float) -> Iterator[None]:
        """What is done meanwhile stands still at its next question to the database, but not beyond that moment.

        `until` is one of `time.monotonic`.
        """

        def asked(execute: Callable[..., Any], *question: Any) -> Any:
            # A live part asks some twenty of them: it stands still within a millisecond or two.
            if self.number:
                with self._fewer:
                    self._fewer.wait_for(lambda: not self.number, _left(until))
            return execute(*question)

        with connection.execute_wrapper(asked):
            yield


pages = Pages()


class PeopleFirst:
    """Middleware: live parts are made one at a time, and stand still while a page is made.

    All that a process makes at once shares an interpreter: where three pages are under way, each takes three times as
    long, and of a crowd that reads again one or two always are.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase], under_way: Pages = pages) -> None:
        self.get_response, self._pages = get_response, under_way
        self._turn = threading.Semaphore()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response: of a page at once, of a live part in its turn; a stream is no page, and gives way by itself."""
        if request.path == reverse("stream"):
            return self.get_response(request)
        with self._in_turn() if is_live(request) else self._pages.one():
            return self.get_response(request)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        until = time.monotonic() + PATIENCE_SECONDS
        has_turn = self._turn.acquire(timeout=_left(until))
        try:
            with self._pages.going_first(until):
                yield
        finally:
            if has_turn:
                self._turn.release()


def is_live(request: HttpRequest) -> bool:
    """Whether an open page asks by itself: what people ask of htmx is sent with POST."""
    return request.method == "GET" and request.headers.get("HX-Request") == "true"


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())
