"""Local search on a board: closes holes by chains of moves, then evens burdens out by late acceptance.

It mends the rotation's draft before CP-SAT starts from it, and does the whole work where no solver is installed.
"""

import random
from collections.abc import Callable, Iterator, Sequence

from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.components import Component
from vonggac.kernel.roster.rotation import fill

_MEMORY = 200  # late acceptance: a move may be as bad as the cost was so many moves ago
_PATIENCE_A_PAIR = 20  # moves without a better roster before the search ends, where that is more than was asked
_MOVES_A_LOOK = 200  # at the clock
_NEAR, _NEAR_DAYS = 0.5, 3  # share of moves around a hole while there is one, and how far they go,
_NEAR_MOVES = 50_000  # for so many moves: then it is likely to be one that nobody can close
_FILLED, _ADDED, _HANDED = 0.5, 0.02, 0.5  # shares of moves, where there is a choice
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
    least: int,
    patience: int,
) -> None:
    """Make the roster cheaper for some seconds of the budget; `tell` is called at times when it has become so.

    It ends sooner when the part costs no more than `least`, or nothing better was found for `patience` moves.

    Late acceptance hill climbing over three moves: hand a slot to another person, let two people change slots, add or
    take off somebody where a slot has too few or too many. The board ends, settled, as the best roster met.
    """
    rng = random.Random(budget.settings.seed)  # noqa: S311  no secret
    slots = [slot for slot in component.slots if board.terms.takers[slot]]
    cost = best = told = board.cost(component.workers, component.slots)
    moves = since = 0
    patience = max(patience, _PATIENCE_A_PAIR * sum(len(board.terms.takers[slot]) for slot in slots))
    memory = [cost] * _MEMORY
    board.settle()
    end = max(0.0, budget.left - seconds)
    near: Sequence[int] = ()
    while slots and since < patience and best > least:
        if moves % _MOVES_A_LOOK == 0:
            is_short = cost >= board.weights.missing_person and moves < _NEAR_MOVES
            near = _around_a_hole(board, rng, slots) if is_short else ()
            budget.spend(_MOVES_A_LOOK * _UNITS_A_MOVE)
            if budget.left <= end:
                break
            if best == cost < told:
                told = cost
                tell()
        moves, since, mark = moves + 1, since + 1, board.mark()
        change = _move(board, rng, near if near and rng.random() < _NEAR else slots)
        if change is None or cost + change > max(cost, memory[moves % _MEMORY]):
            board.undo(mark)
        else:
            cost += change
        memory[moves % _MEMORY] = cost
        if cost < best:
            best, since = cost, 0
            board.settle()  # minutes of moves would else be hundreds of megabytes
            if told - cost >= board.weights.missing_person:  # a hole is closed
                told = cost
                tell()
    board.undo(0)
    tell()


def _around_a_hole(board: Board, rng: random.Random, slots: Sequence[int]) -> Sequence[int]:
    """The slots of the days around one that lacks somebody."""
    holes, spans = [slot for slot in slots if board.deficit(slot)], board.terms.spans
    if not holes:
        return ()
    day = spans[_any(rng, holes)].day
    return [slot for slot in slots if abs(spans[slot].day - day) <= _NEAR_DAYS]


def _move(board: Board, rng: random.Random, slots: Sequence[int]) -> int | None:
    """The change of cost of one random move, made on the board; None when there was none to make."""
    terms = board.terms
    slot = _any(rng, slots)
    comer, there, wanted = _less_burdened(board, rng, slot), board.on[slot], terms.slots[slot]
    missing = max(wanted.minimum, wanted.wished) - len(there)
    if comer in there:
        return _remove(board, comer, slot) if missing < 0 else None
    leavers = [one for one in there if slot not in terms.kept[one]]
    if not leavers or rng.random() < (_FILLED if missing > 0 else _ADDED):
        return _add(board, comer, slot)
    leaver = _any(rng, leavers)
    clashing = board.clashing(comer, slot)
    if not clashing and (not board.own[comer] or rng.random() < _HANDED):
        return _hand_over(board, leaver, comer, slot)
    # What keeps the comer from the slot is what the leaver takes for it.
    given = _any(rng, [*(clashing or board.own[comer])])
    if len(clashing) > 1 or given in terms.kept[comer] or leaver not in terms.takers[given]:
        return None
    return _change(board, (leaver, slot), (comer, given))


def _less_burdened(board: Board, rng: random.Random, slot: int) -> int:
    """Of two of a slot's takers the one whom it would burden less."""
    one, other = _any(rng, board.terms.takers[slot]), _any(rng, board.terms.takers[slot])
    return one if board.burden_of(one, slot) <= board.burden_of(other, slot) else other


def _any(rng: random.Random, choices: Sequence[int]) -> int:
    """One of the choices; a fifth of the time that `rng.choice` takes."""
    return choices[int(rng.random() * len(choices))]


def _hand_over(board: Board, leaver: int, comer: int, slot: int) -> int | None:
    """Let one person take another's slot."""
    if not board.may_add(comer, slot):
        return None
    change = _remove(board, leaver, slot) + board.cost_of_adding(comer, slot)
    board.add(comer, slot)
    return change


def _change(board: Board, one: tuple[int, int], other: tuple[int, int]) -> int | None:
    """Let two people (worker, slot) change slots."""
    (leaver, slot), (comer, given) = one, other
    change = _remove(board, leaver, slot) + _remove(board, comer, given)
    back = _add(board, leaver, given)
    taken = None if back is None else _add(board, comer, slot)
    return None if back is None or taken is None else change + back + taken


def _add(board: Board, worker: int, slot: int) -> int | None:
    if not board.may_add(worker, slot):
        return None
    cost = board.cost_of_adding(worker, slot)
    board.add(worker, slot)
    return cost


def _remove(board: Board, worker: int, slot: int) -> int:
    board.remove(worker, slot)
    return -board.cost_of_adding(worker, slot)
