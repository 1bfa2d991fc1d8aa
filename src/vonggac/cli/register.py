"""`vonggac register …`: organisations, people, networks, assets and sensors, in and out of files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.options import bar, content_of, existing_file, existing_folder, force_option, home_option, write_file
from vonggac.cli.summaries import json_option, reject_document, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.flows.reorganisation import Reorganisation
    from vonggac.register.imports import Plan
    from vonggac.register.models import Organisation

KINDS = (
    "organisations", "people", "networks", "systems", "assets", "sensors", "heartbeats", "rotation", "contacts",
)  # fmt: skip
SHOWN_LINES = 20
kind_argument = click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
file_argument = click.argument("file", type=existing_file)
day_option = click.option(
    "--at", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day it holds from; default: today."
)
act_option = click.option("--act", "text", required=True, help="The document that orders it: number, date, issuer.")
dry_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


@click.group()
def register() -> None:
    """Organisations, people, networks, assets, sensors: import, export, reorganise."""


@register.command("import")
@kind_argument
@file_argument
@dry_option
@day_option
@json_option
@home_option
def import_file(kind: str, file: Path, dry_run: bool, day: datetime | None, as_json: bool, home: Path | None) -> None:
    """Import a CSV or XLSX file of one KIND; rows that the file does not mention stay.

    \b
    KIND and its columns (* must stand; Vietnamese headers are read as well: mã, tên, đơn vị, dải IP, địa chỉ …):
      organisations  code* name* kind* parent* email valid_from valid_to ended_by successor
      people         email* name* phone language active organisation* role* valid_from valid_to
      networks       network* organisation* valid_from valid_to
      systems        code* name* organisation* level*
      assets         name* kind organisation* address* address_from address_to nat_pool system valid_to
      sensors        name* kind* organisation* networks* silence heartbeat_seconds max_quiet_seconds
                     clock_offset_seconds
      heartbeats     sensor* from_utc* to_utc*
      rotation       sensor* file* from_utc* to_utc* records*
      contacts       name* organisation phones emails printed_in printed_on checked_on
    `vonggac register export KIND FILE` writes a file with these columns, filled with what stands there.
    """  # noqa: D301  click wants the character, not the two letters
    with _at_work(home, may_begin=True) as now:
        from vonggac.register import imports

        planned = imports.plan(kind, content_of(file), file.name, at=_day(day, now), now=now)
        if not as_json:
            _show_plan(planned)
        if not dry_run:
            _apply(planned, now)
    if as_json:
        rejects = [reject_document(reject) for reject in planned.rejects]
        say_json(kind=kind, file=file.name, dry_run=dry_run, figures=planned.counts(), rejects=rejects)
    else:
        _say_how_it_ended(planned, dry_run)


@register.command("import-folder")
@click.argument("folder", type=existing_folder)
@day_option
@home_option
def import_folder(folder: Path, day: datetime | None, home: Path | None) -> None:
    """Import every register file of a FOLDER (organisations.csv, networks.xlsx, …) in the order they need."""
    files = [
        (kind, path) for kind in KINDS for path in (folder / f"{kind}.csv", folder / f"{kind}.xlsx") if path.exists()
    ]
    if not files:
        raise InputError(f"{folder} holds no register file; name them {', '.join(f'{kind}.csv' for kind in KINDS)}")
    with _at_work(home, may_begin=True) as now:
        from vonggac.register import imports

        for kind, path in files:
            planned = imports.plan(kind, content_of(path), path.name, at=_day(day, now), now=now)
            _show_plan(planned)
            _apply(planned, now)


@register.command()
@kind_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@force_option
@home_option
def export(kind: str, file: Path, force: bool, home: Path | None) -> None:
    """Write the register's rows of one KIND to FILE (.csv or .xlsx); importing it elsewhere gives the same register."""
    if file.suffix not in {".csv", ".xlsx"}:
        raise InputError(f"{file.name} should end in .csv or .xlsx")
    with _at_work(home):
        from vonggac.register import imports

        content = imports.export(kind, "xlsx" if file.suffix == ".xlsx" else "csv")
    write_file(file, content, force=force)
    click.echo(f"wrote {file} ({len(content):,} bytes)")


