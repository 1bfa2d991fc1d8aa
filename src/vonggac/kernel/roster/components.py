"""Which people and slots hang together, so that each part can be planned for itself."""

from collections import defaultdict
from dataclasses import dataclass

from vonggac.kernel.roster.terms import Terms


@dataclass(frozen=True, slots=True)
class Component:
    """People and slots that no open pair connects with others; slots in order of time."""

    workers: tuple[int, ...]
    slots: tuple[int, ...]


def components(terms: Terms) -> list[Component]:
    """The connected components of people and slots, largest first; a slot that nobody may take is one by itself.

    Joined by union-find over the open and kept pairs. O(pairs).
    """
    offset = len(terms.workers)
    parent = list(range(offset + len(terms.slots)))
    for worker, slots in enumerate(terms.open):
        for slot in (*slots, *terms.kept[worker]):
            _join(parent, worker, offset + slot)
    workers: dict[int, list[int]] = defaultdict(list)
    slots_of: dict[int, list[int]] = defaultdict(list)
    for worker in range(offset):
        workers[_root(parent, worker)].append(worker)
    for slot in range(len(terms.slots)):
        slots_of[_root(parent, offset + slot)].append(slot)
    found = [Component(tuple(workers[root]), tuple(slots_of[root])) for root in {*workers, *slots_of}]
    return sorted(found, key=lambda one: (-len(one.slots) * len(one.workers), one.slots, one.workers))


def _root(parent: list[int], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def _join(parent: list[int], one: int, other: int) -> None:
    parent[_root(parent, one)] = _root(parent, other)
