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


def nodes_of(person: Person, *, on: date, at: datetime | None = None) -> list[str]:
    """The paths on which the person holds a role that day (or, with a moment, an emergency grant), highest first."""
    with scoped(Scope(f"person:{person.pk}", NOWHERE)):
        paths = set(_valid(person, on).values_list("org_path", flat=True))
        if at is not None:
            paths |= set(_granted(person, at).values_list("org_path", flat=True))
        return sorted(paths, key=lambda path: (len(path), path))


def access(person: Person, org_path: str, *, on: date, at: datetime | None = None) -> Access:
    """The person's access on one of their nodes; NotPermitted when they hold no role there that day."""
    scope = Scope(f"person:{person.pk}", org_path)
    with scoped(scope):
        roles = frozenset(_valid(person, on).filter(org_path=org_path).values_list("name", flat=True))
        grant = _granted(person, at).filter(org_path=org_path).first() if at is not None else None
        if grant is not None:
            roles |= {RoleName.ADMINISTRATOR.value}
        if not roles:
            raise NotPermitted("you hold no role on that organisation; ask an administrator for one")
        return Access(person, Organisation.objects.get(path=org_path), roles, scope, grant)


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
    return BreakGlass.objects.filter(person=person, from_utc__lte=at, to_utc__gt=at).order_by("-to_utc")


def _valid(person: Person, on: date) -> QuerySet[Role]:
    return Role.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gt=on), person=person
    )
