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
    """The address of a one-time link for the desk's administrator, who is made when there is none."""
    with scoped(system("start")):
        return links.sign_in(_administrator(at), at=at)


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


def _administrator(at: datetime) -> Person:
    found = Role.objects.filter(
        name=RoleName.ADMINISTRATOR, valid_to__isnull=True, person__is_active=True, organisation__valid_to__isnull=True
    ).select_related("person")
    if role := found.order_by("org_path", "pk").first():
        return role.person
    person = Person.objects.filter(email=FIRST_ADDRESS).first() or create_person(FIRST_ADDRESS, FIRST_NAME, at=at)
    root = Organisation.objects.filter(parent__isnull=True, valid_to__isnull=True).order_by("path").first()
    if root is not None:
        for role_name in FIRST_ROLES:
            give_role(person, root, role_name, at=at)
    return person
