"""Leave over published shifts: which ones it empties, the smallest change that fills them, and that change in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from vonggac.duty import planning, queries
from vonggac.duty.models import Leave, LeaveState, Member, Shift
from vonggac.duty.patterns import Slot, day_of
from vonggac.duty.planning import Plan
from vonggac.duty.services import publishing
from vonggac.duty.services.rosters import LONGEST_DAYS
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows.local_times import short_day
from vonggac.flows.mending import SEARCH, Mending, shown
from vonggac.flows.roster import Applied, Naming
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, minute_of
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


@dataclass(frozen=True, slots=True)
class _Setting:
    """A leave among what is in force around it; `trouble` is what is to be mended."""

    leave: Leave
    plan: Plan
    placed: frozenset[Assignment]
    trouble: Trouble

    @property
    def about(self) -> str:
        return f"leave {self.leave.pk}"


def _around(leave: Leave, at: datetime) -> _Setting | None:
    shifts = [one for one in emptied(leave, at=at) if one.post.organisation_id == leave.member.organisation_id]
    if leave.state != LeaveState.GRANTED or not shifts:
        return None
    # What lies further off is repaired once this is: no version is longer.
    shifts = [one for one in shifts if one.from_utc - shifts[0].from_utc < timedelta(days=LONGEST_DAYS - 1)]
    posts = list({one.post_id: one.post for one in shifts}.values())
    # A night belongs to the day on which it begins.
    first, last = (day_of(one.from_utc) for one in (shifts[0], shifts[-1]))
    plan, placed = planning.around(posts, first, last, at=at)
    span = minute_of(leave.from_utc), minute_of(leave.to_utc)
    trouble = troubles.absence(plan.problem, placed, str(leave.member_id), *span)
    return _Setting(leave, plan, placed, trouble) if trouble.mend else None


def _leave(leave_id: int) -> Leave:
    leave = Leave.objects.select_related("member__organisation").filter(pk=leave_id).first()
    if leave is None:
        raise OutOfScope(f"leave {leave_id} is not among those you may see")
    return leave


def offer(leave_id: int, *, at: datetime) -> Offer | None:
    """The smallest repair for a granted leave; None where it empties no shift of the office's posts any more."""
    there = _around(_leave(leave_id), at)
    if there is None:
        return None
    found = process.repair(there.trouble, sorted(there.placed), SEARCH, frozen_before=minute_of(at))
    lost = sorted((there.plan.slots[one] for one in there.trouble.mend), key=lambda slot: slot.from_utc)
    holes = [hole for hole in found.roster.holes if hole.slot in there.trouble.mend]
    return Offer(there.about, there.plan, there.placed, found.changes, holes, there.leave, lost)


@transaction.atomic
def apply(leave_id: int, key: str, *, by: Person, at: datetime) -> Applied:
    """The repair that was shown as `key`, in force, and everybody whom it touches told."""
    leave = _leave(leave_id)
    publishing.lock_posts(leave.member.organisation)
    there = _around(leave, at)
    if there is None:
        raise WrongState("the roster has changed meanwhile; look at the repair once more")
    change = shown(key, there.about, there.plan, there.placed)
    if not change.added | change.removed:
        raise WrongState("nobody may come to this shift under the rules")
    # Of what kind the leave is concerns nobody else.
    first, last = short_day(leave.from_utc), short_day(leave.to_utc - timedelta.resolution)
    name, days = leave.member.name, first if first == last else f"{first}–{last}"
    naming = Naming(f"thay {name} nghỉ {days}", "repair", f"leave of {name}")
    return flow.change_in_force(there.plan, change, naming, by=by, at=at)
