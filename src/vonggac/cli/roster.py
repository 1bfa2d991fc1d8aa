"""`vonggac roster`: the duty roster."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli import roster_files
from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import content_of, existing_file
from vonggac.cli.summaries import json_option, reject_document, say_json, say_rejects

if TYPE_CHECKING:
    from vonggac.duty.models import InPlace


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
        planned, kept = tables.plan_import(desk.office, rows, rejects), None
        if not dry_run:
            kept = tables.lay(desk.office, planned, file_name=file.name, by=desk.name, at=desk.at)
        report, change = planned.report, kept.pk if kept else None
    if as_json:
        say_json(
            file=file.name, added=report.added, replaced=report.replaced, unchanged=report.unchanged,
            posts_made=report.posts_made, rejects=[reject_document(reject) for reject in rejects], change=change,
        )  # fmt: skip
        return
    say_rejects(rejects, len(rejects))
    click.echo(
        f"{'would change: ' if dry_run else ''}{report.added} shifts added, {report.replaced} taken out, "
        f"{report.unchanged} unchanged, {report.posts_made} posts made, {len(rejects)} rows rejected"
    )
    if change:
        click.echo(f"for a day `vonggac roster take-back {change}` puts back what was there before")


@roster.command("take-back")
@click.argument("number", type=int, required=False)
@json_option
@with_desk
def take_back(number: int | None, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Take back change NUMBER: a table of shifts, a spreadsheet, or a change in place; without a number, list them.

    Within a day, and as long as nobody has changed these shifts since. Whoever has checked in on a shift of the table
    stays.
    """
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.ASSIGN) as desk:
        from vonggac.duty.services import in_place
        from vonggac.flows import roster as flow

        if number is None:
            _list_changes(in_place.open_ones(desk.office, at=desk.at), as_json=as_json)
            return
        done = flow.take_back_in_place(number, by=desk.name, at=desk.at)
    if as_json:
        say_json(
            change=number, name=done.change.name, removed=done.removed, restored=done.restored, leaves=done.leaves,
            people=done.people,
        )  # fmt: skip
        return
    click.echo(
        f"{done.change.name}: {done.removed} shifts taken out, {done.restored} put back, {done.leaves} leaves "
        f"withdrawn, {done.people} people off the duty list"
    )


def _list_changes(changes: "list[InPlace]", *, as_json: bool) -> None:
    if as_json:
        keys = ("change", "kind", "name", "made_at_utc", "by")
        rows = [(one.pk, one.kind, one.name, one.made_at.isoformat(), one.made_by) for one in changes]
        say_json(changes=[dict(zip(keys, row, strict=True)) for row in rows])
        return
    for one in changes:
        click.echo(f"{one.pk}  {one.made_at:%Y-%m-%d %H:%M} UTC  {one.kind}  {one.name}  {one.made_by}".rstrip())
    if not changes:
        click.echo("nothing can be taken back: nothing was changed without a version within a day, or more was since")
