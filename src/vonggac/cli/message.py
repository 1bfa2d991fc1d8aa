"""`vonggac message`: what was written to organisations, from the shell."""

import json
from pathlib import Path
from typing import Any

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.errors import InputError


@click.group()
def message() -> None:
    """Messages: list them, make a link for an organisation without mail, send again."""


@message.command("list")
@click.option(
    "--only",
    type=click.Choice(["untold", "unsent", "failed", "sent"]),
    help="untold: reached nobody yet (no mail, no link, no answer); unsent: no mail carried them; failed: the mail"
    " server did not take them.",
)
@click.option("--organisation", metavar="WORDS", default="", help="Only to organisations with these words or code.")
@click.option("--most", default=50, show_default=True, help="How many at the most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, with the text.")
@with_desk
def list_messages(
    only: str | None, organisation: str, most: int, as_json: bool, home: Path | None, email: str | None,
    office: str | None,
) -> None:  # fmt: skip
    """The messages in your part of the tree, the newest first. A link is never shown: it is kept nowhere."""
    with acting(home, email, office) as actor:
        from vonggac.duty.queries import messages as queries
        from vonggac.register.queries import find_organisations

        rows = queries.messages_that(only or "", actor.at)
        if organisation:
            rows = rows.filter(organisation__in=find_organisations(organisation, as_phrase=True))
        for found in rows[:most]:
            _print(found, as_json)


@message.command()
@click.argument("number", type=int)
@with_desk
def link(number: int, home: Path | None, email: str | None, office: str | None) -> None:
    """Print a fresh link that acknowledges what message NUMBER asks, to be passed on by Zalo, SMS or phone.

    It is shown this once and works once, for two weeks; the ledger says who made it.
    """
    with acting(home, email, office) as actor:
        from vonggac.duty import messages

        click.echo(messages.fresh_link(number, at=actor.at))


@message.command()
@click.argument("numbers", type=int, nargs=-1)
@click.option("--failed", is_flag=True, help="All that failed and are not tried again by themselves.")
@with_desk
def send(numbers: tuple[int, ...], failed: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Have messages NUMBERS sent again by the worker, to the address that the register has now."""
    with acting(home, email, office) as actor:
        from vonggac.duty import messages
        from vonggac.duty.queries import messages as queries

        if not numbers and not failed:
            raise InputError("say which messages: their numbers, or --failed")
        given_up = queries.messages_that("failed", actor.at).filter(next_try_at__isnull=True)
        chosen = [*numbers, *(given_up.values_list("pk", flat=True) if failed else ())]
        for number in chosen:
            sent = messages.send_again(number, at=actor.at)
            click.echo(f"{number}: is sent to {sent.to} within a minute")
        if not chosen:
            click.echo("nothing failed")


def _print(found: Any, as_json: bool) -> None:
    fields = {
        "id": found.pk,
        "organisation": found.organisation.code,
        "to": found.to,
        "subject": found.subject,
        "made": found.made_at.isoformat(timespec="minutes"),
        "standing": found.standing.value,
        "fault": found.fault,
        "server_said": found.failure,
        "sent": found.sent_at.isoformat(timespec="minutes") if found.sent_at else None,
        "link_made": found.link_made_at.isoformat(timespec="minutes") if found.link_made_at else None,
        "link_used": found.link_used_at.isoformat(timespec="minutes") if found.link_used_at else None,
    }
    if as_json:
        click.echo(json.dumps({**fields, "text": found.body}, ensure_ascii=False))
    else:
        click.echo("  ".join(str(value) for value in fields.values() if value))
