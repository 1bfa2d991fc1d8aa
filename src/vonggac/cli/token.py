"""`vonggac token`: keys for programs that use the interface."""

import json
from pathlib import Path

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.errors import InputError


@click.group()
def token() -> None:
    """Tokens of programs: make one, list them, revoke one."""


@token.command()
@click.option("--name", default="", help="Which program uses it; default: the person's name.")
@click.option(
    "--person", "person_email", metavar="EMAIL", help="A person whose token it is; it falls with their roles."
)
@click.option("--organisation", "code", metavar="CODE", help="Where it works; default: the office that acts.")
@click.option("--role", "roles", multiple=True, required=True, help="What it may do, as a role; may be repeated.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="How long it lives.")
@with_desk
def create(
    name: str, person_email: str | None, code: str | None, roles: tuple[str, ...], days: int,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Make a token and print it, once: only its digest is kept."""
    with acting(home, email, code or office) as actor:
        from vonggac.jobs import clock
        from vonggac.register.models import Person
        from vonggac.register.services.tokens import create_token

        person = Person.objects.filter(email=person_email.lower()).first() if person_email else None
        if person_email and person is None:
            raise InputError(f"nobody with the address {person_email} is entered")
        called = name or (person.name if person else "")
        made, secret = create_token(
            called, actor.office, roles, at=clock.machine_now(), on=clock.today(), days=days, person=person
        )
        click.echo(secret)
        click.echo(f"token {made.pk} for {actor.office.code} until {made.expires_at:%Y-%m-%d}", err=True)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@with_desk
def list_tokens(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The tokens of your part of the tree."""
    with acting(home, email, office):
        from django.utils import timezone

        from vonggac.register.models import Token

        for one in Token.objects.select_related("organisation").order_by("pk"):
            fields = {
                "id": one.pk,
                "name": one.name,
                "organisation": one.organisation.code,
                "roles": one.roles,
                "until": timezone.localdate(one.expires_at).isoformat(),
                "revoked": one.revoked_at is not None,
                "last_used": one.last_used_at.isoformat(timespec="minutes") if one.last_used_at else None,
            }
            words = json.dumps(fields, ensure_ascii=False) if as_json else "  ".join(map(str, fields.values()))
            click.echo(words)


@token.command()
@click.argument("number", type=int)
@with_desk
def revoke(number: int, home: Path | None, email: str | None, office: str | None) -> None:
    """Shut the program behind a token out, at once."""
    with acting(home, email, office):
        from vonggac.jobs import clock
        from vonggac.register.models import Token
        from vonggac.register.services.tokens import revoke_token

        found = Token.objects.filter(pk=number).first()
        if found is None:
            raise InputError(f"there is no token {number} in your part of the tree")
        revoke_token(found, at=clock.machine_now())
        click.echo(f"token {number} is revoked")
