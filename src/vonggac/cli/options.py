"""Options that several commands share."""

from pathlib import Path

import click

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The desk's folder; default: VONGGAC_HOME, else the user's own.",
)
