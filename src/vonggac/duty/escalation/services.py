"""Acts on escalations: start or join one, answer it, say how it goes, end it; each with its ledger entry.

Other packages call `start` with what happened and `settle` when it is over; who is called, when, and by which address
is decided when each step is due.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from vonggac.duty.escalation import letters, policies, rules
from vonggac.duty.escalation.rules import Change, Course, Kind, Plan, Reason, State
from vonggac.duty.models import Concern, Escalation, Page, Policy, Post, Step
from vonggac.errors import InputError, OutOfScope
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person

SUBJECT = "escalation"
# Any number will do, as long as nothing else takes the pair (this, an organisation's number).
START_LOCK = 0x0E5C
SETTLED = "settled"
COURSE_FIELDS = ("state", "round", "position", "was_heard", "has_news", "taken_by", "taken_until", "changed_at")
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that calls for a person: the row it is about, in words; `occasion` tells two times apart."""

    kind: str
    identifier: int
    title: str
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers: a person of the desk, or the name somebody gave; and on which way."""

    name: str
    person: Person | None = None
    via: str = "desk"

    @property
    def who(self) -> str:
        """What tells two who answer apart."""
        return f"person:{self.person.pk}" if self.person else f"name:{self.name}"


@transaction.atomic
def start(
    reason: Reason,
    happenings: Sequence[Happening],
    organisation: Organisation,
    *,
    at: datetime,
    post: Post | None = None,
    policy: Policy | None = None,
) -> Escalation | None:
    """The escalation that tells this: a new one, or the open one of the same reason that it joins.

    None when each happening was told before, so that a job which runs again calls nobody twice.
    """
    _alone(organisation)
    fresh = _untold(reason, happenings, organisation)
    if not fresh:
        return None
    chosen = policy or policies.serving(organisation, post, reason, at=at)
    called_post = post or (chosen.post if chosen else None)
    escalation = _open_one(reason, organisation, called_post)
    if escalation is None:
        return _begin(reason, fresh, organisation, called_post, chosen, at)
    _add(escalation, fresh, at)
    _apply(escalation, rules.joined(course_of(escalation), at=at), at)
    _record("escalation.join", escalation, at, number=len(fresh), titles=[one.title for one in fresh[:5]])
    return escalation


def call(text: str, organisation: Organisation, *, at: datetime, post: Post | None = None) -> Escalation:
    """The call that a person makes by hand; InputError without a word on what has happened."""
    words = " ".join(text.split())
    if not words:
        raise InputError("write what has happened: it is what the people called will read")
    happening = Happening("note", 0, words, occasion=at.isoformat())
    made = start(Reason.CALL, [happening], organisation, at=at, post=post)
    if made is None:
        raise InputError("this call was made a moment ago")
    return made


@transaction.atomic
def acknowledge(escalation_id: int, answerer: Answerer, *, at: datetime) -> Escalation:
    """The escalation, answered; with as many answers as its plan asks for nobody else is called. It is not ended."""
    escalation = locked(escalation_id)
    before = course_of(escalation)
    change = rules.acknowledged(plan_of(escalation), before, answerer.who, at=at)
    if change.course.taken_by == before.taken_by:
        return escalation
    escalation.taken_by = [*escalation.taken_by, _answer(answerer, at)]
    _apply(escalation, change, at)
    if answerer.person and escalation.state != State.TAKEN:
        # Where more answers are waited for the calling goes on, but not for them: their other addresses rest.
        letters.withdraw(escalation.pages.filter(person=answerer.person, step__kind=Kind.CALL), at=at)
    until = escalation.taken_until.isoformat() if escalation.taken_until else None
    _record("escalation.acknowledge", escalation, at, by=answerer.name, via=answerer.via, until=until)
    return escalation


@transaction.atomic
def note(escalation_id: int, text: str, answerer: Answerer, *, at: datetime) -> Escalation:
    """The escalation with a word on how it goes; whoever has taken it on has the whole time again."""
    if not text.strip():
        raise InputError("write in a few words how it goes")
    escalation = locked(escalation_id)
    change = rules.noted(plan_of(escalation), course_of(escalation), at=at)
    escalation.note = text.strip()[:500]
    _apply(escalation, change, at)
    _record("escalation.note", escalation, at, by=answerer.name, via=answerer.via, text=escalation.note)
    return escalation


@transaction.atomic
def end(escalation_id: int, why: str, answerer: Answerer, *, at: datetime) -> Escalation:
    """The escalation, ended by a person who says why: nobody is called any more."""
    if not why.strip():
        raise InputError("write what became of it: it stands in the timeline")
    escalation = locked(escalation_id)
    _end(escalation, why.strip()[:300], at)
    _record("escalation.end", escalation, at, by=answerer.name, via=answerer.via, why=escalation.ended_why)
    return escalation


@transaction.atomic
def settle(kind: str, identifiers: Collection[int], *, at: datetime) -> int:
    """How many escalations ended now, because all that they are about is over."""
    open_ones = Concern.objects.filter(kind=kind, identifier__in=identifiers, settled_at__isnull=True)
    # The lock of the escalation comes first, as everywhere.
    touched = list(open_ones.order_by("escalation_id").values_list("escalation_id", flat=True).distinct())
    ended = 0
    for escalation in Escalation.objects.select_for_update().filter(pk__in=touched).order_by("pk"):
        open_ones.filter(escalation=escalation).update(settled_at=at)
        if escalation.ended_at is None and not escalation.concerns.filter(settled_at__isnull=True).exists():
            close(escalation, at=at)
            ended += 1
    return ended


def close(escalation: Escalation, *, at: datetime) -> None:
    """End an escalation, which the caller has locked, because all that it is about is over."""
    _end(escalation, SETTLED, at)
    _record("escalation.end", escalation, at, why=SETTLED)


def move_many(changes: Sequence[tuple[Escalation, Change]], at: datetime) -> None:
    """Carry changes of some courses out, for the engine, which holds the locks: a few writes, whatever their number."""
    for escalation, change in changes:
        _keep_course(escalation, change.course, at)
        if change.drop:
            _drop(escalation, change.drop, at)
    Escalation.objects.bulk_update({e.pk: e for e, _ in changes}.values(), COURSE_FIELDS)
    # One of a kind waits already: that one stays.
    Step.objects.bulk_create(
        (step for escalation, change in changes for step in _steps(escalation, change)), ignore_conflicts=True
    )


def course_of(escalation: Escalation) -> Course:
    """How far it has come, as a value."""
    return Course(
        State(escalation.state),
        escalation.round,
        escalation.position,
        escalation.was_heard,
        escalation.has_news,
        tuple(answer["who"] for answer in escalation.taken_by),
        escalation.taken_until,
    )


def plan_of(escalation: Escalation) -> Plan:
    """The plan that it began with."""
    return Plan.from_json(escalation.plan)


def locked(escalation_id: int) -> Escalation:
    """The escalation, locked; OutOfScope when it is not among those one may see."""
    found = Escalation.objects.select_for_update(of=("self",)).select_related("organisation").filter(pk=escalation_id)
    escalation = found.first()
    if escalation is None:
        raise OutOfScope(f"escalation {escalation_id} is not among those you may see")
    return escalation


def _alone(organisation: Organisation) -> None:
    """Hold every other start in this organisation until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [START_LOCK, organisation.pk % 2**31])


