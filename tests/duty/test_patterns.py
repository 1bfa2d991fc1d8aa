"""Shift types as slots of single days: validity, weekdays, reinforcements, holidays."""

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.patterns import Pattern, Raise, days_between, parse_slot_id, slot_id, slots, uncovered

MONDAY = date(2026, 4, 27)
MORNING = Pattern(1, 7, "S", 6 * 60, 480, date(2026, 1, 1))
NIGHT = Pattern(2, 7, "Đ", 22 * 60, 480, date(2026, 1, 1), skills={"lead": 1})


def of_day(patterns, raises=(), holidays=(), day=MONDAY):
    return slots(patterns, raises, holidays, day, day)


def test_a_night_belongs_to_the_day_on_which_it_begins_in_ha_noi():
    night = of_day([NIGHT])[0]
    assert (night.id, night.from_utc) == ("2:2026-04-27", datetime(2026, 4, 27, 15, tzinfo=UTC))
    assert night.to_utc - night.from_utc == timedelta(hours=8)
    assert parse_slot_id(night.id) == (2, MONDAY)
    assert slot_id(2, MONDAY) == night.id


def test_a_shift_type_has_slots_only_while_it_holds():
    brief = Pattern(3, 7, "C", 0, 480, date(2026, 4, 28), date(2026, 4, 30))
    assert [slot.day.day for slot in slots([brief], (), (), MONDAY, date(2026, 5, 3))] == [28, 29]


def test_working_hours_leave_the_weekend_alone():
    office = Pattern(4, 7, "HC", 8 * 60, 540, date(2026, 1, 1), weekdays=(0, 1, 2, 3, 4))
    assert len(slots([office], (), (), MONDAY, MONDAY + timedelta(days=6))) == 5


def test_a_retired_post_needs_nobody_from_that_day_on():
    found = slots([MORNING], (), (), MONDAY, MONDAY + timedelta(days=6), {7: MONDAY + timedelta(days=2)})
    assert len(found) == 2


def test_the_larger_number_counts_and_never_the_sum():
    more = Raise(7, MONDAY, MONDAY, minimum=3, skills={"network": 1})
    less = Raise(7, MONDAY, MONDAY, minimum=2, skills={"lead": 2})
    night = of_day([NIGHT], [more, less])[0]
    assert (night.minimum, night.skills) == (3, (("lead", 2), ("network", 1)))


def test_a_reinforcement_can_be_for_one_shift_for_one_post_and_for_holidays_alone():
    night_only = Raise(7, MONDAY, code="Đ", minimum=4)
    assert [slot.minimum for slot in of_day([MORNING, NIGHT], [night_only])] == [1, 4]
    assert of_day([NIGHT], [Raise(8, MONDAY, minimum=4)])[0].minimum == 1
    on_holidays = Raise(7, MONDAY, minimum=2, on_holidays=True)
    assert of_day([NIGHT], [on_holidays])[0].minimum == 1
    assert of_day([NIGHT], [on_holidays], {MONDAY})[0].minimum == 2


@given(st.integers(-3, 3), st.integers(0, 6), st.integers(-3, 3), st.integers(0, 6))
def test_a_reinforcement_holds_on_exactly_its_days(begin, length, first, span):
    raised = Raise(7, MONDAY + timedelta(days=begin), MONDAY + timedelta(days=begin + length), minimum=5)
    start = MONDAY + timedelta(days=first)
    found = slots([MORNING], [raised], (), start, start + timedelta(days=span))
    assert [slot.minimum for slot in found] == [
        5 if raised.from_day <= day <= raised.to_day else 1 for day in days_between(start, start + timedelta(days=span))
    ]


HOURS = st.integers(-30, 60).map(lambda hours: datetime(2026, 4, 26, 17, tzinfo=UTC) + timedelta(hours=hours))
RAISES = st.builds(
    lambda since, until, minimum, lead: Raise(
        7, MONDAY, MONDAY, minimum=minimum, skills={"lead": lead}, since=since, until=until
    ),
    st.none() | HOURS, st.none() | HOURS, st.integers(0, 4), st.integers(0, 2),
)  # fmt: skip


@given(st.lists(RAISES, max_size=4))
def test_at_every_minute_a_shift_needs_the_largest_number_that_was_asked_for_by_then(raises):
    """Against each half hour looked at by itself."""
    (night,) = of_day([NIGHT], raises)
    demands = night.demands
    assert [demands[0].from_utc, *(one.to_utc for one in demands)] == [
        night.from_utc, *(one.from_utc for one in demands[1:]), night.to_utc,
    ]  # fmt: skip
    for half_hours in range(1, 16, 2):
        moment = night.from_utc + timedelta(minutes=30 * half_hours)
        held = [one for one in raises if (one.since or moment) <= moment <= (one.until or moment)]
        (asked,) = [one for one in demands if one.from_utc <= moment < one.to_utc]
        lead = max([1, *(one.skills["lead"] for one in held)])
        assert (asked.minimum, asked.skills) == (max([1, *(one.minimum for one in held)]), (("lead", lead),))
    assert (night.minimum, night.skills) == (demands[-1].minimum, demands[-1].skills)
    assert all(one[:2] != other[:2] for one, other in itertools.pairwise([(d.minimum, d.skills) for d in demands]))


def test_a_pattern_around_the_clock_leaves_nothing_uncovered():
    afternoon = Pattern(3, 7, "C", 14 * 60, 480, date(2026, 1, 1))
    assert list(uncovered([MORNING, afternoon, NIGHT], MONDAY, MONDAY + timedelta(days=6))) == []
    gaps = list(uncovered([MORNING, NIGHT], MONDAY, MONDAY))
    assert [(begin.hour, end.hour) for begin, end in gaps] == [(14, 22)]
