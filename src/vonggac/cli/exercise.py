"""`vonggac exercise`: an invented province as files, and the judge of such folders. Needs no desk."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vonggac.cli.options import content_of, existing_file, existing_folder

# Where no terminal shows how far the judge is: when it first says so, and how often then.
FIRST_WORD_SECONDS, NEXT_WORD_SECONDS = 1, 5


@click.group()
def exercise() -> None:
    """The exercise province: files a user would have, and the truth apart."""


@exercise.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), required=True, help="The same seed writes the same province.")
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 200),
    default=1.0,
    show_default=True,
    help="1: 6,000 hosts; at least 720.",
)
@click.option(
    "--list", "list_path", metavar="FILE", type=existing_file,
    help="A botnet list to build the province around: its addresses become the province's own.",
)  # fmt: skip
def generate(folder: Path, seed: int, scale: float, list_path: Path | None) -> None:
    """Write a province with its register, sensors, lists, claims and 14 days of logs into DIR."""
    import numpy as np  # here and not above: numpy and pyarrow cost 0.3 s that --help must not pay

    from vonggac.exercise.generate import GivenList
    from vonggac.exercise.generate import generate as write_exercise

    given = GivenList(list_path.name, content_of(list_path)) if list_path else None
    begun = time.monotonic()
    is_hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label="organisations", show_pos=True, file=sys.stderr, hidden=is_hidden) as bar:

        def advance(total: int) -> None:
            bar.length = total
            bar.update(1)

        written = write_exercise(
            folder, np.random.default_rng(seed), name=f"hai-van-{seed}", scale=scale, given=given, progress=advance
        )
    claimed = sum(one.claim == "clean" for one in written.subjects)
    click.echo(
        f"{folder}: {len(written.province.organisations)} organisations, {written.province.hosts:,} hosts, "
        f"{sum(bool(one.senders) for one in written.subjects):,} listed, {claimed:,} claimed clean, "
        f"{written.flow_records:,} flows, {written.dns_records:,} DNS questions, {time.monotonic() - begun:.1f} s"
    )


@exercise.command()
@click.argument("folder", metavar="DIR", type=existing_folder)
@click.option("--json", "is_json", is_flag=True, help="Print the verdicts as JSON.")
def judge(folder: Path, is_json: bool) -> None:
    """Play the world in DIR on a desk of its own and print the verdict on every host; its answers are never opened.

    \b
    What DIR holds; * may be absent:
      world.toml          [world] now_utc = "2024-04-24T00:00:00Z"
      organisations.csv   code,name,kind,parent
      networks.csv        network,organisation
      assets.csv          name,kind,organisation,address
      sensors.csv         name,kind,organisation,networks
      heartbeats.csv *    sensor,from_utc,to_utc
      rotation.csv *      sensor,file,from_utc,to_utc,records
      lists.csv           file,sender,received_utc; the lists themselves in lists/
      claims.csv *        host,time_utc,claim (clean or not_ours)
      arrivals.csv *      file,received_utc; the logs themselves in logs/SENSOR/
    """  # noqa: D301  click wants the character, not the two letters
    import json

    from vonggac.server.throwaway import throwaway

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the desk is taken away on the way out
    with throwaway():
        from vonggac.exercise.judge import judge as judge_world

        with _told() as (progress, warn):
            found = judge_world(folder, warn=warn, progress=progress)
    if is_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return
    for host in found.hosts:
        claimed = "claimed" if host.claimed else "not claimed"
        click.echo(f"{host.name:<28} {claimed:<12} {host.verdict:<15} {'; '.join(host.missing[:3])}".rstrip())
    click.echo(", ".join(f"{name}: {value}" for name, value in found.to_json()["summary"].items()))


@contextmanager
def _told() -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Progress on the error stream: one line at a terminal, else a line every few seconds; warnings as lines."""
    is_drawn = sys.stderr.isatty()
    next_at = time.monotonic() + FIRST_WORD_SECONDS

    def progress(word: str) -> None:
        nonlocal next_at
        if is_drawn:
            click.echo(f"\r\033[K{word[:100]}", nl=False, err=True)
        elif word and time.monotonic() >= next_at:
            click.echo(word[:100], err=True)
            next_at = time.monotonic() + NEXT_WORD_SECONDS

    def warn(sentence: str) -> None:
        click.echo(f"{chr(13) + chr(27) + '[K' if is_drawn else ''}warning: {sentence}", err=True)

    yield progress, warn
    progress("")
