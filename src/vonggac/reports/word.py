"""An official document as .docx, written with python-docx; equal content gives equal bytes.

The font named in the file is Times New Roman, as the decree asks; where it is not installed, word processors put in a
font of the same metrics.
"""

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, time

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as WordParagraph

from vonggac.reports import layout, metrics
from vonggac.reports.official import (
    Align,
    Annex,
    Block,
    Heading,
    OfficialDocument,
    Paragraph,
    Span,
    Strips,
    Table,
    plain,
    words,
)
from vonggac.reports.word_elements import (
    CENTRE,
    add_cell_line,
    add_grid,
    add_paragraph,
    border_above,
    drop_first_paragraph,
    fill,
    rule,
    rule_under,
    shrink,
)
from vonggac.reports.word_strips import write_strips

FONT = "Times New Roman"
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_ALIGNMENTS: dict[Align, WD_ALIGN_PARAGRAPH] = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


def write_docx(document: OfficialDocument) -> bytes:
    """The document as .docx (Office Open XML), dated by its own date and without an author."""
    word = Document()
    _set_properties(word, document)
    _set_defaults(word)
    _number_pages(word.sections[0])
    _write_header(word, document)
    _write_title(word, document)
    _write_addressees(word, document)
    _write_blocks(word, document.closed_blocks(), layout.TEXT_WIDTH_MM)
    _write_closing(word, document)
    if document.checkpoint_line:
        _write_checkpoint(word, document.checkpoint_line)
    for index, annex in enumerate(document.annexes):
        _write_annex(word, document, index, annex)
    shrink(word.add_paragraph())
    return _packed(word)


def _set_properties(word: WordDocument, document: OfficialDocument) -> None:
    dated = datetime.combine(document.header.dated, time(), UTC).replace(tzinfo=None)
    properties = word.core_properties
    properties.title, properties.subject = document.title[:255], plain(document.header.subject)[:255]
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.created = properties.modified = dated
    properties.revision, properties.language = 1, "vi-VN"


def _set_defaults(word: WordDocument) -> None:
    """Times New Roman 14 for every script, Vietnamese, single spacing without gaps; paragraphs add what they need."""
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(layout.BODY_PT)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    normal.paragraph_format.line_spacing = 1.0
    defaults = word.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for properties in (defaults, normal.element.get_or_add_rPr()):
        _set_scripts(properties)
    header = word.styles["Header"]
    header.paragraph_format.tab_stops.clear_all()


