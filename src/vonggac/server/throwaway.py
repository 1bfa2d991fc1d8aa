"""A desk that is gone when the command ends: its own folder, its own embedded database, nothing of the real one."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vonggac.server import databases, migration, postgres
from vonggac.server.binaries import run_program
from vonggac.server.home import ROOT_FOLDER, Home
from vonggac.server.opening import choose_home, in_use

# It may lose everything on power loss; it only wants speed.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal"}
FAST |= {"max_wal_senders": "0", "autovacuum": "off"}

MEMORY = Path("/dev/shm")  # noqa: S108  a folder of its own with a name nobody can guess is made in it
ROOM_BYTES = 4 * 1024**3


@contextmanager
def throwaway() -> Iterator[Home]:
    """An empty desk in a temporary folder with Django set up; even a configured server is left alone."""
    os.environ.pop("VONGGAC_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="vonggac-", dir=_folder()) as folder:
        home = choose_home(Path(folder) / "home")
        home.prepare()
        cluster = replace(postgres.cluster_of(home), settings=FAST)
        try:
            cluster.start()
            migration.migrate(home, databases.embedded(home))
            with in_use(home):
                yield home
        finally:
            _remove(cluster)


def _folder() -> Path | None:
    """Where the desk is made: in memory when there is room, since flushing to a disk serves nobody here."""
    with contextlib.suppress(OSError):
        if os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
            return MEMORY
    return None


def _remove(cluster: postgres.Cluster) -> None:
    """Stop the server at once and delete its files; a root run keeps them outside the temporary folder."""
    from django.db import connections  # noqa: PLC0415  # --help must not pay for Django

    connections.close_all()
    if cluster.is_running():
        run_program("pg_ctl", "stop", "-m", "immediate", "-w", "-s", "-D", str(cluster.data))
    root = ROOT_FOLDER / "clusters"
    if cluster.data.is_relative_to(root):
        shutil.rmtree(cluster.data.parent, ignore_errors=True)
