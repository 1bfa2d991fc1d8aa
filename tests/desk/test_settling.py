"""The page of a list whose cells cannot be read: shown with their rows, settled and unsettled by whoever may import."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.botnet.models import BotnetList, Settling, Unread
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.flows import assessment, botnet_list
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOST = "203.0.113.5"
ROWS = (f"{HOST},198.51.100.7", f"{HOST},198.51.100.9?", "203.0.113.0006,198.51.100.7")
LATER = NOON + timedelta(days=8)


def hand_in(client, *rows: str, sender: str = "Bên gửi A") -> str:
    """The address of a list's page, once the worker has carried the list out."""
    content = "\n".join(["ip,dst_ip", *rows]).encode()
    preview = client.post("/lists/upload/", {"sender": sender, "file": SimpleUploadedFile("list.csv", content)})
    address = client.post("/lists/confirm/", {"sha256": preview.headers["Location"].split("/")[3]}).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(int(address.split("/")[2]), at=NOON)
    return address


@pytest.fixture
def officer(sign_in):
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/26,so-y-te\n")
    return sign_in("ha")


def numbers() -> list[int]:
    with scoped(system("tests")):
        return list(Unread.objects.order_by("-kind", "pk").values_list("pk", flat=True))


def settled() -> list[tuple]:
    with scoped(system("tests")):
        return [(one.meant, one.reason, one.settled_by, one.withdrawn_by) for one in Settling.objects.order_by("pk")]


def judged() -> Case:
    """The host's case, claimed a week ago and judged now."""
    with scoped(system("tests")):
        found = Case.objects.get(subject=HOST)
        if not found.claimed_at:
            cases.claim(found.pk, Answer("đã cài lại", "Tâm"), at=NOON)
        assessment.assess(at=LATER)
        found.refresh_from_db()
        return found


def test_the_page_shows_what_cannot_be_read_with_line_column_and_row(officer):
    text = officer.get(hand_in(officer, *ROWS)).content.decode()
    assert "2 dòng chờ phân định" in text
    assert f'<code class="small">{ROWS[1]}</code>' in text
    assert re.search(r"198\.51\.100\.9\?</b>.*?dòng 3.*?dst_ip", text, re.DOTALL)
    assert re.search(r"203\.0\.113\.0006,198\.51\.100\.7</b>.*?dòng 4", text, re.DOTALL)
    assert 'máy chủ điều khiển không đọc được</dt><dd><a href="#unread">1</a></dd>' in text


def test_a_list_that_reads_has_no_such_part(officer):
    assert 'id="unread"' not in officer.get(hand_in(officer, ROWS[0])).content.decode()


def test_a_settled_cell_says_who_settled_it_when_and_is_withdrawn_by_one_press(officer):
    address = hand_in(officer, *ROWS)
    act = f"{address}unread/{numbers()[0]}/"
    answer = officer.post(act + "settle", {"settle": "meant", "meant": "198.51.100.9; c2.example.net"}, follow=True)
    text = answer.content.decode()
    assert "1 dòng chờ phân định" in text
    assert "198.51.100.9, c2.example.net</b>" in text
    assert re.search(r"<span>Hà</span><span><time", text)
    assert f'action="{act}withdraw"' in text
    assert settled() == [(["198.51.100.9", "c2.example.net"], "", "Hà", "")]
    assert "2 dòng chờ phân định" in officer.post(act + "withdraw", follow=True).content.decode()
    assert settled()[0][3] == "Hà"
    with scoped(system("tests")):
        acts = Entry.objects.filter(act__in=("list.settle", "list.unsettle")).order_by("id")
        assert list(acts.values_list("act", flat=True)) == ["list.settle", "list.unsettle"]


def test_nothing_meant_is_settled_with_its_reason_and_never_without(officer):
    address = hand_in(officer, *ROWS)
    for number in numbers():
        act = f"{address}unread/{number}/settle"
        assert officer.post(act, {"settle": "nothing", "reason": " "}).status_code == 422
        assert officer.post(act, {"settle": "nothing", "meant": HOST, "reason": "phiên bản"}).status_code == 302
    assert settled() == [([], "phiên bản", "Hà", "")] * 2
    assert "không chỉ gì: phiên bản" in officer.get(address).content.decode()


