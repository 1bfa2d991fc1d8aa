"""The Báo cáo place: figures that are links, a draft, its pages, its files, issue and withdrawal, each by a person."""

import html
import io
import re
from datetime import timedelta

import docx
import pypdfium2
import pytest
from django.test import Client
from django.utils import translation
from lxml.html import HtmlElement, fromstring

from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.cases import services as cases
from vonggac.cases.services import Answer
from vonggac.directives.models import Obligation
from vonggac.lake import files
from vonggac.ledger.models import Entry
from vonggac.reports.models import Report
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


@pytest.fixture
def stage(transactional_db, monkeypatch, settings, tmp_path) -> stages.Stage:
    stages.settle(settings, tmp_path)
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: LATER)
    return stages.prepare()


@pytest.fixture
def sign_in(stage):
    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "vi"})
        client.force_login(stage.people.people[name])
        return client

    return as_


@pytest.fixture
def draft(stage, sign_in) -> str:
    """The address of a draft that Hà made with the button."""
    answer = sign_in("ha").post("/reports/draft/", {"directive": stage.directive.pk})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return answer["Location"]


def said(message: str, **values: object) -> str:
    """A message as the desk says it in Vietnamese."""
    with translation.override("vi"):
        return translation.gettext(message) % values


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return html.unescape(answer.content.decode())


def stored(stage: stages.Stage) -> Report:
    with scoped(stage.people.scope("ha")):
        return Report.objects.get()


def words_of(page: str) -> dict[str, str]:
    """What the words form would send, as the browser fills it in."""
    form = re.search(r'<form class="report-words"[^>]*>(.*?)</form>', page, re.DOTALL)[1]
    fields = dict(re.findall(r'<input name="(\w+)" value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', form))
    fields["signer_mark"] = re.search(r'<option value="[^"]*" selected>([^<]*)', form)[1]
    return fields


def test_every_figure_of_the_draft_leads_to_as_many_rows_in_the_inbox(sign_in, draft):
    client = sign_in("ha")
    links = re.findall(r'<a href="(/cases/\?[^"]+)">.*?(\d+)(?:</b>|</a>)', shown(client, draft))
    assert len(links) >= 14
    for address, number in set(links):
        rows = client.get(f"{address}&format=json").json()["rows"]
        assert len(rows) == int(number), address


def test_page_files_and_paper_say_the_same_of_the_hosts(sign_in, draft):
    client = sign_in("ha")
    rows = client.get(f"{draft}?format=json").json()["rows"]
    assert client.get(f"{draft}?format=csv").content.decode("utf-8-sig").count("\n") == len(rows) + 1
    filed = {row["rows"].partition("/cases/")[2]: row["value"] for row in rows if "kind=botnet_host" in row["rows"]}
    links = re.findall(r'<a href="/cases/([^"]+kind=botnet_host[^"]*)">(?:<b>)?([\d.]+)', shown(client, draft))
    shown_numbers = {html.unescape(address): int(number) for address, number in links}
    assert len(filed) >= 20
    assert {address: filed[address] for address in shown_numbers} == shown_numbers
    pdf = pypdfium2.PdfDocument(client.get(f"{draft}file.pdf").content)
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pdf)
    word = docx.Document(io.BytesIO(client.get(f"{draft}file.docx").content))
    table = next(one for one in word.tables if "Số máy" in [cell.text for cell in one.rows[0].cells])
    *counts, total = [[cell.text for cell in row.cells][1:] for row in table.rows][1:]
    for row in (*counts, total):
        assert " ".join(row) in text
    numbers = [[int(text) for text in row[1:]] for row in counts if not row[0].startswith("Đơn vị ")]
    assert [sum(column) for column in zip(*numbers, strict=True)] == [int(text) for text in total[1:]]
    listed = {
        address: value for address, value in filed.items() if "standing=" in address and "missing=" not in address
    }
    assert sorted(listed.values()) == sorted(value for row in numbers for value in row)


def test_the_inbox_says_in_words_what_a_report_counts(sign_in, draft):
    client = sign_in("ha")
    address = next(a for a in re.findall(r'href="(/cases/\?[^"]+)"', shown(client, draft)) if "missing=" in a)
    page = shown(client, address)
    assert said("open since %(day)s", day="17/04/2026") in page
    assert f"{said('flow log')} · flow-1" in page


def test_the_place_offers_the_directive_and_lists_the_draft(sign_in, stage, draft):
    page = shown(sign_in("ha"), "/reports/")
    assert "31/BAN-ATM" in page
    assert f'href="{draft}"' in page
    assert said("Draft a report") in page


def test_before_the_first_report_the_place_says_what_would_be_there(sign_in, stage):
    assert said("No report yet") in shown(sign_in("ha"), "/reports/")


