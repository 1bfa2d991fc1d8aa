"""By which addresses people are reached: in which order, off duty, on channels out of use, and once they answered."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from tests.cast import NOON
from tests.duty.watch import HOURS, MINUTE, run_until
from vonggac.duty import contacts
from vonggac.duty.escalation import engine, letters, preflight, services
from vonggac.duty.escalation.preflight import Fault
from vonggac.duty.escalation.recipients import Place, Watchers
from vonggac.duty.escalation.rules import PlanStep, Reason, Target
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import Channel, ContactMethod, Escalation, Letter, Page, Policy, Post, Shift, Step
from vonggac.errors import WrongState
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
NUMBER = "0912345678"


def sms(duty, *, is_enabled: bool = True) -> Channel:
    with scoped(system("tests")):
        return Channel.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="SMS", kind="gateway", takes_phones=True,
            changed_at=NOON, settings={"url": "https://sms.example/"}, is_enabled=is_enabled,
        )  # fmt: skip


def address(duty, name: str, channel: Channel | None, where: str = NUMBER, *, after: int = 0) -> ContactMethod:
    with scoped(system("tests")):
        return ContactMethod.objects.create(
            person=duty.people[name], channel=channel, address=where, after_minutes=after, made_at=NOON, tested_at=NOON
        )


def start(duty, *steps: str, answers: int = 1, number: int = 1, at=NOON) -> Escalation:
    """A call at Trực ban; of a plan whose steps wait half an hour each, where some are given."""
    with scoped(system("tests")):
        policy = steps and Policy.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="thử",
            plan={"acknowledgements": answers, "steps": [{"call": step, "wait_minutes": 30} for step in steps]},
        )  # fmt: skip
        happening = Happening("alert", number, f"Máy KT-{number}")
        return services.start(Reason.ALERT, [happening], duty.office, at=at, post=duty.desk, policy=policy or None)


def answered(duty, escalation: Escalation, name: str, at) -> None:
    with scoped(system("tests")):
        services.acknowledge(escalation.pk, Answerer(name, duty.people[{"Minh": "minh"}.get(name, name)]), at=at)


def turn(at) -> list[Letter]:
    """What is due is done; the letters that wait to be sent then."""
    with scoped(system("tests")):
        while engine.take_due(at=at):
            pass
        letters.write(at=at)
        return list(Letter.objects.filter(sent_at=None, given_up_at=None).order_by("pk"))


def refused(letter: Letter, at) -> None:
    with scoped(system("tests")):
        letters.note_refused(letter, "550 no such box", at=at)
        engine.call_next_for(letter, at=at)


def next_call():
    with scoped(system("tests")):
        return Step.objects.get(done_at=None, kind="call").due_at


def test_whoever_has_taken_it_on_is_asked_for_a_note_by_their_own_address_off_duty_too(duty):
    address(duty, "An", sms(duty))
    escalation = start(duty)
    run_until(NOON)
    answered(duty, escalation, "An", NOON)
    with scoped(system("tests")):
        Shift.objects.filter(person_name="An").update(to_utc=NOON + 5 * MINUTE)
    run_until(NOON + 21 * MINUTE, NOON + MINUTE)
    with scoped(system("tests")):
        assert Page.objects.get(step__kind="remind").address == NUMBER


def test_the_first_address_is_used_at_once_however_long_it_was_to_wait(duty):
    """Nobody waits for an answer by other addresses where there are none, or none in use."""
    channel = sms(duty)
    address(duty, "An", channel, after=15)
    start(duty)
    assert run_until(NOON) == [(0, "An")]
    address(duty, "An", None, "an.rieng@example.vn")
    start(duty, number=2, at=NOON + MINUTE)
    assert [page.due_at for page in pages_of("An")] == [NOON, NOON + 5 * MINUTE, NOON + 20 * MINUTE]


def pages_of(name: str) -> list[Page]:
    """The pages for somebody, after everything that is due within five minutes is done."""
    turn(NOON + 5 * MINUTE)
    with scoped(system("tests")):
        return list(Page.objects.filter(name=name).order_by("due_at"))


def test_an_address_on_a_channel_out_of_use_reaches_nobody_and_is_told_before_the_night(duty):
    channel = sms(duty)
    method = address(duty, "An", channel)
    assert "An" not in unreachable()
    with scoped(system("tests")):
        Channel.objects.update(is_enabled=False)
        assert "An" in unreachable()
        with pytest.raises(WrongState, match="out of use"):
            contacts.send_test(method, at=NOON)
        assert not Letter.objects.exists()


def unreachable() -> set[str]:
    with scoped(system("tests")):
        return {one.person for one in preflight.check(NOON, NOON + HOURS) if one.fault == Fault.UNREACHABLE}


def test_whoever_gave_one_of_two_answers_is_not_called_by_their_second_address(duty):
    address(duty, "An", sms(duty))
    address(duty, "An", None, "an.rieng@example.vn", after=5)
    escalation = start(duty, "on_duty", "post", answers=2)
    assert run_until(NOON) == [(0, "An")]
    answered(duty, escalation, "An", NOON)
    assert run_until(NOON + 10 * MINUTE, NOON + MINUTE) == []
    assert {name for _, name in run_until(NOON + 30 * MINUTE, NOON + 11 * MINUTE)} == {"Bình", "Chi"}


def test_news_that_do_not_reach_one_who_answered_hasten_no_call(duty):
    escalation = start(duty, "post", "head", answers=2)
    run_until(NOON)
    answered(duty, escalation, "An", NOON + MINUTE)
    start(duty, number=2, at=NOON + 2 * MINUTE)
    (news,) = turn(NOON + 4 * MINUTE)
    refused(news, NOON + 4 * MINUTE)
    assert next_call() == NOON + 30 * MINUTE, "the others heard the call, and have their time"


def test_a_call_that_reached_nobody_calls_the_next_although_news_were_told_meanwhile(duty):
    escalation = start(duty, "head", "on_duty", "post", answers=2)
    run_until(NOON)
    answered(duty, escalation, "Minh", NOON)
    (call,) = turn(NOON + 30 * MINUTE)
    assert call.name == "An"
    start(duty, number=2, at=NOON + 30 * MINUTE)
    assert {one.name for one in turn(NOON + 33 * MINUTE)} == {"An", "Minh"}
    refused(call, NOON + 33 * MINUTE)
    assert next_call() == NOON + 33 * MINUTE


def test_where_the_command_post_of_a_plan_is_retired_the_leadership_commands(duty):
    place, step = Place(duty.office, duty.desk.pk, duty.command.pk), PlanStep(Target.COMMANDER, 5)

    def commanders() -> list[str]:
        with scoped(system("tests")):
            return [one.name for one in Watchers([place], NOON).called(place, step).recipients]

    assert commanders() == ["Dũng"]
    with scoped(system("tests")):
        Shift.objects.filter(post=duty.command).delete()
        assert commanders() == [], "a post that is held is what the plan says, whoever stands there"
        Post.objects.filter(pk=duty.command.pk).update(retired_on=NOON.date() - timedelta(days=1))
    assert commanders() == ["Hà"]


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_being_written_while_somebody_ends_the_call_does_not_go_out(duty):
    escalation = start(duty)
    is_written, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        with scoped(system("tests")):
            letters.write(at=NOON)
            is_written.set()
            may_commit.wait(10)
        connections.close_all()

    with scoped(system("tests")):
        engine.take_due(at=NOON)
    writer = threading.Thread(target=write)
    writer.start()
    assert is_written.wait(10)
    # Whoever ends it waits for the page, which the writer holds, and finds the letter then.
    threading.Timer(0.5, may_commit.set).start()
    with scoped(system("tests")):
        services.end(escalation.pk, "xong", Answerer("Hà"), at=NOON)
    writer.join(10)
    with scoped(system("tests")):
        assert Letter.objects.get().failure == letters.WITHDRAWN
