"""Notices of a coordinator in the desk: declared, entered by hand, found, answered, shown on finding and case."""

import pytest
from lxml import html

from tests.alerts.sources import declare, findings
from tests.cast import NOON
from tests.duty.http_gateway import HttpGateway
from vonggac.alerts.models import Notice, Reply, Source
from vonggac.desk import times
from vonggac.flows import alert_interfaces
from vonggac.jobs import clock, run_waiting
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
INBOX = "/cases/alerts/"
ENTERED = {
    "identifier": " DP-7  /2026", "received_at": "20/04/2026 11:00", "title": "Máy chủ kết nối C2",
    "address": "10.1.0.5", "acknowledge_by": "20/04/2026 17:00", "state": "Mới", "text": "Đề nghị xử lý",
}  # fmt: skip
SAID = {"kind": "answer", "way": "mail", "sent_at": "20/04/2026 11:30", "text": "Đã cách ly <máy>"}


@pytest.fixture
def platform(desk) -> Source:
    return declare(desk.people, "platform", format_name="", is_coordinator=True)


@pytest.fixture
def notice(desk, platform, sign_in) -> Notice:
    answer = sign_in("ha").post(f"{INBOX}sources/{platform.pk}/notices/", ENTERED)
    assert answer.status_code == 302
    run_waiting()
    with scoped(DESK):
        return Notice.objects.get()


def text(response) -> str:
    return response.content.decode()


def test_a_source_is_declared_as_a_coordinator_with_its_pattern_and_time(sign_in, desk):
    fields = {
        "name": "dieu-phoi", "organisation": "hai-van", "time_zone": "Asia/Ho_Chi_Minh", "act": "keep",
        "is_coordinator": "on", "subject_pattern": r"\[(DP-\d+)\]", "acknowledge_minutes": "30",
    }  # fmt: skip
    client = sign_in("quan")
    refused = client.post(f"{INBOX}sources/new/", fields | {"subject_pattern": "DP"})
    assert (refused.status_code, "ngoặc tròn" in text(refused)) == (422, True)
    assert client.post(f"{INBOX}sources/new/", fields).status_code == 302
    with scoped(DESK):
        made = Source.objects.get()
    assert (made.is_coordinator, made.subject_pattern, made.acknowledge_minutes) == (True, r"\[(DP-\d+)\]", 30)
    page = html.fromstring(text(client.get(f"{INBOX}sources/{made.pk}/change/")))
    assert page.xpath("string(//input[@name='subject_pattern']/@value)") == r"\[(DP-\d+)\]"


def test_what_is_entered_by_hand_is_a_notice_with_its_finding_and_its_bytes(sign_in, notice):
    assert (notice.identifier, notice.state_told) == ("DP-7 /2026", "Mới")
    assert notice.received_at.isoformat() == "2026-04-20T04:00:00+00:00"
    assert notice.acknowledge_by.isoformat() == "2026-04-20T10:00:00+00:00"
    (finding,) = findings()
    assert (finding.subject, finding.notice_id) == ("10.1.0.5", notice.pk)
    page = text(sign_in("ha").get(f"{INBOX}{finding.pk}/"))
    assert "DP-7 /2026" in page
    assert "Đề nghị xử lý" in page
    assert f"{INBOX}notices/{notice.pk}/" in page
    assert "để xác nhận với bên gửi" in text(sign_in("ha").get(INBOX))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"identifier": " "}, "phải có mã số"), ({"title": ""}, "nói về việc gì"), ({"address": "10.1"}, "địa chỉ"),
        ({"received_at": "hôm qua"}, "ngày và giờ"), ({"received_at": "21/04/2026 11:00"}, "sau thời điểm này"),
        ({"acknowledge_by": "mai"}, "ngày và giờ"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_notice_comes_back_with_the_reason(sign_in, platform, wrong, reason):
    answer = sign_in("ha").post(f"{INBOX}sources/{platform.pk}/notices/", ENTERED | wrong)
    assert (answer.status_code, reason in text(answer)) == (422, True)
    run_waiting()
    with scoped(DESK):
        assert not Notice.objects.exists()


def test_the_form_stands_only_with_a_coordinator_and_for_those_who_may(sign_in, desk, platform):
    plain = declare(desk.people, "ids")
    assert "Nhập tay một thông báo" not in text(sign_in("ha").get(f"{INBOX}sources/{plain.pk}/"))
    assert "Nhập tay một thông báo" in text(sign_in("ha").get(f"{INBOX}sources/{platform.pk}/"))
    below = declare(desk.people, "so", "so-y-te", format_name="", is_coordinator=True)
    assert "Nhập tay một thông báo" not in text(sign_in("tam").get(f"{INBOX}sources/{below.pk}/"))
    assert sign_in("tam").post(f"{INBOX}sources/{below.pk}/notices/", ENTERED).status_code == 403


def test_an_answer_is_entered_as_sent_and_stands_in_ledger_page_finding_and_case(sign_in, notice):
    client, (finding,) = sign_in("ha"), findings()
    client.post(f"{INBOX}do/", {"act": "case", "finding": finding.pk})
    assert client.post(f"{INBOX}notices/{notice.pk}/say/", SAID).status_code == 302
    with scoped(DESK):
        (reply,) = Reply.objects.all()
        entry = Entry.objects.get(act="alert_notice.answer")
        case = findings()[0].case_id
    assert (reply.way, reply.sent_at.isoformat()) == ("mail", "2026-04-20T04:30:00+00:00")
    assert (entry.detail["notice"], entry.detail["by"]) == ("DP-7 /2026", reply.by)
    page = text(client.get(f"{INBOX}notices/{notice.pk}/"))
    kinds = html.fromstring(page).xpath("//select[@name='kind']/option/@value")
    assert kinds == ["acknowledgement", "answer", "closure"]
    assert "Đã cách ly &lt;máy&gt;" in page
    assert "đã trả lời bên gửi" in page.lower()
    assert "DP-7 /2026" in text(client.get(f"/cases/{case}/"))


def test_a_notice_that_is_opened_again_shows_its_earlier_answer_as_such_and_asks_for_a_new_one(
    sign_in, notice, platform, monkeypatch
):
    client, address = sign_in("ha"), f"{INBOX}notices/{notice.pk}/"
    client.post(f"{address}say/", SAID)
    client.post(f"{address}say/", {**SAID, "kind": "closure", "text": ""})
    client.post(f"{INBOX}sources/{platform.pk}/notices/", {**ENTERED, "state": "Mở lại"})
    run_waiting()
    page = html.fromstring(text(client.get(address)))
    assert "bên gửi đã mở lại: cần xác nhận và trả lời lại" in page.xpath("string(//div[@class='head'])").lower()
    replies = page.xpath("//section[@aria-labelledby='replies']//li")
    assert ["trước khi mở lại" in one.text_content() for one in replies] == [True, True]
    assert page.xpath("//select[@name='kind']/option[@selected]/@value") == ["acknowledgement"]
    assert "cần xác nhận và trả lời lại" in text(client.get(f"{INBOX}notices/"))
    # The worker read it by its own clock: the desk's goes on to there.
    monkeypatch.setattr("vonggac.desk.frame.now", clock.now)
    sent_at = f"{times.local(clock.now()):%d/%m/%Y %H:%M}"
    client.post(f"{address}say/", {**SAID, "sent_at": sent_at, "text": "Đã cài lại máy"})
    page = html.fromstring(text(client.get(address)))
    replies = page.xpath("//section[@aria-labelledby='replies']//li")
    assert ["trước khi mở lại" in one.text_content() for one in replies] == [False, True, True]
    assert "cần xác nhận và trả lời lại" not in page.text_content()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"text": ""}, 422), ({"sent_at": "?"}, 422), ({"sent_at": "21/04/2026 11:30"}, 422), ({"kind": "x"}, 404),
     ({"way": "http"}, 404)],
)  # fmt: skip
def test_what_cannot_have_been_told_is_refused(sign_in, notice, wrong, status):
    assert sign_in("ha").post(f"{INBOX}notices/{notice.pk}/say/", SAID | wrong).status_code == status
    with scoped(DESK):
        assert not Reply.objects.exists()


