"""A directive laid out as the page it was issued on: head, paragraphs with their clauses, closing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vonggac.directives.models import Clause, Directive

# A new paragraph begins at a blank line or where a line opens a list item, a clause or a heading.
_OPENS = re.compile(
    r"(?:[-–•+*]\s|\d{1,2}(?:\.\d{1,2})*[.)]\s|[a-zđ]{1,2}[.)]\s|[IVX]{1,5}\.\s|Điều\s+\d|Kính gửi)", re.UNICODE
)
_MARKUP = re.compile(r"\*\*|__|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|\\$")
_HEADING = re.compile(r"^#{1,6}\s+")
LINES_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of the sheet; with a clause it has a note in the margin."""

    text: str
    line: int
    clause: Clause | None = None
    is_heading: bool = False
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The paragraphs between head and closing; head and closing come from the confirmed fields."""

    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the file as it was read, and the fields that were found on it."""

    number: int
    text: str
    fields: tuple[str, ...] = field(default=())


def plain(line: str) -> str:
    """A line without the marks of Markdown."""
    return _MARKUP.sub("", _HEADING.sub("", line)).strip()


def lay_out(directive: Directive, clauses: Sequence[Clause]) -> Sheet:
    """The directive's own words in their order, with the clauses that a person corrected in their corrected words."""
    lines = directive.document.text.split("\n")
    first, last = directive.reading.get("lines") or [1, len(lines)]
    starts = _starts(directive, clauses)
    if not starts and clauses and "lines" not in directive.reading:
        return Sheet([_of_clause(clause) for clause in clauses])
    as_read = {entry["label"]: entry["text"] for entry in directive.reading.get("clauses") or ()}
    body_from, body_to = _body(directive, first, min(last, len(lines)))
    inside = {line for clause in clauses for line in clause.lines[1:]}
    blocks: list[Block] = []
    for number, text in _paragraphs(lines, body_from, body_to, frozenset({*starts, *inside})):
        clause = starts.get(number)
        if clause:
            blocks.append(_of_clause(clause, text, number, as_read.get(clause.label, "")))
        elif number not in inside:
            blocks.append(Block(text, number, is_item=text[:1] in "-–•+"))
    return Sheet(_with_those_between(blocks, clauses))


def _with_those_between(blocks: list[Block], clauses: Sequence[Clause]) -> list[Block]:
    """The blocks with the clauses that stand on no line of the text, each behind the clause before it."""
    shown = {block.clause.pk for block in blocks if block.clause}
    place = len(blocks)
    for clause in clauses:
        if clause.pk in shown:
            place = next(at for at, block in enumerate(blocks) if block.clause == clause)
        else:
            blocks.insert(place, _of_clause(clause))
        place += 1
    return blocks


def source_lines(directive_lines: str, found: Mapping[str, Mapping[str, object]]) -> list[SourceLine]:
    """The file line by line, with the names of the fields read on each."""
    by_line: dict[int, list[str]] = {}
    for name, source in found.items():
        by_line.setdefault(int(str(source["line"])), []).append(name)
    return [
        SourceLine(number, plain(text), tuple(by_line.get(number, ())))
        for number, text in enumerate(directive_lines.split("\n")[:LINES_SHOWN], 1)
    ]


def words_between(directive_lines: str, first: int, last: int) -> tuple[str, list[int]]:
    """The words of the lines from one to another, both counted from 1, and the numbers of those that hold any."""
    texts = [plain(text) for text in directive_lines.split("\n")[first - 1 : last]]
    numbers = [number for number, text in enumerate(texts, first) if text]
    return " ".join(text for text in texts if text), numbers


def _starts(directive: Directive, clauses: Sequence[Clause]) -> dict[int, Clause]:
    """The line on which each clause begins."""
    of_label = {entry["label"]: entry.get("line") for entry in directive.reading.get("clauses") or ()}
    found: dict[int, Clause] = {}
    for clause in clauses:
        if line := clause.lines[0] if clause.lines else of_label.get(clause.label):
            found.setdefault(line, clause)
    return found


def _body(directive: Directive, first: int, last: int) -> tuple[int, int]:
    """The first and last line between the head and the closing."""
    sources = directive.reading.get("sources") or {}
    head = [sources[name]["line"] + 1 for name in ("number", "symbol", "date", "subject", "issuer") if name in sources]
    begin = sources["addressees"]["line"] if "addressees" in sources else max(head, default=first)
    closing = [sources[name]["line"] for name in ("recipients", "signer") if name in sources]
    end = min((line for line in closing if line > begin), default=last + 1) - 1
    return max(begin, first), min(end, last)


def _paragraphs(lines: Sequence[str], first: int, last: int, starts: frozenset[int]) -> list[tuple[int, str]]:
    """(line, text) of each paragraph; broken lines are joined."""
    found: list[tuple[int, str]] = []
    is_open = False
    for number in range(first, last + 1):
        text = plain(lines[number - 1])
        if not text:
            is_open = False
        elif is_open and number not in starts and not _OPENS.match(text):
            before, words = found[-1]
            found[-1] = (before, f"{words} {text}")
        else:
            found.append((number, text))
            is_open = True
    return found


def _of_clause(clause: Clause, printed: str = "", line: int = 0, as_read: str = "") -> Block:
    """The clause in its printed line, or in the words that a person gave it."""
    is_heading = not clause.binds and bool(clause.heading)
    if printed and clause.text == as_read:
        return Block(printed, line, clause, is_heading)
    return Block(f"{_mark(clause.label)} {clause.text}", line, clause, is_heading)


def _mark(label: str) -> str:
    """How a label stands before its text: `2.`, `IV.`, `b)`, `Điều 3.`, `Thứ hai,`, and `(1)` as it is."""
    tail = label.rpartition(".")[2]
    if tail.endswith(")"):
        return tail
    if tail.startswith("Thứ ") or tail.endswith(" là"):
        return f"{tail},"
    return f"{tail})" if tail.islower() else f"{tail}."
