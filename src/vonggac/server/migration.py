"""Bringing the database to the state that this version of the desk needs, and knowing quickly whether it is there.

A full comparison by Django costs two seconds. So a successful migration leaves a digest of everything that decides it
as the database's comment; while digest and comment agree there is nothing to do.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from psycopg import sql

from vonggac.server import roles
from vonggac.server.databases import Databases, Login
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

PACKAGE = Path(__file__).resolve().parents[1]
# Packages that bring migrations of their own.
SOURCES = ("Django", "procrastinate", "django-allauth")
COMMENT = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
# One number for all machines that share the database: only one of them migrates at a time.
LOCK_NUMBER = 0x564F4E47


@cache
def digest() -> str:
    """What the migrations of this installation amount to."""
    found = hashlib.sha256()
    for package in SOURCES:
        found.update(f"{package} {version(package)}\n".encode())
    # The way a role is granted its rights is part of the state.
    for path in sorted([*PACKAGE.glob("*/migrations/**/*"), PACKAGE / "server" / "roles.py"]):
        if path.suffix in {".py", ".sql"}:
            found.update(f"{path.relative_to(PACKAGE)}\n".encode() + path.read_bytes())
    return f"vonggac {found.hexdigest()[:32]}"


def is_current(login: Login) -> bool:
    """Whether the database was migrated by this very installation; False also where the database is not there yet."""
    try:
        with psycopg.connect(**login.connection(), connect_timeout=10) as connection:
            row = connection.execute(COMMENT).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] == digest()


def migrate(home: Home, databases: Databases, *, new_passwords: bool = False) -> None:
    """Make roles and schema as this version needs them; safe to repeat, and from several machines at once."""
    if databases.is_embedded:
        roles.prepare_embedded(databases, cluster_of(home).connection())
    else:
        databases = roles.prepare_external(databases, home, renew_passwords=new_passwords)
    roles.refuse_strong_role(databases.app)
    with psycopg.connect(**databases.owner.connection(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        django.setup()
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        name = sql.Identifier(databases.owner.database)
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(digest())))
