"""Sign-in by link and password, second factors, change of user, emergency access, recovery, people and tokens."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.desk import catalogue
from vonggac.duty import links
from vonggac.duty.models import Message
from vonggac.errors import NotPermitted
from vonggac.flows import first_run
from vonggac.ledger.models import Entry
from vonggac.register.access import access, nodes_of
from vonggac.register.models import BreakGlass, Organisation, Person, Recovery, Role, RoleName, Token
from vonggac.register.services.people import give_role
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
PASSWORD = "mật khẩu rất dài 42"


@pytest.fixture(autouse=True)
def _fresh_counters(db):
    caches["default"].clear()


@pytest.fixture
def people(db) -> cast.Cast:
    made = cast.assemble()
    # One hash for all: Argon2 is slow on purpose.
    Person.objects.update(password=hashed())
    for person in made.people.values():
        person.refresh_from_db()
    return made


@cache
def hashed() -> str:
    return make_password(PASSWORD)


def signed_in(person: Person) -> Client:
    client = Client()
    answer = client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def entries(act: str) -> list[Entry]:
    with scoped(system("tests")):
        return list(Entry.objects.filter(act=act).order_by("id"))


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def sign_in_path(person: Person, at: datetime | None = None) -> str:
    with scoped(system("tests")):
        return path_of(links.sign_in(person, at=at or timezone.now()))


# One-time links


def test_looking_at_a_sign_in_link_signs_nobody_in_and_pressing_its_button_does(people):
    client, path = Client(), sign_in_path(people.people["lan"])
    shown = client.get(path)
    assert shown.status_code == 200
    assert "Lan" in shown.content.decode()
    assert "_auth_user_id" not in client.session
    assert client.post(path).status_code == 302
    assert client.session["_auth_user_id"] == str(people.people["lan"].pk)
    assert entries("session.begin")[-1].actor == f"person:{people.people['lan'].pk}"


def test_a_sign_in_link_works_once(people):
    path = sign_in_path(people.people["lan"])
    Client().post(path)
    again = Client().post(path)
    assert again.status_code == 410
    assert Client().get(path).status_code == 410


def test_an_expired_sign_in_link_says_what_to_do(people):
    path = sign_in_path(people.people["lan"], at=timezone.now() - timedelta(hours=1))
    answer = Client().get(path)
    assert answer.status_code == 410
    assert "/account/login/" in answer.content.decode()


def test_the_secret_of_a_link_is_told_to_no_other_site(people):
    answer = Client().get(sign_in_path(people.people["lan"]))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_person_shut_out_is_not_let_in_by_a_link(people):
    lan = people.people["lan"]
    path = sign_in_path(lan)
    lan.is_active = False
    lan.save()
    client = Client()
    client.post(path)
    assert "_auth_user_id" not in client.session


def test_a_link_still_asks_for_the_second_factor(people):
    lan = people.people["lan"]
    TOTP.activate(lan, generate_totp_secret())
    client = Client()
    answer = client.post(sign_in_path(lan))
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


# The first run


def test_an_empty_desk_is_set_up_by_whoever_opens_the_first_link(db):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    assert client.get("/welcome").headers["Location"] == "/setup"
    form = {
        "name": "Sở Khoa học", "kind": "department", "code": "so-khcn", "person_name": "Nguyễn Thị Hoa",
        "person_email": "Hoa@example.vn",
    }  # fmt: skip
    assert client.post("/setup", form).headers["Location"] == "/welcome"
    hoa = Person.objects.get(email="hoa@example.vn")
    with scoped(system("tests")):
        root = Organisation.objects.get()
        assert set(Role.objects.filter(person=hoa).values_list("name", flat=True)) == {"administrator", "head"}
    assert (root.code, root.parent) == ("so-khcn", None)
    welcome = client.get("/welcome").content.decode()
    assert "/account/password/set/" in welcome
    assert "/account/2fa/" in welcome


def test_the_setup_page_is_gone_once_there_is_an_office(people):
    assert signed_in(people.people["lan"]).get("/setup").headers["Location"] == "/welcome"


def test_the_first_link_of_a_desk_with_an_administrator_is_theirs(people):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    assert client.session["_auth_user_id"] == str(people.people["quan"].pk)
    assert not Person.objects.filter(email=first_run.FIRST_ADDRESS).exists()


def test_a_register_without_an_administrator_gets_one_at_its_top(people):
    with scoped(system("tests")):
        Role.objects.filter(name=RoleName.ADMINISTRATOR).delete()
    first_run.sign_in_address(at=datetime.now(UTC))
    first_run.sign_in_address(at=datetime.now(UTC))
    person = Person.objects.get(email=first_run.FIRST_ADDRESS)
    assert nodes_of(person, on=timezone.localdate()) == [people.organisations["nation"].path]


def test_after_the_first_link_a_password_can_be_set_without_an_old_one(people):
    client = Client()
    newcomer = Person.objects.create_user("moi@example.vn", "Mới")
    client.post(sign_in_path(newcomer))
    answer = client.post("/account/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    newcomer.refresh_from_db()
    assert newcomer.check_password(PASSWORD)
    assert newcomer.password.startswith("argon2")


# Password, lock-out, second factor


def test_nobody_signs_up(db):
    Client().post("/account/signup/", {"email": "x@example.vn", "password1": PASSWORD, "password2": PASSWORD})
    assert not Person.objects.exists()


def test_a_wrong_password_is_refused_and_kept_in_the_ledger(people):
    client = Client()
    client.post("/account/login/", {"login": people.people["lan"].email, "password": "nhầm"})
    assert "_auth_user_id" not in client.session
    assert entries("session.refuse")[-1].subject_id == people.people["lan"].pk


def test_five_wrong_passwords_lock_the_address_even_for_the_right_one(people):
    client, lan = Client(), people.people["lan"]
    for _ in range(5):
        client.post("/account/login/", {"login": lan.email, "password": "nhầm"})
    client.post("/account/login/", {"login": lan.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    # Another person at the same machine is not locked out with them.
    signed_in(people.people["tam"])


def test_a_short_or_common_password_is_not_taken(people):
    client = signed_in(people.people["lan"])
    for bad in ("ngắn", "password1234", "123456789012"):
        form = {"oldpassword": PASSWORD, "password1": bad, "password2": bad}
        assert client.post("/account/password/change/", form).status_code == 200
    people.people["lan"].refresh_from_db()
    assert people.people["lan"].check_password(PASSWORD)


def test_a_session_lasts_a_shift(people):
    client = signed_in(people.people["lan"])
    assert client.session.get_expiry_age() <= 12 * 3600
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_a_second_factor_is_asked_for_and_its_secret_is_sealed(people):
    lan, secret = people.people["lan"], generate_totp_secret()
    TOTP.activate(lan, secret)
    assert secret not in str(Authenticator.objects.get(user=lan).data)
    client = Client()
    answer = client.post("/account/login/", {"login": lan.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert client.session["_auth_user_id"] == str(lan.pk)


def test_a_second_factor_is_set_up_with_recovery_codes(people):
    client = signed_in(people.people["lan"])
    assert client.get("/account/2fa/totp/activate/").headers["Location"].startswith("/account/reauthenticate/")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/")
    assert "data:image/svg" in page.content.decode()
    secret = client.session["mfa.totp.secret"]
    assert client.post("/account/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 302
    types = set(Authenticator.objects.filter(user=people.people["lan"]).values_list("type", flat=True))
    assert types == {"totp", "recovery_codes"}


def test_the_page_for_passkeys_carries_its_challenge_as_data(people):
    client = signed_in(people.people["lan"])
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/webauthn/add/").content.decode()
    assert '<script id="js_data" type="application/json">' in page


# Acknowledging by link


@pytest.fixture
def sent(people) -> tuple[str, Case]:
    at = timezone.now()
    with scoped(system("tests")):
        opening = Opening(
            people.organisations["p-vinh-hai"], Kind.BOTNET_HOST, "203.0.113.9", "Máy 203.0.113.9", 2, "lặp lại",
            at + timedelta(days=3),
        )  # fmt: skip
        case = cases.open_many([opening], at=at)[0]
        link = links.acknowledgement(people.organisations["p-vinh-hai"], {"case": [case.pk]}, at=at)
    return path_of(link), case


def state_of(case: Case) -> str:
    with scoped(system("tests")):
        return str(Case.objects.get(pk=case.pk).state)


def test_a_link_scanner_acknowledges_nothing(sent):
    path, case = sent
    page = Client().get(path)
    assert "Máy 203.0.113.9" in page.content.decode()
    assert state_of(case) == "sent"


def test_pressing_the_button_acknowledges_under_the_typed_name_once(sent):
    path, case = sent
    assert Client().post(path, {"name": "Chị Lan"}).status_code == 200
    assert state_of(case) == "acknowledged"
    entry = entries("case.acknowledge")[-1]
    assert entry.actor.startswith("link:")
    assert entry.detail["by"] == "Chị Lan"
    assert Client().post(path, {"name": "Chị Lan"}).status_code == 410


def test_an_acknowledgement_needs_a_name(sent):
    path, case = sent
    assert Client().post(path, {"name": " "}).status_code == 422
    assert state_of(case) == "sent"


def test_a_made_up_link_is_refused(db):
    assert Client().get("/l/acknowledge/" + "x" * 43).status_code == 410


def test_posting_without_the_form_token_is_refused(sent):
    path, case = sent
    assert Client(enforce_csrf_checks=True).post(path, {"name": "Lan"}).status_code == 403
    assert state_of(case) == "sent"


# A shared desk


def test_a_colleague_takes_over_the_screen_and_the_first_session_ends(people):
    client = signed_in(people.people["ha"])
    before = client.session.session_key
    form = {"email": people.people["minh"].email, "password": PASSWORD, "next": "/account"}
    answer = client.post("/account/switch", form)
    assert answer.headers["Location"] == "/account"
    assert client.session["_auth_user_id"] == str(people.people["minh"].pk)
    assert not client.session.exists(before)
    assert entries("session.switch")[-1].detail["to"] == people.people["minh"].email


def test_a_wrong_password_leaves_the_first_person_at_the_screen(people):
    client = signed_in(people.people["ha"])
    answer = client.post("/account/switch", {"email": people.people["minh"].email, "password": "nhầm"})
    assert answer.status_code == 422
    assert client.session["_auth_user_id"] == str(people.people["ha"].pk)


def test_changing_the_user_asks_for_the_second_factor_of_the_new_one(people):
    TOTP.activate(people.people["minh"], generate_totp_secret())
    client = signed_in(people.people["ha"])
    answer = client.post("/account/switch", {"email": people.people["minh"].email, "password": PASSWORD})
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_the_way_back_never_leads_to_another_site(people):
    client = signed_in(people.people["ha"])
    form = {"email": people.people["minh"].email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/account/switch", form).headers["Location"] == "/"


def test_a_person_with_two_offices_chooses_one(people):
    lan = people.people["lan"]
    with scoped(system("tests")):
        give_role(lan, people.organisations["so-y-te"], RoleName.ANALYST, at=timezone.now())
    client = signed_in(lan)
    target = people.organisations["so-y-te"].path
    assert client.post("/account/node", {"path": target, "next": "/account"}).headers["Location"] == "/account"
    assert client.get("/account").context["access"].scope.org_path == target
    assert client.post("/account/node", {"path": people.organisations["nation"].path}).status_code == 403


def test_signing_out_everywhere_ends_every_session(people):
    first, second = signed_in(people.people["lan"]), signed_in(people.people["lan"])
    assert second.get("/account").status_code == 200
    first.post("/account/sign-out-everywhere")
    assert second.get("/account").status_code == 302
    assert first.get("/account").status_code == 302


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


# The words of allauth's pages


def test_the_pages_of_second_factors_speak_vietnamese(people):
    page = signed_in(people.people["lan"]).get("/account/2fa/").content.decode()
    assert "Xác thực hai lớp" in page
    assert "Two-Factor" not in page


def test_the_compiled_words_are_those_of_their_source():
    po = catalogue.PACKAGE / "desk" / "locale" / "vi" / "LC_MESSAGES" / "django.po"
    assert po.with_suffix(".mo").read_bytes() == catalogue.compile_mo(catalogue.read_po(po.read_text("utf-8")))


def test_an_empty_desk_leads_everywhere_to_its_setting_up(db):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    assert client.get("/account").headers["Location"] == "/setup"
