"""The watch passes on: links before a shift, questions at night, and a lead who hears of silence once."""

import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from tests.duty.office import MONDAY, Office, open_office
from vonggac.duty import links, outbox
from vonggac.duty.models import Channel, ContactMethod, Link, Member, Message, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import hand_overs, members, presence
from vonggac.duty.services.members import Span
from vonggac.flows import shift_change
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = begin_of(MONDAY, 22 * 60)
MORNING = NIGHT + 8 * HOUR
QUIET = {"links": 0, "questions": 0, "silent": 0, "absent": 0, "unsigned": 0, "untaken": 0}


@pytest.fixture
def office(people) -> Office:
    """The night is Hà's, the morning Minh's; Quân answers for the post."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        office.post.lead = people.people["quan"]
        office.post.save()
        for name, begin in (("ha", NIGHT), ("minh", MORNING)):
            Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person=people.people[name],
                person_name=people.people[name].name, phone="0900 000 001", from_utc=begin, to_utc=begin + 8 * HOUR,
            )  # fmt: skip
        return office


def mail_to(address: str) -> list[Message]:
    with scoped(system("tests")):
        return list(Message.objects.filter(to=address).order_by("pk"))


def sent_to(address: str, at: datetime) -> str:
    """The newest letter to an address as it goes out, its link made."""
    with scoped(system("tests")):
        return [letter.body for letter in outbox.claim(50, at=at) if letter.to == address][-1]


def mind(at: datetime) -> dict[str, int]:
    return {name: number for name, number in shift_change.mind(at=at).items() if number}


def test_half_an_hour_before_a_shift_its_person_gets_a_link_once(office):
    assert shift_change.mind(at=NIGHT - 31 * MINUTE) == QUIET
    assert mind(NIGHT - 30 * MINUTE) == {"links": 1}
    assert mind(NIGHT - 29 * MINUTE) == {}
    (kept,) = mail_to("ha@example.vn")
    assert "/l/" not in kept.body
    letter = sent_to("ha@example.vn", NIGHT - 30 * MINUTE)
    secret = re.search(r"/l/check-in/(\S+)", letter)[1]
    assert "22:00 thứ Hai 27/4 – 06:00 thứ Ba 28/4" in letter
    with scoped(system("tests")):
        link = links.shown(secret, "check_in", at=NIGHT)
        assert link.subjects == {"shift": [Shift.objects.earliest("from_utc").pk]}
        assert link.expires_at >= MORNING


def test_somebody_without_an_account_gets_no_letter_and_costs_nobody_theirs(office):
    with scoped(system("tests")):
        Shift.objects.filter(person_name="Hà").update(person=None)
    assert mind(NIGHT) == {}


def test_who_does_not_come_is_told_to_the_lead_once(office):
    mind(NIGHT)
    assert mind(NIGHT + 15 * MINUTE) == {"absent": 1}
    assert mind(NIGHT + 16 * MINUTE) == {}
    letter = mail_to("quan@example.vn")[0]
    assert "Hà chưa có mặt" in letter.subject
    assert "0900 000 001" in letter.body


def test_the_lead_is_told_the_number_that_somebody_entered_themselves(office, people):
    with scoped(system("tests")):
        Shift.objects.update(phone="")
        sms = Channel.objects.create(
            organisation=office.organisation, org_path=office.organisation.path, name="SMS", kind="gateway",
            takes_phones=True, changed_at=NIGHT, settings={"url": "https://sms.example/"},
        )  # fmt: skip
        ContactMethod.objects.create(person=people.people["ha"], channel=sms, address="0900 000 007", made_at=NIGHT)
    mind(NIGHT)
    mind(NIGHT + 15 * MINUTE)
    assert "0900 000 007" in mail_to("quan@example.vn")[0].body


def test_a_question_at_night_goes_out_as_a_link_and_its_silence_to_the_lead(office):
    with scoped(system("tests")):
        presence.check_in(Shift.objects.earliest("from_utc").pk, "Hà", at=NIGHT)
    assert mind(NIGHT + 2 * HOUR) == {"questions": 1}
    assert "/l/awake/" in sent_to("ha@example.vn", NIGHT + 2 * HOUR)
    assert mind(NIGHT + 2 * HOUR + 9 * MINUTE) == {}
    assert mind(NIGHT + 2 * HOUR + 10 * MINUTE) == {"silent": 1}
    assert mind(NIGHT + 2 * HOUR + 11 * MINUTE) == {}
    assert "không trả lời lúc 00:00" in mail_to("quan@example.vn")[0].subject


def test_an_unsigned_hand_over_goes_to_the_lead_after_fifteen_minutes(office, people):
    with scoped(system("tests")):
        presence.check_in(Shift.objects.earliest("from_utc").pk, "Hà", at=NIGHT)
        presence.check_in(Shift.objects.latest("from_utc").pk, "Minh", at=MORNING)
        hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING)
    assert mind(MORNING + 14 * MINUTE) == {}
    assert mind(MORNING + 15 * MINUTE) == {"unsigned": 1}
    assert mind(MORNING + 16 * MINUTE) == {}
    letter = mail_to("quan@example.vn")[-1].body
    assert "Hà đã ký giao, chưa có ai ký nhận" in letter
    page = reverse("hand-over", args=[office.post.pk, int(MORNING.timestamp())])
    assert f"{settings.VONGGAC_ORIGIN}{page}" in letter.split()


def test_whoever_is_on_leave_gets_no_link_and_no_question_and_is_not_missed(office, people):
    with scoped(system("tests")):
        member = Member.objects.create(
            organisation=office.organisation,
            org_path=office.organisation.path,
            name="Hà Lê",
            person=people.people["ha"],
        )
        members.ask_leave(member.pk, Span(NIGHT - HOUR, NIGHT + HOUR), "sick", granted_by="Minh", at=NIGHT - HOUR)
    assert mind(NIGHT - 30 * MINUTE) == {}
    assert mind(NIGHT + 15 * MINUTE) == {}
    assert mind(NIGHT + HOUR) == {"links": 1}, "their leave is over, and their minutes begin"
    assert mind(NIGHT + HOUR + 15 * MINUTE) == {"absent": 1}


def test_whom_a_plan_took_off_a_running_shift_gets_no_link_and_is_not_missed(office):
    with scoped(system("tests")):
        Shift.objects.filter(from_utc=NIGHT).update(left_at=NIGHT + HOUR, taken_off_at=NIGHT + HOUR)
    assert mind(NIGHT + 2 * HOUR) == {}


def test_what_fails_of_the_watch_s_work_stops_nothing_else_and_is_seen(office, monkeypatch, caplog):
    def fails(*, at: datetime) -> int:
        raise ValueError(f"poisoned at {at}")

    monkeypatch.setattr(shift_change, "send_links", fails)
    with pytest.raises(ExceptionGroup) as raised:
        mind(NIGHT + 15 * MINUTE)
    assert [str(error) for error in raised.value.exceptions] == [f"poisoned at {NIGHT + 15 * MINUTE}"]
    assert "links failed" in caplog.text
    assert "chưa có mặt" in mail_to("quan@example.vn")[0].subject


def test_a_post_without_a_lead_tells_the_office(office):
    with scoped(system("tests")):
        office.post.lead = None
        office.post.save()
        office.organisation.email = "truc@example.vn"
        office.organisation.save()
    mind(NIGHT)
    mind(NIGHT + 15 * MINUTE)
    assert "chưa có mặt" in mail_to("truc@example.vn")[0].subject


def test_where_the_account_of_the_lead_is_closed_the_office_is_told(office, people):
    with scoped(system("tests")):
        people.people["quan"].is_active = False
        people.people["quan"].save()
        office.organisation.email = "truc@example.vn"
        office.organisation.save()
    mind(NIGHT)
    assert mind(NIGHT + 15 * MINUTE) == {"absent": 1}
    assert mail_to("quan@example.vn") == []
    assert "chưa có mặt" in mail_to("truc@example.vn")[0].subject


def test_links_are_of_one_purpose_each(office):
    mind(NIGHT)
    sent_to("ha@example.vn", NIGHT)
    with scoped(system("tests")):
        assert set(Link.objects.values_list("purpose", flat=True)) == {"check_in"}
