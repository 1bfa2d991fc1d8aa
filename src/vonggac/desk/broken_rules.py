"""The rules that a roster breaks, as pages list them: who, which rule with its citation, on which shift."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from vonggac.desk import roster_words
from vonggac.duty.models import Post
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.kernel.roster.values import Violation

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One broken rule, with the first of its shifts and how many more it is about."""

    name: str
    sentence: str
    slot: Slot
    post: Post
    more: int


@dataclass(frozen=True, slots=True)
class Broken:
    """What a list shows, and what it folds away."""

    shown: Sequence[Line] = ()
    rest: Sequence[Line] = ()


def listed(plan: Plan, violations: Iterable[Violation], days: tuple[date, date] | None = None) -> Broken:
    """The broken rules in the order of time; with `days`, those of a shift that begins on one of them come first."""
    lines = sorted((_line(one, plan) for one in violations if one.slots), key=lambda one: (one.slot.from_utc, one.name))
    if days:
        lines.sort(key=lambda one: not days[0] <= one.slot.day <= days[1])
    return Broken(lines[:SHOWN], lines[SHOWN:])


def _line(one: Violation, plan: Plan) -> Line:
    slot = plan.slots[one.slots[0]]
    sentence = roster_words.broken(one, plan, one.slots[0])
    return Line(plan.members[one.worker].name, sentence, slot, plan.posts[slot.post_id], len(one.slots) - 1)
