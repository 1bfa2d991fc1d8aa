"""The pages as each person sees them: what stands there, who may do what, and what others never see."""

import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tests.cast import NOON
from tests.desk import exhibit
from tests.desk.test_settling import hand_in
from tests.register.register_files import bring_in
from vonggac.cases import services
from vonggac.cases.models import Case, Kind
from vonggac.directives.models import Directive
from vonggac.duty.models import Shift
from vonggac.flows import reminders
from vonggac.ledger.models import Entry
from vonggac.ledger.services import record
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
FROZEN = Path(__file__).with_name("query_counts.json")
PAGES = (
    "/", "/cases/", "/cases/?late=1", "/cases/alerts/", "/cases/alerts/sources/", "/cases/alerts/notices/", "/roster/",
    "/reports/", "/search/?q=KT-PC-0417", "/preferences/",
)  # fmt: skip


def text(response) -> str:
    return response.content.decode()


def case_path(desk, name: str, act: str = "") -> str:
    return f"/cases/{desk.hosts[name].pk}/{act}"


def directive_of(desk) -> int:
    with scoped(desk.people.scope("nam")):
        return Directive.objects.get().pk


def acts_of(desk, name: str) -> list[str]:
    with scoped(desk.people.scope("nam")):
        entries = Entry.objects.filter(subject_kind="case", subject_id=desk.hosts[name].pk)
        return list(entries.order_by("id").values_list("act", flat=True))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["ha", "minh", "quan", "lan", "tam", "vinh", "nam"])
def test_every_role_gets_every_place(sign_in, name, path):
    assert sign_in(name).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_no_foreign_host_or_organisation_appears_on_a_strangers_pages(sign_in, desk, path):
    seen = text(sign_in("vinh").get(path))
    if "q=" not in path:
        assert not [name for name in desk.hosts if name in seen]
    assert "Vĩnh Hải" not in seen
    missing = sign_in("vinh").get(case_path(desk, "KT-PC-0417"))
    assert missing.status_code == 404
    # “Không thực hiện được” is what a unit answers.
    assert "<title>Không thuộc phạm vi được xem" in text(missing)


@pytest.mark.parametrize("path", [*PAGES, "/roster/?week=2026-04-20"])
def test_pages_fit_the_strict_content_security_policy(sign_in, path):
    seen = text(sign_in("ha").get(path))
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", seen)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", seen))
    assert "http://" not in re.sub(r'xmlns="[^"]*"', "", seen)


def test_the_first_page_says_who_is_on_duty_and_what_needs_me(sign_in):
    seen = text(sign_in("ha").get("/"))
    assert "Đang trực" in seen
    assert "KHÔNG CÓ AI TRỰC" not in seen
    assert seen.index("Máy KT-PC-0417") < seen.index("Máy VP-PC-0032")
    assert "bị chứng minh ngược lại" in seen


