"""The pages of calls as each person sees them: who may do what, what strangers never see, what a form refuses."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from lxml import html

from tests.cast import NOON
from tests.duty.http_gateway import HttpGateway
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.cli.escalation import told
from vonggac.desk import times
from vonggac.duty.channels import vault
from vonggac.duty.channels.mail import NO_SERVER
from vonggac.duty.escalation import engine, letters, queries, services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import (
    Channel,
    Concern,
    ContactMethod,
    Escalation,
    Letter,
    Member,
    Policy,
    Post,
    QuietHours,
    Step,
)
from vonggac.duty.services.tables import import_roster, read_roster
from vonggac.flows import escalation as flow
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
STEPS = {"order": ["1", "2"], "target": ["on_duty", "head"], "wait": ["5", "10"], "channel": ["", ""]}
POLICY = {"name": "Ban đêm", "rounds": "2", "acknowledgements": "1", "note_minutes": "30", **STEPS}
GATEWAY = {
    "name": "SMS", "method": "POST", "content": "json", "body": '{"to": "{to}", "text": "{text}"}',
    "headers": "Authorization: Bearer {secret:token}", "secrets": "token=bí-mật-42", "number_form": "84",
    "longest": "300", "plain_letters": "on", "takes_phones": "on", "is_enabled": "on", "json_path": "code",
    "json_value": "100",
}  # fmt: skip


def text(response) -> str:
    return response.content.decode()


def call(desk, title: str = "Máy VP-PC-0032", code: str = "hai-van") -> Escalation:
    with scoped(system("tests")):
        case = desk.hosts["VP-PC-0032"]
        office = desk.people.organisations[code]
        return services.start(Reason.BOTNET, [Happening("case", case.pk, title)], office, at=NOON)


@pytest.mark.parametrize("path", ["/escalations/", "/policies/", "/policies/new/", "/contacts/"])
@pytest.mark.parametrize("name", ["ha", "minh", "quan", "lan", "vinh", "nam"])
def test_everybody_gets_the_pages_of_their_own_part(sign_in, desk, name, path):
    call(desk)
    seen = text(sign_in(name).get(path))
    assert "csrfmiddlewaretoken" in seen
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", seen)
    if name == "vinh":
        assert "Hải Vân" not in seen
        assert "VP-PC-0032" not in seen


def test_a_stranger_neither_opens_nor_answers_a_call(sign_in, desk):
    escalation = call(desk)
    for name in ("vinh", "lan"):
        client = sign_in(name)
        assert client.get(f"/escalations/{escalation.pk}/").status_code == 404
        assert client.post(f"/escalations/{escalation.pk}/acknowledge/").status_code == 404
    assert json.loads(text(sign_in("vinh").get("/escalations/?format=json")))["rows"] == []


def test_who_only_reads_does_not_answer(sign_in, desk):
    escalation = call(desk)
    client = sign_in("quan")
    assert client.get(f"/escalations/{escalation.pk}/").status_code == 200
    assert client.post(f"/escalations/{escalation.pk}/acknowledge/").status_code == 403
    assert client.post("/escalations/call/", {"text": "x"}).status_code == 403


def test_the_page_of_a_call_tells_what_it_is_about_and_who_was_called(sign_in, desk):
    escalation = call(desk)
    flow.do_due(at=NOON)
    seen = text(sign_in("ha").get(f"/escalations/{escalation.pk}/"))
    assert "Máy VP-PC-0032" in seen
    assert f"/cases/{desk.hosts['VP-PC-0032'].pk}/" in seen
    assert "Phương án" in seen
    exported = json.loads(text(sign_in("ha").get("/escalations/?format=json")))["rows"]
    assert [(row["reason"], row["state"], row["concerns"]) for row in exported] == [("botnet", "calling", 1)]


def called_about(desk, *names: str) -> Escalation:
    """A call about some hosts, told as a list tells them."""
    with scoped(system("tests")):
        happenings = [Happening("case", desk.hosts[name].pk, f"Máy {name}") for name in names]
        return services.start(Reason.BOTNET, happenings, desk.people.organisations["hai-van"], at=NOON)


def answer_for(desk, name: str) -> None:
    """The owner's word on a host, given by phone and entered as such."""
    with scoped(system("tests")):
        cases.claim(desk.hosts[name].pk, Answer("đã cài lại", "Tâm", via="phone"), at=NOON)


