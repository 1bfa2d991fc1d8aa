"""Starting, joining, answering, noting and ending: what the rows say after each, and who is called in between."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.cast import NOON
from tests.duty.watch import MINUTE, run_until
from vonggac.duty.escalation import engine, services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import Escalation, Letter, Page, Policy, Shift, Step
from vonggac.duty.services import presence
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
BEACON = Happening("alert", 7, "Máy KT-07 gọi máy chủ điều khiển")


def start(duty, *happenings, reason=Reason.ALERT, at=NOON, **more):
    with scoped(system("tests")):
        return services.start(reason, happenings or [BEACON], duty.office, at=at, post=duty.desk, **more)


def again(escalation) -> Escalation:
    with scoped(system("tests")):
        return Escalation.objects.get(pk=escalation.pk)


def acts(escalation) -> list[str]:
    with scoped(system("tests")):
        entries = Entry.objects.filter(subject_kind="escalation", subject_id=escalation.pk).order_by("id")
        return [entry.act.removeprefix("escalation.") for entry in entries]


def answer(duty, escalation, name="An", at=NOON):
    with scoped(duty.cast.scope("ha")):
        return services.acknowledge(escalation.pk, Answerer(name, duty.people[name]), at=at)


def test_silence_calls_one_after_the_other_up_to_the_head(duty):
    escalation = start(duty)
    assert run_until(NOON + 60 * MINUTE) == [
        (0, "An"), (5, "An"), (5, "Chi"), (10, "Chi"), (20, "Hà"), (30, "Minh"), (45, "An"), (50, "An"), (50, "Chi"),
        (55, "Chi"),
    ]  # fmt: skip
    assert acts(escalation)[:4] == ["start", "call", "tell", "call"]


def test_when_everybody_was_called_in_vain_the_escalation_says_so(duty):
    escalation = start(duty)
    run_until(NOON + 120 * MINUTE)
    assert again(escalation).state == "exhausted"
    assert acts(escalation)[-1] == "exhaust"
    with scoped(system("tests")):
        assert not Step.objects.filter(done_at=None).exists()


def test_an_answer_ends_the_calling_and_silence_after_it_goes_on_with_the_next(duty):
    escalation = start(duty)
    run_until(NOON + MINUTE)
    answer(duty, escalation, at=NOON + 2 * MINUTE)
    taken = again(escalation)
    assert (taken.state, taken.taken_until, taken.ended_at) == ("taken", NOON + 32 * MINUTE, None)
    called = run_until(NOON + 38 * MINUTE, NOON + 3 * MINUTE)
    assert called == [(19, "An"), (29, "An"), (29, "Chi"), (34, "Chi")], "asked for a note, then the next are called"
    assert "expire" in acts(escalation)


def test_a_note_keeps_it_with_the_one_who_has_it(duty):
    escalation = start(duty)
    answer(duty, escalation)
    with scoped(duty.cast.scope("ha")):
        services.note(escalation.pk, "đang gọi Sở Y tế", Answerer("An", duty.people["An"]), at=NOON + 25 * MINUTE)
    assert run_until(NOON + 44 * MINUTE, NOON + 26 * MINUTE) == []
    noted = again(escalation)
    assert (noted.state, noted.note, noted.taken_until) == ("taken", "đang gọi Sở Y tế", NOON + 55 * MINUTE)


def test_two_answers_are_waited_for_where_the_policy_asks_for_two(duty):
    with scoped(system("tests")):
        plan = {"acknowledgements": 2, "steps": [{"call": "post", "wait_minutes": 5}, {"call": "head"}]}
        policy = Policy.objects.create(organisation=duty.office, org_path=duty.office.path, name="hai người", plan=plan)
    escalation = start(duty, policy=policy)
    answer(duty, escalation, "An")
    answer(duty, escalation, "An")
    assert again(escalation).state == "calling"
    called = [name for _, name in run_until(NOON + 30 * MINUTE)]
    assert "Chi" in called
    assert "An" not in called, "who has answered is not called again"
    answer(duty, escalation, "Chi")
    taken = again(escalation)
    assert (taken.state, [one["name"] for one in taken.taken_by]) == ("taken", ["An", "Chi"])


def test_a_call_ends_when_its_reason_is_gone_without_waiting_for_the_next_step(duty):
    with scoped(system("tests")):
        shift = Shift.objects.get(person_name="Chi")
        happening = Happening("shift", shift.pk, "Chi chưa có mặt", occasion="absent")
    escalation = start(duty, happening, reason=Reason.CHECK_IN)
    run_until(NOON)
    with scoped(system("tests")):
        assert engine.settle_open(at=NOON + MINUTE) == 0
        presence.check_in(shift.pk, "Chi", at=NOON + MINUTE)
        assert engine.settle_open(at=NOON + MINUTE) == 1
    ended = again(escalation)
    assert (ended.ended_at, ended.ended_why) == (NOON + MINUTE, "settled")


def test_what_was_told_once_calls_nobody_a_second_time(duty):
    first = start(duty)
    assert start(duty) is None
    with scoped(duty.cast.scope("ha")):
        services.end(first.pk, "đã ký bù", Answerer("Hà"), at=NOON)
    assert start(duty) is None, "also after it has ended"
    other_time = Happening("alert", 7, "Ca 14:00 chưa ký bàn giao", occasion="14:00")
    assert start(duty, other_time).pk != first.pk


def test_a_storm_of_a_thousand_is_one_escalation_and_one_letter_to_each(duty):
    storm = [Happening("case", number, f"Máy PC-{number:04}") for number in range(1, 1001)]
    first = start(duty, *storm[:400], reason=Reason.CHECK_IN)
    second = start(duty, *storm[400:], reason=Reason.CHECK_IN)
    assert first.pk == second.pk
    with scoped(system("tests")):
        assert Escalation.objects.count() == 1
        assert first.concerns.count() == 1000


def test_what_comes_after_the_answer_is_told_together_to_the_one_who_has_it(duty):
    escalation = start(duty)
    run_until(NOON)
    answer(duty, escalation, at=NOON)
    for number in range(30):
        start(duty, Happening("alert", 100 + number, f"Việc {number}"), at=NOON + MINUTE)
    assert run_until(NOON + 10 * MINUTE, NOON + MINUTE) == [(2, "An")]
    with scoped(system("tests")):
        body = Letter.objects.latest("pk").body
    assert "30" in body
    assert "Việc 0" in body
    assert BEACON.title not in body, "what was told before is not told again"


def test_a_second_message_about_the_same_call_says_the_matter_first(duty):
    start(duty)
    run_until(NOON + 30 * MINUTE)
    with scoped(system("tests")):
        body = Letter.objects.filter(name="An").latest("pk").body
    assert body.count(f"- {BEACON.title}\n") == 1
    assert body.index(BEACON.title) < body.index("Mới từ")


def test_something_new_wakes_an_escalation_that_had_given_up(duty):
    escalation = start(duty)
    run_until(NOON + 120 * MINUTE)
    start(duty, Happening("alert", 8, "Thêm"), at=NOON + 130 * MINUTE)
    woken = again(escalation)
    assert (woken.state, woken.round, woken.position) == ("calling", 0, 0)
    assert run_until(NOON + 131 * MINUTE, NOON + 130 * MINUTE) == [(0, "An")]


def told_bodies(name: str) -> list[str]:
    with scoped(system("tests")):
        return list(Letter.objects.filter(name=name).order_by("pk").values_list("body", flat=True))


def test_what_joins_after_the_last_step_was_called_is_told_to_everybody_in_a_round_of_its_own(duty):
    escalation = start(duty, reason=Reason.SILENCE)
    assert run_until(NOON + 61 * MINUTE) == [(0, "An"), (0, "Chi"), (60, "Chi")]
    later = NOON + 65 * MINUTE
    assert start(duty, Happening("alert", 8, "Việc đến sau"), reason=Reason.SILENCE, at=later).pk == escalation.pk
    assert run_until(NOON + 350 * MINUTE, later) == [(115, "An"), (115, "Chi"), (175, "Chi")]
    for news in (told_bodies("An")[-1], told_bodies("Chi")[-2]):
        assert "Việc đến sau" in news
        assert BEACON.title not in news, "what they were told before is not told again"
    assert again(escalation).state == "calling", "until the last wait is over"
    run_until(NOON + 365 * MINUTE, NOON + 350 * MINUTE)
    assert again(escalation).state == "exhausted"


def test_what_joins_late_in_the_last_round_is_told_to_those_before_too(duty):
    plan = {"rounds": 1, "steps": [{"call": "on_duty"}, {"call": "lead"}, {"call": "head"}]}
    with scoped(system("tests")):
        policy = Policy.objects.create(organisation=duty.office, org_path=duty.office.path, name="một vòng", plan=plan)
    start(duty, policy=policy)
    assert [name for _, name in run_until(NOON + 6 * MINUTE)] == ["An", "Chi", "Chi"]
    start(duty, Happening("alert", 8, "Việc đến sau"), at=NOON + 6 * MINUTE)
    called = [name for _, name in run_until(NOON + 60 * MINUTE, NOON + 7 * MINUTE)]
    assert called == ["Minh", "An", "Chi", "Chi", "Minh"]
    assert "Việc đến sau" in told_bodies("An")[-1]


def test_whoever_gave_the_first_of_two_answers_hears_what_joins(duty):
    with scoped(system("tests")):
        plan = {"acknowledgements": 2, "steps": [{"call": "on_duty"}, {"call": "head", "wait_minutes": 30}]}
        policy = Policy.objects.create(organisation=duty.office, org_path=duty.office.path, name="hai người", plan=plan)
    escalation = start(duty, policy=policy)
    run_until(NOON)
    answer(duty, escalation, "An")
    start(duty, Happening("alert", 8, "Việc đến sau"), at=NOON + MINUTE)
    called = run_until(NOON + 20 * MINUTE, NOON + MINUTE)
    assert (2, "An") in called
    body = told_bodies("An")[-1]
    assert "Việc đến sau" in body
    assert "/page/" not in body, "news, and nothing to answer"
    assert again(escalation).state == "calling"


def test_it_ends_by_itself_when_all_it_is_about_is_over(duty):
    other = Happening("alert", 8, "Ca khác")
    escalation = start(duty, BEACON, other)
    with scoped(duty.cast.scope("ha")):
        assert services.settle("alert", [7], at=NOON) == 0
        assert services.settle("alert", [7, 8], at=NOON) == 1
        assert services.settle("alert", [7, 8], at=NOON) == 0
    ended = again(escalation)
    assert (ended.state, ended.ended_why) == ("ended", "settled")
    assert run_until(NOON + 60 * MINUTE) == []


def test_ending_takes_back_what_has_not_gone_out(duty):
    escalation = start(duty)
    with scoped(system("tests")):
        from vonggac.duty.escalation import engine, letters  # noqa: PLC0415

        engine.take_due(at=NOON)
        letters.write(at=NOON)
        services.end(escalation.pk, "báo nhầm", Answerer("Hà"), at=NOON)
        assert Letter.objects.get().failure == "withdrawn"
        assert Page.objects.get().withdrawn_at == NOON
    assert run_until(NOON + 60 * MINUTE) == []


def test_ending_and_noting_need_words(duty):
    escalation = start(duty)
    with scoped(duty.cast.scope("ha")):
        with pytest.raises(InputError):
            services.end(escalation.pk, "  ", Answerer("Hà"), at=NOON)
        with pytest.raises(InputError):
            services.note(escalation.pk, "", Answerer("Hà"), at=NOON)
        services.end(escalation.pk, "xong", Answerer("Hà"), at=NOON)
        with pytest.raises(WrongState):
            services.end(escalation.pk, "xong", Answerer("Hà"), at=NOON)


def test_a_stranger_neither_sees_nor_answers_it(duty):
    escalation = start(duty)
    for name in ("vinh", "lan"):
        with scoped(duty.cast.scope(name)):
            assert not Escalation.objects.exists()
            assert not Step.objects.exists()
            with pytest.raises(OutOfScope):
                services.acknowledge(escalation.pk, Answerer("Vinh"), at=NOON)


def test_the_database_itself_keeps_one_open_escalation_of_a_reason(duty):
    escalation = start(duty)
    twin = again(escalation)
    twin.pk = None
    with scoped(system("tests")), pytest.raises(IntegrityError, match="escalation_one_open"), transaction.atomic():
        twin.save(force_insert=True)


def test_a_person_may_call_for_two_things_at_once(duty):
    first = start(duty, Happening("note", 0, "mất điện", occasion="a"), reason=Reason.CALL)
    second = start(duty, Happening("note", 0, "cháy", occasion="b"), reason=Reason.ALERT, at=NOON + timedelta(hours=1))
    assert first.pk != second.pk
