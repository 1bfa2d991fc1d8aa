import ctypes
import dataclasses
import io
import re
from pathlib import Path

import docx
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.documents import HASH, HOSTILE, header, letter, long_table, paragraph, report
from vonggac.reports import fonts, layout
from vonggac.reports.official import (
    Annex,
    AuthorityMark,
    Column,
    Heading,
    OfficialDocument,
    Signer,
    Table,
    words,
)
from vonggac.reports.pdf import breakable_pieces, write_pdf
from vonggac.reports.word import write_docx

FONT = fonts.find_font([])
PLAIN = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyỆỰ0129#$*_<>@[]{}\\/\"'=~`-+|&;:,. "), max_size=300)


def pages(content):
    document = pypdfium2.PdfDocument(content)
    return [document[index] for index in range(len(document))]


def text_of(page):
    return page.get_textpage().get_text_range().replace("\r\n", "\n")


def joined(page):
    """The page's text without any white space: line breaks fall where the layout wants them.

    The reader of PDF tells a hyphen at the end of a line as U+FFFE.
    """
    return re.sub(r"\s", "", text_of(page)).replace("\ufffe", "-")


def boxes(page):
    """(letter, left, top) of every visible letter, millimetres from the page's left and upper edge."""
    textpage = page.get_textpage()
    found = []
    for index in range(textpage.count_chars()):
        letter = textpage.get_text_range(index, 1)
        left, bottom, right, top = textpage.get_charbox(index)
        if letter.strip():
            scale = layout.POINTS_PER_MM
            found.append((letter, left / scale, (page.get_height() - top) / scale, right / scale, bottom / scale))
    return found


def make(document):
    return write_pdf(document, FONT)


def test_the_page_is_a4():
    width, height = pages(make(report()))[0].get_size()
    assert width / layout.POINTS_PER_MM == pytest.approx(210, abs=0.1)
    assert height / layout.POINTS_PER_MM == pytest.approx(297, abs=0.1)


def test_nothing_stands_in_the_margins_of_the_first_page():
    letters = boxes(pages(make(report(*[paragraph("Nội dung " * 60)] * 10)))[0])
    assert min(left for _, left, *_ in letters) >= 29.5
    assert max(right for *_, right, _ in letters) <= 195.5
    assert min(top for _, _, top, *_ in letters) >= 20
    assert min(bottom for *_, bottom in letters) >= 19


def test_the_page_number_is_centred_in_the_top_margin_from_the_second_page_on():
    first, second, third = pages(make(report(*[paragraph("Nội dung " * 60)] * 14)))[:3]
    assert all(top >= 20 for _, _, top, *_ in boxes(first))
    for page, expected in ((second, "2"), (third, "3")):
        letter, left, top, right, _ = min(boxes(page), key=lambda box: box[2])
        assert letter == expected
        assert 8 < top < 18
        assert (left + right) / 2 == pytest.approx(30 + layout.TEXT_WIDTH_MM / 2, abs=1)


def page_number(page):
    return "".join(letter for letter, _, top, *_ in boxes(page) if top < 19)


def test_every_annex_counts_its_own_pages():
    annex = Annex("Bảng", (long_table(60),))
    found = pages(make(report(paragraph("x"), annexes=(annex, annex))))
    assert [page_number(page) for page in found] == ["", "", "2", "", "2"]


def test_a_wide_annex_lies_on_its_side():
    sizes = [page.get_size() for page in pages(make(report(annexes=(Annex("Rộng", (long_table(3, columns=7),)),))))]
    assert sizes[0][0] < sizes[0][1]
    assert sizes[-1][0] > sizes[-1][1]


def test_the_heading_row_repeats_on_every_page():
    content = make(report(paragraph("x"), annexes=(Annex("Bảng", (long_table(200),)),)))
    annex_pages = [text_of(page) for page in pages(content)[1:]]
    assert len(annex_pages) > 3
    assert all("Cột 0" in text for text in annex_pages)
    assert [sum(f"dòng {row} ô 2" in text for text in annex_pages) >= 1 for row in range(200)] == [True] * 200


def test_the_header_stands_in_two_columns_with_number_and_place_on_one_line():
    page = pages(make(report(number=5)))[0]
    text = text_of(page)
    assert "Số: 05/BC-UBND" in text
    assert "Minh Hải, ngày 05 tháng 02 năm 2026" in text
    textpage = page.get_textpage()
    place = {}
    for key in ("Số: 05", "Minh Hải, ngày", "CỘNG HÒA", "ỦY BAN"):
        index, _ = textpage.search(key, match_case=True).get_next()
        place[key] = textpage.get_charbox(index, loose=True)
    assert place["Số: 05"][1] == pytest.approx(place["Minh Hải, ngày"][1], abs=1)
    assert place["CỘNG HÒA"][0] > place["ỦY BAN"][0] + 100