def test_nobody_on_duty_is_the_loudest_thing(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        Shift.objects.all().delete()
    seen = text(sign_in("ha").get("/"))
    assert 'role="alert"' in seen
    assert "KHÔNG CÓ AI TRỰC" in seen


def test_whoever_can_mend_neither_roster_nor_desk_is_told_whom_to_ask_and_not_alarmed(sign_in):
    lead, officer = text(sign_in("vinh").get("/")), text(sign_in("lan").get("/"))
    roster = re.compile(r'href="/roster/">(?:(?!</a>).)*class="count hot"', re.DOTALL)
    assert "KHÔNG CÓ AI TRỰC" in lead
    assert "cần xem" in lead
    assert roster.search(lead)
    assert "Hãy hỏi lãnh đạo hoặc trực ban của đơn vị" in officer
    assert "quản trị viên xử lý" in officer
    for alarm in ("KHÔNG CÓ AI TRỰC", "cần xem", "thiếu người", 'class="alarm"', 'class="bad"'):
        assert alarm not in officer
    assert not roster.search(officer)


@pytest.mark.parametrize("name", ["TC-PC-0101", "VP-PC-0032"])
def test_a_closed_row_says_once_that_it_is_closed(sign_in, desk, name):
    if name == "VP-PC-0032":
        assert sign_in("ha").post(case_path(desk, name, "close/"), {"reason": "máy đã thanh lý"}).status_code == 302
    row = re.search(
        rf'data-row="{desk.hosts[name].pk}".*?</li>', text(sign_in("ha").get("/cases/?state=closed")), re.DOTALL
    )
    assert row is not None
    assert row[0].count("đã đóng") == 1


def test_without_any_roster_the_page_says_how_to_get_one(sign_in):
    assert "Chưa có lịch trực" in text(sign_in("vinh").get("/"))


@pytest.mark.parametrize("words", ["31", "31/BAN-ATM", "31/ban", "an toàn thông tin mạng"])
def test_search_finds_a_directive(sign_in, words):
    assert "31/BAN-ATM" in text(sign_in("ha").get("/search/", {"q": words}))


def test_search_finds_no_directive_of_another_number_or_of_a_stranger(sign_in):
    assert "31/BAN-ATM" not in text(sign_in("ha").get("/search/?q=41"))
    assert "/directives/" not in text(sign_in("vinh").get("/search/?q=31/BAN-ATM")).split("<main", 1)[1]


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?proof=contradicted", "KT-PC-0417", "VP-PC-0032"),
        ("?state=closed", "TC-PC-0101", "KT-PC-0417"),
        ("?kind=botnet_host&state=sent", "VP-PC-0032", "1.a: Ứng trực"),
        ("?late=1", "KT-PC-0417", "VP-PC-0032"),
        ("?organisation=p-vinh-hai", "VP-PC-0032", "KT-PC-0417"),
        ("?claim=done", "BV-SRV-002", "VP-PC-0032"),
        ("?proof=proven", "TC-PC-0101", "VP-PC-0032"),
    ],
)
def test_filters_narrow_the_inbox(sign_in, query, shown, hidden):
    seen = text(sign_in("ha").get(f"/cases/{query}"))
    assert shown in seen
    assert hidden not in seen


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?kind=botnet_host",
        "?late=1",
        "?late=1&kind=botnet_host&proof=contradicted",
        "?mine=1",
        "?state=closed&late=1",
        "?organisation=so-y-te&late=1",
        "?organisation=so-tttt&state=all",
        "?claim=done&state=all",
        "?claim=cannot",
        "?directive={directive}&state=claimed",
        "?directive={directive}&clause=1.a&mine=1",
        "?kind=botnet_host&listed=1&proof=not_observable",
        "?state=all&missing=dns:dns-1",
        "?state=all&kind=botnet_host&standing=contradicted",
        "?state=all&standing=watched,closed_claimed&late=1",
        "?state=all&opened=2026-04-01T00:00:00%2B00:00",
    ],
)
def test_every_number_of_the_inbox_is_that_of_the_rows_its_word_shows_beside_the_other_filters(sign_in, desk, query):
    client, address = sign_in("ha"), f"/cases/{query.format(directive=directive_of(desk))}"
    with scoped(desk.people.scope("ha")):
        services.hand_over(desk.hosts["VP-PC-0032"].pk, desk.people.people["ha"], at=NOON)
    groups = client.get(address).context["groups"]
    asked = [choice for group in groups for choice in group.choices if choice.asked]
    assert len(asked) == 23
    for choice in asked:
        rows = client.get(f"/cases/{choice.asked.address()}&format=json").json()["rows"]
        assert choice.number == len(rows), choice.text


@pytest.mark.parametrize(
    "path",
    [
        "/cases/?directive=%C2%B2",
        "/cases/?directive=99999999999999999999",
        "/cases/?organisation=%00",
        "/cases/?clause=%00",
        "/cases/?missing=%00",
        "/cases/?standing=%00",
        "/cases/?standing=proven,",
        "/cases/?standing=,",
        "/cases/?state=all,closed",
        "/cases/?state=,",
        "/cases/?kind=alert,botnet_host",
        "/cases/?proof=proven,&format=csv",
        "/cases/?claim=,done",
        "/cases/?opened=%00",
        "/cases/?opened=2026-04-20T08:00:00",
        "/cases/?opened=0001-01-01T00:00:00%2B14:00",
        "/search/?q=%00",
        "/register/assets/?q=%00",
        "/people?q=%00",
        "/logs/%00/",
        "/directives/?year=%C2%B2%C2%B2%C2%B2%C2%B2",
    ],
)
def test_an_address_that_holds_what_no_text_or_number_has_is_a_mistake_of_the_caller(sign_in, path):
    assert sign_in("ha").get(path, follow=True).status_code in {404, 422}


def test_a_superscript_is_searched_as_text(sign_in):
    assert sign_in("ha").get("/search/?q=%C2%B2").status_code == 200


def test_a_form_that_holds_a_nul_is_refused_and_changes_nothing(sign_in, desk):
    address = case_path(desk, "VP-PC-0032", "claim/")
    assert sign_in("lan").post(address, {"text": "đã\0xong"}).status_code == 422
    assert acts_of(desk, "VP-PC-0032") == ["case.open"]


@pytest.mark.parametrize("query", ["?state=nonsense", "?kind=x", "?directive=one", "?organisation=nowhere", "?after=x"])
def test_an_address_that_is_not_ours_is_answered_in_words(sign_in, query):
    assert sign_in("ha").get(f"/cases/{query}").status_code == 422


def test_a_long_inbox_is_paged_and_each_case_comes_once(sign_in, desk):
    exhibit.many(desk.people, 120, NOON)
    client, path, seen = sign_in("ha"), "/cases/?kind=botnet_host&state=sent", []
    for _ in range(10):
        page = text(client.get(path))
        seen += re.findall(r'data-row="(\d+)"', page)
        following = re.search(r'href="([^"]*after=[^"]*)"', page)
        if not following:
            break
        path = "/cases/" + following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 123


def test_the_case_page_keeps_claim_and_observation_apart(sign_in, desk):
    seen = text(sign_in("ha").get(case_path(desk, "KT-PC-0417")))
    assert "đã cài lại máy" in seen
    assert "198.51.100.7" in seen
    assert 'class="mark claimed"' in seen
    assert 'class="mark against"' in seen
    assert 'class="strip"' in seen
    assert "thuộc hệ thống thông tin cấp độ 3" in seen


