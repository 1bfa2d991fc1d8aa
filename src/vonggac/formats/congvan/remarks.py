"""What a person should look at in a document's measures: what it asks for outside of any clause, and times in doubt."""

import itertools
import re
from collections.abc import Iterator
from datetime import date

from vonggac.formats.congvan.clauses import Measures
from vonggac.formats.congvan.deadlines import years_inferred
from vonggac.formats.congvan.document import Deadline
from vonggac.formats.congvan.lines import Line
from vonggac.kernel.text import fold

# What asks for something outside any labelled clause: a request, a bullet, a time by which.
_ASKS = re.compile(r"\b(?:yeu cau|de nghi|khuyen nghi|khuyen cao|chi thi|giao|trien khai|thuc hien)\b")
_BULLETED = re.compile(r"^\s*[-–—•+]\s", re.MULTILINE)
_ANNEX = re.compile(r"^[#*\s]*phu luc(?:\s(?:so\s)?(?:[ivx]{1,5}|\d{1,2}|[a-d]))?\W*$")
_ANNEX_CHARACTERS = 24


def remarks(measures: Measures, closing: tuple[Line, ...], issued: date | None) -> Iterator[str]:
    """The sentences, in Vietnamese; `closing` are the lines behind the measures, `issued` the day of issue."""
    yield from _unlabelled(measures)
    yield from _overdue(measures, issued)
    for text in years_inferred(_deadlines(measures)):
        yield f"thời hạn “{text}” không ghi năm; suy từ ngày văn bản"
    yield from _annexes(closing)


def _deadlines(measures: Measures) -> Iterator[Deadline]:
    return itertools.chain(measures.deadlines_outside, *(clause.deadlines for clause in measures.clauses))


def _unlabelled(measures: Measures) -> Iterator[str]:
    """That a document without labels asks for something all the same: no clause may vanish unsaid."""
    folded = fold(measures.outside)
    if measures.clauses or not (measures.deadlines_outside or (_ASKS.search(folded) and measures.outside)):
        return
    bullets = len(_BULLETED.findall(measures.outside))
    where = f"trong {bullets} gạch đầu dòng" if bullets else "trong lời văn"
    yield f"không có điểm nào được đánh số hay chữ; yêu cầu (nếu có) nằm {where}, cần đọc và tự nhập"


def _overdue(measures: Measures, issued: date | None) -> Iterator[str]:
    """Fixed days before the day of issue: told of as past, or misread; an order looks ahead."""
    for deadline in _deadlines(measures):
        if issued and deadline.due and deadline.due < issued:
            yield f"thời hạn “{deadline.text}” sớm hơn ngày ban hành"


def _annexes(closing: tuple[Line, ...]) -> Iterator[str]:
    """That annexes follow: what they ask for becomes no clause by itself."""
    annexes = [line.number for line in closing if len(line.text) < _ANNEX_CHARACTERS and _ANNEX.match(fold(line.text))]
    if annexes:
        count, first = len(annexes), annexes[0]
        yield f"kèm {count} phụ lục (từ dòng {first}), chưa thành điểm nào; việc giao trong đó cần tự thêm"
