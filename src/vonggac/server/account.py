"""The operating system user that runs the embedded server: who it is, and how programs and folders become its own."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server.home import ROOT_FOLDER

SYSTEM_USER = "vonggac"


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system user under which the server runs."""

    name: str
    uid: int
    gid: int


def running_account() -> Account:
    """The user that runs the server: the caller, or for root the system user `vonggac`, made when missing."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
    else:
        _make_root_folder()
        entry = _system_user()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def run_as(account: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    """What a program printed and how it ended, run as the account in an empty environment."""
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


def give(path: Path, account: Account) -> None:
    """Make the account the owner of a path; without root it is already."""
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


def refuse_foreign_folder(folder: Path, account: Account) -> None:
    """ConfigurationError for a folder that is another user's or that others may write to."""
    found = folder.stat()
    if found.st_uid not in {account.uid, os.geteuid()} or found.st_mode & 0o022:
        raise ConfigurationError(
            f"{folder} belongs to somebody else or others may write to it; remove it, or choose another --home"
        )
