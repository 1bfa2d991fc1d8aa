"""Whom a document is addressed to: what stands behind `Kính gửi` (or `điện:` in a công điện)."""

import re
from dataclasses import dataclass

from vonggac.formats.congvan.bodies import HEADS
from vonggac.formats.congvan.lines import CAPITALS, Line
from vonggac.kernel.text import fold, lead_end, repair_spaces

_WIRE = re.compile(r"^[\w ,]{3,80}\bdien\s?:\s*")
_BULLET = re.compile(rf"^[-–—•+*·]\s*(?=\S)|^\d{{1,2}}[.)]\s+(?=[{CAPITALS}])")
_NUMBERED = re.compile(r"^\d")
_BARE_BULLET = re.compile(r"^[-–—•+·]$")
_HANGS = re.compile(r"(?:\bva|\bcac|\bcua|\bthuoc|\bvoi|,|-)$")
_BODY = re.compile(
    r"^(?:can cu|thuc hien|theo |ngay \d|nham |de |qua |thoi gian|trong |noi nhan|\d{1,2}\. |i\. |ubnd tinh nhan)"
)
# Body text that a lost line end has glued to the last name.
_GLUED = re.compile(
    r"(?<=[\w.])\s+(?=(?:Căn cứ|Thực hiện|Trước tình hình|Nhằm|Thời gian|Trong thời gian|Hiện nay|Ngày \d|Theo )\s?\w)"
)
# What an unmarked line says that is a sentence of the body and no name.
_SAYS = re.compile(r":$|\b(?:yeu cau|de nghi|nhan duoc|thong bao|kinh moi|trien khai|ban hanh)\b")
# How a name begins that stands on a line of its own without a mark, and what a sentence about a body has and no name.
_NAME = re.compile(rf"(?:cac|ong|ba|dong chi|thu truong|lanh dao|doanh nghiep|tram|{'|'.join(HEADS)})\b")
_PREDICATE = re.compile(r"\b(?:da|se|xin|dang|duoc|bao cao|gui|co y kien|nhan thay|van ban so)\b|[,;:]$")
# A name has no full stop inside but those of abbreviations: what follows one is the body that lost its line end.
_NEXT_SENTENCE = re.compile(rf"(?<!\bTP)(?<!\bTx)(?<!\bTX)(?<!\bT)(?<!\bTT)(?<!\bQ)(?<!\bP)\.\s+(?=[{CAPITALS}])")
_LONG = 420
_SENTENCE = 120


@dataclass(frozen=True, slots=True)
class Addressees:
    """The names, the lines they were read from (`last` exclusive) and a certainty."""

    names: tuple[str, ...]
    first: int
    last: int
    certainty: float


def find_addressees(lines: tuple[Line, ...], *, is_wire: bool) -> Addressees | None:
    """The addressees of the first greeting in the lines; None without a greeting."""
    for index, line in enumerate(lines):
        folded = fold(line.text)
        wire = _WIRE.match(folded) if is_wire else None
        end = wire.end() if wire else greeting_end(folded)
        if end is not None:
            return _collect(lines, index, line.text[end:].strip())
    return None


def greeting_end(folded: str) -> int | None:
    """Where `kính gửi:` ends at the head of a folded line; None when the line begins otherwise."""
    return lead_end(folded, "kính gửi")


