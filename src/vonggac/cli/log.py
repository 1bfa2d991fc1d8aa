"""`vonggac log`: traffic logs into the lake, and claims asked again."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, desk_step, with_desk
from vonggac.cli.options import as_typed, bar, content_of, existing_file
from vonggac.cli.summaries import VERDICTS, json_option, say_json
from vonggac.errors import OtherLog

if TYPE_CHECKING:
    from vonggac.flows.mistaken_log import UnreadFile
    from vonggac.flows.traffic_log import LogReport


@click.group()
def log() -> None:
    """Traffic logs: hand in what a declared sensor wrote, and ask every claim again."""


@log.command("import")
@click.argument("files", nargs=-1, required=True, type=existing_file)
@click.option("--sensor", required=True, help="The declared sensor that wrote them.")
@click.option("--dry-run", is_flag=True, help="Only say how each file is read and what it holds.")
@click.option("--anyway", is_flag=True, help="Let files count of which no record can be read: damaged logs.")
@json_option
@with_desk
def import_logs(
    files: tuple[Path, ...],
    sensor: str,
    dry_run: bool,
    anyway: bool,
    as_json: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Put log FILES of one sensor into the lake: Zeek, flow and DNS tables, firewall syslog, NAT and DHCP logs.

    The format is told by the content; the same content again counts once. A log of another kind than the sensor's is
    refused. A file of which no record can be read counts with --anyway alone: nobody whom the sensor sees is proven
    clean until the whole log comes.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.flows import mistaken_log, traffic_log

        unproves: int | None = None
        taken: list[tuple[str, LogReport | OtherLog]] = []
        with bar("logs", len(files)) as advance:
            for file in files:
                content = content_of(file)
                try:
                    with step():
                        made = (
                            traffic_log.preview(content, file.name, sensor, received_at=acts.at)
                            if dry_run
                            else traffic_log.import_log(
                                content, file.name, sensor, received_at=acts.at, at=acts.at, asks=not anyway
                            )
                        )
                        if made.is_asked and not dry_run and unproves is None:
                            unproves = mistaken_log.would_unprove(sensor, at=acts.at)
                    taken.append((file.name, made))
                except OtherLog as refusal:
                    taken.append((file.name, refusal))
                advance(1)
    if as_json:
        say_json(sensor=sensor, dry_run=dry_run, files=[_taken(name, report) for name, report in taken])
    else:
        for name, report in taken:
            click.echo(_told(name, report, dry_run=dry_run, unproves=unproves))
    sys.exit(1 if any(isinstance(report, OtherLog) or report.unreadable for _, report in taken) else 0)


def _taken(name: str, report: "LogReport | OtherLog") -> dict[str, Any]:
    if isinstance(report, OtherLog):
        nothing = dict.fromkeys(("kind", "rows", "rejects", "sha256", "unreadable"))
        return {"file": name, **nothing, "known_before": False, "refused": str(report), "is_asked": False}
    return {
        "file": name, "kind": report.kind, "rows": report.rows, "rejects": report.rejects, "sha256": report.sha256,
        "unreadable": report.unreadable or None, "known_before": report.known_before, "refused": None,
        "is_asked": report.is_asked,
    }  # fmt: skip


def _told(name: str, report: "LogReport | OtherLog", *, dry_run: bool, unproves: int | None) -> str:
    """What became, or would become, of a file; of one that nobody can read also what follows, and what ends that."""
    if isinstance(report, OtherLog):
        return f"refused: {report}"
    known = " (here already: counted once)" if report.known_before else ""
    counted = f"{name}: {report.rows:,} {report.kind} records, {report.rejects:,} rejects{known}"
    if not report.unreadable:
        return counted
    if dry_run:
        return f"{counted}; it cannot be read: {report.unreadable}"
    if report.is_asked:
        return as_typed(
            f"{counted}; not taken in, no line of it can be read: {report.unreadable}\n"
            f"  a damaged log of {report.sensor} is handed in with --anyway; "
            f"{unproves} hosts that are proven clean lose their proof then"
        )
    return as_typed(
        f"{counted}; it could not be read: {report.unreadable}\n"
        f"  nobody whom {report.sensor} sees can be proven clean until the mended file is handed in; "
        "if it is no log of that sensor, take it back:\n"
        f"  vonggac log take-back {report.sha256[:12]} --sensor {report.sensor} --reason TEXT"
    )


@log.command()
@click.option("--all", "is_all", is_flag=True, help="Those that were taken back too, with the reason.")
@json_option
@with_desk
def unread(is_all: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The files of which no record could be read: nobody whom their sensor sees is proven clean until that ends."""
    with acting(home, email, office):
        from vonggac.flows.mistaken_log import unread_files

        found = [one for one in unread_files() if is_all or one.taken_back is None]
        if as_json:
            say_json(unread=[_document(one) for one in found])
            return
        for one in found:
            click.echo(f"{one.sha256[:12]}  {one.sensor}  {one.file_name}  {one.received_at:%Y-%m-%d %H:%M} UTC")
            click.echo(f"  {one.reason}")
            if one.taken_back is not None:
                click.echo(f"  taken back by {one.taken_back.taken_back_by}: {one.taken_back.reason}")
        if not found:
            click.echo("every file that came could be read")


@log.command("take-back")
@click.argument("sha256")
@click.option("--sensor", required=True, help="The sensor that it was handed in for.")
@click.option("--reason", required=True, help="Why it was handed in by mistake; kept in the ledger.")
@json_option
@with_desk
def take_back(
    sha256: str, sensor: str, reason: str, as_json: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """Take a file back that was handed in by mistake: a picture, a file of another kind, of which nothing was read.

    SHA256, or its beginning, stands in `vonggac log unread`. The file then counts as never having come. Where a log
    of the sensor may be missing, nobody is proven clean all the same.
    """
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.flows import mistaken_log

        made = mistaken_log.take_back(sensor, sha256, reason, by=acts.name, at=acts.at)
        if as_json:
            say_json(sensor=sensor, sha256=made.sha256, file=made.file_name, reason=made.reason)
            return
        undo = as_typed(f"`vonggac log put-back {made.sha256[:12]} --sensor {sensor}`")
        click.echo(f"{made} is taken back; {undo} undoes it")


@log.command("put-back")
@click.argument("sha256")
@click.option("--sensor", required=True, help="The sensor that it was handed in for.")
@json_option
@with_desk
def put_back(sha256: str, sensor: str, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Let a file that was taken back count again, as one that came and could not be read."""
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.flows import mistaken_log

        found = mistaken_log.put_back(sensor, sha256, by=acts.name, at=acts.at)
        if as_json:
            say_json(sensor=sensor, sha256=found.sha256, file=found.file_name)
            return
        click.echo(f"{found} counts again")


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


def _document(one: "UnreadFile") -> dict[str, Any]:
    taken = one.taken_back
    return {
        "sensor": one.sensor, "sha256": one.sha256, "file": one.file_name, "received_utc": one.received_at.isoformat(),
        "unreadable": one.reason,
        "taken_back": None if taken is None else {
            "reason": taken.reason, "by": taken.taken_back_by, "at_utc": taken.taken_back_at.isoformat(),
        },
    }  # fmt: skip
