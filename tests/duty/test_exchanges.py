"""Passing a shift on: covered by a colleague or swapped with one, where no rule stands against it, as a new version."""

from datetime import UTC, timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, NAMES, Office, open_office
from vonggac.duty import planning
from vonggac.duty.exchanging import Change
from vonggac.duty.models import Exchange, Member, Message, Post, Roster, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.planning import slot_of
from vonggac.duty.queries import exchanges
from vonggac.duty.services import exchanges as services
from vonggac.duty.services import members, rosters, tables
from vonggac.duty.services.rosters import Step
from vonggac.duty.services.tables import RosterRow
from vonggac.errors import InputError, NotPermitted, OutOfScope, WrongState
from vonggac.flows import roster as publication
from vonggac.flows import shift_exchange as flow
from vonggac.flows.roster import Naming
from vonggac.kernel.roster.values import Assignment
from vonggac.ledger.models import Entry
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Who stands the mornings and the afternoons of the week's first days; An and Bình lead.
STANDS = (("S", "An", 0), ("C", "Chi", 0), ("S", "Bình", 1), ("Đ", "Dũng", 2))


@pytest.fixture
def office(people) -> Office:
    """The week in force; An is Hà's name on the list, Chi is Minh's, Bình is Quân's."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        for name, account in (("An", "ha"), ("Chi", "minh"), ("Bình", "quan")):
            member = office.members[name]
            fields = members.MemberFields(name, person=people.people[account], skills=tuple(member.skills))
            office.members[name] = members.change_member(member.pk, fields, [office.post], at=BEFORE)
        draft = office.draft()
        placed = frozenset(office.pair(code, name, MONDAY + day * DAY) for code, name, day in STANDS)
        rosters.change(draft.pk, Step(placed), by="Hà", at=BEFORE)
        publication.publish(draft.pk, by=people.people["ha"], at=BEFORE)
        return office


@pytest.fixture
def acting(people, office):
    """The tests act within the office's scope."""
    with scoped(people.scope("ha")):
        yield people


def shift_of(name: str) -> Shift:
    return Shift.objects.filter(person_name=name).earliest("from_utc")


def standing() -> set[tuple[str, str]]:
    return {(shift.person_name, f"{shift.from_utc:%d %H}") for shift in Shift.objects.all()}


def letters(address: str) -> list[str]:
    return list(Message.objects.filter(to=address).order_by("pk").values_list("subject", flat=True))


def test_whoever_may_take_a_shift_is_asked_once_and_whoever_may_not_is_left_alone(acting, office):
    flow.ask(shift_of("An").pk, acting.people["ha"], "con ốm", at=BEFORE)
    flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE + DAY)
    # Bình may; Chi follows in the afternoon without a rest.
    assert sum("An nhờ trực thay" in subject for subject in letters("quan@example.vn")) == 1
    assert not any("nhờ trực thay" in subject for subject in letters("minh@example.vn"))
    assert "con ốm" in Message.objects.get(subject__contains="nhờ trực thay").body
    assert Exchange.objects.count() == 1


def test_a_shift_that_is_taken_is_the_takers_in_a_new_version_and_the_asker_hears_of_it(acting, office):
    office.post.lead = acting.people["nam"]
    office.post.save()
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    assert exchanges.offered_to(office.members["Bình"], BEFORE) == [asked]
    flow.take(asked.pk, acting.people["quan"], at=BEFORE)
    assert ("Bình", "26 23") in standing()
    assert ("An", "26 23") not in standing()
    newest = Roster.objects.latest("version")
    assert newest.name == "Bình nhận trực thay An"
    assert any("ca trực của anh/chị thay đổi" in subject for subject in letters("ha@example.vn")[1:])
    assert any("Bình nhận trực thay An" in subject for subject in letters("nam@example.vn"))
    assert exchanges.offered_to(office.members["Bình"], BEFORE) == []


