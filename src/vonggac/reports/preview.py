"""The pages of an official document as pictures, exactly as its PDF: for the desk, before anything is issued."""

from vonggac.reports import fonts, pdf
from vonggac.reports.official import OfficialDocument


def preview_pages(
    document: OfficialDocument, *, pixels_per_inch: float = 96, font: fonts.Font | None = None
) -> list[bytes]:
    """One PNG a page, in order; 96 pixels an inch make 794 × 1123 for an upright page."""
    return pdf.render(document, "png", font or fonts.chosen_font(), pixels_per_inch)
