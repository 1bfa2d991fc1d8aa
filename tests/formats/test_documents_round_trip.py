"""Real files: one letter in Word's format, printed by an office program, and set by our own writers, is read back."""

import io
import shutil
import subprocess
from datetime import date
from pathlib import Path

import docx
import pytest

from vonggac.formats import congvan, documents
from vonggac.regimes import vocabulary
from vonggac.reports import official, pdf, word

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
ADDRESSEES = (
    "Các bệnh viện trực thuộc Bộ Y tế đóng trên địa bàn các tỉnh, thành phố trực thuộc Trung ương",
    "Các viện nghiên cứu",
)
SUBJECT = "thay mật khẩu mặc định trên thiết bị mạng của bệnh viện"
MEASURE = "Rà soát toàn bộ máy chủ, máy trạm thuộc phạm vi quản lý, thay ngay mật khẩu mặc định trước ngày 30/9/2023."


def fill(cell, *lines: str) -> None:
    cell.text = lines[0]
    for line in lines[1:]:
        cell.add_paragraph(line)


def letter_in_word() -> bytes:
    """A letter as clerks type it: the head and the signature stand in tables of two columns."""
    document = docx.Document()
    head = document.add_table(2, 2)
    fill(head.cell(0, 0), "BỘ Y TẾ", "CỤC CÔNG NGHỆ THÔNG TIN", "-------")
    fill(head.cell(0, 1), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "---------------")
    fill(head.cell(1, 0), "Số: 318/CNTT-YTĐT", f"V/v {SUBJECT}")
    fill(head.cell(1, 1), "Hà Nội, ngày 14 tháng 3 năm 2023")
    document.add_paragraph("Kính gửi:")
    for name, end in zip(ADDRESSEES, ";.", strict=True):
        document.add_paragraph(f"- {name}{end}")
    document.add_paragraph("Thực hiện Công văn số 1465/BTTTT-CATTT, Cục đề nghị các đơn vị thực hiện các việc sau:")
    for line in (f"1. {MEASURE}", "a) Thiết bị định tuyến;", "b) Thiết bị lưu trữ.", "2. Báo cáo kết quả./."):
        document.add_paragraph(line)
    foot = document.add_table(1, 2)
    fill(foot.cell(0, 0), "Nơi nhận:", "- Như trên;", "- Bộ trưởng (để b/c);", "- Lưu: VT, CNTT.")
    fill(foot.cell(0, 1), "KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "", "", "Trần Văn Mẫu")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def check_letter(content: bytes, name: str) -> None:
    (document,) = congvan.read(documents.read_text(content, name).lines, WORDS)
    assert (document.kind, document.number, document.symbol) == ("cong_van", "318", "CNTT-YTĐT")
    assert (document.issuer, document.parent_issuer) == ("Cục Công nghệ thông tin", "Bộ Y tế")
    assert (document.place, document.date) == ("Hà Nội", date(2023, 3, 14))
    assert (document.subject, document.addressees) == (SUBJECT, ADDRESSEES)
    assert document.references == ("1465/BTTTT-CATTT",)
    assert [clause.label for clause in document.clauses] == ["1", "1.a", "1.b", "2"]
    assert document.clauses[0].text == MEASURE
    assert document.clauses[0].deadlines[0].due == date(2023, 9, 30)
    assert document.signer == congvan.Signer("KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "Trần Văn Mẫu")
    assert [recipient.role for recipient in document.recipients] == ["as_addressed", "report", "archive"]


def test_a_letter_typed_in_word_is_read():
    check_letter(letter_in_word(), "cong-van.docx")


@pytest.mark.slow
def test_the_same_letter_printed_to_pdf_by_an_office_program_is_read(tmp_path: Path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "cong-van.docx").write_bytes(letter_in_word())
    command = [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "cong-van.docx")],
        capture_output=True,
        timeout=180,
        check=True,
    )
    check_letter((tmp_path / "cong-van.pdf").read_bytes(), "cong-van.pdf")


def own_letter(type_name: str | None = None, symbol: str = "CNTT-YTĐT") -> official.OfficialDocument:
    return official.OfficialDocument(
        official.Header(
            issuing_body="Cục Công nghệ thông tin", parent_body="Bộ Y tế", symbol=symbol, place="Hà Nội",
            dated=date(2023, 3, 14), subject=SUBJECT, type_name=type_name, number=318,
        ),
        (
            official.Paragraph(official.words("Thực hiện Công văn số 1465/BTTTT-CATTT, Cục đề nghị các đơn vị:")),
            official.Heading(2, "1", "Rà soát"),
            official.Paragraph(official.words(MEASURE)),
            official.Heading(2, "2", "Báo cáo"),
            official.Paragraph(official.words("Gửi kết quả về Cục.")),
        ),
        official.Signer("Phó Cục trưởng", "Trần Văn Mẫu", official.AuthorityMark.FOR_THE_HEAD, "Cục trưởng"),
        ADDRESSEES if type_name is None else (),
        ("Bộ trưởng (để b/c)",),
    )  # fmt: skip


@pytest.mark.parametrize("writer", [pdf.write_pdf, word.write_docx])
@pytest.mark.parametrize(
    ("type_name", "symbol", "kind"),
    [(None, "CNTT-YTĐT", "cong_van"), ("Báo cáo", "BC-CNTT", "bao_cao"), ("Kế hoạch", "KH-CNTT", "ke_hoach")],
)
def test_what_our_own_writers_set_is_read_back(writer, type_name, symbol, kind):
    content = writer(own_letter(type_name, symbol))
    (document,) = congvan.read(documents.read_text(content, "van-ban").lines, WORDS)
    assert (document.kind, document.number, document.symbol) == (kind, "318", symbol)
    assert (document.issuer, document.parent_issuer) == ("Cục Công nghệ thông tin", "Bộ Y tế")
    assert (document.place, document.date, document.subject) == ("Hà Nội", date(2023, 3, 14), SUBJECT)
    assert document.addressees == (ADDRESSEES if type_name is None else ())
    assert [clause.label for clause in document.clauses] == ["1", "2"]
    assert document.signer is not None
    assert document.signer.name == "Trần Văn Mẫu"