def test_two_swap_and_each_stands_the_others_shift(acting, office):
    asked = flow.ask(
        shift_of("An").pk, acting.people["ha"], wanted_id=shift_of("Bình").pk, at=BEFORE
    )  # fmt: skip
    assert any("muốn đổi ca với anh/chị" in subject for subject in letters("quan@example.vn"))
    assert exchanges.offered_to(office.members["Chi"], BEFORE) == []
    flow.take(asked.pk, acting.people["quan"], at=BEFORE)
    assert {("Bình", "26 23"), ("An", "27 23")} <= standing()
    assert not {("An", "26 23"), ("Bình", "27 23")} & standing()


def test_a_rule_that_stands_against_it_refuses_and_changes_nothing(acting, office):
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    before = standing()
    with pytest.raises(WrongState, match="rule stands against it"):
        flow.take(asked.pk, acting.people["minh"], at=BEFORE)
    assert standing() == before
    assert exchanges.offered_to(office.members["Chi"], BEFORE) == []


def test_a_swap_is_nobodys_but_the_colleagues_who_was_asked(acting, office):
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], wanted_id=shift_of("Bình").pk, at=BEFORE)
    with pytest.raises(NotPermitted):
        flow.take(asked.pk, acting.people["minh"], at=BEFORE)
    flow.withdraw(asked.pk, acting.people["quan"], may_plan=False, at=BEFORE)
    with pytest.raises(WrongState):
        flow.take(asked.pk, acting.people["quan"], at=BEFORE)


def test_nobody_passes_on_a_shift_of_somebody_else_or_one_that_has_begun(acting, office):
    with pytest.raises(NotPermitted):
        flow.ask(shift_of("Bình").pk, acting.people["ha"], at=BEFORE)
    with pytest.raises(WrongState):
        flow.ask(shift_of("An").pk, acting.people["ha"], at=begin_of(MONDAY, 6 * 60))
    with pytest.raises(InputError):
        flow.ask(shift_of("An").pk, acting.people["ha"], wanted_id=shift_of("An").pk, at=BEFORE)


def test_a_request_whose_shift_went_to_somebody_else_meanwhile_is_refused(acting, office):
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    draft = office.draft()
    step = Step(frozenset({office.pair("S", "Em")}), frozenset({office.pair("S", "An")}))
    rosters.change(draft.pk, step, by="Hà", at=BEFORE)
    publication.publish(draft.pk, by=acting.people["ha"], at=BEFORE)
    with pytest.raises(WrongState, match="somebody else's now"):
        flow.take(asked.pk, acting.people["quan"], at=BEFORE)


def test_a_request_whose_shift_went_to_somebody_else_is_open_no_more_and_nobody_is_told_of_it(acting, office):
    asked = flow.ask(shift_of("Bình").pk, acting.people["quan"], wanted_id=shift_of("An").pk, at=BEFORE)
    assert exchanges.offered_to(office.members["An"], BEFORE) == [asked]

    def move(off: str, on: str) -> None:
        draft = office.draft()
        step = Step(frozenset({office.pair("S", on)}), frozenset({office.pair("S", off)}))
        rosters.change(draft.pk, step, by="Hà", at=BEFORE)
        publication.publish(draft.pk, by=acting.people["ha"], at=BEFORE)

    own = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    move("An", "Em")
    assert exchanges.asked_by(office.members["An"], BEFORE) == []
    assert exchanges.asked_by(office.members["Bình"], BEFORE) == [], "what they asked for is not An's to give"
    assert services.note_untaken(at=begin_of(MONDAY, 3 * 60)) == []
    move("Em", "An")
    assert exchanges.asked_by(office.members["An"], BEFORE) == [own]
    assert exchanges.asked_by(office.members["Bình"], BEFORE) == [asked]


def test_a_swap_is_not_taken_on_once_either_of_its_shifts_has_begun(acting, office):
    wanted = shift_of("An")
    asked = flow.ask(shift_of("Bình").pk, acting.people["quan"], wanted_id=wanted.pk, at=BEFORE)
    before = standing()
    for at in (wanted.from_utc, wanted.to_utc):
        with pytest.raises(WrongState, match="has begun"):
            flow.take(asked.pk, acting.people["ha"], at=at)
    assert standing() == before


