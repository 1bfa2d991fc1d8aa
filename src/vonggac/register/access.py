"""Which node a person works on, and with which roles."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from vonggac.errors import NotPermitted
from vonggac.register.models import Organisation, Person, Role
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

    def may(self, act: Act) -> bool:
        """True when one of the roles includes the act."""
        return may(self.roles, act)

    def need(self, act: Act) -> None:
        """Raise NotPermitted unless one of the roles includes the act."""
        if not self.may(act):
            raise NotPermitted(f"your role on {self.organisation} does not include this ({act.value})")


def nodes_of(person: Person, *, on: date) -> list[str]:
    """The paths on which the person holds a role that day, the highest first."""
    with scoped(Scope(f"person:{person.pk}", NOWHERE)):
        return sorted(set(_valid(person, on).values_list("org_path", flat=True)), key=lambda path: (len(path), path))


def access(person: Person, org_path: str, *, on: date) -> Access:
    """The person's access on one of their nodes; NotPermitted when they hold no role there that day."""
    scope = Scope(f"person:{person.pk}", org_path)
    with scoped(scope):
        roles = frozenset(_valid(person, on).filter(org_path=org_path).values_list("name", flat=True))
        if not roles:
            raise NotPermitted("you hold no role on that organisation; ask an administrator for one")
        return Access(person, Organisation.objects.get(path=org_path), roles, scope)


def _valid(person: Person, on: date) -> QuerySet[Role]:
    return Role.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gt=on), person=person
    )
