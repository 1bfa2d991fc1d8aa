"""Imports of alerts killed at random moments: nothing lost, nothing twice. Three kills, and forty where time allows."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alerts.sources import count, declare, eve, lines
from tests.cast import NOON
from tests.server.worker_process import database_entries
from vonggac.alerts import parts, reading_ahead
from vonggac.alerts.models import Arrival, SetAside, Source
from vonggac.errors import InputError
from vonggac.flows.alert_files import import_file
from vonggac.flows.uploads import lake
from vonggac.lake.contents import contents
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)
DESK = system("tests")
PART_RECORDS = 250
# A moment after so many parts were begun, the process is gone.
IMPORTER = """
import json, os, signal, sys, threading
from pathlib import Path
import django
from django.db import connections
django.setup()
for alias, entry in json.loads(sys.argv[1]).items():
    connections.settings[alias].update(entry)
from vonggac.alerts import parts as parts_of_files, reading_ahead
from vonggac.flows import alert_files
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import system
parts_of_files.PART_RECORDS, reading_ahead.AHEAD_FROM_BYTES = {part_records}, {ahead_from_bytes}
path, parts, seconds = Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
add_to_lake, begun = alert_files._add_to_lake, []
def kill():
    os.kill(os.getpid(), signal.SIGKILL)
def adding(*arguments):
    begun.append(arguments)
    if len(begun) == parts:
        threading.Timer(seconds, kill).start()
    add_to_lake(*arguments)
alert_files._add_to_lake = adding
alert_files.import_file(path, "suricata", system("alerts"), at=now())
"""


@pytest.fixture
def path(own_home, tmp_path, people, monkeypatch) -> Path:
    monkeypatch.setattr(parts, "PART_RECORDS", PART_RECORDS)
    declare(people)
    return tmp_path / "eve.json"


def run_killed(path: Path, parts: int, seconds: float, *, is_ahead: bool) -> bool:
    """Whether an import of the file was at work when it was killed, so many seconds into that part."""
    program = IMPORTER.format(part_records=PART_RECORDS, ahead_from_bytes=0 if is_ahead else 1 << 40)
    command = [sys.executable, "-c", program, json.dumps(database_entries()), str(path), str(parts), str(seconds)]
    environment = {**os.environ, "VONGGAC_HOME": str(path.parent / "home")}
    environment["DJANGO_SETTINGS_MODULE"] = "vonggac.server.settings"
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0


def check(path: Path, records: int, kills: int, most_parts: int, *, is_ahead: bool) -> int:
    """How many of the kills fell into the import; after the last of them it is finished and everything counts once."""
    chance = random.Random(kills)  # noqa: S311  no secret
    events = [eve(n, rule=n % 97, src_ip=f"10.1.{n % 7}.{n % 200}", payload="x" * 300) for n in range(records)]
    path.write_bytes(lines(*events, "{broken"))
    hits = 0
    for _ in range(kills):
        hits += run_killed(path, chance.randint(1, most_parts), chance.uniform(0.0, 0.15), is_ahead=is_ahead)
    with scoped(DESK):
        assert Arrival.objects.get().finished_at is None
    report = import_file(path, "suricata", DESK, at=NOON)
    assert (report.is_known, report.unreadable) == (False, "")
    again = import_file(path, "suricata", DESK, at=NOON)
    assert (again.is_known, again.figures.records, again.figures.rejects) == (True, records, 1)
    with scoped(DESK):
        source, aside = Source.objects.get(), SetAside.objects.get()
    assert (source.records, source.rejects) == (records, 1)
    assert (aside.lines, aside.reasons[0]["line"]) == ([records + 1], records + 1)
    assert count() == records
    assert sum(one.rows for one in contents(lake())) == records
    return hits


@pytest.mark.parametrize("is_ahead", [False, True])
def test_an_import_killed_three_times_counts_everything_once(path, is_ahead):
    assert check(path, 6_000, 3, 6, is_ahead=is_ahead) == 3


def test_an_import_whose_reading_process_was_killed_goes_on_where_it_was(path, monkeypatch):
    path.write_bytes(lines(*(eve(n, rule=n % 97, payload="x" * 300) for n in range(6_000))))
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0)
    started, starting = [], reading_ahead._process

    def killed_after_two_parts(descriptor):
        process = starting(descriptor)
        started.append(process)
        received = reading_ahead._part
        seen = []

        def part(*arguments):
            seen.append(1)
            if len(seen) == 2:
                process.kill()
            return received(*arguments)

        monkeypatch.setattr(reading_ahead, "_part", part)
        return process

    with monkeypatch.context() as patched:
        patched.setattr(reading_ahead, "_process", killed_after_two_parts)
        with pytest.raises(InputError, match="ended"):
            import_file(path, "suricata", DESK, at=NOON)
    assert started[0].poll() == -signal.SIGKILL
    assert 0 < count() < 6_000
    report = import_file(path, "suricata", DESK, at=NOON)
    assert (report.is_known, report.unreadable, count()) == (False, "", 6_000)
    assert sum(one.rows for one in contents(lake())) == 6_000


@pytest.mark.slow
@pytest.mark.parametrize("is_ahead", [False, True])
def test_an_import_killed_forty_times_counts_everything_once(path, is_ahead):
    hits = check(path, 60_000, 40, 5, is_ahead=is_ahead)
    print(f"{hits} of 40 × kill -9 fell into the import: 60,000 records, 0 lost, 0 twice")  # noqa: T201  the figures
    assert hits > 30
