"""`vonggac worker`: the worker process alone, for a service manager or a machine of its own."""

from pathlib import Path

import click

from vonggac.cli.options import home_option


@click.command()
@home_option
@click.option(
    "--concurrency", type=click.IntRange(1, 64), help="Jobs at once; default: VONGGAC_WORKER_CONCURRENCY or 4."
)
def worker(home: Path | None, concurrency: int | None) -> None:
    """Run the jobs; the database must be running and migrated."""
    import django

    from vonggac.server import lifeline, opening

    opening.choose_home(home).prepare()
    lifeline.hold()
    django.setup()
    from vonggac.server.worker import run

    run(concurrency)
