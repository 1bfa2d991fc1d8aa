"""Chỉ đạo on the web: from the uploaded file to the register, the margin, the matrix and the acts."""

import json
import re
from datetime import timedelta
from importlib.resources import files

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import cast
from tests.cast import NOON
from tests.desk.forms import enter, fields_of
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Answer
from vonggac.desk.own_office import why_unbound
from vonggac.directives.models import Clause, Directive, Document, Obligation
from vonggac.duty.models import Message
from vonggac.ledger.models import Entry
from vonggac.register.models import Contact
from vonggac.register.services.organisations import create_organisation
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()


@pytest.fixture
def ha(people) -> Client:
    return people.client("ha")


def upload(client: Client, content: bytes = DISPATCH, name: str = "chi-dao.txt"):
    return client.post(reverse("directives-upload"), {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def entered(ha, people) -> Directive:
    answer = upload(ha)
    enter(ha, answer.url, lead=str(people.organisations["so-tttt"].pk))
    with scoped(system("tests")):
        return Directive.objects.get(number="2718")


def test_an_upload_leads_to_a_page_that_marks_what_is_doubtful(ha):
    answer = upload(ha)
    assert answer.status_code == 302
    page = ha.get(answer.url).content.decode()
    assert "IIS/7 /UBND-KGVX" in page
    assert 'class="field doubtful' in page
    assert 'id="line-1"' in page
    with scoped(system("tests")):
        assert Document.objects.get().directives.count() == 2
        assert not Case.objects.exists()


def test_the_same_file_again_says_so_and_leads_to_the_same_page(ha):
    first, second = upload(ha), upload(ha)
    assert first.url == second.url
    assert "chi-dao.txt" in ha.get(second.url).content.decode()
    with scoped(system("tests")):
        assert Document.objects.count() == 1


def test_the_same_file_after_it_was_entered_leads_to_the_directive(ha, entered):
    assert upload(ha).url == reverse("directive", args=[entered.pk])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "tệp rỗng"),
        (b"\xd0\xcf\x11\xe0rest", "tệp .doc đời cũ"),
        (b"PK\x03\x04broken", "tệp nén bị hỏng"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_plainly_and_keeps_nothing(ha, content, said):
    answer = upload(ha, content, "a.doc")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with scoped(system("tests")):
        assert not Document.objects.exists()


def test_letter_and_directive_are_entered_together_under_one_arrival_number(ha, people, entered):
    with scoped(system("tests")):
        letter = Directive.objects.get(symbol="UBND-KGVX")
        assert letter.covers_id == entered.pk
        assert (letter.arrival_number, entered.arrival_number) == (1, 1)
        assert entered.lead == people.organisations["so-tttt"]
        assert Entry.objects.filter(act="directive.enter").count() == 2


def test_corrections_are_kept_before_and_stand_in_the_ledger(ha):
    answer = upload(ha)
    form = fields_of(ha.get(answer.url).content.decode())
    with scoped(system("tests")):
        letter = Directive.objects.get(symbol="UBND-KGVX")
        clause = Clause.objects.get(label="1.b")
    form[f"d{letter.pk}-number"] = ["4127"]
    form[f"c{clause.pk}-binds"] = ["telco", "isp"]
    ha.post(answer.url, form | {"act": ["keep"]})
    with scoped(system("tests")):
        letter.refresh_from_db()
        clause.refresh_from_db()
        assert (letter.number, letter.state, clause.binds) == ("4127", "draft", ["isp", "telco"])
        assert Entry.objects.filter(act="directive.correct").count() == 1


def test_a_page_that_was_only_looked_at_and_kept_changes_nothing(ha):
    answer = upload(ha)
    ha.post(answer.url, fields_of(ha.get(answer.url).content.decode()) | {"act": ["keep"]})
    with scoped(system("tests")):
        assert not Entry.objects.filter(act__in=("directive.correct", "directive.clause")).exists()


def test_an_entering_that_is_refused_keeps_the_corrections_and_says_why(ha):
    answer = upload(ha)
    form = fields_of(ha.get(answer.url).content.decode())
    with scoped(system("tests")):
        letter = Directive.objects.get(symbol="UBND-KGVX")
    form |= {f"d{letter.pk}-number": ["4127"], "arrived_on": [""], "act": ["enter"]}
    refused = ha.post(answer.url, form)
    assert refused.status_code == 422
    assert 'value="4127"' in refused.content.decode()
    with scoped(system("tests")):
        letter.refresh_from_db()
        assert (letter.number, letter.state) == ("4127", "draft")


def test_ticked_contacts_come_into_the_contact_book_with_where_they_were_printed(ha, entered):
    with scoped(system("tests")):
        kept = Contact.objects.order_by("pk")
        assert {contact.printed_in for contact in kept} == {"2718/BATM-CGS"}
        assert kept[0].phones
        assert kept[0].checked_on is None


def test_a_discarded_draft_is_gone_and_the_ledger_says_so(ha):
    answer = upload(ha)
    with scoped(system("tests")):
        letter = Directive.objects.get(symbol="UBND-KGVX")
    ha.post(reverse("directive-discard", args=[letter.pk]))
    assert ha.get(answer.url).status_code == 200
    with scoped(system("tests")):
        assert Directive.objects.count() == 1
        assert Entry.objects.filter(act="directive.discard").exists()


def test_a_file_of_which_nothing_is_left_can_be_handed_in_again(ha):
    upload(ha)
    with scoped(system("tests")):
        drafts = list(Directive.objects.values_list("pk", flat=True))
    for draft in drafts:
        answer = ha.post(reverse("directive-discard", args=[draft]))
    assert answer.url == reverse("directives")
    assert upload(ha).status_code == 302
    with scoped(system("tests")):
        assert Directive.objects.count() == 2


def test_the_shipped_dispatch_names_the_rule_about_listed_hosts(ha):
    upload(ha)
    with scoped(system("tests")):
        assert Clause.objects.get(label="1.c").rule == "botnet_hosts"


def test_the_register_shows_one_line_an_arrival_and_exports_it(ha, entered):
    page = ha.get(reverse("directives")).content.decode()
    assert "2718/BATM-CGS" in page
    assert page.count('data-row="d') == 1
    rows = json.loads(ha.get(reverse("directives") + "?format=json").content)["rows"]
    assert [(row["arrival_number"], row["number"], row["lead"]) for row in rows] == [(1, "2718", "Sở Thông tin")]
    assert ha.get(reverse("directives") + "?year=1999").status_code == 200
    assert ha.get(reverse("directives") + "?state=nonsense").status_code == 422


def test_the_page_shows_the_clauses_in_their_own_words_with_counts_beside_them(ha, entered):
    page = ha.get(reverse("directive", args=[entered.pk])).content.decode()
    assert "Bố trí người trực 24/7" in page
    assert "Cài đặt đủ bản vá" in page
    assert page.count('class="note-body"') >= 8
    assert "UBND-KGVX" in page


def test_the_page_keeps_the_marks_that_are_printed_beside_recipients(ha, entered):
    with scoped(system("tests")):
        letter = Directive.objects.get(symbol="UBND-KGVX")
        assert letter.recipients[1] == {
            "name": "Các sở, ban, ngành",
            "role": "coordinate",
            "printed": "Các sở, ban, ngành (p/h)",
        }
    page = ha.get(reverse("directive", args=[letter.pk])).content.decode()
    assert "- Như trên (VBĐT);" in page
    assert "- Các sở, ban, ngành (p/h);" in page


def test_the_margin_s_counts_come_from_one_query(ha, entered):
    address = reverse("directive-margin", args=[entered.pk])
    ha.get(address)
    with CaptureQueriesContext(connection) as seen:
        ha.get(address)
    about_cases = [query["sql"] for query in seen if "cases_case" in query["sql"]]
    assert len(about_cases) == 1
    assert len(seen) <= 23


def test_the_margin_follows_what_an_organisation_answers(people, ha, entered):
    lan = people.client("lan")
    with scoped(people.scope("lan")):
        case = Case.objects.get(subject="1.a")
    lan.post(reverse("case-act", args=[case.pk, "acknowledge"]))
    lan.post(reverse("case-act", args=[case.pk, "claim"]), {"text": "đã trực đủ ca"})
    with scoped(system("tests")):
        clause = Clause.objects.get(label="1.a")
    part = ha.get(reverse("directive-margin", args=[entered.pk])).content.decode()
    note = part[part.index(f'id="note-{clause.pk}"') :][:900]
    assert 'hx-swap-oob="true"' in note
    # Clause 1.a can be proven by presence: what was said and what was shown stand apart.
    assert re.search(r"<b>0</b><span class=\"muted\">/4 đã chứng minh", note)
    assert "1 đã báo xong" in note
    listed = ha.get(reverse("directive-clause", args=[entered.pk, clause.pk]) + "?only=claimed").content.decode()
    assert "UBND phường Vĩnh Hải" in listed
    assert "Sở Y tế" not in listed


def test_the_list_of_a_clause_cuts_why_a_case_is_closed_as_text_and_never_inside_a_tag(ha, entered):
    with scoped(system("tests")):
        found = Obligation.objects.filter(clause__label="1.a").first()
        cases.close(found.case_id, "a" * 112 + " `register import <b>`", at=NOON)
    listed = ha.get(reverse("directive-clause", args=[entered.pk, found.clause_id])).content.decode()
    row = listed[listed.index(f'data-row="{found.pk}"') :]
    assert f"<span>{'a' * 112} `regis…</span>" in row[: row.index("</li>")]


def test_the_margin_of_the_clause_about_hosts_says_how_far_they_are_and_that_they_prove_no_unit(people, ha, entered):
    told = "máy trong danh sách: 0 đã báo xong, 0 đã chứng minh"
    assert f"0 {told}" in ha.get(reverse("directive-margin", args=[entered.pk])).content.decode()
    with scoped(people.scope("ha")):
        ward = people.organisations["p-vinh-hai"]
        hosts = [
            cases.Opening(ward, Kind.BOTNET_HOST, name, name, 3, "", None, rule="clean_host")
            for name in ("PC-1", "PC-2", "PC-3")
        ]
        first, _, third = cases.open_many(hosts, at=NOON)
        cases.claim(first.pk, cases.Answer("đã cài lại", "Lan", "desk"), at=NOON)
        # Its findings went to another host: it ended without an answer and is no host any more.
        cases.close(third.pk, "nhật ký đã chỉ ra máy khác", at=NOON)
    seen = ha.get(reverse("directive", args=[entered.pk])).content.decode()
    note = seen[seen.index("máy trong danh sách") - 2 :][:400]
    assert note.startswith("2 máy trong danh sách: 1 đã báo xong, 0 đã chứng minh")
    assert "ngoài ra 1 hồ sơ đã đóng mà không ai báo xong: địa chỉ đã chuyển sang máy đứng sau" in note
    assert "riêng kết quả từng máy chưa đủ" in seen


def test_a_stranger_sees_neither_the_directive_nor_its_parts(people, entered):
    vinh = people.client("vinh")
    for name in ("directive", "directive-margin", "directive-matrix", "directive-answers"):
        assert vinh.get(reverse(name, args=[entered.pk])).status_code == 404, name
    assert "2718" not in vinh.get(reverse("directives")).content.decode()
    assert vinh.get(reverse("directive-confirm", args=[entered.document_id])).status_code == 404


def test_a_unit_sees_its_own_row_of_the_matrix_alone(people, ha, entered):
    lan = people.client("lan")
    address = reverse("directive-matrix", args=[entered.pk])
    assert ha.get(address).content.decode().count('scope="row"') == 4
    page = lan.get(address).content.decode()
    assert page.count('scope="row"') == 1
    assert "Sở Y tế" not in page


def test_the_matrix_is_one_query_about_cases_whatever_its_size(people, ha, entered):
    address = reverse("directive-matrix", args=[entered.pk])
    with CaptureQueriesContext(connection) as few:
        ha.get(address)
    many_units(people, 60)
    ha.post(reverse("directive-act", args=[entered.pk, "bind"]))
    with CaptureQueriesContext(connection) as many:
        page = ha.get(address)
    assert page.content.decode().count('scope="row"') == 64
    assert len(many) == len(few)


def many_units(people: cast.Cast, number: int) -> None:
    with scoped(system("tests")):
        for index in range(number):
            create_organisation(
                f"xa-{index}", f"Xã số {index}", "commune", parent=people.organisations["hai-van"], at=cast.NOON
            )


def test_the_matrix_is_narrowed_and_exported(people, ha, entered):
    address = reverse("directive-matrix", args=[entered.pk])
    assert "Viễn thông Hải Vân" in ha.get(address + "?kind=telco").content.decode()
    assert "Sở Y tế" not in ha.get(address + "?kind=telco").content.decode()
    assert ha.get(address + "?only=proven").content.decode().count('scope="row"') == 0
    assert ha.get(address + "?only=nonsense").status_code == 422
    rows = json.loads(ha.get(address + "?format=json").content)["rows"]
    assert len(rows) == 4
    assert {"organisation", "1.a claimed", "1.a proven", "1.a late"} <= set(rows[0])
    head, *lines = ha.get(address + "?format=csv").content.decode("utf-8-sig").splitlines()
    assert head.split(",")[:4] == ["Đơn vị", "Mã", "Loại", "1.a: đã báo xong"]
    assert len(lines) == 4
    assert not [one for one in ("telco", "not_observable", "none", ",0") if one in "".join(lines)], lines
    assert ha.get(address + "?format=xlsx").content[:2] == b"PK"


def test_answers_on_paper_are_entered_in_bulk_and_marked_as_such(people, ha, entered):
    with scoped(system("tests")):
        Case.objects.update(opened_at=cast.NOON)
        rows = list(Obligation.objects.filter(organisation__code="so-tttt").order_by("pk"))
    address = reverse("directive-answers", args=[entered.pk])
    assert "Sở Thông tin" in ha.get(address).content.decode()
    assert "Sở Y tế" not in ha.get(address).content.decode()
    form = {"by": "Nguyễn Văn Mẫu", "on": "2026-04-21", "via": "paper"}
    form |= {f"o{rows[0].pk}-outcome": "done", f"o{rows[0].pk}-text": "đã trực"}
    form |= {f"o{rows[1].pk}-outcome": "cannot", f"o{rows[1].pk}-text": "thiếu người", f"o{rows[1].pk}-by": "Trần Mẫu"}
    assert ha.post(address, form).status_code == 302
    with scoped(system("tests")):
        done, cannot = (Case.objects.get(pk=row.case_id) for row in rows[:2])
        assert (done.claim, done.claimed_via, done.claimed_by) == ("done", "paper", "Nguyễn Văn Mẫu")
        assert done.claimed_at.isoformat() == "2026-04-21T17:00:00+00:00"
        assert (cannot.state, cannot.claimed_by) == ("cannot_comply", "Trần Mẫu")


def test_one_wrong_answer_on_paper_enters_none_of_them(people, ha, entered):
    with scoped(system("tests")):
        found = Obligation.objects.filter(organisation__code="so-tttt").select_related("organisation", "clause")
        rows = list(found.order_by("pk"))
    form = {"by": "", "via": "mail", f"o{rows[0].pk}-outcome": "done", f"o{rows[0].pk}-text": "đã trực"}
    answer = ha.post(reverse("directive-answers", args=[entered.pk]), form)
    assert answer.status_code == 422
    assert "đã trực" in answer.content.decode()
    unit = f"{rows[0].organisation.name}, {rows[0].clause.label}"
    assert f"{unit}: ghi rõ ai ký câu trả lời." in answer.content.decode()
    for outcome in ("done", "cannot", "not_ours"):
        form |= {"by": "Nguyễn Văn Mẫu", f"o{rows[0].pk}-outcome": outcome, f"o{rows[0].pk}-text": " "}
        page = ha.post(reverse("directive-answers", args=[entered.pk]), form).content.decode()
        assert f"{unit}: ghi một câu cho biết giấy trả lời nói gì." in page
        assert 'aria-invalid="true"' in re.search(rf'<input [^>]*name="o{rows[0].pk}-text"[^>]*>', page)[0]
    with scoped(system("tests")):
        assert not Case.objects.exclude(claim="none").exists()


def test_answers_about_rows_that_changed_meanwhile_are_told_first_and_none_is_entered(people, ha, entered):
    with scoped(system("tests")):
        Case.objects.update(opened_at=cast.NOON)
        found = Obligation.objects.filter(organisation__code="so-tttt").select_related("clause")
        rows = list(found.order_by("pk")[:3])
    address = reverse("directive-answers", args=[entered.pk])
    form = seen_to(ha, address) | {"by": "Nguyễn Văn Mẫu", "on": "2026-04-21", "via": "paper"}
    form |= {f"o{row.pk}-outcome": "done" for row in rows} | {f"o{row.pk}-text": "đã trực" for row in rows}
    minh, word = people.client("minh"), {"by": "Chị Mẫu", "via": "phone"}
    minh.post(reverse("case-act", args=[rows[0].case_id, "acknowledge"]), word)
    minh.post(reverse("case-act", args=[rows[1].case_id, "claim"]), word | {"text": "đã xong từ hôm qua"})
    told = ha.post(address, form)
    assert told.status_code == 409
    page = told.content.decode()
    assert "Chưa làm gì" in page
    assert f"{rows[0].clause.label}: Đã tiếp nhận, Chị Mẫu (Minh)" in page
    assert f"{rows[1].clause.label}: Báo đã xong, Chị Mẫu (Minh)" in page
    assert page.count('value="đã trực"') == 2
    gone = ha.post(address, form | seen_to(ha, address) | {f"o{rows[1].pk}-seen": ""})
    assert "đã có câu trả lời trong lúc đó" in gone.content.decode()
    again = {name: value for name, value in form.items() if not name.startswith(f"o{rows[1].pk}-")}
    assert ha.post(address, again | seen_to(ha, address)).status_code == 302
    with scoped(system("tests")):
        said = [Case.objects.get(pk=row.case_id).claim_text for row in rows]
    assert said == ["đã trực", "đã xong từ hôm qua", "đã trực"]


def seen_to(client: Client, address: str) -> dict[str, str]:
    """What each row of the page says that it has seen."""
    return dict(re.findall(r'name="(o\d+-seen)" value="(\d+)"', client.get(address).content.decode()))


def test_an_it_officer_may_not_answer_for_others_nor_change_the_directive(people, entered):
    tam = people.client("tam")
    assert tam.get(reverse("directive-answers", args=[entered.pk])).status_code == 403
    assert tam.post(reverse("directive-act", args=[entered.pk, "recall"]), {"reason": "x"}).status_code == 403
    assert tam.get(reverse("directives-upload")).status_code == 403


def test_extending_asks_for_a_reason_and_moves_every_open_obligation(ha, entered):
    address = reverse("directive-act", args=[entered.pk, "extend"])
    assert ha.post(address, {"due": "2030-01-01T12:00"}).status_code == 422
    over = ha.post(address, {"due": "2020-01-01T12:00", "reason": "công văn gia hạn"})
    assert over.status_code == 422
    assert ha.post(address, {"due": "2030-01-01T12:00", "reason": "công văn gia hạn"}).status_code == 302
    with scoped(system("tests")):
        assert {case.due_at.isoformat() for case in Case.objects.all()} == {"2030-01-01T05:00:00+00:00"}


def test_a_recall_closes_the_obligations_and_the_page_says_so(ha, entered):
    ha.post(reverse("directive-act", args=[entered.pk, "recall"]), {"reason": "công văn 40"})
    with scoped(system("tests")):
        assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
    page = ha.get(reverse("directive", args=[entered.pk])).content.decode()
    assert 'id="recall"' not in page


def test_a_directive_entered_by_mistake_is_struck_out_told_and_its_file_taken_again(ha, entered):
    address = reverse("directive-act", args=[entered.pk, "mistake"])
    assert ha.post(address, {"reason": " "}).status_code == 422
    with scoped(system("tests")):
        before = Message.objects.count()
    assert ha.post(address, {"reason": "nhầm nơi nhận"}).status_code == 302
    with scoped(system("tests")):
        cases_ = list(Case.objects.select_related("organisation"))
        assert {case.state for case in cases_} == {"closed"}
        letters = list(Message.objects.order_by("pk"))[before:]
        assert {one.organisation_id for one in letters} == {case.organisation_id for case in cases_}
        assert all("nhầm nơi nhận" in one.body for one in letters)
    page = ha.get(reverse("directive", args=[entered.pk])).content.decode()
    assert 'id="mistake"' not in page
    assert "vào sổ nhầm" in ha.get(reverse("directives")).content.decode()


def test_what_was_answered_is_not_struck_out(ha, people, entered):
    with scoped(people.scope("lan")):
        case = Case.objects.filter(org_path=people.organisations["p-vinh-hai"].path).first()
        cases.claim(case.pk, Answer("đã làm", "Lan"), at=NOON)
    answer = ha.post(reverse("directive-act", args=[entered.pk, "mistake"]), {"reason": "nhầm"})
    assert answer.status_code == 409
    assert "thu hồi" in answer.content.decode()
    with scoped(system("tests")):
        assert "closed" not in set(Case.objects.values_list("state", flat=True))
        entered.refresh_from_db()
        assert entered.state == "confirmed"


def test_an_obligation_is_passed_on_to_units_below_and_the_chain_shows(people, entered):
    tam = people.client("tam")
    with scoped(people.scope("tam")):
        ours = Obligation.objects.get(clause__label="1.c")
    page = tam.get(reverse("obligation", args=[ours.pk])).content.decode()
    assert "Bệnh viện đa khoa" in page
    hospital = people.organisations["bv-da-khoa"].pk
    tam.post(reverse("obligation-pass-on", args=[ours.pk, "forward"]), {"units": [hospital]})
    with scoped(people.scope("tam")):
        theirs = Obligation.objects.get(organisation_id=hospital)
    assert theirs.forwarded_from_id == ours.pk
    assert "Sở Y tế" in tam.get(reverse("obligation", args=[theirs.pk])).content.decode()
    assert tam.post(reverse("obligation-pass-on", args=[ours.pk, "forward"]), {"units": []}).status_code == 422


def test_a_corrected_field_of_an_entered_directive_stands_beside_the_old_one(ha, entered):
    address = reverse("directive-correct", args=[entered.pk])
    assert ha.get(address).status_code == 200
    ha.post(address, {f"d{entered.pk}-subject": "bảo vệ hệ thống"})
    with scoped(system("tests")):
        entered.refresh_from_db()
        assert entered.subject == "bảo vệ hệ thống"
        assert Entry.objects.filter(act="directive.correct").exists()


def test_my_unit_lists_its_own_open_work_with_one_next_step_each(people, entered):
    lan = people.client("lan")
    page = lan.get(reverse("my-unit")).content.decode()
    assert page.count('class="task"') == 4
    assert "Bố trí người trực 24/7" in page
    assert page.count('class="btn primary"') == 4
    with scoped(people.scope("lan")):
        for case in Case.objects.all():
            lan.post(reverse("case-act", args=[case.pk, "acknowledge"]))
            lan.post(reverse("case-act", args=[case.pk, "claim"]), {"text": "xong"})
    assert lan.get(reverse("my-unit")).content.decode().count('class="task"') == 0


def test_the_file_comes_back_as_it_was_handed_in(ha, entered):
    answer = ha.get(reverse("directive-file", args=[entered.document_id]))
    assert answer.content == DISPATCH
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_page_carries_inline_styles_or_scripts(ha, entered):
    addresses = [reverse(name, args=[entered.pk]) for name in ("directive", "directive-matrix", "directive-answers")]
    addresses += [reverse("directives"), reverse("directives-upload"), reverse("my-unit")]
    for address in addresses:
        page = ha.get(address).content.decode()
        assert " style=" not in page, address
        assert not re.search(r"<script(?![^>]*src=)", page), address


def test_late_work_is_seen_as_late(ha, entered, people):
    with scoped(system("tests")):
        Case.objects.update(due_at=cast.NOON - timedelta(days=900))
    page = ha.get(reverse("directive-matrix", args=[entered.pk]) + "?only=late").content.decode()
    assert page.count('scope="row"') == 4


def own_sentence(page: str) -> str:
    found = re.search(r'<p class="small[^"]*" id="why-unbound">(.*?)</p>', page)
    return found[1] if found else ""


def test_before_and_after_the_entering_it_says_why_the_office_itself_has_no_task(ha, people):
    address = upload(ha).url
    before = own_sentence(ha.get(address).content.decode())
    assert before == (
        "UBND tỉnh Hải Vân không có nhiệm vụ riêng trong văn bản này: các điểm giao cho đơn vị trực thuộc, "
        "cơ quan tổng hợp và báo cáo lên trên."
    )
    enter(ha, address, lead=str(people.organisations["hai-van"].pk))
    with scoped(system("tests")):
        directive = Directive.objects.get(number="2718")
        assert not directive.obligations.filter(organisation=people.organisations["hai-van"]).exists()
    page = reverse("directive", args=[directive.pk])
    assert "cơ quan chủ trì chịu trách nhiệm chung" in own_sentence(ha.get(page).content.decode())
    with scoped(system("tests")):
        Directive.objects.filter(pk=directive.pk).update(lead=None, issuer="Ủy ban nhân dân tỉnh Hải Vân")
    assert "cơ quan tự ban hành văn bản" in own_sentence(ha.get(page).content.decode())


def test_a_tick_on_the_confirm_page_binds_our_own_office_too(ha, people):
    address = upload(ha).url
    assert "đánh dấu “cả đơn vị mình” ở điểm đó" in ha.get(address).content.decode()
    with scoped(system("tests")):
        watch = Clause.objects.get(label="1.a")
    form = fields_of(ha.get(address).content.decode())
    ha.post(address, form | {f"c{watch.pk}-binds": ["*", "own"], "act": ["keep"]})
    assert own_sentence(ha.get(address).content.decode()) == ""
    said = enter(ha, address)
    with scoped(system("tests")):
        own = Obligation.objects.get(organisation=people.organisations["hai-van"])
        assert (own.clause, own.org_path) == (watch, people.organisations["hai-van"].path)
        assert Obligation.objects.filter(clause=watch).count() == 5
    page = ha.get(reverse("directive", args=[own.directive_id])).content.decode()
    assert own_sentence(page) == ""
    assert "5 đơn vị" in page, said


def test_a_unit_reads_which_clauses_do_not_bind_its_kind_and_who_stands_above_reads_nothing(people, entered):
    page = reverse("directive", args=[entered.pk])
    said = own_sentence(people.client("tam").get(page).content.decode())
    assert said == (
        "Không giao cho Sở Y tế (sở, ngành): các điểm 2.a, 2.b, 2.c, 2.d, chỉ giao cho "
        "doanh nghiệp viễn thông, nhà cung cấp Internet, nền tảng số."
    )
    margin = people.client("tam").get(page).content.decode()
    assert "<b>2.a</b> giao cho đơn vị khác" in margin
    assert own_sentence(people.client("nam").get(page).content.decode()) == ""


def test_a_unit_reads_of_a_clause_for_the_office_alone_whose_it_is(people, entered):
    with scoped(system("tests")):
        clauses = list(entered.clauses.exclude(binds=[]))
        for clause in clauses:
            clause.binds = ["own"] if clause.label == "1.a" else ["*"]
        unit = people.organisations["so-y-te"]
        said = why_unbound(entered, clauses, unit, {one.pk for one in clauses if one.label != "1.a"}, NOON.date())
    assert said == "Không giao cho Sở Y tế (sở, ngành): các điểm 1.a, chỉ giao cho UBND tỉnh Hải Vân."


def test_an_office_without_units_reads_which_clauses_do_not_bind_it(people):
    vinh = people.client("vinh")
    address = upload(vinh).url
    assert "Không giao cho UBND tỉnh Đông Sơn (tỉnh): các điểm 2.a" in own_sentence(vinh.get(address).content.decode())
    enter(vinh, address)
    with scoped(system("tests")):
        directive = Directive.objects.get(number="2718")
        directive.obligations.all().delete()
        directive.clauses.exclude(binds=[]).update(binds=["bank"])
    said = own_sentence(vinh.get(reverse("directive", args=[directive.pk])).content.decode())
    assert said == "UBND tỉnh Đông Sơn (tỉnh) không có nhiệm vụ trong văn bản này: các điểm chỉ giao cho ngân hàng."


def test_a_unit_further_down_reads_that_nobody_passed_a_task_on(people, entered):
    with scoped(system("tests")):
        ward = people.organisations["bv-da-khoa"]
        entered.organisation, on = people.organisations["hai-van"], NOON.date()
        clauses = list(entered.clauses.all())
        said = why_unbound(entered, clauses, ward, set(), on)
        assert why_unbound(entered, clauses, ward, {clauses[0].pk}, on) == ""
    assert "các điểm giao cho đơn vị trực thuộc UBND tỉnh Hải Vân, chưa đơn vị nào chuyển tiếp xuống" in said
