"""The head of one document: number, place and date, bodies, title or `V/v`, and how far the head reaches."""

import re
from dataclasses import dataclass

from vonggac.formats.congvan.addressees import greeting_end
from vonggac.formats.congvan.bodies import Bodies, read_bodies
from vonggac.formats.congvan.dates import PlaceDate, find_place_date
from vonggac.formats.congvan.lines import LONG_DATE, MOTTO, MOTTO_SECOND, PARTY_MOTTO, Line, Sheet
from vonggac.formats.congvan.number import Number, find_number
from vonggac.formats.congvan.subject import (
    Subject,
    Title,
    find_title,
    subject_after_about,
    subject_below_title,
    subject_in_capitals,
)
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, is_capitals

_URGENCY = {"hoa toc": "hoa_toc", "thuong khan": "thuong_khan", "khan": "khan", "hoa toc hen gio": "hoa_toc"}
_SECRECY = {"tuyet mat": "tuyet_mat", "toi mat": "toi_mat", "mat": "mat"}
# A stamp ends its line: alone on it, or beside `V/v` where columns are merged.
_STAMP = re.compile(
    rf"(?:^|(?<=\s))[*\[(]*(?P<stamp>{'|'.join(sorted((*_URGENCY, *_SECRECY), key=len, reverse=True))})[ .*\])]*$",
    re.MULTILINE,
)
_BODY = re.compile(r"^(?:can cu |xet |thuc hien |nham |trong thoi gian|thoi gian |ngay \d|(?:1|i)\. )")
_HEAD_LINES = 90
_HEAD_CHARACTERS = 8_000
_PARAGRAPH = 150


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a document says; `end` is the index of the first line behind title, subject and number.

    `unstamped` is the text of `sheet` with its stamps blanked out.
    """

    number: Number | None
    place_date: PlaceDate | None
    bodies: Bodies
    title: Title | None
    subject: Subject | None
    urgency: str | None
    secrecy: str | None
    has_motto: bool
    is_party: bool
    has_about: bool
    sheet: Sheet
    unstamped: str
    end: int


def read_header(lines: tuple[Line, ...], vocabulary: Vocabulary, cited: frozenset[str]) -> Header:
    """The head of a document from its lines; absent parts are None."""
    limit = _limit(lines)
    sheet = Sheet(lines[:limit])
    motto_spans = _mottos(sheet)
    number = find_number(sheet.flat, vocabulary, cited)
    stamps = _stamps(sheet)
    unstamped = _carve(sheet.flat, list(stamps.values()))
    carved = _carve(unstamped, [*motto_spans, *([(number.start, number.end)] if number else [])])
    place_date = find_place_date(carved, vocabulary)
    if place_date:
        carved = _carve(carved, [(place_date.start, place_date.end)])
    rest = tuple(
        Line(line.number, text, line.is_bold) for line, text in zip(sheet.lines, _by_line(carved, sheet), strict=True)
    )
    title = find_title(rest, len(rest), vocabulary)
    with_tail = rest + lines[limit:]
    subject, has_about = _subject(with_tail, title, limit)
    top = min(index for index in (title.index if title else limit, subject.first if subject else limit))
    number_index = sheet.index_at(number.start) if number else None
    bodies = _bodies(rest, top, number_index, vocabulary)
    if subject is None and title is None and number and number.symbol and not has_about:
        subject = subject_in_capitals(rest, _end(None, None, number, place_date, sheet))
    return Header(
        number,
        place_date,
        bodies,
        title,
        subject,
        next((_URGENCY[stamp] for stamp in stamps if stamp in _URGENCY), None),
        next((_SECRECY[stamp] for stamp in stamps if stamp in _SECRECY), None),
        bool(motto_spans),
        bool(PARTY_MOTTO.search(sheet.folded)),
        has_about,
        sheet,
        unstamped,
        _end(title, subject, number, place_date, sheet),
    )


def _limit(lines: tuple[Line, ...]) -> int:
    """The index of the greeting or of the first paragraph of the body: nothing of the head stands behind it."""
    printed = characters = 0
    previous = ""
    for index, line in enumerate(lines):
        if not line.text:
            continue
        printed += 1
        characters += len(line.text)
        if characters > _HEAD_CHARACTERS:
            return index
        folded = fold(line.text)
        if greeting_end(folded) is not None or printed > _HEAD_LINES:
            return index
        is_long = (
            len(line.text) > _PARAGRAPH and not is_capitals(line.text) and not folded.startswith(("v/v", "ve viec"))
        )
        begins = _BODY.match(folded) and not (previous.endswith(",") and LONG_DATE.match(folded))
        if printed > 1 and (is_long or begins) and _anchored(lines[:index]):
            return index
        previous = line.text
    return len(lines)


def _anchored(above: tuple[Line, ...]) -> bool:
    """Whether a number line, a date or a title stands above: before that, long lines are the site's own furniture."""
    text = fold("\n".join(line.text for line in above))
    return bool(re.search(r"^\W*so\s?:", text, re.MULTILINE) or MOTTO.search(text) or MOTTO_SECOND.search(text))


def _mottos(sheet: Sheet) -> list[tuple[int, int]]:
    spans = [match.span() for pattern in (MOTTO, MOTTO_SECOND) for match in pattern.finditer(sheet.folded)]
    return [
        *spans,
        *(
            match.span()
            for match in PARTY_MOTTO.finditer(sheet.folded)
            if is_capitals(sheet.flat[slice(*match.span())])
        ),
    ]


def _carve(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with the spans blanked out; line feeds stay, so that lines keep their places."""
    for start, end in spans:
        blank = re.sub(r"[^\n]", " ", text[start:end])
        text = text[:start] + blank + text[end:]
    return text


def _by_line(carved: str, sheet: Sheet) -> list[str]:
    return [text.strip() for text in carved.split("\n")] if sheet.lines else []


def _subject(lines: tuple[Line, ...], title: Title | None, limit: int) -> tuple[Subject | None, bool]:
    about = subject_after_about(lines, 0, limit)
    if title is not None and title.kind != "cong_van" and (about is None or about.first > title.index):
        return subject_below_title(lines, title), False
    return about, about is not None


def _bodies(rest: tuple[Line, ...], top: int, number_index: int | None, vocabulary: Vocabulary) -> Bodies:
    """The bodies above the number, for both stand in the left column; where none does, those above title or subject."""
    if number_index is not None and number_index < top:
        bodies = read_bodies((line.text for line in rest[: number_index + 1]), vocabulary)
        if bodies.issuer is not None:
            return bodies
    return read_bodies((line.text for line in rest[:top]), vocabulary)


def _stamps(sheet: Sheet) -> dict[str, tuple[int, int]]:
    """The spans of the stamps in capitals, each the first of its kind; a line in capitals that ends so is no stamp."""
    found: dict[str, tuple[int, int]] = {}
    for match in _STAMP.finditer(sheet.folded):
        before = sheet.flat[sheet.flat.rfind("\n", 0, match.start()) + 1 : match.start()]
        if is_capitals(sheet.flat[slice(*match.span())]) and not is_capitals(before):
            found.setdefault(match["stamp"], match.span())
    return found


def _end(
    title: Title | None, subject: Subject | None, number: Number | None, place_date: PlaceDate | None, sheet: Sheet
) -> int:
    ends = [0]
    if title:
        ends.append(title.last + 1)
    if subject:
        ends.append(subject.last)
    if number:
        ends.append(sheet.index_at(number.end - 1) + 1)
    if place_date and place_date.is_sure:
        ends.append(sheet.index_at(place_date.end - 1) + 1)
    return max(ends)
