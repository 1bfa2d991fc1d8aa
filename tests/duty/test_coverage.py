"""Every minute of a post is planned, present or a hole: against looking at every single minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.coverage import Attendance, Question, State, Stretch, cover, presence
from vonggac.duty.rules import Demand, Duty

START = datetime(2026, 4, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LENGTH = 120
SKILLS = ("lead", "network")
spans = st.tuples(st.integers(-20, LENGTH), st.integers(1, 60))


@st.composite
def demands(draw):
    begin, length = draw(spans)
    skills = tuple((skill, draw(st.integers(1, 2))) for skill in SKILLS if draw(st.booleans()))
    return Demand(at(begin), at(begin + length), draw(st.integers(0, 2)), skills)


@st.composite
def duties(draw):
    begin, length = draw(spans)
    skills = frozenset(draw(st.sets(st.sampled_from(SKILLS))))
    return Duty(1, draw(st.sampled_from("abc")), skills, at(begin), at(begin + length))


def at(minute: int) -> datetime:
    return START + minute * MINUTE


def state_of_minute(minute: int, asked, planned, present, now: int, is_recorded: bool):
    """What one minute is, looked at alone: (state, missing people, missing skills), None where nobody is needed."""
    moment = at(minute)
    needs = [one for one in asked if one.from_utc <= moment < one.to_utc]
    minimum = sum(one.minimum for one in needs)
    wanted = {skill: sum(dict(one.skills).get(skill, 0) for one in needs) for skill in SKILLS}
    if not minimum and not any(wanted.values()):
        return None
    is_past = minute < now
    there = [one for one in (present if is_past and is_recorded else planned) if one.covers(moment)]
    missing = max(0, minimum - len({one.person for one in there}))
    lacking = {
        skill: count - len({one.person for one in there if skill in one.skills}) for skill, count in wanted.items()
    }
    short = tuple((skill, count) for skill, count in sorted(lacking.items()) if count > 0)
    if missing or short:
        return State.HOLE, missing, short
    return (State.PRESENT if is_past and is_recorded else State.PLANNED), 0, ()


@given(
    st.lists(demands(), max_size=4), st.lists(duties(), max_size=6), st.lists(duties(), max_size=6),
    st.integers(-10, LENGTH + 10), st.booleans(),
)  # fmt: skip
def test_the_stretches_say_of_every_minute_what_that_minute_says_itself(asked, planned, present, now, is_recorded):
    found = cover(asked, planned, present, START, at(LENGTH), now=at(now), is_recorded=is_recorded)
    for minute in range(LENGTH):
        own = [one for one in found if one.from_utc <= at(minute) < one.to_utc]
        expected = state_of_minute(minute, asked, planned, present, now, is_recorded)
        assert [(one.state, one.missing_people, one.skills) for one in own] == ([expected] if expected else [])
    assert sum(one.minutes for one in found) == sum(
        state_of_minute(minute, asked, planned, present, now, is_recorded) is not None for minute in range(LENGTH)
    )


@given(st.lists(demands(), max_size=3), st.lists(duties(), max_size=5), st.integers(0, LENGTH))
def test_neighbouring_stretches_differ(asked, planned, now):
    found = cover(asked, planned, (), START, at(LENGTH), now=at(now), is_recorded=False)
    for before, after in pairwise(found):
        assert before.to_utc <= after.from_utc
        same = (before.state, before.missing_people, before.skills, before.people) == (
            after.state, after.missing_people, after.skills, after.people,
        )  # fmt: skip
        assert before.to_utc < after.from_utc or not same


def shift(checked_in: int | None, left: int | None = None, questions: tuple[Question, ...] = ()) -> Attendance:
    return Attendance(
        START, START + 8 * HOUR, at(checked_in) if checked_in is not None else None,
        at(left) if left is not None else None, questions,
    )  # fmt: skip


def shown(one: Attendance, now: int = 600, grace: int = 15) -> list[tuple[int, int]]:
    found = presence(one, now=at(now), grace=grace * MINUTE)
    return [((begin - START) // MINUTE, (end - START) // MINUTE) for begin, end in found]


def test_nobody_who_did_not_check_in_was_there():
    assert shown(shift(None)) == []


def test_a_few_minutes_late_is_punctual_and_more_is_not():
    assert shown(shift(15)) == [(0, 480)]
    assert shown(shift(16)) == [(16, 480)]


def test_who_comes_early_is_there_early():
    assert shown(shift(-30)) == [(-30, 480)]


def test_presence_ends_when_they_leave_and_goes_on_past_the_end_until_they_are_relieved():
    assert shown(shift(0, left=400)) == [(0, 400)]
    assert shown(shift(0, left=495)) == [(0, 495)]


def test_a_shift_that_is_under_way_is_shown_as_far_as_now():
    assert shown(shift(0), now=100) == [(0, 100)]


def test_an_unanswered_question_cuts_the_presence_from_when_it_was_asked():
    silent = Question(at(120), at(130))
    assert shown(shift(0, questions=(silent,))) == [(0, 120)]
    # Its time is not over yet: nothing speaks against them.
    assert shown(shift(0, questions=(silent,)), now=125) == [(0, 125)]


def test_a_late_answer_shows_them_there_again():
    late = Question(at(120), at(130), at(150))
    assert shown(shift(0, questions=(late,))) == [(0, 120), (150, 480)]


def test_the_answer_to_the_next_question_ends_a_silence():
    questions = (Question(at(120), at(130)), Question(at(240), at(250), at(245)))
    assert shown(shift(0, questions=questions)) == [(0, 120), (245, 480)]


def test_answers_in_time_leave_the_presence_whole():
    questions = (Question(at(120), at(130), at(130)), Question(at(240), at(250), at(241)))
    assert shown(shift(0, questions=questions)) == [(0, 480)]


def test_a_stretch_knows_its_length():
    assert Stretch(START, START + HOUR, State.HOLE).minutes == 60
