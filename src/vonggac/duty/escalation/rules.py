"""The course of an escalation as pure decisions: what is due next after a call, an answer, a note, or silence.

   calling ──all rounds──▶ exhausted
      │ ▲ ◀──something new──┘  │
answer│ │ no note in time      │ answer
      ▼ │                      ▼
    taken ◀────────────────────┘          every state ──▶ ended
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from vonggac.errors import InputError, WrongState

MOST_STEPS, MOST_ROUNDS, MOST_ACKNOWLEDGEMENTS = 20, 9, 5
LONGEST_WAIT_MINUTES = 24 * 60
# What comes within this time after an acknowledgement is told together.
GATHER = timedelta(minutes=2)
# A round that reached nobody at all is not begun again before the roster had time to change.
EMPTY_ROUND = timedelta(minutes=5)
# When this share of the time of an acknowledgement has passed without a note, it is asked for.
ASK_AFTER = 2 / 3


class Reason(StrEnum):
    """Why somebody is called."""

    BOTNET = "botnet"  # new urgent hosts on a botnet list
    HOLE = "hole"  # a hole in the watch right now
    HAND_OVER = "hand_over"  # a hand-over that was not signed
    CHECK_IN = "check_in"  # somebody has not come to their shift
    AWAKE = "awake"  # no answer to “still awake?”
    SILENCE = "silence"  # work that nobody acknowledged
    ALERT = "alert"  # a finding of a sensor that cannot wait until morning
    CALL = "call"  # a person calls for help


class Target(StrEnum):
    """Whom a step calls."""

    ON_DUTY = "on_duty"  # the person on duty of each post: who checked in, before who is only planned
    POST = "post"  # everybody on the post now
    LEAD = "lead"  # who leads the shift, and whoever answers for the post
    COMMANDER = "commander"  # who is on the command post, else on the leadership's; else the duty officers
    HEAD = "head"  # the head of the organisation, or of the nearest one above that has one
    OFFICE = "office"  # the organisation's own mail address
    ROOM = "room"  # a group's channel


NOT_PEOPLE = frozenset({Target.OFFICE, Target.ROOM})


class State(StrEnum):
    """Where an escalation stands."""

    CALLING = "calling"
    TAKEN = "taken"
    EXHAUSTED = "exhausted"
    ENDED = "ended"


class Kind(StrEnum):
    """What is to be done when a step is due."""

    CALL = "call"
    UPDATE = "update"
    REMIND = "remind"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """Whom to call, and how long to wait for an answer before the next."""

    target: Target
    wait_minutes: int
    channel: str = ""
    """The name of the room's channel."""
    spares_commander: bool = False
    """Of the whole office, whoever is on the command post is not meant: a step of the plan is theirs alone."""

    @property
    def wait(self) -> timedelta:
        """The time for an answer."""
        return timedelta(minutes=self.wait_minutes)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order, how often they are gone through, and what an answer is worth."""

    steps: tuple[PlanStep, ...]
    rounds: int = 2
    acknowledgements: int = 1
    note_minutes: int = 30

    def step(self, position: int) -> PlanStep:
        """The step as it is carried out: where no other calls everybody on the post, `on_duty` does."""
        step, targets = self.steps[position], {step.target for step in self.steps}
        is_alone = step.target == Target.ON_DUTY and Target.POST not in targets
        target = Target.POST if is_alone else step.target
        return replace(step, target=target, spares_commander=Target.COMMANDER in targets)

    def carried_out(self) -> list[PlanStep]:
        """All its steps as they are carried out."""
        return [self.step(position) for position in range(len(self.steps))]

    def to_json(self) -> dict[str, Any]:
        """The plan as it is kept and exported."""
        steps = []
        for step in self.steps:
            kept: dict[str, Any] = {"call": step.target.value, "wait_minutes": step.wait_minutes}
            steps.append(kept | ({"channel": step.channel} if step.channel else {}))
        return {
            "rounds": self.rounds,
            "acknowledgements": self.acknowledgements,
            "note_minutes": self.note_minutes,
            "steps": steps,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Plan":
        """The plan of a policy file or row; InputError says which value cannot be used."""
        steps = kept.get("steps")
        if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
            raise InputError("a policy needs at least one step that says whom to call")
        if len(steps) > MOST_STEPS:
            raise InputError(f"a policy has at most {MOST_STEPS} steps; the rest would never be reached in time")
        return cls(
            tuple(_step(step, number) for number, step in enumerate(steps, 1)),
            _number(kept, "rounds", 2, 1, MOST_ROUNDS),
            _number(kept, "acknowledgements", 1, 1, MOST_ACKNOWLEDGEMENTS),
            _number(kept, "note_minutes", 30, 1, LONGEST_WAIT_MINUTES),
        )


def _step(kept: Any, number: int) -> PlanStep:
    if not isinstance(kept, Mapping):
        raise InputError(f"step {number} is not a table with `call` and `wait_minutes`")
    try:
        target = Target(kept.get("call", ""))
    except ValueError:
        names = ", ".join(target.value for target in Target)
        raise InputError(f"step {number} calls {kept.get('call')!r}; it can call: {names}") from None
    channel = str(kept.get("channel", ""))
    if (target == Target.ROOM) != bool(channel):
        raise InputError(f"step {number}: a room needs the name of its channel, and nothing else has one")
    return PlanStep(target, _number(kept, "wait_minutes", 5, 0, LONGEST_WAIT_MINUTES), channel)


def _number(kept: Mapping[str, Any], name: str, usual: int, least: int, most: int) -> int:
    value = kept.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputError(f"{name} is a whole number from {least} to {most}, not {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class Course:
    """How far an escalation has come."""

    state: State = State.CALLING
    round: int = 0
    position: int = 0
    """The step that is called next; behind the last one the round is over."""
    was_heard: bool = False
    """This round reached somebody."""
    has_news: bool = False
    """Something came after this round began: whoever was called before it is yet to hear of it."""
    taken_by: tuple[str, ...] = ()
    taken_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done when."""

    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """The course after an event, what becomes due by it, and what waits in vain from now on."""

    course: Course
    due: tuple[Due, ...] = ()
    drop: frozenset[Kind] = frozenset()


