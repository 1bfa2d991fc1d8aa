"""What the links of letters do: POST acts and leads to a page that says so, which a reload or “back” only reads."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import NOON, Cast
from tests.desk.signing_in import path_of
from tests.duty import watch
from tests.duty.watch import MINUTE, Watch
from vonggac.duty import contacts, links
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Escalation, Message, Prompt, Shift
from vonggac.duty.services import presence
from vonggac.flows import botnet_list
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, AssetAddress, Network
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")


@pytest.fixture
def duty(db, monkeypatch) -> Watch:
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    monkeypatch.setattr("vonggac.desk.pages.call_links.now", lambda: NOON)
    return watch.keep()


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "vi"})


def text(response) -> str:
    return response.content.decode()


def link_for(duty: Watch, purpose: links.Purpose, name: str, **subjects: list[int]) -> str:
    with scoped(DESK):
        made = links.to_person(purpose, duty.office.path, subjects, person_id=duty.people[name].pk, at=NOON)
    return path_of(made)


def acts(name: str) -> int:
    with scoped(DESK):
        return Entry.objects.filter(act=name).count()


def test_a_check_in_by_link_leads_to_the_page_that_says_since_when(duty, phone, monkeypatch):
    with scoped(DESK):
        shift = Shift.objects.get(person_name="Chi")
    path = link_for(duty, "check_in", "Chi", shift=[shift.pk])
    assert "Tôi có mặt" in text(phone.get(path))
    answer = phone.post(path)
    assert (answer.status_code, answer.url) == (302, path)
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + 7 * MINUTE)
    for _ in range(2):
        assert "có mặt lúc 12:00" in text(phone.get(path))
    assert phone.post(path).url == path
    assert acts("shift.check_in") == 1


def test_a_call_s_link_that_was_used_says_when_and_by_whom(duty, phone, monkeypatch):
    with scoped(DESK):
        made = services.call("Mất điện phòng máy chủ", duty.office, at=NOON, post=duty.desk)
    path = link_for(duty, "page", "Chi", escalation=[made.pk])
    note = phone.post(path).url
    monkeypatch.setattr("vonggac.desk.pages.call_links.now", lambda: NOON + 7 * MINUTE)
    for _ in range(2):
        answer = phone.get(path)
        assert answer.status_code == 200
        assert "<b>Chi</b> đã dùng liên kết này lúc 20/4/2026 12:00" in text(answer)
    assert "Mất điện phòng máy chủ" in text(answer)
    assert "<form" not in text(answer)
    assert phone.post(path).url == path
    phone.post(note, {"text": "đang gọi điện lực"})
    assert "<b>Chi</b> đã dùng liên kết này lúc 20/4/2026 12:07" in text(phone.get(note.partition("?")[0]))
    assert acts("escalation.acknowledge") == acts("escalation.note") == 1


def test_a_group_s_link_that_was_used_names_whoever_typed_their_name_and_tells_strangers_nothing(
    duty, phone, monkeypatch
):
    with scoped(DESK):
        made = services.call("Mất điện", duty.office, at=NOON, post=duty.desk)
        path = path_of(links.to_person("page", duty.office.path, {"escalation": [made.pk]}, person_id=None, at=NOON))
    phone.post(path, {"name": "Lê <b>Văn</b> Bình"})
    assert "<b>Lê &lt;b&gt;Văn&lt;/b&gt; Bình</b> đã dùng" in text(phone.get(path))
    assert "Bình" not in text(phone.get(f"{path[:-3]}xyz"))
    monkeypatch.setattr("vonggac.desk.pages.call_links.now", lambda: NOON + timedelta(days=3))
    assert phone.get(path).status_code == 410, "as long as it would have worked, and no longer"


def test_a_check_in_that_is_refused_says_why(duty, phone, monkeypatch):
    with scoped(DESK):
        shift = Shift.objects.get(person_name="Chi")
    path = link_for(duty, "check_in", "Chi", shift=[shift.pk])
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: shift.to_utc + MINUTE)
    answer = phone.post(path)
    assert answer.status_code == 410
    assert 'role="alert"' in text(answer)
    assert acts("shift.check_in") == 0


def test_the_question_at_night_is_answered_by_link_once_and_the_page_stays(duty, phone):
    with scoped(DESK):
        shift = Shift.objects.get(person_name="An")
        question = Prompt.objects.create(shift=shift, org_path=shift.org_path, asked_at=NOON, due_at=NOON + 9 * MINUTE)
    path = link_for(duty, "awake", "An", prompt=[question.pk])
    assert phone.post(path).url == path
    assert "Cảm ơn" in text(phone.get(path))
    assert phone.post(path).url == path
    assert acts("prompt.answer") == 1


def test_taking_a_call_on_leads_to_its_note_and_each_note_to_the_next(duty, phone):
    with scoped(DESK):
        services.start(Reason.ALERT, [Happening("alert", 1, "Máy KT-07")], duty.office, at=NOON, post=duty.desk)
        call = Escalation.objects.get()
    page = link_for(duty, "page", "An", escalation=[call.pk])
    answer = phone.post(page)
    assert answer.status_code == 302
    note = answer.url
    assert note.startswith("/l/note/")
    for _ in range(2):
        assert "Anh/chị đã nhận xử lý." in text(phone.get(note))
    again = phone.post(page)
    assert again.url == page
    assert "đã dùng liên kết này" in text(phone.get(page)), "and says when and by whom"
    following = phone.post(note, {"text": "đang tới máy"})
    assert following.status_code == 302
    assert following.url != note
    seen = text(phone.get(following.url))
    assert "ghi chú đã được lưu" in seen
    assert f'action="{following.url.partition("?")[0]}"' in seen
    assert phone.post(note, {"text": "đang tới máy"}).status_code == 302
    assert acts("escalation.acknowledge") == acts("escalation.note") == 1


def test_a_contact_that_is_confirmed_stays_confirmed_on_its_page(duty, phone):
    with scoped(duty.cast.scope("ha")):
        method = contacts.add(duty.people["ha"], "ha@example.vn", at=NOON)
    path = link_for(duty, "contact", "ha", contact=[method.pk])
    assert "đã nhận được tin thử chưa" in text(phone.get(path))
    assert phone.post(path).url == path
    for _ in range(2):
        assert "địa chỉ này dùng được" in text(phone.get(path))
    assert phone.post(path).url == path
    assert acts("contact_method.confirm") == 1


def test_a_used_sign_in_link_leads_its_person_to_the_desk_and_tells_others_why_it_does_not_work(people: Cast):
    with scoped(DESK):
        path = path_of(links.sign_in(people.people["lan"], at=timezone.now()))
    lan = Client()
    assert lan.post(path).status_code == 302
    assert (lan.get(path).status_code, lan.get(path).url) == (302, "/")
    other = Client()
    assert other.post(path).url == path
    assert other.get(path).status_code == 410
    other.force_login(people.people["minh"])
    assert other.get(path).status_code == 410


def test_presence_may_be_told_elsewhere_before_the_link_is_used(duty, phone):
    with scoped(DESK):
        shift = Shift.objects.get(person_name="Chi")
        presence.check_in(shift.pk, "Chi", at=NOON - timedelta(minutes=5))
    path = link_for(duty, "check_in", "Chi", shift=[shift.pk])
    assert phone.post(path).status_code == 302
    assert phone.get(path).status_code == 200


def test_who_acknowledges_by_link_sees_which_machine_was_seen_where_when_and_with_what(
    people: Cast, phone, monkeypatch
):
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    ward = people.organisations["p-vinh-hai"]
    with scoped(people.scope("ha")):
        Network.objects.create(cidr="203.0.113.0/24", organisation=ward, org_path=ward.path)
        AssetAddress.objects.create(
            asset=Asset.objects.create(organisation=ward, org_path=ward.path, name="PC-7"),
            org_path=ward.path, address="203.0.113.7",
        )  # fmt: skip
        list_ = (
            "timestamp,src_ip,src_port,dst_ip,dst_hostname,family,protocol\n"
            "2026-04-18T01:00:05Z,203.0.113.7,40001,192.0.2.66,c2.example.net,mirai,tcp\n"
        )
        botnet_list.import_list(list_.encode(), "a.csv", people.organisations["hai-van"], "NCSC", at=NOON)
        path = path_of(links.of_message(Message.objects.get(), at=NOON))
    facts = ("PC-7", "203.0.113.7:40001/tcp", "mirai", "18/4/2026 08:00:05", "c2.example.net 192.0.2.66")
    assert [fact for fact in facts if fact not in text(phone.get(path))] == []
    phone.post(path, {"name": "Lan"})
    assert [fact for fact in facts if fact not in text(phone.get(path))] == []


def test_who_acknowledged_by_link_is_asked_to_answer_the_message_where_letters_are_carried(
    people: Cast, phone, monkeypatch, settings
):
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    ward = people.organisations["p-vinh-hai"]
    with scoped(people.scope("ha")):
        Network.objects.create(cidr="203.0.113.0/24", organisation=ward, org_path=ward.path)
        list_ = "timestamp,src_ip\n2026-04-18T01:00:05Z,203.0.113.7\n"
        botnet_list.import_list(list_.encode(), "a.csv", people.organisations["hai-van"], "NCSC", at=NOON)
        path = path_of(links.of_message(Message.objects.get(), at=NOON))
    phone.post(path, {"name": "Lan"})
    settings.EMAIL_HOST, told = "", "trả lời thư"
    for is_exercise in (False, True):
        settings.VONGGAC_IS_EXERCISE = is_exercise
        assert (told in text(phone.get(path))) is is_exercise
