"""Which small part of a roster to set free next: around a hole, a few people, a few days, or the unevenly burdened."""

import random
from collections.abc import Sequence

from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.components import Component

Free = dict[int, list[int]]  # worker → slots


def pick(rng: random.Random, board: Board, component: Component, pairs: int) -> Free:
    """Worker → slots to set free, about so many pairs. Holes come first, half of the time."""
    holes = [slot for slot in component.slots if board.deficit(slot) and board.terms.takers[slot]]
    if holes and rng.random() < 0.5:
        return _days(rng, board, rng.choice(holes), pairs)
    slots = [slot for slot in component.slots if board.terms.takers[slot]]
    if not slots:
        return {}
    slot = rng.choice(slots)
    return rng.choice((_people, _uneven, _days))(rng, board, slot, pairs)


def _days(rng: random.Random, board: Board, slot: int, pairs: int) -> Free:
    """The days around a slot, of all who may take it or a slot beside it; as many days as make up the pairs."""
    terms = board.terms
    people = _together(rng, board, slot, pairs // 8)
    day = terms.spans[slot].day
    for reach in range(1, 15):
        free = {
            worker: [one for one in terms.open[worker] if abs(terms.spans[one].day - day) <= reach] for worker in people
        }
        if sum(map(len, free.values())) >= pairs:
            break
    return free


def _people(rng: random.Random, board: Board, slot: int, pairs: int) -> Free:
    """All that a few people who meet on a slot may take."""
    return _whole(board, _together(rng, board, slot, pairs), pairs)


def _uneven(rng: random.Random, board: Board, slot: int, pairs: int) -> Free:
    """All that those may take who bear most and least among the takers of a slot."""
    ranked = sorted(board.terms.takers[slot], key=lambda one: (board.burden_of(one, slot), rng.random()))
    ends = [one for pair in zip(ranked, reversed(ranked), strict=True) for one in pair]
    return _whole(board, list(dict.fromkeys(ends)), pairs)


def _whole(board: Board, people: Sequence[int], pairs: int) -> Free:
    free: Free = {}
    for worker in people:
        if free and sum(map(len, free.values())) + len(board.terms.open[worker]) > pairs:
            break
        free[worker] = list(board.terms.open[worker])
    return free


def _together(rng: random.Random, board: Board, slot: int, most: int) -> list[int]:
    """People who may take a slot, in random order, and after them those with whom they share other slots."""
    terms = board.terms
    found = rng.sample(terms.takers[slot], len(terms.takers[slot]))
    for worker in tuple(found):
        if len(found) >= most:
            break
        other = rng.choice(terms.open[worker])
        found += [one for one in rng.sample(terms.takers[other], len(terms.takers[other])) if one not in found]
    return found[:most]
