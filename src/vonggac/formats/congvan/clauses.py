"""The tree of measures: labels of the decree (`I.` `1.` `a)`, `Điều 1.`), read in sequence so that a stray number is no clause."""  # noqa: E501  # one rule of the grammar stays in one place

import re
from dataclasses import dataclass, field
from datetime import date

from vonggac.formats.congvan.deadlines import find_deadlines
from vonggac.formats.congvan.document import Clause
from vonggac.formats.congvan.lines import Line
from vonggac.kernel.text import fold, is_capitals, repair_spaces

# The alphabet of points: with đ, without f, j, w, z (Decree 30/2020, Annex I, II.6.đ).
POINTS = "abcdđeghiklmnopqrstuvxy"
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}

_ARTICLE = re.compile(r"^(?:Điều|ĐIỀU|Dieu)\s+(?P<label>\d{1,3})\s?[.:]?\s*(?P<rest>.*)$", re.DOTALL)
_PART = re.compile(
    r"^(?:(?:Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC)\s+)(?P<label>[IVXL]{1,6}|\d{1,2})\s?[.:\-–]?\s*(?P<rest>.*)$", re.DOTALL
)
_ROMAN = re.compile(r"^(?P<label>[IVXL]{1,6})\s?(?:[.)/]|\s?[-–])\s*(?P<rest>.*)$", re.DOTALL)
_DOTTED = re.compile(r"^(?P<label>\d{1,2}(?:\.\d{1,2}){1,3})\s?[.)]?\s+(?P<rest>\S.*)?$", re.DOTALL)
_NUMBER = re.compile(r"^(?P<label>\d{1,3})\s?(?:[.)]|[/\-–](?=\s))(?!\d)\s*(?P<rest>.*)$", re.DOTALL)
_POINT = re.compile(r"^(?P<label>[a-zA-ZđĐ])\s?(?:\)|[.](?=\s)|/(?=\s))\s*(?P<rest>.*)$", re.DOTALL)


@dataclass(slots=True)
class _Open:
    """A clause while its lines are still being gathered."""

    level: int
    own: str
    label: str
    line: int
    is_bold: bool
    position: int
    parts: list[str] = field(default_factory=list)
    has_children: bool = False


@dataclass(slots=True)
class _Tree:
    path: list[_Open] = field(default_factory=list)
    every: list[_Open] = field(default_factory=list)
    latest: dict[int, _Open] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def last_at(self, level: int) -> _Open | None:
        """The latest clause of the level whose parent is still open."""
        parent, mine = self.parent_of(level), self.latest.get(level)
        if mine is None or (parent is not None and parent.position > mine.position):
            return None
        return mine

    def parent_of(self, level: int) -> _Open | None:
        """The open clause under which one of the level would stand."""
        above = [clause for clause in self.path if clause.level < level]
        return above[-1] if above else None

    def add(self, level: int, own: str, line: Line, rest: str) -> None:
        """Open a clause of the level, closing all of its level and below."""
        self.path = [clause for clause in self.path if clause.level < level]
        parent = self.path[-1] if self.path else None
        if parent:
            parent.has_children = True
        # A dotted number carries its ancestors with it.
        prefix = "" if parent is None or (level == 3 and parent.level == 2) else f"{parent.label}."
        if level == 3 and parent is not None and parent.level == 2:
            prefix = parent.label.rpartition(".")[0]
            prefix = f"{prefix}." if prefix else ""
        clause = _Open(level, own, prefix + own, line.number, line.is_bold, len(self.every), [rest] if rest else [])
        self.path.append(clause)
        self.every.append(clause)
        self.latest[level] = clause


def read_clauses(lines: tuple[Line, ...], issued: date | None) -> tuple[tuple[Clause, ...], tuple[str, ...]]:
    """The clauses of a document's body in order, and warnings about labels that had to be mended."""
    tree = _Tree()
    for line in lines:
        if line.text:
            _place(tree, line)
    clauses = tuple(_close(clause, issued) for clause in tree.every)
    return clauses, tuple(tree.warnings)


# What may begin with a digit, and what may not; most lines of a body begin with neither kind of label.
_WITH_DIGIT = ((3, _DOTTED), (2, _NUMBER))
_WITHOUT_DIGIT = ((0, _PART), (1, _ARTICLE), (1, _ROMAN), (4, _POINT))
_LABELLED = re.compile(r"[IVXL]|[a-zA-ZđĐ]\s?[).]|[a-zđ]\s?/|(?:Điều|ĐIỀU|Dieu|Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC)\s")


