"""Word prints numbers that its files do not hold as text; they are written out as a reader of the paper sees them."""

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from vonggac.formats import congvan, documents
from vonggac.regimes import vocabulary


def level(depth: int, kind: str, text: str, start: int = 1) -> str:
    counted = f'<w:start w:val="{start}"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{depth}">{counted}</w:lvl>'


class Paper:
    """A Word file that is written paragraph by paragraph, with lists of our own."""

    def __init__(self) -> None:
        self.document = docx.Document()
        self.numbering = self.document.part.numbering_part.element

    def define(self, key: int, *levels: str) -> None:
        self.numbering.insert(
            0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{key}">{"".join(levels)}</w:abstractNum>')
        )

    def make_list(self, number: int, key: int, override: str = "") -> None:
        self.numbering.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{key}"/>{override}</w:num>')
        )

    def write(self, text: str, number: int | None = None, depth: int = 0, style: str | None = None) -> None:
        paragraph = self.document.add_paragraph(text, style)
        if number is not None:
            properties = paragraph._p.get_or_add_pPr()
            place = f'<w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/>'
            properties.append(parse_xml(f"<w:numPr {nsdecls('w')}>{place}</w:numPr>"))

    def lines(self) -> list[str]:
        file = io.BytesIO()
        self.document.save(file)
        return list(documents.read_text(file.getvalue(), "chi-dao.docx").lines)


@pytest.fixture
def paper() -> Paper:
    made = Paper()
    made.define(70, level(0, "decimal", "%1."), level(1, "lowerLetter", "%2)"), level(2, "bullet", "•"))
    made.make_list(71, 70)
    return made


def test_numbers_letters_and_bullets_stand_before_their_paragraphs(paper):
    for text, depth in (("Rà soát", 0), ("máy chủ", 1), ("máy trạm", 1), ("in", 2), ("Báo cáo", 0), ("tuần", 1)):
        paper.write(text, 71, depth)
    assert paper.lines() == ["1. Rà soát", "a) máy chủ", "b) máy trạm", "- in", "2. Báo cáo", "a) tuần"]


def test_paragraphs_between_take_no_number_and_do_not_stop_the_count(paper):
    for text, number in (("Một", 71), ("xen giữa", None), ("", 71), ("Hai", 71)):
        paper.write(text, number)
    assert paper.lines() == ["1. Một", "xen giữa", "", "3. Hai"]


def test_lists_of_one_definition_count_on_and_one_with_its_own_start_counts_anew(paper):
    paper.make_list(72, 70)
    paper.make_list(73, 70, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>')
    for number in (71, 72, 73, 73):
        paper.write("x", number)
    assert paper.lines() == ["1. x", "2. x", "1. x", "2. x"]


def test_the_styles_of_word_number_too(paper):
    paper.write("Một", style="List Number")
    paper.write("Hai", style="List Number")
    paper.write("x", style="List Bullet")
    paper.write("thường")
    assert paper.lines() == ["1. Một", "2. Hai", "- x", "thường"]


def test_number_nought_takes_a_paragraph_out_of_its_style_s_list(paper):
    paper.write("x", 0, style="List Number")
    assert paper.lines() == ["x"]


@pytest.mark.parametrize(
    ("kind", "text", "start", "label"),
    [
        ("upperRoman", "%1.", 4, "IV."),
        ("lowerRoman", "%1)", 9, "ix)"),
        ("upperLetter", "%1.", 2, "B."),
        ("lowerLetter", "%1)", 27, "aa)"),
        ("decimalZero", "%1.", 3, "03."),
        ("none", "Điều", 1, "Điều"),
        ("decimal", "Điều %1.", 2, "Điều 2."),
    ],
)
def test_a_level_is_written_in_its_own_form(paper, kind, text, start, label):
    paper.define(80, level(0, kind, text, start))
    paper.make_list(81, 80)
    paper.write("x", 81)
    assert paper.lines() == [f"{label} x"]


def test_a_level_may_name_those_above_it(paper):
    paper.define(80, level(0, "decimal", "%1."), level(1, "decimal", "%1.%2."))
    paper.make_list(81, 80)
    for depth in (0, 1, 1, 0, 1):
        paper.write("x", 81, depth)
    assert paper.lines() == ["1. x", "1.1. x", "1.2. x", "2. x", "2.1. x"]


def test_cells_of_tables_are_numbered_in_their_turn(paper):
    paper.write("Một", 71)
    paper.document.add_table(1, 1).cell(0, 0).text = "Hai"
    cell = paper.document.tables[0].cell(0, 0).paragraphs[0]
    cell._p.get_or_add_pPr().append(parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="71"/></w:numPr>'))
    assert paper.lines() == ["1. Một", "2. Hai", ""]


@pytest.mark.parametrize("broken", ["w:numFmt", "w:lvlText", "w:start"])
def test_a_list_that_lacks_something_is_read_all_the_same(paper, broken):
    for element in list(paper.numbering.iter(qn(broken))):
        element.getparent().remove(element)
    paper.write("x", 71)
    assert paper.lines()[0].endswith("x")


def test_the_clauses_of_a_directive_numbered_by_word_are_read(paper):
    head = (
        "BỘ Y TẾ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số: 318/BYT-CNTT",
        "Hà Nội, ngày 14 tháng 3 năm 2023", "V/v thay mật khẩu", "Kính gửi: Bệnh viện Mẫu", "Bộ yêu cầu thực hiện:",
    )  # fmt: skip
    for text in head:
        paper.write(text)
    for text, depth in (("Rà soát:", 0), ("máy chủ;", 1), ("máy trạm.", 1), ("Báo cáo trước ngày 20/3/2023.", 0)):
        paper.write(text, 71, depth)
    (document,) = congvan.read(paper.lines(), congvan.Vocabulary.from_mapping(vocabulary.load()))
    assert [clause.label for clause in document.clauses] == ["1", "1.a", "1.b", "2"]
    assert document.clauses[-1].deadlines[0].due.isoformat() == "2023-03-20"
