import io
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import docx
import msgspec
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.documents import CHECKPOINT, HASH, OFFICE, clause, directive_figures, figure, host_figures
from vonggac.cases.rules import Claim
from vonggac.reports.figures import (
    STANDINGS,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    HostRow,
    MissingLog,
    OrganisationRow,
    PreviousHosts,
    Proof,
    Standing,
)
from vonggac.reports.official import Heading, OfficialDocument, Paragraph, Table, spans
from vonggac.reports.pdf import write_pdf
from vonggac.reports.phrases import capital, number_text
from vonggac.reports.results import build, clause_name, full_citation, short_citation
from vonggac.reports.word import write_docx

ON = date(2024, 5, 3)


def built(figures=None, office=OFFICE, **options) -> OfficialDocument:
    return build(figures or directive_figures(), office, on=ON, checkpoint=CHECKPOINT, **options)


def sentences(document):
    return [
        block.line if isinstance(block, Heading) else "".join(span.text for span in spans(block))
        for block in document.blocks
    ]


def tables(annex):
    return [block for block in annex.blocks if isinstance(block, Table)]


def cell(table, row, column):
    return "".join(span.text for span in table.rows[row][column])


def test_the_report_cites_the_directive_in_full_first():
    assert sentences(built())[0] == (
        "Thực hiện Công văn số 12/BXX-CXX ngày 17 tháng 4 năm 2024 của Bộ Thử nghiệm về việc tăng cường bảo đảm, "
        "Ủy ban nhân dân tỉnh Minh Hải báo cáo kết quả thực hiện tính đến ngày 03 tháng 5 năm 2024 như sau:"
    )


def test_the_header_is_that_of_a_report_with_number_and_day_left_to_the_clerk():
    head = built().header
    assert head.number_line == "Số:        /BC-UBND"
    assert head.is_day_open
    assert head.type_name == "Báo cáo"
    assert head.subject == "Kết quả thực hiện Công văn số 12/BXX-CXX về việc tăng cường bảo đảm"


def test_an_issued_number_is_printed_with_its_day():
    head = built(office=replace(OFFICE, number=7)).header
    assert head.number_line == "Số: 07/BC-UBND"
    assert head.date_text == "ngày 03 tháng 5 năm 2024"


def test_a_clause_says_claimed_and_proven_apart():
    assert sentences(built())[2] == (
        "Điểm a khoản 1 (Nội dung giao): có 40 đơn vị được giao thực hiện; 33 đơn vị báo cáo đã thực hiện (đạt 82,5%); "
        "2 đơn vị báo cáo không thực hiện được; 1 đơn vị khiếu nại, cho là không phải việc của đơn vị; "
        "4 đơn vị chưa báo cáo; "
        "21 đơn vị đã được chứng minh (đạt 52,5%); 4 đơn vị có kết quả kiểm chứng ngược với báo cáo; "
        "5 đơn vị không quan sát được do thiếu căn cứ kiểm chứng; "
        "3 đơn vị đã báo cáo, chưa có kết quả kiểm chứng; "
        "6 đơn vị quá hạn."
    )


def clauses_of(figures):
    """What a report says of the clauses, a paragraph each, without the note on the annex."""
    return [line for line in sentences(built(figures)) if "được giao thực hiện" in line]


def quiet(one):
    """The clause with nobody who answered anything."""
    nothing = {name: figure(0, name) for name in ("claimed", "proven", "contradicted", "not_observable", "watched")}
    silent = {"cannot_comply": figure(0, "c"), "disputed": figure(0, "d"), "silent": one.bound, "late": figure(0, "l")}
    return replace(one, **nothing, **silent)


def test_of_zeros_only_claimed_and_proven_are_said_and_once_what_the_others_mean():
    figures = replace(directive_figures(), clauses=tuple(map(quiet, directive_figures().clauses)))
    first, second, *_ = clauses_of(figures)
    assert first == (
        "Điểm a khoản 1 (Nội dung giao): có 40 đơn vị được giao thực hiện; 0 đơn vị báo cáo đã thực hiện (đạt 0,0%); "
        "40 đơn vị chưa báo cáo; 0 đơn vị đã được chứng minh (đạt 0,0%)."
    )
    assert second.endswith("40 đơn vị chưa báo cáo; chưa có quy tắc kiểm chứng, chỉ ghi nhận theo báo cáo của đơn vị.")
    assert sentences(built(figures)).count("Ở mỗi nhiệm vụ, nhóm không nêu là không có đơn vị nào.") == 1


