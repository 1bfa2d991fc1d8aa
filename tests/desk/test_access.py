"""Sign-in by link and password, second factors, acknowledging by link, change of user at a shared desk."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests import cast
from tests.desk.signing_in import PASSWORD, cast_with_passwords, entries, path_of, sign_in_path, signed_in
from tests.server.desk_process import clean_environment
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.desk.flash import DeskCookie
from vonggac.desk.times import OFFICE_ZONE
from vonggac.duty import links
from vonggac.flows import first_run
from vonggac.register.access import nodes_of
from vonggac.register.models import Organisation, Person, Role, RoleName
from vonggac.register.services.people import give_role
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db) -> cast.Cast:
    return cast_with_passwords()


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
    assert (again.status_code, again.url) == (302, path)
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


@pytest.mark.parametrize(("code", "status"), [("so.khcn_2", 302), ("so khcn", 422), ("-so", 422)])
def test_the_code_of_an_office_is_taken_where_a_register_file_would_take_it(db, code, status):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    form = {
        "name": "Sở Khoa học", "kind": "department", "code": code, "person_name": "Hoa", "person_email": "h@example.vn",
    }  # fmt: skip
    assert client.post("/setup", form).status_code == status


def test_the_setup_page_is_gone_once_there_is_an_office(people):
    assert signed_in(people.people["lan"]).get("/setup").headers["Location"] == "/welcome"


def test_the_first_link_of_a_desk_with_a_register_is_of_somebody_at_its_top_who_can_work(people):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    assert client.session["_auth_user_id"] == str(people.people["nam"].pk)
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
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]
    assert client.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Lax"


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
    answer = Client().post(path, {"name": "Chị Lan"})
    assert (answer.status_code, answer.url) == (302, path)
    assert state_of(case) == "acknowledged"
    (entry,) = entries("case.acknowledge")
    assert entry.actor.startswith("link:")
    assert entry.detail["by"] == "Chị Lan"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_used_says_who_acknowledged_what_and_when_and_acts_no_more(sent, method):
    path, case = sent
    Client().post(path, {"name": "Chị Lan"})
    again = getattr(Client(headers={"accept-language": "vi"}), method)(path, {"name": "Kẻ khác"}, follow=True)
    page = again.content.decode()
    assert again.status_code == 200
    assert "Máy 203.0.113.9" in page
    at = timezone.localtime(entries("case.acknowledge")[0].at, OFFICE_ZONE)
    assert f"Đã xác nhận lúc {at.day}/{at.month}/{at.year} {at:%H:%M}, người xác nhận: Chị Lan" in page
    assert f'href="/cases/{case.pk}/"' in page
    assert "Kẻ khác" not in page
    assert len(entries("case.acknowledge")) == 1


def test_a_used_link_tells_of_what_was_acknowledged_until_it_would_have_expired(sent, monkeypatch):
    path, _case = sent
    Client().post(path, {"name": "Chị Lan"})
    later = timezone.now() + timedelta(days=links.ACKNOWLEDGE_DAYS, minutes=1)
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: later)
    page = Client().get(path)
    assert page.status_code == 410
    assert "Máy 203.0.113.9" not in page.content.decode()


def test_a_link_whose_case_went_to_its_real_owner_says_nothing_of_it(sent, people):
    path, case = sent
    Client().post(path, {"name": "Chị Lan"})
    with scoped(people.scope("ha")):
        cases.dispute(case.pk, Answer("máy của viễn thông", "Lan"), at=timezone.now())
        cases.settle(case.pk, owner=people.organisations["vien-thong"], reason="đã tra", at=timezone.now())
    assert "Máy 203.0.113.9" not in Client().get(path).content.decode()


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


# The words of allauth's pages


def test_the_pages_of_second_factors_speak_vietnamese(people):
    page = signed_in(people.people["lan"]).get("/account/2fa/").content.decode()
    assert "Xác thực hai lớp" in page
    assert "Two-Factor" not in page


def test_an_empty_desk_leads_everywhere_to_its_setting_up(db):
    client = Client()
    client.post(path_of(first_run.sign_in_address(at=datetime.now(UTC))))
    assert client.get("/account").headers["Location"] == "/setup"


def test_a_desk_has_cookies_of_its_own_beside_another_on_the_same_machine():
    names = (
        settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, DeskCookie.cookie_name
    )  # fmt: skip
    assert not set(names) & {"sessionid", "csrftoken", "django_language", "messages"}
    marks = {name.rpartition("-")[2] for name in names}
    assert len(marks) == 1
    assert settings.SECRET_KEY not in marks.pop()


def test_a_restored_copy_has_cookies_of_its_own_beside_the_desk_that_it_copies(tmp_path):
    """Its key is the same, its folder is not."""
    names = set()
    for name in ("desk", "copy"):
        home = tmp_path / name
        (home / "secrets").mkdir(parents=True)
        (home / "secrets" / "secret-key").write_text("one key for both")
        asked = "from vonggac.server import settings as s; print(s.SESSION_COOKIE_NAME)"
        told = subprocess.run(
            [sys.executable, "-c", asked],
            env=clean_environment(VONGGAC_HOME=str(home)),
            capture_output=True,
            text=True,
            check=True,
        )
        names.add(told.stdout.strip())
    assert len(names) == 2


def test_an_address_that_leads_nowhere_says_so_in_the_reader_s_language(people):
    page = signed_in(people.people["lan"]).get("/nowhere/at/all")
    assert page.status_code == 404
    assert "Không có trang này" in page.content.decode()