@pytest.mark.parametrize("name", ["VP-PC-0032", "203.0.113.77"])
def test_a_host_that_was_just_claimed_says_over_which_days_it_is_watched(sign_in, desk, name):
    client = sign_in("ha")
    assert "Theo dõi từ" not in text(client.get(case_path(desk, name)))
    given = {"text": "đã cài lại máy", "by": "Lan", "via": "phone"}
    assert client.post(case_path(desk, name, "claim/"), given).status_code == 302
    seen = text(client.get(case_path(desk, name)))
    assert "Theo dõi từ 20/4/2026 12:00 đến 27/4/2026 12:00; hết khoảng này thì có kết luận." in seen


def test_a_claimed_duty_watch_says_until_when_the_posts_are_watched(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        claimed = Case.objects.filter(kind="obligation", rule="duty_coverage", state="claimed").first()
    seen = text(sign_in("ha").get(f"/cases/{claimed.pk}/"))
    # A due time at midnight is the day that ends with it, wherever the page says it.
    assert "00:00:00" not in re.search(r"<dt>Hạn</dt><dd>(.*?)</dd>", seen)[1]
    assert re.search(r"Theo dõi từ 23/4/2026 00:00 đến hết ngày 30/4/2026; hết khoảng này thì có kết luận\.", seen)


@pytest.mark.parametrize("rule", ["complaints_answered", ""])
def test_work_that_no_declared_rule_proves_promises_no_verdict(sign_in, desk, rule):
    """The vocabulary of clauses names rules that no module declares yet."""
    with scoped(system("tests")):
        unit = desk.people.organisations["p-vinh-hai"]
        opening = services.Opening(unit, Kind.OBLIGATION, "1.b", "Xử lý phản ánh;", 3, "", None, rule=rule)
        (case,) = services.open_many([opening], at=NOON)
    client, path = sign_in("lan"), f"/cases/{case.pk}/"
    assert "chưa có quy tắc kiểm chứng" in text(client.get(path))
    assert "nhật ký và danh sách" not in text(client.get(path))
    claimed = text(client.post(f"{path}claim/", {"text": "đã trả lời hết"}, follow=True))
    assert "Xử lý phản ánh: đã báo xong; loại việc này chưa có quy tắc kiểm chứng" in claimed
    assert "Loại việc này chưa có quy tắc kiểm chứng: chỉ có báo cáo của đơn vị." in claimed
    assert "từ nay đối chiếu" not in claimed
    assert "kết luận về đơn vị có khi" not in claimed
    closed = text(sign_in("ha").post(f"{path}close/", {"reason": "đủ bằng chứng"}, follow=True))
    assert "quan sát chưa kết luận gì" not in closed
    assert "chưa có quy tắc kiểm chứng" in closed


def test_an_answer_that_a_person_decides_on_shows_no_time_to_be_watched(sign_in, desk):
    client, path = sign_in("lan"), case_path(desk, "VP-PC-0032")
    assert "Khoảng cần theo dõi" in text(client.post(f"{path}claim/", {"text": "đã cài lại"}, follow=True))
    client.post(f"{path}withdraw/", {"reason": "nhầm"})
    disputed = text(client.post(f"{path}dispute/", {"reason": "máy của trường"}, follow=True))
    assert "Câu trả lời này do người xem xét" in disputed
    assert "Khoảng cần theo dõi" not in disputed


def test_the_case_page_names_the_missing_log(sign_in, desk):
    seen = text(sign_in("ha").get(case_path(desk, "BV-SRV-002")))
    assert "nhật ký DNS · cảm biến dns-1" in seen
    assert 'class="gap"' in seen


def test_a_case_lives_through_the_buttons_of_its_owner(sign_in, desk):
    client, name = sign_in("lan"), "VP-PC-0032"
    files = [SimpleUploadedFile("minutes.pdf", b"%PDF-1.7 x"), SimpleUploadedFile("scan.txt", b"clean")]
    for act, form in (("acknowledge", {}), ("start", {}), ("claim", {"text": "đã cài lại", "files": files})):
        assert client.post(case_path(desk, name, f"{act}/"), form).status_code == 302
    assert acts_of(desk, name)[-5:] == [
        "case.acknowledge",
        "case.start",
        "case.evidence",
        "case.evidence",
        "case.claim",
    ]
    seen = text(sign_in("ha").get(case_path(desk, name)))
    assert "đã cài lại" in seen
    address = re.search(r'href="(/cases/\d+/evidence/\d+/)"', seen)[1]
    file = client.get(address)
    assert file.content == b"%PDF-1.7 x"
    assert "attachment" in file["Content-Disposition"]
    assert file["Content-Type"] == "application/octet-stream"
    assert sign_in("vinh").get(address).status_code == 404


def test_a_claim_can_be_undone_and_the_ledger_keeps_both(sign_in, desk):
    client = sign_in("lan")
    page = client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "xong"}, follow=True)
    assert "Hoàn tác" in text(page)
    client.post(undo_in(page), follow=True)
    assert acts_of(desk, "VP-PC-0032")[-2:] == ["case.claim", "case.undo"]
    assert state_of(desk, "VP-PC-0032") == ("sent", "")


