"""`vonggac person`: letting people in from the shell, and erasing what is kept of them no longer than needed."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import home_option
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.register.models import Organisation, Person

# Enough of an office's people for one to be known among them.
NAMED = 20


@click.group()
def person() -> None:
    """People: a sign-in link, recovery by the operator, erasing of old personal data."""


@person.command()
@click.argument("address", required=False)
@with_desk
def link(address: str | None, home: Path | None, email: str | None, office: str | None) -> None:
    """Print a one-time sign-in link for the person with this mail ADDRESS. A second factor is still asked for.

    Without ADDRESS it is the link that `vonggac up` prints: for an administrator, or on a new desk for whoever sets it
    up.
    """
    if address is None:
        _print_first_link(home)
        return
    with acting(home, email, office) as actor:
        from datetime import UTC, datetime

        from vonggac.duty import links
        from vonggac.ledger import services as ledger
        from vonggac.tenancy.scope import scoped, system

        found = _who_may_sign_in(address, home)
        at = datetime.now(UTC)
        ledger.record("person.invite", "person", found.pk, actor.office.path, at=at, by_mail=False)
        with scoped(system("shell")):
            click.echo(links.sign_in(found, at=at))


def _who_may_sign_in(address: str, home: Path | None) -> "Person":
    """The person with this address. InputError where there is none; for an office's address it names its people."""
    from vonggac.register.models import Organisation, Person

    found = Person.objects.filter(email=address.lower(), is_active=True).first()
    if found is not None:
        return found
    office = Organisation.objects.filter(email__iexact=address).order_by("path").first()
    if office is None:
        raise InputError(
            f"nobody who may sign in has the address {address}; `vonggac person link` without an address lets an "
            "administrator in, who enters people under People; or: vonggac register import people FILE"
        )
    raise InputError(_its_people(office, address, home))


def _its_people(office: "Organisation", address: str, home: Path | None) -> str:
    """What to type instead of an office's address: a line for each of its people who may sign in."""
    from vonggac.jobs import clock
    from vonggac.register import queries

    at_home = f" --home {shlex.quote(str(home))}" if home else ""
    people = {role.person.email: role.person for role in queries.roles_on(office.path, clock.today())}
    may = [person for person in people.values() if person.is_active]
    told = f"{address} is the address of {office.name}, not of a person"
    if not may:
        return (
            f"{told}, and nobody there may sign in yet; enter somebody under People on the desk, or with: "
            f"vonggac register import people FILE{at_home}"
        )
    lines = [f"  vonggac person link {person.email}{at_home}    # {person.name}" for person in may[:NAMED]]
    rest = [f"  … and {len(may) - NAMED} more, under People on the desk"] if len(may) > NAMED else []
    return "\n".join([f"{told}; a link is for one of its people:", *lines, *rest])


def _print_first_link(home: Path | None) -> None:
    from vonggac.server import opening

    with opening.opened(home):
        from datetime import UTC, datetime

        from vonggac.flows import first_run

        click.echo(first_run.sign_in_address(at=datetime.now(UTC)))


@person.command()
@click.argument("address")
@click.option("--reason", required=True, help="How you made sure that it is really this person.")
@with_desk
def recover(address: str, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Take the second factor of a person off: for the operator of a desk that has no two administrators."""
    with acting(home, email, office) as actor:
        from vonggac.flows import recovery
        from vonggac.register.models import Person

        found = Person.objects.filter(email=address.lower()).first()
        if found is None:
            raise InputError(f"nobody has the address {address}; the desk lists everybody under People")
        removed = recovery.by_operator(found, actor.office, reason, at=actor.at)
        click.echo(f"taken off: {', '.join(removed) or 'nothing'}")


@person.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@home_option
def erase(dry_run: bool, home: Path | None) -> None:
    """Erase personal data that is older than the regime in force lets it be kept; the worker does so every night."""
    from vonggac.server import opening

    with opening.opened(home):
        from vonggac.flows import personal_data
        from vonggac.jobs.clock import now

        for kind, number in personal_data.erase(at=now(), is_dry_run=dry_run).items():
            click.echo(f"{number:>8}  {kind}")
