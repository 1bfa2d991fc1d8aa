"""Where one document of a file ends and the next begins: a new header after a body."""

import re

from vonggac.formats.congvan.addressees import greeting_end
from vonggac.formats.congvan.bodies import looks_like_body
from vonggac.formats.congvan.lines import LONG_DATE, MOTTO, PARTY_MOTTO, Line
from vonggac.formats.congvan.number import GROUP
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold

_NUMBER = re.compile(rf"^\W{{0,4}}S[ốo0]\s{{0,3}}:\s{{0,3}}[^\n]{{0,20}}?[/\-]\s{{0,3}}{GROUP}")
_ABOUT = re.compile(r"^\W{0,4}v\s?/\s?v\b")
_ANNEX = re.compile(r"^(?:phu luc|mau (?:so|bieu|\d)|bieu mau|mau)\b")
_ENDING = re.compile(r"^\W{0,4}noi nhan\b|[./)]/\.?\W*$")
_LOOK_BACK_LINES = 8


def split(lines: list[Line], vocabulary: Vocabulary) -> list[tuple[Line, ...]]:
    """The lines of each document of a file, in order; a file with one document gives one group."""
    anchors = [(index, kind) for index, line in enumerate(lines) if (kind := _anchor(line.text)) is not None]
    starts = [0]
    seen: set[str] = set()
    has_ended = False
    previous = -1
    for order, (index, kind) in enumerate(anchors):
        has_ended = has_ended or _ends_between(lines, previous + 1, index)
        if (
            kind in seen
            and has_ended
            and _is_header(anchors[order : order + 12], index)
            and not _in_annex(lines, index, starts[-1])
        ):
            starts.append(_header_start(lines, index, starts[-1], vocabulary))
            seen, has_ended = set(), False
        seen.add(kind)
        previous = index
    edges = [*starts, len(lines)]
    return [tuple(lines[start:end]) for start, end in zip(edges, edges[1:], strict=False)]  # noqa: RUF007  # one rule of the grammar stays in one place


def _anchor(text: str) -> str | None:  # noqa: PLR0911  # one rule of the grammar stays in one place
    if not text or len(text) > 260:
        return None
    if _NUMBER.match(text):
        return "number"
    folded = fold(text)
    if MOTTO.search(folded) or (PARTY_MOTTO.search(folded) and len(text) < 80):
        return "motto"
    if ":" in text[:16] and greeting_end(folded) is not None:
        return "greeting"
    if _ABOUT.match(folded):
        return "about"
    date = LONG_DATE.search(folded)
    if date and date.end() >= len(folded.rstrip(" .*")) - 1 and date.start() < 40:
        return "date"
    return None


def _ends_between(lines: list[Line], start: int, end: int) -> bool:
    return any(
        _ENDING.search(fold(line.text[-120:])) or _ENDING.match(fold(line.text[:20]))
        for line in lines[start:end]
        if line.text
    )


def _is_header(anchors: list[tuple[int, str]], index: int) -> bool:
    """Whether anchors of a real header stand close together from here on: a number, or a motto with a greeting or date."""  # noqa: E501  # one rule of the grammar stays in one place
    near = {kind for position, kind in anchors if index <= position <= index + 25}
    return len(near) >= 2 and bool(near & {"number", "motto"})


def _in_annex(lines: list[Line], index: int, start: int) -> bool:
    """Whether the header is a blank form of an annex: its number is not filled in, and an annex has been announced."""
    nearby = [line.text for line in lines[max(start, index - 10) : index] if line.text]
    announced = any(_ANNEX.match(fold(text)) for text in nearby)
    numbers = [line.text for line in lines[index : index + 12] if re.match(r"^\W{0,4}S[ốo]\s?:", line.text)]
    return announced and not any(re.search(r"\d\s{0,4}/", text) for text in numbers)


_ATTACHED = re.compile(
    r"^\W{0,4}(?:ban hanh )?kem theo (?:nghi dinh|thong tu|quyet dinh|cong van|ke hoach|van ban|bao cao)\b"
)


def is_annex(lines: tuple[Line, ...]) -> bool:
    """Whether the text begins as an annex or a blank form: `Phụ lục` or `Mẫu số`, then `(Kèm theo Nghị định ...)`."""
    head = [fold(line.text).lstrip(" #*|") for line in lines[:60] if line.text][:25]
    announced = next((order for order, text in enumerate(head) if _ANNEX.match(text)), None)
    return announced is not None and any(_ATTACHED.match(text) for text in head[announced:])


def _header_start(lines: list[Line], index: int, start: int, vocabulary: Vocabulary) -> int:
    """The first line of the header: bodies in capitals above the anchor belong to it, the signature before them does not."""  # noqa: E501  # one rule of the grammar stays in one place
    first = index
    for position in range(index - 1, max(start, index - _LOOK_BACK_LINES), -1):
        text = lines[position].text
        if not text:
            continue
        belongs = looks_like_body(text, vocabulary) or (
            text.isupper() and first == position + 1 and fold(text).startswith(("tinh", "thanh pho"))
        )
        if not belongs or re.match(r"^(?:tm|kt|tl|tuq|pho|thu|chu)\b", fold(text)):
            break
        first = position
    return first
