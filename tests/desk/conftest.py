"""The desk's pages as people see them: a client signed in as one of the cast."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests import database_server
from tests.cast import NOON
from tests.conftest import point_at
from tests.database_server import TestServer
from tests.desk import exhibit
from tests.desk.exhibit import Exhibit
from tests.duty.office import Office, open_office
from vonggac.duty.patterns import day_of
from vonggac.duty.services import members
from vonggac.tenancy.scope import scoped

FOLDER = Path(__file__).parent
SignIn = Callable[[str], Client]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test that rolls back find the exhibit standing: it is made once a process, and not once a test.

    Its database has to be chosen before the marker `django_db` begins the transaction, which comes before all fixtures.
    """
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        marker = item.get_closest_marker("django_db")
        commits = "transactional_db" in names or (marker is not None and marker.kwargs.get("transaction"))
        if item.path.is_relative_to(FOLDER) and "desk" in names and not commits:
            names.insert(0, "exhibited")


@pytest.fixture(scope="session")
def exhibition(
    test_server: TestServer, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Callable[[], Exhibit]:
    """Turns to a database that holds the exhibit, and tells what stands there."""
    name, plain = f"{connection.settings_dict['NAME']}_exhibit", connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        database_server.copy_template(test_server, name)
        point_at(test_server, name)
        made = exhibit.assemble()
        point_at(test_server, plain)

    def turn_to() -> Exhibit:
        point_at(test_server, name)
        # A test may change what it was given.
        return copy.deepcopy(made)

    return turn_to


@pytest.fixture
def exhibited(exhibition, test_server: TestServer) -> Iterator[Exhibit]:
    """The exhibit in a database of its own, until the test is over."""
    plain = connection.settings_dict["NAME"]
    yield exhibition()
    point_at(test_server, plain)


@pytest.fixture
def desk(request: pytest.FixtureRequest, db, monkeypatch) -> Exhibit:
    """The exhibit, on a desk whose clock stands at noon: pages tell the same in every run."""
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    if "exhibited" in request.fixturenames:
        standing: Exhibit = request.getfixturevalue("exhibited")
        return standing
    return exhibit.assemble()


@pytest.fixture
def sign_in(desk) -> SignIn:
    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "vi"})
        client.force_login(desk.people.people[name])
        return client

    return as_


@pytest.fixture
def office(desk) -> Office:
    """A monitoring post from noon on, with six people; Hà has an account and stands there too."""
    with scoped(desk.people.scope("ha")):
        made = open_office(desk.people, at=NOON, on=day_of(NOON))
        fields = members.MemberFields("Hà", person=desk.people.people["ha"], skills=("lead",))
        made.members["Hà"] = members.add_member(made.organisation, fields, [made.post], at=NOON)
        return made
