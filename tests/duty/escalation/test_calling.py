"""Who a step calls, by which ways, and what they read: quiet hours, leads, rooms, numbers, grouping, misses."""

from datetime import time, timedelta

import pytest

from tests.cast import NOON
from tests.duty.watch import HOURS, MINUTE, run_until
from vonggac.duty.escalation import engine, letters, policies, ringing, services, standing, wording
from vonggac.duty.escalation.recipients import Place, Watchers
from vonggac.duty.escalation.rules import PlanStep, Reason, Target
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import (
    Channel,
    ContactMethod,
    Escalation,
    HandOver,
    Leave,
    Letter,
    Member,
    Page,
    Policy,
    Post,
    Prompt,
    QuietHours,
    Shift,
)  # fmt: skip
from vonggac.duty.services import presence
from vonggac.errors import InputError
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


def start(duty, *titles: str, reason=Reason.ALERT, post=True, at=NOON, plan=None) -> Escalation:
    with scoped(system("tests")):
        policy = plan and Policy.objects.create(
            organisation=duty.office, org_path=duty.office.path, name=f"thử {at:%M}", plan=plan
        )
        happenings = [Happening("alert", abs(hash(title)) % 2**31, title) for title in titles or ("Máy KT-07",)]
        return services.start(
            reason, happenings, duty.office, at=at, post=duty.desk if post else None, policy=policy or None
        )


def called(duty, target: Target, *, post=True, channel="") -> list[str]:
    place = Place(duty.office, duty.desk.pk if post else None, duty.command.pk)
    return told_to(place, PlanStep(target, 5, channel))


def told_to(place: Place, step: PlanStep, at=NOON) -> list[str]:
    with scoped(system("tests")):
        return [recipient.name for recipient in Watchers([place], at).called(place, step).recipients]


def leadership(duty) -> None:
    with scoped(system("tests")):
        Post.objects.filter(pk=duty.command.pk).update(kind="leadership")


def usual(duty, reason=Reason.BOTNET, *, post=False, at=NOON) -> list[tuple[str, list[str]]]:
    """(target, whom it calls) of each step of the desk's own plan."""
    place, plan = Place(duty.office, duty.desk.pk if post else None), policies.usual_plan(reason, on=at.date())
    return [(step.target.value, told_to(place, step, at)) for step in plan.carried_out()]


def quiet(person) -> None:
    with scoped(system("tests")):
        QuietHours.objects.create(person=person, begins=time(11), ends=time(14))


def sms(duty) -> Channel:
    with scoped(system("tests")):
        return Channel.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="SMS", kind="gateway", takes_phones=True,
            changed_at=NOON, settings={"url": "https://sms.example/"},
        )  # fmt: skip


def take_and_write(at=NOON) -> list[Letter]:
    with scoped(system("tests")):
        engine.take_due(at=at)
        letters.write(at=at)
        return list(Letter.objects.order_by("pk"))


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (Target.ON_DUTY, ["An"]),
        (Target.POST, ["An", "Chi"]),
        (Target.LEAD, ["Chi"]),
        (Target.COMMANDER, ["Dũng"]),
        (Target.HEAD, ["Minh"]),
        (Target.OFFICE, []),
        (Target.ROOM, []),
    ],
)
def test_each_target_names_its_people(duty, target, names):
    assert called(duty, target) == names


def test_a_call_for_the_whole_office_calls_the_person_on_duty_of_each_post_but_the_commander(duty):
    assert told_to(Place(duty.office), PlanStep(Target.ON_DUTY, 5)) == ["An", "Dũng"]
    named = Place(duty.office, command_post_id=duty.command.pk)
    first, *_others = policies.usual_plan(Reason.BOTNET, on=NOON.date()).carried_out()
    assert told_to(named, first) == ["An"], "the commander has a step of their own"
    assert told_to(named, PlanStep(Target.ON_DUTY, 5)) == ["An", "Dũng"], "but not where no step is theirs"


@pytest.mark.parametrize("post", [True, False])
def test_the_duty_commander_of_the_desk_s_own_plan_is_who_is_on_the_leadership_post(duty, post):
    assert dict(usual(duty, post=post))["commander"] == ["Hà"], "without leadership on duty, the duty officers"
    leadership(duty)
    assert usual(duty, post=post) == [
        ("on_duty", ["An"]), ("post", ["An", "Chi"]), ("lead", ["Chi"]), ("commander", ["Dũng"]), ("head", ["Minh"]),
        ("office", []),
    ]  # fmt: skip


