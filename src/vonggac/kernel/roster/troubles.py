"""What goes wrong with a published roster, each as the problem that a repair has to solve: illness, cover, need."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vonggac.kernel.roster.values import Assignment, Problem, Slot, Worker


@dataclass(frozen=True, slots=True)
class Trouble:
    """The problem as it is now, and the slots that have to be mended."""

    problem: Problem
    mend: frozenset[str]


def absence(problem: Problem, roster: Iterable[Assignment], worker: str, begin: int, end: int) -> Trouble:
    """Somebody is away from begin to end: ill, called elsewhere, on sudden leave."""
    slots = {slot.id: slot for slot in problem.slots}
    own = [slots[one.slot] for one in roster if one.worker == worker]
    people = (replace(one, leave=(*one.leave, (begin, end))) if one.id == worker else one for one in problem.workers)
    mend = frozenset(slot.id for slot in own if slot.begin < end and begin < slot.end)
    # What was fixed cannot hold against an absence.
    fixed = frozenset(one for one in problem.fixed if one.worker != worker or one.slot not in mend)
    return Trouble(replace(problem, workers=tuple(people), fixed=fixed), mend)


def cover(problem: Problem, roster: Iterable[Assignment], one: Assignment) -> Trouble:
    """Somebody asks to be covered on one slot. Raises KeyError when the problem has no such slot."""
    slot = {slot.id: slot for slot in problem.slots}[one.slot]
    found = absence(problem, (other for other in roster if other == one), one.worker, slot.begin, slot.end)
    return Trouble(found.problem, frozenset({one.slot}))


def reinforcement(
    problem: Problem,
    roster: Iterable[Assignment],
    posts: Iterable[str],
    begin: int,
    end: int,
    more: int,
    skills: tuple[tuple[str, int], ...] = (),
) -> Trouble:
    """More people on every slot of the posts between begin and end, so many of them with these skills.

    More than asked for before, and than stand there: who is there already is none of them.
    """
    wanted = frozenset(posts)
    mend = frozenset(slot.id for slot in problem.slots if slot.post in wanted and slot.begin < end and begin < slot.end)
    return reinforced(problem, roster, mend, more, skills)


def reinforced(
    problem: Problem, roster: Iterable[Assignment], mend: frozenset[str], more: int, skills: tuple[tuple[str, int], ...]
) -> Trouble:
    """More people on these slots than asked for before, and than stand there."""
    workers = {one.id: one for one in problem.workers}
    there: dict[str, list[Worker]] = defaultdict(list)
    for one in roster:
        there[one.slot].append(workers[one.worker])
    slots = tuple(
        _reinforced(slot, there[slot.id], more, skills) if slot.id in mend else slot for slot in problem.slots
    )
    return Trouble(replace(problem, slots=slots), mend)


def _reinforced(slot: Slot, there: Sequence[Worker], more: int, skills: tuple[tuple[str, int], ...]) -> Slot:
    counts = dict(slot.skills)
    for skill, count in skills:
        counts[skill] = max(counts.get(skill, 0), sum(skill in one.skills for one in there)) + count
    return replace(slot, minimum=max(slot.minimum, len(there)) + more, skills=tuple(sorted(counts.items())))
