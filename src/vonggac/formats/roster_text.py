"""A roster for people at a terminal, and as JSON for programs: who stands where, what is missing and why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from vonggac.kernel.roster.checking import burdens, check
from vonggac.kernel.roster.explaining import explain
from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Explanation,
    Hole,
    Problem,
    Repair,
    Roster,
    Slot,
    Verdict,
    Violation,
    date_of,
    moment_of,
)
from vonggac.kernel.roster.words import say, say_hole

Json: TypeAlias = Mapping[str, object]
_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MOST_EXPLAINED = 20


def roster_json(problem: Problem, roster: Roster) -> Json:
    """A roster with how it was come by, its holes explained, and what the checker says of it."""
    return {
        "status": roster.status,
        "cost": roster.cost,
        "bound": roster.bound,
        "optimal": roster.status == "optimal",
        "seed": roster.seed,
        "solver": roster.solver,
        **verdict_json(problem, roster.assignments),
    }


def verdict_json(problem: Problem, assignments: Sequence[Assignment]) -> Json:
    """What the checker says of assignments, and they themselves with their times."""
    verdict = check(problem, assignments)
    slots = {slot.id: slot for slot in problem.slots}
    return {
        "cost": verdict.cost,
        "parts": verdict.parts,
        "spread": verdict.spread,
        "violations": [_violation_json(one) for one in verdict.violations],
        "holes": [
            {**_slot_json(problem, slots[one.slot]), **_hole_json(problem, assignments, one)} for one in verdict.holes
        ],
        "assignments": [{**_slot_json(problem, slots[one.slot]), "person": one.worker} for one in assignments],
    }


def repair_json(problem: Problem, repair: Repair) -> Json:
    """What a repair would change, whom it touches, and the roster afterwards."""
    changes = [{"slot": one.slot, "person": one.worker, "is_added": one.is_added} for one in repair.changes]
    return {
        "people": repair.people,
        "changes": changes,
        "is_smallest": repair.is_smallest,
        **roster_json(problem, repair.roster),
    }


def roster_table(problem: Problem, assignments: Sequence[Assignment]) -> str:
    """Post by post a line a day and a column a shift, then every person's burdens, then holes and broken rules."""
    verdict = check(problem, assignments)
    parts = [
        *_posts(problem, assignments, verdict),
        "\n".join(_people(problem, assignments)),
        "\n".join(_faults(problem, assignments, verdict)),
    ]
    return "\n\n".join(part for part in parts if part)


def summary(roster: Roster) -> str:
    """How good a roster is and how it was come by, in one line."""
    how = f"{roster.solver}, seed {roster.seed}"
    if roster.status == "optimal":
        return f"cost {roster.cost}, proven optimal; {how}"
    bound, holes = roster.bound, len(roster.holes)
    known = "" if bound is None else f", nothing below {bound} is possible"
    if known and holes:
        # The bound knows of no holes: a roster without any need not exist.
        known = f" with holes: {holes}; even if all can be filled nothing below {bound} is possible"
    return f"cost {roster.cost}{known}; {how}"


def verdict_line(verdict: Verdict) -> str:
    """Rules broken, holes and the cost with its parts that are not 0, in one line."""
    parts = ", ".join(f"{name} {cost}" for name, cost in verdict.parts.items() if cost)
    counts = f"{len(verdict.violations)} rules broken, {len(verdict.holes)} holes"
    return f"{counts}, cost {verdict.cost}" + (f" ({parts})" if parts else "")


def repair_table(problem: Problem, repair: Repair) -> str:
    """How many people are touched, what changes for each of them, and what is still open."""
    slots = {slot.id: slot for slot in problem.slots}
    by_person: dict[str, list[str]] = defaultdict(list)
    for one in repair.changes:
        act = "is put on" if one.is_added else "is taken off"
        by_person[one.worker].append(f"{act} {_slot_text(problem, slots[one.slot])}")
    lines = [_change_line(repair)]
    for person, changes in sorted(by_person.items()):
        lines += [person, *(f"    {change}" for change in changes)]
    holes = [f"!! {_slot_text(problem, slots[hole.slot])}: still {say_hole(hole)}" for hole in repair.roster.holes]
    return "\n".join([*lines, *holes])


def _change_line(repair: Repair) -> str:
    """What a repair comes to, in one line."""
    if not repair.changes:
        return "No shift changes hands."
    people = "1 person" if len(repair.people) == 1 else f"{len(repair.people)} people"
    least = " (no smaller repair leaves as few holes)" if repair.is_smallest else ""
    return f"The repair touches {people}{least}:"