def test_in_a_hole_of_the_leadership_post_the_duty_officers_command(duty):
    leadership(duty)
    assert dict(usual(duty, at=NOON + HOURS))["commander"] == ["Hà"]
    on_leave(duty, "Dũng")
    assert dict(usual(duty))["commander"] == ["Hà"]
    place, step = Place(duty.office), PlanStep(Target.COMMANDER, 5)
    with scoped(system("tests")):
        assert [one.name for one in Watchers([place], NOON).on_leave(place, step)] == ["Dũng"]


def test_a_retired_leadership_post_commands_no_more(duty):
    leadership(duty)
    with scoped(system("tests")):
        Post.objects.filter(pk=duty.command.pk).update(retired_on=NOON.date())
    assert dict(usual(duty))["commander"] == ["Hà"]


def test_who_answers_for_the_leadership_post_waits_for_the_commander_s_step(duty):
    leadership(duty)
    with scoped(system("tests")):
        Post.objects.filter(pk=duty.command.pk).update(lead=duty.people["quan"])
    assert dict(usual(duty))["lead"] == ["Chi"]


def test_where_the_leadership_s_is_the_only_post_whoever_is_on_it_is_called_at_once(duty):
    leadership(duty)
    with scoped(system("tests")):
        Shift.objects.filter(post=duty.desk).delete()
    start(duty, post=False)
    assert run_until(NOON + MINUTE) == [(0, "Dũng")]


def test_before_a_person_without_a_tested_address_the_next_of_the_post_is_called(duty):
    chi = duty.people["Chi"]
    with scoped(system("tests")):
        ContactMethod.objects.create(person=chi, address=chi.email, made_at=NOON, tested_at=NOON)
    assert called(duty, Target.ON_DUTY) == ["Chi"]


def test_a_policy_without_a_step_for_the_post_calls_everybody_on_duty_at_once(duty):
    start(duty, plan={"steps": [{"call": "on_duty"}, {"call": "head"}]})
    assert run_until(NOON + MINUTE) == [(0, "An"), (0, "Chi")]


def test_the_end_of_the_rope_says_who_was_not_called_and_whom_to_ring(duty):
    made = start(duty, plan={"rounds": 1, "steps": [{"call": "on_duty"}, {"call": "head"}]})
    run_until(NOON + 30 * MINUTE)
    with scoped(system("tests")):
        entry = Entry.objects.get(act="escalation.exhaust")
        found = ringing.to_ring(Escalation.objects.get(pk=made.pk), at=NOON + 30 * MINUTE)
    assert entry.detail["not_called"] == ["Bình"]
    assert [(one.name, one.was_called) for one in found] == [
        ("Bình", False), ("An", True), ("Chi", True), ("Minh", True),
    ]  # fmt: skip
    assert found[0].phone == "0900000002"


def test_who_answers_for_the_post_is_called_with_its_lead_and_without_one(duty):
    with scoped(system("tests")):
        duty.desk.lead = duty.people["quan"]
        duty.desk.save()
    assert called(duty, Target.LEAD) == ["Chi", "Quân"]
    with scoped(system("tests")):
        Shift.objects.filter(post=duty.desk).delete()
    assert called(duty, Target.LEAD) == ["Quân"], "an empty post still has somebody who answers for it"
    assert called(duty, Target.LEAD, post=False) == ["Quân"]


def test_a_person_without_an_account_is_reached_by_the_number_in_the_roster(duty):
    sms(duty)
    assert called(duty, Target.POST) == ["An", "Bình", "Chi"]


def test_a_room_is_one_place_and_a_nearer_one_goes_before_the_desk_s(duty):
    with scoped(system("tests")):
        for organisation, address in ((None, "ntfy://a"), (duty.office, "ntfy://b")):
            Channel.objects.create(
                organisation=organisation, org_path=organisation.path if organisation else "", name="Zalo nhóm",
                kind="apprise", changed_at=NOON, settings={"address": address},
            )  # fmt: skip
        place = Place(duty.office, duty.desk.pk)
        (room,) = Watchers([place], NOON).called(place, PlanStep(Target.ROOM, 5, "Zalo nhóm")).recipients
        near = Channel.objects.get(org_path=duty.office.path)
    assert [way.channel_id for way in room.ways] == [near.pk]


