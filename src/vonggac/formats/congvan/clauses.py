# ruff: noqa: ARG001  # every kind of label takes the tree, its own text, the last of its level and the line
"""The tree of measures: labels of the decree (`I.` `1.` `a)`, `Điều 1.`), read in sequence so that a stray number is no clause."""  # noqa: E501  # one rule of the grammar stays in one place

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from vonggac.formats.congvan.closing import is_signature
from vonggac.formats.congvan.deadlines import find_deadlines
from vonggac.formats.congvan.document import Clause, Deadline
from vonggac.formats.congvan.lines import CAPITALS, Line
from vonggac.formats.congvan.schedule import find_schedules
from vonggac.kernel.text import fold, is_capitals, lead_end, repair_spaces

# The alphabet of points: with đ, without f, j, w, z (Decree 30/2020, Annex I, II.6.đ).
POINTS = "abcdđeghiklmnopqrstuvxy"
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
# Sections headed by capital letters (`A.` above `I.` and `1.`), which follow either alphabet.
_SECTIONS = "ABCDĐEFGHIKLMN"
# How parts and measures are counted in words: `Phần thứ nhất`, `Thứ hai,`, `Ba là`.
_ORDINALS = ("nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười")
_COUNTED = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")

# Where a label stands in the tree; a smaller level holds the larger ones.
_PARTS, _LETTERS, _ARTICLES, _TOP, _NUMBERS, _DOTTED_NUMBERS, _POINTS, _BELOW = range(8)

_ARTICLE = re.compile(r"^(?:Điều|ĐIỀU|Dieu)\s+(?P<label>\d{1,3})\s?[.:]?\s*(?P<rest>.*)$", re.DOTALL)
_PART = re.compile(
    r"^(?:(?:Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC)\s+)(?P<label>[IVXL]{1,6}\b|\d{1,2}\b"
    rf"|(?:(?i:thứ)\s+)?(?i:{'|'.join(dict.fromkeys(_ORDINALS + _COUNTED))})\b)\s?[.:\-–]?\s*(?P<rest>.*)$",
    re.DOTALL,
)
_ROMAN = re.compile(r"^(?P<label>[IVXL]{1,6})\s?(?:[.)/]|\s?[-–])\s*(?P<rest>.*)$", re.DOTALL)
_DOTTED = re.compile(r"^(?P<label>\d{1,2}(?:\.\d{1,2}){1,3})\s?[.)]?\s+(?P<rest>\S.*)?$", re.DOTALL)
_NUMBER = re.compile(r"^(?P<label>\d{1,3})\s?(?:[.)]|[/\-–](?=\s))(?!\d)\s*(?P<rest>.*)$", re.DOTALL)
_BRACKETED = re.compile(r"^\((?P<label>\d{1,2})\)\s?[.:]?\s*(?P<rest>\S.*)$", re.DOTALL)
_ORDINAL = re.compile(
    rf"^(?P<label>(?:Thứ|THỨ)\s+(?i:{'|'.join(_ORDINALS)})|(?i:{'|'.join(_COUNTED)})\s+(?:là|LÀ))\s?[,:.\-–]\s*(?P<rest>\S.*)$",
    re.DOTALL,
)
_SECTION = re.compile(rf"^(?P<label>[{_SECTIONS}])\s?[.\-–/]\s+(?P<rest>[{CAPITALS}“\"].*)$", re.DOTALL)
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
    tables: list[str] = field(default_factory=list)
    has_children: bool = False


@dataclass(slots=True)
class _Tree:
    path: list[_Open] = field(default_factory=list)
    every: list[_Open] = field(default_factory=list)
    latest: dict[int, _Open] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def level_of_ordinals(self) -> int:
        """Above the numbers where the document counts its measures in words, below them where a measure does."""
        return _BELOW if any(clause.level > _TOP for clause in self.path) and not self._counts_in_words() else _TOP

    def _counts_in_words(self) -> bool:
        return any(clause.level == _TOP for clause in self.path)

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
        is_dotted = level == _DOTTED_NUMBERS and parent is not None and parent.level == _NUMBERS
        prefix = "" if parent is None or is_dotted else f"{parent.label}."
        if is_dotted and parent is not None:
            prefix = parent.label.rpartition(".")[0]
            prefix = f"{prefix}." if prefix else ""
        clause = _Open(level, own, prefix + own, line.number, line.is_bold, len(self.every), [rest] if rest else [])
        self.path.append(clause)
        self.every.append(clause)
        self.latest[level] = clause