def waiting_hosts(desk) -> list[str]:
    with scoped(system("tests")):
        names = {host.pk: name for name, host in desk.hosts.items()}
        sent = Case.objects.filter(pk__in=names, state="sent").order_by("pk")
        return [names[pk] for pk in sent.values_list("pk", flat=True)]


def test_what_was_answered_a_moment_ago_is_open_no_more_on_any_page(sign_in, desk):
    first, second, *_ = waiting_hosts(desk)
    escalation = called_about(desk, first, second)
    client, path = sign_in("ha"), f"/escalations/{escalation.pk}/"
    assert "2 còn mở" in text(client.get(path))
    assert "(2)" in text(client.get("/escalations/"))
    answer_for(desk, first)
    with scoped(system("tests")):
        assert not Concern.objects.filter(settled_at__isnull=False).exists(), "no engine has run since"
    seen = text(client.get(path))
    assert "1 còn mở" in seen
    listed = text(client.get("/escalations/"))
    assert "(2)" not in listed
    assert f"<span>Máy {second}</span>" in listed, "what still stands names the call"


def test_what_was_answered_is_folded_under_what_waits_and_says_how_without_the_mark_of_proof(sign_in, desk):
    first, second, *_ = waiting_hosts(desk)
    escalation = called_about(desk, first, second)
    answer_for(desk, first)
    about = (
        text(sign_in("ha").get(f"/escalations/{escalation.pk}/")).partition('id="about"')[2].partition("</section>")[0]
    )
    waits, _summary, folded = about.partition("<summary>")
    assert f"Máy {second}" in waits
    assert f"Máy {first}" not in waits
    assert "đã có trả lời, hoặc không còn: 1</summary>" in folded
    assert f"Máy {first}</a>" in folded
    assert "đã báo xong" in folded
    assert "proven" not in about


def test_a_call_whose_work_is_all_answered_counts_none_as_open(sign_in, desk):
    names = waiting_hosts(desk)[:2]
    escalation = called_about(desk, *names)
    for name in names:
        answer_for(desk, name)
    with scoped(desk.people.scope("ha")):
        assert queries.one(escalation.pk).number == 0
        assert list(queries.standing_concerns(escalation)) == []
        assert queries.answered_concerns(escalation).count() == 2


def test_the_shell_tells_open_matters_first_says_what_it_leaves_out_and_gives_the_history_in_words(desk):
    first, *others = waiting_hosts(desk)[:4]
    escalation = called_about(desk, first, *others)
    answer_for(desk, first)
    flow.do_due(at=NOON)
    with scoped(desk.people.scope("ha")), translation.override("vi"):
        found = queries.one(escalation.pk)
        some, everything = list(told(found, most=1)), list(told(found, most=None))
    about = [line.split("Máy ")[1] for line in everything if "Máy " in line and " · " not in line]
    assert about == [*others, first]
    assert f"  … và {len(others) - 1} nữa (--all)" in some
    assert not [line for line in everything if "--all" in line]
    assert [line for line in some if "đã báo xong" in line] == [f"  đã báo xong  Máy {first}"]
    assert any(line.startswith("  20/4/2026 12:00:00  Bắt đầu gọi") for line in some), some
    assert not [line for line in everything if "{" in line or "escalation." in line]


def test_why_a_letter_did_not_go_out_is_said_in_the_reader_s_language(sign_in, desk):
    escalation = call(desk)
    flow.do_due(at=NOON)
    with scoped(system("tests")):
        letters.note_refused(Letter.objects.earliest("pk"), NO_SERVER.words, at=NOON)
    seen = text(sign_in("ha").get(f"/escalations/{escalation.pk}/"))
    assert "<blockquote>chưa đặt máy chủ thư (VONGGAC_MAIL_HOST)</blockquote>" in seen
    assert NO_SERVER.words not in seen


