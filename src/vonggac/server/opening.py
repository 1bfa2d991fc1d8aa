"""Having the desk's database at hand for as long as a command or the desk itself needs it.

The embedded server is shared by whoever uses the home at the moment: the first one starts it and the last one stops
it, so a backup may run beside the desk, or without it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import django

from vonggac.errors import ConfigurationError
from vonggac.server import databases, migration
from vonggac.server.databases import Databases
from vonggac.server.home import Home
from vonggac.server.postgres import Cluster, cluster_of

SETTINGS_MODULE = "vonggac.server.settings"
UNFINISHED = "RESTORE_UNFINISHED"
BEGIN = "begin one with `vonggac up --home DIR`, restore one with `vonggac restore FILE`, or name another with --home"


def choose_home(path: Path | None) -> Home:
    """The home that `--home` or the environment names; this process and its children use it from now on."""
    if path is not None:
        os.environ["VONGGAC_HOME"] = str(path.expanduser().absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    return Home.chosen()


def found_home(path: Path | None) -> Home:
    """The home as `choose_home` gives it; ConfigurationError where no desk was begun, so that a look makes none."""
    home = choose_home(path)
    if not home.is_made:
        raise ConfigurationError(f"there is no desk in {home.path}; {BEGIN}")
    return home


@contextmanager
def opened(path: Path | None = None, *, may_begin: bool = False) -> Iterator[Home]:
    """The desk's home with its database running and migrated and Django set up; what every desk command begins with.

    A home where no desk was begun is refused, unless the command is one that may begin a desk.
    """
    home = choose_home(path) if may_begin else found_home(path)
    with served(home) as logins:
        if not migration.is_current(logins.app):
            migration.migrate(home, logins)
        django.setup()
        yield home


@contextmanager
def served(home: Home, *, is_restoring: bool = False) -> Iterator[Databases]:
    """The logins of the home's database, with the embedded server running meanwhile (nothing is migrated)."""
    if (home.path / UNFINISHED).exists() and not is_restoring:
        raise ConfigurationError(f"a restore into {home.path} was cut short; delete the folder and restore again")
    home.prepare()
    chosen = databases.chosen(home)
    if not chosen.is_embedded:
        yield chosen
        return
    cluster = cluster_of(home)
    _note_cluster(home, cluster)
    with in_use(home) as users:
        with _exclusively(home):
            cluster.start()
        try:
            yield chosen
        finally:
            _leave(home, cluster, users)


@contextmanager
def in_use(home: Home) -> Iterator[IO[str]]:
    """The lock that everybody who uses the home's server shares: while it is held, no command that ends stops it."""
    with (home.run / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield users


def _leave(home: Home, cluster: Cluster, users: IO[str]) -> None:
    with _exclusively(home):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        cluster.stop()


@contextmanager
def _exclusively(home: Home) -> Iterator[None]:
    """Alone in starting or stopping the home's server."""
    with (home.run / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _note_cluster(home: Home, cluster: Cluster) -> None:
    """Say in the home where its database is, and refuse a home whose database another user runs."""
    note = home.postgres / "LOCATION"
    if not note.exists():
        note.write_text(f"{cluster.data}\n")
    elif note.read_text().strip() != str(cluster.data):
        raise ConfigurationError(
            f"the database of {home.path} is in {note.read_text().strip()}, made by another user or before the home "
            "was moved; start it as that user, or move the desk with backup and restore"
        )
