"""The health page and `vonggac check` on real servers, sound and broken."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from tests import database_server
from tests.database_server import remove_cluster
from tests.duty import watch
from tests.server.desk_process import clean_environment
from vonggac.desk import pulse
from vonggac.duty.escalation import engine, letters
from vonggac.duty.escalation import services as escalation
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Escalation, Letter, Shift, Step
from vonggac.jobs.clock import now
from vonggac.server import check, health, migration, roles
from vonggac.server.check import State
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of
from vonggac.tenancy.scope import scoped, system

Usage = namedtuple("Usage", "total used free")


def heartbeat(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )
        cursor.execute(
            "INSERT INTO duty_pager (id, seen_at) VALUES (gen_random_uuid(), now() - make_interval(secs => %s))",
            [seconds_ago],
        )


@pytest.fixture
def migrated(test_server, django_db_setup):
    """The mark of a finished migration on this process's database, as `vonggac migrate` leaves it."""
    name = connection.settings_dict["NAME"]
    owner = database_server.named(test_server.databases(), name).owner
    with roles.connected(owner.connection()) as connected:
        connected.execute(f"COMMENT ON DATABASE \"{name}\" IS '{migration.digest()}'")
        yield
        connected.execute(f'COMMENT ON DATABASE "{name}" IS NULL')


@pytest.mark.django_db
def test_a_desk_with_a_living_worker_is_sound(migrated):
    heartbeat(3)
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"sound": True, "reasons": [], "reasons_vi": []})
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_silent_worker_is_a_reason(migrated):
    heartbeat(61)
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [
        "nothing that calls people gave a sign in the last minute", "no worker gave a sign in the last minute",
    ]  # fmt: skip


@pytest.mark.django_db
def test_waiting_migrations_are_a_reason():
    heartbeat(1)
    assert Client().get("/healthz").json()["reasons"] == ["migrations wait to be applied: run `vonggac migrate`"]


@pytest.mark.django_db
def test_a_full_disk_is_a_reason(migrated, monkeypatch):
    heartbeat(1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 5 * 1024**2))
    assert Client().get("/healthz").json()["reasons"] == ["only 5 MiB are free on the desk's disk"]


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "status"), [(1, 200), (2, 503)])
def test_a_call_that_nobody_gets_is_a_reason(migrated, minutes, status):
    heartbeat(1)
    duty = watch.keep(now())
    begun = now() - timedelta(minutes=minutes)
    with scoped(system("tests")):
        absent = Shift.objects.get(person_name="Chi")
        escalation.start(Reason.CHECK_IN, [Happening("shift", absent.pk, "?")], duty.office, at=begun, post=duty.desk)
        engine.take_due(at=begun)
        letters.write(at=begun)
        # Tried and put off: it is due later, and has waited all the same.
        letters.note_later(Letter.objects.get(), "busy", at=now())
        Step.objects.update(done_at=begun)
    answer = Client().get("/healthz")
    assert answer.status_code == status
    assert all("đã đợi" in reason for reason in answer.json()["reasons_vi"])
    with scoped(system("tests")):
        assert all(part.is_sound for part in pulse.parts(now()) if part.address == "/escalations/") is (status == 200)
    assert [("has been waiting for 1" in reason) for reason in answer.json()["reasons"]] == [True] * (status == 503)


@pytest.mark.django_db
def test_a_step_that_nobody_takes_is_a_reason(migrated):
    heartbeat(1)
    duty = watch.keep(now())
    with scoped(system("tests")):
        begun = now() - timedelta(minutes=5)
        absent = Shift.objects.get(person_name="Chi")
        escalation.start(Reason.CHECK_IN, [Happening("shift", absent.pk, "?")], duty.office, at=begun, post=duty.desk)
    assert "has been waiting for 3" in Client().get("/healthz").json()["reasons"][0]


@pytest.mark.django_db
def test_a_call_that_cannot_be_carried_out_is_a_reason(migrated):
    heartbeat(1)
    duty = watch.keep(now())
    with scoped(system("tests")):
        made = escalation.call("Mất điện", duty.office, at=now(), post=duty.desk)
        Escalation.objects.filter(pk=made.pk).update(plan={"steps": []})
        engine.take_due(at=now())
    assert Client().get("/healthz").json()["reasons"] == [
        "calls cannot be carried out and are tried again: 1; the page of each says why"
    ]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_a_reason(test_server):
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        assert health.database_reasons() == ["the database does not answer"]
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