def _slot_json(problem: Problem, slot: Slot) -> Json:
    begin, end = (_local(problem, minute).isoformat(timespec="minutes") for minute in (slot.begin, slot.end))
    return {"slot": slot.id, "post": slot.post, "code": slot.code, "from": begin, "to": end}


def _hole_json(problem: Problem, assignments: Sequence[Assignment], hole: Hole) -> Json:
    found = explain(problem, assignments, hole)
    return {
        "missing": hole.missing,
        "skills": dict(hole.skills),
        "free": found.free,
        "barred": {one.worker: [_violation_json(rule) for rule in one.violations] for one in found.barred},
    }


def _violation_json(violation: Violation) -> Json:
    return {
        "rule": violation.rule,
        "person": violation.worker,
        "slots": violation.slots,
        "limit": violation.limit,
        "found": violation.found,
        "citation": violation.citation,
        "sentence": f"{violation.worker} {say(violation)}",
    }


def _local(problem: Problem, minute: int) -> datetime:
    zone = timezone(timedelta(minutes=problem.rules.utc_offset_minutes))
    return moment_of(minute).astimezone(zone)


def _day_text(day: int) -> str:
    when = date_of(day)
    return f"{_WEEKDAYS[when.weekday()]} {when.isoformat()}"


def _slot_text(problem: Problem, slot: Slot) -> str:
    begin, end = _local(problem, slot.begin), _local(problem, slot.end)
    return f"{slot.post} {_WEEKDAYS[begin.weekday()]} {begin:%Y-%m-%d} {begin:%H:%M}–{end:%H:%M} {slot.code}".rstrip()


def _posts(problem: Problem, assignments: Iterable[Assignment], verdict: Verdict) -> Iterator[str]:
    people: dict[str, list[str]] = defaultdict(list)
    for one in assignments:
        people[one.slot].append(one.worker)
    holes = {hole.slot: hole for hole in verdict.holes}
    by_post: dict[str, list[Slot]] = defaultdict(list)
    for slot in sorted(problem.slots, key=lambda slot: (slot.begin, slot.id)):
        by_post[slot.post].append(slot)
    for post, slots in by_post.items():
        cells: dict[int, dict[str, str]] = defaultdict(dict)
        for slot in slots:
            hole = f" !! {say_hole(holes[slot.id])}" if slot.id in holes else ""
            cells[problem.rules.day(slot.begin)][slot.code] = ", ".join(people[slot.id]) + hole
        codes = list(dict.fromkeys(slot.code for slot in slots))
        rows = [[_day_text(day), *(own.get(code, "") for code in codes)] for day, own in sorted(cells.items())]
        yield "\n".join([post, *_aligned([["day", *codes], *rows])])


def _people(problem: Problem, assignments: Iterable[Assignment]) -> Iterator[str]:
    slots = {slot.id: slot for slot in problem.slots}
    own: dict[str, list[Slot]] = defaultdict(list)
    for one in assignments:
        own[one.worker].append(slots[one.slot])
    rows = [["person", *Burden, "hours"]]
    for worker in problem.workers:
        counts = burdens(problem.rules, own[worker.id])
        hours = sum(slot.minutes for slot in own[worker.id] if not slot.is_on_call) / 60
        rows.append(
            [worker.id, *(_with_history(counts[one], worker.history.get(one, 0)) for one in Burden), f"{hours:g}"]
        )
    yield from _aligned(rows)


def _with_history(count: int, before: int) -> str:
    return f"{count} (+{before})" if before else str(count)


def _faults(problem: Problem, assignments: Sequence[Assignment], verdict: Verdict) -> Iterator[str]:
    slots = {slot.id: slot for slot in problem.slots}
    for violation in verdict.violations:
        where = ", ".join(_slot_text(problem, slots[one]) for one in violation.slots)
        yield f"!! {violation.worker} {say(violation)}: {where}"
    for hole in verdict.holes[:_MOST_EXPLAINED]:
        yield f"!! {_slot_text(problem, slots[hole.slot])}: {say_hole(hole)}"
        yield from _reasons(explain(problem, assignments, hole))
    if len(verdict.holes) > _MOST_EXPLAINED:
        yield f"!! {len(verdict.holes) - _MOST_EXPLAINED} more holes; --json explains them all"


def _reasons(explanation: Explanation) -> Iterator[str]:
    """Who may fill a hole; then each sentence that stops people, with those whom it stops first."""
    yield "   may fill it: " + (", ".join(explanation.free) or "nobody")
    stopped: dict[str, list[str]] = defaultdict(list)
    for barrier in explanation.barred:
        stopped[say(barrier.violations[0])].append(barrier.worker)
    for sentence, people in sorted(stopped.items(), key=lambda one: -len(one[1])):
        yield f"   {sentence}: {', '.join(people)}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
