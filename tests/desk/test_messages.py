"""The page of messages: what reached nobody, why, a link to pass on, sending again."""

import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from tests.cast import NOON
from tests.desk import exhibit
from tests.duty.messages_of import again, send_due
from vonggac.cases.models import Case
from vonggac.duty.models import Link, Message
from vonggac.ledger.models import Entry
from vonggac.register import imports
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/l/acknowledge/[\w-]{43}")


def text(response) -> str:
    return response.content.decode()


def message_to(desk, code: str) -> Message:
    """The message by which the exhibit's directive was told to an organisation."""
    with scoped(desk.people.scope("nam")):
        return Message.objects.filter(organisation__code=code).order_by("pk")[0]


def give_address(desk, code: str, address: str) -> Message:
    """The organisation's message as it would be had it an address."""
    message = message_to(desk, code)
    with scoped(desk.people.scope("nam")):
        desk.people.organisations[code].email = address
        desk.people.organisations[code].save()
        Message.objects.filter(pk=message.pk).update(to=address, next_try_at=NOON)
    return message


def test_a_message_says_to_whom_about_what_and_why_it_did_not_go_out(sign_in, desk):
    seen = text(sign_in("ha").get("/messages/"))
    assert "UBND phường Vĩnh Hải" in seen
    assert "31/BAN-ATM" in seen
    assert "chưa có địa chỉ thư" in seen
    assert "Chưa cài đặt máy chủ thư" in seen
    assert not LINK.search(seen)


def test_an_exercise_asks_for_no_mail_server(sign_in, desk, settings):
    settings.VONGGAC_IS_EXERCISE = True
    seen = text(sign_in("ha").get("/messages/"))
    assert "Diễn tập không gửi thư." in seen
    assert "máy chủ thư" not in seen


def test_in_an_exercise_a_letter_is_in_its_box_and_nothing_has_failed(sign_in, desk, settings):
    settings.VONGGAC_IS_EXERCISE = True
    message = give_address(desk, "p-vinh-hai", "truc@vinh-hai.example")
    assert send_due() > 0
    for path in ("/messages/", f"/messages/{message.pk}/"):
        seen = text(sign_in("ha").get(path))
        assert "đã ghi vào hộp diễn tập" in seen
        assert "Thư được ghi vào hộp diễn tập" in seen
        assert "không gửi được" not in seen


def test_the_filter_takes_the_words_of_a_name_in_their_order(sign_in, desk):
    client = sign_in("ha")
    assert "UBND phường Vĩnh Hải" in text(client.get("/messages/?organisation=vinh hai"))
    assert "UBND phường Vĩnh Hải" not in text(client.get("/messages/?organisation=hai vinh")).partition("<main")[2]


def test_the_text_is_shown_with_words_in_the_place_of_the_link(sign_in, desk):
    seen = text(sign_in("ha").get(f"/messages/{message_to(desk, 'p-vinh-hai').pk}/"))
    assert "Xác nhận đã tiếp nhận" in seen
    assert "chỗ này trong thư có liên kết" in seen
    assert "{link}" not in seen


def test_the_letter_stands_as_it_was_sent_whatever_the_reader_s_language_and_is_retold_below(sign_in, desk):
    client, message = sign_in("ha"), message_to(desk, "p-vinh-hai")
    in_vietnamese = text(client.get(f"/messages/{message.pk}/"))
    client.post("/preferences/", {"language": "en"})
    seen = text(client.get(f"/messages/{message.pk}/"))
    letter = re.search(r'<p lang="vi"><b>([^<]*)</b></p><p class="wording" id="text" lang="vi">([^<]*)</p>', seen)
    assert letter[1] == message.subject
    assert letter[2].partition("[here")[0] == message.body.partition("{link}")[0]
    assert "The same in English" in seen
    assert "New tasks of UB" in seen[letter.end() :]
    assert '<details class="act">' not in in_vietnamese


