"""`vonggac alerts notices`, `notice-told`: what coordinators sent, where it stands, and what they were told."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.alerts.models import Notice

_KINDS, _WAYS = ("acknowledgement", "answer", "closure"), ("mail", "paper", "phone", "portal")


@click.command()
@click.option("--waiting", is_flag=True, help="Those alone that were not acknowledged, and are not closed.")
@json_option
@with_desk
def notices(waiting: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The notices of coordinators, the newest first, with where each stands and by when it is acknowledged."""
    with acting(home, email, office):
        from vonggac.alerts import notices as reads

        found = reads.newest()
        if waiting:
            found = found.filter(acknowledged_at=None, closed_at=None)
        rows = list(found[: reads.SHOWN])
        if as_json:
            say_json(notices=[_document(one) for one in rows])
            return
        for one in rows:
            due = f"  by {one.acknowledge_by:%Y-%m-%d %H:%M} UTC" if one.acknowledge_by else ""
            click.echo(f"{one.identifier}  {one.source.name}  {one.standing}{due}  {one.title}")


@click.command("notice-told")
@click.argument("source")
@click.argument("identifier")
@click.option("--kind", type=click.Choice(_KINDS), required=True, help="What was told; a closure is the sender's own.")
@click.option("--way", type=click.Choice(_WAYS), required=True, help="How it was told.")
@click.option("--sent", default="", metavar="TIME", help="When, with its offset: 2026-04-20T08:00+07:00; default: now.")
@click.option("--text", default="", help="Its words; an answer needs them.")
@with_desk
def notice_told(  # noqa: PLR0917  click hands over one argument an option
    source: str,
    identifier: str,
    kind: str,
    way: str,
    sent: str,
    text: str,
    home: Path | None,
    email: str | None,
    office: str | None,
) -> None:
    """Enter what was told to SOURCE about its notice IDENTIFIER outside the desk; nothing is sent."""
    from vonggac.register.rules import Act

    with acting(home, email, office, Act.WORK) as acts:
        from vonggac.alerts.models import Notice
        from vonggac.alerts.rules import Told, Way
        from vonggac.alerts.services import notices as services

        found = Notice.objects.filter(source__name=source, identifier=identifier).first()
        if found is None:
            raise InputError(f"there is no notice {identifier} of {source}; `vonggac alerts notices` lists them")
        sent_at = _moment(sent) if sent else acts.at
        services.say(found.pk, Told(kind), Way(way), text, sent_at=sent_at, by=acts.name, at=acts.at)
        found.refresh_from_db()
        click.echo(f"{identifier} is {found.standing}")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError(f"{text} is no time with its offset; write it as 2026-04-20T08:00+07:00")
    return found


def _document(one: "Notice") -> dict[str, object]:
    times = ("received_at", "acknowledge_by", "acknowledged_at", "answered_at", "closed_at", "reopened_at")
    return {
        "source": one.source.name,
        "identifier": one.identifier,
        "title": one.title,
        "standing": str(one.standing),
        "state_told": one.state_told or None,
        "is_late": one.is_late,
        **{f"{name}_utc": moment.isoformat() if (moment := getattr(one, name)) else None for name in times},
    }
