"""What is wrong with an installation and how to mend it, in plain words."""

import os
import shutil
import smtplib
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from vonggac.errors import ConfigurationError
from vonggac.reports.fonts import chosen_font
from vonggac.server import databases, migration, opening, roles
from vonggac.server.databases import Databases
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

LEAST_FREE_BYTES = 2 * 1024**3
MOST_CLOCK_DIFFERENCE_SECONDS = 2.0
SILENT_WORKER_SECONDS = 60
MAIL_TIMEOUT_SECONDS = 5


class State(StrEnum):
    """How one part is."""

    SOUND = "sound"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation: what was seen, and the mend where something is wrong."""

    part: str
    state: State
    text: str
    mend: str = ""


def examine(home: Home) -> list[Finding]:
    """Everything that could be looked at, in the order in which one thing needs the other."""
    if not home.is_made:
        return [Finding("home", State.PROBLEM, f"there is no desk in {home.path}", opening.BEGIN)]
    findings = [examine_secrets(home), examine_disk(home), *examine_mail(dict(os.environ)), examine_fonts()]
    findings += examine_origin(dict(os.environ))
    try:
        with opening.served(home) as logins:
            findings += examine_database(home, logins)
    except ConfigurationError as error:
        findings.append(Finding("database", State.PROBLEM, str(error), _database_mend()))
    return findings


def examine_secrets(home: Home) -> Finding:
    """Whether others on the machine could read keys and passwords."""
    open_paths = [
        path
        for path in (home.secrets, *home.secrets.glob("*"))
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if not open_paths:
        return Finding("secrets", State.SOUND, "keys and passwords are readable by their owner alone")
    names = " ".join(str(path) for path in open_paths)
    return Finding("secrets", State.PROBLEM, f"other users may read {names}", f"chmod go= {names}")


def examine_disk(home: Home) -> Finding:
    """Whether there is room to go on working."""
    folder = home.path if home.path.exists() else home.path.parent
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1024**3:.1f} GiB of {usage.total / 1024**3:.0f} GiB are free in {folder}"
    if usage.free >= LEAST_FREE_BYTES:
        return Finding("disk", State.SOUND, text)
    return Finding("disk", State.PROBLEM, text, "free some room, or move the desk to a larger disk (backup, restore)")


def examine_origin(environ: dict[str, str]) -> list[Finding]:
    """Whether links in messages and cookies fit the address that people use."""
    origin = environ.get("VONGGAC_ORIGIN", "")
    host = urlsplit(origin).hostname or ""
    if not origin or origin.startswith("https://") or host in {"127.0.0.1", "localhost", "::1"}:
        return [Finding("address", State.SOUND, f"people reach the desk at {origin or 'this machine only'}")]
    mend = "put a reverse proxy with a certificate in front and set VONGGAC_ORIGIN to its https address"
    return [Finding("address", State.WARNING, f"{origin} is not encrypted: passwords travel in the open", mend)]


def examine_mail(environ: dict[str, str], connect: Callable[..., Any] = smtplib.SMTP) -> Iterator[Finding]:
    """Whether messages would leave the desk."""
    host = environ.get("VONGGAC_MAIL_HOST", "")
    port = int(environ.get("VONGGAC_MAIL_PORT", "25"))
    if not host:
        mend = "set VONGGAC_MAIL_HOST (and _PORT, _USER, _PASSWORD, _TLS, _FROM) to your mail server"
        text = "no mail server is set: messages wait on the page Messages, to be passed on by hand"
        yield Finding("mail", State.WARNING, text, mend)
        return
    try:
        with connect(host, port, timeout=MAIL_TIMEOUT_SECONDS):
            yield Finding("mail", State.SOUND, f"the mail server {host}:{port} answers")
    except OSError as error:
        mend = "check VONGGAC_MAIL_HOST, VONGGAC_MAIL_PORT and the firewall"
        yield Finding("mail", State.PROBLEM, f"the mail server {host}:{port} does not answer ({error})", mend)
    if "VONGGAC_MAIL_FROM" not in environ:
        mend = "set VONGGAC_MAIL_FROM to an address of your office"
        yield Finding("mail", State.WARNING, "messages carry the sender vonggac@localhost", mend)


def examine_fonts() -> Finding:
    """Which font reports are set in."""
    font = chosen_font()
    return Finding("fonts", State.SOUND, f"reports are set in {font.name} ({font.source})")


def examine_database(home: Home, logins: Databases) -> list[Finding]:
    """Server, roles, migrations, clock and worker; ConfigurationError when the server does not answer."""
    # On a home that was never migrated the embedded server knows nobody but its superuser.
    with roles.connected(
        cluster_of(home).connection() if logins.is_embedded else logins.owner.connection()
    ) as connection:
        roles.refuse_old_server(connection)
        version = connection.info.server_version // 10000
        difference = _clock_difference(connection)
    kind = "embedded" if logins.is_embedded else f"at {logins.owner.host or 'the default socket'}"
    findings = [Finding("database", State.SOUND, f"PostgreSQL {version}, {kind}"), _clock(difference)]
    if not migration.is_current(logins.app):
        text = "the database is not in the state that this version needs"
        return [*findings, Finding("migrations", State.PROBLEM, text, "run `vonggac migrate` (`vonggac up` does)")]
    roles.refuse_strong_role(logins.app)
    findings.append(Finding("migrations", State.SOUND, "all are applied"))
    with roles.connected(logins.app.connection()) as connection:
        return [*findings, _worker(connection), _pager(connection), _jobs(connection)]


def _clock_difference(connection: Any) -> float:
    before = time.time()
    there = float(connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()[0])
    after = time.time()
    return there - (before + after) / 2


def _clock(difference_seconds: float) -> Finding:
    if abs(difference_seconds) <= MOST_CLOCK_DIFFERENCE_SECONDS:
        return Finding("clock", State.SOUND, "this machine and the database agree on the time")
    text = f"the database's clock is {difference_seconds:+.1f} s from this machine's: deadlines would be wrong"
    return Finding("clock", State.PROBLEM, text, "set both clocks by NTP (timedatectl set-ntp true)")


def _worker(connection: Any) -> Finding:
    row = connection.execute("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    silence_seconds = row.fetchone()[0]
    if silence_seconds is not None and silence_seconds <= SILENT_WORKER_SECONDS:
        return Finding("worker", State.SOUND, f"gave a sign {silence_seconds:.0f} s ago")
    text = "no worker gave a sign in the last minute: imports, checks and messages wait"
    return Finding("worker", State.PROBLEM, text, "start the desk with `vonggac up`, or `vonggac worker` by itself")


def _pager(connection: Any) -> Finding:
    silence_seconds = connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - max(seen_at)) FROM duty_pager"
    ).fetchone()[0]
    if silence_seconds is not None and silence_seconds <= SILENT_WORKER_SECONDS:
        return Finding("calls", State.SOUND, f"the engine that calls people gave a sign {silence_seconds:.0f} s ago")
    text = "the engine that calls people gave no sign in the last minute: nobody would be called"
    return Finding("calls", State.PROBLEM, text, "it runs in the worker: look into the worker's log and restart it")


def _jobs(connection: Any) -> Finding:
    query = "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1 ORDER BY 2 DESC"
    failed = connection.execute(query).fetchall()
    if not failed:
        return Finding("jobs", State.SOUND, "none has failed for good")
    names = ", ".join(f"{name} ({count})" for name, count in failed)
    return Finding("jobs", State.WARNING, f"gave up after repeated errors: {names}", "look into the worker's log")


def _database_mend() -> str:
    if databases.is_external(os.environ):
        return "see that the server of VONGGAC_DATABASE_URL runs and takes this user from this machine"
    return "see the embedded server's log, named above; with a full disk, free some room first"