@dataclass(frozen=True, slots=True)
class Measures:
    """The clauses of a body in order, what of its text belongs to none, and warnings about what had to be mended."""

    clauses: tuple[Clause, ...]
    outside: str
    deadlines_outside: tuple[Deadline, ...]
    mended: tuple[str, ...]
    warnings: tuple[str, ...]


def read_clauses(lines: tuple[Line, ...], issued: date | None) -> Measures:
    """The measures of a document's body."""
    tree = _Tree()
    schedule = find_schedules(lines, issued)
    for index, line in enumerate(lines):
        if index in schedule.lines:
            (tree.path[-1].tables if tree.path else tree.tables).append(line.text)
        elif _COURTESY.fullmatch(fold(line.text)):
            tree.outside.append(line.text)
        # An end mark alone on its line (`./.`) is no text.
        elif _WORDS.search(line.text):
            _place(tree, line)
    impossible: list[str] = []
    clauses = tuple(_close(clause, issued, impossible) for clause in tree.every)
    around = find_deadlines(_joined(tree.outside), issued)
    outside = _joined([*tree.outside, *tree.tables])
    warnings = [f"thời hạn “{text}” ghi một ngày không có trong lịch" for text in (*around.impossible, *impossible)]
    times = (*around.found, *schedule.deadlines)
    return Measures(clauses, outside, times, tuple(tree.warnings), tuple(dict.fromkeys(warnings)))


_WORDS = re.compile(r"\w")
# How a letter takes its leave, on a line of its own: it asks for nothing.
_COURTESY = re.compile(
    r"\W*(?:xin\s)?(?:chan thanh\s)?(?:tran trong|cam on)(?:\s(?:cam on|thong bao|kinh chao|chao))?\s?[!./]*"
)
# Most lines of a body begin with no label at all.
_LABELLED = re.compile(
    r"\d|[IVXL]|\(\d|[a-zA-ZđĐ]\s?[).]|[a-zđ]\s?/|[A-HĐ]\s?[-–/]|Thứ\s|THỨ\s"
    r"|(?:Điều|ĐIỀU|Dieu|Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC)\s"
    rf"|(?i:{'|'.join(_COUNTED)})\s(?:là|LÀ)"
)


def _place(tree: _Tree, line: Line) -> None:
    for level, pattern, own_label in _labels_of(line.text):
        match = pattern.match(line.text)
        if match is None:
            continue
        at = tree.level_of_ordinals() if pattern is _ORDINAL else level
        own = own_label(tree, match["label"], tree.last_at(at), line)
        if own is not None:
            tree.add(at, own, line, (match["rest"] or "").strip())
            return
    (tree.path[-1].parts if tree.path else tree.outside).append(line.text)


def _labels_of(text: str) -> "tuple[tuple[int, re.Pattern[str], _OwnLabel], ...]":
    if not _LABELLED.match(text):
        return ()
    return _WITH_DIGIT if text[0].isdigit() else _WITHOUT_DIGIT