def _untold(reason: Reason, happenings: Iterable[Happening], organisation: Organisation) -> list[Happening]:
    """Those that no escalation of the organisation is about yet, each once."""
    wanted = {(one.kind, one.identifier, one.occasion or reason.value): one for one in happenings}
    told = Concern.objects.filter(
        org_path=organisation.path, identifier__in={identifier for _, identifier, _ in wanted}
    ).values_list("kind", "identifier", "occasion")
    known = set(told)
    return [one for key, one in wanted.items() if key not in known]


def _open_one(reason: Reason, organisation: Organisation, post: Post | None) -> Escalation | None:
    if reason == Reason.CALL:
        return None
    found = Escalation.objects.select_for_update(of=("self",)).filter(
        organisation=organisation, reason=reason, post=post, ended_at__isnull=True
    )
    return found.first()


def _begin(
    reason: Reason,
    happenings: Sequence[Happening],
    organisation: Organisation,
    post: Post | None,
    chosen: Policy | None,
    at: datetime,
) -> Escalation:
    change = rules.begin(at)
    escalation = Escalation.objects.create(
        organisation=organisation,
        org_path=organisation.path,
        reason=reason,
        post=post,
        command_post=chosen.command_post if chosen else None,
        policy_name=chosen.name if chosen else "",
        plan=chosen.plan if chosen else policies.usual_plan(reason, on=timezone.localdate(at)).to_json(),
        started_at=at,
        changed_at=at,
    )
    _add(escalation, happenings, at)
    _apply(escalation, change, at)
    _record(
        "escalation.start", escalation, at,
        reason=reason.value, policy=escalation.policy_name, number=len(happenings),
        titles=[one.title for one in happenings[:5]],
    )  # fmt: skip
    return escalation


