"""`vonggac alerts import`, `findings`, `set-aside`, `replay`, `listen`: alerts taken into the desk, and their fate."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, desk_step, with_desk
from vonggac.cli.options import as_typed, bar, existing_file, home_option
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.flows.alert_files import FileReport

_STILL_SHOWN = 5


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=existing_file)
@click.option("--source", required=True, help="The declared source that wrote them.")
@json_option
@with_desk
def import_files(
    files: tuple[Path, ...], source: str, as_json: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """Take FILES of alerts of a declared source into the desk: every record kept, grouped into findings.

    The same content again counts once; one whose import was cut short goes on where it stopped.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.flows.alert_files import import_file
        from vonggac.tenancy.scope import current

        with step():
            scope = current()
        # Each byte is told twice: when it is kept, and when it is read.
        with bar("alerts", 2 * sum(file.stat().st_size for file in files)) as advance:
            reports = [import_file(file, source, scope, at=acts.at, advance=advance) for file in files]
    if as_json:
        say_json(source=source, files=[_document(report) for report in reports])
    else:
        for report in reports:
            click.echo(_told(report))
    sys.exit(1 if any(report.unreadable for report in reports) else 0)


@click.command()
@click.option("--source", default="", help="Of this source alone.")
@click.option("--all", "is_all", is_flag=True, help="Handled and suppressed ones too.")
@click.option("--rows", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many at most.")
@json_option
@with_desk
def findings(
    source: str, is_all: bool, rows: int, as_json: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """The most urgent findings that wait, each with the reason for its priority.

    Where there are more than --rows it says so.
    """
    with acting(home, email, office):
        from vonggac.alerts import queries
        from vonggac.alerts.rules import WAITING, State

        states = frozenset(State) if is_all else WAITING
        chosen = queries.Chosen(source)
        page = queries.inbox(states=frozenset(str(one) for one in states), chosen=chosen, most=rows)
        if as_json:
            say_json(findings=[_finding(one) for one in page.findings], more=bool(page.following))
            return
        for one in page.findings:
            click.echo(
                f"{one.pk}  {one.priority}  {one.count:,}×  {one.subject}  {one.title}  "
                f"[{one.source.name}, {one.state}] {one.priority_reason}"
            )
        if page.following:
            click.echo(f"there are more than these {rows:,}; --rows tells how many to show", err=True)


@click.command("set-aside")
@click.option("--all", "is_all", is_flag=True, help="What was taken back too.")
@json_option
@with_desk
def set_aside(is_all: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """What could not be read and waits for a replay, with the reasons."""
    with acting(home, email, office):
        from vonggac.alerts import queries

        waiting = queries.not_read() if is_all else queries.set_aside()
        found = list(waiting.select_related("source")[:1_000])
        if as_json:
            say_json(set_aside=[_aside(one) for one in found])
            return
        for one in found:
            click.echo(_aside_line(one))


@click.command()
@click.argument("numbers", nargs=-1, type=int)
@json_option
@with_desk
def replay(numbers: tuple[int, ...], as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Read again what was set aside (NUMBERS, or all of it) with the source's format and mapping of today.

    What still cannot be read stays set aside, and its reason is said.
    """
    with desk_step(home, email, office) as (acts, step):
        from vonggac.alerts import queries
        from vonggac.alerts.services.absorbing import Figures
        from vonggac.flows.alert_files import replay as read_again
        from vonggac.tenancy.scope import current

        with step():
            scope, waiting = current(), queries.set_aside()
            chosen = list((waiting.filter(pk__in=numbers) if numbers else waiting).values_list("pk", flat=True))
        found = sum((read_again(one, scope, at=acts.at) for one in chosen), Figures())
        with step():
            still = list(queries.set_aside().filter(pk__in=chosen).select_related("source"))
    if as_json:
        say_json(replayed=len(chosen), records=found.records, still=[_aside(one) for one in still])
        return
    click.echo(f"{found.records:,} alerts read from {len(chosen)} that were set aside")
    for one in still[:_STILL_SHOWN]:
        click.echo(f"still set aside: {_aside_line(one)}")
    if len(still) > _STILL_SHOWN:
        click.echo(f"and {len(still) - _STILL_SHOWN} more; `vonggac alerts set-aside` shows all")


@click.command("take-back")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it was handed in by mistake; kept in the ledger.")
@json_option
@with_desk
def take_back(
    number: int, reason: str, as_json: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """Take a file back that was handed in by mistake; NUMBER as in `alerts set-aside`.

    What could not be read waits no more; alerts that were read from it stay.
    """
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.alerts.services import files

        found = files.take_back(number, reason, by=acts.name, at=acts.at)
        if as_json:
            say_json(taken_back=found.pk, file=found.file_name, reason=found.taken_back_for)
            return
        undo = as_typed(f"`vonggac alerts put-back {found.pk}`")
        click.echo(f"{found.file_name} is taken back; {undo} undoes it")


@click.command("put-back")
@click.argument("number", type=int)
@json_option
@with_desk
def put_back(number: int, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Let a file that was taken back wait to be read again; NUMBER as in `alerts set-aside --all`."""
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.IMPORT) as acts:
        from vonggac.alerts.services import files

        found = files.put_back(number, by=acts.name, at=acts.at)
        if as_json:
            say_json(put_back=found.pk, file=found.file_name)
            return
        click.echo(f"{found.file_name} waits again to be read")


@click.command()
@home_option
@click.option("--collector", default="intake", show_default=True, help="Its name, another one for each of several.")
@click.option("--syslog-tcp", envvar="VONGGAC_SYSLOG_TCP", metavar="HOST:PORT", help="Hear syslog over TCP there.")
@click.option("--syslog-udp", envvar="VONGGAC_SYSLOG_UDP", metavar="HOST:PORT", help="Hear syslog over UDP there.")
@click.option("--syslog-tls", envvar="VONGGAC_SYSLOG_TLS", metavar="HOST:PORT", help="Hear syslog over TLS there.")
@click.option("--certificate", envvar="VONGGAC_SYSLOG_CERTIFICATE", default="", help="Chain (PEM) for TLS.")
@click.option("--key", envvar="VONGGAC_SYSLOG_KEY", default="", help="Its key (PEM), where the chain does not hold it.")
def listen(
    home: Path | None,
    collector: str,
    syslog_tcp: str | None,
    syslog_udp: str | None,
    syslog_tls: str | None,
    certificate: str,
    key: str,
) -> None:
    """Watch folders, hear syslog, count what comes in; the database must be running and migrated."""
    import django

    from vonggac.server import lifeline, opening

    # A collector on a machine of its own begins its own folder; beside a desk a mistyped --home would watch nothing.
    choose = opening.choose_home if os.environ.get("VONGGAC_DATABASE_URL") else opening.found_home
    choose(home).prepare()
    lifeline.hold()
    django.setup()
    from vonggac.server.alert_intake import Intake
    from vonggac.server.alert_syslog import Listening

    if syslog_tls and not certificate:
        raise InputError("syslog over TLS needs a certificate; name it with --certificate")
    listening = Listening(_place(syslog_tcp), _place(syslog_udp), _place(syslog_tls), certificate, key)
    Intake(collector, listening).run()


def _place(text: str | None) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise InputError(f"{text} is no place to listen; write 0.0.0.0:6514 or [::]:6514")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  whoever names a port alone means every address


def _told(report: "FileReport") -> str:
    if report.unreadable:
        return f"{report.file_name}: kept and set aside; it could not be read: {report.unreadable}"
    figures = report.figures
    known = "was taken in before, counts once: " if report.is_known else ""
    return (
        f"{report.file_name}: {known}{figures.records:,} alerts ({report.format_name}), {figures.rejects:,} rejects, "
        f"{figures.observations:,} observations; {report.new_findings:,} new findings, "
        f"{report.counted_on:,} counted on{_ahead(report)}"
    )


def _ahead(report: "FileReport") -> str:
    lead = report.lead
    if not lead.alerts:
        return ""
    return (
        f"\n  {lead.alerts:,} alerts have a time ahead of the file's reception, by up to {lead.minutes:,} minutes: "
        "look at the clock and time zone of the source"
    )


def _document(report: "FileReport") -> dict[str, Any]:
    figures = report.figures
    return {
        "file": report.file_name, "sha256": report.sha256, "format": report.format_name or None,
        "records": figures.records, "rejects": figures.rejects, "observations": figures.observations,
        "new_findings": report.new_findings, "counted_on": report.counted_on, "known": report.is_known,
        "ahead": report.lead.alerts, "ahead_seconds": report.lead.seconds,
        "unreadable": report.unreadable or None,
    }  # fmt: skip


def _finding(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk, "source": one.source.name, "rule": one.rule, "subject": one.subject, "title": one.title,
        "severity": one.severity, "class": one.incident_class or None, "count": one.count, "state": one.state,
        "priority": one.priority, "priority_reason": one.priority_reason,
        "first_seen_utc": one.first_seen_utc.isoformat() if one.first_seen_utc else None,
        "last_seen_utc": one.last_seen_utc.isoformat() if one.last_seen_utc else None,
        "acknowledge_by_utc": one.acknowledge_by.isoformat() if one.acknowledge_by else None,
        "handle_by_utc": one.handle_by.isoformat() if one.handle_by else None,
        "case": one.case_id, "samples": one.samples,
    }  # fmt: skip


def _aside_line(one: Any) -> str:
    first = one.reasons[0]["reason"] if one.reasons else ""
    what = f"{len(one.lines):,} lines" if one.lines else "the whole"
    back = f" (taken back by {one.taken_back_by}: {one.taken_back_for})" if one.taken_back_at else ""
    return f"{one.pk}  {one.source.name}  {what} of {one.file_name or one.raw}: {first}{back}"


def _aside(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk, "source": one.source.name, "file": one.file_name or None, "raw": one.raw, "lines": len(one.lines),
        "reasons": one.reasons, "at_utc": one.at.isoformat(), "taken_back": _taken_back(one),
    }  # fmt: skip


def _taken_back(one: Any) -> dict[str, Any] | None:
    if one.taken_back_at is None:
        return None
    return {"reason": one.taken_back_for, "by": one.taken_back_by, "at_utc": one.taken_back_at.isoformat()}
