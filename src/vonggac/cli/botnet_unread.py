"""`vonggac botnet unread`, `settle`, `withdraw`: what a list says and nobody could read, settled by a person."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.summaries import json_option, say_json

if TYPE_CHECKING:
    from vonggac.botnet.models import Settling, Unread

_WHAT = {"c2": "control server", "address": "listed address"}


@click.command()
@click.argument("list_number", metavar="[LIST]", type=int, required=False)
@click.option("--all", "is_all", is_flag=True, help="Settled ones too, with who settled them and as what.")
@click.option("--most", default=200, show_default=True, help="How many at the most.")
@json_option
@with_desk
def unread(
    list_number: int | None, is_all: bool, most: int, as_json: bool,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """What lists (or one LIST, by its number) say and nobody could read.

    A control server that cannot be read leaves every host of its sender unproven; a row whose address cannot be read,
    the hosts that it may mean. Each has a NUMBER: `vonggac botnet settle NUMBER` says what was meant.
    """
    with acting(home, email, office):
        from vonggac.botnet.models import Unread
        from vonggac.botnet.queries import open_ones, standing

        found = Unread.objects.all() if is_all else open_ones()
        if list_number is not None:
            found = found.filter(botnet_list=list_number)
        rows = list(found.select_related("botnet_list__sender").order_by("-botnet_list", "line", "pk")[:most])
        settlings = {one.unread_id: one for one in standing().filter(unread__in=rows)}
        if as_json:
            say_json(unread=[_document(one, settlings.get(one.pk)) for one in rows])
            return
        for one in rows:
            _say(one, settlings.get(one.pk))
        if not rows:
            click.echo("nothing waits to be settled")


@click.command()
@click.argument("number", type=int)
@click.option("--means", multiple=True, metavar="ADDRESS|NAME", help="What was meant; again for each of several.")
@click.option("--nothing", is_flag=True, help="No control server, or no host of ours, is meant here: say why.")
@click.option("--reason", default="", help="Why; kept in the ledger. Needed with --nothing.")
@click.option(
    "--everywhere",
    "reach",
    flag_value="everywhere",
    help="Also where the same text stands in the sender's other lists.",
)
@click.option(
    "--column", "reach", flag_value="column", help="With --nothing: whatever waits in this column of its list."
)
@click.option("--dry-run", is_flag=True, help="Only say how it would be read.")
@json_option
@with_desk
def settle(  # noqa: PLR0917  click hands over one argument an option
    number: int, means: tuple[str, ...], nothing: bool, reason: str, reach: str | None, dry_run: bool, as_json: bool,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Say what was meant where a list cannot be read; NUMBER stands in `vonggac botnet unread`.

    \b
    vonggac botnet settle 7 --means 198.51.100.7
    vonggac botnet settle 7 --means c2.example.net --means 198.51.100.7
    vonggac botnet settle 8 --nothing --reason "the column holds the malware's version"

    What was meant is watched for as if the list had said it; a listed address opens the case of its host. The proofs
    that wait for it are asked again by the worker. A later list with the same text is asked about anew.
    """  # noqa: D301  click wants the character, not the two letters
    from vonggac.register.rules import Act

    if nothing and means:
        raise click.UsageError("say either --means or --nothing")
    if reach == "column" and means:
        raise click.UsageError("a whole column (--column) can only be settled with --nothing")
    if not nothing and not means:
        raise click.UsageError("say what was meant (--means), or that nothing was (--nothing --reason)")
    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.botnet.queries import unread_thing
        from vonggac.botnet.services.settling import Reach, meaning
        from vonggac.flows import settling

        found = unread_thing(number)
        said = meaning(found.kind, means, reason)
        made: list[Any] = []
        if not dry_run:
            made = settling.settle(number, said, by=acts.name, at=acts.at, reach=Reach(reach or Reach.ALONE))
        if as_json:
            say_json(dry_run=dry_run, unread=number, meant=list(said.meant), reason=said.reason, settled=len(made))
            return
        _say(found, None)
        click.echo(f"  {'would mean' if dry_run else 'means'} {', '.join(said.meant) or f'nothing: {said.reason}'}")
        if len(made) > 1:
            click.echo(f"  {len(made)} settled")


@click.command()
@click.argument("number", type=int)
@json_option
@with_desk
def withdraw(number: int, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Take back what was settled for NUMBER: it waits again, and so do the proofs that it let through.

    A case that only the settled row had opened is closed; one that another list named since stays. A column that was
    settled in one act waits again as a whole.
    """
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.flows import settling

        found = settling.withdraw(number, by=acts.name, at=acts.at)
        if as_json:
            say_json(unread=number, withdrawn=found.meant)
            return
        _say(found.unread, None)
        click.echo("  waits to be settled again")


def _say(one: "Unread", settling: "Settling | None") -> None:
    where = f"line {one.line}" if one.line else "line not kept"
    click.echo(f"{one.pk}  {_WHAT[one.kind]}  {one.botnet_list} of {one.botnet_list.sender}, {where}, {one.column}")
    click.echo(f"  {one.text or one.row}")
    if one.text and one.row:
        click.echo(f"  in {one.rows:,} rows, first: {one.row}" if one.rows > 1 else f"  in: {one.row}")
    if settling:
        meant = ", ".join(settling.meant) or f"nothing: {settling.reason}"
        click.echo(f"  means {meant} ({settling.settled_by}, {settling.settled_at:%Y-%m-%d %H:%M} UTC)")


def _document(one: "Unread", settling: "Settling | None") -> dict[str, Any]:
    return {
        "id": one.pk, "list": one.botnet_list_id, "file": one.botnet_list.file_name,
        "sender": one.botnet_list.sender.name, "kind": one.kind, "line": one.line, "column": one.column or None,
        "text": one.text or None, "row": one.row or None, "rows": one.rows,
        "settled": None if settling is None else {
            "meant": settling.meant, "reason": settling.reason or None, "by": settling.settled_by,
            "at_utc": settling.settled_at.isoformat(),
        },
    }  # fmt: skip