def test_undoing_a_second_claim_leaves_the_first(sign_in, desk):
    client = sign_in("lan")
    client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "đã cài lại máy"}, follow=True)
    page = client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "đã thay ổ cứng"}, follow=True)
    seen = text(client.post(undo_in(page), follow=True))
    assert state_of(desk, "VP-PC-0032") == ("claimed", "đã cài lại máy")
    answers = seen.partition('id="answers"')[2].partition("</section>")[0]
    assert "đã cài lại máy" in answers
    assert "Các lần trả lời trước" not in answers
    assert "Hoàn tác báo cáo đã làm xong" in seen


def test_what_is_undone_is_named_in_the_language_of_who_reads(sign_in, desk):
    name = "VP-PC-0032"
    with scoped(system("tests")):
        Case.objects.filter(pk=desk.hosts[name].pk).update(title=f"{name}: có trong danh sách mạng botnet")
    client = sign_in("lan")
    client.post("/preferences/", {"language": "en"})
    page = client.post(case_path(desk, name, "claim/"), {"text": "reinstalled"}, follow=True)
    seen = client.post(undo_in(page), follow=True)
    assert f"{name}: on a botnet list: it is undone" in text(seen)


def test_undo_takes_back_no_other_claim_than_its_own(sign_in, desk):
    client = sign_in("lan")
    page = client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "đã cài lại máy"}, follow=True)
    client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "đã thay ổ cứng"})
    refused = client.post(undo_in(page))
    assert refused.status_code == 409
    assert "chưa hoàn tác gì" in text(refused)
    assert state_of(desk, "VP-PC-0032") == ("claimed", "đã thay ổ cứng")
    assert sign_in("quan").post(undo_in(page)).status_code == 403
    assert sign_in("vinh").post(undo_in(page)).status_code == 404


@pytest.mark.parametrize(
    ("act", "form", "who", "said"),
    [
        ("acknowledge", {"by": "Bà Tư", "via": "phone"}, "ha", "Hoàn tác tiếp nhận"),
        ("acknowledge", {}, "lan", "Hoàn tác tiếp nhận"),
        ("dispute", {"reason": "máy của trường"}, "lan", "Hoàn tác khiếu nại"),
        ("refuse", {"reason": "không có người"}, "lan", "Hoàn tác trả lời không thực hiện được"),
    ],
)
def test_what_was_said_on_the_wrong_row_is_undone(sign_in, desk, act, form, who, said):
    client, name = sign_in(who), "VP-PC-0032"
    page = client.post(case_path(desk, name, f"{act}/"), form, follow=True)
    seen = text(client.post(undo_in(page), follow=True))
    assert said in seen
    assert state_of(desk, name) == ("sent", "")
    assert acts_of(desk, name)[-2:] == [f"case.{act}", "case.undo"]
    with scoped(desk.people.scope("nam")):
        assert Case.objects.get(pk=desk.hosts[name].pk).acknowledged_at is None


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("acknowledge", {}),
        ("dispute", {"reason": "máy của trường"}),
        ("refuse", {"reason": "không có người"}),
    ],
)
def test_what_a_unit_said_is_undone_by_nobody_above_it(sign_in, desk, act, form):
    name = "VP-PC-0032"
    page = sign_in("lan").post(case_path(desk, name, f"{act}/"), form, follow=True)
    before = acts_of(desk, name)
    refused = sign_in("ha").post(undo_in(page))
    assert refused.status_code == 409
    assert "chỉ người đã ghi việc này" in text(refused)
    assert acts_of(desk, name) == before


def test_an_acknowledgement_that_changed_nothing_offers_no_undo(sign_in, desk):
    client = sign_in("lan")
    client.post(case_path(desk, "VP-PC-0032", "acknowledge/"), follow=True)
    again = client.post(case_path(desk, "VP-PC-0032", "acknowledge/"), follow=True)
    assert "không có gì thay đổi" in text(again)
    assert "/undo/" not in text(again)


def test_undoing_a_dispute_leaves_what_came_after_it(sign_in, desk):
    client = sign_in("lan")
    page = client.post(case_path(desk, "VP-PC-0032", "dispute/"), {"reason": "máy của trường"}, follow=True)
    sign_in("ha").post(case_path(desk, "VP-PC-0032", "settle/"), {"organisation": "", "reason": "đúng là của phường"})
    before = acts_of(desk, "VP-PC-0032")
    assert client.post(undo_in(page)).status_code == 409
    assert acts_of(desk, "VP-PC-0032") == before


def undo_in(page) -> str:
    return re.search(r'action="(/cases/\d+/undo/\d+/)"', text(page))[1]


def state_of(desk, name: str) -> tuple[str, str]:
    with scoped(desk.people.scope("nam")):
        case = Case.objects.get(pk=desk.hosts[name].pk)
        return case.state, case.claim_text


def seen_by(client, desk, name: str) -> str:
    """What the page of a case says that it has seen."""
    return re.search(r'name="seen" value="(\d+)"', text(client.get(case_path(desk, name))))[1]


