"""The embedded PostgreSQL, with real servers."""

import os
import shutil
import stat
from dataclasses import replace

import psycopg
import pytest

from tests.database_server import FAST, remove_cluster
from vonggac.errors import ConfigurationError
from vonggac.server import postgres
from vonggac.server.account import running_account
from vonggac.server.home import Home
from vonggac.server.postgres import Cluster, cluster_of


@pytest.fixture
def cluster(tmp_path):
    home = Home(tmp_path / "desk")
    home.prepare()
    made = replace(cluster_of(home), settings=FAST)
    yield made
    remove_cluster(made)


def ask(cluster: Cluster, statement: str, **connection: str):
    with psycopg.connect(**cluster.connection(**connection), autocommit=True) as opened:
        cursor = opened.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_a_new_cluster_starts_answers_and_stops(cluster):
    assert not cluster.is_running()
    cluster.start()
    assert cluster.is_running()
    assert ask(cluster, "SELECT current_setting('server_version_num')::int >= 180000") == (True,)
    cluster.stop()
    assert not cluster.is_running()


def test_starting_and_stopping_twice_is_quiet(cluster):
    cluster.start()
    first = cluster.process_id()
    cluster.start()
    assert cluster.process_id() == first
    cluster.stop()
    cluster.stop()


def test_no_network_port_is_open_and_pages_carry_checksums(cluster):
    cluster.start()
    assert ask(cluster, "SELECT current_setting('listen_addresses'), current_setting('data_checksums')") == ("", "on")
    assert ask(cluster, "SELECT current_setting('server_encoding'), datlocale FROM pg_database LIMIT 1") == (
        "UTF8",
        "C.UTF-8",
    )


def test_only_named_users_of_the_machine_are_admitted(cluster):
    cluster.start()
    rules = (cluster.data / "pg_hba.conf").read_text()
    assert "trust" not in rules
    assert rules.count("peer map=vonggac") == len(rules.splitlines())
    users = {line.split()[1] for line in (cluster.data / "pg_ident.conf").read_text().splitlines()}
    assert users <= {"root", "vonggac", running_account().name}


def test_a_killed_server_comes_back_with_what_was_committed(cluster):
    durable = replace(cluster, settings={})
    durable.start()
    ask(durable, "CREATE TABLE kept AS SELECT 7 AS number")
    durable.kill()
    assert not durable.is_running()
    durable.start()
    assert ask(durable, "SELECT number FROM kept") == (7,)


def test_the_number_of_a_dead_server_taken_by_another_process_does_not_hold_the_start_up(cluster):
    cluster.start()
    cluster.kill()
    pid_file = cluster.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    cluster.start()
    assert cluster.is_running()


def test_an_initialisation_that_was_cut_short_is_made_anew(cluster):
    aside = cluster.data.with_name("data.part")
    aside.mkdir(parents=True)
    (aside / "PG_VERSION").write_text("18\n")
    cluster.start()
    assert cluster.is_running()
    assert not aside.exists()


def test_a_start_that_fails_says_why(cluster):
    cluster.start()
    cluster.stop()
    broken = replace(cluster, settings={"shared_buffers": "no number"})
    with pytest.raises(ConfigurationError, match=r"did not start(.|\n)*shared_buffers"):
        broken.start()


def test_folders_that_are_not_ours_keep_their_permissions(tmp_path):
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    home = Home(parent / "desk")
    home.prepare()
    made = replace(cluster_of(home), settings=FAST)
    try:
        made.start()
        assert made.is_running()
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    finally:
        remove_cluster(made)


def test_a_long_home_gets_a_short_socket_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    long = cluster_of(Home(tmp_path / ("x" * 120)))
    assert len(str(long.sockets)) < postgres.LONGEST_SOCKET_FOLDER
    short = cluster_of(Home(tmp_path.__class__("/srv/desk")))
    assert str(short.sockets) == "/srv/desk/run"


def test_two_homes_have_two_clusters(tmp_path):
    assert cluster_of(Home(tmp_path / "a")).data != cluster_of(Home(tmp_path / "b")).data


def test_a_socket_folder_that_others_may_write_to_is_refused(cluster):
    cluster.sockets.mkdir(parents=True)
    cluster.sockets.chmod(0o777)
    with pytest.raises(ConfigurationError, match="others may write"):
        cluster.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only a root's cluster stands outside its home")
def test_a_home_made_anew_at_the_same_place_does_not_get_the_old_data(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    before = cluster_of(home)
    assert cluster_of(home) == before
    shutil.rmtree(home.path)
    home.prepare()
    assert cluster_of(home).data != before.data
