"""Repairs: the past frozen, the fewest people touched, against every roster that a tiny problem can have."""

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.kernel.roster.problems import MONDAY, at, every_roster, problems, slot, weeks, worker
from vonggac.kernel.roster import planning, troubles
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.planning import plan
from vonggac.kernel.roster.repairing import differences, repair
from vonggac.kernel.roster.values import Assignment, Problem, Violation

needs_solver = pytest.mark.skipif(not planning.is_solver_installed(), reason="OR-Tools is absent: ./vg install roster")
LOCAL = Settings(seconds=0.01, with_solver=False, is_deterministic=True)
SOLVER = Settings(seconds=5, workers=1)


def mend(trouble, roster, how=SOLVER, frozen_before=MONDAY):
    return repair(trouble, roster, frozen_before=frozen_before, settings=how, clock=time.monotonic)


def owed(problem: Problem, roster, mended) -> int:
    """People and skills that the slots to mend lack."""
    holes = [hole for hole in check(problem, roster).holes if hole.slot in mended]
    return sum(hole.missing + sum(count for _, count in hole.skills) for hole in holes)


def touched(before, after) -> set[str]:
    return {one.worker for one in differences(before, after)}


@needs_solver
@settings(max_examples=12, deadline=None)
@given(problems(slots=3, workers=3), st.data())
def test_no_other_roster_mends_as_much_with_fewer_people(problem, data):
    before = plan(problem, LOCAL, clock=time.monotonic).assignments
    assume(before)
    ill = data.draw(st.sampled_from(sorted({one.worker for one in before})))
    trouble = troubles.absence(problem, before, ill, MONDAY, at(9, 0))
    found = mend(trouble, before)
    assert found.is_smallest
    after = frozenset(found.roster.assignments)
    assert check(trouble.problem, after).is_sound
    best = min(
        (owed(trouble.problem, other, trouble.mend), len(touched(before, other) - {ill}))
        for other, verdict in every_roster(trouble.problem)
        if _leaves_others_covered(problem, trouble, before, verdict)
    )
    assert (owed(trouble.problem, after, trouble.mend), len(touched(before, after) - {ill})) == best


def _leaves_others_covered(problem, trouble, before, verdict) -> bool:
    """No slot that is not to be mended lacks more than it did."""
    lacked = {hole.slot: (hole.missing, dict(hole.skills)) for hole in check(problem, before).holes}
    for hole in verdict.holes:
        if hole.slot not in trouble.mend:
            missing, skills = lacked.get(hole.slot, (0, {}))
            if hole.missing > missing or any(count > skills.get(name, 0) for name, count in hole.skills):
                return False
    return True


@settings(max_examples=15, deadline=None)
@given(problems(slots=8, workers=4), st.integers(0, 4), st.data())
def test_what_has_begun_is_not_touched(problem, day, data):
    before = plan(problem, LOCAL, clock=time.monotonic).assignments
    assume(before)
    ill = data.draw(st.sampled_from(sorted({one.worker for one in before})))
    trouble = troubles.absence(problem, before, ill, MONDAY, at(9, 0))
    found = mend(trouble, before, LOCAL, frozen_before=at(day, 0))
    begins = {one.id: one.begin for one in problem.slots}
    assert all(begins[one.slot] >= at(day, 0) for one in found.changes)
    gone = {one for one in before if one.worker == ill and begins[one.slot] >= at(day, 0)}
    assert not gone & set(found.roster.assignments)


def breaks(problem: Problem, roster) -> list[Violation]:
    return list(check(problem, roster).violations)


@needs_solver
def test_an_illness_is_filled_by_one_person_where_one_is_free():
    problem = weeks(2, 6)
    before = plan(problem, SOLVER, clock=time.monotonic).assignments
    one = next(one for one in before if one.slot == "p 3 S")
    begin, end = at(3, 0), at(4, 0)
    found = mend(troubles.absence(problem, before, one.worker, begin, end), before)
    assert (found.roster.holes, found.is_smallest, len(found.people)) == ((), True, 2)
    assert len(found.changes) == 2


@needs_solver
@pytest.mark.parametrize("how", [SOLVER, LOCAL], ids=["solver", "alone"])
def test_cover_me_touches_the_one_slot_and_whoever_takes_it(how):
    problem = weeks(1, 6)
    before = plan(problem, LOCAL, clock=time.monotonic).assignments
    one = next(one for one in before if one.slot == "p 2 C")
    trouble = troubles.cover(problem, before, one)
    found = mend(trouble, before, how)
    assert {change.slot for change in found.changes if change.worker == one.worker} == {"p 2 C"}
    assert not breaks(trouble.problem, found.roster.assignments)
    assert found.roster.holes == ()


@needs_solver
def test_two_more_analysts_tonight_are_added_and_nobody_else_moves():
    people = tuple(worker(f"w{number}", skills=frozenset({"analyst"} if number % 2 else ())) for number in range(10))
    problem = Problem(tuple(slot(day, code) for day in range(3) for code in ("S", "C", "Đ")), people)
    before = plan(problem, LOCAL, clock=time.monotonic).assignments
    trouble = troubles.reinforcement(problem, before, ["p"], at(1, 20), at(2, 6), 2, (("analyst", 2),))
    # Between 20:00 and 06:00 lie the end of the afternoon and the whole night.
    assert trouble.mend == {"p 1 C", "p 1 Đ"}
    found = mend(trouble, before)
    assert found.roster.holes == ()
    assert check(trouble.problem, found.roster.assignments).is_sound
    assert all(change.is_added for change in found.changes)
    skills = {one.id: one.skills for one in people}
    assert [change.slot for change in found.changes if "analyst" in skills[change.worker]] == ["p 1 C"] * 2 + [
        "p 1 Đ"
    ] * 2
    assert len(found.changes) == 4, "who stood there already is none of the two more"


def test_who_broke_a_rule_before_is_left_as_they_are():
    problem = Problem((slot(0, "S"), slot(0, "C"), slot(1, "C")), (worker("An"), worker("Bình"), worker("Chi")))
    before = [Assignment("p 0 S", "An"), Assignment("p 0 C", "An"), Assignment("p 1 C", "Bình")]
    found = mend(troubles.absence(problem, before, "Bình", at(1, 0), at(2, 0)), before, LOCAL)
    assert {one for one in before if one.worker == "An"} <= set(found.roster.assignments)
    assert [(one.worker, one.is_added) for one in found.changes] == [("Bình", False), ("Chi", True)]
