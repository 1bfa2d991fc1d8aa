"""`vonggac migrate`: bring the database to the state that this version needs."""

from pathlib import Path

import click

from vonggac.cli.options import home_option


@click.command()
@home_option
@click.option("--new-passwords", is_flag=True, help="Give the desk's roles on a PostgreSQL server new passwords.")
def migrate(home: Path | None, new_passwords: bool) -> None:
    """Create or update roles and tables; safe to repeat, and does nothing where nothing is to do."""
    from vonggac.server import migration, opening

    chosen = opening.choose_home(home)
    with opening.served(chosen) as logins:
        if new_passwords or not migration.is_current(logins.app):
            migration.migrate(chosen, logins, new_passwords=new_passwords)
    click.echo("The database is up to date.")