def test_quiet_hours_spare_the_others_and_never_who_is_on_duty(duty):
    for name in ("An", "quan"):
        quiet(duty.people[name])
    with scoped(system("tests")):
        duty.desk.lead = duty.people["quan"]
        duty.desk.save()
    assert called(duty, Target.ON_DUTY) == ["An"], "on duty, quiet hours or not"
    assert called(duty, Target.LEAD) == ["Chi"], "Quân rests while Chi hears it"
    with scoped(system("tests")):
        Shift.objects.filter(person_name="Chi").delete()
    assert called(duty, Target.LEAD) == ["Quân"], "and is woken where nobody else would hear it"


def on_leave(duty, name: str, begin=-HOURS, end=HOURS) -> None:
    with scoped(system("tests")):
        path, person = duty.office.path, duty.people[name]
        Shift.objects.filter(person=person).update(checked_in_at=None)
        member = Member.objects.create(organisation=duty.office, org_path=path, name=name, person=person)
        Leave.objects.create(
            member=member, org_path=path, state="granted", asked_at=NOON - HOURS, from_utc=NOON + begin,
            to_utc=NOON + end,
        )  # fmt: skip


def test_whoever_is_on_leave_is_passed_over_and_the_next_of_the_post_called(duty):
    on_leave(duty, "An")
    assert called(duty, Target.POST) == ["Chi"]
    assert called(duty, Target.ON_DUTY) == ["Chi"], "the person on duty is who is there"
    with scoped(system("tests")):
        duty.desk.minimum = 3
        duty.desk.save()
        ((post, hole),) = standing.open_holes(NOON)
    assert (post, hole.missing_people, hole.away) == (duty.desk, 1, ("An",))
    start(duty, plan={"steps": [{"call": "on_duty"}]})
    take_and_write()
    with scoped(system("tests")):
        entry = Entry.objects.filter(act="escalation.call").get()
    assert (entry.detail["people"], entry.detail["on_leave"]) == (["Chi"], ["An"])


def test_who_has_left_the_running_shift_is_passed_over_until_they_are_back(duty):
    with scoped(system("tests")):
        shift = Shift.objects.get(person_name="An")
        presence.leave(shift.pk, "An", at=NOON - MINUTE)
    assert called(duty, Target.POST) == ["Chi"]
    assert called(duty, Target.ON_DUTY) == ["Chi"]
    with scoped(system("tests")):
        presence.check_in(shift.pk, "An", at=NOON)
    assert called(duty, Target.ON_DUTY) == ["An"]


def test_leave_that_is_over_or_to_come_passes_nobody_over(duty):
    on_leave(duty, "An", -HOURS, timedelta())
    on_leave(duty, "Chi", MINUTE)
    assert called(duty, Target.POST) == ["An", "Chi"]


def test_a_commander_on_leave_leaves_the_step_to_nobody_and_is_named(duty):
    on_leave(duty, "Dũng")
    place = Place(duty.office, duty.desk.pk, duty.command.pk)
    with scoped(system("tests")):
        found = Watchers([place], NOON).called(place, PlanStep(Target.COMMANDER, 5))
    assert (found.recipients, [one.name for one in found.on_leave]) == ([], ["Dũng"])


def test_where_nobody_else_hears_a_round_those_on_leave_are_called_after_all(duty):
    for name in ("An", "Chi"):
        on_leave(duty, name)
    with scoped(system("tests")):
        chi = duty.people["Chi"]
        ContactMethod.objects.create(person=chi, address="chi.rieng@hai-van.example", made_at=NOON)
    start(duty, plan={"rounds": 1, "steps": [{"call": "on_duty"}, {"call": "lead"}]})
    take_and_write()
    take_and_write(NOON + MINUTE)
    with scoped(system("tests")):
        calls = [entry.detail for entry in Entry.objects.filter(act="escalation.call").order_by("pk")]
        addresses = set(Page.objects.values_list("address", flat=True))
    assert [(one["target"], one["people"]) for one in calls] == [("post", []), ("lead", ["An", "Chi"])]
    assert calls[1]["on_leave"] == ["Chi"]
    assert addresses == {duty.people["An"].email, "chi.rieng@hai-van.example"}


