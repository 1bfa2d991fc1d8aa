"""A desk as it is after its first start: a run makes one, and everybody gets a copy instead of nine seconds of it."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests import database_server
from tests.server.desk_process import clean_environment
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of


def lay(target: Path, basetemp: Path) -> Home:
    """A home at `target`, which is not there yet, with keys and a migrated database; its server is not running."""
    first, home = _first(basetemp), Home(target)
    with database_server.locked(first.path.with_suffix(".lock")):
        if not first.path.exists():
            command = [sys.executable, "-m", "vonggac.cli", "migrate", "--home", str(first.path)]
            subprocess.run(command, env=clean_environment(), check=True, capture_output=True)
    for before, after in ((first.path, home.path), (cluster_of(first).data, cluster_of(home).data)):
        after.parent.mkdir(parents=True, exist_ok=True)
        if not after.exists():
            # Files of the server keep their owner.
            subprocess.run(["cp", "-a", before, after], check=True)
    return home


def forget(basetemp: Path) -> None:
    """Remove the one that was copied."""
    first = _first(basetemp)
    if first.path.exists():
        database_server.remove_cluster(cluster_of(first))
        shutil.rmtree(first.path)


def _first(basetemp: Path) -> Home:
    return Home(database_server.run_folder(basetemp) / "new-desk")
