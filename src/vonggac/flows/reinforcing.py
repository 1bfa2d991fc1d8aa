"""More people on one shift: the smallest change that brings them, and that change in force with the higher need.

The need stays with the shift: whoever cannot be found is a hole that shouts, and a later plan keeps who was brought.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from vonggac.duty import planning, queries
from vonggac.duty.models import Post
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.duty.services import posts as services
from vonggac.duty.services import publishing
from vonggac.duty.services.posts import Reinforcing
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows.mending import SEARCH, Mending, shown
from vonggac.flows.roster import Applied, Naming
from vonggac.flows.stepping_in import members_of
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, Problem, minute_of
from vonggac.kernel.roster.values import Slot as Asked
from vonggac.register.models import Person
from vonggac.solver import process

MOST = 20
# Whoever stands on a neighbouring shift may be moved, so that nobody else has to be called.
MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Need:
    """So many more on a shift; with a skill, all of them have it."""

    slot: str
    more: int
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Offer(Mending):
    """Who comes to the shift by the smallest change; `asked` is what it asks for then."""

    slot: Slot
    post: Post
    asked: Asked
    lacked: int
    """How many lacked there before: who comes beyond `more` fills that."""
    keeps_need: bool
    """False for a shift of a table, which asks for whoever stands on it."""

    @property
    def is_worth_it(self) -> bool:
        """True where applying it does something: somebody comes, or the higher need is kept."""
        return bool(self.changes) or self.keeps_need


@dataclass(frozen=True, slots=True)
class _Setting:
    """A need among what is in force around it; `trouble` is what is to be mended."""

    post: Post
    plan: Plan
    placed: frozenset[Assignment]
    slot: Slot
    trouble: Trouble
    asked: Asked

    @property
    def keeps_need(self) -> bool:
        """False for a shift of a table, which asks for whoever stands on it."""
        return bool(self.slot.type_id)


def _around(need: Need, at: datetime) -> _Setting:
    if not 1 <= need.more <= MOST:
        raise InputError(f"1 to {MOST} people more come to one shift")
    post, day = planning.post_and_day(need.slot)
    plan, placed = planning.around([post], day - MARGIN, day + MARGIN, at=at)
    slot = plan.slots.get(need.slot)
    if slot is None:
        raise OutOfScope("this shift is not in the roster; look at the page again")
    if slot.to_utc <= at:
        raise InputError("this shift is over; who stood it does not change any more")
    placed, problem = _without_absent(plan, placed, slot, at)
    skills = ((need.skill, need.more),) if need.skill else ()
    # With a skill nobody is called who does not have it, not even where too few do.
    trouble = troubles.reinforced(problem, placed, frozenset({slot.id}), 0 if skills else need.more, skills)
    asked = next(one for one in trouble.problem.slots if one.id == slot.id)
    asked = replace(asked, minimum=asked.minimum + (need.more if skills else 0))
    return _Setting(post, plan, placed, slot, trouble, asked)


def _without_absent(
    plan: Plan, placed: frozenset[Assignment], slot: Slot, at: datetime
) -> tuple[frozenset[Assignment], Problem]:
    """(who stands where, the problem) without those on the shift who left or are on leave: nobody counts on them."""
    absent = {str(number) for number in members_of(queries.not_there(slot, at), plan)}
    span = minute_of(slot.from_utc), minute_of(slot.to_utc)
    workers = (
        replace(one, leave=(*one.leave, span)) if one.id in absent else one for one in plan.problem.workers
    )  # fmt: skip
    gone = {Assignment(slot.id, number) for number in absent}
    return placed - gone, replace(plan.problem, workers=tuple(workers), fixed=plan.problem.fixed - gone)


def offer(need: Need, *, at: datetime) -> Offer:
    """The smallest change that brings so many more to a shift that is not over."""
    there = _around(need, at)
    plan, placed, slot = there.plan, there.placed, there.slot
    # People can be put on a shift that runs; who stands on it stays, as on every shift that has begun.
    frozen = min(minute_of(at), minute_of(slot.from_utc))
    found = process.repair(there.trouble, sorted(placed), SEARCH, frozen_before=frozen)
    holes = [hole for hole in found.roster.holes if hole.slot == slot.id]
    lacked = max(0, slot.minimum - sum(one.slot == slot.id for one in placed))
    return Offer(
        repr(need), plan, placed, found.changes, holes, slot, there.post, there.asked, lacked, there.keeps_need
    )  # fmt: skip


def skills_of(post: Post) -> Sequence[str]:
    """The skills that people of a post have."""
    held = post.members.values_list("skills", flat=True)
    return sorted({skill for skills in held for skill in skills})


@transaction.atomic
def apply(need: Need, key: str, *, by: Person, at: datetime) -> Applied:
    """The change that was shown as `key`, in force, with the need that it is for; everybody whom it touches is told."""
    post, _day = planning.post_and_day(need.slot)
    publishing.lock_posts(post.organisation)
    there = _around(need, at)
    change = shown(key, repr(need), there.plan, there.placed)
    if not change.added | change.removed and not there.keeps_need:
        raise WrongState("nobody may come to this shift under the rules")
    raised = [_raise(there, at)] if there.keeps_need else []
    if not change.added | change.removed:
        return Applied(None, [], there.slot.day)
    naming = Naming(post.name, "reinforce", "", {"more": need.more, "skill": need.skill}, raised)
    return flow.change_in_force(there.plan, change, naming, by=by, at=at)


def _raise(found: _Setting, at: datetime) -> int:
    day, asked = found.slot.day, found.asked
    need = Reinforcing(day, day, found.slot.code, asked.minimum, skills=dict(asked.skills))
    return services.reinforce(found.post.pk, need, at=at).pk
