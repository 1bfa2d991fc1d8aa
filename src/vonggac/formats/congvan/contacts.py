"""Bodies and persons to turn to, with telephone numbers as digits and e-mail addresses."""

import re

from vonggac.formats.congvan.document import Contact
from vonggac.formats.congvan.lines import CAPITALS, Line
from vonggac.kernel.text import fold, repair_spaces

_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){1,5}")
# A text layer parts an address at its marks. Behind a blank only an address's end counts, for a sentence may follow.
_BROKEN_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}\s?@\s?[A-Za-z0-9][A-Za-z0-9-]{0,62}"
    r"(?:\.[A-Za-z0-9-]{1,62}|\s?\.\s?(?:gov|com|org|edu|net|vn)\b){1,5}"
)
# Written so to keep collectors of addresses away: `attt[at]bacninh.example`.
_WRITTEN_AT = re.compile(r"(?<=\w)\s?[\[({]\s?(?:at|a-?còng)\s?[\])}]\s?(?=\w)", re.IGNORECASE)
_AROUND_AT = re.compile(r"\S{0,64}\s?@\s?\S{0,64}")
_PHONE = re.compile(
    r"(?<![\w./@-])(?:\(?\+?84\)?[\s.\-]?\(?0?|\(?0)(?:[\s.\-)]{0,2}\d){8,10}(?![\w/@])"
    # Hotlines have a number of their own kind.
    r"|(?<![\w./@-])1[89]00(?:[\s.\-]?\d){4,6}(?![\w/@]|[\s.\-]\d)"
)
_CUE = re.compile(
    r"di?e?n thoa?i|\bdt\b|\bsdt\b|duong day nong|hotline|\btel\b|di dong|zalo|thu dien tu|e-?mail|\bhop thu|lien he|\bfax\b"  # noqa: E501  # one rule of the grammar stays in one place
)
_NAME_END = re.compile(
    r"[,;:(–]?\s*(?:so )?(?:di?e?n thoa?i|\bdt\b|sdt|duong day nong|hotline|thu dien tu|e-?mail|dia chi thu|hop thu|di dong|\btel\b)"  # noqa: E501  # one rule of the grammar stays in one place
)
_BODY = re.compile(
    r"(?<!\w)(?:Trung tâm|Cục|Sở|Bộ|Phòng|Văn phòng|Ban|Đội|Tổ|Công an|Công ty|Chi cục|Vụ|Viện|Đài|Tổng công ty|Tập đoàn|Trường|Bộ phận"  # noqa: E501  # one rule of the grammar stays in one place
    r"|[Ôô]ng|[Bb]à|[Đđ]ồng chí|[Đđ]/c)\s(?=[^\W\d_])"
)
_ADDRESSED = re.compile(r"[Ôô]ng|[Bb]à|[Đđ]ồng chí|[Đđ]/c")
_GIVEN_NAMES = re.compile(rf"(?:[{CAPITALS}]\w*\s)+")
_PERSON = re.compile(rf"\((?P<name>(?:[Ôô]ng|[Bb]à|[Đđ]ồng chí|[Đđ]/c)\s[{CAPITALS}][^()\d]{{2,50}})\)")


def find_contacts(lines: tuple[Line, ...]) -> tuple[tuple[Contact, ...], tuple[str, ...]]:
    """The contacts of a document's body, one for each paragraph that gives a telephone number or an e-mail address.

    Second, as printed, the addresses that a blank has broken (given joined) and those that are not whole (not given).
    """
    contacts: list[Contact] = []
    broken: list[str] = []
    for printed in _paragraphs(lines):
        paragraph = _WRITTEN_AT.sub("@", printed)
        if "@" not in paragraph and not _PHONE.search(paragraph):
            continue
        emails, doubtful = _emails(paragraph)
        broken += doubtful
        phones = _phones(paragraph)
        if not emails and not phones:
            continue
        name = _name(paragraph)
        if name is None and contacts and not (contacts[-1].emails and emails) and len(paragraph) < 160:
            last = contacts.pop()
            contacts.append(Contact(last.name, (*last.phones, *phones), (*last.emails, *emails)))
        else:
            contacts.append(Contact(name, phones, emails))
    return tuple(contacts), tuple(broken)