def test_of_two_answers_the_first_is_told_as_one_of_two(sign_in, desk, monkeypatch):
    monkeypatch.setattr("vonggac.desk.pages.call_links.now", lambda: NOON)
    with scoped(system("tests")):
        office = desk.people.organisations["hai-van"]
        plan = {"acknowledgements": 2, "steps": [{"call": "head"}]}
        policy = Policy.objects.create(organisation=office, org_path=office.path, name="hai người", plan=plan)
        happening = Happening("case", desk.hosts["VP-PC-0032"].pk, "Máy VP-PC-0032")
        escalation = services.start(Reason.BOTNET, [happening], office, at=NOON, policy=policy)
    flow.do_due(at=NOON)
    address = "/l/page/" + flow.hand_on(uuid4(), None, at=NOON).body.split("/l/page/")[1].split()[0]
    seen = text(Client().get(address))
    assert "Những người khác không bị gọi nữa" not in seen
    assert "chờ 2 người trả lời" in seen
    answered = text(Client().post(address, follow=True))
    assert "1/2 đã trả lời" in answered
    assert "Những người khác vẫn được gọi tiếp." in answered
    page = text(sign_in("ha").get(f"/escalations/{escalation.pk}/"))
    assert "1/2 đã trả lời" in page
    assert "chưa ai trả lời" not in page
    again = text(Client().get(address))
    assert "Đã ghi nhận câu trả lời; vẫn còn gọi thêm người." in again
    assert "Cuộc gọi này đã có người nhận" not in again
    with scoped(system("tests")):
        name = Escalation.objects.get(pk=escalation.pk).taken_by[0]["name"]
    whole = f"1/2 đã trả lời: {name} lúc {times.clock(NOON)}"
    assert whole in text(sign_in("ha").get("/escalations/"))
    flow.do_due(at=NOON + timedelta(hours=3))
    flow.do_due(at=NOON + timedelta(hours=6))
    with scoped(desk.people.scope("ha")), translation.override("vi"):
        said = "\n".join(told(queries.one(escalation.pk), most=None))
    assert whole in said
    assert f"đã nhận: {name}; chưa đủ" in said
    assert "không ai trả lời" not in said


def test_a_call_shows_on_the_first_page_and_on_its_case(sign_in, desk):
    call(desk)
    client = sign_in("ha")
    assert "Đang gọi trực" in text(client.get("/"))
    seen = text(client.get(f"/cases/{desk.hosts['VP-PC-0032'].pk}/"))
    assert "Đã gọi ai cho việc này" in seen
    assert "Đã gọi ai cho việc này" not in text(client.get(f"/cases/{desk.hosts['KT-PC-0417'].pk}/"))
    unit = text(sign_in("lan").get(f"/cases/{desk.hosts['VP-PC-0032'].pk}/"))
    assert "Đã gọi ai cho việc này" not in unit, "whom the office above calls is its own affair"


def test_on_the_page_of_an_answered_case_a_call_is_history_and_no_alarm(sign_in, desk):
    first, other = waiting_hosts(desk)[:2]
    escalation = called_about(desk, first, other)
    with scoped(system("tests")):
        Escalation.objects.filter(pk=escalation.pk).update(state="exhausted")
    answer_for(desk, first)
    answered, waiting = (text(sign_in("ha").get(f"/cases/{desk.hosts[name].pk}/")) for name in (first, other))
    assert "Đã gọi ai cho việc này" in waiting
    assert "Đã gọi ai cho việc này" not in answered
    past = re.search(r'<details class="card act calls-past">.*?</details>', answered, re.DOTALL)[0]
    assert "1 lần gọi cho việc này đã kết thúc" in past
    assert f"/escalations/{escalation.pk}/" in past
    assert "against" not in past
    assert "calls-past" not in waiting


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("call/", {"text": " "}, "Hãy ghi việc gì đã xảy ra"),
        ("call/", {"text": "x", "post": "99"}, "Hãy chọn một trong các vị trí"),
        ("N/note/", {"text": ""}, "viết vài chữ"),
        ("N/end/", {"why": " "}, "kết quả"),
        ("N/dance/", {}, ""),
    ],
)
def test_what_lacks_words_is_refused_with_words(sign_in, desk, path, data, said):
    escalation = call(desk)
    answer = sign_in("ha").post(f"/escalations/{path.replace('N', str(escalation.pk))}", data)
    assert answer.status_code in {404, 409, 422}
    assert said in text(answer) or answer.status_code == 422


