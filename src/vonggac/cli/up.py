"""`vonggac up`: the whole desk in one command."""

import os
from pathlib import Path

import click

from vonggac.cli.options import home_option


@click.command()
@home_option
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web pages.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address on which the web pages are served.")
@click.option("--exercise", is_flag=True, help="Run the practice desk, on a home of its own.")
def up(home: Path | None, port: int, host: str, exercise: bool) -> None:
    """Start database, web and worker, keep them running, stop them on Ctrl-C."""
    from vonggac.server import opening, practice, supervisor

    os.environ.setdefault("VONGGAC_ORIGIN", f"http://{host}:{port}")
    chosen = opening.choose_home(home or practice.default_path() if exercise else home)
    if not chosen.is_made:
        # Before anything is made; a desk that runs already says so itself, on whichever port it is asked for.
        supervisor.refuse_taken_port(host, port)
    if exercise:
        practice.run(chosen, host, port, say=click.echo)
        return
    practice.refuse_practice_desk(chosen)
    supervisor.Supervisor(chosen, host, port, say=click.echo).run()