STALE_ACTS = {
    "acknowledge": {}, "start": {}, "claim": {"text": "đã cài lại máy"}, "refuse": {"reason": "không có người"},
    "dispute": {"reason": "máy của trường"},
}  # fmt: skip


@pytest.mark.parametrize("act", STALE_ACTS)
def test_an_act_on_an_old_page_is_told_what_others_did_and_done_when_it_is_sent_again(sign_in, desk, act):
    lan, ha = sign_in("lan"), sign_in("ha")
    filled = STALE_ACTS[act] | {"seen": seen_by(lan, desk, "VP-PC-0032")}
    ha.post(case_path(desk, "VP-PC-0032", "extend/"), {"due": "2026-05-04T08:00", "reason": "nghỉ lễ"})
    before = acts_of(desk, "VP-PC-0032")
    stopped = lan.post(case_path(desk, "VP-PC-0032", f"{act}/"), filled)
    assert stopped.status_code == 409
    told = re.search(r'class="complaint"[^>]*>(.*?)</(?:p|div)>', text(stopped), re.DOTALL)[1]
    assert "Chưa làm gì" in told
    assert "hãy bấm lại. · Đổi hạn, Hà, 20/4/2026 12:00:00" in told
    assert all(word in text(stopped) for word in STALE_ACTS[act].values())
    assert acts_of(desk, "VP-PC-0032") == before
    again = re.search(r'name="seen" value="(\d+)"', text(stopped))[1]
    assert lan.post(case_path(desk, "VP-PC-0032", f"{act}/"), filled | {"seen": again}).status_code == 302
    assert acts_of(desk, "VP-PC-0032")[-1] == f"case.{act}"


@pytest.mark.parametrize("where", ["/cases/?kind=botnet_host", "/", "/search/?q=VP-PC-0032", "/my-unit/"])
def test_a_button_of_an_old_row_is_told_what_others_did(sign_in, desk, where):
    lan, path = sign_in("lan"), case_path(desk, "VP-PC-0032", "acknowledge/")
    form = re.search(rf'action="{path}">(.*?)</form>', text(lan.get(where)), re.DOTALL)[1]
    seen = dict(re.findall(r'name="(seen|next)" value="([^"]*)"', form))
    sign_in("ha").post(case_path(desk, "VP-PC-0032", "extend/"), {"due": "2026-05-04T08:00", "reason": "nghỉ lễ"})
    before = acts_of(desk, "VP-PC-0032")
    stopped = lan.post(path, seen, headers={"referer": f"http://testserver{where}"})
    assert stopped.status_code == 409
    assert "Đổi hạn, Hà" in text(stopped)
    assert acts_of(desk, "VP-PC-0032") == before
    form = re.search(rf'action="{path}">(.*?)</form>', text(stopped), re.DOTALL)[1]
    renewed = dict(re.findall(r'name="(seen|next)" value="([^"]*)"', form))
    assert lan.post(path, renewed).status_code == 302
    assert acts_of(desk, "VP-PC-0032")[-1] == "case.acknowledge"


def test_ones_own_acts_in_another_window_and_reminders_stop_nobody(sign_in, desk):
    lan = sign_in("lan")
    filled = {"text": "xong", "seen": seen_by(lan, desk, "VP-PC-0032")}
    lan.post(case_path(desk, "VP-PC-0032", "acknowledge/"))
    with scoped(system("reminders")):
        record("case.remind", "case", desk.hosts["VP-PC-0032"].pk, desk.hosts["VP-PC-0032"].org_path, at=NOON)
    assert lan.post(case_path(desk, "VP-PC-0032", "claim/"), filled).status_code == 302


def test_the_timeline_names_the_office_that_heard_of_the_silence_and_not_its_code(sign_in, desk):
    host = desk.hosts["VP-PC-0032"]
    with scoped(system("tests")):
        Case.objects.filter(pk=host.pk).update(state="sent")
    reminders.escalate(at=host.opened_at + timedelta(days=30))
    above = desk.people.organisations["hai-van"]
    seen = text(sign_in("ha").get(f"/cases/{host.pk}/"))
    assert f'<div class="small">cho {above.name}</div>' in seen
    assert f"cho {above.code}" not in seen


def test_an_old_page_whose_form_is_gone_keeps_what_was_written(sign_in, desk):
    lan, ha = sign_in("lan"), sign_in("ha")
    filled = {"text": "đã cài lại máy", "seen": seen_by(lan, desk, "VP-PC-0032")}
    ha.post(case_path(desk, "VP-PC-0032", "close/"), {"reason": "máy đã thanh lý"})
    stopped = lan.post(case_path(desk, "VP-PC-0032", "claim/"), filled)
    assert stopped.status_code == 409
    assert "Đóng, Hà" in text(stopped)
    assert "<blockquote>đã cài lại máy</blockquote>" in text(stopped)