def test_where_no_figure_is_zero_nothing_is_said_of_zeros():
    assert not [line for line in sentences(built()) if "nhóm không nêu" in line]


ANSWERS = st.lists(st.sampled_from(Claim), min_size=1, max_size=60)


@given(ANSWERS, st.booleans())
def test_a_clause_adds_up_in_its_sentence_and_in_its_annex(answers, has_proof_rule):
    told = Counter(answers)
    one = replace(
        clause("1.a", has_proof_rule=has_proof_rule),
        bound=figure(len(answers), "b"),
        claimed=figure(told[Claim.DONE], "c"),
        cannot_comply=figure(told[Claim.CANNOT], "k"),
        disputed=figure(told[Claim.NOT_OURS], "n"),
        silent=figure(told[Claim.NONE], "s"),
    )
    proof = Proof.OPEN if has_proof_rule else Proof.NO_RULE
    rows = tuple(
        OrganisationRow(f"Xã {n}", (ClauseResult(said is Claim.DONE, proof, False, "/x", said),))
        for n, said in enumerate(answers)
    )
    document = built(replace(directive_figures(1, 0), clauses=(one,), organisations=rows))
    line = next(line for line in sentences(document) if "được giao thực hiện" in line)
    words = ("báo cáo đã thực hiện", "báo cáo không thực hiện được", "khiếu nại", "chưa báo cáo")
    found = {word: [int(n) for n in re.findall(rf"(\d+) đơn vị {word}", line)] for word in words}
    assert sum(sum(numbers) for numbers in found.values()) == len(answers)
    marks = Counter(cell(table, row, 2).split(" | ")[0] for table, row in rows_of(tables(document.annexes[0])))
    for word, mark in zip(words, ("BC", "KTH", "KN", "CB"), strict=True):
        assert sum(found[word]) == marks[mark], word
    assert sum(found_figure.value for name, found_figure in one.named() if name in {
        "báo cáo đã thực hiện", "báo cáo không thực hiện được", "đơn vị khiếu nại", "đơn vị chưa báo cáo",
    }) == one.bound.value  # fmt: skip


def test_a_clause_whose_answers_do_not_add_up_is_refused():
    with pytest.raises(ValueError, match="do not add up to those bound"):
        replace(clause("1.a"), silent=figure(5, "s"))


def test_a_result_that_claims_it_done_and_says_otherwise_is_refused():
    with pytest.raises(ValueError, match="says otherwise"):
        ClauseResult(True, Proof.OPEN, False, "/x", Claim.CANNOT)


def test_a_clause_frozen_by_an_earlier_version_is_told_without_what_was_not_counted():
    old = msgspec.to_builtins(directive_figures(2, 2))
    for each in old["clauses"]:
        del each["disputed"], each["silent"]
    for row in old["organisations"]:
        for result in filter(None, row["results"]):
            del result["claim"]
    document = built(msgspec.convert(old, DirectiveFigures))
    text = "\n".join(sentences(document))
    assert "2 đơn vị báo cáo không thực hiện được; 21 đơn vị đã được chứng minh" in text
    assert "khiếu nại" not in text
    legend = document.annexes[0].blocks[0].spans[0].text
    assert "CB: chưa báo cáo đã thực hiện; " in legend
    assert "KTH" not in legend


def test_a_clause_without_a_proof_rule_says_so_and_shows_the_claim_alone():
    text = sentences(built())[3]
    assert "chưa có quy tắc kiểm chứng" in text
    assert "đã được chứng minh" not in text
    assert "33 đơn vị báo cáo đã thực hiện" in text


