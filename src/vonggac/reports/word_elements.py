"""The pieces that a .docx is laid out with and that python-docx does not give: cells of fixed width, rules, marks."""

from collections.abc import Iterable

from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from vonggac.reports import layout, metrics
from vonggac.reports.official import (
    Span,
    plain,
    words,
)

CENTRE = WD_ALIGN_PARAGRAPH.CENTER


def add_grid(
    word: WordDocument, rows: int, widths_mm: Iterable[float], inset_mm: float = layout.CELL_INSET_MM
) -> WordTable:
    """A table of fixed column widths without borders, flush with the margins."""
    widths = list(widths_mm)
    grid = word.add_table(rows, len(widths))
    grid.autofit, grid.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for row in grid.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(inset_mm * layout.POINTS_PER_MM * 20)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = grid._tbl.tblPr  # noqa: SLF001  python-docx has no cell margins
    properties.insert(list(properties).index(properties.find(qn("w:tblLook"))), margins)
    return grid


def add_paragraph(
    word: WordDocument, spans: Iterable[Span], *, align: WD_ALIGN_PARAGRAPH, size: float = layout.BODY_PT
) -> WordParagraph:
    """A new paragraph with the spans, in the body's size unless told otherwise."""
    return fill(word.add_paragraph(), spans, size, align)


def fill(
    paragraph: WordParagraph, spans: Iterable[Span], size_points: float, align: WD_ALIGN_PARAGRAPH
) -> WordParagraph:
    """The paragraph with the spans in it, aligned, its mark as high as they are."""
    paragraph.alignment = align
    _set_mark_size(paragraph, size_points)
    for span in spans:
        run = paragraph.add_run(plain(span.text))
        run.font.size = Pt(size_points)
        run.bold, run.italic = span.bold or None, span.italic or None
    return paragraph


def _set_mark_size(paragraph: WordParagraph, size_points: float) -> None:
    """The paragraph mark in the text's size; otherwise an empty cell stands as high as the body's 14 points."""
    mark, size = OxmlElement("w:rPr"), OxmlElement("w:sz")
    size.set(qn("w:val"), str(round(size_points * 2)))
    mark.append(size)
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001  python-docx has no paragraph mark
    properties.insert_element_before(mark, "w:sectPr", "w:pPrChange")


def shrink(paragraph: WordParagraph) -> None:
    """The line that Word needs after a table, one point high: a full one could fall onto an empty page."""
    _set_mark_size(paragraph, 1)
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)


def add_cell_line(
    cell: _Cell, text: str, size_points: float, *, bold: bool = False, italic: bool = False
) -> WordParagraph:
    """A centred line at the end of a cell."""
    return fill(cell.add_paragraph(), words(text, bold=bold, italic=italic), size_points, CENTRE)


def drop_first_paragraph(cell: _Cell) -> None:
    """Every new cell starts with an empty paragraph, which would push its text down."""
    first = cell.paragraphs[0]._p  # noqa: SLF001  python-docx cannot remove paragraphs
    first.getparent().remove(first)


def rule_under(
    place: WordDocument | _Cell, lines: list[str], size_points: float, width_mm: float, share: float
) -> None:
    """Draw a rule below lines of text, as long as a share of the widest of them."""
    widest = max((metrics.width_points(line, size_points, bold=True) for line in lines), default=0.0)
    rule(place.add_paragraph(), widest / layout.POINTS_PER_MM * share, width_mm - 2 * layout.CELL_INSET_MM)


def rule(paragraph: WordParagraph, length_mm: float, width_mm: float) -> None:
    """A centred rule of that length: the upper border of an empty line, indented from both sides."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(max(0.0, (width_mm - length_mm) / 2))
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    form.space_before = Pt(4)
    border_above(paragraph)


def border_above(paragraph: WordParagraph) -> None:
    """Draw the hairline above a paragraph."""
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", round(layout.RULE_PT * 8)), ("space", 3), ("color", "000000")):
        top.set(qn(f"w:{name}"), str(value))
    borders.append(top)
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001  python-docx has no paragraph borders
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr")
