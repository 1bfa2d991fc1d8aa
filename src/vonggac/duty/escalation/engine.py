"""What is due is done: each step in one transaction, so that a killed engine leaves it as it was and another does it.

Nothing leaves the desk here: calls become pages, pages become letters, and only letters are sent.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from vonggac.duty.escalation import apart, letters, ringing, rules, services, standing
from vonggac.duty.escalation.recipients import Called, Recipient, Watchers
from vonggac.duty.escalation.rules import Change, Kind, State
from vonggac.duty.models import Channel, Concern, Escalation, Letter, Page, Step
from vonggac.ledger import services as ledger
from vonggac.register.models import Person

BATCH = 100


@dataclass(slots=True)
class _Turn:
    """One batch of due steps, with what is written for all of them at its end."""

    watchers: Watchers
    at: datetime
    corrected: list[Step] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    changes: list[tuple[Escalation, Change]] = field(default_factory=list)
    entries: list[tuple[str, Escalation, dict[str, Any]]] = field(default_factory=list)


@transaction.atomic
def take_due(*, at: datetime, limit: int = BATCH) -> int:
    """The number of due steps that are done now, the longest due first; those in other hands are passed over.

    A step that cannot be done is put off, and says why: it stops no other.
    """
    waiting = Step.objects.filter(done_at__isnull=True, due_at__lte=at).order_by("due_at", "pk")
    held = waiting.select_related("escalation").select_for_update(skip_locked=True, of=("self", "escalation"))
    numbers = [step.pk for step in held[:limit]]
    return apart.each(numbers, lambda some: _take_all(some, at), lambda one, why: _put_off(one, why, at))


def _take_all(numbers: Sequence[int], at: datetime) -> int:
    """The number of these steps, which the caller has locked."""
    steps = list(
        Step.objects.filter(pk__in=numbers).select_related("escalation__organisation").order_by("due_at", "pk")
    )
    # One object an escalation: two of its steps may be due at once.
    escalations = {step.escalation_id: step.escalation for step in steps}
    _settle(escalations.values(), at)
    places = [ringing.place_of(escalation) for escalation in escalations.values()]
    answered = [answer["person"] for escalation in escalations.values() for answer in escalation.taken_by]
    turn = _Turn(Watchers(places, at, others=answered), at)
    # Done before the next of its kind begins to wait: of each kind one waits.
    Step.objects.filter(pk__in=[step.pk for step in steps]).update(done_at=at, failure="")
    for step in steps:
        step.escalation, step.done_at = escalations[step.escalation_id], at
        _take(step, turn)
    services.move_many(turn.changes, at)
    Step.objects.bulk_update(turn.corrected, ["round", "position", "was_dropped"])
    Page.objects.bulk_create(turn.pages)
    _record(turn)
    return len(steps)


def _put_off(number: int, why: str, at: datetime) -> None:
    """Try the step again in a while; the timeline says it once, and health as long as it lasts."""
    step = Step.objects.get(pk=number)
    failure = why[:300]
    if step.failure != failure:
        ledger.record(
            "escalation.fail", services.SUBJECT, step.escalation_id, step.org_path, at=at,
            why=failure, next=(at + letters.TRY_AGAIN).isoformat(),
        )  # fmt: skip
    Step.objects.filter(pk=number).update(due_at=at + letters.TRY_AGAIN, failure=failure)


@transaction.atomic
def settle_open(*, at: datetime) -> int:
    """How many open escalations ended now because all their reasons are gone; those in other hands are passed over."""
    open_ones = Escalation.objects.select_for_update(skip_locked=True).filter(ended_at__isnull=True)
    numbers = [escalation.pk for escalation in open_ones.order_by("pk")]
    # One that cannot be asked goes on: its next step says why.
    return apart.each(numbers, lambda some: _settle_all(some, at), lambda _one, _why: None)


def _settle_all(numbers: Sequence[int], at: datetime) -> int:
    escalations = list(Escalation.objects.filter(pk__in=numbers).order_by("pk"))
    _settle(escalations, at)
    return sum(escalation.ended_at is not None for escalation in escalations)


def _settle(escalations: Collection[Escalation], at: datetime) -> None:
    """End those whose reasons are all gone; the others are no longer about what is over."""
    concerns = Concern.objects.filter(escalation__in=[e.pk for e in escalations], settled_at__isnull=True)
    gone = standing.over(concerns, at=at)
    if gone:
        concerns.filter(pk__in=gone).update(settled_at=at)
        left = set(concerns.values_list("escalation_id", flat=True))
        for escalation in escalations:
            if escalation.pk not in left and escalation.ended_at is None:
                services.close(escalation, at=at)


def _take(step: Step, turn: _Turn) -> None:
    escalation = step.escalation
    before = (step.round, step.position, step.was_dropped)
    step.round, step.position = escalation.round, escalation.position
    step.was_dropped = escalation.ended_at is not None or not _ACTS[Kind(step.kind)](step, turn)
    if (step.round, step.position, step.was_dropped) != before:
        turn.corrected.append(step)


def _call(step: Step, turn: _Turn) -> bool:
    """Call the step at hand, or find that everybody was called; False when somebody has answered meanwhile."""
    escalation = step.escalation
    plan, course = services.plan_of(escalation), services.course_of(escalation)
    course = rules.at_hand(plan, course)
    if course.state == State.EXHAUSTED:
        turn.changes.append((escalation, Change(course)))
        missed = [one.name for one in ringing.people(turn.watchers, escalation) if not one.was_called]
        answered = [answer["name"] for answer in escalation.taken_by]
        named = {"not_called": missed, "answered": answered}
        said = {name: people for name, people in named.items() if people}
        turn.entries.append(("escalation.exhaust", escalation, {"rounds": plan.rounds, **said}))
        return True
    if course.state != State.CALLING:
        return False
    place, plan_step = ringing.place_of(escalation), plan.step(course.position)
    called = turn.watchers.called(place, plan_step, answered=course.taken_by)
    if not called.recipients and rules.is_unheard(plan, course):
        called = replace(
            called, recipients=turn.watchers.from_leave(place, plan.carried_out(), answered=course.taken_by)
        )
    step.round, step.position = course.round, course.position
    change = rules.called(plan, course, reached=bool(called.recipients), at=turn.at)
    turn.changes.append((escalation, change))
    _write_pages(step, called.recipients, turn)
    detail = _detail(called, turn.watchers.unreachable(place, plan_step), change)
    turn.entries.append(("escalation.call", escalation, {"target": plan_step.target.value, **detail}))
    return True


def _update(step: Step, turn: _Turn) -> bool:
    """Tell whoever has answered what has come since."""
    return _tell_takers(step, turn, "escalation.update")


def _remind(step: Step, turn: _Turn) -> bool:
    """Ask whoever has taken it on for a note before their time is over."""
    return _tell_takers(step, turn, "escalation.remind")


def _tell_takers(step: Step, turn: _Turn, act: str) -> bool:
    escalation = step.escalation
    if not escalation.taken_by:
        return False
    people = Person.objects.filter(pk__in=[answer["person"] for answer in escalation.taken_by], is_active=True)
    recipients = turn.watchers.people(people, escalation.organisation)
    _write_pages(step, recipients, turn)
    turn.entries.append((act, escalation, {"people": [recipient.name for recipient in recipients]}))
    return True


def _expire(step: Step, turn: _Turn) -> bool:
    """End an acknowledgement for which no note came: the call goes on."""
    escalation = step.escalation
    course = services.course_of(escalation)
    change = rules.expired(services.plan_of(escalation), course, at=turn.at)
    if change.course == course:
        return False
    names = [answer["name"] for answer in escalation.taken_by]
    turn.changes.append((escalation, change))
    turn.entries.append(("escalation.expire", escalation, {"people": names}))
    return True


_ACTS = {Kind.CALL: _call, Kind.UPDATE: _update, Kind.REMIND: _remind, Kind.EXPIRE: _expire}


def _write_pages(step: Step, recipients: Iterable[Recipient], turn: _Turn) -> None:
    """One page for each address, at once or after its owner's own wait."""
    seen: set[tuple[int | None, str]] = set()
    for recipient in recipients:
        for way in recipient.ways:
            if (way.channel_id, way.address) not in seen:
                seen.add((way.channel_id, way.address))
                turn.pages.append(
                    Page(
                        step=step, escalation=step.escalation, org_path=step.org_path, person_id=recipient.person_id,
                        name=recipient.name, language=recipient.language, channel_id=way.channel_id,
                        address=way.address, due_at=turn.at + timedelta(minutes=way.after_minutes),
                    )
                )  # fmt: skip


