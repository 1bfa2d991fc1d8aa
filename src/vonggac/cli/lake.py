"""`vonggac lake`: what the lake holds, questions in SQL, and its upkeep."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, desk_step, with_desk
from vonggac.cli.answers import Form, answer_options
from vonggac.cli.options import bar
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.lake.contents import Holding

dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@click.group()
def lake() -> None:
    """The lake: what it holds, questions in SQL, merging, retention, verification."""


@lake.command()
@click.argument("sql")
@click.option(
    "--seconds", type=click.FloatRange(1, 86_400), default=60, show_default=True, help="The longest it takes."
)
@click.option(
    "--memory", "memory_mebibytes", type=click.IntRange(64, 1 << 20), default=1_024, show_default=True,
    help="The most memory in MiB.",
)  # fmt: skip
@answer_options
@with_desk
def query(  # noqa: PLR0917  click hands over one argument an option
    sql: str,
    seconds: float,
    memory_mebibytes: int,
    form: Form,
    output: Path | None,
    force: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Answer one SELECT over the views flows, dns, nat, dhcp and the table organisations.

    The question is written down in the ledger; it sees the acting person's part of the tree and can change nothing.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.cli import answers
        from vonggac.flows import lake_questions
        from vonggac.lake import query as questions

        with step():
            ground = lake_questions.note_question(sql, at=acts.at)
        limits = questions.Limits(memory_mebibytes << 20, seconds)
        with (
            questions.ask(ground.lake, sql, ground.scope, tables=ground.tables, limits=limits) as answer,
            answers.target(form, output, force=force) as file,
        ):
            answers.write(file, form, answer.schema, answer.batches())


@lake.command()
@json_option
@with_desk
def show(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Segments, rows, bytes and days by organisation and kind."""
    with acting(home, email, office):
        from vonggac.flows import lake_questions
        from vonggac.lake.contents import contents

        ground = lake_questions.ground()
        found = contents(ground.lake, ground.scope)
        rows = [_holding(one, ground.organisations) for one in found]
    if as_json:
        say_json(holdings=rows)
        return
    for row in rows:
        click.echo(
            f"{row['organisation']}  {row['kind']}: {row['rows']:,} rows, {row['segments']:,} segments, "
            f"{row['bytes']:,} bytes, {row['days']} days from {row['first_day']} to {row['last_day']}"
        )
    click.echo(f"{sum(row['rows'] for row in rows):,} rows, {sum(row['bytes'] for row in rows):,} bytes in all")


@lake.command()
@dry_run_option
@json_option
@with_desk
def compact(dry_run: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Merge the small segments of a sensor's day; the worker does it every night."""
    with desk_step(home, email, office) as (acts, _):
        _require_whole_tree(email)
        from vonggac.flows import lake_keeping

        plans = lake_keeping.plans(at=acts.at)
        if not dry_run:
            with bar("merging", len(plans)) as advance:
                plans = lake_keeping.compact(at=acts.at, advance=advance)
    segments, rows = sum(len(plan.parts) for plan in plans), sum(plan.rows for plan in plans)
    if as_json:
        say_json(dry_run=dry_run, replaced=segments, written=len(plans), rows=rows)
        return
    did = "would become" if dry_run else "became"
    click.echo(f"{segments:,} segments with {rows:,} rows {did} {len(plans):,}")


@lake.command()
@dry_run_option
@json_option
@with_desk
def retain(dry_run: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """End what is older than the regime keeps; the worker does it every night, and the ledger says what went."""
    with desk_step(home, email, office) as (acts, step):
        _require_whole_tree(email)
        from vonggac.flows import lake_keeping, lake_questions

        with step():
            organisations = lake_questions.ground().organisations
        kept = lake_keeping.limits(acts.at)
        ended = [_holding(one, organisations) for one in lake_keeping.retain(at=acts.at, is_dry_run=dry_run)]
    if as_json:
        limits = [{"kind": one.kind.value, "days": one.days, "rule": one.citation} for one in kept]
        say_json(dry_run=dry_run, limits=limits, ended=ended)
        return
    for limit in kept:
        click.echo(f"{limit.kind.value}: kept {limit.days} days ({limit.citation})")
    for row in ended:
        did = "would end" if dry_run else "ended"
        click.echo(
            f"{row['organisation']}  {row['kind']}: {row['rows']:,} rows in {row['segments']:,} segments "
            f"from {row['first_day']} to {row['last_day']} {did}"
        )
    click.echo(f"{sum(row['rows'] for row in ended):,} rows in all")


@lake.command()
@json_option
@with_desk
def verify(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Compare every segment with the digest in the manifest; exit status 1 when one differs or is missing."""
    with desk_step(home, email, office) as (_, step):
        from vonggac.flows import lake_questions

        with step():
            ground = lake_questions.ground()
        segments = ground.lake.segments(ground.lake.imports(scope=ground.scope))
        faults = []
        with bar("segments", len(segments)) as advance:
            for segment, _entry in segments:
                faults += ground.lake.faults_of(segment)
                advance(1)
    if as_json:
        say_json(segments=len(segments), sound=not faults, faults=faults)
    else:
        for fault in faults:
            click.echo(f"BROKEN: {fault}")
        click.echo(f"{len(segments):,} segments, {len(faults):,} broken")
    sys.exit(1 if faults else 0)


def _require_whole_tree(email: str | None) -> None:
    if email is not None:
        raise InputError("the lake is tended as a whole; leave --as away")


def _holding(one: "Holding", organisations: dict[str, tuple[str, str]]) -> dict[str, Any]:
    from vonggac.flows.lake_keeping import day_of

    return {
        "organisation": organisations.get(one.organisation_path, (one.organisation_path, ""))[0],
        "kind": one.kind.value,
        "segments": one.segments,
        "rows": one.rows,
        "bytes": one.size,
        "days": one.days,
        "first_day": str(day_of(one.first_day)),
        "last_day": str(day_of(one.last_day)),
    }
