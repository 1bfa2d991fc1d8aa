"""A roster problem in the planners' terms: numbered slots and people, and what each person may take.

Planners work on numbers, places in `Terms.workers` and `Terms.slots`. The checker uses none of this: it judges what
comes out of it by code of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Problem,
    Rules,
    Slot,
    Stint,
    Worker,
    week_of,
    weekday_of,
)

Pairs: TypeAlias = dict[int, set[int]]  # worker → the slots they stand


@dataclass(frozen=True, slots=True)
class Span:
    """A slot or a stint as the rules see it; `minutes` are those that count as hours of work."""

    begin: int
    end: int
    is_on_call: bool
    day: int
    week: int
    is_night: bool
    touches_night: bool  # a minute of it is enough
    minutes: int

    def clashes(self, other: "Span", rest: int) -> bool:
        """True when nobody may stand both: they overlap, or leave too little rest between them."""
        pause = 0 if self.is_on_call or other.is_on_call else rest
        return self.begin < other.end + pause and other.begin < self.end + pause


@dataclass(frozen=True)
class Terms:
    """A problem, numbered. Slots are in order of time, and so are the slots that a person may take (`open`)."""

    problem: Problem
    slots: Sequence[Slot]
    workers: Sequence[Worker]
    spans: Sequence[Span]
    burdens: Sequence[tuple[Burden, ...]]  # of each slot, those that the problem weighs
    kept: Sequence[frozenset[int]]  # of each worker, the fixed slots
    outside: Sequence[tuple[Span, ...]]  # of each worker, the stints
    open: Sequence[tuple[int, ...]]  # of each worker, what may be taken beside what is kept

    @property
    def rest(self) -> int:
        """Minutes of rest between two shifts."""
        rule = self.problem.rules.rest_minutes
        return rule.limit if rule else 0

    def weekly_minutes(self, worker: int) -> int | None:
        """The most minutes of work in a week for this person, or None."""
        own, rule = self.workers[worker].weekly_minutes, self.problem.rules.weekly_minutes
        limits = [limit for limit in (own, rule.limit if rule else None) if limit is not None]
        return min(limits, default=None)

    @cached_property
    def slot_numbers(self) -> Mapping[str, int]:
        """Identifier → number."""
        return {slot.id: number for number, slot in enumerate(self.slots)}

    @cached_property
    def worker_numbers(self) -> Mapping[str, int]:
        """Identifier → number."""
        return {worker.id: number for number, worker in enumerate(self.workers)}

    @cached_property
    def takers(self) -> Sequence[tuple[int, ...]]:
        """Of each slot, the people who may take it."""
        found: list[list[int]] = [[] for _ in self.slots]
        for worker, slots in enumerate(self.open):
            for slot in slots:
                found[slot].append(worker)
        return [tuple(workers) for workers in found]

    @cached_property
    def clashing(self) -> Sequence[frozenset[int]]:
        """Of each slot, those that nobody can stand beside it; only such as somebody may take, as they may it."""
        found: list[set[int]] = [set() for _ in self.slots]
        for slots in self.open:
            held: list[int] = []  # begun, and with the rest after them not over
            for slot in slots:
                begin = self.spans[slot].begin
                held = [one for one in held if begin < self.spans[one].end + self.rest]
                for one in held:
                    if one not in found[slot] and self.spans[one].clashes(self.spans[slot], self.rest):
                        found[slot].add(one)
                        found[one].add(slot)
                held.append(slot)
        return [frozenset(slots) for slots in found]

    def pairs(self, assignments: Iterable[Assignment]) -> Pairs:
        """Assignments as worker → slots, everybody named."""
        found: Pairs = {worker: set() for worker in range(len(self.workers))}
        for one in assignments:
            found[self.worker_numbers[one.worker]].add(self.slot_numbers[one.slot])
        return found

    def assignments(self, pairs: Mapping[int, Iterable[int]]) -> tuple[Assignment, ...]:
        """Worker → slots as assignments, in order."""
        return tuple(
            sorted(
                Assignment(self.slots[slot].id, self.workers[worker].id)
                for worker, slots in pairs.items()
                for slot in slots
            )
        )


def read(problem: Problem) -> Terms:
    """The terms of a problem. O(people × slots)."""
    slots = sorted(problem.slots, key=lambda slot: (slot.begin, slot.id))
    numbers = {slot.id: number for number, slot in enumerate(slots)}
    spans = [_span(problem.rules, slot) for slot in slots]
    fixed: dict[str, set[int]] = defaultdict(set)
    for one in problem.fixed:
        fixed[one.worker].add(numbers[one.slot])
    kept = [frozenset(fixed[worker.id]) for worker in problem.workers]
    outside = [tuple(_span(problem.rules, stint) for stint in worker.stints) for worker in problem.workers]
    rule = problem.rules.rest_minutes
    rest = rule.limit if rule else 0
    of_post: dict[str, list[int]] = defaultdict(list)
    for number, slot in enumerate(slots):
        of_post[slot.post].append(number)
    return Terms(
        problem=problem,
        slots=slots,
        workers=problem.workers,
        spans=spans,
        burdens=[_burdens(problem, span) for span in spans],
        kept=kept,
        outside=outside,
        open=[
            _open(worker, of_post, slots, spans, own, [*there, *(spans[number] for number in own)], rest)
            for worker, own, there in zip(problem.workers, kept, outside, strict=True)
        ],
    )


def _span(rules: Rules, one: Slot | Stint) -> Span:
    day = rules.day(one.begin)
    dark = rules.night_minutes(one.begin, one.end)
    is_night = dark >= rules.night_least_minutes
    minutes = 0 if one.is_on_call else one.end - one.begin
    return Span(one.begin, one.end, one.is_on_call, day, week_of(day), is_night, dark > 0, minutes)


def _burdens(problem: Problem, span: Span) -> tuple[Burden, ...]:
    borne = {
        Burden.NIGHTS: span.is_night,
        Burden.WEEKENDS: weekday_of(span.day) in problem.rules.weekend_days,
        Burden.HOLIDAYS: span.day in problem.rules.holidays,
        Burden.SHIFTS: True,
    }
    return tuple(burden for burden in problem.weights.burdens if borne[burden])


def _open(
    worker: Worker,
    of_post: Mapping[str, Sequence[int]],
    slots: Sequence[Slot],
    spans: Sequence[Span],
    own: frozenset[int],
    stands: Sequence[Span],
    rest: int,
) -> tuple[int, ...]:
    """The slots that nothing bars a person from: post, leave, night, what they keep and what they stand elsewhere."""
    # What is kept is most often the past, far from most slots.
    since, until = min((one.begin for one in stands), default=0), max((one.end for one in stands), default=0)
    return tuple(
        number
        for number in sorted(number for post in worker.posts for number in of_post.get(post, ()))
        if number not in own
        and not (spans[number].touches_night and worker.is_barred_from_nights)
        and not any(begin < slots[number].end and slots[number].begin < end for begin, end in worker.leave)
        and not (
            slots[number].begin < until + rest
            and since < slots[number].end + rest
            and any(spans[number].clashes(other, rest) for other in stands)
        )
    )
