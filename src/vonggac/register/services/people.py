"""Acts on people and their roles."""

from datetime import date, datetime

from django.db import transaction

from vonggac.errors import OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person, Role, RoleName
from vonggac.register.services.refusals import told_plainly
from vonggac.tenancy.scope import current

SUBJECT = "person"


@transaction.atomic
def create_person(email: str, name: str, *, at: datetime, phone: str = "", language: str = "vi") -> Person:
    """The new person, without a password: they sign in by a one-time link first."""
    with told_plainly(f"person {email}"):
        person = Person.objects.create_user(email, name, phone=phone, language=language, home_path=current().org_path)
    ledger.record("person.create", SUBJECT, person.pk, current().org_path, at=at, email=person.email, name=name)
    return person


@transaction.atomic
def give_role(
    person: Person, organisation: Organisation, name: RoleName | str, *, at: datetime, valid_from: date | None = None
) -> Role:
    """The role of a person on an organisation; one that had ended holds again."""
    with told_plainly(f"{name} of {organisation.code}"):
        role, _ = Role.objects.update_or_create(
            person=person,
            organisation=organisation,
            name=RoleName(name),
            defaults={"org_path": organisation.path, "valid_from": valid_from, "valid_to": None},
        )
    if not current().org_path:
        Person.objects.filter(pk=person.pk, home_path="").update(home_path=organisation.path)
    ledger.record(
        "role.create", SUBJECT, person.pk, organisation.path, at=at, role=str(name), organisation=organisation.code
    )
    return role


@transaction.atomic
def end_role(role: Role, on: date, *, at: datetime) -> Role:
    """The role, which no longer holds from that day on."""
    role.valid_to = on
    role.save(update_fields=["valid_to"])
    ledger.record("role.end", SUBJECT, role.person_id, role.org_path, at=at, role=role.name, on=on.isoformat())
    return role


@transaction.atomic
def deactivate(person: Person, reason: str, *, at: datetime) -> Person:
    """The person, who can no longer sign in; roles and history stay."""
    scope = current()
    person.refresh_from_db()
    if scope.org_path and not (person.home_path and scope.covers(person.home_path)):
        raise OutOfScope(f"{person} was entered by another office; end the role that they hold with yours")
    if not person.is_active:
        raise WrongState(f"{person} is deactivated already")
    person.is_active = False
    person.save(update_fields=["is_active"])
    ledger.record("person.deactivate", SUBJECT, person.pk, current().org_path, at=at, reason=reason)
    return person
