"""`vonggac ledger`: verify the history, take checkpoints out."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.options import content_of, existing_file, home_option

if TYPE_CHECKING:
    from vonggac.ledger.chain import Checkpoint


@click.group()
def ledger() -> None:
    """The append-only history: verify it, take checkpoints out of the database."""


@ledger.command()
@click.option("--checkpoint", "points", multiple=True, metavar="SEQUENCE:HASH", help="A checkpoint kept outside.")
@click.option("--checkpoints", type=existing_file, help="A file with one on each line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@home_option
def verify(points: tuple[str, ...], checkpoints: Path | None, as_json: bool, home: Path | None) -> None:
    """Walk the whole hash chain; exit 1 when anything was changed. Entries not sealed yet are named."""
    from vonggac.server import databases, opening

    with opening.opened(home) as desk:
        from vonggac.ledger.services import seal
        from vonggac.ledger.verification import verify as walk

        where = (
            desk.path if databases.chosen(desk).is_embedded else f"{desk.path}, in the database of VONGGAC_DATABASE_URL"
        )
        kept = desk.path / "checkpoints.txt"
        while seal():
            pass
        found = walk([*_parse(points), *_from_file(checkpoints), *_from_file(kept if kept.exists() else None)])
    if as_json:
        answer = {
            "sound": found.is_sound,
            "sealed": found.sealed,
            "unsealed": list(found.unsealed),
            "head": str(found.head) if found.head else None,
            "faults": list(found.faults),
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(f"the ledger of {where}")
        for fault in found.faults:
            click.echo(f"BROKEN: {fault}")
        if not found.head:
            click.echo("the ledger is empty: nothing was recorded on this desk; --home DIR names another one")
        elif found.is_sound:
            click.echo("the history is whole and unchanged")
        unsealed = f": {list(found.unsealed)[:20]}" if found.unsealed else ""
        click.echo(f"{found.sealed} entries sealed, {len(found.unsealed)} not sealed yet{unsealed}")
        if found.head:
            click.echo(f"head {found.head}")
    sys.exit(0 if found.is_sound else 1)


@ledger.command()
@home_option
def checkpoint(home: Path | None) -> None:
    """Print the newest checkpoint; keep it outside this machine."""
    from vonggac.server import opening

    with opening.opened(home):
        from vonggac.ledger.services import checkpoint as newest
        from vonggac.ledger.services import seal

        while seal():
            pass
        point = newest()
    click.echo(str(point) if point else "the ledger is empty")


def _parse(points: tuple[str, ...]) -> list["Checkpoint"]:
    from vonggac.ledger.chain import Checkpoint

    try:
        return [Checkpoint.parse(point) for point in points]
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it as the desk printed it, sequence:hash") from None


def _from_file(file: Path | None) -> list["Checkpoint"]:
    """The checkpoints in a file: the last word of each line that is not empty."""
    if file is None:
        return []
    lines = content_of(file).decode("utf-8", "replace").splitlines()
    return _parse(tuple(line.split()[-1] for line in lines if line.strip()))
