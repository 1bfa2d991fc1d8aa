"""Who was put on a shift of a table, or taken off it, in place: told, kept for a day, taken back as it was."""

from datetime import timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, Office, open_office
from vonggac.duty import planning, services
from vonggac.duty.exchanging import Change
from vonggac.duty.models import InPlace, Message, Post, Roster, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import in_place, members, presence
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows import stepping_in
from vonggac.flows.roster import Naming
from vonggac.kernel.roster.values import Assignment
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# 08:00 to 16:00 on Monday at the gate, which no pattern has.
BEGIN = begin_of(MONDAY, 8 * 60)
TABLE = "post,from_utc,to_utc,person,skill\nTrực cổng,2026-04-27T01:00:00Z,2026-04-27T09:00:00Z,An,\n".encode()


@pytest.fixture
def office(people):
    with scoped(people.scope("ha")):
        made = open_office(people)
        rows, rejects = services.read_roster(TABLE, "gate.csv")
        services.import_roster(made.organisation, rows, rejects, at=BEFORE)
        fields = members.MemberFields("Bình", person=people.people["minh"])
        members.change_member(made.members["Bình"].pk, fields, [made.post], at=BEFORE)
        members.let_stand([made.members["Bình"], made.members["Chi"]], Post.objects.get(name="Trực cổng"), at=BEFORE)
        yield made


def at_gate() -> set[tuple[str, int]]:
    return {(one.person_name, one.pk) for one in Shift.objects.filter(post__name="Trực cổng", taken_off_at=None)}


def names() -> set[str]:
    return {name for name, _number in at_gate()}


def put_on(office: Office, people, name: str, *, instead: str = "", at=BEFORE) -> InPlace:
    """Somebody put on Monday at the gate, in place of somebody else if one is named; the newest change."""
    gate = Post.objects.select_related("organisation").get(name="Trực cổng")
    plan, _placed = planning.around([gate], MONDAY, MONDAY, at=at)
    slot = next(iter(plan.slots))
    added, removed = (
        frozenset(Assignment(slot, str(office.members[one].pk)) for one in some if one) for some in ([name], [instead])
    )
    change = Change(added, removed)
    flow.change_in_force(plan, change, Naming(f"{name} trực thay"), by=people.people["ha"], at=at)
    return InPlace.objects.latest("pk")


def test_what_was_changed_by_hand_stands_again_as_it_was_and_whoever_was_told_is_told_anew(office, people):
    before = at_gate()
    made = put_on(office, people, "Bình", instead="An")
    assert names() == {"Bình"}
    assert in_place.open_ones(office.organisation, at=BEFORE + HOUR) == [made]
    done = flow.take_back_in_place(made.pk, by="Hà", at=BEFORE + HOUR)
    assert at_gate() == before
    assert (done.removed, done.restored, done.begins) == (1, 1, BEGIN)
    assert {one.name: (len(one.added), len(one.removed)) for one in done.changes} == {"An": (1, 0), "Bình": (0, 1)}
    told = Message.objects.filter(to="minh@example.vn").order_by("pk")
    assert ["Rút lại" in one.subject for one in told] == [False, True]
    assert "không còn phải trực" in told.last().body
    said = Entry.objects.get(act="roster.by_hand_undo").detail
    assert said == {"name": "Bình trực thay", "by": "Hà", "removed": 1, "restored": 1}
    with pytest.raises(OutOfScope):
        flow.take_back_in_place(made.pk, by="Hà", at=BEFORE + HOUR)


def test_the_newest_of_two_changes_of_a_shift_is_taken_back_first(office, people):
    first = put_on(office, people, "Bình")
    second = put_on(office, people, "Chi")
    assert in_place.open_ones(office.organisation, at=BEFORE) == [second]
    with pytest.raises(WrongState, match="changed since"):
        flow.take_back_in_place(first.pk, by="Hà", at=BEFORE)
    flow.take_back_in_place(second.pk, by="Hà", at=BEFORE)
    assert in_place.open_ones(office.organisation, at=BEFORE) == [first]
    flow.take_back_in_place(first.pk, by="Hà", at=BEFORE)
    assert names() == {"An"}


