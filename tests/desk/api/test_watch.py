"""The watch for programs: the duty list and leave, versions in force, signatures under hand-overs, open calls."""

from datetime import timedelta

import pytest
from django.core.cache import caches

from tests.desk.api.test_duty import program
from tests.duty.office import BEFORE, MONDAY, Office, open_office
from vonggac.duty.escalation import services as escalating
from vonggac.duty.models import HandOver, Leave, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import members, presence, publishing, rosters
from vonggac.duty.services.rosters import Step
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
CHANGE = begin_of(MONDAY, 14 * 60)
BOUNDARY = int(CHANGE.timestamp())


@pytest.fixture(autouse=True)
def _fresh_counters():
    caches["local"].clear()


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Ten minutes before the change of shift."""
    for module in ("duty", "watch"):
        monkeypatch.setattr(f"vonggac.desk.api.{module}.now", lambda: CHANGE - timedelta(minutes=10))


@pytest.fixture
def office(people) -> Office:
    """Hà has the morning and Minh the afternoon of Monday, published."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        placed = set()
        for code, name, account in (("S", "An", "ha"), ("C", "Bình", "minh")):
            fields = members.MemberFields(name, "0900000001", people.people[account])
            members.change_member(office.members[name].pk, fields, [office.post], at=BEFORE)
            placed.add(office.pair(code, name))
        draft = office.draft()
        rosters.change(draft.pk, Step(frozenset(placed)), by="Hà", at=BEFORE)
        publishing.publish(draft.pk, by="Hà", at=BEFORE)
        return office


def asked(office: Office, name: str = "Chi", **more) -> dict:
    begin = begin_of(MONDAY + timedelta(days=3))
    return {
        "member": office.members[name].pk, "from": begin.isoformat(),
        "to": (begin + timedelta(days=1)).isoformat(), "kind": "sick", **more,
    }  # fmt: skip


def post(client, path: str, body: dict | None = None):
    return client.post(f"/api/v1{path}", body or {}, content_type="application/json")


def test_the_duty_list_is_read_page_by_page_without_phones(people, office):
    client = program(people, "hai-van", "auditor")
    first = client.get("/api/v1/members?rows=2").json()
    assert [one["name"] for one in first["members"]] == ["An", "Bình"]
    assert first["members"][0]["post_ids"] == [office.post.pk]
    rest = client.get(f"/api/v1/members?after={first['next']}")
    assert (len(rest.json()["members"]), rest.json()["next"]) == (4, None)
    assert "0900000001" not in rest.content.decode() + str(first)


def test_leave_is_granted_listed_and_taken_back_by_who_makes_rosters(people, office):
    client = program(people, "hai-van", "duty_officer")
    made = post(client, "/leaves", asked(office))
    assert (made.status_code, made.json()["state"], made.json()["decided_by"]) == (201, "granted", "cửa")
    span = f"from={MONDAY.isoformat()}&to={(MONDAY + timedelta(days=7)).isoformat()}"
    assert client.get(f"/api/v1/leaves?{span}").json()["leaves"] == [made.json()]
    assert post(client, f"/leaves/{made.json()['id']}/withdraw").status_code == 204
    assert client.get(f"/api/v1/leaves?{span}").json()["leaves"] == []
    with scoped(system("tests")):
        entry = Entry.objects.get(act="leave.grant")
        assert entry.actor.startswith("token:")


def test_nobody_grants_leave_to_themselves_by_a_token_of_their_own(people, office):
    client = program(people, "hai-van", "duty_officer", person="ha")
    assert post(client, "/leaves", asked(office, "An")).json()["state"] == "asked"
    assert post(client, "/leaves", asked(office, "Chi")).json()["state"] == "granted"


def test_leave_is_nobody_elses_business_and_a_wrong_one_is_refused(people, office):
    reader = program(people, "hai-van", "auditor")
    assert reader.get("/api/v1/leaves").status_code == 403
    assert post(reader, "/leaves", asked(office)).status_code == 403
    client = program(people, "hai-van", "duty_officer")
    assert post(client, "/leaves", asked(office, to="2020-01-01T00:00:00Z")).status_code == 422
    assert post(client, "/leaves", asked(office, kind="holiday")).status_code == 422


def test_versions_in_force_say_what_they_cover(people, office):
    [version] = program(people, "hai-van", "auditor").get("/api/v1/rosters").json()["rosters"]
    assert (version["version"], version["post_ids"], version["from_day"]) == (1, [office.post.pk], "2026-04-27")
    assert (version["holes"], version["published_by"]) == (19, "Hà")


