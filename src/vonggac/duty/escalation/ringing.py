"""Whom one rings up by phone when no call was answered: who was called, and who was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vonggac.duty.escalation import services
from vonggac.duty.escalation.recipients import Place, Watchers
from vonggac.duty.escalation.rules import NOT_PEOPLE, PlanStep, Target
from vonggac.duty.models import Escalation, Page


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody to ring up; `was_called` when a letter of this escalation left the desk for them."""

    name: str
    phone: str
    was_called: bool
    is_on_leave: bool = False


def to_ring(escalation: Escalation, *, at: datetime) -> list[Reached]:
    """Whoever is on duty now and whom the plan names, on leave too; those first whom no letter left for."""
    return people(Watchers([place_of(escalation)], at), escalation)


def people(watchers: Watchers, escalation: Escalation) -> list[Reached]:
    """The same, of watchers at hand."""
    place, steps = place_of(escalation), _steps(escalation)
    sent = Page.objects.filter(escalation=escalation, letter__sent_at__isnull=False)
    told = set(sent.values_list("person_id", "name"))
    found = {(one.person_id, one.name): one for step in steps for one in watchers.named(place, step)}
    away = {(one.person_id, one.name): one for step in steps for one in watchers.on_leave(place, step)}
    away = {key: one for key, one in away.items() if key not in found}
    reached = [Reached(one.name, one.phone, key in told, key in away) for key, one in (found | away).items()]
    return sorted(reached, key=lambda one: one.was_called)


def place_of(escalation: Escalation) -> Place:
    """Where its steps look for people."""
    return Place(escalation.organisation, escalation.post_id, escalation.command_post_id)


def _steps(escalation: Escalation) -> Sequence[PlanStep]:
    planned = services.plan_of(escalation).steps
    return [PlanStep(Target.POST, 0), *(step for step in planned if step.target not in NOT_PEOPLE)]
