"""`vonggac web`: the web process alone, for a service manager."""

from pathlib import Path

import click

from vonggac.cli.options import home_option


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def web(home: Path | None, host: str, port: int, workers: int) -> None:
    """Serve the pages; the database must be running and migrated."""
    from vonggac.server import lifeline, opening
    from vonggac.server.web import run

    opening.choose_home(home).prepare()
    lifeline.hold()
    run(host=host, port=port, workers=workers)
