"""The roster as planners move people about on it: may this person take that slot now, and what does it cost?

Every question is answered from counters in a few microseconds, so a rotation, a greedy filler or a local search can
ask hundreds of thousands of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from vonggac.kernel.roster.terms import Pairs, Span, Terms
from vonggac.kernel.roster.values import Rule, Weights


class Board:
    """A roster under construction: who stands where, kept legal by whoever asks `may_add` before `add`."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.weights: Weights = terms.problem.weights
        self.own: Pairs = {worker: set() for worker in range(len(terms.workers))}
        self.on: list[set[int]] = [set() for _ in terms.slots]
        self._journal: list[tuple[int, int, bool]] = []
        self._open = [frozenset(slots) for slots in terms.open]
        self._clashing = terms.clashing
        self._most_minutes = [terms.weekly_minutes(worker) for worker in self.own]
        self._days: list[defaultdict[int, int]] = [defaultdict(int) for _ in terms.workers]
        self._nights: list[defaultdict[int, int]] = [defaultdict(int) for _ in terms.workers]
        self._minutes: list[defaultdict[int, int]] = [defaultdict(int) for _ in terms.workers]
        # By number: an enumeration's hash is a call in Python, and local search asks for burdens at every move.
        numbers = {burden: number for number, burden in enumerate(self.weights.burdens)}
        self._prices = list(self.weights.burdens.values())
        self._burdens = [tuple(numbers[burden] for burden in burdens) for burdens in terms.burdens]
        self._before = [[worker.history.get(burden, 0) for burden in numbers] for worker in terms.workers]
        self._borne = [list(before) for before in self._before]
        for worker, stints in enumerate(terms.outside):
            for span in stints:
                self._count(worker, span, 1)
        for worker, slots in enumerate(terms.kept):
            for slot in slots:
                self.add(worker, slot)

    def add(self, worker: int, slot: int) -> None:
        """Put a person on a slot."""
        self._journal.append((worker, slot, True))
        self._put(worker, slot)

    def remove(self, worker: int, slot: int) -> None:
        """Take a person off a slot."""
        self._journal.append((worker, slot, False))
        self._take(worker, slot)

    def mark(self) -> int:
        """A point to which `undo` can go back."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Take back what was done since the mark."""
        while len(self._journal) > mark:
            worker, slot, was_added = self._journal.pop()
            if was_added:
                self._take(worker, slot)
            else:
                self._put(worker, slot)

    def settle(self) -> None:
        """Forget how the roster came to be: nothing up to now can be undone, and marks begin anew."""
        self._journal.clear()

    def rearrange(self, free: Mapping[int, frozenset[int]], standing: Iterable[tuple[int, int]]) -> None:
        """Let people stand exactly these (worker, slot) of the free pairs; all others stay."""
        wanted = set(standing)
        now = {(worker, slot) for worker, slots in free.items() for slot in self.own[worker] & slots}
        for worker, slot in now - wanted:
            self.remove(worker, slot)
        for worker, slot in wanted - now:
            self.add(worker, slot)

    def _put(self, worker: int, slot: int) -> None:
        self.own[worker].add(slot)
        self.on[slot].add(worker)
        self._count(worker, self.terms.spans[slot], 1)
        borne = self._borne[worker]
        for burden in self._burdens[slot]:
            borne[burden] += 1

    def _take(self, worker: int, slot: int) -> None:
        self.own[worker].discard(slot)
        self.on[slot].discard(worker)
        self._count(worker, self.terms.spans[slot], -1)
        borne = self._borne[worker]
        for burden in self._burdens[slot]:
            borne[burden] -= 1

    def clashing(self, worker: int, slot: int) -> set[int]:
        """The slots that a person stands and that nobody can stand beside this one."""
        return self.own[worker] & self._clashing[slot]

    def may_add(self, worker: int, slot: int) -> bool:
        """True when the person may stand the slot beside all that they stand already."""
        own = self.own[worker]
        if slot not in self._open[worker] or slot in own or not own.isdisjoint(self._clashing[slot]):
            return False
        most = self.terms.workers[worker].most_slots
        if most is not None and len(own) + self.terms.workers[worker].slots_counted >= most:
            return False
        span = self.terms.spans[slot]
        return span.is_on_call or self._leaves_time(worker, span)

    def _leaves_time(self, worker: int, span: Span) -> bool:
        """True when rows of days and nights and the week's hours bear one shift more."""
        rules, most = self.terms.problem.rules, self._most_minutes[worker]
        if most is not None and self._minutes[worker][span.week] + span.minutes > most:
            return False
        if _too_long(rules.days_in_row, self._days[worker], span.day):
            return False
        return not (span.is_night and _too_long(rules.nights_in_row, self._nights[worker], span.day))

    def cost_of_adding(self, worker: int, slot: int) -> int:
        """How much dearer the roster becomes with this person on the slot too; below 0 when it is worth it."""
        weights, there = self.weights, len(self.on[slot])
        wanted = self.terms.slots[slot]
        if there < wanted.minimum:
            cost = -weights.missing_person
        else:
            cost = -weights.short_of_wished if there < wanted.wished else weights.over_wished
        workers = self.terms.workers
        for skill, count in wanted.skills:
            if skill in workers[worker].skills:
                able = sum([skill in workers[one].skills for one in self.on[slot]])
                cost -= weights.missing_skill * (able < count)
        return cost + self.burden_of(worker, slot) + self._wishes(worker, slot)

    def burden_of(self, worker: int, slot: int) -> int:
        """What the burdens of a slot cost the person who would take it."""
        borne, prices, share = self._borne[worker], self._prices, self.terms.workers[worker].share_percent
        cost = 0
        for burden in self._burdens[slot]:
            cost += prices[burden] * (borne[burden] * 100 // share)
        return cost

    def cost(self, workers: Iterable[int], slots: Iterable[int]) -> int:
        """What the coverage of these slots, and the burdens and wishes of these people, cost; O(slots stood)."""
        return sum(map(self._cost_of_slot, slots)) + sum(map(self._cost_of_person, workers))

    def _cost_of_slot(self, slot: int) -> int:
        wanted, weights, there = self.terms.slots[slot], self.weights, len(self.on[slot])
        wished = max(wanted.minimum, wanted.wished)
        cost = weights.missing_person * self.missing(slot) + weights.missing_skill * sum(self.lacking(slot).values())
        cost += weights.short_of_wished * max(0, wished - max(there, wanted.minimum))
        return cost + weights.over_wished * max(0, there - wished)

    def _cost_of_person(self, worker: int) -> int:
        person, slots, broken = self.terms.workers[worker], self.terms.slots, 0
        for wish in person.wishes:
            met = sum(slots[one].begin < wish.end and wish.begin < slots[one].end for one in self.own[worker])
            broken += wish.weight * (not met if wish.wants_duty else met)
        borne = zip(self._prices, self._before[worker], self._borne[worker], strict=True)
        return self.weights.wish * broken + sum(
            price * sum(one * 100 // person.share_percent for one in range(before, now)) for price, before, now in borne
        )

    def _wishes(self, worker: int, slot: int) -> int:
        """What the slot breaks of the person's wishes, less what it newly meets."""
        wanted, slots, cost = self.terms.slots[slot], self.terms.slots, 0
        for wish in self.terms.workers[worker].wishes:
            if not (wanted.begin < wish.end and wish.begin < wanted.end):
                continue
            if not wish.wants_duty:
                cost += wish.weight
            elif not any(slots[one].begin < wish.end and wish.begin < slots[one].end for one in self.own[worker]):
                cost -= wish.weight
        return self.weights.wish * cost

    def missing(self, slot: int) -> int:
        """How many people the slot lacks of its minimum."""
        return max(0, self.terms.slots[slot].minimum - len(self.on[slot]))

    def lacking(self, slot: int) -> Mapping[str, int]:
        """The skills that the slot lacks, with how many."""
        workers = self.terms.workers
        found = {}
        for skill, count in self.terms.slots[slot].skills:
            short = count - sum(skill in workers[one].skills for one in self.on[slot])
            if short > 0:
                found[skill] = short
        return found

    def deficit(self, slot: int) -> int:
        """People and skills that the slot lacks, together."""
        return self.missing(slot) + sum(self.lacking(slot).values())

    def _count(self, worker: int, span: Span, step: int) -> None:
        if span.is_on_call:
            return
        self._days[worker][span.day] += step
        self._minutes[worker][span.week] += step * span.minutes
        if span.is_night:
            self._nights[worker][span.day] += step


def _too_long(rule: Rule | None, days: Mapping[int, int], day: int) -> bool:
    """True when a shift on this day would stand in a row of days longer than the rule allows."""
    if rule is None:
        return False
    first = last = day
    while days[first - 1]:
        first -= 1
    while days[last + 1]:
        last += 1
    return last - first + 1 > rule.limit