def _collect(lines: tuple[Line, ...], index: int, inline: str) -> Addressees:  # noqa: C901  # one rule of the grammar stays in one place
    items: list[str] = []
    bullets = 0
    pending = False
    is_numbered = bool(_NUMBERED.match(inline))
    if inline:
        bullets += bool(_BULLET.match(inline))
        items.append(_BULLET.sub("", inline))
    last = index + 1
    is_over = _is_closed(inline)
    unmarked = 0
    while last < len(lines) and not is_over:
        text = lines[last].text.strip()
        if not text:
            if items and not _continues_after_blank(items[-1], lines, last, bullets):
                break
            last += 1
            continue
        if _BARE_BULLET.match(text):
            pending, bullets = True, bullets + 1
            last += 1
            continue
        if items and (items[-1].endswith(":") or (_NUMBERED.match(text) and not is_numbered)):
            break
        is_numbered = is_numbered or bool(_NUMBERED.match(text))
        is_name = not inline and not bullets and bool(items) and _is_unmarked_name(items[-1], text)
        unmarked += is_name
        is_bullet = bool(_BULLET.match(text)) or pending or is_name
        if not is_bullet and items and _starts_body(items[-1], text, bullets):
            break
        bullets += bool(_BULLET.match(text))
        text, pending = _BULLET.sub("", text), False
        if not items or is_bullet or (items[-1].endswith(";") and text[:1].isupper()):
            items.append(text)
        else:
            items[-1] = f"{items[-1]} {text}"
        last += 1
        is_over = _is_closed(text) or len(items) > 60 or len(items[-1]) > _LONG
    names = _names(items, bullets)
    if any(_GLUED.search(name) or _NEXT_SENTENCE.search(name) for name in names):
        names = tuple(_before_the_body(name) for name in names)
        return Addressees(names, index, last if is_over and len(items) > 1 else index + 1, 0.8)
    certainty = 0.95 if names and not unmarked and (is_over or bullets or len(names) == 1) else 0.75
    if any(len(name) > 250 for name in names):
        certainty = 0.5
    return Addressees(names, index, last, certainty)


def _before_the_body(name: str) -> str:
    return _NEXT_SENTENCE.split(_GLUED.split(name, maxsplit=1)[0], maxsplit=1)[0].strip(" ;,./")


def _is_closed(text: str) -> bool:
    """Whether the list ends here: a full stop that is not one of an abbreviation."""
    return text.endswith(".") and not re.search(r"(?:\bTP|\bT|\bTT)\.$", text)


def _continues_after_blank(last_item: str, lines: tuple[Line, ...], index: int, bullets: int) -> bool:
    following = next((line.text.strip() for line in lines[index:] if line.text), "")
    if _BULLET.match(following) or _BARE_BULLET.match(following):
        return not re.match(r"^[-–+]\s*\d", following) and len(following) < 300
    if _BODY.match(fold(following)):
        return False
    return (
        (last_item.endswith(";") and not (bullets and _SAYS.search(fold(following))))
        or bool(_HANGS.search(fold(last_item)))
        or following[:1].islower()
    )


def _starts_body(last_item: str, text: str, bullets: int) -> bool:
    """Whether an unmarked line begins the body rather than going on with the last item."""
    if text.endswith(":") and text[:1].isupper() and _SAYS.search(fold(text[:-1])):
        return True
    if text[:1].islower() or _HANGS.search(fold(last_item)):
        return False
    # A list with marks does not go on with a long sentence that has none, even if its last mark is a semicolon.
    if bullets and last_item.endswith((";", ",")) and len(text) > _SENTENCE and text[:1].isupper():
        return True
    if last_item.endswith((";", ",")):
        return False
    if _BODY.match(fold(text)):
        return True
    # A wrapped name goes on for at most one short line; a paragraph of the body is longer, or a full sentence.
    return len(text) > 100 or (len(last_item) < 35 and not bullets)


def _is_unmarked_name(last_item: str, text: str) -> bool:
    """Whether a line without a mark is one more name of a list that has none, one name a line."""
    folded = fold(text)
    return (
        text[:1].isupper()
        and not last_item.endswith(";")
        and len(text) <= _SENTENCE
        and bool(_NAME.match(folded))
        and not _HANGS.search(fold(last_item))
        and not _SAYS.search(folded)
        and not _PREDICATE.search(folded)
    )


def _names(items: list[str], bullets: int) -> tuple[str, ...]:
    if bullets < 2:
        items = [part for item in items for part in item.split(";")]
    # `./.` closes a letter that says nothing more.
    cleaned = (repair_spaces(item).strip(" ;,-").rstrip("./").strip() for item in items)
    return tuple(name for name in cleaned if name and re.search(r"\w", name))