def test_a_clause_that_binds_nobody_has_no_percentage():
    nobody = replace(quiet(clause("1.a")), bound=figure(0, "x"), silent=figure(0, "x"))
    figures = replace(directive_figures(1, 0), clauses=(nobody,))
    assert "%" not in sentences(built(figures))[2]


def test_the_hosts_are_told_by_word_and_by_proof_with_the_missing_logs():
    text = "\n".join(sentences(built()))
    assert "1. Số máy được báo đã xử lý trên tổng số máy: 5.001/6.012 máy (đạt 83,2%), theo báo cáo của các" in text
    proven = number_text(host_figures().proven.value)
    assert f"đơn vị; số máy đã được chứng minh sạch bằng nhật ký: {proven}/6.012 máy (đạt" in text
    assert (
        "nhật ký NAT (700 máy); nhật ký luồng mạng (189 máy). Máy thiếu nhiều căn cứ được tính ở từng căn cứ." in text
    )


def test_where_one_log_alone_is_missing_no_host_lacks_several():
    hosts = host_figures(missing_logs=(MissingLog("nhật ký NAT", figure(700, "nat")),))
    text = "\n".join(sentences(built(replace(directive_figures(), hosts=hosts))))
    assert "nhật ký NAT (700 máy)." in text
    assert "từng căn cứ" not in text


def host_table(document) -> list[list[str]]:
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    return [[cell(table, row, column) for column in range(4)] for row in range(len(table.rows))]


def number(text: str) -> int:
    return int(text.replace(".", ""))


COUNTS = st.integers(0, 5000)
WORLDS = st.fixed_dictionaries(
    {standing: st.tuples(COUNTS, COUNTS).map(lambda pair: (max(pair), min(pair))) for standing in Standing}
)


@given(WORLDS)
def test_the_table_of_hosts_adds_up_in_both_columns(counts):
    rows = host_table(built(replace(directive_figures(), hosts=host_figures(counts))))
    for column in (2, 3):
        groups = [number(row[column]) for row in rows if row[0] in {"1", "2"}]
        parts = {group: [number(row[column]) for row in rows if row[0].startswith(f"{group}.")] for group in "12"}
        assert groups == [sum(parts["1"]), sum(parts["2"])]
        assert number(rows[-1][column]) == sum(groups)
    listed = [(number(hosts), number(late)) for place, _, hosts, late in rows if "." in place]
    assert listed == [counts[standing] for standing in Standing]


def test_the_same_numbers_of_hosts_stand_in_pdf_docx_and_preview():
    document = built(office=replace(OFFICE, number=7))
    rows = host_table(document)
    word = docx.Document(io.BytesIO(write_docx(document)))
    (table,) = [one for one in word.tables if one.rows[0].cells[0].text == "STT" and len(one.columns) == 4]
    assert [[each.text for each in row.cells] for row in table.rows][1:] == rows
    pages = pypdfium2.PdfDocument(write_pdf(document))
    printed = "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)
    # The preview is drawn by the same call from the same content.
    for row in rows:
        assert "".join("".join(row).split()) in printed, row


def test_figures_that_do_not_add_up_are_refused():
    for changes, reason in (
        ({"total": figure(6013, "may")}, "do not add up to their total"),
        ({"handled": figure(5000, "may")}, "do not add up to their total"),
        ({"proven": figure(1, "may")}, "counted twice"),
        ({"late": figure(1, "may")}, "late hosts"),
        ({"late": None}, "late hosts"),
        ({"standings": host_figures().standings[1:]}, "counted once"),
        ({"standings": (*host_figures().standings, host_figures().standings[0])}, "counted once"),
    ):
        with pytest.raises(ValueError, match=reason):
            host_figures(**changes)


def test_figures_frozen_by_an_earlier_version_are_told_as_they_were():
    hosts = host_figures(standings=(), late=None)
    text = "\n".join(sentences(built(replace(directive_figures(), hosts=hosts))))
    assert "3.456 máy đã được chứng minh sạch; 12 máy có kết quả kiểm chứng ngược với báo cáo" in text
    assert "789 máy không quan sát được do thiếu căn cứ kiểm chứng." in text