@pytest.mark.parametrize("meant", ["", "198.51.100.9?", "không-rõ"])
def test_what_no_list_could_say_is_refused_in_words(officer, meant):
    act = f"{hand_in(officer, *ROWS)}unread/{numbers()[0]}/settle"
    answer = officer.post(act, {"settle": "meant", "meant": meant})
    assert answer.status_code == 422
    assert ("không phải địa chỉ cũng không phải tên miền" in answer.content.decode()) is bool(meant)
    assert settled() == []


def test_settling_twice_is_refused(officer):
    act = f"{hand_in(officer, *ROWS)}unread/{numbers()[0]}/settle"
    form = {"settle": "meant", "meant": "198.51.100.9"}
    assert [officer.post(act, form).status_code for _ in range(2)] == [302, 409]
    assert officer.post(act.replace("settle", "withdraw")).status_code == 302
    assert officer.post(act.replace("settle", "withdraw")).status_code == 409


def test_undo_takes_back_what_its_act_settled_in_every_list_and_no_other_act(officer):
    first = hand_in(officer, ROWS[1])
    with pytest.MonkeyPatch.context() as later:
        later.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(days=1))
        hand_in(officer, *ROWS[:2])
    act = f"{first}unread/{numbers()[0]}/"
    everywhere = {"settle": "meant", "meant": "198.51.100.9", "reach": "everywhere"}
    seen = officer.post(act + "settle", everywhere, follow=True).content.decode()
    undo = re.search(r'action="(\S+/withdraw\?undone=\d+)"', seen)[1]
    assert [one[3] for one in settled()] == ["", ""]
    assert officer.post(undo).status_code == 302
    assert [one[3] for one in settled()] == ["Hà", "Hà"]
    officer.post(act + "settle", {"settle": "meant", "meant": "198.51.100.8"})
    assert officer.post(undo).status_code == 409
    assert settled()[-1] == (["198.51.100.8"], "", "Hà", "")


def test_another_lists_number_leads_nowhere(officer):
    hand_in(officer, *ROWS)
    number = numbers()[0]
    other = hand_in(officer, ROWS[0], sender="Bên gửi B")
    answer = officer.post(f"{other}unread/{number}/settle", {"settle": "meant", "meant": "198.51.100.9"})
    assert answer.status_code == 404
    assert settled() == []


@pytest.mark.parametrize("stranger", ["vinh", "tam", "lan"])
def test_a_list_of_another_office_is_not_settled(officer, sign_in, stranger):
    act = f"{hand_in(officer, *ROWS)}unread/{numbers()[0]}/"
    client = sign_in(stranger)
    for verb in ("settle", "withdraw"):
        answer = client.post(act + verb, {"settle": "meant", "meant": "198.51.100.9"})
        assert answer.status_code == (404 if stranger == "vinh" else 403)
    assert settled() == []


def test_a_text_that_was_settled_before_is_offered_and_settled_everywhere_at_will(officer):
    first = hand_in(officer, *ROWS)
    officer.post(f"{first}unread/{numbers()[0]}/settle", {"settle": "meant", "meant": "198.51.100.9"})
    for n in range(2):
        again = hand_in(officer, ROWS[1], f"203.0.113.1{n},198.51.100.7")
    text = officer.get(again).content.decode()
    assert 'name="meant" maxlength="1000" value="198.51.100.9"' in text
    assert 'name="reach" value="everywhere"' in text
    with scoped(system("tests")):
        number = Unread.objects.filter(kind="c2").latest("pk").pk
    form = {"settle": "meant", "meant": "198.51.100.9", "reach": "everywhere"}
    assert "trong 2 danh sách" in officer.post(f"{again}unread/{number}/settle", form, follow=True).content.decode()
    assert len(settled()) == 3


def test_the_case_says_where_it_is_settled_to_whoever_may_and_who_does_it_to_the_others(officer, sign_in):
    address = hand_in(officer, *ROWS[:2])
    case = f"/cases/{judged().pk}/"
    assert f'href="{address}#unread">list.csv</a>' in officer.get(case).content.decode()
    told = sign_in("tam").get(case).content.decode()
    assert address not in told
    assert "Cơ quan nhận danh sách sẽ phân định" in told
    officer.post(f"{address}unread/{numbers()[0]}/settle", {"settle": "nothing", "reason": "phiên bản"})
    judged()
    assert f"{address}#unread" not in officer.get(case).content.decode()
    assert "sẽ phân định" not in sign_in("tam").get(case).content.decode()


def test_what_a_list_says_is_shown_as_text(officer):
    text = officer.get(hand_in(officer, f"{HOST},<b>198.51.100.9?</b>")).content.decode()
    assert "&lt;b&gt;198.51.100.9?" in text
    assert "<b>198.51.100.9?" not in text


