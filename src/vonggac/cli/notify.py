"""`vonggac notify`: how people are reached, tried from the shell."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, desk_step, with_desk
from vonggac.cli.options import as_typed
from vonggac.errors import InputError, Refused

if TYPE_CHECKING:
    from vonggac.duty.models import Channel, ContactMethod
    from vonggac.register.models import Person

WAIT_SECONDS = 40
person_argument = click.argument("person_email", metavar="ADDRESS")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")


@click.group()
def notify() -> None:
    """How people are reached: list and add their addresses, send tests, try a channel."""


@notify.command("list")
@json_option
@with_desk
def list_addresses(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The addresses of the people in your part of the tree, with the day each was tested."""
    with acting(home, email, office):
        from vonggac.duty.models import ContactMethod

        methods = ContactMethod.objects.select_related("person", "channel").order_by("person__name", "after_minutes")
        for method in methods:
            fields = {
                "id": method.pk,
                "person": method.person.email,
                "channel": method.channel.name if method.channel else "mail",
                "address": method.address,
                "after_minutes": method.after_minutes,
                "tested": method.tested_at.isoformat(timespec="minutes") if method.tested_at else None,
                "failure": method.failure or None,
            }
            click.echo(_line(fields, as_json))


@notify.command()
@person_argument
@click.argument("address", metavar="WHERE")
@click.option("--channel", metavar="NAME", help="By which channel; default: mail.")
@click.option("--after", "after_minutes", default=0, show_default=True, help="Minutes without an answer before it.")
@with_desk
def add(
    person_email: str, address: str, channel: str | None, after_minutes: int, home: Path | None, email: str | None,
    office: str | None,
) -> None:  # fmt: skip
    """Add WHERE (a mail address, a phone number, a chat's name) to those of the person with this sign-in ADDRESS."""
    with acting(home, email, office) as desk:
        from vonggac.duty import contacts

        way = _channel(channel, desk.office) if channel else None
        method = contacts.add(_person(person_email), address, at=desk.at, channel=way, after_minutes=after_minutes)
        test = as_typed(f"vonggac notify test {person_email}")
        click.echo(f"{method.pk}  {method.address}  not tested yet: {test}")


@notify.command()
@person_argument
@with_desk
def test(person_email: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Send a test to every address of the person with this sign-in ADDRESS, on the way that calls go.

    The desk has to run: its worker sends them, but none by a channel that is out of use. Each counts as tested once the
    person opens the link in it. The exit status is 1 when one did not go out.
    """
    with desk_step(home, email, office) as (desk, step):
        from vonggac.duty import contacts

        with step():
            methods = [method for method in contacts.of(_person(person_email)) if method.is_in_use]
            if not methods:
                how = f"vonggac notify add {person_email} WHERE"
                raise InputError(f"{person_email} has no address in use; add one: {how}")
            sent = {contacts.send_test(method, at=desk.at).pk: method for method in methods}
        failed = _followed(sent, step)
    if failed:
        raise Refused(f"{failed} of {len(sent)} tests did not go out")


def _followed(sent: "dict[int, ContactMethod]", step: Any) -> int:
    """The number of letters that did not go out, each told as soon as it is known."""
    from vonggac.duty.models import Letter

    waiting, failed = dict(sent), 0
    deadline = time.monotonic() + WAIT_SECONDS
    while waiting and time.monotonic() < deadline:
        with step():
            for letter in Letter.objects.filter(pk__in=waiting):
                if letter.sent_at or letter.given_up_at:
                    method = waiting.pop(letter.pk)
                    failed += letter.sent_at is None
                    click.echo(f"{method.address}  {'sent' if letter.sent_at else letter.failure}")
        time.sleep(0.2)
    with step():
        for letter in Letter.objects.filter(pk__in=waiting):
            why = letter.failure or "no worker took it: is the desk running?"
            click.echo(f"{waiting[letter.pk].address}  not sent after {WAIT_SECONDS} s: {why}")
    return failed + len(waiting)


@notify.command()
@json_option
@with_desk
def channels(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The channels that serve the office beside mail; secrets are not shown."""
    with acting(home, email, office) as desk:
        from vonggac.duty.channels import services

        for channel in services.usable(desk.office):
            where = channel.settings.get("url") or channel.settings.get("address")
            fields = {
                "id": channel.pk,
                "name": channel.name,
                "kind": channel.kind,
                "address": where,
                "phones": channel.takes_phones,
                "of": channel.organisation.code if channel.organisation else None,
                "tried": channel.tried_at.isoformat(timespec="minutes") if channel.tried_at else None,
                "trouble": channel.trouble or None,
            }
            shown = fields if as_json else fields | {"phones": "takes phone numbers" if channel.takes_phones else None}
            click.echo(_line(shown, as_json))


@notify.command("try")
@click.argument("name", metavar="CHANNEL")
@click.argument("address", metavar="WHERE")
@with_desk
def try_out(name: str, address: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Send one message by CHANNEL to WHERE from this very process, and say what the other side answered."""
    with acting(home, email, office) as desk:
        from vonggac.duty.channels import lines, services
        from vonggac.duty.escalation import letters
        from vonggac.duty.escalation.letters import Outgoing
        from vonggac.duty.models import Letter

        channel, text = _channel(name, desk.office), f"Vọng Gác: test of the channel {name}"
        key = letters.key_of("try", channel.pk, desk.at)
        letter = Letter(channel=channel, address=address, name=desk.name, subject=text, key=key)
        failure = lines.tried(channel, Outgoing(letter, text, text))
        services.note_try(channel, failure.words if failure else "", at=desk.at)
    if failure is not None:
        raise Refused(f"it did not go out: {failure.words}")
    click.echo(f"{name} took the message for {address}; see that it arrives")


def _channel(name: str, office: Any) -> "Channel":
    from vonggac.duty.channels import services

    found = next((channel for channel in services.usable(office) if channel.name == name), None)
    if found is None:
        raise InputError(f"no channel called {name!r} serves {office}; see vonggac notify channels")
    return found


def _person(email: str) -> "Person":
    from vonggac.register.models import Person, Role
    from vonggac.tenancy.scope import current

    low, high = current().bounds
    held = Role.objects.filter(org_path__gte=low, org_path__lt=high).values("person_id")
    found = Person.objects.filter(email=email.lower(), pk__in=held).first()
    if found is None:
        raise InputError(f"nobody with the address {email} works in your part of the tree")
    return found


def _line(fields: dict[str, Any], as_json: bool) -> str:
    if as_json:
        return json.dumps(fields, ensure_ascii=False)
    return "  ".join("–" if value is None else str(value) for value in fields.values())
