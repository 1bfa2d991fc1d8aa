"""`vonggac up` as its users run it: starting, healing, stopping."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests.database_server import remove_cluster
from tests.server.desk_process import Desk, clean_environment, free_port
from vonggac.errors import ConfigurationError
from vonggac.server import databases, supervisor
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of


@pytest.fixture(scope="module")
def home(lay_desk, tmp_path_factory):
    made = lay_desk(tmp_path_factory.mktemp("up") / "home")
    yield made
    remove_cluster(cluster_of(made))


@pytest.fixture
def desk(home):
    running = Desk(home, free_port())
    yield running
    if running.process.poll() is None:
        running.stop()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_one_command_starts_a_sound_desk_and_ctrl_c_stops_all_of_it(desk):
    desk.wait_until_sound()
    desk.wait(lambda: desk.said(f"The desk is up: {desk.address}"))
    children = desk.children()
    assert set(children) == {"web", "worker", "alerts"}
    assert desk.stop() == 0
    assert desk.lines[-1] == "Stopped."
    assert not any(is_alive(pid) for pid in children.values())
    assert not cluster_of(desk.home).is_running()


@pytest.mark.slow
def test_a_second_start_prepares_no_database_again(desk):
    """What makes it quick; `./vg bench startup` measures it."""
    desk.wait_until_sound()
    assert not desk.said("Preparing the database")


@pytest.mark.parametrize("part", ["web", pytest.param("worker", marks=pytest.mark.slow)])
def test_a_part_that_crashes_is_started_again_and_it_is_said(desk, part):
    desk.wait_until_sound()
    before = desk.children()[part]
    os.kill(before, signal.SIGKILL)
    desk.wait(lambda: desk.said(f"The {part} ended unexpectedly (killed by SIGKILL)"))
    desk.wait(lambda: desk.children().get(part, before) != before)
    desk.wait_until_sound()


@pytest.mark.slow
def test_a_database_that_crashes_is_started_again_and_it_is_said(desk):
    desk.wait_until_sound()
    cluster_of(desk.home).kill()
    desk.wait(lambda: desk.said("The database stopped unexpectedly"))
    desk.wait_until_sound()


@pytest.mark.slow
def test_pages_borrow_their_connections(desk):
    desk.wait_until_sound()
    before = sessions_opened(desk.home)
    assert {desk.get("/healthz")[0] for _ in range(40)} == {200}
    # The worker opens one now and then, and so does this test; a page of its own would have made them 40.
    assert sessions_opened(desk.home) - before < 20


def sessions_opened(home: Home) -> int:
    """How many connections the desk's database has seen."""
    reached = cluster_of(home).connection(role="vonggac_owner", database=databases.EMBEDDED_DATABASE)
    with psycopg.connect(**reached) as connection:
        row = connection.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def test_the_parts_end_when_the_supervisor_is_killed_and_the_next_start_is_sound(desk, home):
    desk.wait_until_sound()
    children = desk.children()
    desk.process.kill()
    desk.process.wait()
    desk.close()
    desk.wait(lambda: not any(is_alive(pid) for pid in children.values()))
    again = Desk(home, free_port())
    again.wait_until_sound()
    assert again.stop(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_second_desk_on_one_home_is_refused(desk, home):
    desk.wait_until_sound()
    command = [sys.executable, "-m", "vonggac.cli", "up", "--home", str(home.path), "--port", str(desk.port)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    assert done.returncode == 1
    assert f"a desk already runs on {desk.address}" in done.stderr
    assert desk.health()[0] == 200


@pytest.mark.slow
def test_another_command_may_use_the_database_of_a_running_desk_and_leaves_it_running(desk, home):
    desk.wait_until_sound()
    command = [sys.executable, "-m", "vonggac.cli", "check", "--json", "--home", str(home.path)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stdout
    assert desk.health()[0] == 200


@pytest.mark.slow
def test_a_job_whose_worker_was_killed_runs_again_within_thirty_seconds(desk):
    """Put into the state that kill -9 leaves: taken by a worker that gives no more signs."""
    desk.wait_until_sound()
    login = databases.embedded(desk.home).app
    with psycopg.connect(**login.connection(), autocommit=True) as connection:
        worker = connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        ).fetchone()[0]
        number = connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id) "
            "VALUES ('builtin', 'queue.remove_finished', '{\"timestamp\": 0}', 'doing', %s) RETURNING id",
            [worker],
        ).fetchone()[0]

        def is_done() -> bool:
            query = "SELECT status::text FROM procrastinate_jobs WHERE id = %s"
            return connection.execute(query, [number]).fetchone() == ("succeeded",)

        desk.wait(is_done, seconds=30)
        assert is_done()


@pytest.mark.slow
def test_a_taken_port_is_said_before_anything_starts(home):
    port = free_port()
    holder = Desk(home, port)
    try:
        holder.wait(lambda: holder.get("/healthz")[0] != 0)
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            supervisor.refuse_taken_port("127.0.0.1", port)
    finally:
        holder.stop()


def test_the_pause_before_a_restart_doubles_and_falls_back_after_a_sound_minute():
    part = supervisor.Part("web", [sys.executable, "-c", "raise SystemExit(3)"])
    reading, writing = os.pipe()
    pauses = []
    now = 0.0
    for lived_seconds in (1, 1, 1, 1, 1, 1, 1, 100):
        part.start(reading, now)
        part.process.wait()
        now += lived_seconds
        assert part.note_crash(now) == 3
        pauses.append(part.next_start_at - now)
    os.close(reading)
    os.close(writing)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1]


@pytest.mark.slow
def test_ctrl_c_with_open_tabs_ends_quietly_and_soon(desk):
    desk.wait_until_sound()
    tab = signed_in(desk)
    streams = [tab.open(desk.address + "/stream", timeout=30) for _ in range(3)]
    assert {stream.readline() for stream in streams} == {b"event: beat\n"}
    before = time.monotonic()
    assert desk.stop() == 0
    assert time.monotonic() - before < 8
    assert desk.lines[-2:] == ["Stopping …", "Stopped."]
    assert not any("ERROR" in line or "Traceback" in line for line in desk.lines)
    # Each has come to its end, whole (one that is cut raises): a browser then opens it again by itself.
    assert {stream.read()[-2:] for stream in streams} == {b"\n\n"}


def signed_in(desk: Desk) -> urllib.request.OpenerDirector:
    """A browser of whoever set the desk up with the link that it printed."""
    tab = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def send(address: str, **fields: str) -> None:
        secret = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', tab.open(address, timeout=20).read().decode())
        assert secret is not None
        tab.open(address, urlencode({"csrfmiddlewaretoken": secret[1], **fields}).encode(), timeout=20).read()

    desk.wait(lambda: desk.said("The desk is up: "))
    send(next(line.split()[-1] for line in desk.lines if "The desk is up: " in line))
    office = {
        "name": "Sở Hạc Trắng",
        "kind": "province",
        "code": "so",
        "person_name": "Hà",
        "person_email": "ha@so.example",
    }
    send(desk.address + "/setup", **office)
    return tab