def _article(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    # A part numbered `I.` may stand on the level of articles, before or within them.
    previous = int(last.own.split()[-1]) if last and last.own.startswith("Điều") else 0
    return _following(int(label), previous, f"Điều {label}", slack=200)


def _part(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    word = line.text.split()[0].capitalize()
    return f"{word} {label if label[0].isdigit() or set(label) <= set(_ROMAN_VALUES) else _in_words(label)}"


def _roman_label(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    previous = _roman(last.own) if last and not last.own.startswith("Điều") else 0
    return _following(_roman(label), previous, label, slack=2)


def _dotted(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    head = label.rpartition(".")[0]
    parent = tree.parent_of(_DOTTED_NUMBERS)
    fits = parent is not None and parent.level == _NUMBERS and parent.own == head.split(".")[0]
    return label if fits or (last is not None and last.own.split(".")[0] == label.split(".", maxsplit=1)[0]) else None


def _number(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    return _following(int(label), int(last.own) if last else 0, label, slack=2)


def _bracketed(tree: _Tree, label: str, last: _Open | None, line: Line) -> str | None:
    previous = int(last.own.strip("()")) if last and last.own.startswith("(") else 0
    return f"({label})" if previous < int(label) <= previous + (2 if previous else 1) else None


def _section(tree: _Tree, letter: str, last: _Open | None, line: Line) -> str | None:
    """A capital letter above all numbers: the first is `A.` where no measure is open yet (else it is a point)."""
    if last is None:
        return letter if letter == "A" and (not tree.path or tree.path[-1].level == _PARTS) else None
    # Either alphabet: E may follow D or Đ, G may follow E or F.
    position, previous = _SECTIONS.index(letter), _SECTIONS.index(last.own)
    return letter if previous < position <= previous + 2 else None


def _ordinal(tree: _Tree, printed: str, last: _Open | None, line: Line) -> str | None:
    value = _ordinal_value(printed)
    previous = _ordinal_value(last.own) if last else 0
    return _in_words(printed).capitalize() if previous < value <= previous + (2 if previous else 1) else None


def _ordinal_value(label: str) -> int:
    """Which one words count: 2 for `Thứ hai` and `Hai là`; 0 for another label."""
    first, _, second = _in_words(label).partition(" ")
    word, names = (second, _ORDINALS) if first == "thứ" else (first, _COUNTED)
    return names.index(word) + 1 if word in names else 0


def _in_words(printed: str) -> str:
    return " ".join(printed.lower().split())


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


_OwnLabel = Callable[[_Tree, str, _Open | None, Line], str | None]
# Each level with its form, and what says whether such a label fits the sequence (None: the line only looks like one).
_WITH_DIGIT: tuple[tuple[int, re.Pattern[str], _OwnLabel], ...] = (
    (_DOTTED_NUMBERS, _DOTTED, _dotted),
    (_NUMBERS, _NUMBER, _number),
)
_WITHOUT_DIGIT: tuple[tuple[int, re.Pattern[str], _OwnLabel], ...] = (
    (_PARTS, _PART, _part),
    (_LETTERS, _SECTION, _section),
    (_ARTICLES, _ARTICLE, _article),
    (_ARTICLES, _ROMAN, _roman_label),
    (_POINTS, _POINT, _point),
    (_BELOW, _BRACKETED, _bracketed),
    (_TOP, _ORDINAL, _ordinal),
)


def _close(clause: _Open, issued: date | None, impossible: list[str]) -> Clause:
    text = _joined(clause.parts)
    whole = _joined([*clause.parts, *clause.tables]) if clause.tables else text
    first = text if len(clause.parts) == 1 else repair_spaces(clause.parts[0]) if clause.parts else ""
    heading = None
    is_short = len(first) <= 200
    may_head = clause.has_children or clause.is_bold or len(clause.parts) > 1 or is_capitals(first)
    if first and is_short and may_head and (not first.endswith((".", ";", ",")) or is_capitals(first)):
        heading = first.rstrip(" :.")
    deadlines = find_deadlines(text, issued)
    impossible += deadlines.impossible
    return Clause(clause.label, heading, whole, deadlines.found, clause.line)


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
    r"(?P<mark>(?:tm|t/m|kt|k/t|tl|t/l|tuq)\s?\.?\s?(?:[a-z]|$))"
    r"|(?P<annex>phu luc(?:\s(?:[ivx]{1,5}|\d{1,2}))?\W*$)"
)


def body_end(lines: tuple[Line, ...]) -> int:
    """The index of the line where the body ends: recipients, signature (with or without `KT.`) or a first annex."""
    for index, line in enumerate(lines):
        folded = fold(line.text)
        if lead_end(folded, "nơi nhận") is not None:
            return index
        found = _ENDS.match(folded) if folded else None
        if found is None:
            if is_signature(lines, index):
                return index
            continue
        if (found["mark"] and not is_capitals(line.text)) or (found["annex"] and index <= 5):
            continue
        return index
    return len(lines)
