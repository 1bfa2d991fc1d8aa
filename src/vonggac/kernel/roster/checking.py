"""The independent judge of a roster, made by whatever means: every rule broken, every hole, and the cost in parts.

It shares nothing with the planners but the values, looks at one person after the other in plain loops, and is meant to
be read beside the law. 60 people × 4 weeks take a few milliseconds, so it can run at every drag of a cell.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Hole,
    Problem,
    Rule,
    RuleName,
    Rules,
    Slot,
    Stint,
    Verdict,
    Violation,
    Worker,
    week_of,
    weekday_of,
)


@dataclass(frozen=True, slots=True)
class _Duty:
    """A slot of the plan or a stint outside of it, in the terms of the rules."""

    begin: int
    end: int
    is_on_call: bool
    day: int
    is_night: bool
    slot: Slot | None
    stint: Stint | None


def check(problem: Problem, assignments: Iterable[Assignment]) -> Verdict:
    """The verdict on a roster. Raises KeyError when it names a slot or person that the problem does not have."""
    slots = {slot.id: slot for slot in problem.slots}
    workers = {worker.id: worker for worker in problem.workers}
    by_worker: dict[str, list[Slot]] = {worker.id: [] for worker in problem.workers}
    by_slot: dict[str, list[Worker]] = {slot.id: [] for slot in problem.slots}
    given = set(assignments)
    for one in sorted(given):
        by_worker[one.worker].append(slots[one.slot])
        by_slot[one.slot].append(workers[one.worker])
    violations = [*_lost(problem, given)]
    for worker in problem.workers:
        violations += check_worker(problem.rules, worker, by_worker[worker.id])
    holes = tuple(hole for slot in problem.slots if (hole := hole_of(slot, by_slot[slot.id])))
    counts = {worker.id: burdens(problem.rules, by_worker[worker.id]) for worker in problem.workers}
    parts = {
        **_coverage_cost(problem, by_slot, holes),
        "wishes": problem.weights.wish * sum(_broken_wishes(one, by_worker[one.id]) for one in problem.workers),
        **_burden_cost(problem, counts),
    }
    return Verdict(tuple(violations), holes, sum(parts.values()), parts, _spread(problem, counts))


def check_worker(rules: Rules, worker: Worker, slots: Sequence[Slot]) -> list[Violation]:
    """Every rule that one person would break by standing on these slots, beside their stints outside of the plan."""
    duties = [_duty(rules, slot, slot, None) for slot in slots]
    duties += [_duty(rules, stint, None, stint) for stint in worker.stints]
    duties.sort(key=lambda duty: (duty.begin, duty.end))
    on_site = [duty for duty in duties if not duty.is_on_call]
    return [
        *_barred(rules, worker, duties),
        *_overlaps(worker, duties),
        *_short_rests(rules.rest_minutes, worker, on_site),
        *_long_rows(RuleName.NIGHTS_IN_ROW, rules.nights_in_row, worker, [one for one in on_site if one.is_night]),
        *_long_rows(RuleName.DAYS_IN_ROW, rules.days_in_row, worker, on_site),
        *_long_weeks(rules, worker, on_site),
        *_too_many(worker, duties),
    ]


def hole_of(slot: Slot, people: Sequence[Worker]) -> Hole | None:
    """What a slot lacks with these people on it, or None."""
    missing = max(0, slot.minimum - len(people))
    lacking = [(skill, count - sum(skill in one.skills for one in people)) for skill, count in slot.skills]
    short = tuple((skill, count) for skill, count in lacking if count > 0)
    return Hole(slot.id, missing, short) if missing or short else None


def burdens(rules: Rules, slots: Iterable[Slot]) -> Counter[Burden]:
    """How many nights, weekend shifts, holiday shifts and shifts these slots are."""
    counts: Counter[Burden] = Counter()
    for slot in slots:
        day = rules.day(slot.begin)
        counts[Burden.SHIFTS] += 1
        counts[Burden.NIGHTS] += _is_night(rules, slot)
        counts[Burden.WEEKENDS] += weekday_of(day) in rules.weekend_days
        counts[Burden.HOLIDAYS] += day in rules.holidays
    return counts


def _duty(rules: Rules, span: Slot | Stint, slot: Slot | None, stint: Stint | None) -> _Duty:
    day, is_night = rules.day(span.begin), _is_night(rules, span)
    return _Duty(span.begin, span.end, span.is_on_call, day, is_night, slot, stint)


def _is_night(rules: Rules, span: Slot | Stint) -> bool:
    return rules.night_minutes(span.begin, span.end) >= rules.night_least_minutes


def _violation(
    name: RuleName, worker: Worker, duties: Iterable[_Duty], limit: int = 0, found: int = 0, citation: str = ""
) -> Iterator[Violation]:
    """The violation by these duties; none when the plan has no part in it."""
    duties = list(duties)
    slots = tuple(duty.slot.id for duty in duties if duty.slot)
    stint = next((duty.stint for duty in duties if duty.stint), None)
    if slots:
        yield Violation(name, worker.id, slots, limit, found, citation, stint)


def _barred(rules: Rules, worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    for duty in duties:
        if duty.slot and duty.slot.post not in worker.posts:
            yield from _violation(RuleName.POST, worker, [duty])
        if any(begin < duty.end and duty.begin < end for begin, end in worker.leave):
            yield from _violation(RuleName.LEAVE, worker, [duty])
        # The law bars from night work (Art. 106) whatever its length; the least minutes are for sharing nights out.
        if worker.is_barred_from_nights and rules.night_minutes(duty.begin, duty.end):
            yield from _violation(RuleName.NIGHTS_BARRED, worker, [duty])


def _overlaps(worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    """Duties are in order of their begin, so those that overlap one follow it until one begins after its end."""
    for place, duty in enumerate(duties):
        for later in itertools.takewhile(lambda other: other.begin < duty.end, duties[place + 1 :]):  # noqa: B023  used at once
            yield from _violation(RuleName.OVERLAP, worker, [duty, later])


def _short_rests(rule: Rule | None, worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    """Rest runs from the latest end so far: a short duty inside a long one does not hide the long one's end."""
    if rule is None or not duties:
        return
    last = duties[0]
    for later in duties[1:]:
        rest = later.begin - last.end
        if 0 <= rest < rule.limit:
            yield from _violation(RuleName.REST, worker, [last, later], rule.limit, rest, rule.citation)
        last = max(last, later, key=lambda duty: duty.end)


