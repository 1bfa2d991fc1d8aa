"""`vonggac backup`: everything the desk keeps, in one file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from vonggac.cli.options import bar, home_option


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
def backup(file: Path, home: Path | None) -> None:
    """Write database, evidence, lake, raw uploads and the secret key into FILE (a tar); the desk may run meanwhile."""
    from vonggac.server import archive, opening
    from vonggac.server.backup import back_up

    manifest = back_up(opening.found_home(home), file, at=datetime.now(UTC), bar=bar)
    figures = archive.describe(manifest)
    click.echo(f"{file}: {figures['files']} files, {figures['bytes']:,} bytes. It holds secrets: keep it safe.")