def test_a_link_is_shown_once_acknowledges_without_an_account_and_stands_in_the_ledger(sign_in, desk):
    client, message = sign_in("ha"), message_to(desk, "p-vinh-hai")
    answer = client.post(f"/messages/{message.pk}/link/")
    path = LINK.search(text(answer))[0]
    assert "no-store" in answer["Cache-Control"]
    assert not LINK.search(text(client.get(f"/messages/{message.pk}/")))
    stranger = Client()
    assert stranger.post(path, {"name": "Chị Lan"}).status_code == 302
    with scoped(desk.people.scope("ha")):
        assert not Case.objects.filter(pk__in=message.subjects["case"], state="sent").exists()
        made = Entry.objects.get(act="message.link")
        assert made.actor == f"person:{desk.people.people['ha'].pk}"
        assert Link.objects.get().used_at is not None
    seen = text(client.get(f"/messages/{message.pk}/"))
    assert "tất cả đã tiếp nhận" in seen
    assert "Liên kết đã dùng" in seen


@pytest.fixture
def long_clause(monkeypatch) -> str:
    wording = " ".join(f"Rà soát, bóc gỡ mã độc trên mọi máy trong danh sách, lần {n}." for n in range(1, 13))
    monkeypatch.setitem(exhibit.READING["clauses"][3], "text", wording)
    return wording


# A test that commits has the exhibit made anew, with its own wording.
@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_link_shows_each_clause_whole(long_clause, sign_in, desk):
    message = message_to(desk, "p-vinh-hai")
    path = LINK.search(text(sign_in("ha").post(f"/messages/{message.pk}/link/")))[0]
    asked, thanked = text(Client().get(path)), text(Client().post(path, {"name": "Chị Lan"}, follow=True))
    for seen in (asked, thanked):
        assert long_clause in seen
        assert "31/BAN-ATM · điểm 1.c" in seen


def test_the_whole_message_can_be_copied_with_the_link_in_its_place(sign_in, desk):
    seen = text(sign_in("ha").post(f"/messages/{message_to(desk, 'p-vinh-hai').pk}/link/"))
    assert len(set(LINK.findall(seen))) == 1
    assert len(LINK.findall(seen)) == 2
    assert 'data-copy="#link"' in seen


def test_who_may_not_work_is_offered_nothing_and_refused(sign_in, desk):
    client, message = sign_in("quan"), message_to(desk, "p-vinh-hai")
    seen = text(client.get(f"/messages/{message.pk}/"))
    assert f"/messages/{message.pk}/link/" not in seen
    for act in ("link", "send"):
        assert client.post(f"/messages/{message.pk}/{act}/").status_code == 403
        assert client.get(f"/messages/{message.pk}/{act}/").status_code == 405


def test_a_stranger_sees_no_message_and_makes_no_link(sign_in, desk):
    client, message = sign_in("vinh"), message_to(desk, "p-vinh-hai")
    assert "Vĩnh Hải" not in text(client.get("/messages/"))
    assert client.get(f"/messages/{message.pk}/").status_code == 404
    assert client.post(f"/messages/{message.pk}/link/").status_code == 404


def test_a_unit_sees_its_own_messages_alone(sign_in, desk):
    seen = text(sign_in("lan").get("/messages/"))
    assert "Vĩnh Hải" in seen
    assert "Sở Y tế" not in seen


def test_a_refused_address_is_said_in_words_with_the_server_s_own(sign_in, desk, sink):
    sink.unknown = {"sai@vinh-hai.example"}
    message = give_address(desk, "p-vinh-hai", "sai@vinh-hai.example")
    send_due()
    client = sign_in("ha")
    seen = text(client.get("/messages/?state=failed"))
    assert "Máy chủ thư từ chối địa chỉ này" in seen
    assert "gửi không được" in seen
    assert "550 no such box" in text(client.get(f"/messages/{message.pk}/"))


def test_sending_again_goes_to_the_address_of_today(sign_in, desk, sink):
    message = give_address(desk, "p-vinh-hai", "moi@vinh-hai.example")
    client = sign_in("ha")
    answer = client.post(f"/messages/{message.pk}/send/", follow=True)
    assert "moi@vinh-hai.example" in text(answer)
    send_due()
    assert [letter["To"] for letter in sink.letters] == ["moi@vinh-hai.example"]
    assert again(message).sent_at is not None
    assert f"/messages/{message.pk}/" in text(client.get("/messages/?state=sent"))
    assert f"/messages/{message.pk}/" not in text(client.get("/messages/?state=unsent"))


