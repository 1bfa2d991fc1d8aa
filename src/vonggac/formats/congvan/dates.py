"""Dates of Vietnamese documents: read from digits, and the place-and-date line of the header."""

import datetime as dt
import re
from dataclasses import dataclass
from datetime import date

from vonggac.formats.congvan.lines import CAPITALS, LONG_DATE
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, squash

SHORT_DATE = re.compile(
    r"\bng[a-z]{0,2}\s{0,3}(?P<day>\d{1,2})\s?[/.\-]\s?(?P<month>\d{1,2})\s?[/.\-]\s?(?P<year>\d{4})"
)
_PLACE = re.compile(
    rf"(?P<place>(?:(?:TP|Tp|T\.P|Thành phố|Tỉnh|tỉnh|Tx|TX)\s?\.?\s?)?[{CAPITALS}][\w'’]{{0,12}}(?:(?:\s?[-–]\s?|\s)[{CAPITALS}][\w'’]{{0,12}}){{0,5}})\s{{0,3}}[,.]?\s{{0,4}}$"  # noqa: E501  # one rule of the grammar stays in one place
)


# The day of a cited document, not of this one: `(Kèm theo Nghị định số 30/2020/NĐ-CP` / `ngày 05 tháng 3`.
_CITED = re.compile(r"\b(?:kem theo|can cu|theo|tai|thuc hien)\s[^\n:;]{0,40}\bso\s[^\s]{1,24}\s{1,3}$")


@dataclass(frozen=True, slots=True)
class PlaceDate:
    """The header's place and date: either may be None; the span is in the text that was searched."""

    place: str | None
    date: dt.date | None
    start: int
    end: int
    is_sure: bool


def make_date(day: str, month: str, year: str) -> date | None:
    """The date of three printed numbers, or None when there is no such day (or the year is before 1945)."""
    try:
        when = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return when if when.year >= 1945 else None


def find_place_date(text: str, vocabulary: Vocabulary) -> PlaceDate | None:
    """The first date of the text that stands as a header's does: after a place and a comma, or alone on its line."""
    folded = fold(text)
    matches = sorted((*LONG_DATE.finditer(folded), *SHORT_DATE.finditer(folded)), key=lambda match: match.start())
    for match in matches:
        if _CITED.search(folded, max(0, match.start() - 60), match.start()):
            continue
        place_start, place = _place_before(text, match.start(), vocabulary)
        begins = not text[: match.start()].rpartition("\n")[2].strip()
        ends = not text[match.end() :].partition("\n")[0].strip(" .*|)/")
        if place is None and not (begins and ends):
            continue
        if place is not None and not ends and text[match.end() : match.end() + 2].startswith((" c", " v", " đ", " t")):
            continue
        when = make_date(match["day"], match["month"], match["year"].replace(" ", ""))
        return PlaceDate(place, when, place_start, match.end(), place is not None and when is not None)
    return None


def _place_before(text: str, offset: int, vocabulary: Vocabulary) -> tuple[int, str | None]:
    before = text[max(0, offset - 80) : offset]
    if "," not in before[-6:] and "." not in before[-4:]:
        known = _known_ending(before, vocabulary)
        return (offset, None) if known is None else (offset - len(before) + before.find(known), known)
    last = before.rpartition("\n")[2] if before.rstrip(" ,.\n").rpartition("\n")[2].strip() else before.rstrip("\n")
    last = last if last.strip(" ,.") else before
    match = _PLACE.search(before.rstrip()) if not last.strip(" ,.") else _PLACE.search(last)
    if match is None:
        return offset, None
    printed = match["place"]
    start = offset - len(last) + match.start() if last in before else offset
    known = _known_ending(f"{before[: len(before) - len(last)].rstrip()} {printed}", vocabulary)
    if known is not None and len(known) >= len(printed):
        start = max(0, text.rfind(known.split()[0], 0, offset))
        return start, known
    joined = _wrapped_start(before[: len(before) - len(last)], last, printed)
    if joined is not None:
        return max(0, text.rfind(joined.split()[0], 0, offset)), joined
    if known is not None and is_header_word(printed[: len(printed) - len(known)]):
        return start + len(printed) - len(known), known
    return start, re.sub(r"\s+", " ", printed)


def restored_place(printed: str, vocabulary: Vocabulary) -> str | None:
    """The one place of the vocabulary that loses only accented letters to become the printed: `Hà Ni` is `Hà Nội`."""
    if vocabulary.level_of(printed) is not None:
        return None
    name = re.sub(r"^(?:TP\.?|Thành phố)\s?", "", printed, flags=re.IGNORECASE)
    whole = [place for place in vocabulary.places.values() if _has_dropped(place, name)]
    return printed.removesuffix(name) + whole[0] if len(whole) == 1 else None


def _has_dropped(place: str, printed: str) -> bool:
    """Whether the printed text is the place without some of its accented letters."""
    letters = iter(printed)
    wanted = next(letters, None)
    for letter in place:
        if letter == wanted:
            wanted = next(letters, None)
        elif letter.isascii():
            return False
    return wanted is None


def is_header_word(text: str) -> bool:
    """Whether the text before a place is left over from the header (a motto's or a symbol's last word)."""
    return bool(text.strip()) and squash(text) not in {"tp", "thanhpho", "tinh"}


def _wrapped_start(above: str, last: str, printed: str) -> str | None:
    """The place whose first word stands alone at the end of the line above: `Mỹ` / `Tho, ngày ...`."""
    if not last.lstrip().startswith(printed):
        return None
    line = above.rstrip("\n").rpartition("\n")[2].strip()
    if re.fullmatch(rf"[{CAPITALS}][^\W\d_]{{0,6}}", line) and not line.isupper() and not above.endswith("\n\n"):
        return f"{line} {printed}"
    return None


def _known_ending(before: str, vocabulary: Vocabulary) -> str | None:
    tail = squash(before)
    for squashed, name in vocabulary.places.items():
        if tail.endswith(squashed):
            words = before.replace(",", " ").split()
            count = len(name.split())
            candidate = " ".join(words[-count:])
            prefix = " ".join(words[-count - 1 : -count])
            if squash(candidate) != squashed or not candidate[:1].isupper():
                continue
            return f"{prefix} {candidate}" if prefix.rstrip(".").lower() == "tp" else candidate
    return None