def test_many_of_them_are_counted_and_shown_by_fifty(officer):
    address = hand_in(officer, *(f"{HOST},198.51.{n}.9?" for n in range(60)))
    text = officer.get(address).content.decode()
    assert "60 dòng chờ phân định" in text
    assert text.count('value="meant"') == 50
    assert "Còn nhiều hơn số đang hiện" in text
    with scoped(system("tests")):
        assert BotnetList.objects.get().summary["unread"] == 60


def test_a_refused_form_comes_back_as_it_was_filled_in(officer):
    address = hand_in(officer, *ROWS, f"{HOST},198.51.100.8?")
    act = f"{address}unread/{numbers()[0]}/settle"
    typed = {"settle": "meant", "meant": "198.51.100.9 198.51.100.999"}
    text = officer.post(act, typed).content.decode()
    assert text.count("198.51.100.9 198.51.100.999") == 1
    assert text.count('<details class="act" open>') == 1
    assert re.search(r'aria-invalid="true"[^>]*name="meant"', text)
    assert "198.51.100.999” không phải địa chỉ" in text
    typed = {"settle": "nothing", "reason": " ", "reach": "column"}
    text = officer.post(act, typed).content.decode()
    assert re.search(r'aria-invalid="true"[^>]*name="reason"', text)
    assert 'value="column" checked' in text


def test_a_column_of_rubbish_is_settled_in_one_act_and_withdrawn_in_one(officer):
    address = hand_in(officer, *(f"{HOST},198.51.{n}.9?" for n in range(60)), "203.0.113.0006,198.51.100.7")
    first = numbers()[0]
    act = f"{address}unread/{first}/"
    assert "59 chữ khác" in officer.get(address).content.decode()
    form = {"settle": "nothing", "reason": "cột chép nhầm", "reach": "column"}
    text = officer.post(act + "settle", form, follow=True).content.decode()
    assert "60 chữ của cột" in text
    assert "1 dòng chờ phân định" in text
    assert text.count("không chỉ gì: cột chép nhầm") == 1
    assert len(settled()) == 60
    with scoped(system("tests")):
        entry = Entry.objects.get(act="list.settle")
        assert (entry.detail["column"], entry.detail["texts"]) == ("dst_ip", 60)
    text = officer.post(act + "withdraw", follow=True).content.decode()
    assert "61 dòng chờ phân định" in text
    assert {one[3] for one in settled()} == {"Hà"}
    with scoped(system("tests")):
        assert Entry.objects.get(act="list.unsettle").detail["texts"] == 60


def test_a_column_is_never_settled_as_one_server_and_leaves_what_was_settled_before(officer):
    address = hand_in(officer, *(f"{HOST},198.51.{n}.9?" for n in range(3)))
    first, second, third = numbers()
    form = {"settle": "meant", "meant": "198.51.100.9", "reach": "column"}
    assert officer.post(f"{address}unread/{first}/settle", form).status_code == 422
    officer.post(f"{address}unread/{second}/settle", {"settle": "meant", "meant": "198.51.1.9"})
    officer.post(f"{address}unread/{first}/settle", {"settle": "nothing", "reason": "số", "reach": "column"})
    assert [one[0] for one in settled()] == [["198.51.1.9"], [], []]
    officer.post(f"{address}unread/{third}/withdraw")
    assert [one[3] for one in settled()] == ["", "Hà", "Hà"]


def test_the_reason_why_nothing_was_meant_is_offered_again(officer):
    first = hand_in(officer, *ROWS)
    officer.post(f"{first}unread/{numbers()[0]}/settle", {"settle": "nothing", "reason": "phiên bản mã độc"})
    again = hand_in(officer, ROWS[1], "203.0.113.11,198.51.100.7")
    text = officer.get(again).content.decode()
    assert 'name="reason" maxlength="1000" value="phiên bản mã độc"' in text
    assert 'name="meant" maxlength="1000" value=""' in text


def test_settlings_beyond_what_is_shown_are_said_to_be_there(officer):
    address = hand_in(officer, *(f"{HOST},198.51.{n}.9?" for n in range(51)))
    for number in numbers():
        form = {"settle": "nothing", "reason": "số"}
        officer.post(f"{address}unread/{number}/settle", form)
    text = officer.get(address).content.decode()
    assert text.count("không chỉ gì: số") == 50
    assert "--all</code>" in text
