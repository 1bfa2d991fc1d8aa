"""The embedded PostgreSQL: makes, starts and stops one cluster from the binaries of a wheel.

The wheel's own start-up code is never imported: as root it opens group and world read on every parent folder of the
data and trusts every local connection. Here the server listens on a Unix socket alone, admits only the operating
system users named in `pg_ident.conf` (peer), and folders that are not ours keep their permissions.
"""

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server.account import Account, give, refuse_foreign_folder, running_account
from vonggac.server.binaries import run_program
from vonggac.server.home import ROOT_FOLDER, Home

SUPERUSER = "postgres"
PORT = 5432
# sun_path holds 108 bytes; ".s.PGSQL.5432.lock" and its slash take 19.
LONGEST_SOCKET_FOLDER = 88
# Backends notice the death of their server at once, except in the middle of a long statement.
ORPHAN_SECONDS = 30.0

# fsync stays on (the default): what was acknowledged must survive power loss.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2000",
    "idle_in_transaction_session_timeout": "300000",
}
HBA = "local all all peer map=vonggac\nlocal replication all peer map=vonggac\n"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server: where its data and socket are and who runs it."""

    data: Path
    sockets: Path
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Create the cluster where there is none (about 1 s); a half-made one of a crash is made anew."""
        account = running_account()
        self._make_folders(account)
        if not self.data.exists():
            self._initialise(account)
        self._write_configuration(account)

    def start(self) -> None:
        """Have the server accept connections when this returns; nothing happens if it already does.

        Raises ConfigurationError with the end of the server's log when it does not come up.
        """
        self.prepare()
        if self.is_running():
            return
        self._clear_after_crash()
        done = run_program("pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(self.data), "-l", str(self.log))
        if done.returncode:
            raise ConfigurationError(
                f"the embedded PostgreSQL in {self.data} did not start; the end of {self.log}:\n{self._log_end()}"
            )

    def stop(self, *, timeout_seconds: int = 60) -> None:
        """Shut the server down (open transactions are rolled back, connections closed); quiet if it is not up."""
        if not self.is_running():
            return
        done = run_program("pg_ctl", "stop", "-m", "fast", "-w", "-t", str(timeout_seconds), "-s", "-D", str(self.data))
        if done.returncode and self.is_running():
            raise ConfigurationError(f"the embedded PostgreSQL in {self.data} did not stop: {done.stderr.strip()}")

    def kill(self) -> None:
        """End the server at once, as a power loss would; for tests of recovery."""
        if (pid := self.process_id()) is not None:
            os.kill(pid, signal.SIGKILL)
            while self.process_id() is not None:
                time.sleep(0.02)

    def is_running(self) -> bool:
        """Whether a server of this very data folder is alive."""
        return self.process_id() is not None

    def process_id(self) -> int | None:
        """The process of the running server, or None; another process that inherited the number does not count."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _is_server_of(pid, self.data) else None

    def connection(self, *, role: str = SUPERUSER, database: str = "postgres") -> dict[str, str]:
        """The libpq parameters with which a role reaches a database of this cluster."""
        return {"host": str(self.sockets), "port": str(PORT), "user": role, "dbname": database}

    def _make_folders(self, account: Account) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.sockets, self.log.parent):
            if not folder.exists():
                folder.mkdir(parents=True, mode=0o700)
                give(folder, account)
        refuse_foreign_folder(self.sockets, account)

    def _initialise(self, account: Account) -> None:
        # Made aside and renamed: initdb writes PG_VERSION first, so a run cut short would look like a whole cluster.
        aside = self.data.with_name(f"{self.data.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        give(aside, account)
        done = run_program(
            "initdb",
            f"--pgdata={aside}",
            f"--username={SUPERUSER}",
            "--auth=reject",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
            *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
        )
        if done.returncode:
            raise ConfigurationError(f"initdb could not make {self.data}: {done.stderr.strip()}")
        with (aside / "postgresql.conf").open("a") as file:
            file.write("include = 'vonggac.conf'\n")
        aside.rename(self.data)

    def _write_configuration(self, account: Account) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets), **self.settings}
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        users = sorted({account.name, pwd.getpwuid(os.geteuid()).pw_name})
        for name, text in (
            ("vonggac.conf", lines),
            ("pg_hba.conf", HBA),
            ("pg_ident.conf", "".join(f"vonggac {user} all\n" for user in users)),
        ):
            path = self.data / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                give(path, account)

    def _clear_after_crash(self) -> None:
        """Remove the marks of a dead server, once none of its processes works on the data any more.

        PostgreSQL itself refuses to start while the number in them belongs to any process of its user, or to a
        zombie that nobody reaps (containers without an init).
        """
        if not Path("/proc/self").exists():
            return
        deadline = time.monotonic() + ORPHAN_SECONDS
        while left := _processes_in(self.data):
            if time.monotonic() > deadline:
                raise ConfigurationError(f"processes {left} of a dead server still use {self.data}; end them first")
            time.sleep(0.05)
        socket = self.sockets / f".s.PGSQL.{PORT}"
        for mark in (self.data / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
            mark.unlink(missing_ok=True)

    def _log_end(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return "(no log)"


def cluster_of(home: Home) -> Cluster:
    """The cluster that belongs to a home; under root it stands in a folder made for the system user."""
    path = home.path.resolve()
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    if os.geteuid() == 0:
        folder = ROOT_FOLDER / "clusters" / f"{digest}-{_token(home)}"
        return Cluster(folder / "data", folder / "run", folder / "logs" / "postgresql.log")
    sockets = path / "run"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
        sockets = Path(tempfile.gettempdir()) / f"vonggac-{os.geteuid()}-{digest}"
    return Cluster(path / "postgres" / "data", sockets, path / "logs" / "postgresql.log")


def _token(home: Home) -> str:
    """What ties a root's cluster to this very home: a folder made anew at the same place is another desk.

    Without it a deleted home would come back with the data that its owner meant to be gone.
    """
    file = home.postgres / "TOKEN"
    try:
        return file.read_text()
    except FileNotFoundError:
        home.prepare()
    aside = file.with_name(f"TOKEN.{os.getpid()}")
    aside.write_text(secrets.token_hex(4))
    # A link is whole or not there: of two processes that begin at once, the second reads the first one's token.
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(aside)
    aside.unlink()
    return file.read_text()


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except FileNotFoundError:
        return _is_alive_without_proc(pid)
    except PermissionError:
        return True


def _processes_in(data: Path) -> list[int]:
    """The processes whose working folder is the data folder: a server and all that it forked."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_in(entry, data)]


def _works_in(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").readlink() == data.resolve()
    except OSError:
        return False


def _is_alive_without_proc(pid: int) -> bool:
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