@pytest.mark.parametrize("state", ["", "untold", "unsent", "failed", "sent"])
def test_every_filter_is_a_page_and_marks_itself(sign_in, desk, state):
    answer = sign_in("ha").get("/messages/", {"state": state})
    assert answer.status_code == 200
    assert text(answer).count('aria-current="true"') == 1


def test_an_unknown_filter_is_said(sign_in, desk):
    assert sign_in("ha").get("/messages/?state=lost").status_code == 422


def test_the_words_of_an_organisation_narrow_the_list(sign_in, desk):
    seen = text(sign_in("ha").get("/messages/", {"organisation": "vinh hai"}))
    assert "Vĩnh Hải" in seen
    assert "Sở Y tế" not in seen


def test_what_was_acknowledged_at_the_desk_is_no_message_that_reached_nobody(sign_in, desk):
    client, message = sign_in("ha"), message_to(desk, "p-vinh-hai")
    assert f"/messages/{message.pk}/" in text(client.get("/messages/?state=untold"))
    for case in message.subjects["case"]:
        sign_in("lan").post(f"/cases/{case}/acknowledge/")
    assert f"/messages/{message.pk}/" not in text(client.get("/messages/?state=untold"))


def test_a_link_that_was_passed_on_is_no_message_that_reached_nobody(sign_in, desk):
    client, message = sign_in("ha"), message_to(desk, "p-vinh-hai")
    client.post(f"/messages/{message.pk}/link/")
    assert f"/messages/{message.pk}/" not in text(client.get("/messages/?state=untold"))


def test_the_first_page_leads_to_what_reached_nobody(sign_in, desk):
    seen = text(sign_in("ha").get("/"))
    assert 'href="/messages/?state=untold"' in seen
    assert "Thông báo chưa đến được đơn vị" in seen


def test_an_exercise_sends_again_into_its_box(sign_in, desk, sink, settings):
    settings.VONGGAC_IS_EXERCISE, settings.EMAIL_HOST = True, ""
    client, message = sign_in("ha"), give_address(desk, "p-vinh-hai", "phuong@example.vn")
    page = f"/messages/{message.pk}/"
    assert f'action="{page}send/"' in text(client.get(page))
    assert client.post(f"{page}send/").status_code == 302
    send_due()
    seen = text(client.get(page))
    assert "đã ghi vào hộp diễn tập" in seen
    assert "Diễn tập không gửi thư" in seen
    assert sink.connections == 0


@pytest.mark.parametrize(("server", "is_counted"), [("", True), ("mail.example.vn", False)])
def test_a_message_of_this_minute_is_on_its_way_only_where_a_mail_server_is_set(
    sign_in, desk, settings, server, is_counted
):
    message = give_address(desk, "p-vinh-hai", "phuong@example.vn")
    with scoped(desk.people.scope("nam")):
        Message.objects.filter(pk=message.pk).update(made_at=NOON - timedelta(minutes=1))
    settings.EMAIL_HOST = server
    seen = text(sign_in("ha").get("/messages/?state=untold"))
    assert (f"/messages/{message.pk}/" in seen) == is_counted


def test_the_user_menu_leads_to_the_messages(sign_in, desk):
    assert 'href="/messages/"' in text(sign_in("lan").get("/preferences/"))


def test_a_list_of_many_is_read_in_pages_that_miss_none(sign_in, desk):
    message = message_to(desk, "p-vinh-hai")
    with scoped(desk.people.scope("nam")):
        copies = [
            Message(
                organisation=message.organisation, org_path=message.org_path, subject=f"Tin {n:03d}", body="",
                made_at=NOON, queued_at=NOON - timedelta(days=30),
            )
            for n in range(120)
        ]  # fmt: skip
        Message.objects.bulk_create(copies)
    client, seen, address = sign_in("ha"), [], "/messages/"
    while address:
        page = text(client.get(address))
        seen += re.findall(r"Tin \d{3}", page)
        following = re.search(r'href="\?(after=\d+)"', page)
        address = f"/messages/?{following[1]}" if following else ""
    assert seen == [f"Tin {n:03d}" for n in reversed(range(120))]


