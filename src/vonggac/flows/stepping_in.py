"""Somebody steps in on a shift in force: looked at beside everybody who could, laid down as the roster then stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from vonggac.duty import planning, queries
from vonggac.duty.exchanging import Change
from vonggac.duty.models import Member, Shift
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.duty.services import exchanges, publishing
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import roster as flow
from vonggac.flows.roster import Applied, Naming
from vonggac.kernel.roster.values import Assignment
from vonggac.register.models import Person

# Whoever steps in is judged by what they stand so many days before and after.
MARGIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Setting:
    """A shift in force and what stands around it; `placed` holds nobody who is replaced, on leave or gone from it."""

    plan: Plan
    placed: frozenset[Assignment]
    slot: Slot
    instead: Member | None
    gone: frozenset[Assignment]
    """Where the one who is replaced stands."""
    not_there: Sequence[Shift]
    """Of those who are on it, who is not there."""
    absent: frozenset[int]
    """The members who cannot step in: they are replaced, or not there."""

    @property
    def seen(self) -> frozenset[str]:
        """Who is on the shift: what a form was written for."""
        return frozenset(one.worker for one in self.placed if one.slot == self.slot.id)

    @property
    def able(self) -> Mapping[str, Sequence[str]]:
        """Whoever may step in, with the rules that they break knowingly."""
        _hole, told = planning.relations(self.plan, self.placed, self.slot.id)
        free: dict[str, Sequence[str]] = dict.fromkeys(told.free, ())
        bent = {
            one.worker: sorted({rule.rule.value for rule in one.violations})
            for one in told.barred if planning.may_give_way(one)
        }  # fmt: skip
        return {worker: rules for worker, rules in (free | bent).items() if int(worker) not in self.absent}


def around(slot: str, instead: str = "", *, at: datetime) -> Setting:
    """The plan in force of a shift's post from three days before it to three days after, and who stands where."""
    post, day = planning.post_and_day(slot)
    plan, placed = planning.around([post], day - MARGIN, day + MARGIN, at=at)
    if slot not in plan.slots:
        raise OutOfScope("this shift is not in the roster; look at the page again")
    replaced = plan.members.get(instead)
    gone = placed & ({Assignment(slot, instead)} if replaced else set())
    not_there = queries.not_there(plan.slots[slot], at)
    absent = members_of(not_there, plan) | ({replaced.pk} if replaced else set())
    placed -= {Assignment(slot, str(number)) for number in absent}
    return Setting(plan, placed, plan.slots[slot], replaced, gone, not_there, frozenset(absent))


def members_of(shifts: Iterable[Shift], plan: Plan) -> set[int]:
    """Whose shifts they are, of those whom a plan knows; an imported table may know their name alone."""
    named = {member.name: member.pk for member in plan.members.values()}
    return {number for one in shifts if (number := one.member_id or named.get(one.person_name))}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to step in on which shift, in place of whom (""), and why though a rule stands against it.

    `seen`: who was on the shift when this was asked, None where nobody looked.
    """

    slot: str
    member: str
    instead: str = ""
    seen: frozenset[str] | None = None
    reason: str = ""


@transaction.atomic
def step_in(asked: Asked, name: str, *, by: Person, at: datetime) -> Applied:
    """One person more on a shift in force, or in place of another; `name` is that of the change.

    Whoever changes the same office's roster at this moment comes before or after: this is judged by what then stands.
    """
    post, _day = planning.post_and_day(asked.slot)
    publishing.lock_posts(post.organisation)
    setting = around(asked.slot, asked.instead, at=at)
    if asked.seen is not None and asked.seen != setting.seen:
        raise WrongState("the roster has changed meanwhile; look at it once more")
    rules = setting.able.get(asked.member)
    if rules is None:
        raise InputError("this person may not stand on the shift any more; look at the list again")
    reason = asked.reason.strip() if rules else ""
    if rules and not reason:
        raise InputError("say why this person is put on although a rule stands against it")
    said = {"reason": reason[:500], "rules": rules, "person": setting.plan.members[asked.member].name} if rules else {}
    change = Change(frozenset({Assignment(asked.slot, asked.member)}), setting.gone)
    done = flow.change_in_force(setting.plan, change, Naming(name, reason=reason, said=said), by=by, at=at)
    if setting.instead is not None:
        exchanges.end_for(setting.instead, asked.slot, at=at)
    return done