@register.command()
@kind_argument
@click.argument("cells", nargs=-1, required=True, metavar="COLUMN=VALUE…")
@day_option
@home_option
def add(kind: str, cells: tuple[str, ...], day: datetime | None, home: Path | None) -> None:
    """Enter one row of a KIND with the columns of its file: add networks network=203.0.113.0/24 organisation=y-te."""
    pairs = [cell.partition("=")[::2] for cell in cells]
    if any("=" not in cell for cell in cells):
        raise InputError("write each cell as COLUMN=VALUE")
    with _at_work(home, may_begin=True) as now:
        from vonggac.formats.tables import write_csv
        from vonggac.register import imports

        content = write_csv([column for column, _ in pairs], [[value for _, value in pairs]])
        names = [column.name for column in imports.kind_named(kind).columns if column.must_stand]
        absent = [name for name in names if name not in dict(pairs)]
        if absent:
            content = write_csv([c for c, _ in pairs] + absent, [[v for _, v in pairs] + [""] * len(absent)])
        planned = imports.plan(kind, content, "command line", at=_day(day, now), now=now)
        if planned.rejects:
            raise InputError("; ".join(f"{reject.column}: {reject.reason}" for reject in planned.rejects))
        imports.apply(planned, at=now)
    click.echo(f"{len(planned.created)} created, {len(planned.changed)} changed")


@register.command()
@click.argument("words", nargs=-1)
@day_option
@home_option
def show(words: tuple[str, ...], day: datetime | None, home: Path | None) -> None:
    """Show the tree, or the organisations, assets and people that the WORDS find (accents do not matter)."""
    with _at_work(home) as now:
        from vonggac.register import queries

        on, sought = _day(day, now), " ".join(words)
        found = queries.find_organisations(sought, on)
        for organisation in found:
            depth = organisation.path.count("/") - 1 if not words else 0
            click.echo(f"{'  ' * depth}{organisation.code}  {organisation.name}  ({organisation.kind})")
            if words:
                blocks = [network.cidr for network in queries.networks_of(organisation.path, on)[:SHOWN_LINES]]
                click.echo(f"    networks: {' '.join(blocks) or 'none'}")
        if words:
            for asset in queries.find_assets(sought)[:SHOWN_LINES]:
                click.echo(f"{asset.name}  ({asset.kind} of {asset.organisation.code})")
            for person in queries.find_people(sought)[:SHOWN_LINES]:
                click.echo(f"{person.name}  <{person.email}>")


@register.command()
@click.argument("codes", nargs=-1, required=True)
@click.option("--into", required=True, help="Code of the organisation that takes over.")
@act_option
@day_option
@dry_option
@home_option
def merge(
    codes: tuple[str, ...], into: str, text: str, day: datetime | None, dry_run: bool, home: Path | None
) -> None:  # fmt: skip
    """End the organisations CODES; another one takes over their networks, assets, roles and open work."""

    def act(now: datetime) -> "Reorganisation":
        from vonggac.flows import reorganisation

        sources = [_organisation(code) for code in codes]
        return reorganisation.merge(sources, _organisation(into), _act(text, day, now), at=now, is_preview=dry_run)

    _reorganise(act, dry_run, home)


@register.command()
@click.argument("code")
@click.option(
    "--to", "default", required=True, help="Code of the organisation that takes what the table does not name."
)
@click.option("--table", type=existing_file, required=True)
@act_option
@day_option
@dry_option
@home_option
def split(
    code: str, default: str, table: Path, text: str, day: datetime | None, dry_run: bool, home: Path | None
) -> None:  # fmt: skip
    """End the organisation CODE; a table (network, asset or unit; organisation) says who takes over what."""

    def act(now: datetime) -> "Reorganisation":
        from vonggac.flows import reorganisation

        heirs = reorganisation.read_heirs(content_of(table), table.name, _organisation(default))
        return reorganisation.split(_organisation(code), heirs, _act(text, day, now), at=now, is_preview=dry_run)

    _reorganise(act, dry_run, home)


@register.command()
@click.argument("code")
@click.option("--to", "successor", help="Code of the organisation that takes over; default: the one above it.")
@act_option
@day_option
@dry_option
@home_option
def abolish(
    code: str, successor: str | None, text: str, day: datetime | None, dry_run: bool, home: Path | None
) -> None:  # fmt: skip
    """End the organisation CODE; what it answers for and its open work go to its successor."""

    def act(now: datetime) -> "Reorganisation":
        from vonggac.flows import reorganisation

        heir = _organisation(successor) if successor else None
        return reorganisation.abolish(_organisation(code), heir, _act(text, day, now), at=now, is_preview=dry_run)

    _reorganise(act, dry_run, home)