@pytest.mark.django_db
def test_only_reading_is_allowed():
    assert Client().post("/healthz").status_code == 405


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("check") / "home")
    made.prepare()
    yield made
    remove_cluster(cluster_of(made))


def run_check(home, **environment):
    command = [sys.executable, "-m", "vonggac.cli", "check", "--home", str(home.path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(**environment), check=False)
    return done.returncode, json.loads(done.stdout)


def test_a_home_that_was_never_migrated_and_has_no_worker_is_told_what_to_run(home):
    status, found = run_check(home)
    assert status == 1
    assert found["sound"] is False
    states = {finding["part"]: finding for finding in found["findings"]}
    assert states["database"]["state"] == "sound"
    assert "vonggac migrate" in states["migrations"]["mend"]


def test_a_server_that_does_not_answer_is_a_problem_with_a_mend(home):
    status, found = run_check(home, VONGGAC_DATABASE_URL="postgresql://u@127.0.0.1:1/d")
    problem = next(finding for finding in found["findings"] if finding["part"] == "database")
    assert status == 1
    assert "cannot be reached" in problem["text"]
    assert "VONGGAC_DATABASE_URL" in problem["mend"]


def test_readable_secrets_are_a_problem(tmp_path):
    home = Home(tmp_path / "open")
    home.prepare()
    assert check.examine_secrets(home).state is State.SOUND
    (home.secrets / "secret-key").chmod(0o644)
    finding = check.examine_secrets(home)
    assert finding.state is State.PROBLEM
    assert finding.mend.startswith("chmod go= ")


def test_little_room_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 10**9))
    assert check.examine_disk(Home(tmp_path)).state is State.PROBLEM


def test_without_a_mail_server_messages_stay_and_that_is_a_warning():
    assert [finding.state for finding in check.examine_mail({})] == [State.WARNING]


def test_a_mail_server_that_answers_is_sound_and_one_that_does_not_is_a_problem():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def greet():
            talk, _ = server.accept()
            with talk:
                talk.sendall(b"220 mail.example ESMTP\r\n")
                talk.recv(100)
                talk.sendall(b"221 bye\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        environ = {"VONGGAC_MAIL_HOST": "127.0.0.1", "VONGGAC_MAIL_PORT": str(port), "VONGGAC_MAIL_FROM": "a@b.example"}
        assert [finding.state for finding in check.examine_mail(environ)] == [State.SOUND]
        thread.join()
    assert State.PROBLEM in [finding.state for finding in check.examine_mail(environ)]


@pytest.mark.parametrize(
    ("origin", "state"),
    [
        ("", State.SOUND),
        ("http://127.0.0.1:8000", State.SOUND),
        ("https://desk.example", State.SOUND),
        ("http://desk.example", State.WARNING),
    ],
)
def test_an_address_without_encryption_is_a_warning(origin, state):
    assert [finding.state for finding in check.examine_origin({"VONGGAC_ORIGIN": origin})] == [state]


def test_the_font_of_reports_is_named():
    assert "reports are set in" in check.examine_fonts().text


@pytest.mark.parametrize(("seconds", "state"), [(0.5, State.SOUND), (-1.9, State.SOUND), (3600, State.PROBLEM)])
def test_clocks_that_differ_are_a_problem(seconds, state):
    assert check._clock(seconds).state is state


@pytest.mark.django_db(transaction=True)
def test_the_database_part_sees_worker_and_failed_jobs(migrated, test_server):
    heartbeat(5)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) "
            "VALUES ('q', 'broken', '{}', 'failed')"
        )
    name = connection.settings_dict["NAME"]
    logins = database_server.named(test_server.databases(), name)
    findings = {finding.part: finding for finding in check.examine_database(test_server.home, logins)}
    assert findings["worker"].state is State.SOUND
    assert findings["jobs"].state is State.WARNING
    assert "broken (1)" in findings["jobs"].text