def test_of_a_shift_that_was_passed_on_no_closed_account_hears(acting, office):
    office.post.lead = acting.people["nam"]
    office.post.save()
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    Person.objects.filter(pk=acting.people["nam"].pk).update(is_active=False)
    flow.take(asked.pk, acting.people["quan"], at=BEFORE)
    assert letters("nam@example.vn") == []


def test_a_lead_is_not_covered_by_somebody_without_the_skill_that_the_shift_asks_for(acting, office):
    office.types["S"].skills = {"lead": 1}
    office.types["S"].save()
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    setting = exchanges.around(asked, BEFORE)
    assert [offer.member.name for offer in exchanges.covers(setting, asked.slot, asked.asker)] == ["Bình"]


def test_the_swaps_offered_are_those_that_break_no_rule(acting, office):
    setting = exchanges.setting_of([office.post], MONDAY, MONDAY + 6 * DAY, BEFORE)
    offered = exchanges.swaps(setting, office.slot("S"), office.members["An"], BEFORE)
    # Chi's own afternoon follows the morning, which An would give her: an exchange of both is legal.
    assert [(offer.member.name, offer.slot.code) for offer in offered] == [("Chi", "C"), ("Bình", "S"), ("Dũng", "Đ")]
    assert {offer.member.name for offer in exchanges.covers(setting, office.slot("S"), office.members["An"])} == (
        set(NAMES) - {"An", "Chi"}
    )


def test_a_request_that_nobody_takes_goes_to_the_lead_once_when_the_shift_is_near(acting, office):
    flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    begins = begin_of(MONDAY, 6 * 60)
    assert services.note_untaken(at=begins - timedelta(hours=5)) == []
    assert [one.asker.name for one in services.note_untaken(at=begins - timedelta(hours=4))] == ["An"]
    assert services.note_untaken(at=begins - timedelta(hours=3)) == []


def test_somebody_of_another_office_sees_no_request(acting, office):
    flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    with scoped(acting.scope("vinh")):
        assert not Exchange.objects.exists()
        assert not Member.objects.exists()


WEDNESDAY = MONDAY + 2 * DAY


@pytest.fixture
def gate(acting, office) -> Post:
    """A post that a table alone knows: An on Wednesday at three, a stranger beside An, then Chi; Bình on Friday."""
    rows = [
        RosterRow("Cổng", begin_of(day, hour * 60), begin_of(day, hour * 60 + 180), name, "")
        for name, day, hour in (
            ("An", WEDNESDAY, 15), ("Khách", WEDNESDAY, 15), ("Chi", WEDNESDAY, 19), ("Bình", MONDAY + 4 * DAY, 15),
        )
    ]  # fmt: skip
    tables.import_roster(office.organisation, rows, [], at=BEFORE)
    return Post.objects.get(name="Cổng")


def at_gate() -> set[tuple[str, int]]:
    gate = Shift.objects.filter(post__name="Cổng")
    return {(shift.person_name, (day_of(shift.from_utc) - MONDAY).days) for shift in gate}


def test_a_shift_that_fits_no_pattern_is_passed_on_in_place_to_somebody_of_its_post(acting, office, gate):
    afternoon = gate.shifts.get(person_name="An")
    asked = flow.ask(afternoon.pk, acting.people["ha"], at=BEFORE)
    assert sum("An nhờ trực thay" in subject for subject in letters("quan@example.vn")) == 1
    # Chi stands there an hour later; Dũng and Em never did.
    offered = exchanges.covers(exchanges.around(asked, BEFORE), asked.slot, asked.asker)
    assert [offer.member.name for offer in offered] == ["Bình"]
    assert exchanges.offered_to(office.members["Bình"], BEFORE) == [asked]
    assert (
        exchanges.offered_to(office.members["Chi"], BEFORE) == exchanges.offered_to(office.members["Em"], BEFORE) == []
    )
    before = standing()
    flow.take(asked.pk, acting.people["quan"], at=BEFORE)
    assert at_gate() == {("Bình", 2), ("Khách", 2), ("Chi", 2), ("Bình", 4)}
    assert standing() - before == {("Bình", "29 08")}
    said = Entry.objects.get(act="roster.by_hand").detail
    begin, end = (begin_of(WEDNESDAY, minute).astimezone(UTC).isoformat() for minute in (15 * 60, 18 * 60))
    line = {"post": "Cổng", "from": begin, "to": end, "skill": ""}
    assert (said["name"], said["what"], said["by"]) == ("Bình nhận trực thay An", "exchange", "Quân")
    assert (said["added"], said["removed"]) == ([line | {"person": "Bình"}], [line | {"person": "An"}])


