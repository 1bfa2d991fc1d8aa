"""A roster problem, or the part of one that a search sets free, as a CP-SAT model.

What is kept enters as constants; a rule that the kept part breaks already is only kept from growing worse, so "nobody
moves" is always a solution. The objective equals the checker's cost of the slots and people in the model.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from vonggac.kernel.roster.model import Model
from vonggac.kernel.roster.person import Person
from vonggac.kernel.roster.terms import Pairs, Terms

Part: TypeAlias = Mapping[int, Iterable[int]]  # worker → slots


def build(terms: Terms, free: Part, kept: Pairs, slots: Iterable[int], *, with_burdens: bool = True) -> Model:
    """The model in which the free pairs are open and the kept ones stand; `finish` lays its objective down.

    `slots`: whose coverage is priced; `free` and `kept` may name no others as far as coverage matters. Without burdens
    only coverage and wishes are priced: that model finds a roster without holes ten times sooner (ADR 0075).
    """
    model = Model()
    for worker, open_slots in free.items():
        Person(terms, model, worker, sorted(open_slots), sorted(kept[worker])).lay(with_burdens=with_burdens)
    takers: dict[int, list[int]] = defaultdict(list)
    for worker, slot in model.x:
        takers[slot].append(worker)
    there: dict[int, list[int]] = defaultdict(list)
    for worker, own in kept.items():
        for slot in own:
            there[slot].append(worker)
    for slot in slots:
        _cover(terms, model, slot, takers[slot], there[slot])
    return model


def _cover(terms: Terms, model: Model, number: int, takers: Sequence[int], there: Sequence[int]) -> None:
    """What a slot lacks, or has too much of, at its price.

    Each person short of the minimum is short of the wish too, so the minimum's price carries the difference alone.
    """
    slot, weights, workers = terms.slots[number], terms.problem.weights, terms.workers
    minimum, wished = slot.minimum - len(there), max(slot.minimum, slot.wished) - len(there)
    pairs = [(worker, number) for worker in takers]
    model.shortfall(pairs, minimum, weights.missing_person - weights.short_of_wished)
    model.shortfall(pairs, wished, weights.short_of_wished)
    model.excess(pairs, wished, weights.over_wished)
    for skill, count in slot.skills:
        able = [pair for pair in pairs if skill in workers[pair[0]].skills]
        left = count - sum(skill in workers[one].skills for one in there)
        model.shortfall(able, left, weights.missing_skill)