def test_the_pages_are_pictures_sent_once_and_again_only_when_they_change(sign_in, stage, draft):
    client = sign_in("ha")
    (first, *_) = re.findall(r'<img src="([^"]+)"', shown(client, draft))
    picture = client.get(first)
    assert picture.content.startswith(b"\x89PNG")
    assert client.get(first, headers={"if-none-match": picture["ETag"]}).status_code == 304
    client.post(f"{draft}edit/", words_of(shown(client, draft)) | {"place": "Nơi khác"})
    assert client.get(first, headers={"if-none-match": picture["ETag"]}).status_code == 200
    assert client.get(f"{draft}pages/99.png").status_code == 404


def test_words_are_kept_and_stand_in_the_files(sign_in, stage, draft):
    client = sign_in("ha")
    words = words_of(shown(client, draft)) | {"difficulties": "thiếu thiết bị\r\nthiếu người\r\n", "lists_sources": "1"}
    assert client.post(f"{draft}edit/", words).status_code == 302
    report = stored(stage)
    assert (report.difficulties, report.lists_sources) == (["thiếu thiết bị", "thiếu người"], True)
    assert report.issuing_body == "Ủy ban nhân dân tỉnh Hải Vân"
    files_ = [client.get(f"{draft}file.{form}") for form in ("docx", "pdf")]
    assert [answer.content[:2] for answer in files_] == [b"PK", b"%P"]
    assert all("attachment" in answer["Content-Disposition"] for answer in files_)
    assert "du-thao-bao-cao-31-BAN-ATM.pdf" in files_[1]["Content-Disposition"]
    assert "inline" in client.get(f"{draft}file.pdf?open=1")["Content-Disposition"]


def test_words_that_cannot_be_printed_are_refused_and_nothing_changes(sign_in, stage, draft):
    client = sign_in("ha")
    answer = client.post(f"{draft}edit/", words_of(shown(client, draft)) | {"place": " "})
    assert answer.status_code == 422
    assert stored(stage).place == "Hải Vân"


def test_counting_again_takes_what_happened_meanwhile(sign_in, stage, draft):
    client = sign_in("ha")
    before = stored(stage).figures["clauses"][0]["claimed"]["value"]
    with scoped(stage.people.scope("lan")):
        cases.claim(stage.case("1.a", "p-vinh-hai").pk, Answer("đã trực", "Lan"), at=LATER)
    shown(client, draft)
    assert stored(stage).figures["clauses"][0]["claimed"]["value"] == before
    client.post(f"{draft}recount/")
    assert stored(stage).figures["clauses"][0]["claimed"]["value"] == before + 1


def test_issued_with_the_next_number_it_changes_no_more(sign_in, stage, draft):
    client = sign_in("minh")
    assert said("the next of the outgoing register: %(next_number)s", next_number="01") in shown(client, draft)
    client.post(f"{draft}issue/", {"numbering": "register", "on": "2026-05-04"})
    report, page = stored(stage), shown(client, draft)
    assert (report.state, report.number, report.issued_by) == ("issued", 1, "Minh")
    assert report.pdf_sha256 in page
    assert "Số 01/BC-" in page
    assert "Số 01/BC-" in shown(client, "/reports/")
    for number in (str(report), "1/bc"):
        assert f'href="{draft}">{report}</a>' in shown(client, f"/search/?q={number}")
    assert f'href="{draft}"' not in shown(client, "/search/?q=2/BC")
    assert client.get(f"{draft}file.pdf").headers["Content-Disposition"].count("bao-cao-01-") == 1
    assert "/edit/" not in page
    assert files.digest(client.get(f"{draft}file.pdf").content) == report.pdf_sha256
    assert client.post(f"{draft}edit/", {"place": "x"}).status_code in {409, 422}
    with scoped(stage.people.scope("ha")):
        assert Entry.objects.filter(act="report.issue").get().detail["pdf"] == report.pdf_sha256


def form_of(page: str) -> HtmlElement:
    return fromstring(page).get_element_by_id("report-form")


def test_what_was_typed_and_not_kept_yet_is_issued_with_the_report(sign_in, stage, draft):
    client = sign_in("ha")
    form = form_of(shown(client, draft))
    form.fields["signer_name"] = "Trần Văn Minh"
    # Only the one who presses the button knows that it sends the same form.
    (button,) = (one for one in form.iter("button") if one.get("formaction", "").endswith("/issue/"))
    assert client.post(button.get("formaction"), dict(form.form_values())).status_code == 302
    report = stored(stage)
    assert (report.state, report.signer_name, report.lists_sources) == ("issued", "Trần Văn Minh", False)
    issued = docx.Document(io.BytesIO(client.get(f"{draft}file.docx").content))
    assert "Trần Văn Minh" in "".join(issued.element.itertext())


