"""What people ask for is made before what open pages read again: one live part at a time, and none beside a page."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from tests.desk.conftest import SignIn
from vonggac.desk import people_first
from vonggac.desk.people_first import Pages, PeopleFirst

PATIENCE = 0.4
LIVE = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_first, "PATIENCE_SECONDS", PATIENCE)


class Making:
    """A page that asks the database twice, once it may; `asked` says at which moments it had an answer."""

    def __init__(self) -> None:
        self.begun, self.may_ask = threading.Event(), threading.Event()
        self.asked: list[float] = []

    def __call__(self, _request: object) -> HttpResponse:
        self.begun.set()
        assert self.may_ask.wait(10)
        try:
            for _ in range(2):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                self.asked.append(time.monotonic())
        finally:
            connection.close()
        return HttpResponse()


def begin(work: Callable[[], object]) -> "Future[object]":
    """In a thread of its own, as each request has."""
    return ThreadPoolExecutor(1).submit(work)


@pytest.mark.django_db
def test_a_live_part_under_way_stands_still_while_a_page_is_made() -> None:
    pages, making = Pages(), Making()
    desk = PeopleFirst(making, pages)
    live = begin(lambda: desk(RequestFactory().get("/", **LIVE)))
    assert making.begun.wait(10)
    with pages.one():
        making.may_ask.set()
        time.sleep(PATIENCE / 2)
        assert making.asked == []
        over = time.monotonic()
    live.result(10)
    assert len(making.asked) == 2
    assert over <= making.asked[0]


@pytest.mark.django_db
def test_a_live_part_stands_still_no_longer_than_its_patience() -> None:
    pages, making = Pages(), Making()
    making.may_ask.set()
    begin_at = time.monotonic()
    with pages.one():
        begin(lambda: PeopleFirst(making, pages)(RequestFactory().get("/", **LIVE))).result(10)
    # Its patience is for all its questions together.
    assert making.asked[0] - begin_at >= PATIENCE
    assert making.asked[1] - making.asked[0] < PATIENCE / 2


@pytest.mark.parametrize(
    ("request_", "number"),
    [
        (RequestFactory().get("/"), 1),
        (RequestFactory().post("/", **LIVE), 1),
        (RequestFactory().get("/", **LIVE), 0),
        (RequestFactory().get("/stream"), 0),
    ],
)
def test_pages_and_forms_are_what_others_give_way_to(request_: object, number: int) -> None:
    pages, found = Pages(), []

    def made(_request: object) -> HttpResponse:
        found.append(pages.number)
        return HttpResponse()

    PeopleFirst(made, pages)(request_)
    assert (found, pages.number) == ([number], 0)


def test_a_page_that_fails_holds_nothing_up() -> None:
    pages = Pages()

    def failing(_request: object) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        PeopleFirst(failing, pages)(RequestFactory().get("/"))
    assert pages.number == 0


def test_live_parts_are_made_in_turns_and_none_waits_long_behind_a_slow_one() -> None:
    begun: list[float] = []
    over = threading.Event()

    def slow(_request: object) -> HttpResponse:
        begun.append(time.monotonic())
        assert over.wait(10)
        return HttpResponse()

    desk = PeopleFirst(slow, Pages())
    parts = [begin(lambda: desk(RequestFactory().get("/", **LIVE))) for _ in range(2)]
    try:
        time.sleep(PATIENCE / 2)
        assert len(begun) == 1
        time.sleep(PATIENCE)
        assert len(begun) == 2
    finally:
        over.set()
    for one in parts:
        one.result(10)
    # The turn that was not had is not given back either: again one at a time.
    over.clear()
    again = [begin(lambda: desk(RequestFactory().get("/", **LIVE))) for _ in range(2)]
    time.sleep(PATIENCE / 2)
    assert len(begun) == 3
    over.set()
    for one in again:
        one.result(10)


@pytest.mark.django_db
def test_the_desk_makes_its_pages_so(sign_in: SignIn) -> None:
    client = sign_in("ha")
    with people_first.pages.one():
        begin_at = time.monotonic()
        assert client.get("/cases/alerts/", **LIVE).status_code == 200
    assert time.monotonic() - begin_at >= PATIENCE
