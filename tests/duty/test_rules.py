"""Holes in a roster, as a pure function of duties."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.rules import Demand, Duty, Hole, Skills, holes, may_check_in, need_of
from vonggac.duty.skills import SKILL_LABELS, SKILL_NAMES, skill_code
from vonggac.kernel.text import fold

START = datetime(2026, 4, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def duty(person: str, begin: int, end: int, skill: str = "", post: int = 1) -> Duty:
    skills = frozenset({skill_code(skill)} if skill else ())
    return Duty(post, person, skills, START + begin * HOUR, START + end * HOUR)


def lacking(duties: list[Duty], until: int = 24, minimum: int = 1, **skills: int) -> list[Hole]:
    """The holes of post 1 from the start until an hour, needing this many people and skills at every moment."""
    asked = [Demand(START, START + until * HOUR, minimum, tuple(skills.items()))]
    return holes(1, asked, duties, START, START + until * HOUR)


def spans(found: list[Hole]) -> list[tuple[int, int, int, Skills]]:
    return [
        (int((h.from_utc - START) / HOUR), int((h.to_utc - START) / HOUR), h.missing_people, h.skills) for h in found
    ]


def test_a_roster_without_a_break_has_no_hole():
    assert lacking([duty("An", 0, 8), duty("Lan", 8, 24)]) == []


def test_a_missing_shift_is_one_hole_with_its_hours():
    assert spans(lacking([duty("An", 0, 8), duty("Lan", 16, 24)])) == [(8, 16, 1, ())]


def test_a_post_that_nobody_is_planned_for_is_one_hole_over_the_whole_span():
    assert spans(lacking([])) == [(0, 24, 1, ())]


def test_one_person_twice_does_not_count_as_two():
    assert spans(lacking([duty("An", 0, 8), duty("An", 0, 8)], until=8, minimum=2)) == [(0, 8, 1, ())]


def test_a_shift_without_its_lead_is_a_hole_although_people_are_there():
    found = lacking([duty("An", 0, 8, "truc_ban"), duty("Lan", 8, 16, "truong_ca")], until=16, lead=1)
    assert spans(found) == [(0, 8, 0, (("lead", 1),))]


def test_one_person_with_two_skills_counts_for_both():
    both = Duty(1, "An", frozenset({"lead", "network"}), START, START + 8 * HOUR)
    assert lacking([both], until=8, lead=1, network=1) == []
    assert [hole.skills for hole in lacking([both], until=8, lead=1, network=2)] == [(("network", 1),)]


def test_another_posts_people_fill_nothing():
    assert spans(lacking([duty("An", 0, 8, post=2)], until=8)) == [(0, 8, 1, ())]


def test_demands_that_overlap_add_up():
    asked = [Demand(START, START + 8 * HOUR), Demand(START + 6 * HOUR, START + 14 * HOUR)]
    found = holes(1, asked, [duty("An", 0, 14)], START, START + DAY)
    assert spans(found) == [(6, 8, 1, ())]


def test_where_nobody_is_asked_for_there_is_no_hole():
    assert holes(1, [], [], START, START + DAY) == []


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 23), st.integers(1, 12)), max_size=8),
    st.integers(1, 3),
)
def test_holes_agree_with_looking_at_every_hour(shifts, minimum):
    duties = [duty(person, begin, begin + hours) for person, begin, hours in shifts]
    found = lacking(duties, minimum=minimum)
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


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Trưởng ca", "lead"),
        ("TRUONG_CA", "lead"),
        (" phân  tích ", "analyst"),
        ("Mạng", "network"),
        ("Lái xe", "lái xe"),
    ],
)
def test_a_skill_has_one_code_however_it_is_written(written, code):
    assert skill_code(written) == code


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("spelt", [str, str.upper, str.title, fold])
@pytest.mark.parametrize("code", SKILL_NAMES)
def test_whatever_the_desk_calls_a_skill_is_read_as_that_skill(code, spelt, language):
    with translation.override(language):
        shown = {code, SKILL_NAMES[code], str(SKILL_LABELS[code])}
    assert {skill_code(spelt(f" {name} ")) for name in shown} == {code}


def test_one_checks_in_from_an_hour_before_until_the_end():
    begin, end = START + 8 * HOUR, START + 16 * HOUR
    moments = {7 - 1: False, 7: True, 8: True, 15: True, 16: False}
    for hour, allowed in moments.items():
        assert may_check_in(begin, end, START + hour * HOUR) is allowed
