"""A draft of a roster as a grid of values: post and shift down, a week of days across, who stands and what lacks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vonggac.desk import roster_words, times
from vonggac.duty.models import Member, Post
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.duty.skills import LEAD
from vonggac.kernel.roster.checking import burdens
from vonggac.kernel.roster.values import Assignment, Burden, Verdict, moment_of
from vonggac.kernel.text import alphabetic

DAYS = 7


@dataclass(frozen=True, slots=True)
class Chip:
    """One person on one shift; `problems` are the rules that standing there breaks."""

    member: Member
    is_lead: bool
    is_fixed: bool
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One shift of one day."""

    slot: Slot
    chips: Sequence[Chip]
    lack: str
    is_past: bool
    is_now: bool
    short_of_wished: int


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of a post over the week; None where it is not stood that day."""

    post: Post
    code: str
    hours: str
    is_on_call: bool
    cells: Sequence[Cell | None]
    is_first_of_post: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What one person bears in the draft, and with what came before it."""

    member: Member
    shifts: int
    hours: int
    nights: int
    weekends: int
    holidays: int
    nights_before: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A week of a draft."""

    days: Sequence[date]
    holidays: Mapping[date, str]
    today: date
    lines: Sequence[Line]
    loads: Sequence[Load]


def lay_out(plan: Plan, placed: Iterable[Assignment], verdict: Verdict, monday: date, now: datetime) -> Grid:
    """The week of a plan that begins on a Monday."""
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    placed = sorted(placed)
    on: dict[str, list[str]] = defaultdict(list)
    for one in placed:
        on[one.slot].append(one.worker)
    problems = _problems(plan, verdict)
    fixed = {(one.slot, one.worker) for one in plan.problem.fixed}
    lacks = {hole.slot: roster_words.lack(hole.missing, hole.skills) for hole in verdict.holes}
    cells: dict[tuple[int, int, str, str, bool], dict[date, Cell]] = defaultdict(dict)
    for slot in plan.slots.values():
        if days[0] <= slot.day <= days[-1]:
            chips = [_chip(plan, slot, worker, problems, fixed) for worker in on[slot.id]]
            cells[_line_key(plan, slot)][slot.day] = Cell(
                slot=slot,
                chips=sorted(chips, key=lambda chip: (not chip.is_lead, alphabetic(chip.member.name))),
                lack=lacks.get(slot.id, ""),
                is_past=slot.to_utc <= now,
                is_now=slot.from_utc <= now < slot.to_utc,
                short_of_wished=max(0, slot.wished - max(slot.minimum, len(chips))),
            )
    lines, last = [], None
    for key in sorted(cells):
        slot = next(iter(cells[key].values())).slot
        row = [cells[key].get(day) for day in days]
        hours = f"{times.clock(slot.from_utc)}–{times.clock(slot.to_utc)}"
        lines.append(Line(plan.posts[slot.post_id], slot.code, hours, slot.is_on_call, row, slot.post_id != last))
        last = slot.post_id
    return Grid(days, plan.holidays, times.local(now).date(), lines, loads(plan, placed))


def _line_key(plan: Plan, slot: Slot) -> tuple[int, int, str, str, bool]:
    """A line is a post's shift by its hours and letter, whatever type stands behind it on which day."""
    order = list(plan.posts)
    minute = times.local(slot.from_utc).hour * 60 + times.local(slot.from_utc).minute
    length = str((slot.to_utc - slot.from_utc) // timedelta(minutes=1)).zfill(5)
    return order.index(slot.post_id), minute, length, slot.code, slot.is_on_call


def _problems(plan: Plan, verdict: Verdict) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for violation in verdict.violations:
        for slot_id in violation.slots:
            found[slot_id, violation.worker].append(roster_words.broken(violation, plan, slot_id))
    return {key: list(dict.fromkeys(told)) for key, told in found.items()}


def _chip(
    plan: Plan,
    slot: Slot,
    worker: str,
    problems: Mapping[tuple[str, str], Sequence[str]],
    fixed: set[tuple[str, str]],
) -> Chip:
    member = plan.members[worker]
    return Chip(member, LEAD in member.skills, (slot.id, worker) in fixed, problems.get((slot.id, worker), ()))


def loads(plan: Plan, placed: Iterable[Assignment]) -> list[Load]:
    """What each person bears, the least burdened first: whom to ask next."""
    slots = {slot.id: slot for slot in plan.problem.slots}
    own: dict[str, list[str]] = defaultdict(list)
    for one in placed:
        own[one.worker].append(one.slot)
    found = []
    for worker in plan.problem.workers:
        mine = [slots[slot_id] for slot_id in own[worker.id]]
        counts: Counter[Burden] = burdens(plan.problem.rules, mine)
        hours = sum(slot.minutes for slot in mine if not slot.is_on_call) // 60
        found.append(
            Load(
                plan.members[worker.id], counts[Burden.SHIFTS], hours, counts[Burden.NIGHTS], counts[Burden.WEEKENDS],
                counts[Burden.HOLIDAYS], worker.history.get(Burden.NIGHTS, 0),
            )
        )  # fmt: skip
    return sorted(found, key=lambda load: (load.shifts, load.hours, alphabetic(load.member.name)))


def rest_before(plan: Plan, placed: Iterable[Assignment], worker_id: str, slot: Slot) -> timedelta | None:
    """How long somebody would have rested before a shift; None when nothing came before it in the days that count."""
    worker = next(one for one in plan.problem.workers if one.id == worker_id)
    ends = [moment_of(stint.end) for stint in worker.stints if not stint.is_on_call]
    ends += [
        plan.slots[one.slot].to_utc
        for one in placed
        if one.worker == worker_id and one.slot != slot.id and not plan.slots[one.slot].is_on_call
    ]
    before = [end for end in ends if end <= slot.from_utc]
    return slot.from_utc - max(before) if before else None