@pytest.mark.parametrize(
    ("before", "opened", "said"),
    [
        (6000, 20, "(6.000 máy, tính đến 07 giờ 00 phút ngày 24 tháng 4 năm 2024): 20 máy mới; chuyển đơn vị, gộp máy, "
                   "mở lại hoặc rút khỏi danh sách: bù trừ giảm 8 máy."),
        (6000, 7, "7 máy mới; chuyển đơn vị, gộp máy, mở lại hoặc rút khỏi danh sách: bù trừ tăng 5 máy."),
        (6000, 12, "tháng 4 năm 2024): 12 máy mới."),
        (6012, 0, "tháng 4 năm 2024): 0 máy mới."),
    ],
)  # fmt: skip
def test_a_total_that_is_another_than_before_is_explained(before, opened, said):
    counted_at = datetime(2024, 4, 24, tzinfo=UTC)
    previous = PreviousHosts("Báo cáo số 05/BC-UBND", counted_at, figure(before, "trước"), figure(opened, "mới"))
    document = built(replace(directive_figures(), hosts=host_figures(previous=previous)))
    (line,) = [text for text in sentences(document) if text.startswith("1. Số máy")]
    assert " So với Báo cáo số 05/BC-UBND " in line
    assert line.endswith(said)


def test_a_directive_without_hosts_has_no_section_on_them():
    headings = [
        block.line for block in built(replace(directive_figures(), hosts=None)).blocks if isinstance(block, Heading)
    ]
    assert headings == [
        "I. KẾT QUẢ THỰC HIỆN CÁC NHIỆM VỤ ĐƯỢC GIAO",
        "II. KHÓ KHĂN, VƯỚNG MẮC",
        "III. ĐỀ XUẤT, KIẾN NGHỊ",
    ]


def test_difficulties_are_numbered_sentences():
    text = sentences(built())
    assert "1. Thiếu thiết bị ghi nhật ký." in text
    assert "2. Thiếu nhân lực." in text
    assert "Đề nghị hỗ trợ tập huấn." in text


def test_nothing_is_invented_where_nobody_wrote_anything():
    text = sentences(built(replace(directive_figures(), difficulties=(), proposals=())))
    assert "Chưa ghi nhận khó khăn, vướng mắc." in text
    assert "Chưa có đề xuất, kiến nghị." in text


def test_the_checkpoint_is_the_last_line():
    assert built().checkpoint_line == f"Điểm kiểm tra sổ cái: số thứ tự 12345, mã băm SHA-256 {HASH}"
    assert build(directive_figures(), OFFICE, on=ON, checkpoint=None).checkpoint_line is None


def test_the_annex_shows_claim_proof_and_delay_of_each_organisation():
    first, second = tables(built().annexes[0])
    assert [len(first.columns), len(second.columns)] == [6, 6]
    assert [column.title for column in first.columns[:3]] == ["STT", "Đơn vị", "Điểm a khoản 1"]
    assert cell(first, 0, 1) == "Xã số 0"
    assert cell(first, 0, 2) == ""
    assert cell(first, 0, 3) == "BC | NL | QH"
    assert cell(second, 2, 5) == "BC | NL | QH"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (ClauseResult(False, Proof.OPEN, False, "/x"), "CB | – | –"),
        (ClauseResult(True, Proof.OPEN, False, "/x"), "BC | CX | –"),
        (ClauseResult(False, Proof.PROVEN, False, "/x"), "CB | CM | –"),
        (ClauseResult(True, Proof.PROVEN, False, "/x"), "BC | CM | –"),
        (ClauseResult(True, Proof.NOT_OBSERVABLE, True, "/x"), "BC | KQ | QH"),
        (ClauseResult(True, Proof.NO_RULE, False, "/x"), "BC | KT | –"),
        (ClauseResult(False, Proof.OPEN, True, "/x", Claim.NONE), "CB | – | QH"),
        (ClauseResult(False, Proof.OPEN, False, "/x", Claim.CANNOT), "KTH | – | –"),
        (ClauseResult(False, Proof.NO_RULE, True, "/x", Claim.NOT_OURS), "KN | KT | QH"),
    ],
)
def test_every_mark_of_the_annex_is_explained_in_it(result, text):
    figures = replace(directive_figures(1, 0), organisations=(OrganisationRow("Xã A", (result,)),))
    annex = built(figures).annexes[0]
    assert cell(tables(annex)[0], 0, 2) == text
    legend = annex.blocks[0]
    assert isinstance(legend, Paragraph)
    for mark in text.split(" | "):
        assert mark in legend.spans[0].text


