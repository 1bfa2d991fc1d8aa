"""A transaction that PostgreSQL gives up for another one is carried out once more."""

import threading
import time

import pytest
from django.db import OperationalError, connection, connections, transaction

from tests import cast
from vonggac.cases import services
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.register.models import Person
from vonggac.tenancy.retrying import MOST_ATTEMPTS, retried
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(people) -> Case:
    with scoped(system("tests")):
        ward = people.organisations["p-vinh-hai"]
        [made] = services.open_many(
            [Opening(ward, Kind.BOTNET_HOST, "PC-1", "PC-1", 3, "", None)], at=cast.NOON
        )  # fmt: skip
    return made


def in_the_way_of(person: Person, case: Case) -> threading.Thread:
    """A transaction that holds the person, and asks for the case as soon as somebody waits for the person."""
    held = threading.Event()

    def hold() -> None:
        with scoped(system("tests")):
            Person.objects.select_for_update().get(pk=person.pk)
            held.set()
            with connection.cursor() as cursor:
                waiting = 0
                for _ in range(2_000):
                    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    [waiting] = cursor.fetchone()
                    if waiting:
                        break
                    time.sleep(0.01)
            services.locked(case.pk)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    return thread


def test_a_press_that_the_database_gave_up_is_done_all_the_same_and_told_once(people, case):
    lan, browser = people.people["lan"], people.client("lan")
    other = in_the_way_of(lan, case)
    answer = browser.post(f"/cases/{case.pk}/start/", follow=True)
    other.join()
    with scoped(system("tests")):
        case.refresh_from_db()
    assert (answer.status_code, case.assignee_id) == (200, lan.pk)
    assert answer.content.decode().count('class="flash') == 1


def given_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'given up' USING ERRCODE = 'deadlock_detected'; END $$")


def test_it_is_tried_a_few_times_and_then_the_error_stands(db):
    tried, taken_back = [], []

    def work() -> None:
        tried.append(1)
        with transaction.atomic():
            given_up()

    with pytest.raises(OperationalError, match="given up"):
        retried(work, between=lambda: taken_back.append(1))
    assert (len(tried), len(taken_back)) == (MOST_ATTEMPTS, MOST_ATTEMPTS - 1)


def test_within_another_transaction_it_is_tried_once_because_that_one_is_lost_too(db):
    tried = []

    def work() -> None:
        tried.append(1)
        given_up()

    with pytest.raises(OperationalError), transaction.atomic():
        retried(work)
    assert len(tried) == 1


def test_another_error_is_not_tried_again(db):
    tried = []

    def work() -> None:
        tried.append(1)
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError, match="disk"):
        retried(work)
    assert len(tried) == 1