def test_those_on_leave_rest_where_somebody_else_hears_the_round(duty):
    for name in ("An", "Chi"):
        on_leave(duty, name)
    start(duty, plan={"rounds": 1, "steps": [{"call": "head"}, {"call": "post"}]})
    assert run_until(NOON + 20 * MINUTE) == [(0, "Minh")]


def test_at_the_end_of_the_rope_those_on_leave_are_among_whom_to_ring(duty):
    on_leave(duty, "An")
    made = start(duty, plan={"rounds": 1, "steps": [{"call": "on_duty"}, {"call": "head"}]})
    run_until(NOON + 30 * MINUTE)
    with scoped(system("tests")):
        found = ringing.to_ring(Escalation.objects.get(pk=made.pk), at=NOON + 30 * MINUTE)
    assert [(one.name, one.was_called, one.is_on_leave) for one in found] == [
        ("Bình", False, False), ("An", False, True), ("Chi", True, False), ("Minh", True, False),
    ]  # fmt: skip


def test_whoever_comes_in_spite_of_leave_is_called(duty):
    on_leave(duty, "An")
    assert called(duty, Target.ON_DUTY) == ["Chi"]
    with scoped(system("tests")):
        Shift.objects.filter(person=duty.people["An"]).update(checked_in_at=NOON - MINUTE)
    assert called(duty, Target.ON_DUTY) == ["An"]


def test_who_was_spared_stands_in_the_timeline(duty):
    quiet(duty.people["quan"])
    with scoped(system("tests")):
        duty.desk.lead = duty.people["quan"]
        duty.desk.save()
    start(duty, plan={"steps": [{"call": "lead"}]})
    take_and_write()
    with scoped(system("tests")):
        entry = Entry.objects.filter(act="escalation.call").get()
    assert (entry.detail["people"], entry.detail["spared"]) == (["Chi"], ["Quân"])


def test_a_second_address_is_used_only_while_nobody_answers(duty):
    an, channel = duty.people["An"], sms(duty)
    with scoped(system("tests")):
        ContactMethod.objects.create(person=an, address="an@example.vn", made_at=NOON, tested_at=NOON)
        ContactMethod.objects.create(person=an, channel=channel, address="0912345678", after_minutes=3, made_at=NOON)
    escalation = start(duty)
    assert run_until(NOON + 2 * MINUTE) == [(0, "An")]
    with scoped(system("tests")):
        services.acknowledge(escalation.pk, Answerer("An", an), at=NOON + 2 * MINUTE)
    assert run_until(NOON + 10 * MINUTE, NOON + 3 * MINUTE) == [], "the page for the phone was taken back"


def test_two_calls_for_one_person_are_one_letter_with_one_link(duty):
    start(duty, "Máy KT-07")
    start(duty, "Chưa có mặt", reason=Reason.CHECK_IN)
    (letter,) = take_and_write()
    assert letter.name == "An"
    assert len(letter.about) == 2
    assert [link["purpose"] for link in letter.links] == ["page"]
    assert sorted(letter.links[0]["subjects"]["escalation"]) == sorted(letter.about)
    assert "Máy KT-07" in letter.body
    assert "Chưa có mặt" in letter.body
    assert letter.body.count(letters.place_of(0)) == 2
    assert "/l/" not in letter.body + letter.brief, "no link is kept in the database"


def by_hand(duty, text: str) -> Letter:
    with scoped(system("tests")):
        services.call(text, duty.office, at=NOON, post=duty.desk)
    return take_and_write()[-1]


def test_a_call_by_hand_says_in_subject_and_short_message_what_has_happened(duty):
    letter = by_hand(duty, "Mất điện phòng máy chủ")
    said = f"[Vọng Gác] GỌI TRỰC: Mất điện phòng máy chủ – {duty.office.name}"
    assert (letter.subject, letter.brief) == (said, f"{said} {letters.place_of(0)}")


def test_the_words_of_a_call_by_hand_are_one_short_line_without_addresses_and_whole_in_the_letter(duty):
    typed = f"Mất điện\r\nBcc: kẻ\u202e lạ@x.example http://x.example/l/page/bí-mật {'rất dài ' * 20}hết"
    letter = by_hand(duty, typed)
    said = letter.subject.removeprefix("[Vọng Gác] GỌI TRỰC: ").removesuffix(f" – {duty.office.name}")
    assert said.startswith("Mất điện Bcc: kẻ lạ@x.example rất dài")
    assert said.endswith("…")
    assert len(said) <= wording.LONGEST_WORDS
    assert "://" not in letter.subject + letter.brief
    assert letter.body.count("\r") == 0
    assert "rất dài hết" in letter.body


