"""What a sheet says of its own letters: `S: ca sáng (06h–14h)`, a table of letters, hours in a heading."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vonggac.kernel.text import fold

_TO = r"\s*(?:hom truoc\s*)?(?:-|–|den|to|~)\s*"
_HOURS = re.compile(
    rf"(?<!\d)(\d{{1,2}})\s*(?:[hg:]\s*(\d{{2}})?)?{_TO}(\d{{1,2}})\s*(?:[hg:]\s*(\d{{2}})?)?(?!\d)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(ky hieu|ghi chu|chu thich|quy uoc|legend|notes?)\b")
_LINE = re.compile(r"\W*[\w/]{1,5}\s*[:=]\s*\w")
_WHOLE_DAY = re.compile(r"(?<![\d/])24\s*(?:/\s*24|/\s*7|h\b|gio\b)")
_IS = r"\s*[:=–-]\s*"
_SPANS = (
    rf"\s*[(\[]?\s*(?:tu\s+)?\d{{1,2}}\s*(?:[hg:]\s*(?:\d{{2}})?)?{_TO}\d{{1,2}}\s*(?:[hg:]\s*(?:\d{{2}})?)?"
    r"(?:\s*hom sau)?\s*[)\]]?"
)


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


def is_whole_day(text: str) -> bool:
    """True for `trực 24/24h`, which says how long and not from when."""
    return bool(_WHOLE_DAY.search(fold(text)))


def without_hours(text: str) -> str:
    """What a meaning says besides its hours: `Ca sáng (06h00 – 14h00)` is `Ca sáng`."""
    found = re.search(_SPANS, fold(text))
    bare = text[: found.start()] + text[found.end() :] if found and hours_in(text) else text
    return " ".join(bare.split()).strip(" :;,.-–")


def read(rows: Iterable[Sequence[str]], marks: Iterable[str]) -> dict[str, str]:
    """Mark → what the sheet says that it means, from the lines beside the table; case does not tell marks apart."""
    own = {mark.casefold(): mark for mark in sorted(marks, key=len, reverse=True)}
    if not own:
        return {}
    one = "|".join(map(re.escape, own))
    # A meaning ends where a sign or the next mark does: commas stand inside of meanings too.
    pair = re.compile(
        rf"(?<![\w/])({one}){_IS}(\S.*?)(?=\s*(?:[;|\n]|[,.]?\s+(?:{one})\s*[:=]|,\s*(?:{one}){_IS}|$))", re.IGNORECASE
    )
    found: dict[str, str] = {}
    for cells in rows:
        filled = [cell.strip() for cell in cells if cell.strip()]
        for first, second in itertools.pairwise(filled):
            if first.casefold() in own and len(second) > len(first) and second.casefold() not in own:
                found.setdefault(own[first.casefold()], second)
        for cell in filled:
            for mark, meaning in pair.findall(cell):
                found.setdefault(own[mark.casefold()], meaning.strip(" .,;"))
    return found


def is_heading(cell: str) -> bool:
    """True for a cell that begins the legend, or is a line of it."""
    return bool(_HEADING.match(fold(cell).strip()) or _LINE.match(cell))
