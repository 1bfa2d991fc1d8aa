"""Documents and vulnerabilities that a text cites, each once."""

import re
from collections.abc import Iterable

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
_CVE = re.compile(r"\bCVE\s?[-–—]?\s?((?:19|20)\d{2})\s?[-–—]\s?(\d{4,7})\b", re.IGNORECASE)


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


def _cut(symbol: str) -> str:
    """The symbol without a last group that is a word of the sentence: `QĐ-TTg - Về` keeps `QĐ-TTg`."""
    groups = symbol.split("-")
    while len(groups) > 2 and groups[-1][1:].islower() and groups[-1] != "TTg":
        groups.pop()
    return "-".join(groups)


def symbols_of(references: Iterable[str]) -> frozenset[str]:
    """The symbols of citations, without their numbers and years."""
    return frozenset(re.sub(r"^\d+[a-z]?(?:/(?:19|20)\d\d)?[/-]", "", reference) for reference in references)


def find_cves(text: str) -> tuple[str, ...]:
    """The vulnerabilities named, as `CVE-YYYY-NNNN`, sorted."""
    return tuple(sorted({f"CVE-{match[1]}-{match[2]}" for match in _CVE.finditer(text)}))