def test_a_call_of_nothing_but_an_address_is_still_called(duty):
    assert "GỌI TRỰC: gọi trực – " in by_hand(duty, "https://x.example/").subject


def test_whoever_has_taken_a_call_by_hand_is_asked_by_its_words(duty):
    with scoped(system("tests")):
        called = services.call("Mất điện phòng máy chủ", duty.office, at=NOON, post=duty.desk)
        services.acknowledge(called.pk, Answerer("An", duty.people["An"]), at=NOON)
    asked = take_and_write(NOON + 25 * MINUTE)[-1]
    assert "Mất điện phòng máy chủ" in asked.subject


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_call_by_hand_needs_a_word_on_what_has_happened(duty, text):
    with scoped(system("tests")), pytest.raises(InputError):
        services.call(text, duty.office, at=NOON)


def test_a_second_letter_says_what_is_new_and_how_much_there_is_in_all(duty):
    start(duty, *(f"Máy {number}" for number in range(12)))
    first = take_and_write()[0]
    assert "Máy 9" in first.body
    assert "Máy 11" not in first.body
    with scoped(system("tests")):
        letters.note_sent(first, at=NOON)
    start(duty, "Máy mới", at=NOON + MINUTE)
    (_, second, *_) = take_and_write(NOON + 5 * MINUTE)
    assert second.name == "An"
    assert "Máy mới" in second.body
    assert "Máy 3" not in second.body
    assert "13" in second.body


def test_a_letter_leaves_with_a_fresh_link_that_answers(duty):
    from uuid import uuid4  # noqa: PLC0415

    escalation = start(duty)
    take_and_write()
    with scoped(system("tests")):
        first = letters.claim(uuid4(), at=NOON)
        assert "/l/page/" in first.body
        assert "/l/page/" in first.brief
        again = Letter.objects.get()
        assert "/l/page/" not in again.body + again.brief
        assert escalation.pk in again.about


def test_where_a_letter_is_refused_and_nobody_else_heard_the_next_is_called_at_once(duty):
    escalation = start(duty)
    (letter,) = take_and_write()
    with scoped(system("tests")):
        letters.note_refused(letter, "550 no such box", at=NOON + MINUTE)
        engine.call_next_for(letter, at=NOON + MINUTE)
    assert run_until(NOON + MINUTE, NOON + MINUTE) == [(0, "An"), (0, "Chi")], "all on the post, not after five minutes"
    with scoped(system("tests")):
        assert Entry.objects.filter(act="escalation.miss", subject_id=escalation.pk).get().detail["why"].startswith("5")


def test_where_the_next_is_called_at_once_a_second_address_of_those_before_is_still_used(duty):
    an, chi, channel = duty.people["An"], duty.people["Chi"], sms(duty)
    with scoped(system("tests")):
        ContactMethod.objects.create(person=an, address="an@example.vn", made_at=NOON, tested_at=NOON)
        ContactMethod.objects.create(person=an, channel=channel, address="0912345678", after_minutes=3, made_at=NOON)
        ContactMethod.objects.create(person=chi, address="chi@example.vn", made_at=NOON)
    start(
        duty,
        plan={"steps": [{"call": "on_duty", "wait_minutes": 1}, {"call": "lead"}, {"call": "head"}, {"call": "post"}]},
    )
    with scoped(system("tests")):
        engine.take_due(at=NOON)
        letters.write(at=NOON)
        letters.note_sent(Letter.objects.get(), at=NOON)
        engine.take_due(at=NOON + MINUTE)
        letters.write(at=NOON + MINUTE)
        letter = Letter.objects.get(name="Chi")
        letters.note_refused(letter, "550 no such box", at=NOON + MINUTE)
        engine.call_next_for(letter, at=NOON + MINUTE)
    called = run_until(NOON + 4 * MINUTE, NOON + MINUTE)
    assert called == [(0, "Minh"), (2, "An")], "the head at once, and the phone of An after three minutes in vain"


