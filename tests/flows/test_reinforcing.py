"""Two more analysts tonight: the smallest change is shown, put in force as shown, and taken back whole."""

from datetime import timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, SUNDAY, Office, open_office
from vonggac.duty import services
from vonggac.duty.escalation import standing
from vonggac.duty.models import Message, Reinforcement, Roster, RosterState, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.planning import slot_of
from vonggac.duty.queries import attendance
from vonggac.duty.services import members, presence, rosters
from vonggac.duty.services.rosters import Step
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import reinforcing
from vonggac.flows import roster as flow
from vonggac.flows.reinforcing import Need
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NIGHT, MORNING = begin_of(MONDAY, 22 * 60), begin_of(MONDAY, 30 * 60)


@pytest.fixture
def office(people):
    """Em has the Monday night and An the morning before it; Chi, Dũng and Giang are analysts."""
    with scoped(people.scope("ha")):
        made = open_office(people)
        for name in ("Chi", "Dũng", "Giang"):
            fields = members.MemberFields(name, skills=("analyst",))
            members.change_member(made.members[name].pk, fields, [made.post], at=BEFORE)
        publish(made, people, made.pair("Đ", "Em"), made.pair("S", "An"))
        yield made


def publish(office: Office, people, *pairs) -> Roster:
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset(pairs)), by="Hà", at=BEFORE)
    return flow.publish(draft.pk, by=people.people["ha"], at=BEFORE).roster


def on_night(office: Office) -> set[str]:
    return set(Shift.objects.filter(post=office.post, from_utc=NIGHT).values_list("person_name", flat=True))


def test_two_more_analysts_come_tonight_and_nobody_else_is_touched(office, people):
    need = Need(office.slot("Đ"), 2, "analyst")
    offer = reinforcing.offer(need, at=BEFORE)
    names = [member.name for member, _on, _off in offer.touched]
    assert len(names) == 2
    assert set(names) <= {"Chi", "Dũng", "Giang"}
    assert not offer.holes
    assert on_night(office) == {"Em"}, "nothing is written before it is applied"
    done = reinforcing.apply(need, offer.key, by=people.people["ha"], at=BEFORE)
    assert on_night(office) == {"Em", *names}
    assert {one.name: (len(one.added), len(one.removed)) for one in done.changes} == dict.fromkeys(names, (1, 0))
    row = Reinforcement.objects.get()
    assert (row.code, row.from_day, row.to_day, row.minimum, row.skills) == ("Đ", MONDAY, MONDAY, 3, {"analyst": 2})
    assert Shift.objects.filter(person_name="An").count() == 1


def test_what_was_shown_is_what_is_applied(office, people):
    need = Need(office.slot("Đ"), 1)
    with pytest.raises(WrongState, match="changed meanwhile"):
        reinforcing.apply(need, "+1:2026-04-27/1", by=people.people["ha"], at=BEFORE)
    assert not Reinforcement.objects.exists()
    assert on_night(office) == {"Em"}


def test_whom_nobody_can_be_found_for_is_a_hole_that_stays(office, people):
    need = Need(office.slot("Đ"), 4, "analyst")
    offer = reinforcing.offer(need, at=BEFORE)
    assert [(hole.missing, hole.skills) for hole in offer.holes] == [(0, (("analyst", 1),))]
    reinforcing.apply(need, offer.key, by=people.people["ha"], at=BEFORE)
    assert on_night(office) == {"Em", "Chi", "Dũng", "Giang"}
    holes = attendance.coverage([office.post], NIGHT, MORNING, now=BEFORE)[0].holes
    assert [(hole.from_utc, hole.missing_people) for hole in holes] == [(NIGHT, 1)]


def test_people_are_put_on_a_shift_that_runs_from_now_on(office, people):
    at = NIGHT + HOUR
    need = Need(office.slot("Đ"), 1, "analyst")
    offer = reinforcing.offer(need, at=at)
    reinforcing.apply(need, offer.key, by=people.people["ha"], at=at)
    fresh = Shift.objects.exclude(person_name="Em").get(from_utc=NIGHT)
    assert fresh.put_on_at == at


