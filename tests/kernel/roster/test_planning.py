"""Plans against every roster that a tiny problem can have; holes, seeds, parts, weeks, history; no solver at all."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.kernel.roster.problems import MONDAY, at, every_roster, problems, slot, twin_posts, weeks, worker
from vonggac.kernel.roster import planning
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.components import components
from vonggac.kernel.roster.explaining import explain
from vonggac.kernel.roster.planning import plan
from vonggac.kernel.roster.terms import read
from vonggac.kernel.roster.values import Assignment, Burden, Problem, RuleName, Slot, Worker

needs_solver = pytest.mark.skipif(not planning.is_solver_installed(), reason="OR-Tools is absent: ./vg install roster")
# A moment of local search: the properties hold at every one.
LOCAL = Settings(seconds=0.01, with_solver=False, is_deterministic=True)


def solve(problem: Problem, **how):
    return plan(problem, Settings(**{"seconds": 10, "workers": 1, **how}), clock=time.monotonic)


@needs_solver
@settings(max_examples=12, deadline=None)
@given(problems(slots=3, workers=3, stints=4))
def test_a_proven_plan_is_the_cheapest_of_all_rosters(problem):
    roster, cheapest = solve(problem), min(verdict.cost for _, verdict in every_roster(problem))
    verdict = check(problem, roster.assignments)
    assert verdict.is_sound
    assert (roster.status, roster.cost, roster.bound) == ("optimal", verdict.cost, verdict.cost)
    assert roster.cost == cheapest


@settings(max_examples=12, deadline=None)
@given(problems(slots=3, workers=3, stints=4))
def test_without_a_solver_the_rules_are_kept_and_the_bound_holds(problem):
    roster = plan(problem, LOCAL, clock=time.monotonic)
    cheapest = min(verdict.cost for _, verdict in every_roster(problem))
    assert check(problem, roster.assignments).is_sound
    assert roster.bound <= cheapest <= roster.cost


@settings(max_examples=15, deadline=None)
@given(problems(slots=8, workers=4, fixed=True, stints=4))
def test_what_is_fixed_stays_and_nothing_else_breaks_a_rule(problem):
    roster = plan(problem, LOCAL, clock=time.monotonic)
    assert problem.fixed <= set(roster.assignments)
    alone = {(one.rule, one.worker) for one in check(problem, problem.fixed).violations}
    assert {(one.rule, one.worker) for one in check(problem, roster.assignments).violations} <= alone


@settings(max_examples=15, deadline=None)
@given(problems(slots=8, workers=4))
def test_of_every_hole_everybody_is_free_or_barred_by_a_rule(problem):
    roster = plan(problem, LOCAL, clock=time.monotonic)
    slots = {one.id: one for one in problem.slots}
    for hole in roster.holes:
        told = explain(problem, roster.assignments, hole)
        there = {one.worker for one in roster.assignments if one.slot == hole.slot}
        everybody = {person.id for person in problem.workers}
        assert {*told.free, *(one.worker for one in told.barred)} == everybody - there
        for name in told.free:
            assert check(problem, [*roster.assignments, Assignment(hole.slot, name)]).is_sound
        for barrier in told.barred:
            assert barrier.violations
            if barrier.violations[0].rule != RuleName.SKILL:
                worse = check(problem, [*roster.assignments, Assignment(hole.slot, barrier.worker)])
                assert {one.rule for one in barrier.violations} <= {one.rule for one in worse.violations} | {
                    RuleName.SKILL
                }
        # Nobody who could simply be put there was left out.
        if hole.missing:
            assert told.free == ()
        assert slots[hole.slot].minimum >= hole.missing


def crew(people: int, share: int = 1) -> Problem:
    return Problem(
        tuple(slot(day, code, minimum=share) for day in range(28) for code in ("S", "C", "Đ")),
        tuple(worker(f"w{number}") for number in range(people)),
    )


def test_the_rotation_of_three_shifts_and_four_crews_covers_four_weeks_alone():
    problem = crew(8, share=2)
    roster = plan(problem, replace(LOCAL, seconds=0.5), clock=time.monotonic)
    verdict = check(problem, roster.assignments)
    assert (verdict.holes, verdict.violations) == ((), ())
    # Evened out down to the bound, which proves it without any solver.
    assert (roster.status, roster.cost, roster.solver[:8]) == ("optimal", roster.bound, "rotation")
    assert verdict.spread[Burden.NIGHTS] <= 1


@pytest.mark.parametrize("seed", [1, 4])
def test_nights_are_evened_out_over_eight_weeks_of_two_posts_that_share_people(seed):
    problem = twin_posts(8, seed)
    drafted = check(problem, plan(problem, replace(LOCAL, seconds=0), clock=time.monotonic).assignments)
    roster = plan(problem, replace(LOCAL, seconds=0.8), clock=time.monotonic)
    verdict = check(problem, roster.assignments)
    assert (verdict.holes, verdict.violations) == ((), ())
    assert drafted.spread[Burden.NIGHTS] >= 8
    assert verdict.spread[Burden.NIGHTS] <= 2
    assert roster.bound <= verdict.cost <= 1.01 * roster.bound


def test_local_search_closes_holes_that_chains_of_moves_leave():
    problem = twin_posts(4, 3)
    drafted = plan(problem, replace(LOCAL, seconds=0), clock=time.monotonic)
    roster = plan(problem, replace(LOCAL, seconds=1.6), clock=time.monotonic)
    assert (len(drafted.holes), roster.holes) == (3, ())
    assert check(problem, roster.assignments).is_sound


def test_too_few_people_leave_named_holes_not_broken_rules():
    problem = crew(2)
    roster = plan(problem, replace(LOCAL, seconds=0.5), clock=time.monotonic)
    assert check(problem, roster.assignments).is_sound
    # Two people of 48 hours a week stand 12 of the 21 shifts.
    assert len(roster.holes) >= 4 * (21 - 12)
    assert roster.bound <= roster.cost


@needs_solver
def test_the_same_input_seed_and_deterministic_limit_give_the_same_roster():
    problem = weeks(2, 5)
    first, again = (solve(problem, seconds=2, is_deterministic=True, seed=7) for _ in range(2))
    assert (first.assignments, first.cost, first.bound) == (again.assignments, again.cost, again.bound)
    assert (first.seed, "OR-Tools" in first.solver) == (7, True)


def test_without_a_solver_too_the_seed_decides():
    problem = weeks(2, 5)
    how = Settings(seconds=0.5, with_solver=False, is_deterministic=True, seed=3)
    first, again = (plan(problem, how, clock=time.monotonic) for _ in range(2))
    assert first.assignments == again.assignments


@needs_solver
def test_who_bore_more_before_bears_less_now():
    people = tuple(worker(f"w{number}", history={Burden.NIGHTS: number * 2}) for number in range(5))
    problem = replace(weeks(2, 5), workers=people)
    verdict = check(problem, solve(problem).assignments)
    assert not verdict.holes
    # Fourteen nights and twenty borne before: even shares are 6 or 7, and one with 8 already stands none.
    assert verdict.spread[Burden.NIGHTS] <= 2


def test_people_and_slots_that_nothing_connects_are_planned_apart():
    slots = tuple(slot(day, "S", post) for post in ("p", "q", "r") for day in range(3))
    people = (worker("An", "p"), worker("Bình", "p"), worker("Chi", "q"), worker("Dũng", "q", "r"))
    parts = components(read(Problem(slots, (*people, Worker("Em", frozenset())))))
    assert [(len(part.workers), len(part.slots)) for part in parts] == [(2, 6), (2, 3), (1, 0)]


def test_who_is_barred_from_nights_is_planned_into_no_minute_of_one():
    # Two hours of night, too few to count as a night.
    late = Slot("16-24", "p", at(0, 16), at(0, 24))
    for how in (LOCAL, replace(LOCAL, seconds=2, with_solver=planning.is_solver_installed())):
        roster = plan(Problem((late,), (worker("An", is_barred_from_nights=True),)), how, clock=time.monotonic)
        assert (roster.assignments, [hole.slot for hole in roster.holes]) == ((), ["16-24"])


def test_a_slot_that_nobody_may_take_is_a_hole_with_everybodys_reason():
    problem = Problem((slot(0, "S", "q"),), (worker("An"), worker("Bình", "q", leave=((MONDAY, at(1, 0)),))))
    roster = plan(problem, LOCAL, clock=time.monotonic)
    (hole,) = roster.holes
    told = explain(problem, roster.assignments, hole)
    assert {one.worker: one.violations[0].rule for one in told.barred} == {"An": RuleName.POST, "Bình": RuleName.LEAVE}
    assert (roster.status, roster.cost) == ("optimal", roster.bound)


@needs_solver
def test_a_long_plan_is_rolled_over_its_weeks(monkeypatch):
    from vonggac.kernel.roster import search  # noqa: PLC0415  OR-Tools is optional

    monkeypatch.setattr(search, "_ONE_MODEL_PAIRS", 50)
    problem = weeks(5, 6)
    roster = solve(problem, seconds=6)
    verdict = check(problem, roster.assignments)
    assert (verdict.holes, verdict.violations) == ((), ())
    assert roster.bound <= roster.cost == verdict.cost


@needs_solver
def test_progress_only_ever_tells_of_sound_rosters_and_gets_no_worse():
    told = []
    problem = weeks(3, 6)
    plan(
        problem, Settings(seconds=4, workers=1), clock=time.monotonic,
        report=lambda progress, roster: told.append((progress, roster)),
    )  # fmt: skip
    assert told
    for progress, roster in told:
        verdict = check(problem, roster.assignments)
        assert (progress.cost, progress.covered) == (
            verdict.cost,
            progress.wanted - sum(hole.missing for hole in verdict.holes),
        )
        assert verdict.is_sound
    holes = [progress.wanted - progress.covered for progress, _ in told]
    assert holes == sorted(holes, reverse=True)