def test_a_refusal_marks_the_address_and_a_letter_that_arrives_clears_it(duty):
    an = duty.people["An"]
    with scoped(system("tests")):
        ContactMethod.objects.create(person=an, address="an@example.vn", made_at=NOON, tested_at=NOON)
    start(duty)
    (letter,) = take_and_write()
    with scoped(system("tests")):
        letters.note_refused(letter, "550 no such box", at=NOON)
        assert ContactMethod.objects.get().failure == "550 no such box"
    start(duty, "khác", reason=Reason.CHECK_IN)
    second = take_and_write()[-1]
    with scoped(system("tests")):
        letters.note_sent(second, at=NOON)
        assert ContactMethod.objects.get().failed_at is None


def test_trouble_of_the_server_is_tried_again_with_the_same_key_for_half_an_hour(duty):
    start(duty)
    (letter,) = take_and_write()
    key, pauses, at = letter.key, [], NOON
    with scoped(system("tests")):
        while letter.given_up_at is None:
            letter.attempts += 1
            letters.note_later(letter, "busy", at=at)
            if letter.given_up_at is None:
                pauses.append((letter.due_at - at).total_seconds())
                at = letter.due_at
    assert pauses[:5] == [5, 10, 20, 40, 60]
    assert letter.given_up_at >= NOON + timedelta(minutes=30)
    assert letter.key == key


def test_while_the_way_out_is_down_the_plan_goes_on_at_its_own_pace(duty):
    start(duty, plan={"rounds": 1, "steps": [{"call": "lead"}, {"call": "head"}]})
    (letter,) = take_and_write()
    with scoped(system("tests")):
        for minutes in range(5):
            letters.note_later(letter, "timed out", at=NOON + minutes * MINUTE)
            assert engine.take_due(at=NOON + minutes * MINUTE) == 0
    assert [one.name for one in take_and_write(NOON + 5 * MINUTE)] == ["Chi", "Minh"]


def test_a_plan_begun_is_kept_when_the_policy_changes(duty):
    start(duty, plan={"rounds": 1, "steps": [{"call": "post", "wait_minutes": 7}, {"call": "head"}]})
    with scoped(system("tests")):
        Policy.objects.update(plan={"steps": [{"call": "lead"}]})
    assert run_until(NOON + 20 * MINUTE) == [(0, "An"), (0, "Chi"), (7, "Minh")]


def test_an_unsigned_hand_over_calls_the_lead_first_and_ends_when_it_is_signed(duty):
    with scoped(system("tests")):
        row = HandOver.objects.create(post=duty.desk, org_path=duty.office.path, boundary_utc=NOON)
        happening = Happening("hand_over", row.pk, "Giao ca lúc 12:00")
        escalation = services.start(Reason.HAND_OVER, [happening], duty.office, at=NOON, post=duty.desk)
    assert run_until(NOON + 11 * MINUTE) == [(0, "Chi"), (10, "An"), (10, "Chi")]
    with scoped(system("tests")):
        HandOver.objects.update(given_at=NOON, taken_at=NOON + 12 * MINUTE)
    assert run_until(NOON + 60 * MINUTE, NOON + 15 * MINUTE) == []
    with scoped(system("tests")):
        assert Escalation.objects.get(pk=escalation.pk).ended_why == "settled"


@pytest.mark.parametrize("sign", ["check_in", "answer", "over"])
def test_a_call_for_somebody_s_silence_ends_with_their_sign_or_their_shift(duty, sign):
    with scoped(system("tests")):
        shift = Shift.objects.get(person_name="Chi")
        prompt = Prompt.objects.create(shift=shift, org_path=shift.org_path, asked_at=NOON, due_at=NOON + MINUTE)
        kind, row = ("prompt", prompt) if sign == "answer" else ("shift", shift)
        services.start(Reason.AWAKE, [Happening(kind, row.pk, "?")], duty.office, at=NOON, post=duty.desk)
    assert run_until(NOON + MINUTE) == [(0, "An")]
    with scoped(system("tests")):
        if sign == "check_in":
            Shift.objects.filter(pk=shift.pk).update(checked_in_at=NOON + 2 * MINUTE)
        elif sign == "answer":
            Prompt.objects.update(answered_at=NOON + 2 * MINUTE)
        else:
            Shift.objects.filter(pk=shift.pk).update(to_utc=NOON + 2 * MINUTE)
    assert run_until(NOON + 30 * MINUTE, NOON + 5 * MINUTE) == []


