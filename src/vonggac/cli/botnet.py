"""`vonggac botnet`: botnet lists from the shell; `match` needs no database, `import` enters the list at the desk."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli import array_work, summaries
from vonggac.cli.acting import desk_step, with_desk
from vonggac.cli.botnet_senders import merge_senders, senders
from vonggac.cli.botnet_unread import settle, unread, withdraw
from vonggac.cli.options import bar, content_of, existing_file
from vonggac.cli.summaries import json_option
from vonggac.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vonggac.formats.botnet_columns import Mapping
    from vonggac.formats.botnet_list import ListReading
    from vonggac.formats.nat_log import NatLog
    from vonggac.formats.records import Reject
    from vonggac.formats.sightings import Match
    from vonggac.kernel.network_history import History
    from vonggac.kernel.networks import Register


@click.group()
def botnet() -> None:
    """Botnet lists: match addresses to owners, import, compare, settle what could not be read."""


for _command in (unread, settle, withdraw, senders, merge_senders):
    botnet.add_command(_command)


@botnet.command()
@click.argument("list_file", metavar="LIST", type=existing_file)
@click.option("--networks", type=existing_file, help="Table with the columns network and organisation.")
@click.option("--nat", type=existing_file, help="NAT log: the inner address behind a public address and port.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else standard output.")
@click.option("--mapping", type=existing_file, help="Column mapping (JSON) to use instead of the guess.")
@click.option("--show-mapping", is_flag=True, help="Print the mapping as JSON and stop.")
def match(
    list_file: Path,
    networks: Path | None,
    nat: Path | None,
    form: str,
    output: Path | None,
    mapping: Path | None,
    show_mapping: bool,
) -> None:
    """Say who answers for each address of a botnet LIST.

    LIST is CSV, TSV, XLSX or plain text from any sender. The longest network around an address owns it.
    """
    array_work.prepare()
    from vonggac.cli import compiled_networks
    from vonggac.formats import botnet_list

    content = botnet_list.need_content(content_of(list_file), list_file.name)
    reading = botnet_list.read(content, list_file.name, _load_mapping(mapping))
    if show_mapping:
        _write([json.dumps(reading.mapping.to_json(), ensure_ascii=False, indent=2).encode(), b"\n"], output)
        return
    if networks is None:
        raise InputError("name the table of networks with --networks NETWORKS.csv (columns network, organisation)")
    register, network_rejects = compiled_networks.load_history(networks)
    _match(reading, register, network_rejects, nat, form, output)


@botnet.command("import")
@click.argument("list_file", metavar="LIST", type=existing_file)
@click.option("--sender", required=True, help="Who sent the list; lists are compared with the sender's last one.")
@click.option("--mapping", type=existing_file, help="Column mapping (JSON); remembered for the sender.")
@click.option(
    "--received",
    type=click.DateTime(),
    help="When it came (UTC); default: now. With it, the same bytes may come again.",
)
@click.option("--dry-run", is_flag=True, help="Only say how the list is read and what it would change.")
@json_option
@with_desk
def import_list(  # noqa: PLR0917  click hands over one argument an option
    list_file: Path,
    sender: str,
    mapping: Path | None,
    received: datetime | None,
    dry_run: bool,
    as_json: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Enter a LIST at the desk: every listed host becomes a case of the organisation that answers for it.

    The person on duty is called for new hosts of priority 1: of a system of level 3 or higher, or back on the list.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.botnet import queries, rules
        from vonggac.flows import botnet_list

        with step():
            if near := rules.nearly(sender, queries.senders(acts.office)):
                said = f"no list of {sender} came yet; for the same sender as before write --sender “{near[0]}”"
                click.echo(said, err=True)
        chosen, content = _load_mapping(mapping), content_of(list_file)
        received_at = received.replace(tzinfo=UTC) if received else None
        if dry_run:
            with step():
                figures = botnet_list.preview(
                    content, list_file.name, acts.office, sender, at=received_at or acts.at, mapping=chosen
                )
            summaries.say_list(summaries.previewed(list_file.name, figures), as_json=as_json)
            return
        with bar(f"{list_file.name}", 100) as advance:
            report = botnet_list.import_list(
                content,
                list_file.name,
                acts.office,
                sender,
                received_at=received_at,
                at=acts.at,
                mapping=chosen,
                within=step,
                progress=_percent(advance),
            )
        with step():
            found = summaries.imported(report)
    summaries.say_list(found, as_json=as_json)


def _percent(advance: "Callable[[int], None]") -> "Callable[[int, int], None]":
    shown = 0

    def to(done: int, total: int) -> None:
        nonlocal shown
        percent = done * 100 // max(total, 1)
        advance(percent - shown)
        shown = percent

    return to


def _match(
    reading: "ListReading",
    register: "Register | History",
    network_rejects: "list[Reject]",
    nat: Path | None,
    form: str,
    output: Path | None,
) -> None:
    from vonggac.formats import sightings, sightings_json
    from vonggac.formats.records import RowWarning

    log = _read_nat(nat) if nat else None
    found = sightings.match_list(reading, register, log, datetime.now(UTC))
    if form == "json":
        sides = [("networks", network_rejects), ("NAT log", log.rejects if log else [])]
        noted = [
            RowWarning(one.line, one.column or "", f"{name}: {one.reason}", one.raw)
            for name, rejects in sides
            for one in rejects
        ]
        content: Iterable[bytes | memoryview] = sightings_json.write_json(
            found, reading, [*reading.warnings, *found.warnings, *noted]
        )
    elif form == "csv":
        content = [sightings.write_csv(found)]
    elif form == "parquet":
        if output is None and sys.stdout.isatty():
            raise InputError("Parquet is binary; name a file with --output FILE")
        content = [sightings.write_parquet(found)]
    else:
        content = [sightings.write_text(found).encode() + b"\n"]
    _write(content, output)
    _say_summary(found, reading, network_rejects, log.rejects if log else [])


def _read_nat(path: Path) -> "NatLog":
    from vonggac.formats import nat_log

    return nat_log.read(content_of(path), path.name)


def _say_summary(
    found: "Match", reading: "ListReading", network_rejects: "list[Reject]", nat_rejects: "list[Reject]"
) -> None:
    """The figures and the first rejects on standard error, whatever the output's form."""
    summary = found.summary
    click.echo(
        f"{summary.rows_read} rows read, {summary.rows_rejected} rejected, {summary.addresses} addresses: "
        f"{summary.owned} owned, {summary.unowned} unowned",
        err=True,
    )
    named = (("list", reading.rejects), ("networks", network_rejects), ("NAT log", nat_rejects))
    for name, rejects in named:
        for one in rejects[:5]:
            where = f"line {one.line}" + (f", {one.column}" if one.column else "")
            click.echo(f"{name}, {where}: {one.reason}", err=True)
        if len(rejects) > 5:
            click.echo(f"{name}: {len(rejects) - 5} more rejects", err=True)
    warnings = [*reading.warnings, *found.warnings]
    for warning in warnings[:5]:
        where = f"line {warning.line}" + (f", {warning.column}" if warning.column else "")
        click.echo(f"list, {where}: {warning.reason}", err=True)
    if len(warnings) > 5:
        click.echo(f"list: {len(warnings) - 5} more warnings; --format json names them all", err=True)


def _write(content: "Iterable[bytes | memoryview]", output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.writelines(content)
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as target:
            for part in content:
                target.write(part)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}); name another file") from error


def _load_mapping(path: Path | None) -> "Mapping | None":
    if path is None:
        return None
    from vonggac.formats import botnet_columns

    try:
        return botnet_columns.by_choice(botnet_columns.from_json(json.loads(content_of(path))))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); start from --show-mapping") from error
