"""The measures of Decree 30/2020, Annex I, that both writers share: millimetres, points and line factors.

Where the decree allows a range, the value is the one of its own example column (Part I, section V).
"""

from collections.abc import Sequence

PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0
MARGIN_TOP_MM = 20.0
MARGIN_BOTTOM_MM = 20.0
MARGIN_LEFT_MM = 30.0
MARGIN_RIGHT_MM = 15.0
PAGE_NUMBER_FROM_TOP_MM = 10.0

TEXT_WIDTH_MM = PAGE_WIDTH_MM - MARGIN_LEFT_MM - MARGIN_RIGHT_MM
LANDSCAPE_TEXT_WIDTH_MM = PAGE_HEIGHT_MM - MARGIN_LEFT_MM - MARGIN_RIGHT_MM
HEADER_LEFT_MM = 69.0
HEADER_RIGHT_MM = TEXT_WIDTH_MM - HEADER_LEFT_MM
SIGNER_LEFT_MM = 78.0
CELL_INSET_MM = 1.5

NATION_PT = 12.0
MOTTO_PT = 13.0
BODY_NAME_PT = 12.0
NUMBER_PT = 13.0
PLACE_PT = 13.0
LETTER_SUBJECT_PT = 12.0
TITLE_PT = 14.0
BODY_PT = 14.0
TABLE_PT = 12.0
RECIPIENTS_LABEL_PT = 12.0
RECIPIENTS_PT = 11.0
CHECKPOINT_PT = 11.0
PAGE_NUMBER_PT = 14.0

FIRST_LINE_MM = 12.7
PARAGRAPH_GAP_PT = 6.0
LINE_FACTOR = 1.15
RULE_PT = 0.75
RULE_SHARE = 0.42
"""Of the line above it: the decree asks for a third to a half."""

KEPT_ROWS = 2
"""Of a table that ends the body: on the signer's page."""

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

# A strip chart: the room for the names, the height of a lane, and the size of the text beside and below it.
STRIP_LABEL_MM = 42.0
STRIP_LANE_MM = 5.0
STRIP_PT = 10.0

POINTS_PER_MM = 72 / 25.4


def fit_widths(widths_mm: Sequence[float], available_mm: float) -> list[float]:
    """Column widths in the given proportions that fill the available width exactly."""
    total = sum(widths_mm)
    return [width * available_mm / total for width in widths_mm]
