"""`vonggac roster`: the duty roster."""

from pathlib import Path

import click

from vonggac.cli import roster_files
from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import content_of, existing_file
from vonggac.cli.summaries import json_option, reject_document, say_json, say_rejects


@click.group()
def roster() -> None:
    """The duty roster: import a table of shifts; plan, judge and mend rosters from files, without a desk.

    \b
    vonggac roster solve problem.json --seconds 60 --json > roster.json
    vonggac roster check problem.json roster.json
    vonggac roster repair problem.json roster.json --absent "Lê An" --from 2026-12-07 --to 2026-12-09
    """  # noqa: D301  click wants the character, not the two letters


roster.add_command(roster_files.solve)
roster.add_command(roster_files.check)
roster.add_command(roster_files.repair)


@roster.command("import")
@click.argument("file", type=existing_file)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@json_option
@with_desk
def import_(file: Path, dry_run: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Import FILE (CSV or XLSX with the columns post, from, to, person, skill).

    The names may be Vietnamese as the desk exports them. Times stand on Viet Nam's clock (2026-04-30 22:00) unless they
    carry an offset or their column names a zone, as from_utc or to (GMT+9) do.
    """
    with acting(home, email, office) as desk:
        from vonggac.duty import services
        from vonggac.duty.services import tables

        rows, rejects = services.read_roster(content_of(file), file.name)
        planned = tables.plan_import(desk.office, rows, rejects)
        if not dry_run:
            tables.lay(desk.office, planned, at=desk.at)
        report = planned.report
    if as_json:
        say_json(
            file=file.name, added=report.added, replaced=report.replaced, unchanged=report.unchanged,
            posts_made=report.posts_made, rejects=[reject_document(reject) for reject in rejects],
        )  # fmt: skip
        return
    say_rejects(rejects, len(rejects))
    click.echo(
        f"{'would change: ' if dry_run else ''}{report.added} shifts added, {report.replaced} taken out, "
        f"{report.unchanged} unchanged, {report.posts_made} posts made, {len(rejects)} rows rejected"
    )
