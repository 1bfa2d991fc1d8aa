"""Which node a person works on, and with which roles."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from vonggac.errors import NotPermitted
from vonggac.register.models import BreakGlass, Organisation, Person, Role, RoleName
from vonggac.register.rules import Act, may
from vonggac.tenancy.scope import Scope, scoped

# No path begins like this: a person sees their own roles, and not one row of work, before they choose a node.
NOWHERE = "-"


@dataclass(frozen=True, slots=True)
class Access:
    """A person at work on one node: what they see (`scope`) and what they may do there (`roles`)."""

    person: Person
    organisation: Organisation
    roles: frozenset[str]
    scope: Scope
    break_glass: BreakGlass | None = None

    def may(self, act: Act) -> bool:
        """True when one of the roles includes the act."""
        return may(self.roles, act)

    def need(self, act: Act) -> None:
        """Raise NotPermitted unless one of the roles includes the act."""
        if not self.may(act):
            raise NotPermitted(f"your role on {self.organisation} does not include this ({act.value})")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person holds on one node: everything of an access but the organisation, which its scope alone shows."""

    person: Person
    roles: frozenset[str]
    scope: Scope
    break_glass: BreakGlass | None = None

    def access(self) -> Access:
        """The access; asked within the scope."""
        organisation = Organisation.objects.get(path=self.scope.org_path)
        return Access(self.person, organisation, self.roles, self.scope, self.break_glass)


def standings(person: Person, *, on: date, at: datetime | None = None) -> dict[str, Standing]:
    """What the person holds that day (and, with a moment, by an emergency grant) by the node's path, highest first."""
    with scoped(Scope(f"person:{person.pk}", NOWHERE)):
        held = list(_valid(person, on).values_list("org_path", "name"))
        # Of two grants on one node the one that ends last: the later entry of a dict stays.
        grants = {grant.org_path: grant for grant in _granted(person, at)} if at is not None else {}
    held += [(path, RoleName.ADMINISTRATOR.value) for path in grants]
    return {
        path: Standing(
            person,
            frozenset(name for on_path, name in held if on_path == path),
            Scope(f"person:{person.pk}", path),
            grants.get(path),
        )
        for path in sorted({path for path, _name in held}, key=lambda path: (len(path), path))
    }


def nodes_of(person: Person, *, on: date, at: datetime | None = None) -> list[str]:
    """The paths on which the person holds a role that day (or, with a moment, an emergency grant), highest first."""
    return list(standings(person, on=on, at=at))


def access(person: Person, org_path: str, *, on: date, at: datetime | None = None) -> Access:
    """The person's access on one of their nodes; NotPermitted when they hold no role there that day."""
    standing = standings(person, on=on, at=at).get(org_path)
    if standing is None:
        raise NotPermitted("you hold no role on that organisation; ask an administrator for one")
    with scoped(standing.scope):
        return standing.access()


def offices(person: Person, *, on: date, at: datetime | None = None) -> list[Organisation]:
    """The organisations of these nodes, each read in its own scope."""
    found = []
    for standing in standings(person, on=on, at=at).values():
        with scoped(standing.scope):
            found.append(standing.access().organisation)
    return found


def holds(person: Person, org_path: str, roles: frozenset[str], *, on: date) -> bool:
    """True when the person holds each of the roles on this node or on one above it."""
    steps = org_path.split("/")[:-1]
    above = ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]
    with scoped(Scope(f"person:{person.pk}", NOWHERE)):
        held = set(_valid(person, on).filter(org_path__in=above).values_list("name", flat=True))
    return person.is_active and roles <= held


def works_only_below(person: Person, org_path: str, *, on: date) -> bool:
    """True when every role the person holds lies at or below this path: nobody below may act on their sign-in."""
    with scoped(Scope(f"person:{person.pk}", NOWHERE)):
        paths = list(_valid(person, on).values_list("org_path", flat=True))
    return bool(paths) and all(path.startswith(org_path) for path in paths)


def _granted(person: Person, at: datetime) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(person=person, from_utc__lte=at, to_utc__gt=at).order_by("to_utc")


def _valid(person: Person, on: date) -> QuerySet[Role]:
    return Role.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gt=on), person=person
    )