def test_the_holes_beside_the_roster_are_counted_once_a_minute_and_anew_after_an_act(sign_in, desk, monkeypatch):
    ha, nam = sign_in("ha"), sign_in("nam")

    def counts(client, path: str = "/cases/") -> bool:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return any('FROM "duty_shift"' in query["sql"] for query in asked.captured_queries)

    assert [counts(ha), counts(ha), counts(ha, "/search/")] == [True, False, False]
    assert counts(ha, "/")  # it shows the holes themselves
    assert counts(nam)  # another office's
    ha.post("/preferences/", {"theme": "dark", "language": "vi"})
    assert [counts(ha), counts(ha), counts(nam)] == [True, False, False]
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(minutes=1))
    assert counts(ha)


@pytest.mark.parametrize("act", ["dispute", "refuse"])
def test_an_answer_that_stops_work_needs_a_typed_reason(sign_in, desk, act):
    client = sign_in("lan")
    assert client.post(case_path(desk, "VP-PC-0032", f"{act}/"), {"reason": " "}).status_code == 422
    assert client.post(case_path(desk, "VP-PC-0032", f"{act}/"), {"reason": "máy của trường"}).status_code == 302
    settled = {"organisation": "so-tttt", "reason": "đúng là của Sở"}
    assert sign_in("lan").post(case_path(desk, "VP-PC-0032", "settle/"), settled).status_code == 403
    assert sign_in("ha").post(case_path(desk, "VP-PC-0032", "settle/"), settled).status_code == 302
    assert sign_in("lan").get(case_path(desk, "VP-PC-0032")).status_code == 404


def test_an_answer_on_paper_is_entered_for_a_unit_and_marked_as_such(sign_in, desk):
    form = {"text": "đã xử lý", "via": "paper", "by": "Ông Ba"}
    assert sign_in("lan").post(case_path(desk, "VP-PC-0032", "claim/"), form).status_code == 403
    assert sign_in("ha").post(case_path(desk, "VP-PC-0032", "claim/"), form).status_code == 302
    assert "bằng văn bản giấy" in text(sign_in("ha").get(case_path(desk, "VP-PC-0032")))


def test_handing_over_extending_closing_and_reopening_stand_in_the_timeline(sign_in, desk):
    client, name = sign_in("ha"), "VP-PC-0032"
    lan = desk.people.people["lan"].pk
    over = client.post(case_path(desk, name, "extend/"), {"due": "2026-01-01T17:00", "reason": "chờ vật tư"})
    assert over.status_code == 422
    assert "hạn mới đã qua" in text(over)
    for act, form in (
        ("hand-over", {"person": lan, "note": "ca sau"}),
        ("extend", {"due": "2026-04-25T17:00", "reason": "chờ vật tư"}),
        ("close", {"reason": "máy đã thanh lý"}),
        ("reopen", {"reason": "nhầm máy"}),
    ):
        assert client.post(case_path(desk, name, f"{act}/"), form).status_code == 302
    assert acts_of(desk, name)[-4:] == ["case.hand_over", "case.extend", "case.close", "case.reopen"]
    seen = text(client.get(case_path(desk, name)))
    for words in ("Chuyển người xử lý", "chờ vật tư", "máy đã thanh lý", "nhầm máy"):
        assert words in seen
    with scoped(desk.people.scope("ha")):
        assert Case.objects.get(pk=desk.hosts[name].pk).due_at.isoformat().startswith("2026-04-25T10:00")


def test_a_case_is_not_handed_to_somebody_without_a_role_on_it(sign_in, desk):
    form = {"person": desk.people.people["tam"].pk}
    assert sign_in("ha").post(case_path(desk, "VP-PC-0032", "hand-over/"), form).status_code == 422


def test_an_act_goes_back_to_the_list_it_stood_in_and_nowhere_else(sign_in, desk):
    client = sign_in("lan")
    back = client.post(case_path(desk, "VP-PC-0032", "acknowledge/"), {"next": "/cases/?state=sent"})
    assert back["Location"] == "/cases/?state=sent"
    away = client.post(case_path(desk, "VP-PC-0032", "start/"), {"next": "https://example.org/"})
    assert away["Location"] == case_path(desk, "VP-PC-0032")


def test_the_lead_cannot_acknowledge_for_a_unit_without_the_word_of_somebody_there(sign_in, desk):
    refused = sign_in("ha").post(case_path(desk, "VP-PC-0032", "acknowledge/"))
    assert refused.status_code == 422
    assert "hãy ghi ai ở UBND phường Vĩnh Hải đã báo" in text(refused)
    assert (
        sign_in("ha").post(case_path(desk, "VP-PC-0032", "acknowledge/"), {"by": "Lan", "via": "api"}).status_code
        == 422
    )
    assert acts_of(desk, "VP-PC-0032") == ["case.open"]


def test_a_unit_s_word_by_telephone_is_kept_with_who_gave_it_and_who_entered_it(sign_in, desk):
    client = sign_in("ha")
    assert (
        client.post(case_path(desk, "VP-PC-0032", "acknowledge/"), {"by": "Chị Lan", "via": "phone"}).status_code == 302
    )
    with scoped(desk.people.scope("nam")):
        entry = Entry.objects.filter(act="case.acknowledge", subject_id=desk.hosts["VP-PC-0032"].pk).get()
    assert (entry.detail["by"], entry.detail["via"]) == ("Chị Lan", "phone")
    assert entry.actor == f"person:{desk.people.people['ha'].pk}"
    seen = text(client.get(case_path(desk, "VP-PC-0032")))
    assert "Chị Lan (Hà)" in seen
    assert "qua điện thoại" in seen


