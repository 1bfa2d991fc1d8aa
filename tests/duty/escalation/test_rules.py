"""The course of an escalation beside a clerk who keeps it with pencil and watch, and what may never happen."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.duty.escalation import rules
from vonggac.duty.escalation.rules import Change, Course, Kind, Plan, PlanStep, State, Target
from vonggac.errors import InputError, WrongState

START = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)
PEOPLE = ("an", "binh", "chi")

waits = st.integers(0, 40)
plans = st.builds(
    lambda lengths, rounds, answers, note: Plan(
        tuple(PlanStep(Target.POST, wait) for wait in lengths), rounds, answers, note
    ),
    st.lists(waits, min_size=1, max_size=5),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 60),
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("acknowledge"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("note"), st.none()),
        st.tuples(st.just("join"), st.none()),
    ),
    max_size=25,
)
hearing = st.lists(st.booleans(), min_size=1, max_size=7)


def minute(moment: datetime) -> float:
    return (moment - START).total_seconds() / 60


@dataclass
class Ours:
    """The rules, carried out as the services carry them out: waiting things by kind, at most one of each."""

    plan: Plan
    ears: list[bool]
    course: Course = field(default_factory=Course)
    waiting: dict[Kind, datetime] = field(default_factory=dict)
    now: datetime = START
    told: list[tuple] = field(default_factory=list)

    def begin(self) -> None:
        self.apply(rules.begin(self.now))

    def apply(self, change: Change) -> None:
        self.course = change.course
        for kind in change.drop:
            self.waiting.pop(kind, None)
        for due in change.due:
            self.waiting.setdefault(due.kind, due.at)

    def reaches(self) -> bool:
        return self.ears[sum(1 for kind, *_ in self.told if kind == "call") % len(self.ears)]

    def wait(self, minutes: int) -> None:
        end = self.now + timedelta(minutes=minutes)
        while due := sorted((at, kind) for kind, at in self.waiting.items() if at <= end):
            at, kind = due[0]
            self.now = max(self.now, at)
            del self.waiting[kind]
            getattr(self, f"do_{kind.value}")()
            if len(self.told) > 500:
                return
        self.now = end

    def do_call(self) -> None:
        course = rules.at_hand(self.plan, self.course)
        if course.state == State.EXHAUSTED:
            self.course = course
            self.told.append(("exhausted", minute(self.now)))
            return
        reached = self.reaches()
        self.told.append(("call", minute(self.now), course.position))
        self.apply(rules.called(self.plan, course, reached=reached, at=self.now))

    def do_update(self) -> None:
        self.told.append(("update", minute(self.now)))

    def do_remind(self) -> None:
        self.told.append(("remind", minute(self.now)))

    def do_expire(self) -> None:
        self.told.append(("expire", minute(self.now)))
        self.apply(rules.expired(self.plan, self.course, at=self.now))

    def acknowledge(self, who: str) -> None:
        self.apply(rules.acknowledged(self.plan, self.course, who, at=self.now))

    def note(self, _: None) -> None:
        self.apply(rules.noted(self.plan, self.course, at=self.now))

    def join(self, _: None) -> None:
        self.apply(rules.joined(self.course, at=self.now))


class Clerk:
    """The same with a list of calls still to be made, written out in full beforehand; minutes are plain numbers."""

    def __init__(self, plan: Plan, ears: list[bool]) -> None:
        self.waits = [step.wait_minutes for step in plan.steps]
        self.rounds, self.wanted, self.lasts, self.ears = plan.rounds, plan.acknowledgements, plan.note_minutes, ears
        self.now, self.calls, self.told = 0.0, 0, []
        self.mood, self.names, self.is_late = "calling", [], False
        self.alarm: dict[str, float] = {}
        self.write_list(0)

    def write_list(self, first: int) -> None:
        """Every step that is left of this round, then whole rounds."""
        steps = range(len(self.waits))
        self.list = [*steps[first:], *(step for _ in range(self.rounds - 1) for step in steps)]
        self.heard, self.is_late = False, self.is_late and first > 0
        self.mood, self.alarm["call"] = "calling", self.now
        self.add_round()

    def add_round(self) -> None:
        """Whoever was called before the news came hears of them in a whole round behind what is left."""
        if self.is_late and len(self.list) < len(self.waits):
            self.list += range(len(self.waits))

    def wait(self, minutes: int) -> None:
        end = self.now + minutes
        order = ["call", "expire", "remind", "update"]
        while due := sorted((at, order.index(what), what) for what, at in self.alarm.items() if at <= end):
            at, _, what = due[0]
            self.now = max(self.now, at)
            del self.alarm[what]
            self.ring(what)
            if len(self.told) > 500:
                return
        self.now = end

    def ring(self, what: str) -> None:
        if what == "call" and not self.list:
            self.mood = "exhausted"
            self.told.append(("exhausted", self.now))
        elif what == "call":
            step = self.list.pop(0)
            self.told.append(("call", self.now, step))
            answer = self.ears[self.calls % len(self.ears)]
            self.calls += 1
            if step == 0:
                self.heard = self.is_late = False
            self.heard = self.heard or answer
            pause = self.waits[step] if answer else 0
            if step == len(self.waits) - 1 and not self.heard:
                pause = max(pause, 5)
            self.alarm["call"] = self.now + pause
        else:
            self.told.append((what, self.now))
            if what == "expire":
                for other in ("remind", "update"):
                    self.alarm.pop(other, None)
                self.names = []
                self.write_list(self.list[0] if self.list else 0)

    def acknowledge(self, who: str) -> None:
        if who in self.names:
            return
        self.names.append(who)
        if self.mood != "taken" and len(self.names) >= self.wanted:
            self.mood = "taken"
            self.alarm.pop("call", None)
            self.set_time()

    def note(self, _: None) -> None:
        if self.mood == "taken":
            self.set_time()

    def set_time(self) -> None:
        self.alarm["remind"] = self.now + self.lasts * 2 / 3
        self.alarm["expire"] = self.now + self.lasts

    def join(self, _: None) -> None:
        if self.mood == "exhausted":
            self.names = []
            self.write_list(0)
            return
        if self.names:
            self.alarm.setdefault("update", self.now + 2)
        if not self.list or self.list[0] != 0:
            self.is_late = True
            self.add_round()


@settings(max_examples=400, deadline=None)
@given(plans, acts, hearing)
def test_the_rules_do_what_a_clerk_does(plan, acts, ears):
    ours, clerk = Ours(plan, ears), Clerk(plan, ears)
    ours.begin()
    for act, argument in acts:
        getattr(ours, act)(argument)
        getattr(clerk, act)(argument)
        if len(ours.told) > 500:
            break
        assert [(what, round(at, 6), *rest) for what, at, *rest in ours.told] == [
            (what, round(at, 6), *rest) for what, at, *rest in clerk.told
        ]
        assert ours.course.state.value == clerk.mood
        assert list(ours.course.taken_by) == clerk.names


@given(plans, acts, hearing)
def test_what_is_open_always_waits_for_something_or_says_that_everybody_was_called(plan, acts, ears):
    ours = Ours(plan, ears)
    ours.begin()
    for act, argument in acts:
        getattr(ours, act)(argument)
        state, waiting = ours.course.state, set(ours.waiting)
        if state == State.CALLING:
            assert Kind.CALL in waiting
        elif state == State.TAKEN:
            assert Kind.EXPIRE in waiting
            assert Kind.CALL not in waiting
            assert ours.waiting[Kind.EXPIRE] == ours.course.taken_until
        else:
            assert waiting <= {Kind.UPDATE}, "who gave the first of several answers may still hear what came"


@given(plans, hearing)
def test_silence_calls_every_step_as_often_as_there_are_rounds_and_then_says_so(plan, ears):
    ours = Ours(plan, ears)
    ours.begin()
    ours.wait(60 * 24 * 40)
    calls = [position for what, _, *rest in ours.told if what == "call" for position in rest]
    assert calls == list(range(len(plan.steps))) * plan.rounds
    assert ours.told[-1][0] == "exhausted"
    assert ours.waiting == {}


@given(plans, hearing, st.integers(0, 600), st.sampled_from(["", *PEOPLE]))
def test_what_joins_at_any_time_is_told_to_every_step_or_taken(plan, ears, minutes, who):
    ours = Ours(plan, ears)
    ours.begin()
    if who and plan.acknowledgements > 1:
        ours.acknowledge(who)
    ours.wait(minutes)
    before = len(ours.told)
    ours.join(None)
    ours.wait(60 * 24 * 40)
    calls = {position for what, _, *rest in ours.told[before:] if what == "call" for position in rest}
    assert calls == set(range(len(plan.steps)))
    assert ours.told[-1][0] == "exhausted"


def test_news_every_minute_let_the_calls_climb_as_before():
    plan = Plan((PlanStep(Target.ON_DUTY, 5), PlanStep(Target.LEAD, 5), PlanStep(Target.HEAD, 5)), rounds=1)
    ours = Ours(plan, [True])
    ours.begin()
    for _ in range(20):
        ours.wait(1)
        ours.join(None)
    assert ours.told == [("call", 0, 0), ("call", 5, 1), ("call", 10, 2), ("call", 15, 0), ("call", 20, 1)]


def test_an_acknowledgement_without_a_note_goes_on_behind_the_step_that_was_answered():
    plan = Plan((PlanStep(Target.ON_DUTY, 5), PlanStep(Target.LEAD, 5), PlanStep(Target.HEAD, 5)), rounds=1)
    ours = Ours(plan, [True])
    ours.begin()
    ours.wait(1)
    ours.acknowledge("an")
    ours.wait(60)
    assert ours.told == [
        ("call", 0, 0), ("remind", 21), ("expire", 31), ("call", 31, 1), ("call", 36, 2), ("exhausted", 41),
    ]  # fmt: skip


def test_a_note_gives_the_whole_time_again():
    ours = Ours(Plan((PlanStep(Target.ON_DUTY, 5),), note_minutes=30), [True])
    ours.begin()
    ours.acknowledge("an")
    for _ in range(4):
        ours.wait(25)
        ours.note(None)
    assert ("expire", 30) not in ours.told
    assert ours.course.state == State.TAKEN
    assert ours.course.taken_until == START + timedelta(minutes=130)


def test_an_ended_escalation_is_answered_no_more():
    change = rules.ended(Course())
    assert change.drop == frozenset(Kind)
    for act in (
        lambda: rules.acknowledged(rules.CALL_NOW, change.course, "an", at=START),
        lambda: rules.noted(rules.CALL_NOW, change.course, at=START),
        lambda: rules.joined(change.course, at=START),
        lambda: rules.ended(change.course),
    ):
        with pytest.raises(WrongState):
            act()


@given(plans)
def test_a_plan_survives_being_kept(plan):
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({}, "at least one step"),
        ({"steps": []}, "at least one step"),
        ({"steps": "post"}, "at least one step"),
        ({"steps": [{"call": "post"}] * 21}, "at most 20"),
        ({"steps": ["post"]}, "step 1 is not a table"),
        ({"steps": [{"call": "everybody"}]}, "it can call: on_duty"),
        ({"steps": [{"call": "room"}]}, "name of its channel"),
        ({"steps": [{"call": "head", "channel": "zalo"}]}, "nothing else has one"),
        ({"steps": [{"call": "head", "wait_minutes": -1}]}, "from 0 to 1440"),
        ({"steps": [{"call": "head", "wait_minutes": True}]}, "from 0 to 1440"),
        ({"steps": [{"call": "head"}], "rounds": 0}, "rounds is a whole number"),
        ({"steps": [{"call": "head"}], "acknowledgements": 9}, "acknowledgements is a whole number"),
        ({"steps": [{"call": "head"}], "note_minutes": "30"}, "note_minutes is a whole number"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused_with_the_reason(kept, said):
    with pytest.raises(InputError, match=said):
        Plan.from_json(kept)


@pytest.mark.parametrize(
    ("begins", "ends", "quiet", "awake"),
    [
        (time(22), time(6), [time(22), time(23, 59), time(0), time(5, 59)], [time(6), time(12), time(21, 59)]),
        (time(12), time(13, 30), [time(12), time(13, 29)], [time(11, 59), time(13, 30), time(0)]),
        (time(8), time(8), [], [time(8), time(0)]),
    ],
)
def test_quiet_hours_run_over_midnight(begins, ends, quiet, awake):
    assert all(rules.is_quiet(moment, begins, ends) for moment in quiet)
    assert not any(rules.is_quiet(moment, begins, ends) for moment in awake)
