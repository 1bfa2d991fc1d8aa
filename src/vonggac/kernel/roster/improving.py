"""Local search on a board: closes holes by chains of moves, then evens burdens out by late acceptance.

It mends the rotation's draft before CP-SAT starts from it, and does the whole work where no solver is installed.
"""

import random
from collections.abc import Callable, Iterator, Sequence

from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.components import Component
from vonggac.kernel.roster.rotation import fill

_MEMORY = 400  # late acceptance: a move may be as bad as the cost was so many moves ago
_PATIENCE = 60_000  # moves without a better roster before the search ends, or
_PATIENCE_A_PAIR = 20  # as many times the pairs of person and slot, where that is more
_MOVES_A_REPORT = 2_000
_UNITS_A_MOVE = 2e-5  # of a deterministic budget; about the seconds that one takes


def close_holes(board: Board, component: Component, depth: int = 2, tries: int = 5_000) -> None:
    """Fill what can be filled, moving up to `depth` other people to make room for one.

    A try moves one person and takes about 0.2 ms; when all are used up, what is left stays a hole.
    """
    left = iter(range(tries))
    for slot in component.slots:
        fill(board, slot)
        while board.deficit(slot) and (
            _chain(board, slot, depth, frozenset({slot}), left) or _exchange(board, slot, left)
        ):
            pass


def _chain(board: Board, slot: int, depth: int, seen: frozenset[int], tries: Iterator[int]) -> bool:
    """True when somebody was put on the slot who left another one, which is no worse off; else nothing is changed."""
    terms, lacking, missing = board.terms, board.lacking(slot).keys(), board.missing(slot)
    for worker in terms.takers[slot]:
        if worker in board.on[slot] or not (missing or lacking & terms.workers[worker].skills):
            continue
        for given_up in _near(board, worker, slot):
            if given_up in seen:
                continue
            if next(tries, None) is None:
                return False
            mark, owed = board.mark(), board.deficit(given_up)
            board.remove(worker, given_up)
            if board.may_add(worker, slot):
                board.add(worker, slot)
                if _is_mended(board, given_up, owed, depth, seen | {given_up}, tries):
                    return True
            board.undo(mark)
    return False


def _exchange(board: Board, slot: int, tries: Iterator[int]) -> bool:
    """True when somebody without a skill that the slot lacks changed places with somebody who has it."""
    terms, lacking = board.terms, board.lacking(slot).keys()
    leavers = [one for one in sorted(board.on[slot]) if slot not in terms.kept[one]]
    for leaver in (one for one in leavers if not lacking & terms.workers[one].skills):
        for comer in (one for one in terms.takers[slot] if lacking & terms.workers[one].skills):
            for given_up in _near(board, comer, slot):
                if next(tries, None) is None:
                    return False
                if comer not in board.on[slot] and _change_places(board, (leaver, slot), (comer, given_up)):
                    return True
    return False


def _change_places(board: Board, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """True when two people (worker, slot) could change places and both slots together lack less than before."""
    (leaver, slot), (comer, given_up) = one, other
    mark, owed = board.mark(), board.deficit(slot) + board.deficit(given_up)
    board.remove(leaver, slot)
    board.remove(comer, given_up)
    if board.may_add(comer, slot):
        board.add(comer, slot)
        fill(board, given_up, (leaver,))
        if board.deficit(slot) + board.deficit(given_up) < owed:
            return True
    board.undo(mark)
    return False


def _is_mended(board: Board, slot: int, owed: int, depth: int, seen: frozenset[int], tries: Iterator[int]) -> bool:
    """True when a slot that somebody left lacks no more than before."""
    fill(board, slot)
    if board.deficit(slot) > owed and depth > 1:
        _chain(board, slot, depth - 1, seen, tries)
    return board.deficit(slot) <= owed


def _near(board: Board, worker: int, slot: int) -> list[int]:
    """The slots that a person could leave to make room for another: those of the same fortnight."""
    day, kept = board.terms.spans[slot].day, board.terms.kept[worker]
    return sorted(one for one in board.own[worker] if one not in kept and abs(board.terms.spans[one].day - day) <= 7)


def improve(
    board: Board,
    component: Component,
    budget: Budget,
    seconds: float,
    tell: Callable[[], None],
    *,
    patience: int = _PATIENCE,
) -> None:
    """Make the roster cheaper for some seconds of the budget; `tell` is called at times when it has become so.

    Late acceptance hill climbing over three moves: hand a slot to another person, swap two people's slots, add or
    take off somebody where that pays. The board ends as the best roster met.
    """
    rng = random.Random(budget.settings.seed)  # noqa: S311  no secret
    slots = [slot for slot in component.slots if board.terms.takers[slot]]
    cost = best = told = moves = since = 0
    patience = max(patience, _PATIENCE_A_PAIR * sum(len(board.terms.takers[slot]) for slot in slots))
    memory = [0] * _MEMORY
    mark_of_best = board.mark()
    end = max(0.0, budget.left - seconds)
    while slots and since < patience and budget.left > end:
        moves, since, mark = moves + 1, since + 1, board.mark()
        change = _move(board, rng, slots)
        if change is None or cost + change > max(cost, memory[moves % _MEMORY]):
            board.undo(mark)
        else:
            cost += change
        memory[moves % _MEMORY] = cost
        if cost < best:
            best, since, mark_of_best = cost, 0, board.mark()
        if moves % _MOVES_A_REPORT == 0:
            budget.spend(_MOVES_A_REPORT * _UNITS_A_MOVE)
            if best == cost < told:
                told = best
                tell()
    board.undo(mark_of_best)
    tell()


def _move(board: Board, rng: random.Random, slots: Sequence[int]) -> int | None:
    """The change of cost of one random move, made on the board; None when there was none to make."""
    slot = rng.choice(slots)
    kept = board.terms.kept
    there = sorted(one for one in board.on[slot] if slot not in kept[one])
    other = rng.choice(board.terms.takers[slot])
    if not there or rng.random() < 0.1:
        return _add(board, other, slot)
    worker = rng.choice(there)
    change = _remove(board, worker, slot)
    if other == worker:
        return change
    theirs = sorted(one for one in board.own[other] if one not in kept[other])
    if theirs and rng.random() < 0.5:
        given = rng.choice(theirs)
        change += _remove(board, other, given)
        back = _add(board, worker, given)
        if back is None:
            return None
        change += back
    taken = _add(board, other, slot)
    return None if taken is None else change + taken


def _add(board: Board, worker: int, slot: int) -> int | None:
    if not board.may_add(worker, slot):
        return None
    cost = board.cost_of_adding(worker, slot)
    board.add(worker, slot)
    return cost


def _remove(board: Board, worker: int, slot: int) -> int:
    board.remove(worker, slot)
    return -board.cost_of_adding(worker, slot)
