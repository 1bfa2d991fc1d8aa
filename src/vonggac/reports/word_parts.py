"""The few pieces that every part of a .docx is made of: grids, paragraphs, and lines that take no room."""

from collections.abc import Iterable

from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from vonggac.reports import layout
from vonggac.reports.official import Span, plain


def grid(
    word: WordDocument, rows: int, widths_mm: Iterable[float], inset_mm: float = layout.CELL_INSET_MM
) -> WordTable:
    """A table of fixed column widths without borders, flush with the margins."""
    widths = list(widths_mm)
    table = word.add_table(rows, len(widths))
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(inset_mm * layout.POINTS_PER_MM * 20)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = table._tbl.tblPr  # noqa: SLF001  python-docx has no cell margins
    properties.insert(list(properties).index(properties.find(qn("w:tblLook"))), margins)
    return table


def paragraph(
    word: WordDocument, spans: Iterable[Span], *, align: WD_ALIGN_PARAGRAPH, size: float = layout.BODY_PT
) -> WordParagraph:
    """A new paragraph with these spans."""
    return fill(word.add_paragraph(), spans, size, align)


def fill(
    paragraph: WordParagraph, spans: Iterable[Span], size_points: float, align: WD_ALIGN_PARAGRAPH
) -> WordParagraph:
    """The paragraph with these spans, each in its own style and all in one size."""
    paragraph.alignment = align
    _set_mark_size(paragraph, size_points)
    for span in spans:
        run = paragraph.add_run(plain(span.text))
        run.font.size = Pt(size_points)
        run.bold, run.italic = span.bold or None, span.italic or None
    return paragraph


def shrink(paragraph: WordParagraph) -> None:
    """The line that Word needs after a table, one point high: a full one could fall onto an empty page."""
    _set_mark_size(paragraph, 1)
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)


def _set_mark_size(paragraph: WordParagraph, size_points: float) -> None:
    """The paragraph mark in the text's size; otherwise an empty cell stands as high as the body's 14 points."""
    mark, size = OxmlElement("w:rPr"), OxmlElement("w:sz")
    size.set(qn("w:val"), str(round(size_points * 2)))
    mark.append(size)
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001  python-docx has no paragraph mark
    properties.insert_element_before(mark, "w:sectPr", "w:pPrChange")