def _place(tree: _Tree, line: Line) -> None:
    patterns = _WITH_DIGIT if line.text[0].isdigit() else _WITHOUT_DIGIT if _LABELLED.match(line.text) else ()
    for level, pattern in patterns:
        match = pattern.match(line.text)
        if match is None:
            continue
        own = _own_label(tree, level, pattern, match, line)
        if own is not None:
            tree.add(level, own, line, (match["rest"] or "").strip())
            return
    if tree.path:
        tree.path[-1].parts.append(line.text)


def _own_label(tree: _Tree, level: int, pattern: re.Pattern[str], match: re.Match[str], line: Line) -> str | None:
    """The label where it fits the sequence of its level; None where the line only looks like a clause."""
    label = match["label"]
    last = tree.last_at(level)
    if pattern is _ARTICLE:
        # A part numbered `I.` may stand on the level of articles, before or within them.
        previous = int(last.own.split()[-1]) if last and last.own.startswith("Điều") else 0
        return _following(int(label), previous, f"Điều {label}", slack=200)
    if pattern is _PART:
        word = line.text.split()[0].capitalize()
        return f"{word} {label}"
    if pattern is _ROMAN:
        previous = _roman(last.own) if last and not last.own.startswith("Điều") else 0
        return _following(_roman(label), previous, label, slack=2)
    if pattern is _DOTTED:
        head = label.rpartition(".")[0]
        parent = tree.parent_of(3)
        fits = parent is not None and parent.level == 2 and parent.own == head.split(".")[0]
        return label if fits or (last is not None and last.own.split(".")[0] == label.split(".")[0]) else None
    if pattern is _NUMBER:
        return _following(int(label), int(last.own) if last else 0, label, slack=2)
    return _point(tree, label, last, line)


def _following(value: int, previous: int, label: str, *, slack: int) -> str | None:
    """The label when its value comes next, or skips few; a first one must be 1 (or 2, its predecessor lost)."""
    if previous == 0:
        return label if 1 <= value <= min(slack, 2) or (slack > 2 and value >= 1) else None
    return label if previous < value <= previous + slack else None


def _roman(label: str) -> int:
    total, highest = 0, 0
    for character in reversed(label):
        value = _ROMAN_VALUES[character]
        total += value if value >= highest else -value
        highest = max(highest, value)
    return total


def _point(tree: _Tree, printed: str, last: _Open | None, line: Line) -> str | None:
    letter = printed.lower()
    previous = POINTS.find(last.own) if last else -1
    if letter == "d" and previous == POINTS.index("d"):
        tree.warnings.append(f"dòng {line.number}: điểm “{printed})” đọc là “đ)” theo thứ tự")
        return "đ"
    if letter not in POINTS:
        if last is not None and previous >= 0:
            tree.warnings.append(f"dòng {line.number}: điểm “{printed})” không có trong bảng chữ cái tiếng Việt")
            return letter
        return None
    position = POINTS.index(letter)
    if previous < 0:
        return letter if position <= 1 and (tree.path or position == 0) else None
    return letter if previous < position <= previous + 3 else None


def _close(clause: _Open, issued: date | None) -> Clause:
    text = _joined(clause.parts)
    first = text if len(clause.parts) == 1 else repair_spaces(clause.parts[0]) if clause.parts else ""
    heading = None
    is_short = len(first) <= 200
    may_head = clause.has_children or clause.is_bold or len(clause.parts) > 1 or is_capitals(first)
    if first and is_short and may_head and (not first.endswith((".", ";", ",")) or is_capitals(first)):
        heading = first.rstrip(" :.")
    return Clause(clause.label, heading, text, find_deadlines(text, issued), clause.line)


_BULLET = re.compile(r"^[-–—•+]\s*")


def _joined(parts: list[str]) -> str:
    """The clause's lines as text: a wrapped line goes on, a bullet and what follows a full stop begin anew."""
    text = ""
    for part in parts:
        if not text:
            text = part
        elif _BULLET.match(part) or (text.endswith((".", ":", ";")) and part[:1].isupper()):
            text = f"{text}\n{part}"
        else:
            text = f"{text} {part}"
    return "\n".join(repair_spaces(line) for line in text.split("\n"))


_ENDS = re.compile(
    r"\W{0,4}noi nhan\b|(?P<mark>(?:tm|t/m|kt|k/t|tl|t/l|tuq)\s?\.?\s?(?:[a-z]|$))"
    r"|(?P<annex>phu luc(?:\s(?:[ivx]{1,5}|\d{1,2}))?\W*$)"
)


def body_end(lines: tuple[Line, ...]) -> int:
    """The index of the line where the body ends: recipients, signature or a first annex."""
    for index, line in enumerate(lines):
        found = _ENDS.match(fold(line.text)) if line.text else None
        if found is None or (found["mark"] and not is_capitals(line.text)) or (found["annex"] and index <= 5):
            continue
        return index
    return len(lines)
