"""Grids: the checker against examples of each limit, the search against every schedule that a tiny grid can have."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ortools", reason="OR-Tools is absent: ./vg install roster")

from ortools.linear_solver import pywraplp

from tests.outer_data import outer_data
from vonggac.errors import InputError
from vonggac.formats.curtois import read_grid
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid.checking import check
from vonggac.kernel.roster.grid.master import _AS_GOOD_AS_IT_IS, Master
from vonggac.kernel.roster.grid.pricing import OFF, Counts, Pricer
from vonggac.kernel.roster.grid.problem import read
from vonggac.kernel.roster.grid.solving import solve
from vonggac.kernel.roster.grid.values import Cover, Grid, Person, Request, Shift

DAY, NIGHT = Shift("D", 480), Shift("N", 600, frozenset({"D"}))


def person(name: str = "An", **more) -> Person:
    limits = {
        "most_of": {"D": 9, "N": 9}, "least_minutes": 0, "most_minutes": 9_000, "least_in_row": 1, "most_in_row": 9,
        "least_days_off": 1, "most_weekends": 9,
    }  # fmt: skip
    return Person(name, **{**limits, **more})


def grid(people, days=7, **more) -> Grid:
    return Grid(days, (DAY, NIGHT), tuple(people), **more)


def faults(who: Person, schedule: str) -> tuple[str, ...]:
    own = [None if one == "." else one for one in schedule]
    return check(grid([who], len(own)), {who.id: own}).faults


@pytest.mark.parametrize(
    ("limits", "kept", "broken", "said"),
    [
        ({"days_off": frozenset({2})}, "DD.DD", "DDDDD", "An works on day 2, a day off"),
        ({"most_of": {"D": 2}}, "D.D", "DDD", "An stands 3 × D, at most 2"),
        ({"most_of": {"D": 2}}, "D.D", "D.N", "An stands 1 × N, at most 0"),
        ({"least_minutes": 960}, "DD.", "D..", "An works 480 minutes, not 960 to 9000"),
        ({"most_minutes": 1080}, "DN.", "NN.", "An works 1200 minutes, not 0 to 1080"),
        ({}, "DN.D", "ND", "An stands D on day 1 after N"),
        ({"most_in_row": 2}, "DD.DD", ".DDD.", "An stands 3 shifts in a row from day 1, at most 2"),
        ({"least_in_row": 2}, "D.DD.D", "..D..", "An stands 1 shifts in a row from day 2, at least 2"),
        ({"least_days_off": 2}, ".D..D.", "DD.DD", "An has 1 days off in a row from day 2, at least 2"),
        ({"most_weekends": 1}, "DDDDDDD......", "DDDDDD......D", "An works on 2 weekends, at most 1"),
    ],
)
def test_each_limit_has_a_schedule_that_keeps_it_and_one_that_does_not(limits, kept, broken, said):
    who = person(**limits)
    assert faults(who, kept) == ()
    assert said in faults(who, broken)


def test_requests_and_cover_cost_what_they_weigh():
    requests = (Request("An", 0, "D", 3, is_wanted=True), Request("An", 1, "N", 2, is_wanted=False))
    covers = (Cover(0, "D", 2, 100, 1), Cover(1, "N", 0, 100, 7))
    problem = grid([person()], 2, requests=requests, covers=covers)
    assert check(problem, {"An": ["D", None]}).parts == {"requests": 0, "cover": 100}
    assert check(problem, {"An": [None, "N"]}).parts == {"requests": 5, "cover": 207}


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    days = draw(st.integers(6, 8))
    never = st.frozensets(st.sampled_from("DN"))
    shifts = (replace(DAY, never_before=draw(never)), replace(NIGHT, never_before=draw(never)))
    people = tuple(
        person(
            name, most_of={"D": draw(st.integers(1, 9)), "N": draw(st.integers(0, 3))},
            least_minutes=draw(st.sampled_from((0, 900, 1500))), most_minutes=draw(st.integers(1500, 3500)),
            least_in_row=draw(st.sampled_from((1, 2, 2, 9))), most_in_row=draw(st.integers(1, 4)),
            least_days_off=draw(st.sampled_from((1, 2, 3, 9))),
            most_weekends=draw(st.integers(0, 2)),
            days_off=frozenset(draw(st.sets(st.integers(0, days - 1), max_size=2))),
        )
        for name in ("An", "Bình")[: draw(st.integers(1, 2))]
    )  # fmt: skip
    names, kinds = st.sampled_from([one.id for one in people]), st.sampled_from("DN")
    requests = draw(
        st.lists(
            st.builds(Request, names, st.integers(0, days - 1), kinds, st.integers(0, 5), st.booleans()), max_size=5
        )
    )
    covers = tuple(
        Cover(day, shift, draw(st.integers(0, 2)), draw(st.integers(0, 100)), draw(st.integers(0, 9)))
        for day in range(days) for shift in ("D", "N")
    )  # fmt: skip
    return Grid(days, shifts, people, tuple(requests), covers)


def legal(problem: Grid, who: Person) -> list[tuple[str | None, ...]]:
    alone = Grid(problem.days, problem.shifts, (who,))
    every = itertools.product((None, "D", "N"), repeat=problem.days)
    return [own for own in every if not check(alone, {who.id: own}).faults]


@settings(max_examples=12, deadline=None)
@given(grids(), st.integers(0, 2**16))
def test_pricing_finds_the_cheapest_legal_schedule_at_any_prices(problem, seed):
    who = problem.people[0]
    alone = Grid(problem.days, problem.shifts, (who,))
    prices = np.random.default_rng(seed).integers(-9, 10, (1, problem.days, 2)).astype(np.float64)
    values, schedules = Pricer(alone, (0,), Counts(minutes=True, weekends=True, kind=1)).price(prices, np.zeros(1))
    kinds = {"D": 0, "N": 1}
    # Of the limits on single shifts only one is counted; the day shift's is left to the caller.
    roomy = Person(**{name: getattr(who, name) for name in Person.__slots__} | {"most_of": {**who.most_of, "D": 9}})
    costs = [sum(prices[0, day, kinds[one]] for day, one in enumerate(own) if one) for own in legal(alone, roomy)]
    if not costs:
        assert values[0] > 1e6
        return
    assert values[0] == min(costs)
    found = [None if one == OFF else "DN"[one] for one in schedules[0]]
    assert check(Grid(problem.days, problem.shifts, (roomy,)), {who.id: found}).faults == ()


@settings(max_examples=10, deadline=None)
@given(grids())
def test_a_small_grid_is_solved_to_its_optimum_and_the_checker_agrees(problem):
    every = [legal(problem, who) for who in problem.people]
    if not all(every):
        with pytest.raises(InputError):
            solve(problem, Settings(seconds=3, workers=1), clock=time.monotonic)
        return
    if np.prod([len(own) for own in every]) > 30_000:
        every = [own[:170] for own in every]
    names = [who.id for who in problem.people]
    best = min(check(problem, dict(zip(names, choice, strict=True))).cost for choice in itertools.product(*every))
    found = solve(problem, Settings(seconds=5, workers=1), clock=time.monotonic)
    verdict = check(problem, found.assignments)
    assert (verdict.faults, verdict.cost) == ((), found.cost)
    assert found.is_optimal
    assert found.bound == found.cost <= best


def test_a_shift_that_no_shift_may_precede_begins_rows_alone():
    shifts = (Shift("D", 480, frozenset({"N"})), Shift("N", 600, frozenset({"N"})))
    covers = tuple(Cover(day, "N", 1, 10, 1) for day in range(7))
    problem = Grid(7, shifts, (person(most_in_row=3),), covers=covers)
    found = solve(problem, Settings(seconds=5, workers=1), clock=time.monotonic)
    assert (found.cost, check(problem, found.assignments).faults) == (30, ())


def test_a_least_row_above_the_most_leaves_rows_at_the_ends_of_the_horizon_alone():
    covers = tuple(Cover(day, "D", 1, 10, 1) for day in range(9))
    problem = grid([person(least_in_row=9, most_in_row=2)], 9, covers=covers)
    found = solve(problem, Settings(seconds=5, workers=1), clock=time.monotonic)
    assert (found.cost, check(problem, found.assignments).faults) == (50, ())


@pytest.mark.slow
def test_half_a_year_of_two_people_with_little_room_in_the_minutes_is_searched_and_bounded():
    """Pricing meets no schedule of theirs that keeps the minutes."""
    shifts = (Shift("E", 480), Shift("D", 720))
    people = (
        person("An", most_of={"E": 88, "D": 13}, least_minutes=50_820, most_minutes=51_420, most_in_row=8,
               most_weekends=17),
        person("Bình", most_of={"E": 117, "D": 12}, least_minutes=64_080, most_minutes=65_080, most_in_row=11,
               most_weekends=24),
    )  # fmt: skip
    dice = np.random.default_rng(1)
    covers = tuple(
        Cover(day, shift, int(dice.integers(2)), int(dice.choice((0, 100))), int(dice.choice((0, 1, 100))))
        for day in range(182) for shift in "ED"
    )  # fmt: skip
    problem = Grid(182, shifts, people, covers=covers)
    found = solve(problem, Settings(seconds=2, workers=1, is_deterministic=True), clock=time.monotonic)
    assert check(problem, found.assignments).faults == ()
    assert found.bound > 0
    assert found.cost < 3_500, "10,951 by everybody's wishes alone"


def test_the_same_seed_and_deterministic_limit_give_the_same_schedules():
    people = [person(name, least_minutes=1400, most_minutes=2400, most_in_row=4, most_weekends=1) for name in "ABCDE"]
    covers = tuple(Cover(day, shift, 2, 100, 1) for day in range(14) for shift in ("D", "N"))
    problem = grid(people, 14, covers=covers)
    how = Settings(seconds=1, workers=1, is_deterministic=True, seed=5)
    first, again = (solve(problem, how, clock=time.monotonic) for _ in range(2))
    assert (first.assignments, first.bound) == (again.assignments, again.bound)


def test_whoever_stops_before_the_mixture_has_schedules_that_look_at_the_cover():
    people = [
        person(name, least_minutes=1400, most_minutes=3600, most_in_row=4, most_weekends=1) for name in "ABCDEFGH"
    ]
    covers = tuple(Cover(day, shift, 2, 100, 1) for day in range(14) for shift in ("D", "N"))
    problem, told = grid(people, 14, covers=covers), []
    # A clock that runs a second each time it is looked at, so that nothing is left untold.
    seconds = itertools.count()
    solve(problem, Settings(seconds=200, workers=1), clock=lambda: next(seconds), report=lambda *one: told.append(one))
    before_the_mixture = [(progress.cost, roster) for progress, roster in told if progress.stage == "start"]
    (alone, _), (together, roster) = before_the_mixture[0], before_the_mixture[-1]
    assert check(problem, roster.assignments).faults == ()
    assert together < alone / 2


@pytest.mark.parametrize(("number", "cost"), [(1, 607), (2, 828), (3, 1001)])
def test_the_benchmarks_first_instances_are_proven_optimal(number, cost):
    path = outer_data(f"roster/Instance{number}.txt")
    problem = read_grid(path.read_bytes(), path.name)
    found = solve(problem, Settings(seconds=60, workers=2), clock=time.monotonic)
    verdict = check(problem, found.assignments)
    assert (found.cost, found.bound, verdict.cost, verdict.faults) == (cost, cost, cost, ())


@pytest.mark.slow
def test_a_four_week_instance_comes_within_five_percent_at_once():
    path = outer_data("roster/Instance5.txt")
    problem = read_grid(path.read_bytes(), path.name)
    # The solver's own units: a busy machine is slower, and comes as near.
    found = solve(problem, Settings(seconds=5, workers=1, is_deterministic=True), clock=time.monotonic)
    assert check(problem, found.assignments).faults == ()
    assert found.cost <= 1143 * 1.05
    assert found.bound <= 1143


def test_the_master_takes_a_mixture_as_good_as_it_is():
    """An imprecise one is told like any other; GLOP refuses parameters that it does not know."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    assert solver.SetSolverSpecificParametersAsString(_AS_GOOD_AS_IT_IS)
    assert not solver.SetSolverSpecificParametersAsString("change_nothing: 1")


def test_a_master_that_has_no_mixture_keeps_the_last_prices_and_shares():
    problem = read(grid([person("An"), person("Bình")], covers=(Cover(0, "D", 1, 100, 1),)))
    master = Master(problem, (0, 1), np.zeros_like(problem.wanted))
    schedules = np.full((2, 7), OFF, np.int16)
    for who in (0, 1):
        master.add(who, schedules[who])
    value, prices = master.solve()
    assert (value, prices[0, 0], master.shares()) == (100, 100, [1, 1])
    # Nobody can be two people: with Bình's only schedule barred there is no mixture.
    master.columns[1].variable.SetUb(0)
    schedules[0, 0] = 0
    master.add(0, schedules[0])
    again, kept = master.solve()
    assert (again, kept[0, 0], master.shares()) == (100, 100, [1, 1, 0])
    master.fix(1, None)
    assert master.solve()[0] == 0
    assert master.shares() == [0, 1, 1]