def test_a_notice_is_found_by_a_part_of_its_identifier_and_by_nobody_else(sign_in, notice):
    for address in ("/search/?q=dp-7", f"{INBOX}notices/?q=DP-7", f"{INBOX}notices/?source=platform"):
        assert f"{INBOX}notices/{notice.pk}/" in text(sign_in("ha").get(address)), address
        assert f"{INBOX}notices/{notice.pk}/" not in text(sign_in("vinh").get(address)), address
    assert sign_in("vinh").get(f"{INBOX}notices/{notice.pk}/").status_code == 404
    assert sign_in("vinh").post(f"{INBOX}notices/{notice.pk}/say/", SAID).status_code == 404


def test_the_rows_behind_a_figure_are_the_ones_that_it_counts(sign_in, notice):
    address = (
        f"{INBOX}notices/?organisation=hai-van&since=2026-04-20T00:00:00%2B00:00&until=2026-04-20T12:00:00%2B00:00"
    )
    for which, is_there in (("waiting_late", True), ("acknowledged", False), ("received", True)):
        assert ("DP-7 /2026" in text(sign_in("ha").get(f"{address}&which={which}"))) is is_there, which
    assert sign_in("ha").get(f"{address}&which=x").status_code == 422
    assert notice.acknowledge_by > NOON


INTERFACE = {
    "act": "keep", "method": "POST", "content": "json", "body": '{"id": "{to}", "text": "{text}"}',
    "headers": "Authorization: Bearer {secret:token}", "statuses": "", "json_path": "code", "json_value": "100",
    "poll_minutes": "15", "secrets": "token = bí mật 7",
}  # fmt: skip


def test_an_interface_is_kept_shown_without_its_secret_used_and_removed(sign_in, notice, settings):
    server, client = HttpGateway(), sign_in("quan")
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({server.host})
    address = f"{INBOX}sources/{notice.source_id}/interface/"
    given = INTERFACE | {"url": f"{server.address}/told", "poll_url": f"{server.address}/new"}
    assert client.post(address, given | {"secrets": ""}).status_code == 422
    assert client.post(address, given).status_code == 302
    page = text(client.get(address))
    assert "bí mật 7" not in page
    assert "Bearer {secret:token}" in page
    assert sign_in("ha").get(address).status_code == 403
    duty = sign_in("ha")
    assert "Gửi xác nhận tiếp nhận" in text(duty.get(f"{INBOX}notices/{notice.pk}/"))
    send = f"{INBOX}notices/{notice.pk}/send/"
    assert duty.post(send, {"act": "answer", "text": ""}).status_code == 422
    assert duty.post(send, {"act": "closure", "text": "x"}).status_code == 404
    assert duty.post(send, {"act": "acknowledgement", "text": ""}).status_code == 302
    assert alert_interfaces.send_waiting() == 1
    server.close()
    assert "đã xác nhận với bên gửi" in text(duty.get(f"{INBOX}notices/{notice.pk}/")).lower()
    assert client.post(address, {"act": "remove"}).status_code == 302
    assert "Gửi xác nhận tiếp nhận" not in text(duty.get(f"{INBOX}notices/{notice.pk}/"))
