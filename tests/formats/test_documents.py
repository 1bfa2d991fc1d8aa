import io
import random
import unicodedata
import zipfile

import docx
import pytest
import typst

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import documents


def test_plain_text_keeps_its_lines():
    assert documents.read_text("Số: 1\r\nKính gửi".encode(), "a.txt").lines == ("Số: 1", "Kính gửi")


def test_word_tables_are_read_cell_by_cell():
    document = docx.Document()
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "BỘ Y TẾ", "CỘNG HÒA"
    document.add_paragraph("Kính gửi: Sở Y tế")
    buffer = io.BytesIO()
    document.save(buffer)
    assert documents.read_text(buffer.getvalue(), "a.docx").lines == (
        "BỘ Y TẾ",
        "",
        "CỘNG HÒA",
        "",
        "Kính gửi: Sở Y tế",
    )


def test_a_pdf_with_a_text_layer_is_read():
    content = typst.compile(b"So: 12/UBND-VX. " * 20)
    text = documents.read_text(content, "a.pdf")
    assert (text.kind, text.pages) == ("pdf", 1)
    assert "12/UBND-VX" in text.text


def test_a_scan_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnreadableFile, match="tesseract-ocr-vie"):
        documents.read_text(typst.compile(b"#rect()"), "scan.pdf")


def test_repeated_heads_and_page_numbers_are_left_out():
    pages = [
        ["CÔNG BÁO", str(number), f"dòng {number}", "giữa", "giữa", f"câu {number}a", f"câu {number}b"]
        for number in range(1, 6)
    ]
    assert "CÔNG BÁO" not in documents.without_furniture(pages)
    assert "giữa" in documents.without_furniture(pages)


def test_a_compression_bomb_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 5_000_000)
    with pytest.raises(LimitExceeded, match="bomb"):
        documents.read_text(buffer.getvalue(), "a.docx")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 broken", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old"])
def test_a_damaged_file_is_unreadable_with_advice(content):
    with pytest.raises(UnreadableFile, match="send|save"):  # noqa: RUF043  # test data
        documents.read_text(content, "x")


def packed(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return buffer.getvalue()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF written by hand from its objects; the cross-reference table is left to the reader's repair."""
    body = b"".join(b"%d 0 obj %s endobj\n" % (number, text) for number, text in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R /Size 9 " + trailer + b" >>\n%%EOF"


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"


@pytest.mark.parametrize(
    ("content", "name", "advice"),
    [
        (b"", "a.pdf", "empty"),
        (b" \n\t ", "a.txt", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "save it as .docx"),
        (b"{\\rtf1\\ansi C\\'f4ng v\\'e3n}", "a.rtf", "save it as .docx"),
        (packed("mimetype", "content.xml"), "a.odt", "OpenDocument"),
        (packed("xl/workbook.xml"), "a.xlsx", "Excel"),
        (packed("ppt/presentation.xml"), "a.pptx", "presentation"),
        (packed("cong-van.pdf"), "a.zip", "unpack"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a.png", "picture"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "a.jpg", "picture"),
        (b"II*\x00" + bytes(99), "a.tif", "picture"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a.html", "web page"),
        (b"Rar!\x1a\x07\x00" + bytes(99), "a.rar", "unpack"),
        (bytes(range(256)) * 40, "a.bin", "not a text"),
        (bytes(5_000), "a.txt", "not a text"),
        (b"\xef\xbb\xbf" + bytes(300), "a.txt", "no text"),
        (b"\xff\xfe" + bytes(300), "a.md", "no text"),
        ("Số: 12/UBND-VX\n".encode() * 500 + bytes(9_000), "a.txt", "no text"),
        (bytes(byte or 7 for byte in random.Random(1).randbytes(9_000)), "a.txt", "no text"),  # noqa: S311  # test data
        (b"\xff\xfe" + random.Random(1).randbytes(4_000), "a.txt", "no text"),  # noqa: S311  # test data
        (b"%PDF-1.7\n" + b"garbage" * 50, "a.pdf", "damaged"),
        (b"PK\x03\x04" + b"garbage" * 50, "a.docx", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content, name, advice):
    with pytest.raises(UnreadableFile, match=advice) as caught:
        documents.read_text(content, name)
    assert str(caught.value).startswith(name)


@pytest.mark.parametrize(
    "text",
    ["Số: 12/UBND-VX\x07\x07\fV/v rà soát máy chủ thuộc phạm vi quản lý", "Số: 12/UBND\x00-VX, V/v rà soát máy chủ"],
)
def test_a_text_with_a_stray_control_character_is_still_a_text(text):
    assert documents.read_text(text.encode("utf-16"), "a.txt").kind == "txt"


def test_the_first_bytes_count_more_than_the_name():
    content = typst.compile(b"So: 12/UBND-VX. " * 20)
    assert documents.read_text(content, "cong-van.docx").kind == "pdf"
    assert documents.read_text("Số: 12/UBND-VX".encode(), "cong-van.pdf").kind == "txt"


def test_a_pdf_under_a_password_says_so():
    locked = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (%s) /U (%s) >> /ID [(a) (a)]" % (b"x" * 32, b"y" * 32)
    with pytest.raises(UnreadableFile, match="password"):
        documents.read_text(pdf(CATALOG, PAGES, PAGE, trailer=locked), "a.pdf")


def test_a_page_with_only_a_picture_says_how_to_recognise_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnreadableFile, match=r"a scan without text .1 pages."):
        documents.read_text(pdf(CATALOG, PAGES, PAGE), "scan.pdf")


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(LimitExceeded, match="64 MiB"):
        documents.read_text(b"x" * (documents.CONTENT_BYTES + 1), "a.txt")


def test_a_bomb_that_hides_its_size_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<x/>")
        for number in range(40):
            archive.writestr(f"word/media/{number}.xml", b"0" * 1_000_000)
    with pytest.raises(LimitExceeded, match="bomb"):
        documents.read_text(buffer.getvalue(), "a.docx")


@pytest.mark.parametrize("inner", [b"", b"<a/>", b"<w:document", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
def test_a_word_file_with_a_broken_part_is_unreadable_with_advice(inner):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", inner)
    with pytest.raises(UnreadableFile, match="Word"):
        documents.read_text(buffer.getvalue(), "a.docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
def test_text_is_read_in_the_encodings_that_offices_use(encoding):
    text = "Số: 12/UBND-VX\nKính gửi: Sở Nội vụ\n" * 5
    written = text if encoding != "cp1258" else unicodedata.normalize("NFD", text)
    content = written.encode(encoding, errors="ignore")
    lines = documents.read_text(content, "a.txt").lines
    assert lines[0].startswith("S")
    assert "12/UBND-VX" in lines[0]


def test_a_table_is_no_document_though_it_is_text():
    with pytest.raises(UnreadableFile, match=r"list\.csv: not a text, Word or PDF file"):
        documents.read_text(b"a,b,c\n1,2,3\n", "list.csv")