def _detail(called: Called, unreachable: Sequence[Recipient], change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {"people": [recipient.name for recipient in called.recipients]}
    for name, left_out in (
        ("spared", called.spared), ("on_leave", called.on_leave), ("without_address", unreachable),
    ):  # fmt: skip
        if left_out:
            found[name] = [recipient.name for recipient in left_out]
    return found | {"next": change.due[0].at.isoformat()}


def _record(turn: _Turn) -> None:
    """One entry for each thing done, an insert an act."""
    for act in dict.fromkeys(act for act, _, _ in turn.entries):
        rows = ((e.pk, e.org_path, detail) for name, e, detail in turn.entries if name == act)
        ledger.record_many(act, services.SUBJECT, rows, at=turn.at)


@transaction.atomic
def call_next_for(letter: Letter, *, at: datetime) -> None:
    """A letter was given up: where nobody else heard the call either, the next person is called now."""
    _call_next(letter.pages.all(), at)


@transaction.atomic
def let_go(channel: Channel, why: str, *, at: datetime) -> None:
    """Nothing goes out by a channel any more: whoever is called now, is called by the others, or the next one is."""
    open_ones = Page.objects.filter(channel=channel, escalation__ended_at__isnull=True)
    pages = open_ones.filter(withdrawn_at__isnull=True, letter__sent_at__isnull=True)
    numbers = dict(pages.values_list("pk", "escalation"))
    # The lock of the escalation comes first, as everywhere.
    list(Escalation.objects.select_for_update().filter(pk__in=numbers.values()).order_by("pk"))
    letters.give_up_channel(channel, why, at=at)
    _call_next(Page.objects.filter(pk__in=numbers), at)


def _call_next(pages: QuerySet[Page], at: datetime) -> None:
    for escalation_id in letters.unheard_steps(pages):
        escalation = services.locked(escalation_id)
        services.move_many([(escalation, rules.missed(services.course_of(escalation), at=at))], at)
