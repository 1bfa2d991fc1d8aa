"""From what happens to a person who answers: a list, silence, a hole, absence; a link on a phone; a letter's end."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from tests.cast import NOON
from tests.duty import watch
from tests.duty.office import BEFORE, MONDAY, open_office
from tests.duty.watch import MINUTE, Watch, run_until
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.duty import contacts, messages
from vonggac.duty.channels import services as channels
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation import engine, letters, queries, services
from vonggac.duty.escalation.letters import Outgoing
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import (
    Channel,
    ChannelKind,
    Concern,
    ContactMethod,
    Escalation,
    HandOver,
    Letter,
    Link,
    Page,
    Post,
    Prompt,
    Shift,
    ShiftType,
)
from vonggac.duty.patterns import begin_of
from vonggac.duty.rules import Hole
from vonggac.duty.services import publishing
from vonggac.errors import InputError
from vonggac.flows import botnet_list, reminders, shift_change
from vonggac.flows import escalation as flow
from vonggac.flows.escalation import Tried
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import Asset, AssetAddress, InformationSystem, Network
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
PAGER = uuid4()
HEADER = "timestamp,src_ip,src_port,dst_ip,dst_port,dst_hostname,family,protocol"
BUSY = Failure(Fault.SERVER, "421 later", is_outage=True)
UNKNOWN = Failure(Fault.RECIPIENT, "550 no such box", is_final=True)


@pytest.fixture
def duty(db) -> Watch:
    return watch.keep()


def import_list(duty: Watch, *addresses: str) -> None:
    """A list that names machines of a level-3 system of the commune, which makes them urgent, and one workstation."""
    with scoped(system("tests")):
        owner = {"organisation": duty.cast.organisations["p-vinh-hai"]}
        owner["org_path"] = owner["organisation"].path
        Network.objects.create(cidr="203.0.113.0/24", **owner)
        grave = InformationSystem.objects.create(name="Một cửa", level=3, **owner)
        for address in addresses:
            machine = Asset.objects.create(name=f"KT-{address}", system=grave, **owner)
            AssetAddress.objects.create(asset=machine, org_path=machine.org_path, address=address)
    rows = [
        f"2026-04-18T01:00:00Z,{one},40001,192.0.2.66,443,c2.example.net,mirai,tcp"
        for one in (*addresses, "203.0.113.99")
    ]
    with scoped(duty.cast.scope("ha")):
        botnet_list.import_list(
            "\n".join([HEADER, *rows]).encode(), "l.csv", duty.office, "NCSC", received_at=NOON, at=NOON
        )


def open_ones() -> list[Escalation]:
    with scoped(system("tests")):
        return queries.open_ones()


def next_letter(at=NOON) -> Outgoing | None:
    return flow.hand_on(PAGER, None, at=at)


def secret_in(letter: Outgoing, purpose: str) -> str:
    return letter.body.split(f"/l/{purpose}/")[1].split()[0]


def called_secret(duty: Watch) -> str:
    """Somebody is called, and the secret of the link in the letter that goes out."""
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "Máy KT-07")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    return secret_in(next_letter(), "page")


def test_a_list_with_urgent_hosts_calls_the_person_on_duty_once_and_the_unit_s_answer_ends_it(duty):
    import_list(duty, "203.0.113.9", "203.0.113.10")
    (escalation,) = open_ones()
    assert (escalation.reason, escalation.number) == ("botnet", 2)
    assert run_until(NOON) == [(0, "An"), (0, "Dũng")], "the person on duty of each post of the office"
    with scoped(system("tests")):
        letter = Letter.objects.get(name="An")
        assert "KT-203.0.113.9" in letter.body
        assert "203.0.113.99" not in letter.body
        waiting = list(Case.objects.filter(kind=Kind.BOTNET_HOST, priority=1))
        assert [one.pk for one in queries.about("case", waiting[0].pk).standing] == [escalation.pk]
        for case in waiting:
            cases.acknowledge(case.pk, by="Lan", at=NOON + 2 * MINUTE)
    assert run_until(NOON + 30 * MINUTE, NOON + 5 * MINUTE) == []
    assert open_ones() == []


@pytest.mark.parametrize("was_kept", [False, True], ids=["never", "until yesterday"])
def test_a_list_at_an_office_without_a_watch_calls_nobody(duty, was_kept):
    with scoped(system("tests")):
        Shift.objects.all().delete()
        if was_kept:
            Post.objects.update(retired_on=NOON.date())
        else:
            Post.objects.all().delete()
        assert flow.watching_office(duty.office.path, at=NOON) is None
        assert (flow.watching_office(duty.office.path, at=NOON - timedelta(days=1)) == duty.office) is was_kept
    import_list(duty, "203.0.113.9")
    assert open_ones() == []


def test_work_that_nobody_acknowledged_in_time_calls_the_watch_above(duty):
    commune = duty.cast.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        (case,) = cases.open_many([Opening(commune, Kind.OBLIGATION, "1.a", "1.a: ứng trực", 3, "", None)], at=NOON)
    late = NOON + timedelta(hours=regime.on(NOON.date()).limit("acknowledge_hours"))
    assert reminders.escalate(at=late - MINUTE) == 0
    assert open_ones() == []
    assert reminders.escalate(at=late) == 1
    (escalation,) = open_ones()
    assert escalation.reason == "silence"
    with scoped(system("tests")):
        assert escalation.organisation == duty.office
        cases.acknowledge(case.pk, by="Lan", at=late)
        engine.take_due(at=late)
    assert open_ones() == []


@pytest.mark.parametrize("turn", [flow.do_due, flow.look], ids=["at its next step", "at the next look"])
def test_a_hole_calls_once_and_ends_when_somebody_stands_there(duty, turn):
    with scoped(system("tests")):
        Shift.objects.filter(person_name="Chi").update(to_utc=NOON)
    assert flow.look(at=NOON + MINUTE) == 1
    assert flow.look(at=NOON + 2 * MINUTE) == 0
    (escalation,) = open_ones()
    with scoped(system("tests")):
        title = escalation.concerns.get().title
        assert title == "ca trực 06:00–18:00 20/4 · Trực ban: thiếu trưởng ca từ 12:00"
        Shift.objects.filter(person_name="Chi").update(to_utc=NOON + 60 * MINUTE)
    turn(at=NOON + 2 * MINUTE)
    assert open_ones() == []
    with scoped(system("tests")):
        Shift.objects.filter(person_name="Chi").update(to_utc=NOON)
    assert flow.look(at=NOON + 3 * MINUTE) == 1, "taken off again, as if they had never stood there"
    assert flow.look(at=NOON + 4 * MINUTE) == 0


@pytest.mark.parametrize("made", [BEFORE, begin_of(MONDAY, 14 * 60 + 40)], ids=["kept for weeks", "made just now"])
def test_a_hole_that_runs_when_a_roster_is_published_calls_at_once(people, made):
    at = begin_of(MONDAY, 14 * 60 + 57)
    with scoped(people.scope("ha")):
        office = open_office(people, at=made)
        draft = office.draft(at=at)
    assert flow.look(at=at) == 0, "nobody made a roster yet"
    with scoped(people.scope("ha")):
        publishing.publish(draft.pk, by="Hà", at=at)
    assert flow.look(at=at + MINUTE) == 1
    assert flow.look(at=at + 2 * MINUTE) == 0
    (escalation,) = open_ones()
    assert (escalation.reason, escalation.post_id) == ("hole", office.post.pk)
    with scoped(system("tests")):
        assert "thiếu 1 người" in escalation.concerns.get().title


@pytest.mark.parametrize("name", ["Giám sát", "Giám sát " + "an toàn thông tin mạng " * 3 + "khu vực phía Bắc"])
def test_the_first_hundred_letters_about_a_hole_name_its_shift_and_its_post(duty, name):
    """The night that began yesterday has nobody; past midnight a short message says so, however it is cut."""
    night, late = begin_of(NOON.date(), 22 * 60), begin_of(NOON.date(), 25 * 60)
    with scoped(system("tests")):
        office = open_office(duty.cast, at=NOON, on=NOON.date() - timedelta(days=7))
        Post.objects.filter(pk=office.post.pk).update(name=name)
        Shift.objects.create(
            post=office.post, org_path=office.post.org_path, person_name="An", from_utc=night - 480 * MINUTE,
            to_utc=night,
        )  # fmt: skip
        Post.objects.exclude(pk=office.post.pk).update(retired_on=NOON.date())
    assert flow.look(at=late) == 1
    with scoped(system("tests")):
        title = Escalation.objects.get().concerns.get().title
    assert title == f"ca trực Đ 22:00–06:00 20/4 · {name}: thiếu 1 người từ 22:00 thứ Hai 20/4"
    run_until(late + 5 * MINUTE, late)
    with scoped(system("tests")):
        texts = [(letter.brief, letter.subject) for letter in Letter.objects.all()]
    assert texts
    assert all("ca trực Đ 22:00–06:00 20/4 · Giám sát" in said[:100] for text in texts for said in text)
    assert all("{link:0}" in brief for brief, _subject in texts)


def test_a_hole_says_which_skill_lacks(duty):
    with scoped(system("tests")):
        office = open_office(duty.cast, at=NOON - timedelta(days=7), on=NOON.date() - timedelta(days=7))
        ShiftType.objects.filter(post=office.post).update(skills={"analyst": 1})
        Post.objects.exclude(pk=office.post.pk).update(retired_on=NOON.date())
        for begin, name in ((-2, "An"), (6, "Chi")):
            Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name=name, member=office.members[name],
                skills=["analyst"] if name == "An" else [], from_utc=begin_of(NOON.date(), begin * 60),
                to_utc=begin_of(NOON.date(), begin * 60 + 480),
            )  # fmt: skip
    flow.look(at=NOON)
    with scoped(system("tests")):
        title = Escalation.objects.get().concerns.get().title
    assert title == "ca trực S 06:00–14:00 20/4 · Giám sát: thiếu chuyên viên phân tích từ 06:00"


def test_where_no_shift_is_asked_for_any_more_a_hole_names_its_post(duty):
    """A table has run out: the post was kept until a moment ago, and no shift stands."""
    with scoped(system("tests")):
        Post.objects.exclude(pk=duty.command.pk).update(retired_on=NOON.date())
    flow.look(at=NOON + watch.HOURS + MINUTE)
    with scoped(system("tests")):
        assert Escalation.objects.get().concerns.get().title == "Trực lãnh đạo: thiếu 1 người từ 18:00"


Scene = Callable[[Watch], None]


def absent(duty: Watch) -> None:
    Shift.objects.filter(person_name="Chi").update(from_utc=NOON - 20 * MINUTE)
    Post.objects.filter(pk=duty.desk.pk).update(asks_presence=True)


def silent(duty: Watch) -> None:
    shift = Shift.objects.get(person_name="Chi")
    Prompt.objects.create(shift=shift, org_path=shift.org_path, asked_at=NOON - 20 * MINUTE, due_at=NOON - MINUTE)


def unsigned(duty: Watch) -> None:
    Shift.objects.update(checked_in_at=NOON - 60 * MINUTE)
    Shift.objects.filter(post=duty.desk).update(to_utc=NOON - 16 * MINUTE)
    Post.objects.filter(pk=duty.desk.pk).update(hands_over=True)
    for name in ("An", "Chi"):
        Shift.objects.create(
            post=duty.desk, org_path=duty.office.path, person=duty.people[name], person_name=name,
            skill="truong_ca", from_utc=NOON - 16 * MINUTE, to_utc=NOON + 60 * MINUTE, checked_in_at=NOON - 16 * MINUTE,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("scene", "reason", "said"),
    [
        (absent, "check_in", "Chi chưa có mặt từ 11:40"),
        (silent, "awake", "Chi không trả lời lúc 11:40"),
        (unsigned, "hand_over", "Giao ca lúc 11:44: chưa có ai ký giao"),
    ],
)
def test_what_the_watch_itself_lacks_calls_somebody_once(duty, scene: Scene, reason, said):
    with scoped(system("tests")):
        scene(duty)
    shift_change.mind(at=NOON)
    shift_change.mind(at=NOON + MINUTE)
    found = [one for one in open_ones() if one.reason == reason]
    assert len(found) == 1
    with scoped(system("tests")):
        assert said in [one.title for one in found[0].concerns.all()]
        if reason == "hand_over":
            HandOver.objects.update(given_at=NOON, taken_at=NOON)
    flow.do_due(at=NOON + 2 * MINUTE)
    still = {one.reason for one in open_ones()}
    assert (reason in still) is (reason != "hand_over")


def test_a_call_for_one_who_has_not_come_does_not_say_that_nobody_is_there(duty):
    with scoped(system("tests")):
        absent(duty)
    shift_change.mind(at=NOON)
    flow.do_due(at=NOON)
    with scoped(system("tests")):
        subjects = set(Letter.objects.values_list("subject", flat=True))
    assert subjects == {"[Vọng Gác] GỌI TRỰC: có người trong ca chưa có mặt (2) – UBND tỉnh Hải Vân"}


def test_looking_at_a_link_answers_nothing_and_using_it_answers_once(duty):
    secret = called_secret(duty)
    assert len(flow.called_by(secret, "page", at=NOON).escalations) == 1
    assert open_ones()[0].state == "calling", "mail scanners look at every link"
    _, note_address = flow.take_on(secret, name="", at=NOON)
    (taken,) = open_ones()
    assert (taken.state, taken.taken_by[0]["name"], taken.taken_by[0]["via"]) == ("taken", "An", "link")
    with pytest.raises(InputError, match="used already"):
        flow.take_on(secret, name="", at=NOON)
    note = note_address.rpartition("/")[2]
    _, following = flow.write_note(note, "đang gọi Sở Y tế", name="", at=NOON + 20 * MINUTE)
    (noted,) = open_ones()
    assert (noted.note, noted.taken_until) == ("đang gọi Sở Y tế", NOON + 50 * MINUTE)
    assert following.rpartition("/")[2] != note
    with pytest.raises(InputError, match="few words"):
        flow.write_note(following.rpartition("/")[2], " ", name="", at=NOON)


def test_a_link_does_one_thing_and_not_after_its_time(duty):
    secret = called_secret(duty)
    with pytest.raises(InputError):
        flow.called_by(secret, "note", at=NOON)
    with pytest.raises(InputError, match="expired"):
        flow.take_on(secret, name="", at=NOON + timedelta(days=3))


def test_a_link_used_after_the_end_changes_nothing(duty):
    secret = called_secret(duty)
    with scoped(system("tests")):
        services.settle("alert", [1], at=NOON)
    called, _ = flow.take_on(secret, name="", at=NOON)
    assert called.escalations[0].ended_at is not None
    with scoped(system("tests")):
        assert not Entry.objects.filter(act="escalation.acknowledge").exists()


def test_no_table_holds_what_opens_a_link(duty):
    secret = called_secret(duty)
    with scoped(system("tests")):
        rows = str([list(model.objects.values()) for model in (Letter, Link, Escalation)])
    assert secret not in rows


def test_a_letter_that_was_sent_is_sent_no_more_and_the_next_comes_in_the_same_breath(duty):
    with scoped(system("tests")):
        for number, post in enumerate((duty.desk, duty.command)):
            services.start(Reason.ALERT, [Happening("alert", number, "?")], duty.office, at=NOON, post=post)
    flow.do_due(at=NOON)
    first = next_letter()
    second = flow.hand_on(PAGER, Tried(first.row, None), at=NOON)
    assert {first.row.name, second.row.name} == {"An", "Dũng"}
    assert flow.hand_on(PAGER, Tried(second.row, None), at=NOON) is None


def test_what_one_pager_has_in_hand_no_other_takes_while_it_lives_and_every_other_when_it_is_silent(duty):
    called_secret(duty)
    other = uuid4()
    flow.give_sign(PAGER)
    assert flow.hand_on(other, None, at=NOON) is None
    with scoped(system("tests")), connection.cursor() as cursor:
        cursor.execute("UPDATE duty_pager SET seen_at = clock_timestamp() - interval '13 seconds'")
    assert flow.hand_on(other, None, at=NOON).row.key.startswith("page-")


def test_a_server_in_trouble_gets_the_same_letter_again_and_a_refusal_calls_the_next(duty):
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    first = next_letter()
    assert flow.hand_on(PAGER, Tried(first.row, BUSY), at=NOON) is None
    again = next_letter(NOON + MINUTE)
    assert again.row.key == first.row.key
    flow.lay_down(Tried(again.row, UNKNOWN), at=NOON + MINUTE)
    flow.do_due(at=NOON + MINUTE)
    assert {next_letter(NOON + MINUTE).row.name, next_letter(NOON + MINUTE).row.name} <= {"An", "Chi"}


def test_a_letter_that_takes_its_pager_with_it_each_time_is_given_up(duty):
    called_secret(duty)
    with scoped(system("tests")):
        Letter.objects.update(attempts=flow.MOST_ATTEMPTS, claimed_by=None)
    assert next_letter() is None
    with scoped(system("tests")):
        assert Letter.objects.get().failure == flow.NEVER_ENDED.words


def test_letters_of_a_channel_that_rests_wait(duty):
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    assert flow.hand_on(PAGER, None, at=NOON, resting=[0]) is None
    assert flow.hand_on(PAGER, None, at=NOON, resting=[3]) is not None


def by_gateway(duty, *names: str) -> Channel:
    """A gateway by which alone these people are reached."""
    with scoped(system("tests")):
        channel = Channel.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="SMS", kind="gateway", changed_at=NOON,
            settings={"url": "https://sms.example/"}, takes_phones=True,
        )  # fmt: skip
        for name in names:
            ContactMethod.objects.create(
                person=duty.people[name], channel=channel, address="0912345678", made_at=NOON, tested_at=NOON
            )
        return channel


def removed(duty, channel: Channel) -> None:
    with scoped(duty.cast.scope("quan")):
        channels.remove(channel.pk, at=NOON)


@pytest.mark.parametrize("failure", [BUSY, UNKNOWN, None])
def test_a_channel_removed_while_its_letter_is_being_sent_stops_nobody_else_s_calls(duty, failure):
    channel = by_gateway(duty, "An")
    called_secret(duty)
    letter = next_letter().row
    removed(duty, channel)
    flow.do_due(at=NOON)
    following = flow.hand_on(PAGER, Tried(letter, failure), at=NOON)
    assert following.row.name in {"An", "Chi"}, "the next step is called at once"
    with scoped(system("tests")):
        kept = Letter.objects.get(pk=letter.pk)
        assert kept.failure == ("" if failure is None else "the channel was removed before it went out")
        assert (kept.sent_at is not None, kept.given_up_at is not None) == (failure is None, failure is not None)
        assert Entry.objects.filter(act="escalation.miss").count() == 1, "said once"


def test_letters_of_a_removed_channel_are_given_up_with_the_reason_and_the_next_person_is_called(duty):
    channel = by_gateway(duty, "An")
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    removed(duty, channel)
    flow.do_due(at=NOON)
    with scoped(system("tests")):
        first, *others = Letter.objects.order_by("pk")
        assert (first.name, first.channel, first.failure) == ("An", None, "the channel was removed before it went out")
        assert {one.name for one in others} == {"An", "Chi"}
        assert all(one.channel is None and one.address.endswith("@example.vn") for one in others), "by mail now"
    assert next_letter().row.pk != first.pk, "a phone number gets no mail"


def test_a_page_that_waits_for_a_removed_channel_is_taken_back(duty):
    channel = by_gateway(duty, "An")
    with scoped(system("tests")):
        ContactMethod.objects.update(after_minutes=3)
        ContactMethod.objects.create(person=duty.people["An"], address="an@example.vn", made_at=NOON)
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    removed(duty, channel)
    flow.do_due(at=NOON)
    assert next_letter().row.address == "an@example.vn"
    with scoped(system("tests")):
        assert Page.objects.get(address="0912345678").withdrawn_at == NOON


def test_a_channel_taken_out_of_use_sends_nothing_more(duty):
    channel = by_gateway(duty, "An")
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    with scoped(duty.cast.scope("quan")):
        draft = channels.Draft(
            duty.office, "SMS", ChannelKind.GATEWAY, channel.settings, {}, takes_phones=True, is_enabled=False
        )
        channels.keep(draft, at=NOON, channel_id=channel.pk)
    flow.do_due(at=NOON)
    assert next_letter().row.channel is None
    with scoped(system("tests")):
        assert "taken out of use" in Letter.objects.earliest("pk").failure


def test_a_letter_that_was_taken_back_while_in_hand_is_not_tried_again(duty):
    called_secret(duty)
    letter = next_letter().row
    with scoped(duty.cast.scope("ha")):
        services.end(open_ones()[0].pk, "xong", Answerer("Hà"), at=NOON)
    assert flow.hand_on(PAGER, Tried(letter, BUSY), at=NOON) is None
    assert next_letter(NOON + 3 * MINUTE) is None
    with scoped(system("tests")):
        assert (Letter.objects.get().failure, Letter.objects.get().given_up_at) == ("withdrawn", NOON)


def test_a_test_of_an_address_is_tried_again_although_it_tells_of_no_call(duty):
    with scoped(duty.cast.scope("ha")):
        contacts.send_test(contacts.add(duty.people["ha"], "ha.rieng@example.vn", at=NOON), at=NOON)
    letter = next_letter().row
    assert flow.hand_on(PAGER, Tried(letter, BUSY), at=NOON) is None
    assert next_letter(NOON + MINUTE).row.pk == letter.pk


def test_the_other_side_s_words_stop_nothing_whatever_they_hold(duty):
    called_secret(duty)
    letter = next_letter().row
    odd = Failure(Fault.SERVER, "500 \x00 oops\nno \ud800")
    assert flow.hand_on(PAGER, Tried(letter, odd), at=NOON) is None
    with scoped(system("tests")):
        assert Letter.objects.get().failure == "500   oops no  "


def test_what_cannot_be_kept_whole_is_kept_in_a_word_and_not_sent_again(duty):
    called_secret(duty)
    letter = next_letter().row
    flow.forget(Tried(letter, None), at=NOON)
    assert next_letter(NOON + MINUTE) is None
    with scoped(system("tests")):
        assert Letter.objects.get().sent_at == NOON


def test_a_channel_that_yields_sends_when_no_other_has_a_letter(duty):
    channel = by_gateway(duty, "An")
    with scoped(system("tests")):
        for post in (duty.desk, duty.command):
            services.start(Reason.ALERT, [Happening("alert", post.pk, "?")], duty.office, at=NOON, post=post)
    flow.do_due(at=NOON)
    first = flow.hand_on(PAGER, None, at=NOON, yielding=[channel.pk])
    assert first.row.name == "Dũng", "by mail, although it was written later"
    second = flow.hand_on(PAGER, Tried(first.row, None), at=NOON, yielding=[channel.pk])
    assert second.row.name == "An"
    assert flow.hand_on(PAGER, Tried(second.row, BUSY), at=NOON, resting=[channel.pk], yielding=[channel.pk]) is None


@pytest.mark.parametrize(
    ("people", "skills", "said"),
    [
        (2, (), "thiếu 2 người"),
        (0, (("lead", 1),), "thiếu trưởng ca"),
        (1, (("network", 1),), "thiếu kỹ sư mạng"),
        (0, (("lead", 1), ("analyst", 2)), "thiếu trưởng ca, 2 chuyên viên phân tích"),
        (2, (("lead", 1), ("tiếng lào", 1)), "thiếu 2 người (trưởng ca, tiếng lào)"),
    ],
)
def test_a_call_for_a_hole_names_what_is_missing(duty, people, skills, said):
    with scoped(system("tests")):
        hole = Hole(duty.desk.pk, NOON, NOON + 60 * MINUTE, people, skills)
        flow._call_for_hole(duty.desk, hole, NOON)
        assert Concern.objects.get().title.endswith(f"Trực ban: {said} từ 12:00")


def test_health_hears_of_what_waits(duty):
    with scoped(system("tests")):
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
        assert queries.behind(NOON) == 0
        assert queries.behind(NOON + 2 * MINUTE) == 120
    flow.do_due(at=NOON + 2 * MINUTE)
    with scoped(system("tests")):
        assert queries.behind(NOON + 3 * MINUTE) == 60, "written is not sent"
        letters.note_sent(Letter.objects.get(), at=NOON + 3 * MINUTE)
        assert queries.behind(NOON + 4 * MINUTE) == 0


def test_messages_to_offices_go_their_own_way(duty):
    """Calls and letters to offices are two lanes: neither waits for the other."""
    with scoped(system("tests")):
        messages.notify(messages.Draft(duty.office, "Nhắc", "Hai việc", "a@example.vn"), at=NOON)
    assert next_letter() is None