@pytest.mark.parametrize("state", ["", "untold"])
def test_the_list_takes_as_many_queries_for_many_messages_as_for_few(sign_in, desk, state):
    client = sign_in("ha")
    client.get("/messages/")
    with CaptureQueriesContext(connection) as few:
        client.get("/messages/", {"state": state, "organisation": "vinh hai"})
    with CaptureQueriesContext(connection) as many:
        client.get("/messages/", {"state": state})
    assert len(many) <= len(few)


def test_the_exports_say_what_the_list_says_and_carry_no_link(sign_in, desk):
    client, message = sign_in("ha"), message_to(desk, "p-vinh-hai")
    client.post(f"/messages/{message.pk}/link/")
    rows = json.loads(client.get("/messages/?format=json").content)["rows"]
    (row,) = [row for row in rows if row["id"] == message.pk]
    assert (row["code"], row["standing"]) == ("p-vinh-hai", "chưa có địa chỉ thư")
    assert row["link_made_at_utc"]
    sheet = load_workbook(BytesIO(client.get("/messages/?format=xlsx").content)).active
    assert sheet.max_row == len(rows) + 1
    for kind in ("csv", "json"):
        assert not LINK.search(text(client.get(f"/messages/?format={kind}")))


def test_a_link_that_was_used_tells_what_it_did_in_the_reader_s_language_and_an_invented_one_nothing(sign_in, desk):
    path = LINK.search(text(sign_in("ha").post(f"/messages/{message_to(desk, 'p-vinh-hai').pk}/link/")))[0]
    stranger = Client(headers={"accept-language": "vi"})
    stranger.post(path, {"name": "Chị Lan"})
    assert "người xác nhận: Chị Lan" in text(stranger.get(path))
    assert "liên kết này không phải của" in text(stranger.get("/l/acknowledge/" + "x" * 43))


def test_a_link_says_whom_to_ask_before_it_is_used_afterwards_and_once_it_is_too_late(sign_in, desk, monkeypatch):
    contacts = (
        "name,organisation,phone,email,printed_in\nĐầu mối của tỉnh,hai-van,024 7000 0001,dm@hv.example,01/KH-UBND\n"
    )
    with scoped(system("tests")):
        planned = imports.plan("contacts", contacts.encode(), "c.csv", at=NOON.date(), now=NOON)
        assert not planned.unknown_columns
        imports.apply(planned, at=NOON)
    client, stranger = sign_in("ha"), Client(headers={"accept-language": "vi"})
    used, left = (
        LINK.search(text(client.post(f"/messages/{message_to(desk, 'p-vinh-hai').pk}/link/")))[0] for _ in range(2)
    )
    stranger_saw = [text(stranger.get(used))]
    stranger.post(used, {"name": "Chị Lan"})
    stranger_saw.append(text(stranger.get(used)))
    later = timezone.now() + timedelta(days=60)
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: later)
    late = stranger.get(left)
    assert late.status_code == 410
    for seen in (*stranger_saw, text(late)):
        assert "Việc này do <b>UBND tỉnh Hải Vân</b> giao." in seen
        assert 'href="tel:02470000001"' in seen
        assert 'href="mailto:dm@hv.example"' in seen
        assert "theo 01/KH-UBND" in seen
    assert "Hỏi ai" not in text(stranger.get("/l/acknowledge/" + "x" * 43))


def test_a_link_that_opens_on_this_machine_alone_says_so(sign_in, desk, settings):
    client, where = sign_in("ha"), f"/messages/{message_to(desk, 'p-vinh-hai').pk}/link/"
    settings.VONGGAC_ORIGIN = "http://127.0.0.1:8000"
    assert "chỉ mở được trên chính máy này" in text(client.post(where))
    settings.VONGGAC_ORIGIN = "https://truc.example.vn"
    assert "chỉ mở được trên chính máy này" not in text(client.post(where))
