"""Options that several commands share."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The desk's folder; default: VONGGAC_HOME, else the user's own.",
)


@contextmanager
def bar(label: str, steps: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal's error stream; nothing is drawn where there is no terminal."""
    with click.progressbar(length=max(steps, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield shown.update