def _add(escalation: Escalation, happenings: Sequence[Happening], at: datetime) -> None:
    Concern.objects.bulk_create(
        [
            Concern(
                escalation=escalation, org_path=escalation.org_path, kind=one.kind, identifier=one.identifier,
                occasion=one.occasion or escalation.reason, title=one.title[:300], added_at=at,
            )
            for one in happenings
        ],
        batch_size=BATCH,
    )  # fmt: skip


def _apply(escalation: Escalation, change: Change, at: datetime) -> None:
    """Keep the new course, drop what waits in vain, and let the next things become due."""
    _keep_course(escalation, change.course, at)
    escalation.save()
    if change.drop:
        _drop(escalation, change.drop, at)
    # One of a kind waits already: that one stays.
    Step.objects.bulk_create(_steps(escalation, change), ignore_conflicts=True)


def _keep_course(escalation: Escalation, course: Course, at: datetime) -> None:
    escalation.state, escalation.round, escalation.position = course.state.value, course.round, course.position
    escalation.was_heard, escalation.has_news = course.was_heard, course.has_news
    escalation.taken_until, escalation.changed_at = course.taken_until, at
    escalation.taken_by = [answer for answer in escalation.taken_by if answer["who"] in course.taken_by]


def _steps(escalation: Escalation, change: Change) -> list[Step]:
    course = change.course
    return [
        Step(
            escalation=escalation, org_path=escalation.org_path, kind=due.kind.value, due_at=due.at,
            round=course.round, position=course.position,
        )
        for due in change.due
    ]  # fmt: skip


def _drop(escalation: Escalation, kinds: Collection[Kind], at: datetime) -> None:
    steps = escalation.steps.filter(kind__in=[kind.value for kind in kinds])
    steps.filter(done_at__isnull=True).update(done_at=at, was_dropped=True)
    # While the calling goes on, nobody who was called is spared: what has not gone out yet may reach them still.
    taken_back = steps.exclude(kind=Kind.CALL) if escalation.state == State.CALLING else steps
    letters.withdraw(Page.objects.filter(step__in=taken_back), at=at)


def _end(escalation: Escalation, why: str, at: datetime) -> None:
    change = rules.ended(course_of(escalation))
    escalation.ended_at, escalation.ended_why = at, why
    _apply(escalation, change, at)


def _answer(answerer: Answerer, at: datetime) -> dict[str, object]:
    return {
        "who": answerer.who,
        "person": answerer.person.pk if answerer.person else None,
        "name": answerer.name,
        "at": at.isoformat(),
        "via": answerer.via,
    }


def _record(act: str, escalation: Escalation, at: datetime, **detail: object) -> None:
    ledger.record(act, SUBJECT, escalation.pk, escalation.org_path, at=at, **detail)