def test_a_letter_has_its_subject_under_the_number_and_a_dash_for_each_addressee():
    text = text_of(pages(make(letter()))[0])
    assert "V/v tăng cường" in text
    assert "- Ủy ban nhân dân xã Bình An;" in text
    assert "- Trung tâm Công nghệ thông tin." in text
    assert "BÁO CÁO" not in text


def test_all_fonts_are_the_chosen_one_and_embedded():
    names = set()
    for page in pages(make(report(paragraph("漢 👍 chữ thường"), annexes=(Annex("A", (long_table(1),)),)))):
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
            buffer = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, buffer, 200)
            names.add(buffer.value.decode().split("+")[-1])
    assert names
    assert all(name.startswith("LiberationSerif") for name in names), names


def test_hostile_text_comes_out_as_it_was_written():
    wanted = re.sub(r"\s", "", HOSTILE)
    cell = Table((Column(HOSTILE, 160),), ((words(HOSTILE),),))
    content = make(report(paragraph(HOSTILE), cell, annexes=(Annex(HOSTILE, (paragraph(HOSTILE),)),), place="#x"))
    text = "".join(joined(page) for page in pages(content))
    assert text.count(wanted) >= 4
    assert "#x,ngày" in text


def test_the_template_reads_no_file_and_fetches_no_package():
    source = Path(write_pdf.__globals__["_TEMPLATE"]).read_text()
    assert not re.search(r"\b(read|include|import|eval|plugin|image)\b\s*[(\"]", source)


def test_a_long_word_breaks_inside_its_column_and_is_copied_whole():
    table = Table((Column("Mã", 30), Column("Ghi chú", 30)), ((words(HASH * 3), words("x")),))
    page = pages(make(report(table, paragraph(HASH * 4))))[0]
    assert max(right for *_, right, _ in boxes(page)) <= 195.5
    assert HASH * 3 in joined(page)
    assert HASH * 4 in joined(page)


def test_a_cell_longer_than_a_page_runs_on():
    table = Table((Column("A", 20), Column("B", 20)), ((words("chữ " * 3000), words("x")),))
    found = pages(make(report(table)))
    assert len(found) > 2
    assert sum(joined(page).count("chữ") for page in found) == 3000


def test_the_signer_never_stands_on_a_page_without_text():
    for lines in range(18, 34):
        found = pages(make(report(*[paragraph("Một dòng.")] * lines)))
        assert "./." in text_of(next(page for page in found if "Nguyễn Văn A" in text_of(page)))


