"""Acting on a desk from the shell: on whose behalf, and for which office."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from vonggac.register.models import Organisation
    from vonggac.register.rules import Act

as_option = click.option(
    "--as", "email", metavar="EMAIL", help="Act as this person, within their organisation; default: the desk itself."
)
office_option = click.option(
    "--office", metavar="CODE", help="The office that acts; default: the person's own, or the top of the tree."
)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, for which office, and the desk's time."""

    name: str
    office: "Organisation"
    at: "datetime"


@contextmanager
def desk_step(
    home: Path | None, email: str | None, office_code: str | None, need: "Act | None" = None
) -> Iterator[tuple[Acting, Callable[[], AbstractContextManager[Any]]]]:
    """The desk opened, and a function that opens one transaction in the scope: for work done in several steps.

    NotPermitted where a person is named whose roles do not include what is needed.
    """
    from vonggac.server import opening

    with opening.opened(home):
        from vonggac.jobs.clock import now
        from vonggac.tenancy.scope import scoped

        at = now()
        scope, name = _scope(email, need)
        with scoped(scope):
            acts = Acting(name, _office(office_code), at)
        yield acts, lambda: scoped(scope)


@contextmanager
def acting(
    home: Path | None, email: str | None, office_code: str | None, need: "Act | None" = None
) -> Iterator[Acting]:
    """The desk opened and the scope set, in one transaction."""
    with desk_step(home, email, office_code, need) as (acts, step), step():
        yield acts


def with_desk(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options `--home`, `--as` and `--office` to a command."""
    from vonggac.cli.options import home_option

    return home_option(as_option(office_option(command)))


def _scope(email: str | None, need: "Act | None") -> tuple[Any, str]:
    from vonggac.jobs import clock
    from vonggac.register.access import access, nodes_of
    from vonggac.register.models import Person
    from vonggac.tenancy.scope import system

    if email is None:
        return system("shell"), "shell"
    person = Person.objects.filter(email=email.lower()).first()
    nodes = nodes_of(person, on=clock.today()) if person else []
    if person is None or not nodes:
        raise InputError(
            f"{email} is not a person with a role on this desk; add them with `vonggac register import people`"
        )
    found = access(person, nodes[0], on=clock.today())
    if need is not None:
        found.need(need)
    return found.scope, person.name


def _office(code: str | None) -> "Organisation":
    from vonggac.register.models import Organisation
    from vonggac.tenancy.scope import current

    low, high = current().bounds
    seen = Organisation.objects.filter(path__gte=low, path__lt=high)
    if code is not None:
        office = seen.filter(code=code).first()
        if office is None:
            raise InputError(f"there is no organisation with the code {code} in your part of the tree")
        return office
    tops = [o for o in seen.order_by("path")[:50] if o.parent_id is None or o.path == low]
    if not tops:
        raise InputError(
            "the register holds no organisation yet; begin with `vonggac register import organisations FILE`"
        )
    if len(tops) > 1:
        raise InputError(f"say for which office with --office: {', '.join(o.code for o in tops)}")
    return tops[0]