def test_two_people_sign_one_list_by_tokens_of_their_own(people, office):
    giver = program(people, "hai-van", "duty_officer", person="ha")
    taker = program(people, "hai-van", "head", person="minh")
    path = f"/posts/{office.post.pk}/hand-overs/{BOUNDARY}"
    [waiting] = giver.get("/api/v1/hand-overs").json()["hand_overs"]
    assert (waiting["boundary"], waiting["given_by"]) == (BOUNDARY, "")
    assert post(taker, f"{path}/take", {"digest": ""}).status_code == 404
    given = post(giver, f"{path}/give", {"note": "để ý máy 7"}).json()
    assert post(giver, f"{path}/take", {"digest": given["digest"]}).status_code == 403
    assert post(taker, f"{path}/take", {"digest": "00"}).status_code == 409
    assert taker.get("/api/v1/hand-overs").json()["hand_overs"] == [given]
    taken = post(taker, f"{path}/take", {"digest": given["digest"]}).json()
    assert (taken["given_by"], taken["taken_by"], taken["note"]) == ("Hà", "Minh", "để ý máy 7")
    assert taker.get("/api/v1/hand-overs").json()["hand_overs"] == []


def test_whoever_may_assign_stands_in_by_a_token_where_nobody_is_there(people, office):
    path = f"/posts/{office.post.pk}/hand-overs/{BOUNDARY}"
    stand_in = program(people, "nation", "duty_officer", person="nam")
    with scoped(people.scope("ha")):
        ending = Shift.objects.get(to_utc=CHANGE)
        presence.check_in(ending.pk, "Hà", at=ending.from_utc)
    assert post(stand_in, f"{path}/give").status_code == 403, "Hà is there"
    with scoped(people.scope("ha")):
        presence.leave(ending.pk, "Hà", at=CHANGE - timedelta(minutes=20))
    assert post(stand_in, f"{path}/give").json()["given_by"] == "Nam"
    with scoped(system("tests")):
        assert HandOver.objects.get().gave_as_stand_in


def test_a_program_signs_for_nobody(people, office):
    client = program(people, "hai-van", "duty_officer")
    assert post(client, f"/posts/{office.post.pk}/hand-overs/{BOUNDARY}/give").status_code == 403
    with scoped(system("tests")):
        assert not HandOver.objects.filter(given_at__isnull=False).exists()


def test_an_open_call_is_read_and_taken_on_once(people, office):
    with scoped(people.scope("ha")):
        call = escalating.call("mất điện phòng máy", office.organisation, at=CHANGE - timedelta(minutes=20))
    reader, client = program(people, "hai-van", "auditor"), program(people, "hai-van", "duty_officer", person="ha")
    [seen] = reader.get("/api/v1/escalations").json()["escalations"]
    assert (seen["id"], seen["title"], seen["taken_by"]) == (call.pk, "mất điện phòng máy", [])
    assert post(reader, f"/escalations/{call.pk}/acknowledge").status_code == 403
    for _ in range(2):
        taken = post(client, f"/escalations/{call.pk}/acknowledge").json()
        assert (taken["taken_by"], taken["state"]) == (["Hà"], "taken")


def test_a_stranger_sees_and_changes_nothing(people, office):
    with scoped(people.scope("ha")):
        call = escalating.call("mất điện", office.organisation, at=CHANGE)
        day = members.Span(begin_of(MONDAY), begin_of(MONDAY + timedelta(days=1)))
        leave = members.ask_leave(office.members["Chi"].pk, day, "sick", granted_by="Minh", at=BEFORE)
    client = program(people, "dong-son", "head", person="vinh")
    for name, key in (("members", "members"), ("leaves", "leaves"), ("rosters", "rosters"),
                      ("hand-overs", "hand_overs"), ("escalations", "escalations")):  # fmt: skip
        assert client.get(f"/api/v1/{name}?from=2026-04-01").json()[key] == []
    hand_over = f"/posts/{office.post.pk}/hand-overs/{BOUNDARY}"
    for path, body in (
        (f"/leaves/{leave.pk}/withdraw", {}), ("/leaves", asked(office)), (f"{hand_over}/give", {}),
        (f"{hand_over}/take", {"digest": ""}), (f"/escalations/{call.pk}/acknowledge", {}),
    ):  # fmt: skip
        assert post(client, path, body).status_code == 404
    with scoped(system("tests")):
        assert (Leave.objects.count(), Shift.objects.filter(checked_in_at__isnull=False).count()) == (1, 0)
