"""`vonggac sweep`: lists of indicators over everything in the lake."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import desk_step, with_desk
from vonggac.cli.answers import Form, answer_options
from vonggac.cli.options import bar, existing_file
from vonggac.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vonggac.flows.lake_questions import Ground
    from vonggac.formats.indicators import Indicator
    from vonggac.lake.sweep import Search

_SHOWN_REJECTS = 5


@click.command()
@click.option(
    "--list", "lists", metavar="FILE", multiple=True, required=True,
    type=existing_file, help="A list of indicators; may come several times.",
)  # fmt: skip
@click.option("--since", type=click.DateTime(), help="Rows from this time on (UTC); default: all there are.")
@click.option(
    "--dask", metavar="ADDRESS|N", help="On the Dask cluster of this scheduler, or on so many workers started here."
)
@answer_options
@with_desk
def sweep(  # noqa: PLR0917  click hands over one argument an option
    lists: tuple[Path, ...],
    since: "datetime | None",
    dask: str | None,
    form: Form,
    output: Path | None,
    force: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Look for every address, network, domain, URL and hash of the lists in everything that the lake holds.

    One row for each indicator and organisation: how often, first and last, and the earliest row. Killed and given
    again, it goes on where it stopped.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.cli import answers
        from vonggac.flows import lake_questions

        wanted, rejects = _read(lists)
        with step():
            ground = lake_questions.note_sweep([file.name for file in lists], len(wanted), at=acts.at)
        found = _swept(ground, wanted, since, dask)
        _say_unsearched(ground, wanted)
        with answers.target(form, output, force=force) as file:
            head = {"indicators": len(wanted), "rejects": rejects}
            answers.write(file, form, *answers.batches_of(lake_questions.with_codes(found, ground)), head)
    click.echo(f"{len(wanted):,} indicators, {found.num_rows:,} hits, {len(rejects):,} lines rejected", err=True)


def _read(lists: tuple[Path, ...]) -> "tuple[list[Indicator], list[dict[str, Any]]]":
    """The indicators of all lists, each once, and their rejects, of which the first are said."""
    from vonggac.cli.summaries import reject_document
    from vonggac.formats import indicators

    found: dict[Indicator, None] = {}
    rejects: list[dict[str, Any]] = []
    for file in lists:
        reading = indicators.read(file.read_bytes(), file.name)
        found |= dict.fromkeys(reading.indicators)
        for reject in reading.rejects[:_SHOWN_REJECTS]:
            click.echo(f"{file.name}, line {reject.line}: {reject.reason}", err=True)
        if len(reading.rejects) > _SHOWN_REJECTS:
            click.echo(f"{file.name}: {len(reading.rejects) - _SHOWN_REJECTS:,} more rejects", err=True)
        rejects += [{"file": file.name, **reject_document(reject)} for reject in reading.rejects]
    if not found:
        raise InputError("the lists hold no indicator; write one address, network, domain, URL or hash on each line")
    return list(found), rejects


def _swept(ground: "Ground", wanted: "list[Indicator]", since: "datetime | None", dask: str | None) -> Any:
    from vonggac.flows import lake_questions
    from vonggac.lake.sweep import Sweep

    since_us = None if since is None else lake_questions.micros(since)
    one = Sweep.of(ground.lake, wanted, ground.scope, since_us=since_us, offsets_us=ground.offsets_us)
    with _way(dask) as search, bar("sweep", len(one.parts)) as advance:
        one.run(search, advance)
    found = one.gather()
    one.forget()
    return found


@contextmanager
def _way(dask: str | None) -> "Iterator[Search]":
    if dask is None:
        from vonggac.lake import sweep as sweeps

        yield sweeps.here
        return
    from vonggac.lake import sweep_distributed

    with sweep_distributed.cluster(dask) as client:
        yield sweep_distributed.on(client)


def _say_unsearched(ground: "Ground", wanted: "list[Indicator]") -> None:
    from vonggac.lake.sweep import unsearched

    for kind, count in unsearched(wanted, ground.lake, ground.scope).items():
        click.echo(
            f"{count:,} indicators of the kind {kind.value} can be found in nothing that the lake holds", err=True
        )
