"""What is issued with another document and has no head of its own: `KẾ HOẠCH … (Ban hành kèm theo Quyết định số …)`."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vonggac.formats.congvan.dates import SHORT_DATE, make_date
from vonggac.formats.congvan.lines import LONG_DATE, Line
from vonggac.formats.congvan.references import find_references
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, is_capitals, squash

_WITH = re.compile(
    r"^\W{0,4}(?:duoc )?(?:ban hanh )?kem theo (?:nghi dinh|nghi quyet|thong tu|quyet dinh|chi thi|cong van|ke hoach"
    r"|thong bao|van ban|bao cao)\b"
)
# Kinds that order something. Lists, forms and reports issued with a document stay its annexes.
_ORDERS = frozenset({"ke_hoach", "chuong_trinh", "phuong_an", "de_an", "quy_che", "quy_dinh", "huong_dan"})
_SUBJECT_LINES = 8
_CITATION_LINES = 3
_STARTS = frozenset("([*_BbKkĐđd")


@dataclass(frozen=True, slots=True)
class Carrier:
    """The document that something is issued with: its citation (`152/QĐ-UBND`) and its date, where they are printed."""

    citation: str | None
    date: dt.date | None


def says_with(text: str) -> bool:
    """Whether a line says what document this is issued with."""
    return text[:1] in _STARTS and bool(_WITH.match(fold(text[:80])))


def attached_titles(lines: Sequence[Line], vocabulary: Vocabulary) -> frozenset[int]:
    """The indices of the titles in capitals that such a line follows within a subject's length; `lines` hold text."""
    titles = {squash(title) for title, kind in vocabulary.kinds.items() if kind in _ORDERS}
    found = set()
    for at, line in enumerate(lines):
        if says_with(line.text):
            above = range(at - 1, max(-1, at - 1 - _SUBJECT_LINES), -1)
            title = next((index for index in above if _is_title(lines[index].text, titles)), None)
            found |= {title} if title is not None else set()
    return frozenset(found)


def _is_title(text: str, titles: set[str]) -> bool:
    words = text.strip(" .:*").split()[:2]
    return len(words) == 2 and is_capitals(" ".join(words)) and squash(" ".join(words)) in titles


def carrier(lines: Sequence[Line], vocabulary: Vocabulary) -> Carrier | None:
    """What the text is issued with; None when it is none of the kinds that order something, or says nothing of it."""
    filled = [line for line in lines[:60] if line.text]
    for title in sorted(attached_titles(filled, vocabulary)):
        at = next(index for index in range(title, len(filled)) if says_with(filled[index].text))
        said = " ".join(line.text for line in filled[at : at + _CITATION_LINES]).partition(")")[0]
        citation = next(iter(find_references(said, vocabulary)), None)
        day = LONG_DATE.search(fold(said)) or SHORT_DATE.search(fold(said))
        return Carrier(citation, make_date(day["day"], day["month"], day["year"]) if day else None)
    return None
