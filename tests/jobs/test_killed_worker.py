"""A real worker killed in the middle of a job: another runs it again, soon, and once."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection, connections

from vonggac import jobs

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# The job ends when the file in its argument exists, and says its beginning and end.
WORKER = """
import json, sys, time
from pathlib import Path
import django
from django.db import connections
django.setup()
for alias, entry in json.loads(sys.argv[1]).items():
    connections.settings[alias].update(entry)
from vonggac import jobs
@jobs.job("tests.waits")
def waits(gate):
    print("begins", flush=True)
    while not Path(gate).exists():
        time.sleep(0.05)
    print("ends", flush=True)
from vonggac.server import worker
worker.run(1)
"""


@pytest.fixture
def start():
    """Starts a worker on the test's own database; whatever still runs at the end is ended."""
    running: list[subprocess.Popen] = []
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    entries = {alias: {key: connections.settings[alias].get(key, "") for key in keys} for alias in ("default", "owner")}
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "vonggac.server.settings"}

    def begin() -> subprocess.Popen:
        command = [sys.executable, "-c", WORKER, json.dumps(entries, default=str)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


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
