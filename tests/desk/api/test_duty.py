"""Duty for programs: posts, shifts, checking in at a door, and who was there minute by minute."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from tests import cast
from tests.duty.office import MONDAY, Office, open_office
from vonggac.duty.models import Prompt, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import presence
from vonggac.register.services import tokens
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NIGHT = begin_of(MONDAY, 22 * 60)
MORNING = NIGHT + 8 * HOUR


@pytest.fixture(autouse=True)
def _fresh_counters():
    caches["local"].clear()


@pytest.fixture
def office(people) -> Office:
    """A night for Hà and one for Em, who has no account, on a monitoring post."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        for name in ("Hà", "Em"):
            Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name=name, from_utc=NIGHT, to_utc=MORNING,
                person=people.people["ha"] if name == "Hà" else None, skills=["lead"] if name == "Hà" else [],
            )  # fmt: skip
        return office


def program(people: cast.Cast, code: str, role: str, person: str | None = None) -> Client:
    with scoped(system("tests")):
        _, secret = tokens.create_token(
            "cửa", people.organisations[code], (role,), at=timezone.now(), on=timezone.localdate(), days=30,
            person=people.people[person] if person else None,
        )  # fmt: skip
    return Client(headers={"authorization": f"Bearer {secret}"})


@pytest.fixture
def at(monkeypatch):
    """Let the interface's clock stand at a moment."""

    def set_(moment: datetime) -> None:
        monkeypatch.setattr("vonggac.desk.api.duty.now", lambda: moment)

    set_(NIGHT)
    return set_


def number(name: str) -> int:
    with scoped(system("tests")):
        return Shift.objects.get(person_name=name).pk


def test_posts_come_with_the_shifts_that_hold_today(people, office, at):
    found = program(people, "hai-van", "auditor").get("/api/v1/posts").json()["posts"]
    assert [(post["name"], post["organisation"]) for post in found] == [("Giám sát", "hai-van")]
    assert [shift["code"] for shift in found[0]["shift_types"]] == ["S", "C", "Đ"]


def test_shifts_are_listed_by_span_and_post_page_by_page(people, office, at):
    client = program(people, "hai-van", "auditor")
    first = client.get("/api/v1/shifts?rows=1").json()
    second = client.get(f"/api/v1/shifts?rows=1&after={first['next']}").json()
    assert [page["shifts"][0]["person"] for page in (first, second)] == ["Hà", "Em"]
    assert second["next"] is None
    assert first["shifts"][0]["skills"] == ["lead"]
    later = f"/api/v1/shifts?from={(MORNING + HOUR):%Y-%m-%dT%H:%M:%SZ}"
    assert client.get(later).json()["shifts"] == []
    assert client.get("/api/v1/shifts?post=999999").json()["shifts"] == []


def test_a_span_that_makes_no_sense_is_empty_and_never_an_error(people, office, at):
    client = program(people, "hai-van", "auditor")
    for query in ("from=9999-12-31T23:59:59Z", "from=0001-01-01T00:00:00%2B14:00", "from=2030-01-01&to=2020-01-01"):
        answer = client.get(f"/api/v1/presence?{query}")
        assert answer.status_code == 200
        assert answer.json()["posts"] == []


def test_a_reader_at_the_door_checks_people_in_once(people, office, at):
    client = program(people, "hai-van", "duty_officer")
    answer = client.post(f"/api/v1/shifts/{number('Em')}/check-in")
    assert answer.json()["checked_in_via"] == "api"
    at(NIGHT + HOUR)
    again = client.post(f"/api/v1/shifts/{number('Em')}/check-in").json()
    assert again["checked_in_at"] == answer.json()["checked_in_at"]


def test_a_persons_own_token_checks_in_that_person_alone(people, office, at):
    client = program(people, "hai-van", "duty_officer", person="ha")
    assert client.post(f"/api/v1/shifts/{number('Hà')}/check-in").status_code == 200
    worker = program(people, "hai-van", "it_officer")
    assert worker.post(f"/api/v1/shifts/{number('Em')}/check-in").status_code == 403
    assert program(people, "hai-van", "auditor").post(f"/api/v1/shifts/{number('Em')}/check-in").status_code == 403


def test_a_foreign_token_finds_no_shift_and_no_post(people, office, at):
    client = program(people, "dong-son", "head")
    assert client.get("/api/v1/posts").json()["posts"] == []
    assert client.get("/api/v1/shifts").json()["shifts"] == []
    assert client.get(f"/api/v1/shifts/{number('Em')}").status_code == 404
    assert client.post(f"/api/v1/shifts/{number('Em')}/check-in").status_code == 404


def test_checking_in_long_before_is_refused_in_this_state(people, office, at):
    at(NIGHT - 2 * HOUR)
    answer = program(people, "hai-van", "duty_officer").post(f"/api/v1/shifts/{number('Em')}/check-in")
    assert answer.status_code == 409


def test_leaving_and_answering_at_night(people, office, at):
    client = program(people, "hai-van", "duty_officer")
    shift = number("Em")
    assert client.post(f"/api/v1/shifts/{shift}/awake").status_code == 409
    client.post(f"/api/v1/shifts/{shift}/check-in")
    with scoped(system("tests")):
        assert len(presence.ask_who_is_awake(at=NIGHT + 2 * HOUR)) == 1
    at(NIGHT + 2 * HOUR)
    assert client.post(f"/api/v1/shifts/{shift}/awake").status_code == 200
    with scoped(system("tests")):
        assert Prompt.objects.get().answered_via == "api"
    left = client.post(f"/api/v1/shifts/{shift}/leave").json()["left_at"]
    assert datetime.fromisoformat(left) == NIGHT + 2 * HOUR


def test_presence_is_told_minute_by_minute(people, office, at):
    client = program(people, "hai-van", "duty_officer")
    client.post(f"/api/v1/shifts/{number('Hà')}/check-in")
    at(MORNING)
    span = f"from={NIGHT.timestamp():.0f}&to={(MORNING + 2 * HOUR).timestamp():.0f}"
    (post,) = client.get(f"/api/v1/presence?{span}").json()["posts"]
    assert post["is_recorded"]
    present = ("present", ["Hà"])
    # Past the roster's end nothing is planned yet; once it has passed it is a hole.
    assert [(one["state"], one["people"]) for one in post["stretches"]] == [present]
    at(MORNING + 2 * HOUR)
    (post,) = client.get(f"/api/v1/presence?{span}").json()["posts"]
    assert [(one["state"], one["people"]) for one in post["stretches"]] == [present, ("hole", [])]
    assert post["stretches"][1]["missing_people"] == 1
