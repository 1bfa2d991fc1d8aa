"""Deferring, declaring and running jobs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from vonggac import jobs
from vonggac.errors import ConfigurationError
from vonggac.jobs import registry


@pytest.fixture
def seen():
    """Arguments with which the job `tests.note` ran."""
    found = []

    @jobs.job("tests.note", queue="slow")
    def note(**arguments):
        found.append(arguments)

    yield found
    registry.forget("tests.note")


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, queue_name, status::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


@pytest.mark.django_db
def test_a_job_is_put_in_by_name_without_anybody_knowing_it():
    assert isinstance(jobs.defer("tests.unheard", queue="slow", case=7), int)
    assert waiting() == [("tests.unheard", "slow", "todo")]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_rolled_back_transaction_never_was():
    def fail_after_deferring():
        with transaction.atomic():
            jobs.defer("tests.note")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_deferring()
    assert waiting() == []


@pytest.mark.django_db
def test_waiting_jobs_run_in_order_with_their_arguments(seen):
    jobs.defer("tests.note", number=1, nested={"words": ["a", "b"]})
    jobs.defer("tests.note", number=2)
    assert jobs.run_waiting() == 2
    assert seen == [{"number": 1, "nested": {"words": ["a", "b"]}}, {"number": 2}]
    assert {status for *_, status in waiting()} == {"succeeded"}


@pytest.mark.django_db
def test_at_most_the_wanted_number_runs(seen):
    for number in range(3):
        jobs.defer("tests.note", number=number)
    assert jobs.run_waiting(most=2) == 2
    assert len(seen) == 2


@pytest.mark.django_db
def test_a_job_for_later_stays(seen):
    jobs.defer("tests.note", not_before=datetime.now(UTC) + timedelta(hours=1))
    assert jobs.run_waiting() == 0
    assert seen == []


@pytest.mark.django_db
def test_a_word_that_waits_is_not_put_in_twice_and_the_transaction_goes_on(seen):
    assert jobs.defer("tests.note", once="daily") is not None
    assert jobs.defer("tests.note", once="daily") is None
    assert jobs.run_waiting() == 1
    assert jobs.defer("tests.note", once="daily") is not None


@pytest.mark.django_db
def test_a_job_that_nobody_declared_is_said():
    jobs.defer("tests.unheard")
    with pytest.raises(ConfigurationError, match=r"tests\.unheard"):
        jobs.run_waiting()


@pytest.mark.django_db(transaction=True)
def test_the_error_of_a_job_reaches_the_caller_and_the_job_is_not_done():
    @jobs.job("tests.broken")
    def broken():
        raise ZeroDivisionError

    jobs.defer("tests.broken")
    with pytest.raises(ZeroDivisionError):
        jobs.run_waiting()
    registry.forget("tests.broken")
    assert [status for *_, status in waiting()] == ["doing"]


def test_a_declared_function_stays_callable(seen):
    registry.known["tests.note"].function(word="plain")
    assert seen == [{"word": "plain"}]
    assert "tests.note" in registry.names()


def test_two_functions_cannot_share_a_name(seen):
    with pytest.raises(ValueError, match=r"two jobs are called tests\.note"):

        @jobs.job("tests.note")
        def other():
            pass


def test_a_periodic_job_does_not_get_the_due_time():
    ran = []
    registry.Job("tests.tick", lambda **given: ran.append(given), periodic="* * * * *").run({"timestamp": 5})
    assert ran == [{}]
