import io
import re
import zipfile
from datetime import datetime

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.documents import HASH, HOSTILE, letter, long_table, paragraph, report
from vonggac.reports.official import Annex, Span, plain
from vonggac.reports.official import Paragraph as Content
from vonggac.reports.word import write_docx


def reopened(document):
    return docx.Document(io.BytesIO(write_docx(document)))


def printed(word):
    """All text in order: paragraphs and table cells as they follow each other."""
    return "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in word.element.body.iter(qn("w:p")))


def line_of(word, text):
    for found in word.element.body.iter(qn("w:p")):
        if "".join(t.text or "" for t in found.iter(qn("w:t"))) == text:
            return docx.text.paragraph.Paragraph(found, word)
    raise AssertionError(text)


def test_the_page_is_a4_with_the_margins_of_the_decree():
    section = reopened(report()).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert 20 <= round(section.top_margin.mm) <= 25
    assert 20 <= round(section.bottom_margin.mm) <= 25
    assert 30 <= round(section.left_margin.mm) <= 35
    assert 15 <= round(section.right_margin.mm) <= 20


def test_the_page_number_stands_centred_in_the_top_margin_but_not_on_the_first_page():
    section = reopened(report()).sections[0]
    number = section.header.paragraphs[0]
    assert section.different_first_page_header_footer
    assert section.first_page_header.paragraphs[0].text == ""
    assert [part.text for part in number._p.iter(qn("w:instrText"))] == ["PAGE"]
    assert number.alignment == 1
    assert number.runs[0].font.size.pt in (13, 14)
    assert section.header_distance < section.top_margin


def test_the_elements_follow_in_the_order_of_the_decree():
    text = printed(reopened(report()))
    parts = [
        "ỦY BAN NHÂN DÂN\nTỈNH MINH HẢI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
        "Số:        /BC-UBND",
        "Minh Hải, ngày 05 tháng 02 năm 2026",
        "BÁO CÁO\nKết quả thực hiện Công văn",
        "Kính gửi: Bộ Thử nghiệm",
        "Căn cứ",
        "I. KẾT QUẢ",
        "Có 187 đơn vị đã thực hiện./.",
        "Nơi nhận:\n- Như trên;",
        "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nNguyễn Văn A",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("text", "size", "bold", "italic"),
    [
        ("TỈNH MINH HẢI", (12, 13), True, None),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", (12, 13), True, None),
        ("Độc lập - Tự do - Hạnh phúc", (13, 14), True, None),
        ("Số:        /BC-UBND", (13, 13), None, None),
        ("Minh Hải, ngày 05 tháng 02 năm 2026", (13, 14), None, True),
        ("BÁO CÁO", (13, 14), True, None),
        ("Căn cứ Nghị định số 30/2020/NĐ-CP;", (13, 14), None, True),
        ("Ủy ban nhân dân tỉnh báo cáo như sau:", (13, 14), None, None),
        ("I. KẾT QUẢ", (13, 14), True, None),
        ("Nơi nhận:", (12, 12), True, True),
        ("- Như trên;", (11, 11), None, None),
        ("KT. CHỦ TỊCH", (13, 14), True, None),
        ("Nguyễn Văn A", (13, 14), True, None),
    ],
)
def test_each_element_has_its_size_and_style(text, size, bold, italic):
    run = line_of(reopened(report()), text).runs[0]
    assert size[0] <= run.font.size.pt <= size[1]
    assert (run.bold, run.italic) == (bold, italic)


def test_the_body_is_justified_and_indented():
    form = line_of(reopened(report()), "Ủy ban nhân dân tỉnh báo cáo như sau:")
    assert form.alignment == 3
    assert form.paragraph_format.first_line_indent.cm == pytest.approx(1.27, abs=0.01)
    assert form.paragraph_format.space_before.pt >= 6
    assert 1 <= form.paragraph_format.line_spacing <= 1.5


def test_the_parent_body_of_a_letter_is_not_bold_and_its_subject_stands_under_the_number():
    word = reopened(letter())
    assert line_of(word, "TỈNH MINH HẢI").runs[0].bold is None
    assert line_of(word, "SỞ KHOA HỌC VÀ CÔNG NGHỆ").runs[0].bold is True
    text = printed(word)
    assert text.index("Số: 05/SKHCN-CNTT") < text.index("V/v tăng cường") < text.index("Kính gửi:\n- Ủy ban")
    assert "BÁO CÁO" not in text


def test_times_new_roman_is_set_for_every_script_and_the_language_is_vietnamese():
    with zipfile.ZipFile(io.BytesIO(write_docx(report()))) as archive:
        styles = archive.read("word/styles.xml").decode()
    defaults = re.search(r"<w:rPrDefault>.*?</w:rPrDefault>", styles, re.DOTALL)[0]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        assert f'w:{script}="Times New Roman"' in defaults
    assert 'w:val="vi-VN"' in defaults
    assert "Theme" not in defaults


def test_heading_rows_repeat_and_rows_stay_whole():
    table = reopened(report(paragraph("x"), annexes=(Annex("Bảng", (long_table(200),)),))).tables[-1]
    assert len(table.rows) == 201
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in table._tbl.tr_lst)
    assert sum(row.trPr.find(qn("w:tblHeader")) is not None for row in table._tbl.tr_lst) == 1