EVERYTHING = frozenset(Kind)


def begin(at: datetime) -> Change:
    """A new escalation calls at once."""
    return Change(Course(), (Due(Kind.CALL, at),))


def at_hand(plan: Plan, course: Course) -> Course:
    """The course whose position is a step to call, after a finished round the first of the next; or exhausted.

    With news the last round is gone through once more, so that everybody hears of them. It goes on meanwhile: however
    often something new comes, the calls climb as high as the plan does.
    """
    if course.state != State.CALLING or course.position < len(plan.steps):
        return course
    if course.round + 1 < plan.rounds or course.has_news:
        following = min(course.round + 1, plan.rounds - 1)
        return replace(course, round=following, position=0, was_heard=False, has_news=False)
    return replace(course, state=State.EXHAUSTED)


def called(plan: Plan, course: Course, *, reached: bool, at: datetime) -> Change:
    """After the step at hand was called: the next one after its wait, at once where nobody could be reached."""
    step, was_heard = plan.steps[course.position], course.was_heard or reached
    wait = step.wait if reached else timedelta()
    if is_unheard(plan, course) and not reached:
        wait = max(wait, EMPTY_ROUND)
    moved = replace(course, position=course.position + 1, was_heard=was_heard)
    return Change(moved, (Due(Kind.CALL, at + wait),))


def is_unheard(plan: Plan, course: Course) -> bool:
    """True at the last step of a round whose other steps reached nobody."""
    return course.position + 1 == len(plan.steps) and not course.was_heard


def missed(course: Course, *, at: datetime) -> Change:
    """None of those called by the last step could be reached after all: the next one is called now."""
    if course.state != State.CALLING:
        return Change(course)
    return Change(course, (Due(Kind.CALL, at),), frozenset({Kind.CALL}))


def acknowledged(plan: Plan, course: Course, who: str, *, at: datetime) -> Change:
    """Somebody answers: with as many as the plan asks for it is taken on, until a note is due."""
    _need_open(course)
    if who in course.taken_by:
        return Change(course)
    answered = replace(course, taken_by=(*course.taken_by, who))
    if course.state == State.TAKEN or len(answered.taken_by) < plan.acknowledgements:
        return Change(answered)
    return _taken(plan, answered, at)


def noted(plan: Plan, course: Course, *, at: datetime) -> Change:
    """A word on how it goes: who has taken it on has the whole time again."""
    _need_open(course)
    return _taken(plan, course, at) if course.state == State.TAKEN else Change(course)


def _taken(plan: Plan, course: Course, at: datetime) -> Change:
    lasts = timedelta(minutes=plan.note_minutes)
    taken = replace(course, state=State.TAKEN, taken_until=at + lasts)
    due = (Due(Kind.REMIND, at + lasts * ASK_AFTER), Due(Kind.EXPIRE, at + lasts))
    return Change(taken, due, frozenset({Kind.CALL, Kind.REMIND, Kind.EXPIRE}))


def expired(plan: Plan, course: Course, *, at: datetime) -> Change:
    """No note came: the call goes on behind the step that was answered, with all its rounds before it again."""
    if course.state != State.TAKEN or course.taken_until is None or at < course.taken_until:
        return Change(course)
    position = course.position % len(plan.steps)
    calling = Course(State.CALLING, position=position, has_news=course.has_news and position > 0)
    return Change(calling, (Due(Kind.CALL, at),), frozenset({Kind.REMIND, Kind.UPDATE, Kind.EXPIRE}))


def joined(course: Course, *, at: datetime) -> Change:
    """Something new: the next call says so, whoever has answered is told, and what was given up begins anew."""
    _need_open(course)
    if course.state == State.EXHAUSTED:
        return Change(Course(), (Due(Kind.CALL, at),))
    has_news = course.has_news or course.position > 0
    return Change(replace(course, has_news=has_news), (Due(Kind.UPDATE, at + GATHER),) if course.taken_by else ())


def ended(course: Course) -> Change:
    """It is over: nothing is called or asked any more."""
    _need_open(course)
    return Change(replace(course, state=State.ENDED, taken_until=None), drop=EVERYTHING)


def _need_open(course: Course) -> None:
    if course.state == State.ENDED:
        raise WrongState("this escalation has ended; start a new one if it is needed again")


def is_quiet(moment: time, begins: time, ends: time) -> bool:
    """True from the beginning of quiet hours until their end, over midnight when they end earlier than they begin."""
    if begins <= ends:
        return begins <= moment < ends
    return moment >= begins or moment < ends


CALL_NOW = Plan(
    (
        PlanStep(Target.ON_DUTY, 5),
        PlanStep(Target.POST, 5),
        PlanStep(Target.LEAD, 10),
        PlanStep(Target.COMMANDER, 10),
        PlanStep(Target.HEAD, 15),
        PlanStep(Target.OFFICE, 15),
    )
)
# A change of shift has two sides, and neither has signed: whoever is above them hears it first.
CALL_LEAD = Plan((PlanStep(Target.LEAD, 10), *CALL_NOW.steps[1:2], *CALL_NOW.steps[3:]))
# Paper that nobody acknowledged is for whoever is awake anyway.
CALL_CALMLY = Plan((PlanStep(Target.ON_DUTY, 60), PlanStep(Target.LEAD, 120)), rounds=1, note_minutes=8 * 60)
