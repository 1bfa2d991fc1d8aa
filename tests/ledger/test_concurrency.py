"""Many writers beside the sealer, and a sealer killed in the middle: the chain is whole and holds every entry once."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.db import connection, connections

from tests import cast
from vonggac.ledger import services
from vonggac.ledger.models import Seal
from vonggac.ledger.verification import verify
from vonggac.tenancy.scope import Scope, scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
WRITERS, ENTRIES_EACH = 16, 12
# Seals without end in a process of its own, on the databases named in the environment of the test.
SEALER = """
import json, os, sys
import django
from django.conf import settings
from django.db import connections
django.setup()
for alias, entry in json.loads(sys.argv[1]).items():
    connections.settings[alias].update(entry)
from vonggac.ledger.services import seal
print("ready", flush=True)
while True:
    seal(limit=3)
"""


def write(writer: int, errors: list[BaseException]) -> None:
    """Entries in transactions of different lengths; every third is rolled back."""
    try:
        for number in range(ENTRIES_EACH):
            try:
                with scoped(Scope(f"person:{writer}", "000001/")):
                    services.record("case.claim", "case", number, "000001/", at=cast.NOON, writer=writer)
                    if number % 4 == writer % 4:
                        time.sleep(0.002)
                    if number % 3 == 2:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                continue
    except BaseException as error:  # noqa: BLE001  every failure is the test's to see
        errors.append(error)
    finally:
        connection.close()


def write_all() -> None:
    errors: list[BaseException] = []
    threads = [threading.Thread(target=write, args=(writer, errors)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        services.seal(limit=7)
    for thread in threads:
        thread.join()
    assert errors == []


def seal_all() -> None:
    while services.seal():
        pass


def sealed_once_each(expected: int) -> bool:
    rows = list(Seal.objects.using("sealer").order_by("sequence").values_list("sequence", "entry_id"))
    assert [sequence for sequence, _ in rows] == list(range(1, expected + 1))
    return len({entry for _, entry in rows}) == expected


def test_sixteen_writers_beside_the_sealer_leave_one_chain_with_every_entry_once():
    write_all()
    seal_all()
    found = verify()
    assert (found.is_sound, found.unsealed, found.sealed) == (True, (), WRITERS * ENTRIES_EACH * 2 // 3)
    assert sealed_once_each(found.sealed)


def test_a_checkpoint_taken_in_the_middle_holds_after_all_that_followed():
    write_all()
    point = services.checkpoint()
    assert point is not None
    write_all()
    seal_all()
    assert verify([point]).is_sound


def test_four_sealers_at_once_make_one_chain():
    for writer in range(3):
        write(writer, [])
    gate = threading.Barrier(4)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            gate.wait(10)
            while services.seal(limit=2):
                pass
        except BaseException as error:  # noqa: BLE001  every failure is the test's to see
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert verify().is_sound
    assert sealed_once_each(3 * ENTRIES_EACH * 2 // 3)


def sealer_process() -> subprocess.Popen:
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    entries = {a: {k: connections.settings[a].get(k, "") for k in keys} for a in ("default", "owner", "sealer")}
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "vonggac.server.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", SEALER, json.dumps(entries, default=str)], env=environment, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def test_a_sealer_killed_in_the_middle_leaves_no_half_link(test_server):
    for writer in range(WRITERS):
        write(writer, [])
    entries = WRITERS * ENTRIES_EACH * 2 // 3
    sealer = sealer_process()
    assert sealer.stdout is not None
    assert sealer.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 20
    while Seal.objects.using("sealer").count() < entries // 4:
        assert time.monotonic() < deadline, "the sealer seals nothing"
    os.kill(sealer.pid, signal.SIGKILL)
    sealer.wait(10)
    sealer.stdout.close()
    half = verify()
    assert half.is_sound
    assert half.sealed + len(half.unsealed) == entries
    seal_all()
    assert verify([half.head] if half.head else []).is_sound
    assert sealed_once_each(entries)


def test_a_sealer_whose_server_connection_is_cut_goes_on_with_the_next(test_server):
    write(1, [])
    services.seal(limit=2)
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**{**test_server.administrator(), "dbname": name}, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
    connections.close_all()
    seal_all()
    assert verify().is_sound
    assert sealed_once_each(ENTRIES_EACH * 2 // 3)
