"""Holes in a roster, as a pure function of duties."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.rules import Duty, Hole, Need, holes, may_check_in, need_of, slots

START = datetime(2026, 4, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)
POST = Need(1, "Trưởng ca", minimum=1)


def duty(person: str, begin: int, end: int, skill: str = "", post: int = 1) -> Duty:
    return Duty(post, person, skill, START + begin * HOUR, START + end * HOUR)


def spans(found: list[Hole]) -> list[tuple[int, int, int, bool]]:
    return [
        (int((h.from_utc - START) / HOUR), int((h.to_utc - START) / HOUR), h.missing_people, h.lacks_lead)
        for h in found
    ]


def test_a_roster_without_a_break_has_no_hole():
    assert holes(POST, [duty("An", 0, 8), duty("Lan", 8, 24)], START, START + 24 * HOUR) == []


def test_a_missing_shift_is_one_hole_with_its_hours():
    assert spans(holes(POST, [duty("An", 0, 8), duty("Lan", 16, 24)], START, START + 24 * HOUR)) == [(8, 16, 1, False)]


def test_a_post_that_nobody_is_planned_for_is_one_hole_over_the_whole_span():
    assert spans(holes(POST, [], START, START + 24 * HOUR)) == [(0, 24, 1, False)]


def test_one_person_twice_does_not_count_as_two():
    need = Need(1, "Giám sát", minimum=2)
    assert spans(holes(need, [duty("An", 0, 8), duty("An", 0, 8)], START, START + 8 * HOUR)) == [(0, 8, 1, False)]


def test_a_shift_without_its_lead_is_a_hole_although_people_are_there():
    need = Need(1, "Giám sát", minimum=1, needs_lead=True)
    found = holes(need, [duty("An", 0, 8, "truc_ban"), duty("Lan", 8, 16, "truong_ca")], START, START + 16 * HOUR)
    assert spans(found) == [(0, 8, 0, True)]
    assert not found[0].is_empty_post


def test_another_posts_people_fill_nothing():
    assert spans(holes(POST, [duty("An", 0, 8, post=2)], START, START + 8 * HOUR)) == [(0, 8, 1, False)]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 23), st.integers(1, 12)), max_size=8),
    st.integers(1, 3),
)
def test_holes_agree_with_looking_at_every_hour(shifts, minimum):
    duties = [duty(person, begin, begin + hours) for person, begin, hours in shifts]
    found = holes(Need(1, "p", minimum), duties, START, START + 24 * HOUR)
    for hour in range(24):
        moment = START + hour * HOUR
        on = len({d.person for d in duties if d.covers(moment)})
        said = sum(h.missing_people for h in found if h.from_utc <= moment < h.to_utc)
        assert said == max(0, minimum - on)
    for before, after in pairwise(found):
        assert before.to_utc < after.from_utc or before.missing_people != after.missing_people


def test_an_imported_table_itself_shows_what_a_post_needs():
    pairs = [duty("An", 0, 8, "truong_ca"), duty("Lan", 0, 8), duty("Tín", 8, 16, "truong_ca"), duty("Hà", 8, 16)]
    assert need_of(pairs) == (2, True)
    assert need_of([duty("An", 0, 8)]) == (1, False)
    assert need_of([]) == (1, False)


def test_the_shifts_of_a_day_are_named_once():
    day = [duty("An", 0, 8), duty("Lan", 0, 8), duty("Tín", 8, 16)]
    assert [int((begin - START) / HOUR) for begin, _ in slots(day, START, START + 24 * HOUR)] == [0, 8]


def test_one_checks_in_from_an_hour_before_until_the_end():
    begin, end = START + 8 * HOUR, START + 16 * HOUR
    moments = {7 - 1: False, 7: True, 8: True, 15: True, 16: False}
    for hour, allowed in moments.items():
        assert may_check_in(begin, end, START + hour * HOUR) is allowed
