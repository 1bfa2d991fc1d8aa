"""`vonggac roster solve`, `check` and `repair`: rosters from files, without a desk or a database."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.kernel.roster.budget import Settings
    from vonggac.kernel.roster.troubles import Trouble
    from vonggac.kernel.roster.values import Assignment, Problem, Progress

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_INSTALL = "OR-Tools is not installed, so rotation and local search work alone; get it with ./vg install roster"


def _search_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--seconds", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Time limit."),
        click.option("--workers", type=click.IntRange(1, 64), default=_cores, help="Threads; default: the cores, at most 8."),
        click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, help="Another one, another roster."),
        click.option("--deterministic", is_flag=True, help="Same input, seed and workers: same roster."),
        click.option("--without-solver", is_flag=True, help="Leave OR-Tools alone: rotation and local search."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
    ):
        command = option(command)
    return command


def _cores() -> int:
    return min(8, os.cpu_count() or 1)