def test_a_policy_is_kept_and_its_steps_stand_in_the_order_of_their_numbers(sign_in, desk):
    client = sign_in("ha")
    given = {**POLICY, "order": ["2", "1"], "reason": ["botnet"]}
    assert client.post("/policies/new/", given).status_code == 302
    with scoped(system("tests")):
        policy = Policy.objects.get()
    assert [step["call"] for step in policy.plan["steps"]] == ["head", "on_duty"]
    seen = text(client.get(f"/policies/{policy.pk}/"))
    assert "Minh" in seen, "whom it would call right now"
    own = text(client.get("/policies/")).partition(f'id="policy-{policy.pk}"')[2].partition("</section>")[0]
    assert "Minh" in own, "on the page of all of them too"
    assert 'name = "Ban đêm"' in text(client.get("/policies/file/"))


def test_the_desk_s_own_plan_names_whoever_is_on_the_leadership_post_as_duty_commander(sign_in, desk):
    office = desk.people.organisations["hai-van"]
    day = NOON.date()
    table = f"post,from,to,person\nTrực lãnh đạo,{day} 07:00,{day + timedelta(1)} 07:00,Trần Phó\n"
    with scoped(system("tests")):
        import_roster(office, *read_roster(table.encode(), "truc.csv"), at=NOON)
        Post.objects.filter(name="Trực lãnh đạo", kind="leadership").get()
    seen = text(sign_in("ha").get("/policies/"))
    (commander,) = [row for row in seen.split('<li class="row slim">') if "chỉ huy trực" in row]
    assert "Trần Phó" in commander
    assert "Hà" not in commander.partition("</li>")[0]


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"rounds": "0"},
        {"rounds": "nhiều"},
        {"target": ["", ""]},
        {"wait": ["5", "x"]},
        {"order": ["a", "2"]},
        {"target": ["on_duty", "room"]},
        {"reason": ["weather"]},
        {"post": "77"},
    ],
)
def test_a_policy_that_cannot_be_carried_out_comes_back_with_what_was_typed(sign_in, given):
    answer = sign_in("ha").post("/policies/new/", {**POLICY, **given})
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)
    with scoped(system("tests")):
        assert not Policy.objects.exists()


def test_only_who_may_say_whom_the_office_calls_says_it(sign_in, desk):
    for name in ("lan", "tam"):
        client = sign_in(name)
        assert client.post("/policies/new/", POLICY).status_code == 403
        file = SimpleUploadedFile("p.toml", b"")
        assert client.post("/policies/import/", {"file": file}).status_code == 403


def test_a_secret_goes_in_and_is_never_shown_again(sign_in, settings, desk):
    client = sign_in("quan")
    assert client.post("/channels/new/gateway/", {**GATEWAY, "url": "https://sms.example/"}).status_code == 302
    with scoped(system("tests")):
        channel = Channel.objects.get()
    assert vault.opened(channel.secrets) == {"token": "bí-mật-42"}
    seen = text(client.get(f"/channels/{channel.pk}/")) + text(client.get("/channels/"))
    assert "bí-mật-42" not in seen
    assert "token" in seen
    assert client.post(
        f"/channels/{channel.pk}/", {**GATEWAY, "secrets": "", "url": "https://sms.example/"}
    ).status_code
    with scoped(system("tests")):
        assert vault.opened(Channel.objects.get().secrets) == {"token": "bí-mật-42"}


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://sms.example/"},
        {"url": "https://10.0.0.1/"},
        {"headers": "no colon"},
        {"secrets": "bí mật không có dấu bằng"},
        {"longest": "dài"},
        {"statuses": "ok"},
        {"statuses": "20"},
        {"body": "{"},
    ],
)
def test_a_channel_that_could_never_send_is_refused_and_says_no_secret(sign_in, given):
    answer = sign_in("quan").post("/channels/new/gateway/", {**GATEWAY, "url": "https://sms.example/", **given})
    assert answer.status_code == 422
    assert "bí mật không có" not in text(answer)


