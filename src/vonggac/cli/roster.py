"""`vonggac roster`: the duty roster."""

from pathlib import Path

import click

from vonggac.cli.acting import acting, with_desk


@click.group()
def roster() -> None:
    """The duty roster: import a table of shifts."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_desk
def import_(file: Path, home: Path | None, email: str | None, office: str | None) -> None:
    """Import FILE (CSV or XLSX with the columns post, from_utc, to_utc, person, skill)."""
    with acting(home, email, office) as desk:
        from vonggac.duty import services

        rows, rejects = services.read_roster(file.read_bytes(), file.name)
        report = services.import_roster(desk.office, rows, rejects, at=desk.at)
    for reject in rejects:
        click.echo(f"line {reject.line}, {reject.column or 'row'}: {reject.reason}", err=True)
    click.echo(
        f"{report.added} shifts added, {report.replaced} taken out, {report.unchanged} unchanged, "
        f"{report.posts_made} posts made, {len(rejects)} rows rejected"
    )
