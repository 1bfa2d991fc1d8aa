"""Why a hole is a hole: who may fill it, and which rule stops each of the others. Asks the checker, no planner."""

from collections.abc import Iterable, Sequence

from vonggac.kernel.roster.checking import burdens, check_worker
from vonggac.kernel.roster.values import (
    Assignment,
    Barrier,
    Burden,
    Explanation,
    Hole,
    Problem,
    RuleName,
    Slot,
    Violation,
    Worker,
)


def barriers(problem: Problem, assignments: Iterable[Assignment], worker: Worker, slot: Slot) -> list[Violation]:
    """Every rule that a person would break by standing on one more slot of a roster; empty when they may."""
    slots = {one.id: one for one in problem.slots}
    own = [slots[one.slot] for one in assignments if one.worker == worker.id and one.slot != slot.id]
    return _barriers(problem, own, worker, slot)


def explain(problem: Problem, assignments: Iterable[Assignment], hole: Hole) -> Explanation:
    """Who may fill a hole, those with the missing skills and the fewest burdens first; and what stops the others.

    People already on the slot are in neither list.
    """
    slots = {slot.id: slot for slot in problem.slots}
    slot, lacking = slots[hole.slot], {skill for skill, _ in hole.skills}
    own: dict[str, list[Slot]] = {worker.id: [] for worker in problem.workers}
    for one in set(assignments):
        own[one.worker].append(slots[one.slot])
    free: list[Worker] = []
    barred: list[Barrier] = []
    for worker in problem.workers:
        if slot in own[worker.id]:
            continue
        broken = _barriers(problem, own[worker.id], worker, slot)
        if not hole.missing and not lacking & worker.skills:
            broken = [Violation(RuleName.SKILL, worker.id, (slot.id,)), *broken]
        if broken:
            barred.append(Barrier(worker.id, tuple(broken)))
        else:
            free.append(worker)

    def rank(worker: Worker) -> tuple[int, int, str]:
        return -len(lacking & worker.skills), _weight(problem, worker, own[worker.id]), worker.id

    return Explanation(hole, tuple(one.id for one in sorted(free, key=rank)), tuple(barred))


def _barriers(problem: Problem, own: Sequence[Slot], worker: Worker, slot: Slot) -> list[Violation]:
    return [one for one in check_worker(problem.rules, worker, [*own, slot]) if slot.id in one.slots]


def _weight(problem: Problem, worker: Worker, own: Sequence[Slot]) -> int:
    """What the person bears already, each burden by its weight."""
    counts = burdens(problem.rules, own)
    return sum(
        weight * (worker.history.get(burden, 0) + counts[burden])
        for burden, weight in problem.weights.burdens.items()
        if burden in Burden
    )
