"""Whom the console's link lets in: somebody who can go on working, whatever register the desk has."""

from datetime import UTC, datetime

import pytest

from tests import cast
from vonggac.duty import links
from vonggac.flows import first_run
from vonggac.register.models import Person, Role, RoleName
from vonggac.register.services.people import give_role
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
AT = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)


def let_in() -> str:
    secret = first_run.sign_in_address(at=AT).rsplit("/", 1)[1]
    with scoped(system("tests")):
        person = links.shown(secret, "sign_in", at=AT).person
        assert person is not None
        return person.email


def give(people: cast.Cast, name: str, *roles: RoleName) -> str:
    """The person with these roles at the top of the tree; their mail address."""
    with scoped(system("tests")):
        for role in roles:
            give_role(people.people[name], people.organisations["nation"], role, at=AT)
    return people.people[name].email


def test_on_an_empty_register_the_first_person_is_made():
    assert let_in() == first_run.FIRST_ADDRESS


def test_where_nobody_administers_the_first_person_may_administer_and_work(people):
    with scoped(system("tests")):
        Role.objects.filter(name=RoleName.ADMINISTRATOR).delete()
    assert let_in() == first_run.FIRST_ADDRESS
    with scoped(system("tests")):
        held = Role.objects.filter(person__email=first_run.FIRST_ADDRESS, organisation__code="nation")
        assert set(held.values_list("name", flat=True)) == set(first_run.FIRST_ROLES)


def test_who_may_both_administer_and_work_comes_first(people):
    give(people, "minh", RoleName.HEAD)
    both = give(people, "tam", RoleName.ADMINISTRATOR, RoleName.HEAD)
    assert let_in() == both


def test_a_head_comes_before_a_duty_officer_and_an_administrator(people):
    give(people, "quan", RoleName.ADMINISTRATOR)
    head = give(people, "vinh", RoleName.HEAD)
    assert let_in() == head


def test_a_duty_officer_of_the_top_comes_before_an_administrator(people):
    give(people, "quan", RoleName.ADMINISTRATOR)
    assert let_in() == people.people["nam"].email


def test_an_administrator_below_is_let_in_where_the_top_has_nobody(people):
    with scoped(system("tests")):
        Role.objects.filter(organisation__code="nation").delete()
    assert let_in() == people.people["quan"].email


def test_who_may_no_longer_sign_in_is_not_let_in(people):
    head = give(people, "vinh", RoleName.HEAD)
    with scoped(system("tests")):
        Person.objects.filter(email=head).update(is_active=False)
    assert let_in() != head
