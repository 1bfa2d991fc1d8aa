"""Options that several commands share."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from vonggac.errors import InputError, Refused

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The desk's folder; default: VONGGAC_HOME, else the user's own.",
)


def typed_name() -> str:
    """How the reader calls this command: `./vg` where that script was started."""
    return os.environ.get("VONGGAC_TYPED") or "vonggac"


def as_typed(hint: str) -> str:
    """The text with its commands as the reader types them: `./vg case list`, also where a line ends before `case`."""
    return re.sub(r"(?<![\w./-])vonggac(?=\s+[a-z])", lambda _found: typed_name(), hint)


class HelpAsTyped(click.HelpFormatter):
    """Help whose commands stand as the reader types them, whatever the docstrings call them."""

    def getvalue(self) -> str:
        """The whole text."""
        return as_typed(super().getvalue())


force_option = click.option("--force", is_flag=True, help="Write over a file that is there already.")


class Existing(click.Path):
    """A file that is there, or a folder; else InputError, so that every command ends alike: status 1 and one line."""

    def __init__(self, *, is_folder: bool = False) -> None:
        super().__init__(file_okay=not is_folder, dir_okay=is_folder, path_type=Path)
        self._is_folder = is_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; InputError says what is wrong with it."""
        path = Path(value)
        try:
            is_folder = path.is_dir() if path.stat() else False
        except OSError as error:
            raise _unreadable(path, error) from error
        if is_folder and not self._is_folder:
            raise InputError(f"{path} is a folder; name a file")
        if self._is_folder and not is_folder:
            raise InputError(f"{path} is a file; name a folder")
        if not os.access(path, os.R_OK):  # click would end with its usage and status 2
            raise _unreadable(path, OSError(errno.EACCES, os.strerror(errno.EACCES)))
        super().convert(value, param, ctx)
        return path


existing_file, existing_folder = Existing(), Existing(is_folder=True)


def content_of(file: Path) -> bytes:
    """The whole file; InputError where it cannot be opened, or breaks off while it is read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def need_readable(file: Path) -> Path:
    """A file that is read piece by piece; InputError where not even its first byte can be."""
    try:
        with file.open("rb", buffering=0) as source:
            source.read(1)
    except OSError as error:
        raise _unreadable(file, error) from error
    return file


def _unreadable(file: Path, error: OSError) -> InputError:
    return InputError(f"{file} cannot be read ({error.strerror}); check the file and the rights on it")


def write_file(file: Path, content: bytes, *, force: bool) -> None:
    """Write a file that people keep; one that is there already is left alone unless they said that it may go."""
    try:
        with file.open("wb" if force else "xb") as target:
            target.write(content)
    except FileExistsError:
        raise Refused(f"{file} is there already; name another file, or write over it with --force") from None
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); choose another place") from error


@contextmanager
def shell_language() -> Iterator[None]:
    """Texts in the language of the shell, Vietnamese or English, once the desk is set up."""
    from django.utils import translation

    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    with translation.override("vi" if chosen.startswith("vi") else "en"):
        yield


@contextmanager
def bar(label: str, steps: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal's error stream; nothing is drawn where there is no terminal."""
    with click.progressbar(length=max(steps, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield shown.update