def test_past_midnight_the_night_that_began_the_day_before_keeps_the_higher_need_until_it_ends(office, people):
    presence.check_in(Shift.objects.get(person_name="Em").pk, "Em", at=NIGHT)
    late = NIGHT + 3 * HOUR
    need = Need(office.slot("Đ"), 4, "analyst")
    offer = reinforcing.offer(need, at=late)
    assert offer.keeps_need
    done = reinforcing.apply(need, offer.key, by=people.people["ha"], at=late)
    assert on_night(office) == {"Em", "Chi", "Dũng", "Giang"}
    row = Reinforcement.objects.get()
    assert (row.code, row.from_day, row.to_day, row.minimum) == ("Đ", MONDAY, MONDAY, 5)

    def holes(now) -> list[tuple]:
        found = attendance.coverage([office.post], NIGHT, MORNING + 8 * HOUR, now=now)[0].holes
        return [(hole.from_utc, hole.to_utc, hole.missing_people) for hole in found if hole.from_utc < MORNING]

    assert holes(late) == [(late, MORNING, 1)], "what had passed by then lacked nobody"
    assert [post.pk for post, _hole in standing.open_holes(late + HOUR)] == [office.post.pk], "it calls"
    back = late + 2 * HOUR
    flow.take_back(Roster.objects.get(version=done.version).pk, by=people.people["ha"], at=back)
    assert on_night(office) == {"Em"}
    assert [hole for hole in holes(back) if hole[1] > back] == []


def test_it_is_taken_back_with_its_need_and_whoever_was_told_is_told_anew(office, people):
    fields = members.MemberFields("Chi", person=people.people["minh"], skills=("analyst",))
    members.change_member(office.members["Chi"].pk, fields, [office.post], at=BEFORE)
    for name in ("Dũng", "Giang"):
        members.change_member(office.members[name].pk, members.MemberFields(name), [office.post], at=BEFORE)
    need = Need(office.slot("Đ"), 1, "analyst")
    before = set(Roster.objects.filter(state=RosterState.PUBLISHED))
    done = reinforcing.apply(need, reinforcing.offer(need, at=BEFORE).key, by=people.people["ha"], at=BEFORE)
    roster = Roster.objects.get(version=done.version)
    flow.take_back(roster.pk, by=people.people["ha"], at=BEFORE + HOUR)
    assert on_night(office) == {"Em"}
    assert not Reinforcement.objects.exists()
    assert set(Roster.objects.filter(state=RosterState.PUBLISHED)) == before
    roster.refresh_from_db()
    assert roster.state == RosterState.DISCARDED, "nobody worked on a draft of it"
    told = Message.objects.filter(to="minh@example.vn").order_by("pk")
    assert ["Rút lại" in one.subject for one in told] == [False, True]
    assert "không còn phải trực" in told.last().body
    assert Entry.objects.filter(act="roster.take_back").get().detail["people"] == 1


@pytest.mark.parametrize("more", [0, 21])
def test_a_number_beyond_reason_is_refused(office, more):
    with pytest.raises(InputError, match="1 to 20"):
        reinforcing.offer(Need(office.slot("Đ"), more), at=BEFORE)


def test_what_is_no_shift_or_over_is_refused(office):
    with pytest.raises(InputError, match="no shift of a roster"):
        reinforcing.offer(Need("tonight", 1), at=BEFORE)
    with pytest.raises(OutOfScope):
        reinforcing.offer(Need("999999:2026-04-27", 1), at=BEFORE)
    with pytest.raises(InputError, match="is over"):
        reinforcing.offer(Need(office.slot("Đ"), 1), at=MORNING)


