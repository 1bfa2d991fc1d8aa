"""The board against the checker: what it lets stand breaks no rule, what it bars would, and both name the same cost."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.roster.problems import at, problems, slot, worker
from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.explaining import barriers
from vonggac.kernel.roster.planning import plan
from vonggac.kernel.roster.terms import read
from vonggac.kernel.roster.values import Problem, Rule, RuleName, Rules, Stint

MOVES = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.booleans()), max_size=25)


def play(board: Board, moves) -> None:
    """Take people on and off as the board allows it."""
    for first, second, is_on in moves:
        person, place = first % len(board.terms.workers), second % len(board.terms.slots)
        if is_on and board.may_add(person, place):
            board.add(person, place)
        elif not is_on and place in board.own[person] - board.terms.kept[person]:
            board.remove(person, place)


@settings(max_examples=150, deadline=None)
@given(problems(slots=8, workers=4, fixed=True), MOVES)
def test_the_board_prices_a_roster_as_the_checker_does(problem, moves):
    terms = read(problem)
    board = Board(terms)
    mark = board.mark()
    first = board.cost(range(len(terms.workers)), range(len(terms.slots)))
    play(board, moves)
    verdict = check(problem, terms.assignments(board.own))
    assert board.cost(range(len(terms.workers)), range(len(terms.slots))) == verdict.cost
    board.undo(mark)
    assert board.cost(range(len(terms.workers)), range(len(terms.slots))) == first


@settings(max_examples=150, deadline=None)
@given(problems(slots=8, workers=4, fixed=True), MOVES)
def test_adding_costs_what_the_checker_finds_afterwards(problem, moves):
    terms = read(problem)
    board = Board(terms)
    play(board, moves)
    before = check(problem, terms.assignments(board.own)).cost
    for person, places in enumerate(terms.open):
        for place in places:
            if board.may_add(person, place):
                told, mark = board.cost_of_adding(person, place), board.mark()
                board.add(person, place)
                assert before + told == check(problem, terms.assignments(board.own)).cost
                board.undo(mark)


@settings(max_examples=150, deadline=None)
@given(problems(slots=8, workers=4, stints=6), MOVES)
def test_who_may_be_added_and_who_may_not_is_what_the_checker_says(problem, moves):
    terms = read(problem)
    board = Board(terms)
    play(board, moves)
    for person in board.own:
        for place in set(range(len(terms.slots))) - board.own[person]:
            then = {**board.own, person: board.own[person] | {place}}
            assert board.may_add(person, place) == check(problem, terms.assignments(then)).is_sound


def test_what_clashes_is_what_overlaps_or_leaves_too_little_rest():
    problem = Problem(
        tuple(slot(day, code) for day in (0, 1) for code in ("S", "C", "Đ")), (worker("An"), worker("Bình"))
    )
    board = Board(read(problem))
    for place in (0, 3):  # both mornings
        board.add(0, place)
    assert [board.clashing(0, place) for place in (1, 2, 4, 5)] == [{0, 3}, {0, 3}, {3}, {3}]
    assert board.clashing(1, 1) == set()


def test_what_is_settled_is_not_undone():
    board = Board(read(Problem((slot(0), slot(1)), (worker("An"),))))
    board.add(0, 0)
    board.settle()
    assert board.mark() == 0
    board.add(0, 1)
    board.undo(0)
    assert board.own == {0: {0}}


def test_a_row_of_days_that_is_too_long_already_takes_no_second_shift_on_one_of_them():
    """Two days in a row elsewhere, of one allowed: the checker names every shift of such a row."""
    stints = tuple(Stint(at(day, 0), at(day, 2)) for day in (0, 1))
    rules = Rules(rest_minutes=None, nights_in_row=None, days_in_row=Rule(1), weekly_minutes=None)
    problem = Problem((slot(1, "C"),), (worker("An", stints=stints),), rules)
    assert not Board(read(problem)).may_add(0, 0)
    assert [one.rule for one in barriers(problem, (), *problem.workers, *problem.slots)] == [RuleName.DAYS_IN_ROW]
    for with_solver in (True, False):
        how = Settings(seconds=2, workers=1, with_solver=with_solver)
        assert plan(problem, how, clock=time.monotonic).assignments == ()
