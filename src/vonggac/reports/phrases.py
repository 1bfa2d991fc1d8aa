"""How the papers say days, numbers, shares and sentences, each with the source of its figure where it has one."""

from datetime import date, datetime

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.reports.figures import Figure
from vonggac.reports.official import Paragraph, Span, words


def day_text(day: date) -> str:
    """`ngày 02 tháng 4 năm 2026`: days below ten and the first two months with a nought (NĐ 30/2020)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def moment_text(moment: datetime) -> str:
    """`16 giờ 30 phút ngày 20 tháng 4 năm 2026`, as a clock in Hà Nội shows it."""
    local = moment.astimezone(OFFICE_ZONE)
    return f"{local.hour:02d} giờ {local.minute:02d} phút {day_text(local.date())}"


def counted(figure: Figure) -> Span:
    """The number of a figure, which leads to its rows."""
    return Span(number_text(figure.value), source=figure.source)


def number_text(value: int) -> str:
    """The number with dots between thousands, as Vietnamese text writes it."""
    return f"{value:,}".replace(",", ".")


def share_text(part: Figure, whole: Figure) -> str:
    """` (đạt 75,0%)`; nothing of nothing."""
    return f" (đạt {percent(part.value, whole.value)}%)" if whole.value else ""


def percent(part: int, whole: int) -> str:
    """`75,0`; 100 is said of all alone."""
    tenths = (2 * part * 1000 + whole) // (2 * whole)
    if part < whole:
        tenths = min(tenths, 999)
    return f"{tenths // 10},{tenths % 10}"


def plain(text: str) -> Paragraph:
    """A paragraph of words alone."""
    return Paragraph(words(text))


def sentence(text: str) -> str:
    """The text with a capital in front and one full stop behind."""
    return f"{capital(trimmed(text))}."


def trimmed(text: str) -> str:
    """The text without blanks around and marks behind."""
    return text.strip().rstrip(".;:,")


def capital(text: str) -> str:
    """The text with a capital in front."""
    return text[:1].upper() + text[1:]
