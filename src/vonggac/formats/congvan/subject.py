"""Kind and subject of a document: the title in capitals with what stands below it, or `V/v` below the number."""

import re
from dataclasses import dataclass, replace

from vonggac.formats.congvan.attached import says_with
from vonggac.formats.congvan.lines import CAPITALS, Line
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, is_capitals, likeness, repair_spaces, squash

CONG_VAN = "cong_van"
NONE = "none"

_ABOUT = re.compile(r"^[\W_]{0,4}(?:v\s?/\s?v|ve viec)\b[\s:.]{0,4}")
_ABOUT_LOOSE = re.compile(r"^[\W_]{0,4}v\s?/\s?v")
_BODY_START = re.compile(
    r"^(?:can cu|thuc hien|theo |xet |de |nham |kinh gui|qua |trong thoi gian|thoi gian qua|ngay \d|noi nhan|(?:phan|chuong|dieu|muc) (?:[ivx\d]|thu )"  # noqa: E501  # one rule of the grammar stays in one place
    r"|(?:[ivx]{1,5}|\d{1,2})[.)\-]\s|a\)\s|\(?ban hanh kem theo|\(?kem theo)"
)
# The sentence that opens the measures (`Bộ trưởng yêu cầu:`) or names whom a wire goes to (`Bộ Y tế điện:`).
_ORDERS = re.compile(r"\b(?:yeu cau|de nghi|chi thi|chi dao)\b[^:]{0,60}:$|^[\w ,]{3,80} dien\s?:$")
_AUTHORITY = re.compile(
    r"^(?:chu tich|giam doc|bo truong|thu tuong|cuc truong|tong giam doc|uy ban nhan dan|hoi dong nhan dan|ban thuong vu|truong ban"  # noqa: E501  # one rule of the grammar stays in one place
    r"|chanh van phong|thong doc|hieu truong|quyet dinh\W*$|quyet nghi\W*$|chinh phu\W*$|tong cuc truong)"
)
_QUALIFIERS = frozenset(
    {"kythuat", "tomtat", "nhanh", "tuan", "thang", "quy", "nam", "lienngu", "lientich", "so", "chuyende"}
)
_OTHER_TITLES = {"tomtat": None, "bantin": None, "canhbao": None}


