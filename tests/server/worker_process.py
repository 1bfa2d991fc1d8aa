"""A real worker on the test's own database, for tests that kill it or give it more work than it has hands."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

WORKER = """
import json, sys, time
from pathlib import Path
import django
from django.db import connections
django.setup()
for alias, entry in json.loads(sys.argv[1]).items():
    connections.settings[alias].update(entry)
from vonggac import jobs
{jobs}
from vonggac.server import worker
worker.run(1)
"""
# The job ends when the file in its argument exists, and says its beginning and end.
WAITS = """
@jobs.job("tests.waits")
def waits(gate):
    print("begins", flush=True)
    while not Path(gate).exists():
        time.sleep(0.05)
    print("ends", flush=True)
"""
ALIASES = ("default", "owner", "sealer")
Start = Callable[..., subprocess.Popen]


def database_entries() -> dict[str, dict[str, str]]:
    """What a process needs to reach the test's own database, by Django's alias."""
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    return {alias: {key: str(connections.settings[alias].get(key, "")) for key in keys} for alias in ALIASES}


@contextmanager
def workers(more_jobs: str = "") -> Iterator[Start]:
    """Starts workers (each with more of the environment); whatever still runs at the end is ended."""
    running: list[subprocess.Popen] = []
    entries = json.dumps(database_entries())
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "vonggac.server.settings"}

    def begin(**more: str) -> subprocess.Popen:
        command = [sys.executable, "-c", WORKER.replace("{jobs}", more_jobs), entries]
        process = subprocess.Popen(command, env=environment | more, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()