def test_a_shift_of_a_table_is_reinforced_in_place(office, people):
    begin = "2026-04-27T01:00:00Z,2026-04-27T09:00:00Z"
    content = f"post,from_utc,to_utc,person,skill\nTrực cổng,{begin},Bình,\n".encode()
    rows, rejects = services.read_roster(content, "gate.csv")
    services.import_roster(office.organisation, rows, rejects, at=BEFORE)
    shift = Shift.objects.select_related("post").get(post__name="Trực cổng")
    members.let_stand([office.members["Giang"]], shift.post, at=BEFORE)
    need = Need(slot_of(shift), 1)
    offer = reinforcing.offer(need, at=BEFORE)
    assert not offer.keeps_need
    reinforcing.apply(need, offer.key, by=people.people["ha"], at=BEFORE)
    assert set(Shift.objects.filter(post=shift.post).values_list("person_name", flat=True)) == {"Bình", "Giang"}


def test_who_checked_in_is_not_taken_back(office, people):
    need = Need(office.slot("Đ"), 1, "analyst")
    at = NIGHT + HOUR
    done = reinforcing.apply(need, reinforcing.offer(need, at=at).key, by=people.people["ha"], at=at)
    fresh = Shift.objects.exclude(person_name="Em").get(from_utc=NIGHT)
    presence.check_in(fresh.pk, "Hà", at=at + HOUR)
    roster = Roster.objects.get(version=done.version)
    with pytest.raises(WrongState, match="has begun"):
        flow.take_back(roster.pk, by=people.people["ha"], at=at + HOUR)


def test_what_was_shown_is_applied_without_searching_again(office, people, monkeypatch):
    need = Need(office.slot("Đ"), 2)
    offer = reinforcing.offer(need, at=BEFORE)
    monkeypatch.setattr(reinforcing, "process", None)
    done = reinforcing.apply(need, offer.key, by=people.people["ha"], at=BEFORE)
    assert {change.name for change in done.changes} == {member.name for member, *_ in offer.touched}


def test_what_was_shown_for_another_need_or_another_state_is_not_applied(office, people):
    need, by = Need(office.slot("Đ"), 1), people.people["ha"]
    key = reinforcing.offer(need, at=BEFORE).key
    with pytest.raises(WrongState, match="changed meanwhile"):
        reinforcing.apply(Need(office.slot("Đ"), 2), key, by=by, at=BEFORE)
    away = members.Span(begin_of(MONDAY), begin_of(SUNDAY))
    members.ask_leave(office.members["Giang"].pk, away, "annual", granted_by="Minh", at=BEFORE)
    with pytest.raises(WrongState, match="changed meanwhile"):
        reinforcing.apply(need, key, by=by, at=BEFORE)


def test_who_is_on_leave_or_has_left_is_none_of_those_who_stand_there(office, people):
    """One more than stand there comes, whoever is planned there beside them."""
    publish(office, people, office.pair("Đ", "Giang"))
    away = members.Span(begin_of(MONDAY), begin_of(SUNDAY))
    members.ask_leave(office.members["Giang"].pk, away, "sick", granted_by="Minh", at=BEFORE)
    need = Need(office.slot("Đ"), 1)
    offer = reinforcing.offer(need, at=BEFORE)
    assert (offer.asked.minimum, offer.lacked, len(offer.touched)) == (2, 0, 1)
    presence.check_in(Shift.objects.get(person_name="Em").pk, "Em", at=NIGHT)
    presence.leave(Shift.objects.get(person_name="Em").pk, "Em", at=NIGHT + HOUR)
    offer = reinforcing.offer(need, at=NIGHT + 2 * HOUR)
    names = {member.name for member, _on, _off in offer.touched}
    assert (offer.asked.minimum, offer.lacked, len(names)) == (2, 1, 2)
    assert names.isdisjoint({"Em", "Giang"})
    reinforcing.apply(need, offer.key, by=people.people["ha"], at=NIGHT + 2 * HOUR)
    assert on_night(office) == {"Em", "Giang", *names}