def test_a_channel_is_tried_and_the_list_says_when_and_what_came_of_it(sign_in, settings, desk):
    provider, client = HttpGateway(), sign_in("quan")
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({provider.host})
    client.post("/channels/new/gateway/", {**GATEWAY, "url": f"{provider.address}/send"})
    with scoped(system("tests")):
        path = f"/channels/{Channel.objects.get().pk}/try/"
    assert "chưa thử" in text(client.get("/channels/"))
    client.post(path, {"address": "0912 345 678"})
    (request,) = provider.requests
    assert json.loads(request.body)["to"] == "84912345678"
    assert request.headers["Authorization"].startswith("Bearer b")
    assert "đã thử" in text(client.get("/channels/"))
    provider.answer = '{"code": "104"}'
    client.post(path, {"address": "0912 345 678"})
    assert "104" in text(client.get("/channels/"))
    provider.close()


def test_a_test_of_a_channel_offers_the_numbers_that_are_known(sign_in, settings, desk):
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({"127.0.0.1"})
    client = sign_in("quan")
    client.post("/channels/new/gateway/", {**GATEWAY, "url": "http://127.0.0.1/"})
    office, quan = desk.people.organisations["hai-van"], desk.people.people["quan"]
    with scoped(system("tests")):
        channel = Channel.objects.get()
        Person.objects.filter(pk=quan.pk).update(phone="0900 000 009")
        ContactMethod.objects.create(person=quan, channel=channel, address="0900 000 008", made_at=NOON)
        for name, number in (("Bình", "0900 000 002"), ("Quân", "0900 000 008"), ("Sơn", "0900 000 009")):
            Member.objects.create(organisation=office, org_path=office.path, name=name, phone=number)

    def shown() -> tuple[list[str], list[tuple[str, str]], bool]:
        page = html.fromstring(text(client.get(f"/channels/{channel.pk}/")))
        filled = page.xpath("//form[contains(@action, '/try/')]//input[@name='address']/@value")
        offered = [(one.get("value"), one.text) for one in page.xpath("//datalist[@id='known']/option")]
        return filled, offered, "Đã điền sẵn địa chỉ của anh/chị" in page.text_content()

    own = [("0900 000 008", "Quân"), ("0900 000 009", "Quân")]
    assert shown() == (["0900 000 008"], [*own, ("0900 000 002", "Bình")], True)
    with scoped(system("tests")):
        ContactMethod.objects.all().delete()
        Person.objects.filter(pk=quan.pk).update(phone="")
    stand = [("0900 000 002", "Bình"), ("0900 000 008", "Quân"), ("0900 000 009", "Sơn")]
    assert shown() == ([""], stand, False), "nobody else's number is filled in"


def test_whom_to_ring_up_has_the_number_that_they_entered_themselves(sign_in, settings, desk):
    office, minh = desk.people.organisations["hai-van"], desk.people.people["minh"]
    with scoped(system("tests")):
        channel = Channel.objects.create(
            organisation=office, org_path=office.path, name="SMS", kind="gateway", takes_phones=True, changed_at=NOON,
            settings={"url": "https://sms.example/"},
        )  # fmt: skip
        plan = {"rounds": 1, "steps": [{"call": "head"}]}
        policy = Policy.objects.create(organisation=office, org_path=office.path, name="thủ trưởng", plan=plan)
        happening = Happening("case", desk.hosts["VP-PC-0032"].pk, "Máy VP-PC-0032")
        made = services.start(Reason.BOTNET, [happening], office, at=NOON, policy=policy)
        Escalation.objects.filter(pk=made.pk).update(state="exhausted")
    line = "<b>Minh</b> · chưa có số điện thoại"
    assert line in text(sign_in("ha").get(f"/escalations/{made.pk}/"))
    with scoped(system("tests")):
        ContactMethod.objects.create(person=minh, channel=channel, address="0900 000 003", made_at=NOON)
    seen = text(sign_in("ha").get(f"/escalations/{made.pk}/"))
    assert 'href="tel:0900000003"' in seen
    assert line not in seen


