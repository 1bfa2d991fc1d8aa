"""Fixtures that need the database: see database_server.py for how it is made."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests import database_server, new_desk
from tests.database_server import TestServer
from tests.duty.mail_sink import MailSink
from vonggac.server.home import Home

if TYPE_CHECKING:
    from tests.cast import Cast
    from vonggac.register.models import Person

# How long an example takes depends on what else the machine does; goals of speed are measured in bench/.
UNTIMED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("quick", max_examples=25, **UNTIMED)
hypothesis.settings.register_profile("thorough", max_examples=200, **UNTIMED)
hypothesis.settings.load_profile("quick")


# Modules with tests of a minute or two, which begin first: the last of them would be waited for by idle processes.
LONG = (
    "test_story",
    "test_alert_story",
    "test_supervisor",
    "test_accessibility",
    "test_duty_story",
    "test_killed_desk",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Every test that touches the database carries the marker `database`, so that CI can run them on a server too.

    Of the tests that are left the long modules stand at the heads of the shares that the processes begin with.
    """
    for item in items:
        names = getattr(item, "fixturenames", [])
        if item.get_closest_marker("django_db") or {"db", "transactional_db", "test_server"} & set(names):
            item.add_marker(pytest.mark.database)
    yield
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    others = iter([item for item in items if item.path.stem not in LONG])
    ordered: list[pytest.Item] = []
    for process in range(processes):
        ordered += [item for item in items if item.path.stem in LONG[process::processes]]
        ordered += islice(others, max(0, len(items) * (process + 1) // processes - len(ordered)))
    items[:] = [*ordered, *others]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that began the run ends its server, also after a failure."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and not hasattr(session.config, "workerinput"):
        basetemp: Path = factory.getbasetemp()
        database_server.stop(database_server.run_folder(basetemp))
        new_desk.forget(basetemp)


@pytest.fixture(scope="session", autouse=True)
def test_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home of this test process alone: no test may touch the home of the person who runs it."""
    home = Home(tmp_path_factory.mktemp("home", numbered=False))
    home.prepare()
    before = settings.VONGGAC_HOME
    settings.VONGGAC_HOME = home
    os.environ["VONGGAC_HOME"] = str(home.path)
    yield home
    settings.VONGGAC_HOME = before


@pytest.fixture
def own_home(settings: Settings, tmp_path: Path) -> Home:
    """A home, and so a lake, of one test alone."""
    home = Home(tmp_path / "home")
    home.prepare()
    settings.VONGGAC_HOME = home
    return home


@pytest.fixture(autouse=True)
def _nothing_counted_before() -> None:
    """No test reads a number that another one counted: a process keeps it for a minute."""
    caches["counts"].clear()


@pytest.fixture
def people(db: None) -> "Cast":
    """The cast, in this test's database; a test of transactions says so by its mark."""
    from tests.cast import assemble  # noqa: PLC0415  needs Django's apps

    return assemble()


@pytest.fixture
def all_reader(people: "Cast") -> "Person":
    """Somebody with every role at the top of the tree, in which rows of every kind stand."""
    from tests.security.planted import plant  # noqa: PLC0415  needs Django's apps
    from vonggac.register.models import Person, Role, RoleName  # noqa: PLC0415
    from vonggac.tenancy.scope import scoped, system  # noqa: PLC0415

    plant(people)
    person, nation = Person.objects.create_user("moi@example.vn", "Kiểm thử"), people.organisations["nation"]
    with scoped(system("tests")):
        for role in RoleName.values:
            Role.objects.create(person=person, organisation=nation, org_path=nation.path, name=role)
    return person


@pytest.fixture
def sink(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The desk's mail server, on a port of this machine, for a sender whose clock stands at the noon of the cast."""
    from tests import cast  # noqa: PLC0415  needs Django's apps

    monkeypatch.setattr("vonggac.flows.messages.now", lambda: cast.NOON)
    made = MailSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 5
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "", False
    yield made
    made.close()


@pytest.fixture(scope="session")
def lay_desk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Home]:
    """Lays a desk as it is after its first start at a place; whoever asks takes its cluster away again."""
    return lambda target: new_desk.lay(target, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def test_server(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> TestServer:
    """The run's PostgreSQL with a template database that was migrated as the owner."""
    folder = database_server.run_folder(tmp_path_factory.getbasetemp())
    with database_server.locked(folder / "lock"):
        server, is_new = database_server.start(folder)
        if is_new:
            with django_db_blocker.unblock():
                point_at(server, server.template)
                call_command("migrate", database="owner", verbosity=0)
                connections.close_all()
    return server


@pytest.fixture(scope="session")
def django_db_setup(
    test_server: TestServer, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database of this test process; transactional tests get a fresh copy after each of them."""
    name = f"{test_server.template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    def renew(_: TransactionTestCase | None = None) -> None:
        # Flushing is no way back here: the application may not truncate, and the ledger forbids deleting.
        connections.close_all()
        database_server.copy_template(test_server, name)

    plain_teardown = TransactionTestCase._fixture_teardown
    with django_db_blocker.unblock():
        renew()
        point_at(test_server, name)
    TransactionTestCase._fixture_teardown = renew  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = plain_teardown  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        connections.close_all()


def point_at(server: TestServer, name: str) -> None:
    """Let Django's three aliases reach the named database of the test server."""
    logins = database_server.named(server.databases(), name)
    for alias, entry in logins.settings().items():
        connections.settings[alias].update(entry)
    settings.VONGGAC_OWNER_ROLE = logins.owner.role
    settings.VONGGAC_APP_ROLE = logins.app.role
    settings.VONGGAC_SEALER_ROLE = logins.sealer.role
    connections.close_all()