def test_words_that_cannot_be_printed_use_up_no_number_and_come_back(sign_in, stage, draft):
    client = sign_in("ha")
    sent = dict(form_of(shown(client, draft)).form_values()) | {"place": " ", "signer_name": "Trần Văn Minh"}
    answer = client.post(f"{draft}issue/", sent)
    assert answer.status_code == 422
    assert form_of(answer.content.decode()).fields["signer_name"] == "Trần Văn Minh"
    assert stored(stage).state == "draft"
    client.post(f"{draft}issue/", sent | {"place": "Hải Vân"})
    assert stored(stage).number == 1


def test_a_draft_that_aged_unseen_keeps_what_was_typed_when_it_asks(sign_in, stage, draft):
    client = sign_in("ha")
    sent = dict(form_of(shown(client, draft)).form_values()) | {"signer_name": "Trần Văn Minh"}
    claim_more(stage)
    assert client.post(f"{draft}issue/", sent)["Location"] == f"{draft}#issue"
    assert (stored(stage).state, stored(stage).signer_name) == ("draft", "Trần Văn Minh")


def test_a_directive_on_which_a_report_was_issued_is_not_struck_out(sign_in, stage, draft):
    client = sign_in("ha")
    issue(client, draft)
    answer = client.post(f"/directives/{stage.directive.pk}/acts/mistake/", {"reason": "nhầm nơi nhận"})
    assert answer.status_code == 409
    assert "đã phát hành báo cáo về văn bản này" in answer.content.decode()


def test_words_that_another_person_kept_meanwhile_are_never_replaced_unseen(sign_in, stage, draft):
    ha, minh = sign_in("ha"), sign_in("minh")
    old = dict(form_of(shown(ha, draft)).form_values())
    assert (
        minh.post(f"{draft}edit/", old | {"signer_name": "Trần Văn Minh", "proposals": "thêm người"}).status_code == 302
    )
    for act in ("issue", "recount", "edit"):
        answer = ha.post(f"{draft}{act}/", old)
        assert answer.status_code == 409
        assert "người khác vừa sửa lời văn này" in answer.content.decode()
    report = stored(stage)
    assert (report.state, report.signer_name, report.proposals) == ("draft", "Trần Văn Minh", ["thêm người"])
    again = dict(form_of(answer.content.decode()).form_values()) | {"signer_name": "Trần Văn Minh"}
    assert ha.post(f"{draft}issue/", again).status_code == 302
    assert (stored(stage).state, stored(stage).signer_name) == ("issued", "Trần Văn Minh")


def test_renewing_the_figures_keeps_what_was_typed(sign_in, stage, draft):
    client = sign_in("ha")
    sent = dict(form_of(shown(client, draft)).form_values()) | {"difficulties": "thiếu người"}
    claim_more(stage)
    client.post(f"{draft}recount/", sent)
    assert stored(stage).difficulties == ["thiếu người"]


def test_the_number_is_left_to_the_clerk_where_one_says_so(sign_in, stage, draft):
    client = sign_in("ha")
    assert client.post(f"{draft}issue/", {"numbering": "clerk", "on": "2026-05-04"}).status_code == 302
    assert stored(stage).number is None
    assert said("number left to the clerk") in shown(client, draft)


@pytest.mark.parametrize(
    ("numbering", "on", "field", "told"),
    [
        ("", "2026-05-04", "numbering", "số lấy từ sổ văn bản đi hay do văn thư"),
        ("clerk", "5/31/2026", "on", "“5/31/2026” không phải là ngày: hãy ghi ngày/tháng/năm, ví dụ 04/05/2026."),
        ("clerk", f"{(LATER + timedelta(days=2)).date()}", "on", "không thể ghi ngày sau hôm nay"),
    ],
)
def test_a_wrong_day_or_no_choice_of_number_issues_nothing_and_marks_its_field(
    sign_in, stage, draft, numbering, on, field, told
):
    answer = sign_in("ha").post(f"{draft}issue/", {"numbering": numbering, "on": on})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    (marked,) = re.findall(r'<input[^>]*aria-invalid="true"[^>]*>', page)
    assert f'name="{field}"' in marked
    assert stored(stage).state == "draft"


def test_withdrawing_asks_for_the_reason_and_shows_it(sign_in, stage, draft):
    client = sign_in("ha")
    client.post(f"{draft}issue/", {"numbering": "register", "on": "2026-05-04"})
    assert client.post(f"{draft}withdraw/", {"reason": " "}).status_code == 422
    client.post(f"{draft}withdraw/", {"reason": "sai số liệu của một đơn vị"})
    assert "sai số liệu của một đơn vị" in shown(client, draft)