def test_channels_are_for_administrators(sign_in, desk):
    for path in ("/channels/", "/channels/new/gateway/"):
        assert sign_in("ha").get(path).status_code == 403
    assert sign_in("quan").get("/channels/new/pigeon/").status_code == 404


def test_my_addresses_are_mine(sign_in, desk):
    client = sign_in("ha")
    client.post("/contacts/add/", {"channel": "", "address": "rieng@example.vn", "after_minutes": "0"})
    with scoped(system("tests")):
        method = ContactMethod.objects.get()
        assert Letter.objects.get().address == "rieng@example.vn", "a test is sent at once"
    other: Client = sign_in("minh")
    assert "rieng@example.vn" not in text(other.get("/contacts/"))
    for act in ("test", "remove"):
        assert other.post(f"/contacts/{method.pk}/{act}/").status_code == 404
    assert client.post("/contacts/add/", {"channel": "9", "address": "x", "after_minutes": "0"}).status_code == 422
    assert client.post("/contacts/add/", {"channel": "", "address": "x@y.vn", "after_minutes": "x"}).status_code == 422
    assert client.post("/contacts/quiet-hours/", {"begins": "22h", "ends": "6"}).status_code == 422
    client.post("/contacts/quiet-hours/", {"begins": "22:00", "ends": "06:00"})
    with scoped(system("tests")):
        assert str(QuietHours.objects.get()) == "22:00–06:00"


def test_the_pages_cost_the_same_number_of_queries_with_many_calls(sign_in, desk):
    client = sign_in("ha")

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    call(desk)
    few = {path: cost(path) for path in ("/escalations/", "/policies/", "/")}
    with scoped(system("tests")):
        office = desk.people.organisations["hai-van"]
        for number in range(30):
            happening = Happening("note", 0, f"việc {number}", occasion=str(number))
            services.start(Reason.CALL, [happening], office, at=NOON)
    assert {path: cost(path) for path in few} == few


def test_a_call_that_nobody_answered_shows_whom_to_ring_and_who_was_not_called(sign_in, desk):
    escalation = call(desk)
    with scoped(system("tests")):
        Person.objects.filter(name="Minh").update(phone="0900 000 077")
        for _step in range(60):
            Step.objects.filter(done_at=None).update(due_at=NOON)
            engine.take_due(at=NOON)
    seen = text(sign_in("ha").get(f"/escalations/{escalation.pk}/"))
    assert "KHÔNG AI TRẢ LỜI" in seen
    assert "Đã gọi tất cả" not in seen
    assert '<b>Minh</b> · <a href="tel:0900000077">0900 000 077</a> · <strong>CHƯA gọi được' in seen


def test_a_call_about_silence_says_that_it_counts_only_what_is_past_its_time(sign_in, desk):
    told = "chỉ tính việc đã quá hạn tiếp nhận"
    other = call(desk)
    with scoped(desk.people.scope("nam")):
        office = desk.people.organisations["hai-van"]
        silent = [case for case in desk.hosts.values() if case.state == "sent"]
        escalation = flow.call_for_silence(office, silent, at=NOON)
    client = sign_in("ha")
    assert told in text(client.get(f"/escalations/{escalation.pk}/"))
    assert told not in text(client.get(f"/escalations/{other.pk}/"))
    for path in ("/", "/escalations/"):
        assert text(client.get(path)).count(told) == 1
    client.post(f"/escalations/{escalation.pk}/end/", {"why": "đã gọi"})
    assert told not in text(client.get("/escalations/"))


def test_the_channels_of_an_exercise_say_where_its_letters_stay(sign_in, desk, settings):
    settings.VONGGAC_IS_EXERCISE, settings.EMAIL_HOST = True, ""
    seen = text(sign_in("quan").get("/channels/"))
    assert "diễn tập không gửi thư: thư nằm ở trang Thông báo" in seen
    assert "không gọi được ai bằng thư" not in seen
