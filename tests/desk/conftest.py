"""The desk's pages as people see them: a client signed in as one of the cast."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import NOON
from tests.desk import exhibit
from tests.desk.exhibit import Exhibit

SignIn = Callable[[str], Client]


@pytest.fixture
def desk(db, monkeypatch) -> Exhibit:
    """The exhibit, on a desk whose clock stands at noon: pages tell the same in every run."""
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    return exhibit.assemble()


@pytest.fixture
def sign_in(desk) -> SignIn:
    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "vi"})
        client.force_login(desk.people.people[name])
        return client

    return as_