def test_each_annex_counts_its_own_pages_and_only_a_wide_one_lies_on_its_side():
    wide, narrow = Annex("Rộng", (long_table(2, columns=6),)), Annex("Hẹp", (long_table(2),))
    word = reopened(report(paragraph("x"), annexes=(wide, narrow)))
    assert [section.orientation for section in word.sections] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
    ]
    assert [section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) for section in word.sections] == ["1"] * 3
    assert all(section.different_first_page_header_footer for section in word.sections)
    assert line_of(word, "Phụ lục II").runs[0].bold
    assert line_of(word, "HẸP").runs[0].bold


def test_properties_carry_the_title_and_date_and_no_author():
    properties = reopened(report()).core_properties
    assert properties.title == "Báo cáo: Kết quả thực hiện Công văn số 12/BXX-CXX"
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.created.replace(tzinfo=None) == datetime(2026, 2, 5)  # noqa: DTZ001  compared without a zone
    assert properties.language == "vi-VN"


def test_equal_content_gives_equal_bytes():
    assert write_docx(report()) == write_docx(report())


def test_the_archive_holds_no_thumbnail_and_one_date():
    with zipfile.ZipFile(io.BytesIO(write_docx(report()))) as archive:
        assert not [name for name in archive.namelist() if "thumbnail" in name]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_hostile_text_comes_out_as_it_was_written():
    table_annex = Annex(HOSTILE, (paragraph(HOSTILE),))
    document = report(paragraph(HOSTILE), annexes=(table_annex,), subject=HOSTILE, place=HOSTILE)
    text = printed(reopened(document))
    assert text.count(HOSTILE) >= 2
    assert f"{HOSTILE}, ngày" in text


def test_the_checkpoint_closes_the_document():
    document = report()
    closed = type(document)(document.header, document.blocks, document.signer, checkpoint_line=f"Sổ cái {HASH}")
    assert printed(reopened(closed)).rstrip().endswith(HASH)


@settings(max_examples=25)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=4), st.text(min_size=1, max_size=80))
def test_any_text_is_kept_word_for_word(texts, subject):
    blocks = tuple(Content((Span(text, bold=True), Span("|"))) for text in texts)
    text = printed(reopened(report(*blocks, subject=subject or "x")))
    for written in texts:
        assert f"{plain(written)}|" in text


def test_two_tables_in_a_row_stay_apart_and_a_table_never_ends_the_file():
    word = reopened(report(long_table(2), long_table(2), annexes=(Annex("Bảng", (long_table(3),)),)))
    tags = [element.tag for element in word.element.body]
    tables = [index for index, tag in enumerate(tags) if tag == qn("w:tbl")]
    assert len(tables) == 5
    assert all(tags[index + 1] == qn("w:p") for index in tables)


def test_the_line_before_an_annex_is_too_low_to_open_an_empty_page():
    word = reopened(report(paragraph("x"), annexes=(Annex("Bảng", (long_table(3),)),)))
    breaks = [p for p in word.paragraphs if p._p.pPr is not None and p._p.pPr.find(qn("w:sectPr")) is not None]
    assert [p.paragraph_format.line_spacing.pt for p in breaks] == [1]


def kept(element) -> list[bool]:
    return [
        bool(docx.text.paragraph.Paragraph(one, None).paragraph_format.keep_with_next)
        for one in element.iter(qn("w:p"))
    ]


def test_the_signer_keeps_the_closing_words_and_what_is_before_them():
    closing = paragraph("Trên đây là kết quả.")
    body = reopened(report(paragraph("Một."), paragraph("Hai."), closing)).element.body
    texts = ["".join(part.text or "" for part in element.iter(qn("w:t"))) for element in body]
    place = texts.index("Hai.")
    assert [kept(element) for element in body[place - 1 : place + 2]] == [[False], [True], [True]]
    assert body[place + 2].tag == qn("w:tbl"), "the signer comes next"


def test_of_a_table_that_ends_the_body_the_last_rows_stay_with_the_signer():
    body = reopened(report(paragraph("Một."), long_table(5, 2), paragraph("Trên đây là kết quả."))).element.body
    (table,) = [one for one in body.iter(qn("w:tbl")) if "dòng 4 ô 1" in "".join(one.itertext())]
    rows = [set(kept(row)) for row in table.findall(qn("w:tr"))]
    assert rows == [{True}] * 2 + [{False}] * 2 + [{True}] * 2


@pytest.mark.parametrize(("rows", "held"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (6, [0, 1, 5])])
def test_a_table_may_break_between_its_rows_but_leaves_none_alone(rows, held):
    made = report(paragraph("Bảng sau:"), long_table(rows, 2), paragraph("Hết."), paragraph("Trên đây."))
    body = reopened(made).element.body
    texts = ["".join(part.text or "" for part in element.iter(qn("w:t"))) for element in body]
    place = texts.index("Bảng sau:")
    assert kept(body[place]) == [True]
    lines = [set(kept(row)) for row in body[place + 1].findall(qn("w:tr"))]
    assert lines == [{number in held} for number in range(rows + 1)]
