"""Backup and restore of whole homes, with real servers."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from tests import database_server
from tests.database_server import remove_cluster
from vonggac.errors import BackupDamaged, InputError, Refused
from vonggac.server import backup, databases, opening, practice, roles
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

AT = datetime(2024, 4, 17, 3, tzinfo=UTC)


@contextmanager
def no_bar(label: str, steps: int):
    yield lambda _: None


def run(*words: str, home: Home, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "vonggac.cli", *words, "--home", str(home.path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(autouse=True)
def embedded(monkeypatch):
    monkeypatch.delenv("VONGGAC_DATABASE_URL", raising=False)


@pytest.fixture(scope="module")
def desk(lay_desk, tmp_path_factory):
    """A desk with a row, a file of evidence and a lake."""
    home = lay_desk(tmp_path_factory.mktemp("desk") / "home")
    (home.evidence / "ab").mkdir()
    (home.evidence / "ab" / "photo").write_bytes(b"evidence " * 1000)
    (home.lake / "flows.parquet").write_bytes(bytes(range(256)) * 2000)
    with pytest.MonkeyPatch.context() as patch:
        # The desk of this module is the embedded one, also where the run's own server is somebody else's.
        patch.delenv("VONGGAC_DATABASE_URL", raising=False)
        with opening.served(home) as logins, psycopg.connect(**logins.app.connection()) as connection:
            connection.execute("INSERT INTO django_content_type (app_label, model) VALUES ('vonggac_app', 'kept')")
            connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
            connection.execute("INSERT INTO duty_pager VALUES (gen_random_uuid(), now())")
    yield home
    remove_cluster(cluster_of(home))


def clean_environment():
    return {name: value for name, value in os.environ.items() if name != "VONGGAC_DATABASE_URL"}


@pytest.fixture
def elsewhere(tmp_path):
    home = Home(tmp_path / "elsewhere")
    yield home
    remove_cluster(cluster_of(home))


def kept_rows(login) -> int:
    with psycopg.connect(**login.connection()) as connection:
        return connection.execute(
            "SELECT count(*) FROM django_content_type WHERE (app_label, model) = ('vonggac_app', 'kept')"
        ).fetchone()[0]


def signs_of_life(login) -> int:
    with psycopg.connect(**login.connection()) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM procrastinate_workers) + (SELECT count(*) FROM duty_pager)"
        ).fetchone()[0]


def test_a_desk_comes_back_elsewhere_with_rows_files_and_key(desk, elsewhere, tmp_path):
    file = tmp_path / "b.tar"
    done = run("backup", str(file), home=desk, env=clean_environment())
    assert done.returncode == 0, done.stderr
    done = run("restore", str(file), home=elsewhere, env=clean_environment())
    assert done.returncode == 0, done.stderr
    assert (elsewhere.evidence / "ab" / "photo").read_bytes() == (desk.evidence / "ab" / "photo").read_bytes()
    assert (elsewhere.lake / "flows.parquet").read_bytes() == (desk.lake / "flows.parquet").read_bytes()
    assert elsewhere.secret_key() == desk.secret_key()
    assert not (elsewhere.path / opening.UNFINISHED).exists()
    assert not (elsewhere.path / "database.dump").exists()
    with opening.served(elsewhere) as logins:
        assert kept_rows(logins.app) == 1
        assert signs_of_life(logins.app) == 0
        with psycopg.connect(**logins.app.connection()) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("TRUNCATE django_content_type")


@pytest.mark.slow
def test_a_practice_desk_stays_one_and_keeps_its_clock_and_checkpoints(desk, elsewhere, tmp_path):
    kept = {"exercise/state.json": "{}", "exercise-clock": "-5.0\n", "checkpoints.txt": "2024-04-17 1:aa\n"}
    (desk.path / "exercise").mkdir()
    for name, text in kept.items():
        (desk.path / name).write_text(text)
    backup.back_up(desk, tmp_path / "b.tar", at=AT, bar=no_bar)
    for name in kept:
        (desk.path / name).unlink()
    (desk.path / "exercise").rmdir()
    elsewhere_url = {**clean_environment(), "VONGGAC_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    refused = run("restore", str(tmp_path / "b.tar"), home=elsewhere, env=elsewhere_url)
    assert refused.returncode != 0
    assert "without VONGGAC_DATABASE_URL" in refused.stderr
    assert not elsewhere.path.exists()
    done = run("restore", str(tmp_path / "b.tar"), home=elsewhere, env=clean_environment())
    assert done.returncode == 0, done.stderr
    assert "--exercise" in done.stdout
    assert {name: (elsewhere.path / name).read_text() for name in kept} == kept
    practice.refuse_real_desk(elsewhere)


@pytest.mark.slow
def test_rights_are_the_same_after_a_restore(desk, elsewhere, tmp_path):
    backup.back_up(desk, tmp_path / "b.tar", at=AT, bar=no_bar)
    assert run("restore", str(tmp_path / "b.tar"), home=elsewhere, env=clean_environment()).returncode == 0
    query = """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
               (SELECT array_agg(entry::text ORDER BY entry::text) FROM unnest(c.relacl) entry),
               (SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid)
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S')
        UNION ALL
        SELECT oid::regprocedure::text, prosecdef, false, pg_get_userbyid(proowner),
               (SELECT array_agg(entry::text ORDER BY entry::text) FROM unnest(proacl) entry), proconfig
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ORDER BY 1
    """
    found = []
    for home in (desk, elsewhere):
        with opening.served(home) as logins, psycopg.connect(**logins.owner.connection()) as connection:
            found.append(connection.execute(query).fetchall())
    assert len(found[0]) > 20
    assert found[0] == found[1]


def test_a_backup_never_overwrites(desk, tmp_path):
    file = tmp_path / "b.tar"
    file.write_text("precious")
    with pytest.raises(Refused, match="exists"):
        backup.back_up(desk, file, at=AT, bar=no_bar)
    assert file.read_text() == "precious"


def test_a_backup_inside_the_home_is_refused(desk):
    with pytest.raises(InputError, match="own folder"):
        backup.back_up(desk, desk.path / "b.tar", at=AT, bar=no_bar)


def test_a_restore_into_a_used_home_is_refused(desk, tmp_path):
    backup.back_up(desk, tmp_path / "b.tar", at=AT, bar=no_bar)
    with pytest.raises(Refused, match="not empty"):
        backup.restore(tmp_path / "b.tar", desk, bar=no_bar)


def test_a_damaged_backup_writes_nothing(desk, elsewhere, tmp_path):
    file = tmp_path / "b.tar"
    backup.back_up(desk, file, at=AT, bar=no_bar)
    content = bytearray(file.read_bytes())
    content[content.index(b"evidence evidence")] ^= 1
    file.write_bytes(content)
    with pytest.raises(BackupDamaged, match="evidence/ab/photo"):
        backup.restore(file, elsewhere, bar=no_bar)
    assert not elsewhere.path.exists()
    done = run("restore", str(file), "--dry-run", home=elsewhere, env=clean_environment())
    assert done.returncode == 1
    assert "evidence/ab/photo" in done.stderr


def test_a_dry_run_says_what_is_in_it_and_writes_nothing(desk, elsewhere, tmp_path):
    backup.back_up(desk, tmp_path / "b.tar", at=AT, bar=no_bar)
    done = run("restore", str(tmp_path / "b.tar"), "--dry-run", home=elsewhere, env=clean_environment())
    assert "The backup is sound: 5 files" in done.stdout
    assert not elsewhere.path.exists()


def test_a_backup_that_is_killed_leaves_no_half_file(desk, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    big = desk.raw / "big"
    with big.open("wb") as file:
        file.truncate(3 * 1024**3)
    command = [sys.executable, "-m", "vonggac.cli", "backup", str(place / "b.tar"), "--home", str(desk.path)]
    process = subprocess.Popen(command, env=clean_environment(), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not list(place.glob(".b.tar.*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        big.unlink()
    assert process.returncode == -signal.SIGKILL
    assert not (place / "b.tar").exists()
    assert backup.back_up(desk, place / "b.tar", at=AT, bar=no_bar).members


def test_a_home_whose_restore_was_cut_short_does_not_start(tmp_path):
    home = Home(tmp_path / "half")
    home.prepare()
    (home.path / opening.UNFINISHED).write_text("b.tar")
    done = run("check", home=home, env=clean_environment())
    assert done.returncode == 1
    assert "cut short" in done.stdout


@pytest.mark.slow
def test_a_backup_of_the_embedded_server_goes_onto_a_server_of_somebody_else(desk, test_server, tmp_path):
    """The run's own server stands for it."""
    file = tmp_path / "b.tar"
    backup.back_up(desk, file, at=AT, bar=no_bar)
    name = f"{test_server.template}_moved"
    home = Home(tmp_path / "moved")
    with psycopg.connect(**test_server.administrator(), autocommit=True) as connection:
        database_server.drop(connection, name)
        connection.execute("CREATE ROLE moved_owner LOGIN CREATEROLE PASSWORD 'owner-pw'")
        roles.make_database(connection, name, owner="moved_owner")
        url = psycopg.conninfo.make_conninfo(
            host=connection.info.host,
            port=connection.info.port,
            user="moved_owner",
            dbname=name,
            password="owner-pw",
        )
    try:
        environment = {**clean_environment(), "VONGGAC_DATABASE_URL": url}
        done = run("restore", str(file), home=home, env=environment)
        assert done.returncode == 0, done.stderr
        logins = databases.chosen(home, {"VONGGAC_DATABASE_URL": url})
        assert logins.app.role == databases.role_name("app", name)
        assert kept_rows(logins.app) == 1
        assert signs_of_life(logins.app) == 0
    finally:
        with psycopg.connect(**test_server.administrator(), autocommit=True) as connection:
            database_server.drop(connection, name)
            for role in (databases.role_name("app", name), databases.role_name("sealer", name), "moved_owner"):
                connection.execute(f'DROP ROLE IF EXISTS "{role}"')
