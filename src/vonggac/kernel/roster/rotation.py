"""The rotation "3 ca 4 kíp": the start of every plan, and the first draft of one where no solver is installed.

The people of a post are dealt into one crew more than the post has shifts a day. A crew stands two days on each shift
in turn, the earliest first, and then has two days off: every shift has a crew on every day, one crew is free, and a
change of shift always goes forward, so rest is long. Two shifts of twelve hours rotate with four crews: day, night,
off, off. A post with one shift a day takes its people in turn.
"""

from collections import defaultdict
from collections.abc import Sequence

from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.components import Component

_TWO_SHIFTS, _FOUR_CREWS = 2, 4


def rotate(board: Board, component: Component) -> None:
    """Fill the slots of a component, in order of time, by their crew first and by anybody who may after that."""
    terms = board.terms
    by_post: dict[str, list[int]] = defaultdict(list)
    for slot in component.slots:
        by_post[terms.slots[slot].post].append(slot)
    crew_of: dict[int, Sequence[int]] = {}
    for post, slots in by_post.items():
        crew_of |= _crews(board, [one for one in component.workers if post in terms.workers[one].posts], slots)
    for slot in component.slots:
        fill(board, slot, crew_of[slot])


def fill(board: Board, slot: int, preferred: Sequence[int] = ()) -> None:
    """Add people until the slot has its minimum and its skills, or nobody else may stand it.

    Those who bring a missing skill come first, then the preferred, then those whose skills are no loss to other
    slots, then those who have borne least.
    """
    terms, crew = board.terms, frozenset(preferred)
    while (missing := board.missing(slot)) or board.lacking(slot):
        lacking = board.lacking(slot)

        def rank(worker: int, lacking: frozenset[str] = frozenset(lacking)) -> tuple[int, bool, int, int, int]:
            skills = terms.workers[worker].skills
            brings = len(lacking & skills)
            return -brings, worker not in crew, len(skills), board.burden_of(worker, slot), worker

        able = [one for one in terms.takers[slot] if board.may_add(one, slot)]
        best = min(able, key=rank, default=None)
        if best is None or (not missing and rank(best)[0] == 0):
            return
        board.add(best, slot)


def _crews(board: Board, people: Sequence[int], slots: Sequence[int]) -> dict[int, Sequence[int]]:
    """Slot → the crew whose turn it is, for the slots of one post."""
    by_day: dict[int, list[int]] = defaultdict(list)
    for slot in slots:
        by_day[board.terms.spans[slot].day].append(slot)
    shifts = max(map(len, by_day.values()))
    most = max(max(1, board.terms.slots[slot].minimum) for slot in slots)
    if shifts == 1:
        count = max(1, len(people) // most)
    else:
        count = _FOUR_CREWS if shifts == _TWO_SHIFTS else shifts + 1
    # Dealt by skills, so that each crew has its share of those who have them.
    dealt = sorted(people, key=lambda one: (-len(board.terms.workers[one].skills), one))
    crews = [dealt[number::count] for number in range(count)]
    first = min(by_day)
    return {
        slot: crews[_turn(day - first, shift, shifts, count)]
        for day, own in by_day.items()
        for shift, slot in enumerate(own)
    }


def _turn(day: int, shift: int, shifts: int, crews: int) -> int:
    """The number of the crew that stands a shift on a day since the rotation's beginning."""
    if shifts == 1:
        return day % crews
    days_on_a_shift = 1 if shifts == _TWO_SHIFTS else 2
    return (shift - day // days_on_a_shift) % crews
