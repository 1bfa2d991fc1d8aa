"""What would fail at night, found by day: pure findings beside a minute-by-minute count, and a real roster."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from tests.duty.office import BEFORE, MONDAY, SUNDAY
from tests.duty.watch import HOURS
from vonggac.duty import limits, planning
from vonggac.duty.escalation import preflight
from vonggac.duty.escalation.preflight import Absence, Fault, Finding
from vonggac.duty.models import Channel, ContactMethod, Eligibility, Leave, Member, Shift, TighterRule
from vonggac.duty.patterns import begin_of
from vonggac.duty.presets import PATTERNS
from vonggac.duty.rules import Demand, Duty
from vonggac.duty.services import posts
from vonggac.kernel.roster.values import RuleName
from vonggac.tenancy.scope import scoped, system

START = datetime(2026, 4, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REST = timedelta(hours=12)


def duty(person: str, first: int, last: int, post: int = 1) -> Duty:
    return Duty(post, person, frozenset(), START + first * HOUR, START + last * HOUR)


def found(duties, *, asked=(), unreachable=(), absences=(), end: int = 72) -> list[Finding]:
    return preflight.findings(
        {1: asked, 2: ()},
        duties,
        unreachable=unreachable,
        absences=absences,
        least_rest={1: REST, 2: REST},
        start=START,
        ends={1: START + end * HOUR, 2: START + end * HOUR},
    )


def faults(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.fault.value, one.person) for one in findings]


def test_a_slot_that_nobody_stands_in_is_named_with_its_hours():
    need = Demand(START, START + 24 * HOUR)
    assert found([duty("An", 0, 8), duty("Bình", 10, 24)], asked=[need]) == [
        Finding(Fault.EMPTY, 1, START + 8 * HOUR, START + 10 * HOUR)
    ]


def test_past_the_end_of_a_roster_nothing_is_looked_at():
    assert found([duty("An", 0, 8)], asked=[Demand(START, START + 240 * HOUR)], end=8) == []


def test_somebody_who_cannot_be_reached_is_said_once():
    assert faults(found([duty("An", 0, 8), duty("An", 24, 32)], unreachable={"An"})) == [("unreachable", "An")]


def test_leave_that_touches_a_shift_is_named_with_the_hours_that_lack():
    absence = Absence("An", START + 6 * HOUR, START + 20 * HOUR)
    assert found([duty("An", 0, 8), duty("Bình", 6, 14)], absences=[absence]) == [
        Finding(Fault.ABSENT, 1, START + 6 * HOUR, START + 8 * HOUR, "An")
    ]


def test_two_posts_at_once_and_too_little_rest():
    both = [duty("An", 0, 8), duty("An", 6, 14, post=2)]
    assert faults(found(both)) == [("twice", "An")]
    assert faults(found([duty("An", 0, 8), duty("An", 19, 27)])) == [("tired", "An")]
    assert found([duty("An", 0, 8), duty("An", 20, 28)]) == []
    assert faults(found([duty("An", 0, 8), duty("An", 8, 16)])) == [("tired", "An")], "a rest of 0 hours"


def test_rest_is_counted_from_a_shift_before_the_span():
    assert faults(found([duty("An", -8, -2), duty("An", 3, 10)])) == [("tired", "An")]


shifts = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 60), st.integers(1, 12), st.sampled_from([1, 2])), max_size=8
)


@given(shifts)
def test_two_places_at_once_are_found_exactly_where_an_hour_by_hour_count_finds_them(rows):
    duties = [duty(person, first, first + length, post) for person, first, length, post in rows]
    doubled = {
        (person, hour)
        for person in "AB"
        for hour in range(80)
        if sum(one.person == person and one.covers(START + hour * HOUR) for one in duties) > 1
    }
    named = {
        (one.person, hour)
        for one in found(duties, end=200)
        if one.fault == Fault.TWICE
        for hour in range(80)
        if one.from_utc <= START + hour * HOUR < one.to_utc
    }
    assert named == doubled


def test_a_roster_that_ends_is_said_once_with_the_first_shift_that_lacks_one():
    asked = [Demand(START + begin * HOUR, START + (begin + 8) * HOUR) for begin in (0, 8, 16)]
    assert found([duty("An", 0, 8)], asked=asked, end=8) == [
        Finding(Fault.UNPLANNED, 1, START + 8 * HOUR, START + 16 * HOUR)
    ]


def test_being_on_call_is_no_work_that_one_rests_from():
    at_home = [replace(duty("An", 24 * day, 24 * day + 24), is_on_call=True) for day in range(3)]
    assert found(at_home) == []
    assert faults(found([*at_home, duty("An", 30, 38, post=2)])) == [("twice", "An")]


def check(cast_, name: str = "ha", days: int = 7) -> list[tuple[str, str]]:
    with scoped(cast_.scope(name)):
        return faults(preflight.check(NOON, NOON + days * DAY))


@pytest.mark.django_db
def test_a_real_roster_is_looked_at_with_addresses_leave_and_rest(duty):
    with scoped(system("tests")):
        an, member = duty.people["An"], Member.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="An", person=duty.people["An"]
        )  # fmt: skip
        ContactMethod.objects.create(person=an, address="an@example.vn", made_at=NOON, tested_at=NOON)
        ContactMethod.objects.create(person=duty.people["Chi"], address="chi@example.vn", made_at=NOON)
        Leave.objects.create(
            member=member, org_path=member.org_path, state="granted", asked_at=NOON,
            from_utc=NOON + HOUR, to_utc=NOON + 2 * HOUR,
        )  # fmt: skip
        Leave.objects.create(
            member=member, org_path=member.org_path, state="asked", asked_at=NOON,
            from_utc=NOON + 3 * HOUR, to_utc=NOON + 4 * HOUR,
        )  # fmt: skip
        Shift.objects.create(
            post=duty.command, org_path=duty.office.path, person=an, person_name="An",
            from_utc=NOON + HOURS + 8 * HOUR, to_utc=NOON + HOURS + 16 * HOUR,
        )  # fmt: skip
    assert sorted(check(duty.cast)) == [
        ("absent", "An"), ("empty", ""), ("tired", "An"), ("unreachable", "Bình"), ("unreachable", "Chi"),
        ("unreachable", "Dũng"),
    ]  # fmt: skip
    assert check(duty.cast, "vinh") == [], "another province sees nothing of it"


@pytest.mark.django_db
@pytest.mark.parametrize(("trouble", "fault"), [("", Fault.UNTESTED), ("403", Fault.UNREACHABLE)])
def test_a_number_that_a_tested_gateway_takes_is_a_warning(duty, trouble, fault):
    with scoped(system("tests")):
        Channel.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="SMS", kind="gateway", takes_phones=True,
            changed_at=NOON, tried_at=NOON, trouble=trouble,
        )  # fmt: skip
    told = dict(reversed(one) for one in check(duty.cast))
    assert (told["Bình"], told["An"]) == (fault, Fault.UNREACHABLE), "An has no number at all"


@pytest.mark.django_db
def test_an_office_that_asks_for_more_rest_is_told_by_its_own_measure(duty):
    with scoped(system("tests")):
        Shift.objects.create(
            post=duty.desk, org_path=duty.office.path, person=duty.people["An"], person_name="An",
            from_utc=NOON + HOURS + 13 * HOUR, to_utc=NOON + HOURS + 20 * HOUR,
        )  # fmt: skip
    assert ("tired", "An") not in check(duty.cast)
    with scoped(system("tests")):
        TighterRule.objects.create(org_path=duty.office.path, organisation=duty.office, name="rest_hours", value=14)
        ours, theirs = (duty.cast.organisations[code].path for code in ("hai-van", "dong-son"))
        both = limits.in_force_at([ours, theirs], NOON)
        assert [both[path]["rest_hours"].value for path in (ours, theirs)] == [14, 12]
    assert ("tired", "An") in check(duty.cast)


@pytest.mark.django_db
def test_rest_and_overlap_are_what_the_checker_says_of_the_same_shifts(office):
    path = office.organisation.path
    home = posts.add_post(
        office.organisation, posts.PostFields.usual("Trực lãnh đạo", "leadership"), PATTERNS["home"], on=MONDAY,
        at=BEFORE,
    )  # fmt: skip
    chance = Random(1)  # noqa: S311  no secret
    for member in office.members.values():
        Eligibility.objects.create(member=member, post=home, org_path=path)
        for day in chance.sample(range(7), 4):
            post, begin, hours = chance.choice(
                [(home, 7, 24), (office.post, 6, 8), (office.post, 14, 8), (office.post, 22, 8)]
            )
            from_utc = begin_of(MONDAY + day * DAY, begin * 60)
            Shift.objects.create(
                post=post, org_path=path, member=member, person_name=member.name, from_utc=from_utc,
                to_utc=from_utc + hours * HOUR, is_on_call=post == home,
            )  # fmt: skip
    plan, broken = planning.broken_in_force([office.post, home], MONDAY, SUNDAY, at=BEFORE)
    wanted = {
        (one.rule.value, plan.members[one.worker].name, plan.slots[one.slots[-1]].from_utc)
        for one in broken if one.rule in {RuleName.REST, RuleName.OVERLAP}
    }  # fmt: skip
    said = {Fault.TIRED: "rest", Fault.TWICE: "overlap"}
    named = {
        (said[one.fault], one.person, one.to_utc if one.fault == Fault.TIRED else one.from_utc)
        for one in preflight.check(BEFORE, BEFORE + 21 * DAY) if one.fault in said
    }  # fmt: skip
    assert {rule for rule, _name, _at in wanted} == {"rest", "overlap"}
    assert named == wanted


def test_too_little_rest_names_both_shifts_and_not_the_time_between():
    (one,) = (one for one in found([duty("An", 8, 15), duty("An", 16, 22)]) if one.fault == Fault.TIRED)
    assert one.shifts == tuple((START + first * HOUR, START + last * HOUR) for first, last in ((8, 15), (16, 22)))
    assert (one.from_utc, one.to_utc) == (START + 15 * HOUR, START + 16 * HOUR)


@pytest.mark.django_db
def test_a_post_whose_roster_ends_and_one_that_never_had_any_are_told_before_the_night(office):
    Shift.objects.create(
        post=office.post, org_path=office.post.org_path, person_name="An", from_utc=begin_of(MONDAY, 360),
        to_utc=begin_of(MONDAY, 840),
    )  # fmt: skip
    new = posts.add_post(
        office.organisation, posts.PostFields.usual("Mới", "infrastructure"), on=MONDAY, at=begin_of(MONDAY)
    )
    at = begin_of(MONDAY, 10 * 60)
    unplanned = [
        (one.post_id, one.from_utc)
        for one in preflight.check(at, at + 7 * DAY) if one.fault == Fault.UNPLANNED
    ]  # fmt: skip
    assert unplanned == [(new.pk, at), (office.post.pk, begin_of(MONDAY, 14 * 60))]


@pytest.mark.django_db
def test_looking_costs_the_same_number_of_queries_however_many_posts(duty, django_assert_max_num_queries):
    with scoped(duty.cast.scope("ha")), django_assert_max_num_queries(12):
        preflight.check(NOON, NOON + 7 * DAY)
