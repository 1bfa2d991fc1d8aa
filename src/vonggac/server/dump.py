"""The database as one file of pg_dump's custom format, and such a file back into an empty database.

A dump names the roles of the desk it came from. A desk on a shared server has other names for them, so the statements
(never the rows) are read with the names exchanged.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import psycopg

from vonggac.errors import BackupDamaged, ConfigurationError, Refused
from vonggac.server import binaries, databases, migration, postgres, roles
from vonggac.server.account import running_account
from vonggac.server.databases import Databases, Login
from vonggac.server.home import Home

READER_URL = "VONGGAC_BACKUP_DATABASE_URL"
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
RIGHTS = re.compile(rb"(GRANT|REVOKE|CREATE POLICY) ")


def dump_database(home: Home, logins: Databases, target: Path) -> None:
    """Write the whole database, from one snapshot; ConfigurationError when the role does not see every row."""
    with target.open("wb") as output:
        # pg_dump itself refuses (row_security = off) where row-level security would leave rows out.
        done = _run("pg_dump", ["--format=custom", "--no-password"], _reader(home, logins), output=output)
    if done.returncode:
        raise ConfigurationError(
            f"the database could not be read in full: {_text(done.stderr)}\n"
            f"name a role that sees every row (a superuser, or one with BYPASSRLS) in {READER_URL}"
        )


def restore_database(home: Home, logins: Databases, dump: Path, origin: Mapping[str, str]) -> None:
    """Load a dump into the home's database, which must hold nothing yet, under the roles of this home."""
    if logins.is_embedded:
        roles.prepare_embedded(logins, postgres.cluster_of(home).connection())
        loader: dict[str, Any] = _reader(home, logins)
    else:
        logins = roles.prepare_external(logins, home)
        loader = logins.owner.connection()
    with roles.connected(logins.owner.connection()) as connection:
        _refuse_filled(connection)
        roles.withhold(connection, logins)
    here = {"owner": logins.owner.role, "app": logins.app.role, "sealer": logins.sealer.role}
    with tempfile.TemporaryFile() as statements, tempfile.TemporaryFile() as renamed:
        _write_statements(dump, statements)
        statements.seek(0)
        renamed.write(f'SET ROLE "{logins.owner.role}";\n'.encode())
        renamed.writelines(with_names(statements, origin, here))
        renamed.seek(0)
        options = ["--quiet", "--no-psqlrc", "--no-password", "--set=ON_ERROR_STOP=1", "--single-transaction"]
        done = _run("psql", options, loader, source=renamed)
    if done.returncode:
        raise BackupDamaged(f"the database of the backup could not be loaded: {_text(done.stderr)}")
    migration.migrate(home, databases.chosen(home))
    # Whoever gave these signs of life does not run here.
    with roles.connected(loader) as connection:
        connection.execute("DELETE FROM procrastinate_workers")
        connection.execute("DELETE FROM duty_pager")


def with_names(lines: Iterable[bytes], there: Mapping[str, str], here: Mapping[str, str]) -> Iterator[bytes]:
    """The lines of a dump with the roles' names exchanged in its statements; rows pass as they are."""
    everywhere = [_exchange(there[kind], here[kind]) for kind in ("app", "sealer")]
    # The owner may be called anything, `postgres` for one: looked for only where rights are given.
    in_rights = [*everywhere, _exchange(there["owner"], here["owner"])]
    is_row = False
    for line in lines:
        if is_row:
            is_row = line != b"\\.\n"
            yield line
            continue
        is_row = line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n")
        # Servers before 17 do not know this setting.
        if line == b"SET transaction_timeout = 0;\n":
            continue
        changed = line
        for pattern, name in in_rights if RIGHTS.match(line) else everywhere:
            changed = pattern.sub(name, changed)
        yield changed


def _exchange(there: str, here: str) -> tuple["re.Pattern[bytes]", bytes]:
    name = here if PLAIN_NAME.fullmatch(here) else f'"{here}"'
    word = re.escape(there).encode()
    return re.compile(rb'"' + word + rb'"|(?<![\w$."])' + word + rb'(?![\w$"])'), name.replace("\\", "\\\\").encode()


def _write_statements(dump: Path, output: IO[bytes]) -> None:
    """Turn the dump into SQL, without ownership and without default rights (the migration grants this home's own)."""
    listed = _run("pg_restore", ["--list", str(dump)], {})
    if listed.returncode:
        raise BackupDamaged(f"the backup's database cannot be read: {_text(listed.stderr)}")
    with tempfile.NamedTemporaryFile(suffix=".list") as chosen:
        lines = listed.stdout.splitlines(keepends=True)
        chosen.writelines(line for line in lines if b" DEFAULT ACL " not in line)
        chosen.flush()
        options = ["--no-owner", "--no-comments", f"--use-list={chosen.name}", "--file=-", str(dump)]
        done = _run("pg_restore", options, {}, output=output)
    if done.returncode:
        raise BackupDamaged(f"the backup's database cannot be read: {_text(done.stderr)}")


def _refuse_filled(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if found is not None and found[0]:
        raise Refused("the database of VONGGAC_DATABASE_URL holds tables already; restore into an empty one")


def _reader(home: Home, logins: Databases) -> dict[str, Any]:
    """The login that sees every row: the embedded superuser, the role of the reader's URL, or the owner."""
    if logins.is_embedded:
        return {**postgres.cluster_of(home).connection(), "dbname": logins.owner.database}
    if url := os.environ.get(READER_URL):
        return Login.from_url(url, setting=READER_URL).connection()
    return logins.owner.connection()


def _run(
    program: str,
    arguments: list[str],
    login: dict[str, Any],
    *,
    source: IO[bytes] | int = subprocess.DEVNULL,
    output: IO[bytes] | int = subprocess.PIPE,
) -> "subprocess.CompletedProcess[bytes]":
    command = [str(binaries.folder(running_account()) / program), *arguments]
    return subprocess.run(  # noqa: S603  the wheel's program with our own arguments
        command, stdin=source, stdout=output, stderr=subprocess.PIPE, env=_environment(login), check=False
    )


def _environment(login: dict[str, Any]) -> dict[str, str]:
    """Variables that name the server to libpq; a password on the command line could be read by every user."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE", "password": "PGPASSWORD"}
    names |= {name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", **{names[key]: str(value) for key, value in login.items() if key in names}}


def _text(output: bytes) -> str:
    return output.decode(errors="replace").strip()