def _long_rows(name: RuleName, rule: Rule | None, worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    """Rows of days, one after the other, that are longer than the rule allows; one violation a row."""
    if rule is None:
        return
    row: list[_Duty] = []
    for duty in [*duties, None]:
        if duty and row and duty.day <= row[-1].day + 1:
            row.append(duty)
            continue
        length = len({one.day for one in row})
        if length > rule.limit:
            yield from _violation(name, worker, row, rule.limit, length, rule.citation)
        row = [duty] if duty else []


def _long_weeks(rules: Rules, worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    limits = [rules.weekly_minutes, Rule(worker.weekly_minutes) if worker.weekly_minutes is not None else None]
    rule = min((one for one in limits if one), key=lambda one: one.limit, default=None)
    if rule is None:
        return
    weeks: dict[int, list[_Duty]] = defaultdict(list)
    for duty in duties:
        weeks[week_of(duty.day)].append(duty)
    for week in weeks.values():
        minutes = sum(duty.end - duty.begin for duty in week)
        if minutes > rule.limit:
            yield from _violation(RuleName.WEEKLY_MINUTES, worker, week, rule.limit, minutes, rule.citation)


def _too_many(worker: Worker, duties: Sequence[_Duty]) -> Iterator[Violation]:
    planned = [duty for duty in duties if duty.slot]
    count = len(planned) + worker.slots_counted
    if worker.most_slots is not None and count > worker.most_slots:
        yield from _violation(RuleName.MOST_SLOTS, worker, planned, worker.most_slots, count)


def _lost(problem: Problem, given: set[Assignment]) -> Iterator[Violation]:
    for one in sorted(problem.fixed - given):
        yield Violation(RuleName.FIXED, one.worker, (one.slot,))


def _coverage_cost(problem: Problem, by_slot: Mapping[str, Sequence[Worker]], holes: Sequence[Hole]) -> dict[str, int]:
    weights, short, over = problem.weights, 0, 0
    for slot in problem.slots:
        wished, there = max(slot.minimum, slot.wished), len(by_slot[slot.id])
        short += max(0, wished - max(there, slot.minimum))
        over += max(0, there - wished)
    return {
        "missing_people": weights.missing_person * sum(hole.missing for hole in holes),
        "missing_skills": weights.missing_skill * sum(count for hole in holes for _, count in hole.skills),
        "short_of_wished": weights.short_of_wished * short,
        "over_wished": weights.over_wished * over,
    }


def _broken_wishes(worker: Worker, slots: Sequence[Slot]) -> int:
    """The weight of the wishes broken: each shift inside a span to be free, each span for duty without any."""
    broken = 0
    for wish in worker.wishes:
        within = sum(slot.begin < wish.end and wish.begin < slot.end for slot in slots)
        broken += wish.weight * (within == 0 if wish.wants_duty else within)
    return broken


def _burden_cost(problem: Problem, counts: Mapping[str, Mapping[Burden, int]]) -> dict[str, int]:
    """What each burden costs: its weight times the count borne before, for every unit, as `Weights` says."""
    costs: dict[str, int] = {}
    for burden, weight in problem.weights.burdens.items():
        costs[burden.value] = weight * sum(
            borne * 100 // worker.share_percent
            for worker in problem.workers
            for borne in _counted(worker.history.get(burden, 0), counts[worker.id][burden])
        )
    return costs


def _counted(before: int, added: int) -> range:
    return range(before, before + added)


def _spread(problem: Problem, counts: Mapping[str, Mapping[Burden, int]]) -> dict[Burden, int]:
    """The worst post's most minus fewest of each burden with history; those barred from nights have none to share."""
    spread: dict[Burden, int] = {}
    for burden in Burden:
        bearers = [one for one in problem.workers if burden != Burden.NIGHTS or not one.is_barred_from_nights]
        borne = {
            one.id: (one.history.get(burden, 0) + counts[one.id][burden]) * 100 // one.share_percent for one in bearers
        }
        groups = [[borne[one.id] for one in bearers if post in one.posts] for post in _posts(problem)]
        spread[burden] = max((max(group) - min(group) for group in groups if group), default=0)
    return spread


def _posts(problem: Problem) -> set[str]:
    return {slot.post for slot in problem.slots}
