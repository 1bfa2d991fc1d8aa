"""The duty list: who stands where, leave that was granted, wishes, rules that an office tightens."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.duty.office import BEFORE, MONDAY
from vonggac.duty import limits
from vonggac.duty.escalation import preflight
from vonggac.duty.models import ContactMethod, Eligibility, Leave, LeaveState, Member, Shift, Wish
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.services import members, posts, publishing, rosters, settings
from vonggac.duty.services.rosters import Step
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
TODAY = day_of(BEFORE)
DAY = timedelta(days=1)


def span(first: date = MONDAY, days: int = 2) -> members.Span:
    return members.Span(begin_of(first), begin_of(first + timedelta(days=days)))


def test_a_member_has_one_name_in_the_office(office):
    with pytest.raises(InputError, match="tell two of one name apart"):
        members.add_member(office.organisation, members.MemberFields("  An "), [], at=BEFORE)


def test_several_are_entered_at_once_and_those_known_stay_who_they_are(office):
    other = posts.add_post(office.organisation, posts.PostFields.usual("Xử lý", "handling"), on=TODAY, at=BEFORE)
    names = [members.MemberFields("An"), members.MemberFields("Hương"), members.MemberFields("Kiên")]
    found = members.add_members(office.organisation, names, [other], at=BEFORE)
    assert found[0] == office.members["An"]
    assert set(found[0].posts.values_list("name", flat=True)) == {"Giám sát", "Xử lý"}
    assert Member.objects.count() == 8
    entry = Entry.objects.get(act="member.create_many")
    assert entry.detail["names"] == ["Hương", "Kiên"]


def test_colleagues_are_those_with_a_role_who_stand_on_no_list_yet(office, people):
    assert {one.name for one in members.colleagues(office.organisation)} == {"Hà", "Minh", "Quân"}
    ha = members.MemberFields("Hà", person=people.people["ha"])
    members.add_member(office.organisation, ha, [office.post], at=BEFORE)
    assert {one.name for one in members.colleagues(office.organisation)} == {"Minh", "Quân"}


def test_a_change_is_written_once_and_moves_them_between_posts(office):
    an = office.members["An"]
    fields = members.MemberFields("An", skills=("Trưởng ca", "mạng"), weekly_hours=40, ends_on=MONDAY + 90 * DAY)
    members.change_member(an.pk, fields, [], at=BEFORE)
    members.change_member(an.pk, fields, [], at=BEFORE)
    an.refresh_from_db()
    assert an.skills == ["lead", "network"]
    assert not Eligibility.objects.filter(member=an).exists()
    assert Entry.objects.filter(act="member.change").count() == 1


def test_an_account_that_is_tied_after_publishing_is_that_of_every_shift_to_come(office, people):
    ha, chi = people.people["ha"], office.members["Chi"]
    placed = frozenset(office.pair("S", "Chi", MONDAY + day * DAY) for day in range(3))
    draft = office.draft()
    rosters.change(draft.pk, Step(placed), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    ContactMethod.objects.create(person=ha, address=ha.email, tested_at=BEFORE, made_at=BEFORE)
    later = begin_of(MONDAY + DAY)
    assert [one.person for one in preflight.check(later, later + 3 * DAY) if one.fault == "unreachable"] == ["Chi"]
    fields = members.MemberFields("Chi", "0900000003", ha)
    members.change_member(chi.pk, fields, [office.post], at=later)
    assert list(chi.shifts.order_by("from_utc").values_list("person", "phone")) == [
        (None, ""), (ha.pk, "0900000003"), (ha.pk, "0900000003"),
    ]  # fmt: skip
    assert [one for one in preflight.check(later, later + 3 * DAY) if one.fault == "unreachable"] == []
    members.change_member(chi.pk, replace(fields, person=None), [office.post], at=later)
    assert not chi.shifts.filter(person__isnull=False).exists()


def test_one_account_is_one_members(office, people):
    fields = members.MemberFields("Hà", person=people.people["ha"])
    members.add_member(office.organisation, fields, [office.post], at=BEFORE)
    chi = replace(members.fields_of(office.members["Chi"]), person=people.people["ha"])
    refused = pytest.raises(InputError, match="that of “Hà”")
    with refused:
        members.change_member(office.members["Chi"].pk, chi, [office.post], at=BEFORE)
    with refused:
        members.add_members(office.organisation, [replace(chi, name="Mới")], [office.post], at=BEFORE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(name="Chi").update(person=people.people["ha"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"share_percent": 0}, "between 1 and 100"),
        ({"weekly_hours": 200}, "168 hours"),
        ({"starts_on": MONDAY, "ends_on": MONDAY}, "lies before"),
        ({"name": " "}, "has a name"),
    ],
)
def test_facts_that_cannot_be_are_refused(office, fields, reason):
    with pytest.raises(InputError, match=reason):
        members.add_member(office.organisation, members.MemberFields(**{"name": "Mới", **fields}), [], at=BEFORE)


def test_leave_counts_once_it_is_granted(office):
    leave = members.ask_leave(office.members["An"].pk, span(), "annual", at=BEFORE)
    assert leave.state == LeaveState.ASKED
    members.decide_leave(leave.pk, is_granted=True, by="Minh", at=BEFORE)
    members.decide_leave(leave.pk, is_granted=True, by="Minh", at=BEFORE)
    leave.refresh_from_db()
    assert (leave.state, leave.decided_by) == (LeaveState.GRANTED, "Minh")
    assert list(Entry.objects.filter(act__startswith="leave.").values_list("act", flat=True)) == [
        "leave.ask", "leave.grant",
    ]  # fmt: skip
    with pytest.raises(WrongState):
        members.decide_leave(leave.pk, is_granted=False, by="Minh", at=leave.to_utc)


@pytest.mark.parametrize("is_granted", [True, False])
def test_whoever_decides_second_turns_no_decision_round(office, is_granted):
    leave = members.ask_leave(office.members["An"].pk, span(), "annual", at=BEFORE)
    members.decide_leave(leave.pk, is_granted=is_granted, by="Minh", at=BEFORE)
    with pytest.raises(WrongState, match="decided about this leave already"):
        members.decide_leave(leave.pk, is_granted=not is_granted, by="Hà", at=BEFORE)
    leave.refresh_from_db()
    assert (leave.state == LeaveState.GRANTED, leave.decided_by) == (is_granted, "Minh")


def test_leave_that_has_begun_is_cut_off_and_not_forgotten(office):
    begun = members.ask_leave(office.members["An"].pk, span(), "sick", granted_by="Hà", at=BEFORE)
    ahead = members.ask_leave(office.members["An"].pk, span(MONDAY + 9 * DAY), "annual", at=BEFORE)
    members.withdraw_leave(begun.pk, at=begin_of(MONDAY, 600))
    members.withdraw_leave(ahead.pk, at=begin_of(MONDAY, 600))
    assert list(Leave.objects.values_list("to_utc", flat=True)) == [begin_of(MONDAY, 600)]


def test_a_span_that_ends_before_it_begins_or_lasts_for_years_is_refused(office):
    number = office.members["An"].pk
    with pytest.raises(InputError, match="before the begin"):
        members.ask_leave(number, members.Span(begin_of(MONDAY), begin_of(MONDAY)), "annual", at=BEFORE)
    with pytest.raises(InputError, match="at most 400 days"):
        members.make_wish(number, span(days=500), wants_duty=True, at=BEFORE)


def test_wishes_come_and_go(office, people):
    wish = members.make_wish(office.members["An"].pk, span(), wants_duty=False, weight=2, at=BEFORE)
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        members.withdraw_wish(wish.pk, at=BEFORE)
    members.withdraw_wish(wish.pk, at=BEFORE)
    assert not Wish.objects.exists()


def test_a_rule_can_be_tightened_and_never_loosened(office):
    path = office.organisation.path
    assert limits.in_force(path, BEFORE)["rest_hours"].value == 12
    assert "110" in limits.in_force(path, BEFORE)["rest_hours"].citation
    settings.tighten(office.organisation, "rest_hours", 16, at=BEFORE)
    settings.tighten(office.organisation, "weekly_hours", 40, at=BEFORE)
    found = limits.in_force(path, BEFORE)
    assert (found["rest_hours"].value, found["rest_hours"].tightened_by, found["weekly_hours"].value) == (16, path, 40)
    for name, value in (("rest_hours", 8), ("weekly_hours", 60), ("nights_in_row", 4)):
        with pytest.raises(InputError, match="only be tightened"):
            settings.tighten(office.organisation, name, value, at=BEFORE)


def test_the_value_of_the_regime_takes_an_offices_own_back(office):
    settings.tighten(office.organisation, "rest_hours", 16, at=BEFORE)
    settings.tighten(office.organisation, "rest_hours", 12, at=BEFORE)
    assert limits.in_force(office.organisation.path, BEFORE)["rest_hours"].tightened_by == ""


def test_what_the_office_above_tightens_binds_those_below_it(office, people):
    settings.tighten(office.organisation, "rest_hours", 16, at=BEFORE)
    unit = people.organisations["p-vinh-hai"]
    with scoped(people.scope("lan")):
        assert limits.in_force(unit.path, BEFORE)["rest_hours"].value == 16
        with pytest.raises(InputError, match="looser than 16"):
            settings.tighten(unit, "rest_hours", 14, at=BEFORE)
    with scoped(people.scope("vinh")):
        assert limits.in_force(people.organisations["dong-son"].path, BEFORE)["rest_hours"].value == 12


def test_a_change_keeps_what_was_and_what_is_and_of_a_phone_its_end_alone(office, people):
    an = office.members["An"]
    known = {"phone": "0900000003", "person": people.people["ha"]}
    fields = replace(members.fields_of(an), weekly_hours=40, ends_on=MONDAY, **known)
    members.change_member(an.pk, fields, [], at=BEFORE)
    detail, who = Entry.objects.get(act="member.change").detail, f"Hà ({people.people['ha'].pk})"
    assert detail["was"] == {"weekly_hours": None, "phone": "", "person": None, "ends_on": None, "posts": ["Giám sát"]}
    assert detail["now"] == {
        "weekly_hours": 40, "phone": "…003", "person": who, "ends_on": MONDAY.isoformat(), "posts": [],
    }  # fmt: skip


def test_known_members_who_may_stand_at_another_post_are_named_in_the_ledger_once(office):
    other = posts.add_post(office.organisation, posts.PostFields.usual("Xử lý", "handling"), on=TODAY, at=BEFORE)
    known = [members.fields_of(office.members["An"]), members.fields_of(office.members["Chi"])]
    for _ in range(2):
        members.add_members(office.organisation, known, [other], at=BEFORE)
    entry = Entry.objects.get(act="member.stand")
    assert (entry.subject_id, entry.detail) == (other.pk, {"post": "Xử lý", "names": ["An", "Chi"]})


def test_a_name_that_is_taken_on_one_of_their_shifts_is_refused(office):
    draft, placed = office.draft(), office.pair("S", "An")
    rosters.change(draft.pk, Step(frozenset({placed})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    shift = Shift.objects.get()
    Shift.objects.create(
        post=office.post, org_path=office.post.org_path, person_name="Vy", from_utc=shift.from_utc, to_utc=shift.to_utc
    )
    an = office.members["An"]
    with pytest.raises(InputError, match="stands on one of these shifts already"):
        members.change_member(an.pk, replace(members.fields_of(an), name="Vy"), [office.post], at=BEFORE)