@register.command()
@click.argument("code")
@click.option("--under", required=True, help="Code of the organisation that it comes under.")
@act_option
@day_option
@dry_option
@home_option
def move(code: str, under: str, text: str, day: datetime | None, dry_run: bool, home: Path | None) -> None:
    """Put the organisation CODE and all below it under another one."""

    def act(now: datetime) -> "Reorganisation":
        from vonggac.flows import reorganisation

        return reorganisation.move(
            _organisation(code), _organisation(under), _act(text, day, now), at=now, is_preview=dry_run
        )  # fmt: skip

    _reorganise(act, dry_run, home)


@contextmanager
def _at_work(home: Path | None, *, may_begin: bool = False) -> Iterator[datetime]:
    """The desk open, the whole tree in scope, and the time of the act."""
    from vonggac.server.opening import opened

    with opened(home, may_begin=may_begin):
        from django.db import connections

        from vonggac.jobs.clock import now
        from vonggac.tenancy.scope import scoped, system

        try:
            with scoped(system("command line")):
                yield now()
        finally:
            connections.close_all()


def _day(chosen: datetime | None, now: datetime) -> date:
    from django.utils import timezone

    return chosen.date() if chosen else timezone.localdate(now)


def _act(text: str, day: datetime | None, now: datetime) -> Any:
    from vonggac.register.services.succession import DatedAct

    return DatedAct(text, _day(day, now))


def _organisation(code: str) -> "Organisation":
    from vonggac.register.models import Organisation

    found = Organisation.objects.select_related("parent").filter(code=code).first()
    if found is None:
        raise InputError(f"no organisation has the code “{code}”; find it with: vonggac register show WORDS")
    return found


def _apply(planned: "Plan", now: datetime) -> None:
    from vonggac.register import imports

    with bar(planned.kind, len(planned.changes)) as advance:
        imports.apply(planned, at=now, progress=advance)


def _show_plan(planned: "Plan") -> None:
    click.echo(f"{planned.file_name}: {_figures(planned)}")
    for change in planned.changed[:SHOWN_LINES]:
        before = change.before or {}
        told = ", ".join(f"{name}: {before[name]} → {value}" for name, value in change.after.items())
        click.echo(f"  ~ {change.noun} {' '.join(change.key)}: {told}")
    _more(len(planned.changed))
    for noun, key in planned.missing[:SHOWN_LINES]:
        click.echo(f"  ? {noun} {' '.join(key)}: not in the file, stays as it is")
    _more(len(planned.missing))
    for change in planned.elsewhere[:SHOWN_LINES]:
        click.echo(f"  = {change.noun} {' '.join(change.key)}: another office entered it, stays as it is there")
    _more(len(planned.elsewhere))
    for reject in planned.rejects:
        click.echo(f"  ! line {reject.line}, {reject.column or 'whole line'}: {reject.reason}", err=True)
    if planned.unknown_columns:
        click.echo(f"  columns that are not used: {', '.join(planned.unknown_columns)}")


def _more(number: int) -> None:
    if number > SHOWN_LINES:
        click.echo(f"    … and {number - SHOWN_LINES} more")


def _figures(planned: "Plan") -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in planned.counts().items())


def _say_how_it_ended(planned: "Plan", dry_run: bool) -> None:
    if dry_run:
        click.echo("nothing was changed (dry run)")
    elif planned.rejects:
        click.echo(f"imported without the {planned.counts()['rejected']} rejected lines; mend them and import again")


def _reorganise(act: Callable[[datetime], "Reorganisation"], dry_run: bool, home: Path | None) -> None:
    with _at_work(home) as now:
        done = act(now)
    for moved in done.moves:
        note = f"  ({moved.note})" if moved.note else ""
        click.echo(f"  {moved.noun} {moved.name}: {moved.came_from} → {moved.to}{note}")
    click.echo(", ".join(f"{number} {noun}" for noun, number in done.counts().items()))
    if dry_run:
        click.echo("nothing was changed (dry run)")
