"""`vonggac log`: traffic logs into the lake, and claims asked again."""

import sys
from collections import Counter
from pathlib import Path

import click

from vonggac.cli.acting import desk_step, with_desk
from vonggac.cli.options import bar, content_of
from vonggac.cli.summaries import VERDICTS, json_option, say_json


@click.group()
def log() -> None:
    """Traffic logs: hand in what a declared sensor wrote, and ask every claim again."""


@log.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sensor", required=True, help="The declared sensor that wrote them.")
@json_option
@with_desk
def import_logs(
    files: tuple[Path, ...], sensor: str, as_json: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """Put log FILES of one sensor into the lake: Zeek, flow and DNS tables, firewall syslog, NAT and DHCP logs.

    The format is told by the content; the same content again counts once.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.flows.traffic_log import import_log

        reports = []
        with bar("logs", len(files)) as advance:
            for file in files:
                with step():
                    reports.append(import_log(content_of(file), file.name, sensor, received_at=acts.at, at=acts.at))
                advance(1)
    if as_json:
        say_json(
            sensor=sensor,
            files=[
                {"file": file.name, "kind": report.kind, "rows": report.rows, "rejects": report.rejects,
                 "sha256": report.sha256, "unreadable": report.unreadable or None,
                 "known_before": report.known_before}
                for file, report in zip(files, reports, strict=True)
            ],
        )  # fmt: skip
    else:
        for file, report in zip(files, reports, strict=True):
            told = f"; it could not be read: {report.unreadable}" if report.unreadable else ""
            known = " (here already: counted once)" if report.known_before else ""
            click.echo(f"{file.name}: {report.rows:,} {report.kind} records, {report.rejects:,} rejects{known}{told}")
    sys.exit(1 if any(report.unreadable for report in reports) else 0)


@log.command()
@json_option
@with_desk
def assess(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Ask every standing claim again now, instead of waiting for the worker."""
    with desk_step(home, email, office) as (acts, step):
        from vonggac.flows import assessment, late_placement

        with step():
            moved = late_placement.place_again(at=acts.at)
        with step():
            found: Counter[str] = assessment.assess(at=acts.at)
    if as_json:
        say_json(placed=moved, verdicts={proof: found[proof] for proof in VERDICTS})
        return
    click.echo(f"{moved} findings placed on hosts; " + ", ".join(f"{n} {proof}" for proof, n in sorted(found.items())))
