"""The first start of a desk: somebody has to be let in before anybody can let others in."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from vonggac.duty import links
from vonggac.errors import WrongState
from vonggac.register.models import Organisation, Person, Role, RoleName
from vonggac.register.services.organisations import create_organisation
from vonggac.register.services.people import create_person, give_role
from vonggac.tenancy.scope import scoped, system

FIRST_ADDRESS = "administrator@vonggac.localhost"
FIRST_NAME = "Quản trị"
# The first person does everything at first: enters the register, opens directives, works on them.
FIRST_ROLES = (RoleName.ADMINISTRATOR, RoleName.HEAD)


@dataclass(frozen=True, slots=True)
class Office:
    """What the page “set up your office” asks for."""

    name: str
    code: str
    kind: str
    person_name: str
    person_email: str


def sign_in_address(*, at: datetime) -> str:
    """The address of a one-time link for somebody who can work at the desk, who is made when nobody administers it."""
    with scoped(system("start")):
        return links.sign_in(_opener(at), at=at)


def is_needed() -> bool:
    """True while the register holds no organisation at all."""
    with scoped(system("start")):
        return not Organisation.objects.exists()


@transaction.atomic
def set_up(person: Person, office: Office, *, at: datetime) -> Organisation:
    """The office as the root of the tree, with the person as its administrator and head."""
    with scoped(system("start")):
        # Locked, so that two first visitors do not both become the head of an empty desk.
        Person.objects.select_for_update().get(pk=person.pk)
        if Organisation.objects.exists():
            raise WrongState("the register holds organisations already; sign in as one of their administrators")
        root = create_organisation(office.code, office.name, office.kind, at=at)
        person.name, person.email = office.person_name, office.person_email.lower()
        person.save(update_fields=["name", "email"])
        for role in FIRST_ROLES:
            give_role(person, root, role, at=at)
        return root


def _opener(at: datetime) -> Person:
    """Who the link on the console lets in: at the top, somebody who may both administer and work if there is one."""
    standing = Role.objects.filter(
        valid_to__isnull=True, person__is_active=True, organisation__valid_to__isnull=True
    ).select_related("person")
    administrator = standing.filter(name=RoleName.ADMINISTRATOR).order_by("org_path", "pk").first()
    if administrator is None:
        return _first_person(at)
    held: dict[Person, set[str]] = {}
    at_top = standing.filter(organisation__parent__isnull=True, name__in=(*FIRST_ROLES, RoleName.DUTY_OFFICER))
    for role in at_top.order_by("org_path", "pk"):
        held.setdefault(role.person, set()).add(role.name)
    return min(held, key=lambda person: _rank(held[person]), default=administrator.person)


def _rank(roles: set[str]) -> int:
    """Administrators may not open a directive, so those who may come before one who is nothing else."""
    if roles.issuperset(FIRST_ROLES):
        return 0
    return 1 if RoleName.HEAD in roles else 2 if RoleName.DUTY_OFFICER in roles else 3


def _first_person(at: datetime) -> Person:
    """The person of the first start, with both roles once there is an organisation; made when there is none."""
    person = Person.objects.filter(email=FIRST_ADDRESS).first() or create_person(FIRST_ADDRESS, FIRST_NAME, at=at)
    root = Organisation.objects.filter(parent__isnull=True, valid_to__isnull=True).order_by("path").first()
    if root is not None:
        for role_name in FIRST_ROLES:
            give_role(person, root, role_name, at=at)
    return person
