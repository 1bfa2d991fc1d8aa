"""The PostgreSQL of the tests: one server a run, one migrated template, one copy of it a test process.

The server is the embedded one, or the one of VONGGAC_DATABASE_URL (its role then needs CREATEDB and CREATEROLE).
Tests connect as the application's role, so row-level security applies to them as it does to the desk.
"""

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from vonggac.server import databases, postgres, roles
from vonggac.server.binaries import run_program
from vonggac.server.home import ROOT_FOLDER, Home

# Tests may lose everything on power loss; they only want speed.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}


@dataclass(frozen=True, slots=True)
class TestServer:
    """A running server with a migrated template database."""

    __test__ = False

    folder: Path
    run: str

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    @property
    def template(self) -> str:
        return f"vonggac_test_{self.run}"

    @property
    def cluster(self) -> postgres.Cluster:
        return replace(postgres.cluster_of(self.home), settings=FAST)

    def databases(self) -> databases.Databases:
        """The three logins on the template."""
        url = os.environ.get("VONGGAC_DATABASE_URL")
        if not url:
            return named(databases.embedded(self.home), self.template)
        owner = named(databases.external(self.home, url, {}), self.template).owner
        return databases.external(self.home, psycopg.conninfo.make_conninfo(**owner.connection()), {})

    def administrator(self) -> dict[str, object]:
        """The login that may create and drop databases, and change what no role of the desk may change."""
        for setting in ("VONGGAC_TEST_ADMINISTRATOR_URL", "VONGGAC_DATABASE_URL"):
            if url := os.environ.get(setting):
                return databases.Login.from_url(url, setting=setting).connection()
        return dict(self.cluster.connection())


def named(logins: databases.Databases, database: str) -> databases.Databases:
    """The same logins on another database of the server."""
    owner, app, sealer = (replace(login, database=database) for login in (logins.owner, logins.app, logins.sealer))
    return replace(logins, owner=owner, app=app, sealer=sealer)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the run's lock: several test processes share one server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(folder: Path) -> tuple[TestServer, bool]:
    """The run's server, and whether this call was the one that started it and has to make the template."""
    note = folder / "server.json"
    if note.exists():
        return TestServer(folder, json.loads(note.read_text())["run"]), False
    server = TestServer(folder, uuid.uuid4().hex[:12])
    server.home.prepare()
    if not os.environ.get("VONGGAC_DATABASE_URL"):
        server.cluster.start()
        with psycopg.connect(**server.cluster.connection(), autocommit=True) as connection:
            connection.execute("SELECT 1")
        roles.prepare_embedded(server.databases(), server.cluster.connection())
    else:
        with psycopg.connect(**server.administrator(), autocommit=True) as connection:
            roles.make_database(connection, server.template, owner=server.databases().owner.role)
        roles.prepare_external(server.databases(), server.home)
    note.write_text(json.dumps({"run": server.run}))
    return server, True


def copy_template(server: TestServer, name: str) -> None:
    """Make a database anew as a copy of the migrated template (about 50 ms)."""
    with psycopg.connect(**server.administrator(), autocommit=True) as connection:
        drop(connection, name)
        roles.make_database(connection, name, owner=server.databases().owner.role, template=server.template)
        logins = server.databases()
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                sql.Identifier(name), sql.Identifier(logins.app.role), sql.Identifier(logins.sealer.role)
            )
        )


def drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def stop(folder: Path) -> None:
    """Remove the run's server, or its databases and roles from the server of somebody else."""
    note = folder / "server.json"
    if not note.exists():
        return
    server = TestServer(folder, json.loads(note.read_text())["run"])
    if not os.environ.get("VONGGAC_DATABASE_URL"):
        remove_cluster(server.cluster)
    else:
        logins = server.databases()
        with psycopg.connect(**server.administrator(), autocommit=True) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{server.template}%"])
            for (name,) in found.fetchall():
                drop(connection, name)
            for login in (logins.app, logins.sealer):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login.role)))
    note.unlink()


def remove_cluster(cluster: postgres.Cluster) -> None:
    """Stop a cluster of a test at once and delete its files (a root run keeps them outside the test's own folder)."""
    if cluster.is_running():
        run_program("pg_ctl", "stop", "-m", "immediate", "-w", "-s", "-D", str(cluster.data))
    root = ROOT_FOLDER / "clusters"
    shutil.rmtree(cluster.data.parent if cluster.data.is_relative_to(root) else cluster.data, ignore_errors=True)


def run_folder(basetemp: Path) -> Path:
    """The folder that all processes of one pytest run share."""
    shared = basetemp.parent if "PYTEST_XDIST_WORKER" in os.environ else basetemp
    return shared / f"server-{hashlib.sha256(str(shared).encode()).hexdigest()[:8]}"