@given(st.integers(1, 30), st.integers(1, 4))
def test_every_clause_of_every_organisation_stands_in_exactly_one_table(clauses, organisations):
    figures = directive_figures(clauses, organisations)
    document = built(figures)
    found = tables(document.annexes[0])
    titles = [column.title for table in found for column in table.columns[2:]]
    bound = [place for place in range(clauses) if any(row.results[place] for row in figures.organisations)]
    labels = [figures.clauses[place].label for place in bound]
    assert {clause_name(label).capitalize() for label in labels} <= set(titles)
    assert len(titles) == len(set(titles))
    assert all(table.rows for table in found), "clauses that bind nobody have no table"
    assert all(len(table.columns) <= 8 for table in found)
    answers = [[cell(table, row, place) for place in range(2, len(table.columns))] for table, row in rows_of(found)]
    assert all(any(row) for row in answers), "whom no clause of a table binds is not in it"
    answered = sum(result is not None for row in figures.organisations for result in row.results)
    assert sum(bool(answer) for row in answers for answer in row) == answered
    assert [cell(table, row, 0) for table, row in rows_of(found)] == [
        str(number) for table in found for number in range(1, len(table.rows) + 1)
    ]


def test_clauses_that_bind_nobody_have_no_table_of_their_own():
    figures = directive_figures(12, 3)
    first = [replace(row, results=(*row.results[:6], *[None] * 6)) for row in figures.organisations]
    last = [replace(row, results=(*[None] * 6, *row.results[6:])) for row in figures.organisations]
    for rows in (first, last):
        annex = built(replace(figures, organisations=tuple(rows))).annexes[0]
        (table,) = tables(annex)
        assert table.rows
        assert annex.blocks[-1] is table
        assert not any(isinstance(block, Paragraph) and not block.spans[0].text for block in annex.blocks)


def rows_of(found: list[Table]) -> list[tuple[Table, int]]:
    return [(table, row) for table in found for row in range(len(table.rows))]


def test_a_clause_about_botnet_hosts_says_how_far_the_hosts_are_and_that_they_prove_no_unit():
    about = replace(clause("1.c"), is_about_hosts=True)
    figures = replace(directive_figures(2, 0), clauses=(clause("1.a"), about))
    plain, told = (text for text in sentences(built(figures)) if text.startswith("Điểm "))
    assert "máy" not in plain
    assert "Trong 6.012 máy có trong danh sách, 5.001 máy được báo đã xử lý, 3.456 máy đã được chứng minh sạch" in told
    assert "chỉ được kiểm chứng sau khi báo cáo" in told


def test_every_figure_of_the_report_carries_its_source():
    figures = directive_figures()
    sources = {source for _, source in built(figures).figures()}
    for clause_figures in figures.clauses:
        assert {named.source for _, named in clause_figures.named()} <= sources
    assert {named.source for _, named in figures.hosts.named()} <= sources
    assert "/nhiem-vu/7" in sources


def test_no_number_of_the_body_stands_without_a_source():
    for block in built().blocks[2:10]:
        for span in spans(block):
            if span.text.replace(".", "").isdigit():
                assert span.source is not None


