"""Documents and vulnerabilities that a text cites, each once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vonggac.formats.congvan.number import DASH, GROUP, STATE_SYMBOL, part_glued, tidy_symbol
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold

_STATE = re.compile(
    rf"(?<![\w/.\-])(?P<number>\d{{1,5}}[a-z]?)(?P<year>\s?/\s?(?:19|20)\d\d)?\s{{0,2}}/\s{{0,2}}(?P<symbol>{STATE_SYMBOL})"
)
_PARTY = re.compile(
    rf"(?<![\w/.\-])(?P<number>\d{{1,4}}){DASH}(?P<symbol>{GROUP}\s{{0,2}}/\s{{0,2}}{GROUP}(?:-{GROUP})?)"
)
_LOST_HYPHEN = re.compile(
    r"(?<![\w/.\-])(?P<number>\d{1,5}[a-z]?)(?P<year>/(?:19|20)\d\d)?/(?P<type>QĐ|NQ|NĐ|TT|CT|KH|TB)(?P<body>[A-ZĐ][A-ZĐa-z]{1,9})\b"
)
# A number may be broken by a blank: what follows is its end, or a number of its own (`8.8`, `02 lỗ hổng`).
_CVE = re.compile(
    r"\bCVE\s?[-–—]?\s?(?P<year>(?:19|20)\d{2})\s?[-–—]\s?(?P<number>\d{1,7})(?!\w)"
    r"(?:[ \n](?P<rest>[1-9]\d{0,5}|0\d{2,5})(?![\d/]|[.,]\d|[ \n]?(?:lỗ|sản|máy|hệ|phiên|cve|điểm|bản|đơn|thiết|%)))?",
    re.IGNORECASE,
)
_CVE_DIGITS = range(4, 8)
_DATED = r"(?:,?\s+ngày\s+\d{1,2}(?:\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?|\s+tháng\s+\d{1,2}\s+năm\s+)\d{4})?"
_BODY = (
    r"(?:Bộ|Ban|Cục|Tổng cục|Sở|Ủy ban|Uỷ ban|UBND|Văn phòng|Thanh tra|Công an|Tỉnh ủy|Ngân hàng|Thủ tướng|Chính phủ)\b"
)
_BODY_ENDS = r"[^,;.:()\d]{0,90}?(?=\s+(?:về|tại|yêu cầu|hướng dẫn|quy định)\s|\s*[,;.:()]|\s*$)"


def find_references(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The citations of the text in order of first appearance, in normal form (the document's own number among them)."""
    found: dict[int, str] = {}
    for match in _STATE.finditer(text):
        year = re.sub(r"\s", "", match["year"] or "")
        symbol = part_glued(match["symbol"], text[match.end() : match.end() + 1])
        found[match.start()] = f"{match['number']}{year}/{_cut(tidy_symbol(symbol))}"
    for match in _PARTY.finditer(text):
        symbol = tidy_symbol(part_glued(match["symbol"], text[match.end() : match.end() + 1]))
        if fold(symbol.split("/")[0]) in vocabulary.kind_of_symbol:
            found[match.start()] = f"{match['number']}-{symbol}"
    for match in _LOST_HYPHEN.finditer(text):
        if match["body"] in vocabulary.bodies and match.start() not in found:
            found[match.start()] = f"{match['number']}{match['year'] or ''}/{match['type']}-{match['body']}"
    return tuple(dict.fromkeys(found[offset] for offset in sorted(found)))


def issuer_cited(text: str, citation: str) -> str | None:
    """The body that a text names where it cites a document: `số 12/BX-CY ngày 11/4/2024 của Bộ X về việc …`."""
    printed = r"\s?".join(map(re.escape, citation))
    found = re.search(rf"(?<!\d){printed}(?!\w){_DATED}\s+của\s+(?P<body>{_BODY}{_BODY_ENDS})", text)
    return " ".join(found["body"].split()) if found else None


def _cut(symbol: str) -> str:
    """The symbol without a last group that is a word of the sentence: `QĐ-TTg - Về` keeps `QĐ-TTg`."""
    groups = symbol.split("-")
    while len(groups) > 2 and groups[-1][1:].islower() and groups[-1] != "TTg":
        groups.pop()
    return "-".join(groups)


def symbols_of(references: Iterable[str]) -> frozenset[str]:
    """The symbols of citations, without their numbers and years."""
    return frozenset(re.sub(r"^\d+[a-z]?(?:/(?:19|20)\d\d)?[/-]", "", reference) for reference in references)


@dataclass(frozen=True, slots=True)
class Vulnerabilities:
    """The vulnerabilities named, as `CVE-YYYY-NNNN`, sorted; and as printed those whose number is not certain."""

    names: tuple[str, ...]
    doubtful: tuple[str, ...]


def find_cves(text: str) -> Vulnerabilities:
    """The vulnerabilities of a text. A number that a blank has broken is joined; never is only its beginning given."""
    sure: set[str] = set()
    open_ends: dict[str, tuple[str, str]] = {}
    doubtful: list[str] = []
    for match in _CVE.finditer(text):
        head, whole = match["number"], match["number"] + (match["rest"] or "")
        printed = " ".join(match[0].split())
        if len(whole) not in _CVE_DIGITS:
            if len(head) in _CVE_DIGITS:
                sure.add(_cve(match, head))
            else:
                doubtful.append(printed)
        elif match["rest"] is None or len(head) < _CVE_DIGITS.start:
            sure.add(_cve(match, whole))
        elif len(head) > _CVE_DIGITS.start and not head.startswith("100"):
            # Five digits are a whole number; longer ones were given out as 1000001 and on (until 2019).
            sure.add(_cve(match, head))
        else:
            open_ends[printed] = (_cve(match, head), _cve(match, whole))
    for printed, (short, joined) in open_ends.items():
        # Printed whole elsewhere, it is known which of the two is meant.
        if short not in sure and joined not in sure:
            doubtful.append(printed)
            sure.add(joined)
    return Vulnerabilities(tuple(sorted(sure)), tuple(dict.fromkeys(doubtful)))


def _cve(match: re.Match[str], number: str) -> str:
    return f"CVE-{match['year']}-{number}"