def test_steps_that_bring_nobody_new_are_passed_at_once_and_the_log_says_so(duty):
    """Of a post of one who does not come, every step before the head is the same person again."""
    leadership(duty)
    with scoped(system("tests")):
        happening = Happening("shift", Shift.objects.get(person_name="Dũng").pk, "Dũng chưa có mặt", occasion="absent")
        services.start(Reason.CHECK_IN, [happening], duty.office, at=NOON, post=duty.command)
    assert run_until(NOON + 6 * MINUTE) == [(0, "Dũng"), (5, "Minh")]
    with scoped(system("tests")):
        calls = [entry.detail for entry in Entry.objects.filter(act="escalation.call").order_by("pk")]
    assert [(one["target"], one["people"], one.get("passed")) for one in calls] == [
        ("on_duty", ["Dũng"], None), ("post", [], ["Dũng"]), ("lead", [], None), ("commander", [], ["Dũng"]),
        ("head", ["Minh"], None),
    ]  # fmt: skip


def test_where_no_later_step_brings_anybody_else_the_same_people_are_called_again(duty):
    step = {"call": "lead", "wait_minutes": 2}
    start(duty, plan={"rounds": 2, "steps": [step, step]})
    assert run_until(NOON + 7 * MINUTE) == [(0, "Chi"), (2, "Chi"), (4, "Chi"), (6, "Chi")]


def test_a_number_of_the_roster_serves_whose_account_has_none(duty):
    """Tying an account to a member of the duty list takes no way of calling them away."""
    channel = sms(duty)
    with scoped(system("tests")):
        Shift.objects.filter(person_name="An").update(phone="0912345021")
    start(duty, plan={"steps": [{"call": "on_duty"}, {"call": "post"}]})
    assert [(one.channel_id, one.address) for one in take_and_write()] == [
        (None, "an@example.vn"), (channel.pk, "0912345021"),
    ]  # fmt: skip


def test_a_botnet_list_s_call_names_the_host_and_a_hole_s_its_whole_line(duty):
    start(duty, "203.0.113.9: Mirai – Sở X", reason=Reason.BOTNET)
    assert "botnet 203.0.113.9: Mirai" in take_and_write()[-1].brief
    said = "ca trực D 19:00–07:00 30/11 · Trực giám sát: thiếu chuyên viên phân tích mã độc từ 19:00"
    assert len(said) > wording.LONGEST_WORDS
    start(duty, said, reason=Reason.HOLE)
    assert said in take_and_write()[-1].brief


def test_news_are_told_to_people_who_were_called_before(duty):
    plan = {"rounds": 1, "steps": [{"call": "lead"}, {"call": "lead"}, {"call": "head"}]}
    start(duty, plan=plan)
    assert run_until(NOON + MINUTE) == [(0, "Chi")]
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "Máy mới")], duty.office, at=NOON + MINUTE, post=duty.desk)
    assert run_until(NOON + 6 * MINUTE, NOON + 2 * MINUTE) == [(3, "Chi")]


def test_nobody_within_reach_is_said_and_the_calling_goes_on_five_minutes_later(duty):
    with scoped(system("tests")):
        Shift.objects.all().delete()
    start(duty, plan={"rounds": 2, "steps": [{"call": "on_duty"}, {"call": "lead"}]})
    assert run_until(NOON + 4 * MINUTE) == []
    with scoped(system("tests")):
        assert [e.detail["people"] for e in Entry.objects.filter(act="escalation.call")] == [[], []]
        Shift.objects.create(
            post=duty.desk, org_path=duty.office.path, person=duty.people["Chi"], person_name="Chi",
            from_utc=NOON - HOURS, to_utc=NOON + HOURS,
        )  # fmt: skip
    assert run_until(NOON + 6 * MINUTE, NOON + 5 * MINUTE) == [(0, "Chi")]


def test_steps_due_in_other_hands_are_passed_over(duty):
    start(duty)
    with scoped(system("tests")):
        assert engine.take_due(at=NOON - MINUTE) == 0
        assert engine.take_due(at=NOON) == 1
        assert engine.take_due(at=NOON) == 0
        assert Page.objects.count() == 1