@pytest.mark.parametrize(("act", "field"), [("claim", "text"), ("dispute", "reason"), ("refuse", "reason")])
def test_the_lead_cannot_answer_for_a_unit_without_the_word_of_somebody_there(sign_in, desk, act, field):
    client, address = sign_in("ha"), case_path(desk, "VP-PC-0032", f"{act}/")
    for word in ({}, {"via": "desk"}, {"by": "Chị Lan"}, {"via": "phone"}, {"by": "Chị Lan", "via": "api"}):
        refused = client.post(address, {field: "đã cài lại", **word})
        assert refused.status_code == 422
    assert "hãy ghi ai ở UBND phường Vĩnh Hải đã trả lời" in text(refused)
    assert acts_of(desk, "VP-PC-0032") == ["case.open"]
    assert client.post(address, {field: "đã cài lại", "by": "Chị Lan", "via": "phone"}).status_code == 302
    with scoped(desk.people.scope("nam")):
        entry = Entry.objects.get(act=f"case.{act}", subject_id=desk.hosts["VP-PC-0032"].pk)
    assert (entry.detail["by"], entry.detail["via"]) == ("Chị Lan", "phone")


def test_the_form_asks_the_lead_who_of_the_unit_said_so(sign_in, desk):
    seen = text(sign_in("ha").get(case_path(desk, "VP-PC-0032")))
    assert "Ai ở UBND phường Vĩnh Hải đã nói như vậy." in seen
    assert "Tôi tự trả lời" not in seen


def test_an_undone_claim_names_whoever_undid_it(sign_in, desk):
    sign_in("lan").post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "xong"})
    sign_in("ha").post(case_path(desk, "VP-PC-0032", "withdraw/"))
    with scoped(desk.people.scope("nam")):
        entry = Entry.objects.get(act="case.withdraw", subject_id=desk.hosts["VP-PC-0032"].pk)
    assert entry.detail["reason"] == "Hà đã rút lại báo cáo"


def test_a_row_offers_the_lead_the_form_and_the_unit_the_button(sign_in, desk):
    address = case_path(desk, "VP-PC-0032")
    lead, unit = text(sign_in("ha").get("/cases/?state=sent")), text(sign_in("lan").get("/cases/?state=sent"))
    assert f'href="{address}#acknowledge"' in lead
    assert f'action="{address}acknowledge/"' not in lead
    assert f'action="{address}acknowledge/"' in unit
    assert 'name="by" maxlength="200" required' in text(sign_in("ha").get(address))
    assert 'name="by"' not in text(sign_in("lan").get(address))


def test_an_answer_does_not_take_the_place_of_what_was_said_before(sign_in, desk):
    client = sign_in("lan")
    client.post(case_path(desk, "VP-PC-0032", "claim/"), {"text": "đã cài lại máy"})
    client.post(case_path(desk, "VP-PC-0032", "withdraw/"), {"reason": "cài nhầm máy"})
    client.post(case_path(desk, "VP-PC-0032", "dispute/"), {"reason": "máy của Sở Tài chính"})
    answers = (
        text(sign_in("ha").get(case_path(desk, "VP-PC-0032"))).partition('id="answers"')[2].partition("</section>")[0]
    )
    assert (
        answers.index("máy của Sở Tài chính") < answers.index("Các lần trả lời trước") < answers.index("đã cài lại máy")
    )
    sign_in("ha").post(case_path(desk, "VP-PC-0032", "settle/"), {"reason": "đúng là máy của phường"})
    answers = (
        text(sign_in("ha").get(case_path(desk, "VP-PC-0032"))).partition('id="answers"')[2].partition("</section>")[0]
    )
    assert "chưa trả lời" in answers.partition("Các lần trả lời trước")[0]
    assert answers.index("máy của Sở Tài chính") < answers.index("đã cài lại máy")


def test_an_administrator_or_auditor_does_no_work_on_cases(sign_in, desk):
    assert sign_in("quan").post(case_path(desk, "VP-PC-0032", "acknowledge/")).status_code == 403
    assert "Tiếp nhận</button>" not in text(sign_in("quan").get("/cases/"))


@pytest.mark.parametrize("path", ["/cases/?", "/roster/?week=2026-04-20&", "/reports/?"])
def test_every_list_is_exported_in_three_forms(sign_in, path):
    client = sign_in("ha")
    csv = client.get(f"{path}format=csv").content.decode("utf-8-sig").splitlines()
    book = load_workbook(BytesIO(client.get(f"{path}format=xlsx").content)).active
    rows = json.loads(client.get(f"{path}format=json").content)["rows"]
    assert len(csv) - 1 == book.max_row - 1 == len(rows) > 1
    assert client.get(f"{path}format=doc").status_code == 422


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", {"Loại": "máy trong danh sách botnet", "Tình trạng": "chưa tiếp nhận"}),
        ("en", {"Kind": "host on a botnet list", "State": "not acknowledged"}),
    ],
)
def test_a_table_for_people_speaks_their_language_and_json_keeps_the_codes(sign_in, language, said):
    client = sign_in("ha")
    client.post("/preferences/", {"language": language})
    found = "/cases/?kind=botnet_host&state=sent&"
    sheet = load_workbook(BytesIO(client.get(f"{found}format=xlsx").content)).active
    head, first = ([cell.value for cell in row] for row in list(sheet.iter_rows())[:2])
    assert said.items() <= dict(zip(head, first, strict=True)).items()
    assert not [name for name in head if "_" in name]
    record = client.get(f"{found}format=json").json()["rows"][0]
    assert (record["kind"], record["state"]) == ("botnet_host", "sent")


