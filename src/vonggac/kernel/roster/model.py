"""A roster problem, or the part of one that a search sets free, as a model of OR-Tools CP-SAT.

Every variable beside "person on slot" is a function of those, so a roster gives a complete hint and its exact price.
What is kept enters as constants; a rule that the kept part breaks already is only kept from growing worse, so "nobody
moves" is always a solution. The objective equals the checker's cost of the slots and people in the model.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from vonggac.kernel.roster.terms import Pairs, Span, Terms
from vonggac.kernel.roster.values import Burden, Rule, Wish

Part = Mapping[int, Iterable[int]]  # worker → slots


@dataclass(frozen=True, slots=True)
class _Function:
    """A variable whose value follows from how many of some "person on slot" variables are true."""

    variable: cp_model.IntVar
    of: Sequence[tuple[int, int]]
    value: Callable[[int], int]


@dataclass
class Model:
    """The model with the meaning of its variables."""

    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    x: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)  # (worker, slot)
    functions: list[_Function] = field(default_factory=list)
    prices: list[tuple[cp_model.IntVar, int]] = field(default_factory=list)
    constant: int = 0

    def function(self, of: Sequence[tuple[int, int]], top: int, value: Callable[[int], int]) -> cp_model.IntVar:
        """A variable from 0 to top that will be hinted as value(how many of the pairs are true)."""
        variable = self.cp.new_int_var(0, top, "") if top > 1 else self.cp.new_bool_var("")
        self.functions.append(_Function(variable, of, value))
        return variable

    def price(self, variable: cp_model.IntVar, each: int) -> None:
        """Let each unit of the variable cost this much."""
        if each:
            self.prices.append((variable, each))

    def sum(self, of: Iterable[tuple[int, int]]) -> cp_model.LinearExprT:
        """How many of the pairs are true."""
        return cp_model.LinearExpr.sum([self.x[pair] for pair in of])

    def finish(self) -> None:
        """Lay down the objective."""
        variables, each = [one for one, _ in self.prices], [price for _, price in self.prices]
        self.cp.minimize(cp_model.LinearExpr.weighted_sum(variables, each) + self.constant)

    def hint(self, pairs: Mapping[int, set[int]]) -> None:
        """Tell the solver a whole solution to start from."""
        self.cp.clear_hints()
        for (worker, slot), variable in self.x.items():
            self.cp.add_hint(variable, slot in pairs[worker])
        for function in self.functions:
            self.cp.add_hint(function.variable, function.value(_true(function.of, pairs)))

    def cost(self, pairs: Mapping[int, set[int]]) -> int:
        """The objective of a roster, without solving."""
        values = {id(one.variable): one.value(_true(one.of, pairs)) for one in self.functions}
        values |= {id(variable): slot in pairs[worker] for (worker, slot), variable in self.x.items()}
        return self.constant + sum(each * values[id(variable)] for variable, each in self.prices)


def _true(of: Iterable[tuple[int, int]], pairs: Mapping[int, set[int]]) -> int:
    return sum(slot in pairs[worker] for worker, slot in of)


def build(terms: Terms, free: Part, kept: Pairs, slots: Iterable[int], *, with_burdens: bool = True) -> Model:
    """The model in which the free pairs are open and the kept ones stand.

    `slots`: whose coverage is priced; `free` and `kept` may name no others as far as coverage matters. Without burdens
    only coverage and wishes are priced: that model finds a roster without holes ten times sooner (ADR 0053).
    """
    model = Model()
    for worker, open_slots in free.items():
        _Person(terms, model, worker, sorted(open_slots), sorted(kept[worker])).lay(with_burdens=with_burdens)
    takers: dict[int, list[int]] = defaultdict(list)
    for worker, slot in model.x:
        takers[slot].append(worker)
    there: dict[int, list[int]] = defaultdict(list)
    for worker, own in kept.items():
        for slot in own:
            there[slot].append(worker)
    for slot in slots:
        _cover(terms, model, slot, takers[slot], there[slot])
    model.finish()
    return model


def _cover(terms: Terms, model: Model, number: int, takers: Sequence[int], there: Sequence[int]) -> None:
    """What a slot lacks, or has too much of, at its price.

    Each person short of the minimum is short of the wish too, so the minimum's price carries the difference alone.
    """
    slot, weights, workers = terms.slots[number], terms.problem.weights, terms.workers
    minimum, wished = slot.minimum - len(there), max(slot.minimum, slot.wished) - len(there)
    pairs = [(worker, number) for worker in takers]
    _shortfall(model, pairs, minimum, weights.missing_person - weights.short_of_wished)
    _shortfall(model, pairs, wished, weights.short_of_wished)
    _excess(model, pairs, wished, weights.over_wished)
    for skill, count in slot.skills:
        able = [pair for pair in pairs if skill in workers[pair[0]].skills]
        left = count - sum(skill in workers[one].skills for one in there)
        _shortfall(model, able, left, weights.missing_skill)


def _shortfall(model: Model, pairs: Sequence[tuple[int, int]], need: int, each: int) -> None:
    """Price what the pairs fall short of a need."""
    if need <= 0:
        return
    if not pairs:
        model.constant += each * need
        return
    short = model.function(pairs, need, lambda true: max(0, need - true))
    model.cp.add(model.sum(pairs) + short >= need)
    model.price(short, each)


def _excess(model: Model, pairs: Sequence[tuple[int, int]], room: int, each: int) -> None:
    """Price what the pairs exceed the room by; what is kept may have exceeded it already."""
    model.constant += each * max(0, -room)
    room = max(0, room)
    if len(pairs) > room:
        over = model.function(pairs, len(pairs) - room, lambda true: max(0, true - room))
        model.cp.add(model.sum(pairs) - over <= room)
        model.price(over, each)


class _Person:
    """One person's part of a model: their rules as constraints, their burdens and wishes as prices."""

    def __init__(self, terms: Terms, model: Model, worker: int, free: Sequence[int], kept: Sequence[int]) -> None:
        self.terms, self.model, self.worker, self.kept = terms, model, worker, kept
        self.rules, self.person = terms.problem.rules, terms.workers[worker]
        self.stands: list[Span] = [*(terms.spans[slot] for slot in kept), *terms.outside[worker]]
        rest = terms.rest
        self.free = [
            slot for slot in free if not any(terms.spans[slot].clashes(other, rest) for other in self.stands)
        ]
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

    def _of(self, slots: Iterable[int]) -> list[tuple[int, int]]:
        return [(self.worker, slot) for slot in slots]

    def _clashes(self) -> None:
        """At most one of the slots that, with the rest after them, hold one moment: the cliques of their clashes."""
        spans = self.terms.spans
        self._cliques(self.on_site, self.terms.rest)
        if any(spans[slot].is_on_call for slot in self.free):
            self._cliques(self.free, 0)

    def _cliques(self, slots: Sequence[int], pause: int) -> None:
        spans, held = self.terms.spans, []
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
        """In any limit + 1 days in a row at most `limit` with duty; what stands already may fill them up alone."""
        if rule is None:
            return
        days = _by(slots, lambda slot: self.terms.spans[slot].day)
        taken = {span.day for span in stands}
        used = {day: self._used(own) for day, own in days.items() if day not in taken}
        for first in {day - back for day in used for back in range(rule.limit + 1)}:
            window = range(first, first + rule.limit + 1)
            free = [used[day] for day in window if day in used]
            room = rule.limit - sum(day in taken for day in window)
            if len(free) > room:
                self.model.cp.add(cp_model.LinearExpr.sum(free) <= max(0, room))

    def _used(self, slots: Sequence[int]) -> cp_model.LinearExprT:
        """1 on a day with duty: the sum of its slots where only one can be stood, else a variable above each."""
        spans, pairs = self.terms.spans, self._of(slots)
        if all(
            spans[one].clashes(spans[other], self.terms.rest)
            for place, one in enumerate(slots)
            for other in slots[:place]
        ):
            return self.model.sum(pairs)
        used = self.model.function(pairs, 1, lambda true: min(1, true))
        for pair in pairs:
            self.model.cp.add_implication(self.model.x[pair], used)
        return used

    def _weeks(self) -> None:
        most = self.terms.weekly_minutes(self.worker)
        if most is None:
            return
        spans = self.terms.spans
        for week, slots in _by(self.on_site, lambda slot: spans[slot].week).items():
            room = max(0, most - sum(one.minutes for one in self.stands if one.week == week))
            lengths = [spans[slot].minutes for slot in slots]
            if sum(lengths) > room:
                own = [self.model.x[pair] for pair in self._of(slots)]
                self.model.cp.add(cp_model.LinearExpr.weighted_sum(own, lengths) <= room)

    def _most_slots(self) -> None:
        if self.person.most_slots is not None:
            room = max(0, self.person.most_slots - len(self.kept))
            self.model.cp.add(self.model.sum(self._of(self.free)) <= room)

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
                _shortfall(self.model, pairs, 1, weight * wish.weight)

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
        for step, following in itertools.pairwise(steps):
            self.model.cp.add_implication(following, step)
        if steps:
            self.model.cp.add(self.model.sum(pairs) == cp_model.LinearExpr.sum(steps))

    def _most(self, pairs: Sequence[tuple[int, int]]) -> int:
        """A bound on how many of these slots one person can stand: the most that do not clash, first end first."""
        spans = [self.terms.spans[slot] for _, slot in pairs]
        # With on-call slots among them the rest is left out: that counts too many rather than too few.
        pause = 0 if any(span.is_on_call for span in spans) else self.terms.rest
        count, ready = 0, None
        for span in sorted(spans, key=lambda span: span.end):
            if ready is None or span.begin >= ready:
                count, ready = count + 1, span.end + pause
        return count


def _by(slots: Iterable[int], key: Callable[[int], int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for slot in slots:
        found[key(slot)].append(slot)
    return found
