"""A bound on the cost of a part without any solver: every burden shared out evenly, whatever the other rules."""

import heapq

from vonggac.kernel.roster.components import Component
from vonggac.kernel.roster.terms import Terms
from vonggac.kernel.roster.values import Burden

_NEVER = 10**9


def least_cost(terms: Terms, component: Component) -> int:
    """No roster of the component costs less; exact where nobody has a choice.

    What nobody can mend is counted: slots with too few takers, wishes out of reach, burdens already laid down. Every
    other unit of a minimum goes to whoever bears least of the burden, as if anybody could stand anywhere.
    """
    there = {slot: [one for one in component.workers if slot in terms.kept[one]] for slot in component.slots}
    cost = sum(_coverage(terms, slot, there[slot]) for slot in component.slots)
    cost += sum(_wishes(terms, worker) for worker in component.workers)
    dearest = 0
    for burden, weight in terms.problem.weights.burdens.items():
        units = sum(
            min(len(terms.takers[slot]), max(0, terms.slots[slot].minimum - len(there[slot])))
            for slot in component.slots
            if burden in terms.burdens[slot]
        )
        shared, last = _share_out(terms, component, burden, units)
        cost, dearest = cost + weight * shared, dearest + weight * last
    # A unit may also be left out, which the sharing did not look at: it must be the dearer choice.
    return cost if dearest < terms.problem.weights.missing_person else 0


def _coverage(terms: Terms, number: int, there: list[int]) -> int:
    """What a slot costs with all its takers on it, or with those that it has already, if they are too many."""
    slot, weights, workers = terms.slots[number], terms.problem.weights, terms.workers
    able = [*there, *terms.takers[number]]
    wished = max(slot.minimum, slot.wished)
    cost = weights.missing_person * max(0, slot.minimum - len(able))
    cost += weights.short_of_wished * max(0, wished - max(len(able), slot.minimum))
    cost += weights.over_wished * max(0, len(there) - wished)
    lacking = (count - sum(skill in workers[one].skills for one in able) for skill, count in slot.skills)
    return cost + weights.missing_skill * sum(max(0, short) for short in lacking)


def _wishes(terms: Terms, worker: int) -> int:
    """The wishes that are broken whatever happens to the open slots."""
    slots, kept, broken = terms.slots, terms.kept[worker], 0
    for wish in terms.workers[worker].wishes:
        met = sum(slots[one].begin < wish.end and wish.begin < slots[one].end for one in kept)
        if not wish.wants_duty:
            broken += wish.weight * met
        elif not met:
            in_reach = any(slots[one].begin < wish.end and wish.begin < slots[one].end for one in terms.open[worker])
            broken += wish.weight * (not in_reach)
    return terms.problem.weights.wish * broken


def _share_out(terms: Terms, component: Component, burden: Burden, units: int) -> tuple[int, int]:
    """(cost of what is kept and of all units, cost of the dearest unit), each unit where it is cheapest.

    A unit goes to nobody who has no open slot left with the burden: who is barred from nights has none to share.
    """
    cost, heap = 0, []
    for worker in component.workers:
        person = terms.workers[worker]
        before, share = person.history.get(burden, 0), person.share_percent
        kept = sum(burden in terms.burdens[slot] for slot in terms.kept[worker])
        cost += sum(borne * 100 // share for borne in range(before, before + kept))
        able = sum(burden in terms.burdens[slot] for slot in terms.open[worker])
        if able:
            heap.append(((before + kept) * 100 // share, before + kept, share, able))
    heapq.heapify(heap)
    each = 0
    for _ in range(units if heap else 0):
        each, borne, share, able = heap[0]
        cost += each
        heapq.heapreplace(heap, _next(borne + 1, share, able - 1))
    return cost, each


def _next(borne: int, share: int, able: int) -> tuple[int, int, int, int]:
    """A person's next unit: what it costs, what was borne before, their share, and how many they can take."""
    return (borne * 100 // share if able else _NEVER), borne, share, able