def test_a_draft_is_thrown_away_from_its_page(sign_in, stage, draft):
    answer = sign_in("ha").post(f"{draft}discard/")
    assert answer["Location"] == "/reports/"
    with scoped(stage.people.scope("ha")):
        assert not Report.objects.exists()


def test_who_may_not_report_reads_and_changes_nothing(sign_in, stage, draft):
    client = sign_in("quan")
    page = shown(client, draft)
    assert 'method="post" action="/reports/' not in page
    for address in ("/reports/draft/", f"{draft}issue/", f"{draft}discard/", f"{draft}recount/"):
        assert client.post(address, {"directive": stage.directive.pk}).status_code == 403
    assert stored(stage).state == "draft"


@pytest.mark.parametrize("name", ["vinh", "lan", "tam"])
def test_strangers_and_units_below_find_no_report(sign_in, draft, name):
    client = sign_in(name)
    for address in (draft, f"{draft}pages/1.png", f"{draft}file.pdf"):
        assert client.get(address).status_code == 404
    assert draft not in shown(client, "/reports/")


def test_an_exercise_says_so_on_the_paper(sign_in, draft, settings):
    settings.VONGGAC_IS_EXERCISE = True
    assert "(DIỄN TẬP) Kết quả thực hiện" in shown(sign_in("ha"), draft)


def test_an_unknown_act_or_form_is_no_page(sign_in, draft):
    client = sign_in("ha")
    assert client.post(f"{draft}sign/").status_code == 404
    assert client.get(f"{draft}file.odt").status_code == 422
    assert client.post("/reports/draft/", {"directive": "x"}).status_code == 422


def claim_more(stage) -> None:
    """Another department reports 1.a done after the draft was made."""
    with scoped(stage.people.scope("ha")):
        open_ = Obligation.objects.filter(clause__label="1.a", case__claim="none").select_related("case").first()
        cases.claim(open_.case_id, Answer("đã ứng trực", "Tâm"), at=LATER + timedelta(minutes=1))


def issue(client: Client, draft: str, **more: str):
    return client.post(f"{draft}issue/", {"numbering": "register", **more})


def accepted(page: str) -> str:
    """What the issue form sends back with the changes it showed."""
    return re.search(r'name="accepted" value="([^"]*)"', page)[1]


def test_fresh_figures_raise_no_word_and_the_report_is_issued(sign_in, stage, draft):
    client = sign_in("ha")
    assert said("The figures are old.") not in shown(client, draft)
    issue(client, draft)
    assert stored(stage).state == "issued"


def test_a_draft_whose_figures_have_aged_says_what_changed_and_offers_to_renew_them(sign_in, stage, draft):
    client = sign_in("ha")
    claimed = flow_figures(stage)["1.a"]
    claim_more(stage)
    page = shown(client, draft)
    assert said("The figures are old.") in page
    assert f"điểm 1.a, đã báo xong: {claimed} → {claimed + 1}" in page
    assert page.count(f'action="{draft}recount/"') == 2


def flow_figures(stage) -> dict[str, int]:
    """The claimed figure of each clause, as frozen in the draft."""
    return {clause["label"]: clause["claimed"]["value"] for clause in stored(stage).figures["clauses"]}


def test_a_draft_that_aged_unseen_is_not_issued_but_asked_about_once(sign_in, stage, draft):
    client = sign_in("ha")
    seen_before, frozen = accepted(shown(client, draft)), flow_figures(stage)
    claim_more(stage)
    answer = issue(client, draft, accepted=seen_before)
    assert answer["Location"] == f"{draft}#issue"
    assert stored(stage).state == "draft"
    page = shown(client, draft)
    assert said("Not issued yet: its figures are old. Renew them, or issue it as it is.") in page
    issue(client, draft, accepted=accepted(page))
    assert (stored(stage).state, flow_figures(stage)) == ("issued", frozen)


def test_renewed_figures_are_issued_without_a_question(sign_in, stage, draft):
    client = sign_in("ha")
    before = flow_figures(stage)["1.a"]
    claim_more(stage)
    client.post(f"{draft}recount/")
    assert flow_figures(stage)["1.a"] == before + 1
    issue(client, draft, accepted=accepted(shown(client, draft)))
    assert stored(stage).state == "issued"


def test_what_changes_after_the_question_is_asked_about_again(sign_in, stage, draft):
    client = sign_in("ha")
    claim_more(stage)
    first = accepted(shown(client, draft))
    claim_more(stage)
    issue(client, draft, accepted=first)
    assert stored(stage).state == "draft"


def test_who_only_reads_the_draft_is_asked_nothing(sign_in, stage, draft):
    claim_more(stage)
    assert said("The figures are old.") not in shown(sign_in("quan"), draft)
