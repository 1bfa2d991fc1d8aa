"""Every minute of a post is planned, present or a hole: against looking at every single minute."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vonggac.duty.coverage import Attendance, Question, State, Stretch, cover, presence
from vonggac.duty.models import Shift
from vonggac.duty.queries.attendance import present_duties
from vonggac.duty.queries.watch import has_left, stood
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


GRACE = 15
minutes = st.integers(-40, 2 * LENGTH)


@dataclass(frozen=True)
class Night:
    """One person's shift of `LENGTH` minutes from 0 on, in minutes: what is known of it at `now`."""

    now: int
    came: int | None
    left: int | None
    leaves: tuple[tuple[int, int, int], ...]  # (from, to, granted)
    questions: tuple[tuple[int, int, int | None], ...]  # (asked, due, answered)
    breaks: tuple[tuple[int, int], ...] = ()  # (left, came back)
    put_on: int = 0

    def is_on_leave(self, minute: int) -> bool:
        return any(begin <= minute < end and not self.came_all_the_same(begin, granted, minute)
                   for begin, end, granted in self.leaves)  # fmt: skip

    def came_all_the_same(self, begin: int, granted: int, minute: int) -> bool:
        if self.came is None or self.has_left(minute):
            return False
        came = max([back for back in (self.came, *(back for _, back in self.breaks)) if back <= minute], default=None)
        return came is not None and max(came, 0) >= begin and not came < granted <= minute

    def has_left(self, minute: int) -> bool:
        is_over = self.left is not None and minute >= self.left
        return is_over or any(left <= minute < back for left, back in self.breaks)

    def has_arrived(self, minute: int) -> bool:
        if self.came is None or self.came > self.now:
            return False
        late = 0  # minutes in which they should have been there already
        while self.came - late - 1 >= self.put_on and not self.is_on_leave(self.came - late - 1):
            late += 1
        return minute >= (self.came - late if late <= GRACE else self.came)

    def is_silent(self, minute: int) -> bool:
        for asked, due, answered in self.questions:
            if due > self.now or (answered is not None and answered <= due) or minute < asked:
                continue
            if self.is_on_leave(due) or self.has_left(due) or due >= LENGTH:
                continue
            answers = [one for *_, one in self.questions if one is not None]
            signs = [one for one in (*answers, *(back for _, back in self.breaks)) if asked <= one <= self.now]
            if not any(one <= minute for one in signs):
                return True
        return False

    def is_present(self, minute: int) -> bool:
        end = LENGTH if self.left is None else self.left
        is_between = self.has_arrived(minute) and minute < min(end, self.now)
        is_there = is_between and not self.has_left(minute)
        return is_there and not self.is_on_leave(minute) and not self.is_silent(minute)

    def stands(self, minute: int) -> bool:
        return 0 <= minute < LENGTH and not self.has_left(minute) and not self.is_on_leave(minute)

    def shift(self) -> Shift:
        came, left = (at(one) if one is not None else None for one in (self.came, self.left))
        found = Shift(
            post_id=1, person_name="An", from_utc=START, to_utc=at(LENGTH), checked_in_at=came, left_at=left,
            breaks=[list(map(at, one)) for one in self.breaks], put_on_at=at(self.put_on) if self.put_on else None,
        )  # fmt: skip
        found.away = [tuple(map(at, one)) for one in self.leaves]
        return found


@st.composite
def nights(draw):
    came = draw(st.none() | st.integers(-40, LENGTH - 1))
    went = draw(st.lists(st.integers(came, LENGTH), max_size=4, unique=True).map(sorted)) if came is not None else []
    breaks = tuple(zip(went[::2], went[1::2], strict=False))
    since = breaks[-1][1] if breaks else came
    left = draw(st.none() | st.integers(since, LENGTH + 30)) if since is not None else None
    put_on = draw(st.integers(0, came)) if came is not None and came > 0 else 0
    # A shift is read with the leave that touches it.
    leave = st.tuples(st.integers(-60, LENGTH - 1), st.integers(1, LENGTH + 60), minutes).filter(lambda x: x[0] < x[1])
    question = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 20), st.none() | st.integers(0, 60))
    asked = draw(st.lists(question, max_size=3, unique_by=lambda one: one[0]))
    questions = ((begin, begin + within, after if after is None else begin + after) for begin, within, after in asked)
    leaves = tuple(draw(st.lists(leave, max_size=2)))
    return Night(draw(minutes), came, left, leaves, tuple(questions), breaks, put_on)


@given(nights())
@example(Night(LENGTH, 0, None, (), ((20, 30, None),), ((25, 60),)))
@example(Night(LENGTH, 0, None, (), ((20, 30, None),), ((40, 60),)))
@example(Night(LENGTH, 0, 25, (), ((20, 30, None),)))
@example(Night(LENGTH + 30, 0, LENGTH + 10, (), ((LENGTH - 5, LENGTH + 5, None),)))
@example(Night(LENGTH, 0, None, ((60, 90, 65),), ()))
@example(Night(LENGTH, -30, None, ((0, 200, -5),), ()))
@example(Night(LENGTH, 40, None, ((0, 200, 70),), ()))
@example(Night(LENGTH, 65, None, ((-20, 60, -50),), ()))
@example(Night(LENGTH, 0, None, ((60, 90, 65),), ((55, 65, None), (95, 105, 110))))
def test_a_person_with_leave_is_there_minute_by_minute_as_each_minute_says_itself(night):
    asked = [Question(at(one), at(due), None if answer is None else at(answer)) for one, due, answer in night.questions]
    found = present_duties(night.shift(), asked, now=at(night.now), grace=GRACE * MINUTE)
    spans = [((one.from_utc - START) // MINUTE, (one.to_utc - START) // MINUTE) for one in found]
    for minute in range(-60, LENGTH + 60):
        expected = night.is_present(minute)
        assert sum(begin <= minute < end for begin, end in spans) == expected, minute


@given(nights())
@example(Night(LENGTH, 0, 90, (), (), ((20, 50),)))
@example(Night(LENGTH, -30, 100, ((-10, 200, -20),), (), ((-20, 40),)))
def test_who_has_left_stands_no_minute_of_the_plan_until_they_are_back(night):
    shift = night.shift()
    found = [duty for duty in stood(shift) if not duty.is_away]
    for minute in range(-60, LENGTH + 60):
        assert sum(duty.covers(at(minute)) for duty in found) == night.stands(minute), minute
        if 0 <= minute < LENGTH:
            assert has_left(shift, at(minute)) == night.has_left(minute), minute


@pytest.mark.parametrize(
    ("leave", "spans"),
    [
        ((300, 600), [(0, 300)]),
        ((300, 390), [(0, 300), (390, 480)]),
        ((-60, 120), [(120, 480)]),
    ],
)
def test_leave_takes_its_own_minutes_out_of_a_presence_and_no_others(leave, spans):
    one = replace(shift(0), away=(tuple(map(at, leave)),))
    assert shown(one) == spans


def test_a_stretch_knows_its_length():
    assert Stretch(START, START + HOUR, State.HOLE).minutes == 60