@dataclass(frozen=True, slots=True)
class Title:
    """A title found: the kind it names (None for one that names none), first and last line, what follows it there."""

    kind: str | None
    index: int
    last: int
    rest: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject with the indices of the lines it was read from (`last` is exclusive) and a certainty."""

    text: str
    first: int
    last: int
    certainty: float


def find_title(lines: tuple[Line, ...], limit: int, vocabulary: Vocabulary) -> Title | None:
    """The first line among the first `limit` that is, or begins with, a type of document in capitals."""
    for index, line in enumerate(lines[:limit]):
        words = repair_spaces(line.text.strip(" .:*")).split()
        if not words or not is_capitals(" ".join(words[:2])):
            continue
        title = _match_title(words, index, vocabulary) or _match_broken(words, lines[:limit], index, vocabulary)
        if title is not None:
            return title
    return None


def _match_broken(words: list[str], lines: tuple[Line, ...], index: int, vocabulary: Vocabulary) -> Title | None:
    """A title that a narrow cell has broken after its first word: `KẾ` / `HOẠCH`."""
    following = next((at for at in range(index + 1, min(index + 4, len(lines))) if lines[at].text), None)
    if len(words) > 1 or following is None:
        return None
    title = _match_title([*words, *lines[following].text.split()], index, vocabulary)
    return replace(title, last=following) if title is not None and title.kind is not None else None


def _match_title(words: list[str], index: int, vocabulary: Vocabulary) -> Title | None:
    found: Title | None = None
    found_words = 0
    for name, kind in vocabulary.kinds.items():
        count = len(name.split())
        head = " ".join(words[:count])
        if not is_capitals(head):
            continue
        score = likeness(head, name) if len(squash(head)) > 3 else float(squash(head) == squash(name))
        if score >= 0.84 and (score == 1 or len(words) == count):
            title = Title(kind, index, index, _after_qualifiers(words[count:]), 0.97 if score == 1 else 0.95 * score)
            longer = found is None or (title.certainty, count) > (found.certainty, found_words)
            found, found_words = (title, count) if longer else (found, found_words)
    if found is not None:
        return found
    head = squash(" ".join(words[:2]))
    if head in _OTHER_TITLES:
        return Title(None, index, index, _after_qualifiers(words[2:]), 0.7)
    return None


def _after_qualifiers(words: list[str]) -> str:
    rest = " ".join(words)
    return "" if squash(rest) in _QUALIFIERS or re.fullmatch(r"(?i)(?:số|tháng|quý|tuần|năm)\s[\d/]+", rest) else rest


def subject_below_title(lines: tuple[Line, ...], title: Title) -> Subject | None:
    """The lines below a title, up to the first that begins the body or the naming of the authority."""
    parts = [title.rest] if title.rest else []
    index = title.last + 1
    while index < len(lines):
        text = lines[index].text.strip()
        if not text:
            if parts and not _goes_on(parts[-1], lines, index):
                break
        elif _ends_subject(text, parts):
            break
        else:
            parts.append(text)
        index += 1
        if sum(map(len, parts)) > 700:
            break
    text = _trim(" ".join(parts))
    if not re.search(r"[^\W\d_]{2}", text):
        return None
    return Subject(text, title.index, index, 0.93 if len(text) < 400 else 0.5)


def _goes_on(last: str, lines: tuple[Line, ...], index: int) -> bool:
    """Whether the subject continues past a blank line: its last line hangs, or the next goes on in small letters."""
    following = next((line.text for line in lines[index:] if line.text), "")
    if is_capitals(last) and is_capitals(following) and not _AUTHORITY.match(fold(following)):
        return len(last) < 90 and not last.endswith((".", ";"))
    return bool(following[:1].islower() and not is_capitals(last)) or last.endswith((",", "-"))


def _ends_subject(text: str, parts: list[str]) -> bool:
    folded = fold(text)
    if not parts:
        return bool(re.match(r"^(?:kinh gui|can cu|noi nhan)", folded))
    about_done = len(squash(" ".join(parts))) > 12
    if says_with(text) or (about_done and (_BODY_START.match(folded) or _ORDERS.search(folded))):
        return True
    if is_capitals(parts[0]) and (text.startswith("về ") or parts[-1].startswith("về ")) and text[:1].islower():
        return False
    if is_capitals(parts[0]):
        return not is_capitals(text) or (about_done and bool(_AUTHORITY.match(folded)) and is_capitals(text))
    if is_capitals(text):
        return True
    return (about_done and parts[-1].endswith((".", ":"))) or len(text) > 400


def subject_in_capitals(lines: tuple[Line, ...], first: int) -> Subject | None:
    """The capitals that stand alone below the number, where a site has lost the line that names the type."""
    parts: list[str] = []
    begin = first
    for index, line in enumerate(lines[first:], start=first):
        text = line.text.strip()
        if not text and not parts:
            continue
        if not text or not is_capitals(text) or _AUTHORITY.match(fold(text)):
            break
        begin = begin if parts else index
        parts.append(text)
    text = _trim(" ".join(parts))
    return Subject(text, begin, begin + len(parts), 0.8) if len(squash(text)) > 15 else None


_RUN_ON = re.compile(
    rf"(?<=\))\s+(?=[{CAPITALS}])|\s(?=(?:Căn cứ|Thực hiện|Kính gửi|Trước|Nhằm|Trong|Hiện nay|Ngày)\s)|\s(?=(?:1|I)\.\s)"  # noqa: E501  # one rule of the grammar stays in one place
)
_LEAD = re.compile(r"^[:.\s]*(?:(?:v\s?/\s?v|về việc)\b\s*:?\s*)?", re.IGNORECASE)


def _trim(text: str) -> str:
    """The subject without `V/v` before it and without body text that a lost line end has glued to it."""
    text = repair_spaces(text)
    text = _LEAD.sub("", text, count=1)
    cut = _RUN_ON.search(text, 20)
    if cut and len(text) > 120:
        text = text[: cut.start()]
    return text.strip(" \t*_-").rstrip("./;:").strip()


def subject_after_about(lines: tuple[Line, ...], first: int, limit: int) -> Subject | None:
    """The subject behind `V/v` (or `Về việc`) among the lines `first` … `limit`, up to the end of its paragraph."""
    for index in range(first, min(limit, len(lines))):
        folded = fold(lines[index].text)
        match = _ABOUT.match(folded) or _ABOUT_LOOSE.match(folded)
        if match is None or (lines[index].text[:1].islower() and not folded.startswith("v")):
            continue
        if folded.startswith("ve viec") and lines[index].text[:1].islower():
            continue
        text, last = _about_paragraph(lines, index, lines[index].text[match.end() :], limit)
        if text:
            return Subject(text, index, last, 0.95 if len(text) < 300 else 0.6)
    return None


def _about_paragraph(lines: tuple[Line, ...], index: int, head: str, limit: int) -> tuple[str, int]:
    parts, last = [head], index + 1
    while last < min(limit, len(lines)):
        text = lines[last].text.strip()
        following = next((line.text for line in lines[last:] if line.text), "")
        if not text and not (following[:1].islower() and not parts[-1].endswith((".", ":"))):
            break
        if re.match(r"^(?:kinh gui|so\s?:|[\w .\-]{2,40}, ngay|ngay \d)", fold(text)) or (
            is_capitals(text) and len(text) > 12
        ):
            break
        if text:
            parts.append(text)
        last += 1
    return _trim(" ".join(parts)), last


def kind_of(
    title: Title | None, symbol: str | None, has_about: bool, vocabulary: Vocabulary
) -> tuple[str | None, float]:
    """The kind that title, symbol and `V/v` agree on, with a certainty; None when none of them says anything."""
    group = re.split(r"[-/]", symbol)[0] if symbol and re.search(r"[-/]", symbol) else None
    group = group if group is None or not re.fullmatch(r"(?:19|20)\d\d", group) else None
    by_symbol = vocabulary.kind_of_symbol.get(fold(group)) if group else None
    if title is not None and title.kind is not None:
        agrees = by_symbol in {None, title.kind}
        return title.kind, title.certainty if agrees else 0.7
    if has_about and by_symbol in {
        None,
        "chi_thi",
        "cong_dien",
        "thong_cao",
        "phuong_an",
        "phieu_chuyen",
        "phieu_gui",
        "cong_van",
    }:
        return CONG_VAN, 0.95
    if by_symbol:
        return by_symbol, 0.93
    if symbol:
        return CONG_VAN, 0.9
    return None, 0.0
