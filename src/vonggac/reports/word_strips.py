"""Strip charts in a .docx: tables whose cells are as wide as the stretches, shaded by patterns that a copier keeps."""

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import _Cell

from vonggac.reports import layout
from vonggac.reports.official import Strips, words
from vonggac.reports.word_elements import add_grid, fill, shrink

# Pattern and colours of each shade, as Word names them.
_SHADES: dict[str, tuple[str, str, str]] = {
    "present": ("clear", "auto", "969696"),
    "planned": ("clear", "auto", "FFFFFF"),
    "hole": ("diagStripe", "000000", "FFFFFF"),
    "idle": ("clear", "auto", "F0F0F0"),
}
# Word refuses cells narrower than this.
_NARROWEST_MM = 0.4


def write_strips(word: WordDocument, strips: Strips, width_mm: float) -> None:
    """Each lane as a table of one row whose cells are as wide as their stretches; below them the axis."""
    room = width_mm - layout.STRIP_LABEL_MM
    for lane in strips.lanes:
        row = _strip_row(word, [share * room for share, _ in lane.pieces])
        fill(row[0].paragraphs[0], words(lane.name), layout.STRIP_PT, WD_ALIGN_PARAGRAPH.LEFT)
        for cell, (_share, shade) in zip(row[1:], lane.pieces, strict=True):
            _shade(cell, shade)
        shrink(word.add_paragraph())
    row = _strip_row(word, [share * room for share, _ in strips.axis])
    for cell, (_share, text) in zip(row[1:], strips.axis, strict=True):
        fill(cell.paragraphs[0], words(text), layout.STRIP_PT, WD_ALIGN_PARAGRAPH.LEFT)


def _strip_row(word: WordDocument, widths_mm: list[float]) -> list[_Cell]:
    """The label's cell and the others of a new one-row table."""
    if word.paragraphs:
        word.paragraphs[-1].paragraph_format.keep_with_next = True
    table = add_grid(word, 1, [layout.STRIP_LABEL_MM, *(max(_NARROWEST_MM, width) for width in widths_mm)], inset_mm=0)
    table.rows[0].height = Mm(layout.STRIP_LANE_MM)
    return list(table.rows[0].cells)


def _shade(cell: _Cell, shade: str) -> None:
    pattern, colour, ground = _SHADES[shade]
    shading = OxmlElement("w:shd")
    for name, value in (("val", pattern), ("color", colour), ("fill", ground)):
        shading.set(qn(f"w:{name}"), value)
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001  python-docx has no shading
    if shade in {"planned", "hole"}:
        borders = OxmlElement("w:tcBorders")
        for side in ("top", "left", "bottom", "right"):
            border = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "4"), ("color", "000000")):
                border.set(qn(f"w:{name}"), value)
            borders.append(border)
        properties.append(borders)
    properties.append(shading)
    fill(cell.paragraphs[0], (), 1, WD_ALIGN_PARAGRAPH.LEFT)