def test_what_is_changed_in_place_twice_from_one_look_or_once_it_is_over_is_refused(acting, office, gate):
    """Two people look at the same shift and put the same person there: the second is told, and the first stands."""
    shift = gate.shifts.get(person_name="An")
    plan, _placed = planning.around([gate], WEDNESDAY, WEDNESDAY + 2 * DAY, at=BEFORE)
    change = Change(frozenset({Assignment(slot_of(shift), str(office.members["Bình"].pk))}), frozenset())
    with pytest.raises(InputError, match="over"):
        publication.change_in_force(plan, change, Naming("Bình"), by=acting.people["ha"], at=shift.to_utc)
    publication.change_in_force(plan, change, Naming("Bình"), by=acting.people["ha"], at=BEFORE)
    with pytest.raises(WrongState):
        publication.change_in_force(plan, change, Naming("Bình"), by=acting.people["quan"], at=BEFORE)
    assert Entry.objects.filter(act="roster.by_hand").count() == 1
    assert at_gate() == {("An", 2), ("Bình", 2), ("Khách", 2), ("Chi", 2), ("Bình", 4)}


def test_a_shift_that_fits_no_pattern_is_swapped_for_one_that_does(acting, office, gate):
    asked = flow.ask(
        shift_of("Bình").pk, acting.people["quan"], wanted_id=gate.shifts.get(person_name="An").pk, at=BEFORE
    )
    flow.take(asked.pk, acting.people["ha"], at=BEFORE)
    assert at_gate() == {("Bình", 2), ("Khách", 2), ("Chi", 2), ("Bình", 4)}
    assert ("An", "27 23") in standing()


def test_whoever_does_not_stand_at_a_post_takes_nothing_there(acting, office, gate):
    members.add_member(office.organisation, members.MemberFields("Nam", person=acting.people["nam"]), [], at=BEFORE)
    asked = flow.ask(gate.shifts.get(person_name="An").pk, acting.people["ha"], at=BEFORE)
    with pytest.raises(OutOfScope):
        flow.take(asked.pk, acting.people["nam"], at=BEFORE)


@pytest.mark.parametrize(("ends", "may"), [(18 * 60, True), (18 * 60 + 1, False)])
def test_rest_is_counted_from_the_very_minute_at_which_an_odd_shift_of_the_same_post_ends(acting, office, ends, may):
    """Twelve hours before the morning at six on Tuesday; the odd shift fits no pattern."""
    Shift.objects.create(
        post=office.post, org_path=office.post.org_path, person_name="Em", member=office.members["Em"],
        from_utc=begin_of(MONDAY, 16 * 60 + 30), to_utc=begin_of(MONDAY, ends),
    )  # fmt: skip
    asked = flow.ask(shift_of("Bình").pk, acting.people["quan"], at=BEFORE)
    offered = exchanges.covers(exchanges.around(asked, BEFORE), asked.slot, asked.asker)
    assert ("Em" in {offer.member.name for offer in offered}) is may


def test_a_shift_taken_over_leaves_an_odd_one_of_the_same_day_and_post_where_it_is(acting, office):
    odd = Shift.objects.create(
        post=office.post, org_path=office.post.org_path, person_name="Em", member=office.members["Em"],
        from_utc=begin_of(MONDAY, 9 * 60), to_utc=begin_of(MONDAY, 10 * 60),
    )  # fmt: skip
    asked = flow.ask(shift_of("An").pk, acting.people["ha"], at=BEFORE)
    flow.take(asked.pk, acting.people["quan"], at=BEFORE)
    assert Shift.objects.filter(pk=odd.pk).exists()
    morning = Shift.objects.get(person_name="Bình", from_utc=begin_of(MONDAY, 6 * 60))
    assert morning.shift_type == office.types["S"]
