"""Emergency access, recovery by two administrators, people and tokens."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
)
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests import cast
from tests.desk.signing_in import cast_with_passwords, entries, path_of, signed_in
from vonggac.duty.models import Message
from vonggac.errors import NotPermitted
from vonggac.register.access import access, nodes_of
from vonggac.register.models import BreakGlass, Person, Recovery, Role, RoleName, Token
from vonggac.register.services.people import give_role
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db) -> cast.Cast:
    return cast_with_passwords()


# Emergency access


@pytest.fixture
def chief(people) -> Person:
    """The head of the top office."""
    with scoped(system("tests")):
        give_role(people.people["nam"], people.organisations["nation"], RoleName.HEAD, at=timezone.now())
    return people.people["nam"]


EMERGENCY = {"organisation": "p-vinh-hai", "reason": "Cán bộ duy nhất bị ốm, máy đang lan truyền mã độc"}


def test_breaking_the_glass_shouts_in_the_ledger_on_every_page_and_to_the_heads(people, chief):
    client = signed_in(chief)
    assert client.post("/account/break-glass", EMERGENCY).headers["Location"] == "/people"
    entry = entries("access.break_glass")[-1]
    assert entry.org_path == people.organisations["p-vinh-hai"].path
    assert entry.detail["reason"] == EMERGENCY["reason"]
    page = client.get("/people")
    assert page.status_code == 200
    assert 'class="banner glass"' in page.content.decode()
    with scoped(system("tests")):
        told = set(Message.objects.filter(subject__contains="KHẨN CẤP").values_list("to", flat=True))
    assert told == {"minh@example.vn", "nam@example.vn"}


def test_emergency_access_ends_after_an_hour(people, chief):
    client = signed_in(chief)
    client.post("/account/break-glass", EMERGENCY)
    path, now = people.organisations["p-vinh-hai"].path, timezone.now()
    assert access(chief, path, on=now.date(), at=now).roles == {"administrator"}
    with pytest.raises(NotPermitted):
        access(chief, path, on=now.date(), at=now + timedelta(minutes=61))


def test_emergency_access_can_be_given_back(people, chief):
    client = signed_in(chief)
    client.post("/account/break-glass", EMERGENCY)
    client.post("/account/break-glass/end")
    assert path_is_gone(chief, people.organisations["p-vinh-hai"].path)
    assert entries("access.give_back")


def path_is_gone(person: Person, path: str) -> bool:
    return path not in nodes_of(person, on=timezone.localdate(), at=timezone.now())


@pytest.mark.parametrize("name", ["lan", "minh", "quan", "ha"])
def test_nobody_below_the_top_office_breaks_the_glass(people, name):
    assert signed_in(people.people[name]).post("/account/break-glass", EMERGENCY).status_code == 403
    with scoped(system("tests")):
        assert not BreakGlass.objects.exists()


def test_emergency_access_needs_a_reason(people, chief):
    assert signed_in(chief).post("/account/break-glass", {**EMERGENCY, "reason": "gấp"}).status_code == 422


# Recovery by two administrators


@pytest.fixture
def second(people) -> Person:
    """A second administrator of the province."""
    with scoped(system("tests")):
        give_role(people.people["minh"], people.organisations["hai-van"], RoleName.ADMINISTRATOR, at=timezone.now())
    return people.people["minh"]


@pytest.fixture
def lost(people) -> Person:
    TOTP.activate(people.people["lan"], generate_totp_secret())
    return people.people["lan"]


def ask(people, lost) -> int:
    answer = signed_in(people.people["quan"]).post(f"/people/{lost.pk}/recover", {"reason": "gọi lại số cơ quan"})
    assert answer.status_code == 302
    with scoped(system("tests")):
        return Recovery.objects.get(person=lost).pk


def test_two_administrators_take_the_second_factor_off(people, second, lost):
    recovery = ask(people, lost)
    assert signed_in(second).post(f"/recoveries/{recovery}", {"decision": "confirm"}).status_code == 302
    assert not Authenticator.objects.filter(user=lost).exists()
    signed_in(lost)
    assert entries("recovery.confirm")[-1].actor == f"person:{second.pk}"
    with scoped(system("tests")):
        assert Message.objects.filter(to=lost.email).count() == 2


def test_one_administrator_alone_recovers_nobody(people, lost):
    recovery = ask(people, lost)
    answer = signed_in(people.people["quan"]).post(f"/recoveries/{recovery}", {"decision": "confirm"})
    assert answer.status_code == 403
    assert Authenticator.objects.filter(user=lost).exists()


def test_nobody_asks_for_their_own_recovery(people):
    quan = people.people["quan"]
    assert signed_in(quan).post(f"/people/{quan.pk}/recover", {"reason": "mất máy"}).status_code == 403


def test_an_administrator_below_recovers_nobody_who_also_works_above(people, lost):
    with scoped(system("tests")):
        give_role(lost, people.organisations["nation"], RoleName.ANALYST, at=timezone.now())
    answer = signed_in(people.people["quan"]).post(f"/people/{lost.pk}/recover", {"reason": "gọi lại"})
    assert answer.status_code == 403


def test_a_refused_recovery_changes_nothing(people, second, lost):
    recovery = ask(people, lost)
    signed_in(second).post(f"/recoveries/{recovery}", {"decision": "refuse"})
    assert Authenticator.objects.filter(user=lost).exists()
    assert signed_in(second).post(f"/recoveries/{recovery}", {"decision": "confirm"}).status_code == 409


# People and tokens


def test_an_administrator_enters_a_person_who_comes_in_by_the_link_shown_once(people):
    client = signed_in(people.people["quan"])
    form = {"name": "Mới", "email": "moi@example.vn", "organisation": "so-y-te", "role": "it_officer"}
    page = client.post("/people/new", form).content.decode()
    path = path_of(re.search(r"http\S+/l/sign-in/[\w-]+", page).group())
    newcomer = Client()
    assert newcomer.post(path).status_code == 302
    assert newcomer.get("/account").context["access"].organisation.code == "so-y-te"


def test_with_a_mail_server_the_link_goes_to_the_person_and_to_nobody_else(
    people, settings, django_capture_on_commit_callbacks
):
    settings.EMAIL_HOST = "mail.example.vn"
    client = signed_in(people.people["quan"])
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(f"/people/{people.people['lan'].pk}/invite").content.decode()
    assert "/l/sign-in/" not in page
    assert mail.outbox[-1].to == ["lan@example.vn"]
    assert "/l/sign-in/" in mail.outbox[-1].body


def test_without_mail_no_link_is_shown_for_somebody_who_has_a_password(people):
    answer = signed_in(people.people["quan"]).post(f"/people/{people.people['lan'].pk}/invite")
    assert answer.status_code == 403


def test_a_person_shut_out_loses_their_session(people):
    Person.objects.filter(pk=people.people["lan"].pk).update(home_path=people.organisations["p-vinh-hai"].path)
    lan = signed_in(people.people["lan"])
    quan = signed_in(people.people["quan"])
    quan.post(f"/people/{people.people['lan'].pk}/deactivate", {"reason": "nghỉ việc"})
    assert lan.get("/account").status_code == 302
    assert entries("person.deactivate")[-1].detail["reason"] == "nghỉ việc"


def test_a_role_outside_the_own_tree_is_not_given(people):
    client = signed_in(people.people["quan"])
    form = {"organisation": "dong-son", "role": "head"}
    assert client.post(f"/people/{people.people['lan'].pk}/role", form).status_code == 422


@pytest.mark.parametrize("place", ["/people/{}", "/people/new", "/tokens"])
def test_an_organisation_is_chosen_by_name_from_those_of_the_own_tree(people, place):
    page = signed_in(people.people["quan"]).get(place.format(people.people["lan"].pk)).content.decode()
    offered = page.split('<select name="organisation"', 1)[1].split("</select>", 1)[0]
    assert re.search(r'<option value="p-vinh-hai"[^>]*>UBND phường Vĩnh Hải</option>', offered)
    assert "dong-son" not in offered


def test_roles_are_given_and_ended(people):
    client, lan = signed_in(people.people["quan"]), people.people["lan"]
    client.post(f"/people/{lan.pk}/role", {"organisation": "so-y-te", "role": "analyst"})
    with scoped(system("tests")):
        role = Role.objects.get(person=lan, name="analyst")
    client.post(f"/people/roles/{role.pk}/end")
    assert nodes_of(lan, on=timezone.localdate()) == [people.organisations["p-vinh-hai"].path]


@pytest.mark.parametrize("path", ["/people", "/people/new", "/tokens", "/recoveries"])
def test_pages_of_administrators_are_closed_to_others(people, path):
    assert signed_in(people.people["lan"]).get(path).status_code == 403
    assert signed_in(people.people["quan"]).get(path).status_code == 200


def test_a_stranger_is_not_found_on_the_pages_of_people(people):
    assert signed_in(people.people["quan"]).get(f"/people/{people.people['vinh'].pk}").status_code == 404


def test_a_token_is_shown_once_and_revoked(people):
    client = signed_in(people.people["quan"])
    page = client.post("/tokens/new", {"name": "SIEM", "organisation": "hai-van", "role": "analyst", "days": 30})
    secret = re.search(r"vgt_[\w-]{43}", page.content.decode()).group()
    assert secret not in client.get("/tokens").content.decode()
    with scoped(system("tests")):
        token = Token.objects.get()
    assert secret not in str(token.__dict__)
    client.post(f"/tokens/{token.pk}/revoke")
    assert entries("token.revoke")
