"""The smallest change that mends a roster: fewest holes, then fewest people touched, then fewest moves, then fairness.

The past is frozen, and so is whoever breaks a rule already: a repair does not tidy up what it was not asked about.
Nothing is applied here; the caller shows whom it touches first. Without OR-Tools holes are filled directly and by
short chains of moves: legal and small, but not proven smallest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from vonggac import __version__
from vonggac.kernel.roster.board import Board
from vonggac.kernel.roster.budget import Budget, Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.components import Component
from vonggac.kernel.roster.improving import close_holes
from vonggac.kernel.roster.planning import is_solver_installed
from vonggac.kernel.roster.rotation import fill
from vonggac.kernel.roster.terms import Terms, read
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, Change, Repair, Roster, Slot


@dataclass(frozen=True)
class Case:
    """A repair at work: the board without what was lost, the slots to mend in order of time, who may not be moved."""

    terms: Terms
    board: Board
    mend: Sequence[int]
    losers: frozenset[int]  # people who lost a shift, whatever the repair does
    immovable: frozenset[int]  # people who break a rule already
    frozen_before: int


def repair(
    trouble: Trouble,
    roster: Iterable[Assignment],
    *,
    frozen_before: int,
    settings: Settings,
    clock: Callable[[], float],
) -> Repair:
    """The changes that mend the trouble's slots from the minute `frozen_before` on, and the roster afterwards."""
    budget, current = Budget(settings, clock), frozenset(roster)
    case = _open(trouble, current, frozen_before)
    for slot in case.mend:
        fill(case.board, slot, sorted(case.losers))
    close_holes(case.board, Component((), tuple(case.mend)))
    solver, is_smallest = f"local search of Vọng Gác {__version__}", False
    if settings.with_solver and is_solver_installed() and case.mend:
        from vonggac.kernel.roster import shrinking  # noqa: PLC0415  OR-Tools is optional

        solver, is_smallest = shrinking.shrink(case, current, budget)
    after = case.terms.assignments(case.board.own)
    verdict = check(trouble.problem, after)
    mended = Roster(after, verdict.holes, verdict.cost, None, "feasible", settings.seed, solver)
    changes = differences(current, after)
    return Repair(changes, tuple(sorted({one.worker for one in changes})), mended, is_smallest)


def differences(before: Iterable[Assignment], after: Iterable[Assignment]) -> tuple[Change, ...]:
    """What has to be done to come from one roster to another, in order."""
    old, new = frozenset(before), frozenset(after)
    off = [Change(one.slot, one.worker, is_added=False) for one in old - new]
    return tuple(sorted([*off, *(Change(one.slot, one.worker, is_added=True) for one in new - old)]))


def _open(trouble: Trouble, current: frozenset[Assignment], frozen_before: int) -> Case:
    begins = {slot.id: slot.begin for slot in trouble.problem.slots}
    past = frozenset(one for one in current if begins[one.slot] < frozen_before)
    problem = replace(trouble.problem, fixed=trouble.problem.fixed | past)
    board, losers, immovable = _stand(read(problem), current)
    mend = frozenset(one for one in trouble.mend if begins[one] >= frozen_before)
    terms = replace(board.terms, problem=problem, slots=[_asked(board, slot, mend) for slot in board.terms.slots])
    board.terms = terms
    numbers = sorted(terms.slot_numbers[one] for one in mend)
    return Case(terms, board, numbers, losers, immovable, frozen_before)


def _stand(terms: Terms, current: Iterable[Assignment]) -> tuple[Board, frozenset[int], frozenset[int]]:
    """(the board with all that still holds, who lost a slot, who breaks a rule)."""
    board, losers, immovable = Board(terms), set(), set()
    for worker, slots in terms.pairs(current).items():
        for slot in sorted(slots - board.own[worker]):
            if slot not in terms.open[worker]:
                losers.add(worker)
                continue
            if not board.may_add(worker, slot):
                immovable.add(worker)
            board.add(worker, slot)
    return board, frozenset(losers), frozenset(immovable)


def _asked(board: Board, slot: Slot, mend: frozenset[str]) -> Slot:
    """A slot that is not to be mended wants no more than it has, so that it is not made worse nor better."""
    if slot.id in mend:
        return slot
    number = board.terms.slot_numbers[slot.id]
    lacking = board.lacking(number)
    skills = tuple((skill, count - lacking.get(skill, 0)) for skill, count in slot.skills)
    return replace(slot, minimum=slot.minimum - board.missing(number), skills=skills)
