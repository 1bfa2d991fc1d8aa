"""One person's part of a CP-SAT model."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from ortools.sat.python import cp_model

from vonggac.kernel.roster.model import Model, Pair
from vonggac.kernel.roster.terms import Span, Terms
from vonggac.kernel.roster.values import Burden, Rule, Wish


class Person:
    """One person's part of a model: their rules as constraints, their burdens and wishes as prices."""

    def __init__(self, terms: Terms, model: Model, worker: int, free: Sequence[int], kept: Sequence[int]) -> None:
        self.terms, self.model, self.worker, self.kept = terms, model, worker, kept
        self.rules, self.person = terms.problem.rules, terms.workers[worker]
        self.stands: list[Span] = [*(terms.spans[slot] for slot in kept), *terms.outside[worker]]
        rest = terms.rest
        self.free = [slot for slot in free if not any(terms.spans[slot].clashes(other, rest) for other in self.stands)]
        model.x.update({(worker, slot): model.cp.new_bool_var("") for slot in self.free})
        self.on_site = [slot for slot in self.free if not terms.spans[slot].is_on_call]

    def lay(self, *, with_burdens: bool) -> None:
        """Add the constraints and prices."""
        self._clashes()
        nights = [slot for slot in self.on_site if self.terms.spans[slot].is_night]
        self._rows(self.rules.days_in_row, self.on_site, [one for one in self.stands if not one.is_on_call])
        self._rows(
            self.rules.nights_in_row, nights, [one for one in self.stands if one.is_night and not one.is_on_call]
        )
        self._weeks()
        self._most_slots()
        self._wishes()
        if with_burdens:
            for burden, weight in self.terms.problem.weights.burdens.items():
                self._burden(burden, weight)

    def _of(self, slots: Iterable[int]) -> list[Pair]:
        return [(self.worker, slot) for slot in slots]

    def _clashes(self) -> None:
        """At most one of the slots that, with the rest after them, hold one moment: the cliques of their clashes."""
        spans = self.terms.spans
        self._cliques(self.on_site, self.terms.rest)
        if any(spans[slot].is_on_call for slot in self.free):
            self._cliques(self.free, 0)

    def _cliques(self, slots: Sequence[int], pause: int) -> None:
        spans = self.terms.spans
        held: list[int] = []
        for place, slot in enumerate(slots):
            begin = spans[slot].begin
            held = [one for one in held if begin < spans[one].end + pause]
            held.append(slot)
            following = spans[slots[place + 1]].begin if place + 1 < len(slots) else None
            # Only the last slot before somebody leaves the clique makes it one that no later clique holds.
            grows = following is not None and all(following < spans[one].end + pause for one in held)
            if len(held) > 1 and not grows:
                self.model.cp.add_at_most_one([self.model.x[self.worker, one] for one in held])

    def _rows(self, rule: Rule | None, slots: Sequence[int], stands: Sequence[Span]) -> None:
        """In any limit + 1 days in a row at most `limit` with duty; what stands already may fill them up alone.

        Whose row that alone makes too long stands no more shifts in it, on its own days neither.
        """
        if rule is None:
            return
        days = _by(slots, lambda slot: self.terms.spans[slot].day)
        taken = {span.day for span in stands}
        used = {day: self._used(own) for day, own in days.items()}
        for first in {day - back for day in used for back in range(rule.limit + 1)}:
            window = range(first, first + rule.limit + 1)
            room = rule.limit - sum(day in taken for day in window)
            free = [used[day] for day in window if day in used and (room < 0 or day not in taken)]
            if len(free) > room:
                self.model.at_most(max(0, room), itertools.chain.from_iterable(free))

    def _used(self, slots: Sequence[int]) -> list[cp_model.IntVar]:
        """What sums up to 1 on a day with duty: its slots where only one can be stood, else a variable above each."""
        spans, pairs = self.terms.spans, self._of(slots)
        if all(
            spans[one].clashes(spans[other], self.terms.rest)
            for place, one in enumerate(slots)
            for other in slots[:place]
        ):
            return self.model.of(pairs)
        used = self.model.function(pairs, 1, lambda true: min(1, true))
        for pair in pairs:
            self.model.cp.add_implication(self.model.x[pair], used)
        return [used]

    def _weeks(self) -> None:
        most = self.terms.weekly_minutes(self.worker)
        if most is None:
            return
        spans = self.terms.spans
        for week, slots in _by(self.on_site, lambda slot: spans[slot].week).items():
            room = max(0, most - sum(one.minutes for one in self.stands if one.week == week))
            lengths = [spans[slot].minutes for slot in slots]
            if sum(lengths) > room:
                self.model.at_most(room, self.model.of(self._of(slots)), lengths)

    def _most_slots(self) -> None:
        if self.person.most_slots is not None:
            room = max(0, self.person.most_slots - self.person.slots_counted - len(self.kept))
            self.model.at_most(room, self.model.of(self._of(self.free)))

    def _wishes(self) -> None:
        slots, weight = self.terms.slots, self.terms.problem.weights.wish
        for wish in self.person.wishes:

            def meets(slot: int, wish: Wish = wish) -> bool:
                return slots[slot].begin < wish.end and wish.begin < slots[slot].end

            pairs, met = self._of(filter(meets, self.free)), sum(map(meets, self.kept))
            if not wish.wants_duty:
                self.model.constant += weight * wish.weight * met
                for pair in pairs:
                    self.model.price(self.model.x[pair], weight * wish.weight)
            elif not met:
                self.model.shortfall(pairs, 1, weight * wish.weight)

    def _burden(self, burden: Burden, weight: int) -> None:
        """The count of a burden as steps, each dearer than the one before, so that they fill up in order."""
        burdens, share = self.terms.burdens, self.person.share_percent
        pairs = self._of(slot for slot in self.free if burden in burdens[slot])
        before = self.person.history.get(burden, 0)
        kept = sum(burden in burdens[slot] for slot in self.kept)
        self.model.constant += weight * sum(borne * 100 // share for borne in range(before, before + kept))
        steps = [
            self.model.function(pairs, 1, lambda true, step=step: int(true > step))  # type: ignore[misc]
            for step in range(self._most(pairs))
        ]
        for step, variable in enumerate(steps):
            self.model.price(variable, weight * ((before + kept + step) * 100 // share))
        for lower, upper in itertools.pairwise(steps):
            self.model.cp.add_implication(upper, lower)
        if steps:
            difference = cp_model.LinearExpr.weighted_sum(
                [*self.model.of(pairs), *steps], [*([1] * len(pairs)), *([-1] * len(steps))]
            )
            self.model.cp.add_linear_constraint(difference, 0, 0)

    def _most(self, pairs: Sequence[Pair]) -> int:
        """A bound on how many of these slots one person can stand: the most that do not clash, first end first."""
        spans = [self.terms.spans[slot] for _, slot in pairs]
        # With on-call slots among them the rest is left out: that counts too many rather than too few.
        pause = 0 if any(span.is_on_call for span in spans) else self.terms.rest
        count, ready = 0, min((span.begin for span in spans), default=0)
        for span in sorted(spans, key=lambda span: span.end):
            if span.begin >= ready:
                count, ready = count + 1, span.end + pause
        return count


def _by(slots: Iterable[int], key: Callable[[int], int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for slot in slots:
        found[key(slot)].append(slot)
    return found
