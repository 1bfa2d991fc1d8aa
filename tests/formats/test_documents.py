import io
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
