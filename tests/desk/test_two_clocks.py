"""In an exercise, what opens doors ends by the machine's clock, and whose role holds is told by the exercise's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from tests import cast
from tests.desk.signing_in import path_of
from vonggac.duty.models import Message
from vonggac.flows import break_glass, invitations, reorganisation
from vonggac.jobs import clock
from vonggac.register.access import access
from vonggac.register.models import BreakGlass, Organisation, Role, Token
from vonggac.register.services import tokens
from vonggac.register.services.succession import DatedAct
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
# An exercise that plays last spring, and one whose days were pressed past the machine's.
SHIFTS = pytest.mark.parametrize("days", [-200, 200], ids=["behind", "ahead"])


@pytest.fixture
def home(settings, tmp_path) -> Home:
    settings.VONGGAC_HOME = Home(tmp_path)
    (tmp_path / "exercise").mkdir()
    return settings.VONGGAC_HOME


def move_to(home: Home, days: float) -> None:
    (home.path / "exercise-clock").write_text(str(days * 86_400))


def let_in(client: Client) -> bool:
    """Whether the person gets to work: the inbox opens, and is not the page that says that they hold no role."""
    return client.get("/cases/").status_code == 200


def program(people: cast.Cast, *, days: int) -> Client:
    with scoped(system("tests")):
        _, secret = tokens.create_token(
            "SIEM", people.organisations["hai-van"], ["duty_officer"], at=clock.machine_now(), on=clock.today(),
            days=days, person=people.people["ha"],
        )  # fmt: skip
    return Client(headers={"authorization": f"Bearer {secret}"})


@SHIFTS
def test_a_token_outlives_no_clock_but_the_machines(home, people, days):
    move_to(home, days)
    caller = program(people, days=1)
    assert caller.get("/api/v1/cases").status_code == 200
    move_to(home, 2 * days)
    assert caller.get("/api/v1/cases").status_code == 200
    with scoped(system("tests")):
        Token.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert caller.get("/api/v1/cases").status_code == 401


@SHIFTS
def test_an_invitation_works_for_its_half_hour_of_the_machine(home, people, days, settings):
    settings.EMAIL_HOST = ""
    move_to(home, days)
    with scoped(people.scope("quan")):
        made = invitations.invite(people.people["lan"], people.organisations["hai-van"], at=clock.machine_now())
    move_to(home, -days)
    if made.link:
        assert Client().post(path_of(made.link)).status_code == 302


@SHIFTS
def test_a_role_ended_on_the_page_is_over_at_once(home, people, days):
    move_to(home, days)
    lan, administrator = people.client("lan"), people.client("quan")
    assert let_in(lan)
    with scoped(system("tests")):
        role = Role.objects.get(person=people.people["lan"])
    assert administrator.post(f"/people/roles/{role.pk}/end").status_code in {302, 303}
    assert not let_in(lan)


def test_a_role_that_begins_on_a_day_of_the_story_begins_when_the_story_is_there(home, people):
    tomorrow = (datetime.now(UTC) + timedelta(days=10)).date()
    with scoped(system("tests")):
        Role.objects.filter(person=people.people["lan"]).update(valid_from=tomorrow)
    lan = people.client("lan")
    assert not let_in(lan)
    move_to(home, 11)
    assert let_in(lan)


def test_people_go_to_the_heir_on_the_day_that_the_merger_has_in_the_story(home, people):
    act = DatedAct("Nghị quyết 99", (datetime.now(UTC) + timedelta(days=30)).date())
    with scoped(system("tests")):
        ward, health = people.organisations["p-vinh-hai"], people.organisations["so-y-te"]
        reorganisation.merge([ward], health, act, at=clock.now())
    lan = people.client("lan")
    assert "Phường Vĩnh Hải".casefold() in lan.get("/my-unit/").content.decode().casefold()
    move_to(home, 31)
    assert "Sở Y tế" in lan.get("/my-unit/").content.decode()


@SHIFTS
def test_emergency_access_lasts_its_hour_of_the_machine_and_is_told_in_the_story(home, people, days):
    move_to(home, days)
    with scoped(system("tests")):
        Role.objects.filter(person=people.people["nam"]).update(name="head")
    nam, top = people.people["nam"], people.organisations["nation"]
    found = access(nam, top.path, on=clock.today(), at=clock.machine_now())
    with scoped(found.scope):
        target = Organisation.objects.get(code="p-vinh-hai")
        grant = break_glass.take(found, target, "máy của phường đang tấn công cả tỉnh", at=clock.machine_now())
    assert grant.to_utc - datetime.now(UTC) < timedelta(hours=1)
    with scoped(system("tests")):
        told = Message.objects.order_by("-pk").first()
        assert abs(told.made_at - clock.now()) < timedelta(minutes=1)
        assert BreakGlass.objects.get().from_utc <= datetime.now(UTC)
    move_to(home, -days)
    assert target.path in [
        entry.organisation.path for entry in [access(nam, target.path, on=clock.today(), at=clock.machine_now())]
    ]


def test_on_a_real_desk_both_clocks_show_the_same(settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path)
    assert abs(clock.now() - clock.machine_now()) < timedelta(seconds=1)
    assert isinstance(clock.today(), date)
