"""Who decides about leave: who makes rosters, or leads a post of theirs; oneself only where nobody else may."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from vonggac.duty.models import Leave, LeaveState, Member, Shift
from vonggac.register.models import Person, RoleName

DECIDING = (RoleName.HEAD, RoleName.DUTY_OFFICER)


def deciders(member: Member) -> list[Person]:
    """Everybody else who may decide about leave of this member, the head first."""
    at_office = Q(roles__organisation=member.organisation_id, roles__name__in=DECIDING)
    leads = Q(pk__in=member.posts.filter(lead__isnull=False).values("lead"))
    found = Person.objects.filter(at_office | leads, is_active=True).exclude(pk=member.person_id or 0).distinct()
    heads = set(found.filter(roles__name=RoleName.HEAD).values_list("pk", flat=True))
    return sorted(found, key=lambda one: (one.pk not in heads, one.pk))


def is_alone(person: Person, member: Member) -> bool:
    """True for one's own leave about which nobody else may decide."""
    return member.person_id == person.pk and not deciders(member)


def may_decide(person: Person, member: Member, *, may_assign: bool) -> bool:
    """True when this person may grant or refuse leave of the member."""
    if member.person_id == person.pk:
        return may_assign and is_alone(person, member)
    return may_assign or member.posts.filter(lead=person).exists()


def during(shifts: Collection[Shift], leaves: Collection[Leave]) -> dict[int, Leave]:
    """Shift → the granted leave of its person in whose time it lies, or a part of it."""
    granted = [one for one in leaves if one.state == LeaveState.GRANTED]
    return {
        shift.pk: one for shift in shifts for one in granted
        if one.from_utc < shift.to_utc and shift.from_utc < one.to_utc
    }  # fmt: skip


def waiting_for(person: Person, at: datetime, *, may_assign: bool) -> list[Leave]:
    """The requests for leave that this person may decide now, the nearest first."""
    asked = Leave.objects.select_related("member__organisation").filter(state=LeaveState.ASKED, to_utc__gt=at)
    if not may_assign:
        asked = asked.filter(member__posts__lead=person).distinct()
    found = asked.order_by("from_utc", "pk")
    return [one for one in found if one.member.person_id != person.pk or (may_assign and is_alone(person, one.member))]
