"""The database's roles and what each may do: made on every migration, so that a restored server has them too.

The owner holds the schema. The application gets rows (select, insert, update, delete) and functions through default
privileges, and can neither bypass row-level security nor truncate. The sealer gets entry to the schema and its
functions only; the ledger's migrations grant it what it reads and chains.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from vonggac.errors import ConfigurationError
from vonggac.server.databases import Databases, Login, remembered
from vonggac.server.home import Home, write_secret

OLDEST_SERVER = 150000
# Of the processes of all machines one makes the roles at a time.
LOCK_NUMBER = 0x564F4E48


def prepare_embedded(databases: Databases, superuser: dict[str, str]) -> None:
    """Have the three roles and the database on the embedded server; quick when they are there."""
    with connected(superuser) as connection:
        for login in (databases.owner, databases.app, databases.sealer):
            _make_role(connection, login)
        make_database(connection, databases.owner.database, owner=databases.owner.role)
    with connected({**superuser, "dbname": databases.owner.database}) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(databases.owner.role)))
        grant(connection, databases)


def prepare_external(databases: Databases, home: Home, *, renew_passwords: bool = False) -> Databases:
    """Have the application's and sealer's roles on a server of somebody else; their new passwords go to the home.

    Raises ConfigurationError when the server is older than PostgreSQL 15 or the owner may not make roles.
    """
    with connected(databases.owner.connection()) as connection:
        refuse_old_server(connection)
        # Web and worker begin at one moment: the one that waited finds in the home what the other made.
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        known = remembered(databases, home)
        made = [_ensure_login(connection, login, renew=renew_passwords) for login in (known.app, known.sealer)]
        app, sealer = made
        prepared = Databases(databases.owner, app, sealer, is_embedded=False)
        _keep_passwords(home, made)
        grant(connection, prepared)
    return prepared


def make_database(connection: psycopg.Connection[Any], name: str, *, owner: str, template: str | None = None) -> None:
    """Create a database unless it exists; nobody but its roles may connect to it."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
    if template:
        made += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    connection.execute(made)


def grant(connection: psycopg.Connection[Any], databases: Databases) -> None:
    """Give application and sealer their rights in the connected database, on what stands and what will be made."""
    names = {
        "database": sql.Identifier(connection.info.dbname),
        "app": sql.Identifier(databases.app.role),
        "sealer": sql.Identifier(databases.sealer.role),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}, {sealer}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {sealer}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        # Functions of the schema are for our roles alone: some run with the owner's rights.
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app}, {sealer}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def withhold(connection: psycopg.Connection[Any], databases: Databases) -> None:
    """Take the default rights back: tables of a dump bring their own, and would keep a default that is wider."""
    names = {"app": sql.Identifier(databases.app.role), "sealer": sql.Identifier(databases.sealer.role)}
    for statement in (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM {app}, {sealer}",
        "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def refuse_strong_role(login: Login) -> None:
    """Raise ConfigurationError if row-level security would not hold the role back."""
    with connected(login.connection()) as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    if row is None or any(row):
        raise ConfigurationError(
            f"the database role {login.role} is a superuser or bypasses row-level security, so units would see one "
            "another's work; name an ordinary role in VONGGAC_APP_DATABASE_URL"
        )


def refuse_old_server(connection: psycopg.Connection[Any]) -> None:
    """Raise ConfigurationError for a server before PostgreSQL 15."""
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise ConfigurationError(
            f"the server in VONGGAC_DATABASE_URL is PostgreSQL {version // 10000}; the desk needs 15 or newer"
        )


def _make_role(connection: psycopg.Connection[Any], login: Login) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.role]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login.role)))


def _ensure_login(connection: psycopg.Connection[Any], login: Login, *, renew: bool) -> Login:
    """The login with a password that works; one that others may be using is changed only when asked to."""
    if not login.is_ours or (login.password and not renew):
        return login
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.role]).fetchone()
    if exists and not renew:
        raise ConfigurationError(
            f"the role {login.role} exists and this home does not know its password; copy secrets/database.json from "
            "the machine that made it, or run `vonggac migrate --new-passwords` if no other machine uses it"
        )
    password = secrets.token_urlsafe(32)
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if exists else "CREATE ROLE {} LOGIN PASSWORD {}")
    try:
        connection.execute(statement.format(sql.Identifier(login.role), sql.Literal(password)))
    except psycopg.errors.InsufficientPrivilege:
        raise ConfigurationError(
            f"the role of VONGGAC_DATABASE_URL may not make {login.role}; give it CREATEROLE, or have the roles made "
            "and name them in VONGGAC_APP_DATABASE_URL and VONGGAC_SEALER_DATABASE_URL"
        ) from None
    return replace(login, password=password)


def _keep_passwords(home: Home, logins: list[Login]) -> None:
    made = {login.role: login.password for login in logins if login.is_ours}
    home.prepare()
    write_secret(home.database_file, json.dumps(made, indent=1))


@contextmanager
def connected(parameters: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit; ConfigurationError with the server's own words when there is none."""
    try:
        connection = psycopg.connect(**parameters, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        where = parameters.get("host", "the default socket")
        raise ConfigurationError(f"the database at {where} cannot be reached: {str(error).strip()}") from None
    with connection:
        yield connection
