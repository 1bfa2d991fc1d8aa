from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.documents import SIGNER, header, letter, long_table, paragraph, report
from vonggac.reports.official import (
    Annex,
    AuthorityMark,
    Heading,
    OfficialDocument,
    Paragraph,
    Signer,
    Span,
    Table,
    plain,
    roman,
)


def test_a_number_below_ten_gets_a_leading_zero():
    assert header(number=5).number_line == "Số: 05/BC-UBND"
    assert header(number=1465).number_line == "Số: 1465/BC-UBND"


def test_a_missing_number_is_left_blank_for_the_clerk():
    assert header(number=None).number_line == "Số:        /BC-UBND"


@pytest.mark.parametrize(
    ("dated", "expected"),
    [
        (date(2020, 1, 5), "ngày 05 tháng 01 năm 2020"),
        (date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (date(2024, 4, 9), "ngày 09 tháng 4 năm 2024"),
        (date(2024, 12, 31), "ngày 31 tháng 12 năm 2024"),
    ],
)
def test_days_under_ten_and_the_first_two_months_get_a_leading_zero(dated, expected):
    assert header(dated=dated).place_line == f"Minh Hải, {expected}"


def test_an_open_day_is_left_blank():
    assert header(is_day_open=True).date_text == "ngày      tháng 02 năm 2026"


def test_one_addressee_stands_alone_and_several_get_dashes():
    assert report().addressee_lines() == ("Bộ Thử nghiệm",)
    assert letter().addressee_lines() == ("- Ủy ban nhân dân xã Bình An;", "- Trung tâm Công nghệ thông tin.")


def test_recipients_begin_as_above_and_end_with_the_filing():
    assert report().recipient_lines() == ("- Như trên;", "- Các sở, ban, ngành;", "- Lưu: VT, CATTT.")


def test_without_addressees_nobody_is_above():
    document = OfficialDocument(header(), (paragraph("x"),), SIGNER, recipients=("Các sở;",))
    assert document.recipient_lines() == ("- Các sở;", "- Lưu: VT.")


def test_the_body_ends_with_the_closing_mark():
    last = report().closed_blocks()[-1]
    assert isinstance(last, Paragraph)
    assert last.spans[-1].text == " đơn vị đã thực hiện./."


def test_the_closing_mark_is_not_doubled():
    last = report(paragraph("Xong./.")).closed_blocks()[-1]
    assert isinstance(last, Paragraph)
    assert last.spans[-1].text == "Xong./."


def test_after_a_table_the_closing_mark_stands_on_its_own():
    assert report(long_table(1)).closed_blocks()[-1] == paragraph("./.")


def test_only_several_annexes_are_numbered():
    one, two = Annex("Một", ()), Annex("Hai", ())
    assert report(annexes=(one,)).annex_label(0) == "Phụ lục"
    assert report(annexes=(one, two)).annex_label(1) == "Phụ lục II"


def test_an_annex_lies_on_its_side_only_when_a_table_needs_it():
    assert not Annex("Hẹp", (long_table(1, columns=4, width_mm=40),)).is_landscape
    assert Annex("Rộng", (long_table(1, columns=5, width_mm=40),)).is_landscape


def test_the_citation_of_an_annex_names_document_and_body():
    assert header(number=7).citation_lines(500) == [
        "(Kèm theo Báo cáo số\u00a007/BC-UBND ngày\u00a005\u00a0tháng\u00a002\u00a0năm\u00a02026"
        " của Ủy ban nhân dân tỉnh Minh Hải)"
    ]


def test_a_body_breaks_before_its_place():
    assert header().issuing_body_lines == ["ỦY BAN NHÂN DÂN", "TỈNH MINH HẢI"]


@pytest.mark.parametrize(
    ("signer", "lines"),
    [
        (Signer("Giám đốc", "Trần Thị B"), ("GIÁM ĐỐC",)),
        (SIGNER, ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")),
        (Signer("Chủ tịch", None, AuthorityMark.ON_BEHALF, "Ủy ban nhân dân"), ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
        (Signer("", None, AuthorityMark.ACTING_HEAD, "Giám đốc"), ("Q. GIÁM ĐỐC",)),
    ],
)
def test_the_signer_is_headed_by_the_authority(signer, lines):
    assert signer.lines == lines


def test_headings_of_the_first_level_are_capitals():
    assert Heading(1, "I", "Kết quả").line == "I. KẾT QUẢ"
    assert Heading(2, "1", "Trực ban").line == "1. Trực ban"


def test_every_figure_names_its_rows():
    assert list(report().figures()) == [("187", "/chi-thi/1?claimed")]


def test_figures_in_annex_tables_are_found_too():
    table = Table(long_table(0, columns=1).columns, (((Span("3", source="/a"),),),))
    assert list(report(paragraph("x"), annexes=(Annex("A", (table,)),)).figures()) == [("3", "/a")]


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="one cell a column"):
        Table(long_table(0).columns, ((),))


def test_a_table_without_columns_is_refused():
    with pytest.raises(ValueError, match="at least one column"):
        Table((), ())


@pytest.mark.parametrize(("number", "numeral"), [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (38, "XXXVIII")])
def test_roman_numerals(number, numeral):
    assert roman(number) == numeral


def test_text_is_composed_and_freed_of_what_cannot_be_seen():
    assert plain("A\u0301\u200b\u202eb\ufe0f\x00\n\tc\ud800") == "Á□b□  c□"


@given(st.text())
def test_plain_text_fits_xml_and_is_stable(text):
    once = plain(text)
    assert plain(once) == once
    assert all(letter >= " " and not 0xD800 <= ord(letter) <= 0xDFFF for letter in once)
