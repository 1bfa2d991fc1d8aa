"""`vonggac alerts source`: declare who sends alerts, what they write, how they prove themselves, how often."""

import re
from collections.abc import Iterator
from dataclasses import replace
from glob import iglob
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import existing_file
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.alerts.models import Source

# What takes a duration back that was declared.
LEARNT, NONE = "learnt", "none"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@click.group()
def source() -> None:
    """Sources of alerts: declare, list, give keys, retire."""


@source.command()
@click.argument("name")
@click.option("--format-name", help="What it writes; default: told by the content.")
@click.option("--mapping", type=existing_file, help="Mapping (TOML).")
@click.option("--time-zone", help="Of times without offset; default: the desk's, Asia/Ho_Chi_Minh.")
@click.option("--folder", metavar="PATTERN", help="Files to watch, /var/log/suricata/eve.json*.")
@click.option("--sender", "senders", multiple=True, metavar="CIDR", help="Where its syslog comes from; repeatable.")
@click.option("--signed/--unsigned", default=None, help="Every message must carry an HMAC.")
@click.option("--expect", metavar="DURATION", help="The longest normal pause: 90s, 15m, 6h, 1d; default: learnt.")
@click.option(
    "--coordinator/--no-coordinator",
    default=None,
    help="It sends notices that are answered to it, as the national platform.",
)
@click.option("--subject-pattern", metavar="RE2", help="Where a mail's subject has the identifier: \\[(.+)\\].")
@click.option("--acknowledge-within", metavar="DURATION", help="Of a notice that says no time: 30m, 6h; default: none.")
@click.option("--change", is_flag=True, help="Of a source that is declared already change what the other options name.")
@with_desk
def add(  # noqa: PLR0917  click hands over one argument an option
    name: str,
    format_name: str | None,
    mapping: Path | None,
    time_zone: str | None,
    folder: str | None,
    senders: tuple[str, ...],
    signed: bool | None,
    expect: str | None,
    coordinator: bool | None,
    subject_pattern: str | None,
    acknowledge_within: str | None,
    change: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Declare the source NAME for an office: from now on it is taken in, and missed when it is silent."""
    with acting(home, email, office) as acts:
        from django.conf import settings

        from vonggac.alerts.services import files, sources
        from vonggac.alerts.services.sources import Declaration

        given: dict[str, Any] = {
            "format_name": format_name, "mapping": mapping.read_text("utf-8-sig") if mapping else None,
            "time_zone": time_zone, "folder": folder, "senders": senders or None, "is_signed": signed,
            "is_coordinator": coordinator, "subject_pattern": subject_pattern,
        }  # fmt: skip
        said = {field: value for field, value in given.items() if value is not None}
        if expect is not None:
            said["expected_seconds"] = None if expect == LEARNT else _seconds(expect)
        if acknowledge_within is not None:
            said["acknowledge_minutes"] = None if acknowledge_within == NONE else -(-_seconds(acknowledge_within) // 60)
        if change:
            found = files.declared(name)
            sources.change(found, replace(sources.declaration_of(found), **said), at=acts.at)
        else:
            declaration = Declaration(**{"time_zone": settings.TIME_ZONE, **said})
            found = sources.declare(name, acts.office, declaration, at=acts.at)
        whose = found.organisation.name
    click.echo(f"{name} is declared for {whose}")
    if folder and (note := _missing(folder)):
        click.echo(f"note: {note}", err=True)


@source.command("list")
@json_option
@with_desk
def show(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The sources in use: what came from them, when they were last heard, and how they were declared."""
    with acting(home, email, office):
        from vonggac.alerts import queries
        from vonggac.alerts.clock_lead import minutes_of

        found = list(queries.sources())
        if as_json:
            say_json(sources=[_document(one) for one in found])
            return
        for one in found:
            heard = f"last heard {one.heard_at:%Y-%m-%d %H:%M} UTC" if one.heard_at else "never heard"
            silent = "  SILENT" if one.silent_since else ""
            ahead = f"  CLOCK {minutes_of(one.ahead_seconds):,} MINUTES AHEAD" if one.ahead_at else ""
            click.echo(
                f"{one.name}  {one.organisation.code}  {one.format_name or 'any format'}  {one.records:,} alerts, "
                f"{one.rejects:,} rejects  {heard}{silent}{ahead}  {'; '.join(_ways(one))}"
            )


@source.command()
@click.argument("name")
@with_desk
def token(name: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Give the source a new token for its messages over HTTPS; it is told this once, and the one before ends."""
    with acting(home, email, office) as acts:
        from vonggac.alerts.services import files, sources

        told = sources.give_token(files.declared(name), at=acts.at)
    click.echo(told)


@source.command()
@click.argument("name")
@click.option("--renew", is_flag=True, help="Make another secret; the one before ends.")
@with_desk
def secret(name: str, renew: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Print the secret with which the source signs its messages (HMAC-SHA256)."""
    with acting(home, email, office) as acts:
        from django.conf import settings

        from vonggac.alerts.services import files, sources

        found = files.declared(name)
        if renew:
            found = sources.renew_secret(found, at=acts.at)
        told = sources.secret_of(found.pk, found.secret_number, settings.SECRET_KEY)
    click.echo(told)


@source.command()
@click.argument("name")
@click.option("--host", default="", help="The mail server.")
@click.option("--port", default=993, show_default=True, help="Of IMAP within TLS.")
@click.option("--user", default="", help="The account.")
@click.option("--folder", default="INBOX", show_default=True, help="The folder that is read.")
@click.option("--password-file", type=click.File("r"), help="Where its password stands; - reads it from the input.")
@click.option("--remove", is_flag=True, help="Read it no more; what came from it stays.")
@with_desk
def mailbox(  # noqa: PLR0917  click hands over one argument an option
    name: str,
    host: str,
    port: int,
    user: str,
    folder: str,
    password_file: IO[str] | None,
    remove: bool,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Read the source's alerts from a mailbox; without --password-file the password stays what it was."""
    password = password_file.read().rstrip("\r\n") if password_file else ""
    with acting(home, email, office) as acts:
        from vonggac.alerts.services import files, mailboxes

        found = files.declared(name)
        if remove:
            mailboxes.remove(found, at=acts.at)
        else:
            mailboxes.keep(found, mailboxes.Draft(host, user, password, folder, port), at=acts.at)
    click.echo(f"the mailbox of {name} is {'read no more' if remove else 'read within a minute'}")


@source.command()
@click.argument("name")
@with_desk
def retire(name: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Take nothing more from the source, and miss it no more; its findings stay."""
    with acting(home, email, office) as acts:
        from vonggac.alerts.services import files, sources

        sources.retire(files.declared(name), at=acts.at)
    click.echo(f"{name} is retired")


def _document(one: "Source") -> dict[str, object]:
    return {
        "name": one.name,
        "organisation": one.organisation.code,
        "format": one.format_name or None,
        "folder": one.folder or None,
        "senders": one.senders,
        "expected_seconds": one.expected_seconds,
        "records": one.records,
        "rejects": one.rejects,
        "observations": one.observations,
        "is_coordinator": one.is_coordinator,
        "is_signed": one.is_signed,
        "has_mapping": bool(one.mapping),
        "time_zone": one.time_zone,
        "heard_at_utc": one.heard_at.isoformat() if one.heard_at else None,
        "silent_since_utc": one.unheard_since.isoformat() if one.silent_since else None,
        "ahead_seconds": one.ahead_seconds,
    }


def _ways(one: "Source") -> Iterator[str]:
    """Where it is heard and how long it may be quiet, as it was declared."""
    if one.folder:
        yield f"files {one.folder}"
    if one.senders:
        yield f"syslog from {', '.join(one.senders)}"
    yield f"expected within {_duration(one.expected_seconds)}" if one.expected_seconds else "rhythm learnt"


def _missing(pattern: str) -> str:
    """What of a pattern is not there yet; empty when a file matches it."""
    if any(iglob(pattern)):  # noqa: PTH207  a pattern with its folder
        return ""
    parent = str(Path(pattern).parent)
    if any(iglob(parent)):  # noqa: PTH207  as above
        return f"no file matches {pattern} yet; it is read as soon as one does"
    return f"the folder {parent} is not there, or not open to you; files are read as soon as some match {pattern}"


def _duration(seconds: int) -> str:
    """As `_seconds` reads it, in the largest unit without a rest: 90s, 15m."""
    unit, size = next((unit, size) for unit, size in reversed(_UNITS.items()) if seconds % size == 0)
    return f"{seconds // size}{unit}"


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if match is None:
        raise InputError(f"{text} is no duration; write 90s, 15m, 6h or 1d")
    return int(match[1]) * _UNITS[match[2]]
