"""A real worker killed in the middle of a job: another runs it again, soon, and once."""

import os
import signal
import time

import pytest
from django.db import connection

from tests.server.worker_process import WAITS, workers
from vonggac import jobs

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def start():
    with workers(WAITS) as begin:
        yield begin


def status_and_attempts() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'tests.waits'")
        return cursor.fetchone()


def test_the_job_of_a_killed_worker_runs_again_within_thirty_seconds(start, tmp_path):
    gate = tmp_path / "gate"
    jobs.defer("tests.waits", gate=str(gate))
    first = start()
    assert first.stdout.readline() == "begins\n"
    assert status_and_attempts()[0] == "doing"
    killed = time.monotonic()
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)

    second = start()
    assert second.stdout.readline() == "begins\n"
    assert time.monotonic() - killed < 30
    gate.touch()
    assert second.stdout.readline() == "ends\n"
    deadline = time.monotonic() + 10
    while status_and_attempts()[0] != "succeeded":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    second.terminate()
    assert second.stdout.read() == "", "a finished job is not begun a third time"