CLOSING = "Trên đây là kết quả thực hiện, Ủy ban nhân dân tỉnh kính báo cáo."
ENDS = {
    "lines": (paragraph("Đoạn cuối."),),
    "heading": (Heading(1, "V", "Đề xuất, kiến nghị"), paragraph("Đoạn cuối.")),
    "long paragraph": (paragraph("Đoạn cuối dài dòng, " * 120),),
    "paragraph over pages": (paragraph("Đoạn cuối dài dòng, " * 700),),
    "table": (long_table(14),),
    "table over pages": (long_table(90),),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.slow
def test_the_closing_words_and_the_signer_are_never_all_of_a_page(end):
    last = ENDS[end][-1]
    expected = "".join(last.rows[-1][0][0].text.split()) if isinstance(last, Table) else "Đoạncuối"
    for lines in range(1, 34, 3):
        body = (*[paragraph("Một dòng.")] * lines, *ENDS[end], paragraph(CLOSING))
        (signed,) = [text for text in map(joined, pages(make(report(*body)))) if "NguyễnVănA" in text]
        before, found, _ = signed.partition("Trênđâylà")
        assert found
        assert expected in before, (lines, signed[:80])


@pytest.mark.parametrize("rows", [2, 3, 4, 12, 60])
def test_a_table_breaks_over_pages_under_its_headings_and_leaves_no_row_alone(rows):
    broken = 0
    for lines in range(1, 34):
        body = (*[paragraph("Một dòng.")] * lines, paragraph("Bảng sau:"), long_table(rows), *[paragraph("Hết.")] * 30)
        parts = [text for text in map(joined, pages(make(report(*body)))) if "ô0" in text]
        counts = [text.count("ô0") for text in parts]
        assert "Bảngsau:" in parts[0], lines
        assert sum(counts) == rows
        assert min(counts) >= 2, (lines, counts)
        assert all("Cột0" in text for text in parts)
        broken += len(parts) > 1
    assert bool(broken) == (rows > 3)


def test_a_long_row_holds_no_other():
    rows = (words("ngắn"),), (words("chữ " * 3000),), (words("cuối"),)
    found = pages(make(report(Table((Column("A", 160),), rows))))
    assert sum(joined(page).count("chữ") for page in found) == 3000
    assert "cuối" in joined(found[-2]) + joined(found[-1])


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_the_line_that_introduces_the_last_table_stands_on_the_page_where_it_begins(rows):
    for lines in range(8, 34):
        body = (*[paragraph("Một dòng.")] * lines, paragraph("Bảng sau:"), long_table(rows), paragraph(CLOSING))
        (held,) = [text for text in map(joined, pages(make(report(*body)))) if "Bảngsau:" in text]
        assert "dòng0ô0" in held, lines


def test_a_paragraph_that_is_cut_before_the_signer_loses_no_word_and_fills_its_lines():
    text = " ".join(f"từ{number}" for number in range(400))
    found = pages(make(report(paragraph(text), paragraph(CLOSING))))
    assert "".join(text.split()) in "".join(joined(page).removeprefix("2") for page in found)
    rights = []
    for page in found:
        letters = boxes(page)
        starts = sorted((bottom for letter, left, *_, bottom in letters if letter == "t" and left < 31), reverse=True)
        rights += [max(right for *_, right, below in letters if abs(below - bottom) < 2) for bottom in starts]
    assert len(rights) > 20
    assert all(right > 194 for right in rights[:-1])


@pytest.mark.parametrize("lines", range(16, 34, 2))
def test_the_ledger_checkpoint_stands_on_the_signer_s_page_wherever_the_body_ends(lines):
    body = (paragraph("một dòng"),) * lines
    document = dataclasses.replace(report(*body), checkpoint_line=f"Điểm kiểm tra sổ cái: {HASH}")
    (last,) = [page for page in pages(write_pdf(document, FONT)) if HASH in joined(page)]
    assert "NguyễnVănA" in joined(last)


def test_the_file_is_dated_and_titled_by_the_document():
    metadata = pypdfium2.PdfDocument(make(report())).get_metadata_dict()
    assert metadata["Title"] == "Báo cáo: Kết quả thực hiện Công văn số 12/BXX-CXX"
    assert metadata["CreationDate"].startswith("D:20260205000000")
    assert metadata["Author"] == ""


def test_equal_content_gives_equal_bytes():
    assert make(report()) == make(report())


def test_only_words_wider_than_the_line_are_cut():
    assert breakable_pieces("một hai", 200, 14) == ["một hai"]
    assert breakable_pieces("a abc b", 10, 14) == ["a a", "b", "c b"]


@given(st.text(max_size=60), st.floats(5, 300))
def test_the_pieces_make_up_the_text(text, width):
    assert "".join(breakable_pieces(text, width, 14)) == text


@settings(max_examples=25)
@given(st.lists(PLAIN, min_size=1, max_size=5), PLAIN, st.integers(0, 5))
def test_any_text_is_printed_inside_the_margins(texts, subject, columns):
    table = [long_table(3, columns=columns)] if columns else []
    blocks = [paragraph(text) for text in texts]
    found = pages(make(report(*blocks, *table, paragraph("Hết"), subject=subject)))
    printed = "".join(joined(page) for page in found)
    for text in texts:
        assert re.sub(r"\s", "", text) in printed
    for page in found:
        assert all(left >= 29 and right <= 196 for _, left, _, right, _ in boxes(page))


@settings(max_examples=25)
@given(st.data(), st.sampled_from([None, "Báo cáo"]))
def test_any_head_and_foot_stay_inside_the_margins(data, type_name):
    text = st.one_of(PLAIN, st.text("ABCx", min_size=30, max_size=90), st.just(""))
    head = header(
        issuing_body=data.draw(text),
        parent_body=data.draw(text),
        symbol=data.draw(text),
        place=data.draw(text),
        subject=data.draw(text),
        type_name=type_name,
    )
    signer = Signer(data.draw(text), data.draw(text), AuthorityMark.BY_ORDER, data.draw(text))
    names = tuple(data.draw(st.lists(text, max_size=3)))
    annex = Annex(data.draw(text), (Heading(1, "I", data.draw(text)),))
    document = OfficialDocument(head, (), signer, names, names, data.draw(text), (annex,), data.draw(text))
    assert write_docx(document)
    for page in pages(make(document)):
        assert all(left >= 28.5 and right <= 196.5 for _, left, _, right, _ in boxes(page))


def test_what_the_font_cannot_show_is_named_on_the_page_and_stays_as_it_is_in_word():
    document = report(paragraph("Đã cài lại 👍🏽 theo 漢字"))
    assert "Đã cài lại [U+1F44D][U+1F3FD] theo [U+6F22][U+5B57]" in text_of(pages(make(document))[0])
    assert "Đã cài lại 👍🏽 theo 漢字" in "\n".join(
        p.text for p in docx.Document(io.BytesIO(write_docx(document))).paragraphs
    )
