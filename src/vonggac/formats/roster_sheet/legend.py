"""What a sheet says of its own letters: `S: ca sáng (06h–14h)`, a table of letters, hours in a heading."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vonggac.kernel.text import fold

_PAIR = re.compile(
    r"(?:^|[\s;,:.(|–-])([A-ZĐÔƠƯÂĂÊ][A-ZĐÔƠƯÂĂÊa-zđ]{0,2}\d?)\s*[:=–-]\s*([^;|\n=]+?)(?=\s*(?:[;|\n]|,\s*[A-ZĐÔ]{1,3}\d?\s*[:=–-]|$))"
)
_HOURS = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[hg:]\s*(\d{2})?)?\s*(?:-|–|den|to|~)\s*(\d{1,2})\s*(?:[hg:]\s*(\d{2})?)?(?!\d)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(ky hieu|ghi chu|chu thich|quy uoc|legend|notes?)\b")
_LETTER = re.compile(r"[A-ZĐÔƠƯÂĂÊ]{1,3}\d?$")


@dataclass(frozen=True, slots=True)
class Hours:
    """A time of day, in minutes after midnight; an end at or before the begin lies on the next day."""

    start_minute: int
    length_minutes: int


def hours_in(text: str) -> Hours | None:
    """The first span of hours in a text: `06h00 – 14h00`, `22:00-06:00`, `6-14h`."""
    found = _HOURS.search(fold(text))
    if not found:
        return None
    begin, end = int(found[1]) * 60 + int(found[2] or 0), int(found[3]) * 60 + int(found[4] or 0)
    has_unit = any(sign in found[0] for sign in "hg:")
    if not has_unit or begin >= 24 * 60 or end > 24 * 60:
        return None
    return Hours(begin, (end - begin) % (24 * 60) or 24 * 60)


def read(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """Letter → what the sheet says that it means, from the lines beside the table."""
    found: dict[str, str] = {}
    for cells in rows:
        filled = [cell.strip() for cell in cells if cell.strip()]
        for first, second in itertools.pairwise(filled):
            if _LETTER.match(first) and len(second) > len(first) and not _LETTER.match(second):
                found.setdefault(first, second)
        for cell in filled:
            for letter, meaning in _PAIR.findall(cell):
                if not _HEADING.match(fold(letter)):
                    found.setdefault(letter, meaning.strip(" .,;"))
    return found


def is_heading(cell: str) -> bool:
    """True for a cell that begins the legend."""
    return bool(_HEADING.match(fold(cell).strip()))