def _set_scripts(properties: OxmlElement) -> None:
    for tag in ("w:rFonts", "w:lang"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    fonts = OxmlElement("w:rFonts")
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    properties.insert(0, fonts)
    language = OxmlElement("w:lang")
    for script in ("val", "eastAsia", "bidi"):
        language.set(qn(f"w:{script}"), "vi-VN")
    properties.append(language)


def _number_pages(section: Section) -> None:
    """A4 with the decree's margins; the page number centred in the top margin, from 1, not shown on the first page."""
    section.page_width, section.page_height = Mm(layout.PAGE_WIDTH_MM), Mm(layout.PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(layout.MARGIN_TOP_MM), Mm(layout.MARGIN_BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(layout.MARGIN_LEFT_MM), Mm(layout.MARGIN_RIGHT_MM)
    section.header_distance, section.footer_distance = Mm(layout.PAGE_NUMBER_FROM_TOP_MM), Mm(10)
    section.different_first_page_header_footer = True
    _set_first_number(section)
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = CENTRE
    run = paragraph.add_run()
    run.font.size = Pt(layout.PAGE_NUMBER_PT)
    for kind, instruction in (("begin", ""), ("", "PAGE"), ("separate", ""), ("result", "2"), ("end", "")):
        run._r.append(_field_part(kind, instruction))  # noqa: SLF001  python-docx has no fields


def _field_part(kind: str, text: str) -> OxmlElement:
    if kind in {"begin", "separate", "end"}:
        part = OxmlElement("w:fldChar")
        part.set(qn("w:fldCharType"), kind)
        return part
    part = OxmlElement("w:t" if kind else "w:instrText")
    part.text = text
    return part


def _set_first_number(section: Section) -> None:
    properties = section._sectPr  # noqa: SLF001  python-docx has no page numbering
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    properties.insert_element_before(
        numbering, "w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:docGrid"
    )


def _write_header(word: WordDocument, document: OfficialDocument) -> None:
    header = document.header
    grid = add_grid(word, 2, (layout.HEADER_LEFT_MM, layout.HEADER_RIGHT_MM))
    body, nation = grid.rows[0].cells
    for line in header.parent_body_lines if header.parent_body else ():
        add_cell_line(body, line, layout.BODY_NAME_PT)
    for line in header.issuing_body_lines:
        add_cell_line(body, line, layout.BODY_NAME_PT, bold=True)
    rule_under(body, header.issuing_body_lines, layout.BODY_NAME_PT, layout.HEADER_LEFT_MM, layout.RULE_SHARE)
    add_cell_line(nation, layout.NATION, layout.NATION_PT, bold=True)
    add_cell_line(nation, layout.MOTTO, layout.MOTTO_PT, bold=True)
    rule_under(nation, [layout.MOTTO], layout.MOTTO_PT, layout.HEADER_RIGHT_MM, 1.0)
    number, place = grid.rows[1].cells
    add_cell_line(number, header.number_line, layout.NUMBER_PT).paragraph_format.space_before = Pt(6)
    add_cell_line(place, header.place_line, layout.PLACE_PT, italic=True).paragraph_format.space_before = Pt(6)
    if header.type_name is None:
        for index, line in enumerate(header.subject_lines):
            written = add_cell_line(number, line, layout.LETTER_SUBJECT_PT)
            written.paragraph_format.space_before = Pt(0 if index else 6)
    for cell in (body, nation, number, place):
        drop_first_paragraph(cell)


def _write_title(word: WordDocument, document: OfficialDocument) -> None:
    header = document.header
    if header.type_name is None:
        return
    title = add_paragraph(word, words(header.type_name.upper(), bold=True), size=layout.TITLE_PT, align=CENTRE)
    title.paragraph_format.space_before = Pt(14)
    for line in header.subject_lines:
        add_paragraph(word, words(line, bold=True), size=layout.TITLE_PT, align=CENTRE)
    rule_under(word, header.subject_lines, layout.TITLE_PT, layout.TEXT_WIDTH_MM, layout.RULE_SHARE)


def _write_addressees(word: WordDocument, document: OfficialDocument) -> None:
    lines = document.addressee_lines()
    if len(lines) == 1:
        only = add_paragraph(word, words(f"Kính gửi: {lines[0]}"), align=CENTRE)
        only.paragraph_format.space_before = Pt(10)
    elif lines:
        indent_mm = 22.0
        label = "Kính gửi:"
        first = add_paragraph(word, words(label), align=WD_ALIGN_PARAGRAPH.LEFT)
        first.paragraph_format.left_indent, first.paragraph_format.space_before = Mm(indent_mm), Pt(10)
        under_colon = indent_mm + metrics.width_points(label[:-1], layout.BODY_PT) / layout.POINTS_PER_MM
        dash = metrics.width_points("- ", layout.BODY_PT)
        for line in lines:
            form = add_paragraph(word, words(line), align=WD_ALIGN_PARAGRAPH.LEFT).paragraph_format
            form.left_indent = Pt(under_colon * layout.POINTS_PER_MM + dash)
            form.first_line_indent = Pt(-dash)
    if lines:
        word.paragraphs[-1].paragraph_format.space_after = Pt(layout.PARAGRAPH_GAP_PT)


def _write_blocks(word: WordDocument, blocks: Iterable[Block], width_mm: float) -> None:
    is_text = False
    for block in blocks:
        if isinstance(block, Table):
            if is_text:
                word.paragraphs[-1].paragraph_format.keep_with_next = True
            _write_table(word, block, width_mm)
        elif isinstance(block, Strips):
            write_strips(word, block, width_mm)
        else:
            _write_text(word, block)
        is_text = isinstance(block, Paragraph | Heading)


def _write_text(word: WordDocument, block: Paragraph | Heading) -> None:
    if isinstance(block, Heading):
        written = add_paragraph(word, words(block.line, bold=True), align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    else:
        spans = [Span(span.text, span.bold, span.italic or block.is_basis) for span in block.spans]
        written = add_paragraph(word, spans, align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    form = written.paragraph_format
    form.first_line_indent, form.line_spacing = Mm(layout.FIRST_LINE_MM), layout.LINE_FACTOR
    form.space_before = Pt(layout.PARAGRAPH_GAP_PT)
    form.keep_with_next = isinstance(block, Heading)


def _write_table(word: WordDocument, table: Table, width_mm: float) -> None:
    """A grid with a repeated heading row; Word would join it to a table right before it, so a line stands between."""
    widths = layout.fit_widths([column.width_mm for column in table.columns], width_mm)
    if word.element.body[-2:-1] and word.element.body[-2].tag == qn("w:tbl"):
        shrink(word.add_paragraph())
    if word.paragraphs:
        word.paragraphs[-1].paragraph_format.space_after = Pt(layout.PARAGRAPH_GAP_PT)
    written = add_grid(word, 1 + len(table.rows), widths)
    written.style = word.styles["Table Grid"]
    heading_row = written.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001  python-docx cannot repeat rows
    heading_row.append(OxmlElement("w:tblHeader"))
    body = [[words(column.title, bold=True) for column in table.columns], *table.rows]
    for index, (row, cells) in enumerate(zip(written.rows, body, strict=True)):
        row._tr.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))  # noqa: SLF001
        for cell, spans, column in zip(row.cells, cells, table.columns, strict=True):
            align = _ALIGNMENTS[column.align] if index else CENTRE
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            fill(cell.paragraphs[0], spans, layout.TABLE_PT, align)
            form = cell.paragraphs[0].paragraph_format
            form.space_before = form.space_after = Pt(2)
            # Word keeps rows together as it keeps paragraphs.
            form.keep_with_next = True if index == 0 or index - 1 in table.held_rows else None


def _write_closing(word: WordDocument, document: OfficialDocument) -> None:
    """Nơi nhận at the left, the signer at the right, on one page and with the last lines of the body."""
    _keep_with_signer(word)
    word.paragraphs[-1].paragraph_format.space_after = Pt(2 * layout.PARAGRAPH_GAP_PT)
    grid = add_grid(word, 1, (layout.SIGNER_LEFT_MM, layout.TEXT_WIDTH_MM - layout.SIGNER_LEFT_MM), inset_mm=0)
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001
    left, right = grid.rows[0].cells
    label = words("Nơi nhận:", bold=True, italic=True)
    fill(left.add_paragraph(), label, layout.RECIPIENTS_LABEL_PT, WD_ALIGN_PARAGRAPH.LEFT)
    for line in document.recipient_lines():
        fill(left.add_paragraph(), words(line), layout.RECIPIENTS_PT, WD_ALIGN_PARAGRAPH.LEFT)
    for line in document.signer.lines:
        add_cell_line(right, line, layout.TITLE_PT, bold=True)
    name = add_cell_line(right, document.signer.name or "", layout.TITLE_PT, bold=True)
    name.paragraph_format.space_before = Mm(30)
    for cell in (left, right):
        drop_first_paragraph(cell)
    if document.checkpoint_line:
        for paragraph in (*left.paragraphs, *right.paragraphs):
            paragraph.paragraph_format.keep_with_next = True


def _keep_with_signer(word: WordDocument) -> None:
    """The closing words, and what is before them (of a table its last rows), on the page of what comes next.

    Word moves whole paragraphs only where it must: of a long one its last two lines go along.
    """
    for element in word.element.body[-3:-1]:
        for part in element.findall(qn("w:tr"))[-layout.KEPT_ROWS :] or [element]:
            for written in part.iter(qn("w:p")):
                WordParagraph(written, word).paragraph_format.keep_with_next = True


def _write_checkpoint(word: WordDocument, line: str) -> None:
    written = add_paragraph(word, words(line, italic=True), size=layout.CHECKPOINT_PT, align=WD_ALIGN_PARAGRAPH.LEFT)
    written.paragraph_format.space_before = Pt(10)
    border_above(written)


def _write_annex(word: WordDocument, document: OfficialDocument, index: int, annex: Annex) -> None:
    section = word.add_section(WD_SECTION.NEW_PAGE)
    shrink(word.paragraphs[-1])
    section.orientation = WD_ORIENT.LANDSCAPE if annex.is_landscape else WD_ORIENT.PORTRAIT
    sides = (layout.PAGE_WIDTH_MM, layout.PAGE_HEIGHT_MM)
    width, height = reversed(sides) if annex.is_landscape else sides
    section.page_width, section.page_height = Mm(width), Mm(height)
    _set_first_number(section)
    add_paragraph(word, words(document.annex_label(index), bold=True), align=CENTRE)
    for line in annex.title_lines:
        add_paragraph(word, words(line, bold=True), align=CENTRE)
    text_width_mm = layout.LANDSCAPE_TEXT_WIDTH_MM if annex.is_landscape else layout.TEXT_WIDTH_MM
    for line in document.header.citation_lines(text_width_mm):
        add_paragraph(word, words(line, italic=True), align=CENTRE)
    rule(word.add_paragraph(), 40.0, text_width_mm)
    _write_blocks(word, annex.blocks, text_width_mm)


def _packed(word: WordDocument) -> bytes:
    """The archive with every member dated alike and the template's thumbnail left out."""
    package = word.part.package
    for key, relation in list(package.rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            del package.rels[key]
    raw, packed = io.BytesIO(), io.BytesIO()
    word.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _EPOCH_OF_ZIP)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(member, source.read(name))
    return packed.getvalue()
