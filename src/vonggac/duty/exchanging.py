"""Whether people may pass shifts on among themselves: the checker asked about the roster as it would be afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vonggac.duty.planning import Plan
from vonggac.kernel.roster.checking import check_worker, hole_of
from vonggac.kernel.roster.values import Assignment, Hole, Slot, Violation


@dataclass(frozen=True, slots=True)
class Change:
    """People put on shifts and taken off, all at once."""

    added: frozenset[Assignment]
    removed: frozenset[Assignment]


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a change: the rules that it would break, and the shifts that it would leave short."""

    broken: tuple[Violation, ...] = ()
    short: tuple[Hole, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.broken or self.short)


def covering(slot: str, giver: str, taker: str) -> Change:
    """One takes over a shift of another."""
    return Change(frozenset({Assignment(slot, taker)}), frozenset({Assignment(slot, giver)}))


def swapping(slot: str, giver: str, wanted: str, colleague: str) -> Change:
    """Two take over each other's shifts."""
    return Change(
        frozenset({Assignment(slot, colleague), Assignment(wanted, giver)}),
        frozenset({Assignment(slot, giver), Assignment(wanted, colleague)}),
    )


def objection(plan: Plan, placed: frozenset[Assignment], change: Change) -> Objection:
    """What stands against a change of who stands where; empty when it may be made.

    Only what the change itself brings about counts: a shift that lacked somebody before may go on lacking them.
    """
    after = (placed - change.removed) | change.added
    slots = {slot.id: slot for slot in plan.problem.slots}
    workers = {worker.id: worker for worker in plan.problem.workers}
    broken = [
        found
        for one in sorted(change.added)
        for found in check_worker(plan.problem.rules, workers[one.worker], _own(after, one.worker, slots))
        if one.slot in found.slots
    ]
    touched = sorted({one.slot for one in change.added | change.removed})
    short = [
        lack
        for slot in touched
        if (lack := hole_of(slots[slot], [workers[one] for one in _on(after, slot)]))
        and _is_worse(lack, hole_of(slots[slot], [workers[one] for one in _on(placed, slot)]))
    ]
    return Objection(tuple(broken), tuple(short))


def _own(placed: Iterable[Assignment], worker: str, slots: Mapping[str, Slot]) -> list[Slot]:
    return [slots[one.slot] for one in placed if one.worker == worker]


def _on(placed: Iterable[Assignment], slot: str) -> Sequence[str]:
    return sorted(one.worker for one in placed if one.slot == slot)


def _is_worse(after: Hole, before: Hole | None) -> bool:
    if before is None:
        return True
    had = dict(before.skills)
    return after.missing > before.missing or any(count > had.get(skill, 0) for skill, count in after.skills)
