"""Roles on a server of somebody else; the run's own server stands for it."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from tests import database_server
from vonggac.errors import ConfigurationError
from vonggac.server import databases, migration, roles
from vonggac.server.databases import Login
from vonggac.server.home import Home


@pytest.fixture
def foreign(test_server, tmp_path):
    """An empty database whose owner may make roles, and a home that does not know the server yet."""
    name = f"{test_server.template}_foreign"
    owner = Login("foreign_owner", "", "", name, password="owner-pw")
    with psycopg.connect(**test_server.administrator(), autocommit=True) as connection:
        owner = replace(owner, host=connection.info.host, port=str(connection.info.port))
        clear(connection, name)
        connection.execute("CREATE ROLE foreign_owner LOGIN CREATEROLE PASSWORD 'owner-pw'")
        roles.make_database(connection, name, owner=owner.role)
    home = Home(tmp_path / "desk")
    home.prepare()
    yield home, psycopg.conninfo.make_conninfo(**owner.connection())
    with psycopg.connect(**test_server.administrator(), autocommit=True) as connection:
        clear(connection, name)


def clear(connection, name):
    database_server.drop(connection, name)
    for role in (databases.role_name("app", name), databases.role_name("sealer", name), "foreign_owner"):
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def chosen(foreign):
    home, url = foreign
    return databases.chosen(home, {"VONGGAC_DATABASE_URL": url})


def test_the_desks_roles_are_made_with_passwords_that_only_the_home_knows(foreign):
    home, _ = foreign
    prepared = roles.prepare_external(chosen(foreign), home)
    kept = json.loads(home.database_file.read_text())
    assert set(kept) == {prepared.app.role, prepared.sealer.role}
    assert home.database_file.stat().st_mode & 0o077 == 0
    assert chosen(foreign) == prepared
    roles.refuse_strong_role(prepared.app)


def test_preparing_again_changes_no_password(foreign):
    home, _ = foreign
    first = roles.prepare_external(chosen(foreign), home)
    assert roles.prepare_external(chosen(foreign), home) == first


def test_two_processes_that_begin_at_once_agree_on_the_passwords(foreign):
    home, _ = foreign
    both = chosen(foreign)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda logins: roles.prepare_external(logins, home), [both, both])
    assert first == second == chosen(foreign)
    with roles.connected(first.app.connection()) as connection:
        assert connection.info.user == first.app.role


def test_a_second_machine_does_not_take_the_passwords_of_the_first(foreign, tmp_path):
    home, url = foreign
    roles.prepare_external(chosen(foreign), home)
    second = Home(tmp_path / "second")
    elsewhere = databases.chosen(second, {"VONGGAC_DATABASE_URL": url})
    with pytest.raises(ConfigurationError, match=r"copy secrets/database\.json"):
        roles.prepare_external(elsewhere, second)
    renewed = roles.prepare_external(elsewhere, second, renew_passwords=True)
    assert renewed.app.password not in {"", chosen(foreign).app.password}


def test_the_application_gets_rows_and_nothing_else_of_what_the_owner_makes(foreign):
    home, _ = foreign
    prepared = roles.prepare_external(chosen(foreign), home)
    with roles.connected(prepared.owner.connection()) as owner:
        owner.execute("CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
        owner.execute("CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'")
    with roles.connected(prepared.app.connection()) as app:
        app.execute("INSERT INTO things (name) VALUES ('one')")
        assert app.execute("SELECT name, answer() FROM things").fetchone() == ("one", 42)
        for forbidden in ("TRUNCATE things", "ALTER TABLE things ADD more int", "CREATE TABLE other (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)
    with roles.connected(prepared.sealer.connection()) as sealer, pytest.raises(psycopg.errors.InsufficientPrivilege):
        sealer.execute("SELECT * FROM things")


def test_a_role_that_row_level_security_does_not_hold_is_refused(test_server):
    administrator = test_server.administrator()
    login = Login(
        str(administrator["user"]),
        str(administrator["host"]),
        str(administrator["port"]),
        str(administrator["dbname"]),
        str(administrator.get("password", "")),
    )
    with pytest.raises(ConfigurationError, match="bypasses row-level security"):
        roles.refuse_strong_role(login)


def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be reached"), roles.connected({"host": str(tmp_path)}):
        pass


def test_a_migrated_database_is_known_at_once_and_an_empty_one_is_not(test_server, foreign):
    assert migration.digest().startswith("vonggac ")
    assert not migration.is_current(chosen(foreign).owner)