def test_the_inspector_s_annex_lists_each_figure_and_the_hosts_and_no_address_that_paper_leads_nowhere_from():
    rows = tuple(HostRow(f"Xã {n % 7}", 900 + n, f"PC-{n}", Standing.WATCHED, is_late=n == 1) for n in range(500))
    figures = replace(directive_figures(), hosts=replace(host_figures(), rows=rows))
    annex = built(figures, with_sources=True).annexes[1]
    table, hosts = tables(annex)
    named = [item for each in figures.clauses for item in each.named()] + list(figures.hosts.named())
    assert [cell(table, row, 1) for row in range(len(named))] == [number_text(item.value) for _, item in named]
    assert [cell(hosts, 1, column) for column in range(5)] == [
        "2", "Xã 1", "901", "PC-1", f"{capital(STANDINGS[Standing.WATCHED])}, quá hạn",
    ]  # fmt: skip
    told = "".join(span.text for block in annex.blocks if isinstance(block, Paragraph) for span in spans(block))
    left_out = number_text(figures.hosts.total.value - 500)
    assert "500 trên tổng số 6.012 máy." in told
    assert f"{left_out} máy còn lại" in told
    assert "/cases/" not in "".join(span.text for block in annex.blocks for span in spans(block))
    assert "nêu tại Phụ lục I kèm theo" in "".join(sentences(built(figures, with_sources=True)))


def test_figures_frozen_before_hosts_were_listed_say_how_to_have_the_list():
    annex = built(directive_figures(), with_sources=True).annexes[1]
    assert "tính lại số liệu" in "".join(span.text for block in annex.blocks for span in spans(block))


def test_a_row_without_a_result_for_every_clause_is_refused():
    with pytest.raises(ValueError, match="one result"):
        replace(directive_figures(), organisations=(OrganisationRow("Xã A", ()),))


def test_what_the_paper_does_not_tell_is_left_out():
    directive = DirectiveReference("Công văn", None, None, "Ủy ban nhân dân tỉnh Minh Hải", "x")
    assert full_citation(directive) == "Công văn của Ủy ban nhân dân tỉnh Minh Hải"
    assert short_citation(directive) == "Công văn"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("1.a", "điểm a khoản 1"),
        ("2.đ", "điểm đ khoản 2"),
        ("3", "khoản 3"),
        ("II.1", "mục II.1"),
        ("A.1", "mục A.1"),
        ("(1)", "mục (1)"),
        ("Điều 3", "Điều 3"),
        ("Phần thứ hai.1", "Phần thứ hai.1"),
    ],
)
def test_clauses_are_named_as_printed(label, name):
    assert clause_name(label) == name


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (1000, "1.000"), (1234567, "1.234.567")])
def test_thousands_are_parted_by_dots(value, text):
    assert number_text(value) == text


def test_both_writers_take_the_report():
    document = built(directive_figures(8, 40), with_sources=True)
    assert write_pdf(document).startswith(b"%PDF-")
    assert write_docx(document).startswith(b"PK")


def test_the_moment_of_the_count_is_said_to_the_minute_and_units_left_out_are_counted():
    counted_at = datetime(2024, 5, 2, 23, 5, tzinfo=UTC)
    document = built(replace(directive_figures(), counted_at=counted_at, units_left_out=3200))
    assert "tính đến 06 giờ 05 phút ngày 03 tháng 5 năm 2024 như sau:" in sentences(document)[0]
    notes = ["".join(span.text for span in spans(block)) for block in document.annexes[0].blocks[:2]]
    assert "3.200 đơn vị cấp dưới khác" in notes[1]


def test_a_paper_without_issuer_and_subject_leaves_no_half_sentence():
    figures = replace(directive_figures(), directive=DirectiveReference("Công văn", "7/A-B", None, "", ""))
    text = "\n".join(sentences(built(figures)))
    assert "Thực hiện Công văn số 7/A-B, " in text
    assert "của về" not in text


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(2, 36, "5,6%"), (1, 8, "12,5%"), (2999, 3000, "99,9%"), (3, 3, "100,0%")]
)
def test_a_share_is_rounded_and_only_all_are_a_hundred_percent(part, whole, said):
    some = replace(
        quiet(clause("1.a")), bound=figure(whole, "x"), claimed=figure(part, "y"), silent=figure(whole - part, "z")
    )
    figures = replace(directive_figures(1, 0), clauses=(some,))
    assert f"đã thực hiện (đạt {said})" in sentences(built(figures))[2]
