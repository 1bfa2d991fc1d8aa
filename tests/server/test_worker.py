"""What becomes of the jobs of a worker that was killed."""

import pytest
from django.db import connection
from procrastinate.contrib.django.procrastinate_app import current_app

from tests import loops
from vonggac import jobs
from vonggac.jobs import registry
from vonggac.server import worker

pytestmark = pytest.mark.django_db(transaction=True)


def sweep() -> int:
    """One look for jobs of dead workers, over a connection of its own as in the worker."""

    async def once() -> int:
        with current_app.replace_connector(current_app.connector.get_worker_connector()) as working:
            async with working.open_async():
                return await worker.put_back(working)

    return loops.run(once())


def kill_during(number: int, attempts: int = 0) -> None:
    """Leave the job as a worker leaves it that is killed in the middle and forgotten since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = %s WHERE id = %s",
            [attempts, number],
        )


def state_of(number: int) -> str:
    """What the queue says about the job."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [number])
        return str(cursor.fetchone()[0])


def test_the_job_of_a_killed_worker_waits_again():
    number = jobs.defer("botnet.place", once="botnet.place")
    kill_during(number)
    assert sweep() == 1
    assert state_of(number) == "todo"


def test_a_job_whose_twin_waits_already_ends_and_the_worker_goes_on():
    killed = jobs.defer("botnet.place", once="botnet.place")
    kill_during(killed)
    twin = jobs.defer("botnet.place", once="botnet.place")
    other = jobs.defer("message.send", queue="messages")
    kill_during(other)
    assert sweep() == 1
    assert (state_of(killed), state_of(twin), state_of(other)) == ("aborted", "todo", "todo")


def test_a_job_that_kills_every_worker_is_given_up():
    number = jobs.defer("message.send", queue="messages")
    kill_during(number, attempts=registry.MOST_ATTEMPTS)
    assert sweep() == 0
    assert state_of(number) == "failed"
