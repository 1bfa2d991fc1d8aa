"""Leave over published shifts: which ones it empties, the smallest change that fills them, and that change in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.duty import planning, queries
from vonggac.duty.models import Leave, LeaveState, Member, Shift
from vonggac.duty.patterns import Slot, day_of
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows.local_times import short_day
from vonggac.flows.mending import SEARCH, Mending
from vonggac.flows.roster import Applied, Naming
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.values import minute_of
from vonggac.register.models import Person
from vonggac.solver import process


@dataclass(frozen=True, slots=True)
class Offer(Mending):
    """What a leave empties, `lost`, and the smallest repair of it."""

    leave: Leave
    lost: Sequence[Slot]

    @property
    def stand_ins(self) -> list[tuple[Member, list[Slot], list[Slot]]]:
        """Whom it touches beside the one on leave."""
        return [one for one in self.touched if one[0].pk != self.leave.member_id]


def emptied(leave: Leave, *, at: datetime) -> list[Shift]:
    """The published shifts to come in which the leave falls."""
    found = queries.shifts(max(leave.from_utc, at), leave.to_utc) if leave.to_utc > at else []
    return [one for one in found if one.from_utc > at and _is_of(one, leave.member)]


def running(leave: Leave, *, at: datetime) -> Shift | None:
    """The shift under way in which the leave falls, now or before its end; its person is not gone yet."""
    if leave.to_utc <= at:
        return None
    under_way = queries.shifts(at, at + timedelta.resolution)
    mine = (one for one in under_way if _is_of(one, leave.member) and not queries.has_left(one, at))
    return next((one for one in mine if leave.from_utc < one.to_utc), None)


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
    return Offer(plan, found.changes, holes, leave, sorted(lost, key=lambda slot: slot.from_utc))


def apply(leave_id: int, key: str, *, by: Person, at: datetime) -> Applied:
    """The repair that was shown as `key`, in force, and everybody whom it touches told."""
    found = offer(leave_id, at=at)
    if found is None:
        raise WrongState("the roster has changed meanwhile; look at the repair once more")
    found.check(key)
    # Of what kind the leave is concerns nobody else.
    first, last = short_day(found.leave.from_utc), short_day(found.leave.to_utc - timedelta.resolution)
    name, days = found.leave.member.name, first if first == last else f"{first}–{last}"
    naming = Naming(f"thay {name} nghỉ {days}", "repair", f"leave of {name}")
    return flow.change_in_force(found.plan, found.change, naming, by=by, at=at)