def test_an_exported_table_runs_no_formula(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        Case.objects.filter(pk=desk.hosts["VP-PC-0032"].pk).update(title="=cmd()")
    assert "'=cmd()" in sign_in("ha").get("/cases/?format=csv").content.decode("utf-8-sig")


def test_the_roster_shows_its_hole_and_what_is_missing(sign_in):
    seen = text(sign_in("ha").get("/roster/?week=2026-04-20"))
    assert "thiếu 1 trưởng ca</span>" in seen
    assert "Trưởng ca: thiếu 1 trưởng ca" in seen
    assert 'class="cell now' in seen.replace("  ", " ")
    assert sign_in("ha").get("/roster/?week=soon").status_code == 422


def test_a_roster_is_imported_on_the_page_and_bad_lines_are_named(sign_in, desk):
    table = SimpleUploadedFile("r.csv", exhibit.roster_csv(NOON, days=1) + b"Post,never,never,X,\n")
    page = sign_in("ha").post("/roster/import/", {"file": table}, follow=True)
    cells = re.sub("<td[^>]*>", "<td>", text(page))
    assert "<td>from_utc</td><td>không phải thời điểm; hãy viết như 2026-04-30 22:00</td>" in cells
    assert sign_in("lan").post("/roster/import/", {"file": table}).status_code == 403


def test_one_checks_in_with_a_button_and_only_for_oneself(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        shift = Shift.objects.get(person_name="Hà", from_utc__lte=NOON, to_utc__gt=NOON)
    assert "Tôi có mặt" in text(sign_in("ha").get("/"))
    assert sign_in("quan").post(f"/roster/{shift.pk}/check-in/").status_code == 403
    assert sign_in("ha").post(f"/roster/{shift.pk}/check-in/").status_code == 302
    assert "có mặt từ" in text(sign_in("minh").get("/"))


def test_every_figure_leads_to_as_many_rows_as_it_says(sign_in):
    client = sign_in("ha")
    page = text(client.get("/reports/"))
    figures = re.findall(r'<a href="(/cases/[^"]*)"><b>([\d.]+)</b>', page)
    assert len(figures) == 9
    for address, number in figures:
        rows = re.findall(r'data-row="', text(client.get(address.replace("&amp;", "&"))))
        assert len(rows) == int(number), address


def test_theme_and_language_are_the_persons_own(sign_in, desk):
    client = sign_in("ha")
    client.post("/preferences/", {"theme": "dark", "next": "/cases/"})
    assert 'data-theme="dark"' in text(client.get("/"))
    client.post("/preferences/", {"language": "en"})
    seen = text(client.get("/"))
    assert "On duty" in seen
    assert '<html lang="en"' in seen
    assert Person.objects.get(pk=desk.people.people["ha"].pk).language == "en"
    assert client.post("/preferences/", {"theme": "pink"}).status_code == 422


def asked_about(client, number: int) -> str:
    """The page of a sensor that asks about so many files of which no record reads."""
    with scoped(system("tests")):
        bring_in("sensors", "name,kind,organisation,networks,silence\nbien,flow,hai-van,203.0.113.0/24,heartbeat\n")
    files = [SimpleUploadedFile(f"{n}.png", b"\x89PNG" + bytes([n])) for n in range(number)]
    page = client.post("/logs/bien/import", {"files": files}).headers["Location"]
    assert text(client.get(page)).count('action="/logs/bien/import/') == number
    return page


def test_pages_ask_the_database_as_often_as_frozen(sign_in, desk, own_home):
    """A page that asks more often than frozen here has learnt to ask once a row; mend it, or freeze anew."""
    counted = {}
    exhibit.many(desk.people, 60, NOON)
    client = sign_in("ha")
    organisation = f"/register/organisations/{desk.people.organisations['hai-van'].pk}/"

    def count(path: str) -> None:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        counted[re.sub(r"(?<=/)\d+(?=/)|(?<=outcome=)\w+", "N", path)] = len(seen)

    for path in (*PAGES, case_path(desk, "KT-PC-0417"), organisation):
        count(path)
    half_settled = hand_in(client, *(f"203.0.113.5,198.51.{n}.9?" for n in range(60)))
    for action in re.findall(r'action="(\S+/settle)"', text(client.get(half_settled)))[:9]:
        client.post(action, {"settle": "meant", "meant": "198.51.100.9"})
    count(half_settled)
    count(asked_about(client, number=20))
    if not FROZEN.exists():
        FROZEN.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    assert counted == json.loads(FROZEN.read_text(encoding="utf-8"))