def test_a_change_by_hand_is_not_taken_back_once_its_shift_has_begun_or_somebody_is_there(office, people):
    made = put_on(office, people, "Bình", instead="An", at=BEGIN - 2 * HOUR)
    in_place.check(made, at=BEGIN - HOUR)
    with pytest.raises(WrongState, match="has begun"):
        flow.take_back_in_place(made.pk, by="Hà", at=BEGIN)
    presence.check_in(Shift.objects.get(person_name="Bình").pk, "Bình", at=BEGIN - HOUR / 2)
    with pytest.raises(WrongState, match="has begun"):
        flow.take_back_in_place(made.pk, by="Hà", at=BEGIN - HOUR / 2)
    assert names() == {"Bình"}


def test_whom_a_change_by_hand_took_off_a_running_shift_may_come_back(office, people):
    at = BEGIN + HOUR
    presence.check_in(Shift.objects.get(person_name="An").pk, "An", at=BEGIN)
    made = put_on(office, people, "Bình", instead="An", at=at)
    assert names() == {"Bình"}
    flow.take_back_in_place(made.pk, by="Hà", at=at + HOUR)
    an = Shift.objects.get(post__name="Trực cổng")
    assert (an.person_name, an.left_at, an.taken_off_at) == ("An", at, None)


def test_a_change_by_hand_makes_no_version(office, people):
    put_on(office, people, "Bình")
    assert not Roster.objects.exists()
    assert Entry.objects.filter(act="roster.by_hand").count() == 1


def test_another_name_or_phone_does_not_stand_against_taking_a_change_back(office, people):
    made = put_on(office, people, "Bình", instead="An")
    gate = Post.objects.get(name="Trực cổng")
    for name in ("An", "Bình"):
        fields = members.MemberFields(f"Lê {name}", phone=f"0900 {name}")
        members.change_member(office.members[name].pk, fields, [office.post, gate], at=BEFORE)
    flow.take_back_in_place(made.pk, by="Hà", at=BEFORE)
    assert [(one.person_name, one.phone) for one in Shift.objects.filter(post=gate)] == [("Lê An", "0900 An")]


def test_whom_a_change_took_off_a_running_shift_counts_for_nobody_there(office, people):
    running = BEGIN + HOUR
    presence.check_in(Shift.objects.get(person_name="An").pk, "An", at=BEGIN)
    put_on(office, people, "Bình", instead="An", at=running)
    gate = Post.objects.get(name="Trực cổng")
    plan, placed = planning.around([gate], MONDAY, MONDAY, at=running)
    assert [(plan.members[one.worker].name, plan.slots[one.slot].minimum) for one in placed] == [("Bình", 1)]


def test_who_is_known_by_name_alone_keeps_their_shift_when_somebody_steps_in_beside_them(office, people):
    """No draft holds a name that is on no duty list: a version of the day would take it out."""
    hours = f"{MONDAY} 06:00,{MONDAY} 14:00"
    rows, rejects = services.read_roster(f"post,from,to,person\nGiám sát,{hours},Khách\n".encode(), "guests.csv")
    services.import_roster(office.organisation, rows, rejects, at=BEFORE)
    for code, name in (("S", "Bình"), ("C", "Chi")):
        asked = stepping_in.Asked(office.slot(code), str(office.members[name].pk))
        done = stepping_in.step_in(asked, name, by=people.people["ha"], at=BEFORE)
        assert [(one.name, len(one.added), len(one.removed)) for one in done.changes] == [(name, 1, 0)]
    standing = Shift.objects.filter(post=office.post).order_by("from_utc", "person_name")
    assert [one.person_name for one in standing] == ["Bình", "Khách", "Chi"]
    slot_types = set(standing.filter(member__isnull=False).values_list("shift_type__code", flat=True))
    assert slot_types == {"S", "C"}
