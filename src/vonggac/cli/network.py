"""`vonggac network`: whose networks the addresses of a text file are in; needs no database."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from vonggac.cli import array_work
from vonggac.cli.options import existing_file, need_readable
from vonggac.errors import InputError


@click.group()
def network() -> None:
    """Networks: whose are the addresses of a text file."""


@network.command()
@click.argument("text_file", metavar="FILE", type=existing_file)
@click.option("--networks", type=existing_file, required=True, help="Table with the columns network and organisation.")
@click.option("--column", type=click.IntRange(1), default=1, help="Which field of a line holds the address.")
@click.option("--separator", metavar="CHARACTER", help="What ends a field; default: blanks and tabs.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else standard output.")
def owners(text_file: Path, networks: Path, column: int, separator: str | None, output: Path | None) -> None:
    """Write the lines of FILE whose address has an owner, with organisation and network behind each.

    FILE is text with one record a line: flows, proxy or web logs of any size. The longest network around an address
    owns it; the lines without an owner are left out.
    """
    if separator is not None and len(separator.encode()) != 1:
        raise InputError("--separator takes one character, for example --separator ,")
    array_work.prepare()
    from vonggac.cli import compiled_networks
    from vonggac.formats.owned_lines import Place, name_owners

    register, rejects = compiled_networks.load(networks, datetime.now(UTC))
    owned = read = 0
    try:
        target = output.open("wb") if output else sys.stdout.buffer
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}); name another file") from error
    with need_readable(text_file).open("rb", buffering=0) as source:
        for part, owned_part, read_part in name_owners(source, register, Place(column, separator)):
            target.write(part)
            owned += owned_part
            read += read_part
    target.flush()
    if output:
        target.close()
    click.echo(f"{read} lines read, {owned} with an owner", err=True)
    if rejects:
        first = rejects[0]
        click.echo(f"networks: {len(rejects)} rejects; line {first.line}: {first.reason}", err=True)
