"""Leave over published shifts: which ones it empties, the smallest change that fills them, and that change in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.duty import exchanging, planning, queries
from vonggac.duty.models import Leave, LeaveState, Member, Post, Shift
from vonggac.duty.patterns import Slot, day_of
from vonggac.duty.planning import Plan
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows.roster import Applied, Naming
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.values import Assignment, Change, Hole, minute_of
from vonggac.register.models import Person
from vonggac.solver import process

# Somebody waits for the page; counted in the solver's own units, so that the change applied is the change shown.
SEARCH = Settings(seconds=4, workers=1, is_deterministic=True)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a leave empties, and the smallest repair of it; nothing is written."""

    leave: Leave
    posts: Sequence[Post]
    plan: Plan
    lost: Sequence[Slot]
    changes: Sequence[Change]
    holes: Sequence[Hole]
    """What stays open among the slots of `lost`."""

    @property
    def key(self) -> str:
        """The same for the same change: what was shown is what is applied."""
        return " ".join(f"{'+-'[not one.is_added]}{one.slot}/{one.worker}" for one in self.changes)

    @property
    def touched(self) -> list[tuple[Member, list[Slot], list[Slot]]]:
        """(who, shifts put on, shifts taken off) for everybody but the one on leave."""
        found: dict[str, tuple[list[Slot], list[Slot]]] = {}
        for one in self.changes:
            if one.worker != str(self.leave.member_id):
                found.setdefault(one.worker, ([], []))[not one.is_added].append(self.plan.slots[one.slot])
        return [(self.plan.members[worker], *slots) for worker, slots in found.items()]


def emptied(leave: Leave, *, at: datetime) -> list[Shift]:
    """The published shifts to come in which the leave falls."""
    found = queries.shifts(max(leave.from_utc, at), leave.to_utc) if leave.to_utc > at else []
    return [one for one in found if one.from_utc > at and _is_of(one, leave.member)]


def running(leave: Leave, *, at: datetime) -> Shift | None:
    """The shift under way in which the leave falls at this moment, its person not gone yet."""
    if not leave.from_utc <= at < leave.to_utc:
        return None
    under_way = queries.shifts(at, at + timedelta.resolution)
    return next((one for one in under_way if _is_of(one, leave.member) and not queries.has_left(one, at)), None)


def _is_of(shift: Shift, member: Member) -> bool:
    """True for a shift of this person; an imported table may know their name alone."""
    if shift.member_id is not None:
        return shift.member_id == member.pk
    return shift.person_name == member.name and shift.post.organisation_id == member.organisation_id


def offer(leave_id: int, *, at: datetime) -> Offer | None:
    """The smallest repair for a granted leave; None where it empties no shift of the office's posts any more."""
    leave = Leave.objects.select_related("member__organisation").filter(pk=leave_id).first()
    if leave is None:
        raise OutOfScope(f"leave {leave_id} is not among those you may see")
    shifts = [one for one in emptied(leave, at=at) if one.post.organisation_id == leave.member.organisation_id]
    if leave.state != LeaveState.GRANTED or not shifts:
        return None
    posts = list({one.post_id: one.post for one in shifts}.values())
    # A night belongs to the day on which it begins.
    first, last = (day_of(one.from_utc) for one in (shifts[0], shifts[-1]))
    plan, placed = planning.around(posts, first, last, at=at)
    worker, span = str(leave.member_id), (minute_of(leave.from_utc), minute_of(leave.to_utc))
    trouble = troubles.absence(plan.problem, placed, worker, *span)
    if not trouble.mend:
        return None
    found = process.repair(trouble, sorted(placed), SEARCH, frozen_before=minute_of(at))
    lost = [plan.slots[one] for one in trouble.mend]
    holes = [hole for hole in found.roster.holes if hole.slot in trouble.mend]
    return Offer(leave, posts, plan, sorted(lost, key=lambda slot: slot.from_utc), found.changes, holes)


def apply(leave_id: int, key: str, *, by: Person, at: datetime) -> Applied:
    """The repair that was shown as `key`, in force, and everybody whom it touches told."""
    found = offer(leave_id, at=at)
    if found is None or found.key != key:
        raise WrongState("the roster has changed meanwhile; look at the repair once more")
    name = found.leave.member.name
    added, removed = (
        frozenset(Assignment(one.slot, one.worker) for one in found.changes if one.is_added is is_added)
        for is_added in (True, False)
    )
    naming = Naming(name, "repair", f"leave of {name}")
    return flow.change_in_force(found.plan, exchanging.Change(added, removed), naming, by=by, at=at)