def _emails(paragraph: str) -> tuple[tuple[str, ...], list[str]]:
    """The addresses of a paragraph, and as printed those that were broken or are not whole."""
    found: dict[int, str] = {}
    broken: dict[int, str] = {}
    for match in _EMAIL.finditer(paragraph):
        found[match.start() + match[0].index("@")] = match[0]
    for match in _BROKEN_EMAIL.finditer(paragraph):
        at = match.start() + match[0].index("@")
        joined = re.sub(r"\s", "", match[0])
        if len(joined) > len(found.get(at, "").rstrip(".")):
            found[at], broken[at] = joined, match[0]
    for match in _AROUND_AT.finditer(paragraph):
        at = match.start() + match[0].index("@")
        if at not in found:
            broken[at] = match[0].strip()
    return tuple(dict.fromkeys(found[at].rstrip(".").lower() for at in sorted(found))), [
        broken[at] for at in sorted(broken)
    ]


def _paragraphs(lines: tuple[Line, ...]) -> list[str]:
    paragraphs: list[str] = []
    fresh = True
    for line in lines:
        text = line.text
        if not text:
            fresh = True
            continue
        starts = fresh or bool(re.match(r"^(?:[-–—•+]|\d{1,2}[.)]|[a-zđ]\))\s*", text))
        if starts or not paragraphs:
            paragraphs.append(text)
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {text}"
        fresh = False
    return paragraphs


def _phones(paragraph: str) -> tuple[str, ...]:
    if not _PHONE.search(paragraph) or not _CUE.search(fold(paragraph)):
        return ()
    found = (normal_phone(match[0]) for match in _PHONE.finditer(paragraph))
    return tuple(dict.fromkeys(phone for phone in found if phone))


def normal_phone(printed: str) -> str | None:
    """The digits of a Vietnamese number with its leading zero (+84 becomes 0); None unless 10 or 11 digits.

    Hotlines (`1900 5454`) stay as they are.
    """
    digits = re.sub(r"\D", "", printed)
    if re.fullmatch(r"1[89]00(?:\d{4}|\d{6})", digits):
        return digits
    if digits.startswith("84") and not digits.startswith("0"):
        digits = "0" + digits[2:].lstrip("0")
    return digits if len(digits) in {10, 11} else None


def _name(paragraph: str) -> str | None:
    """The body or person right before the first number or address; None where the paragraph names nobody."""
    end = _NAME_END.search(fold(paragraph))
    before = paragraph[: end.start()] if end else _EMAIL.split(paragraph, maxsplit=1)[0]
    sentence = re.split(r"(?<=[.:])\s", before[-500:])[-1]
    body = _name_start(sentence)
    person = _PERSON.search(paragraph)
    if body is None or re.search(r"\b(?:qua|ve|truoc|tai|gui)$", fold(sentence).rstrip(" ,:")):
        return person["name"] if person else None
    name = repair_spaces(sentence[body:]).strip(" ,;:-–(*")
    if name.count("(") > name.count(")"):
        name += ")"
    while name.endswith(")") and name.count("(") < name.count(")"):
        name = name[:-1].rstrip()
    return name[:160] if len(name) > 2 else None


def _name_start(sentence: str) -> int | None:
    """Where the one to turn to is named: at the sentence's begin, else at the last person, else at the last body."""
    starts: list[int] = []
    person: int | None = None
    behind = 0
    for match in _BODY.finditer(sentence):
        between = sentence[behind : match.start()]
        # A word of a name is no body: `Phòng Tổ chức`, `đ/c Nguyễn Trường Nam`.
        is_inside = bool(starts) and (not between or (starts[-1] == person and bool(_GIVEN_NAMES.fullmatch(between))))
        behind = match.end()
        if is_inside:
            continue
        starts.append(match.start())
        person = match.start() if _ADDRESSED.match(match[0]) else person
    if not starts or starts[0] <= 3:
        return starts[0] if starts else None
    return starts[-1] if person is None else person
