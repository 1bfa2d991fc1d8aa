"""The numbers and bullets that Word prints before paragraphs without storing them in their text (ECMA-376, 17.9).

A paragraph, or its style, names a list and a level; the list names how each level is counted and written. Most offices
number this way, so a directive read without it would have no clauses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from docx.oxml.ns import qn

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

LEVELS = 9
LARGEST = 3_999
# A style may be based on another, and that on a third; a chain longer than this goes in a circle.
_STYLES_DEEP = 20
_BULLET = "-"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is written: its kind of number, the text around it (`%1.`), where counting begins."""

    kind: str
    text: str
    start: int
    # Whether a list begins to count here by itself, and does not go on from another one of the same definition.
    begins_anew: bool = False
    keeps_counting: bool = False


@dataclass(frozen=True, slots=True)
class _List:
    definition: str
    levels: Mapping[int, _Level]


class Numbering:
    """The labels of a document's paragraphs, asked for one after the other in the order of the document."""

    def __init__(self, document: "Document") -> None:
        self._lists = _lists(document)
        # Lists of one definition go on counting where the other stopped, unless they set a start of their own.
        self._counts: dict[str, list[int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def label(self, paragraph: "Paragraph") -> str:
        """What Word prints before the paragraph: `1.`, `a)`, `-`; "" for a paragraph of no list."""
        number, depth = _place(paragraph, self._lists)
        found = self._lists.get(number)
        if found is None or depth not in found.levels:
            return ""
        counts = self._counted(found, number, depth)
        level = found.levels[depth]
        if level.kind == "bullet":
            return _BULLET
        return re.sub(r"%([1-9])", lambda match: _written(int(match[1]) - 1, counts, found.levels), level.text).strip()

    def _counted(self, found: _List, number: str, depth: int) -> list[int]:
        """How far each level is counted, this paragraph included; 0 for a level that counts anew."""
        counts = self._counts.setdefault(found.definition, [0] * LEVELS)
        level = found.levels[depth]
        is_first = level.begins_anew and (number, depth) not in self._begun
        self._begun.add((number, depth))
        counts[depth] = level.start if is_first or counts[depth] == 0 else min(counts[depth] + 1, LARGEST)
        for other, its in found.levels.items():
            if other < depth:
                counts[other] = counts[other] or its.start
            elif other > depth and not its.keeps_counting:
                counts[other] = 0
        return counts


def _lists(document: "Document") -> dict[str, _List]:
    parts = [part for part in document.part.package.iter_parts() if str(part.partname) == "/word/numbering.xml"]
    if not parts:
        return {}
    root: Any = getattr(parts[0], "element", None)
    if root is None:
        return {}
    definitions = {item.get(qn("w:abstractNumId")): item for item in root.iterfind(qn("w:abstractNum"))}
    return {str(item.get(qn("w:numId"))): _list(item, definitions) for item in root.iterfind(qn("w:num"))}


def _list(item: Any, definitions: Mapping[Any, Any]) -> _List:
    key = _value(item, "w:abstractNumId") or ""
    definition = definitions.get(key)
    levels = {} if definition is None else _levels(definition)
    for override in item.iterfind(qn("w:lvlOverride")):
        levels |= _levels(override)
        depth, start = _number(override.get(qn("w:ilvl")), 0), _value(override, "w:startOverride")
        if start is not None and depth in levels:
            levels[depth] = replace(levels[depth], start=_number(start, 1), begins_anew=True)
    return _List(key, levels)


def _levels(item: Any) -> dict[int, _Level]:
    levels = {}
    for level in item.iterfind(qn("w:lvl")):
        depth = _number(level.get(qn("w:ilvl")), 0)
        if depth < LEVELS:
            levels[depth] = _Level(
                _value(level, "w:numFmt") or "decimal",
                _value(level, "w:lvlText") or "",
                _number(_value(level, "w:start"), 1),
                keeps_counting=_value(level, "w:lvlRestart") == "0",
            )
    return levels


def _place(paragraph: "Paragraph", lists: Mapping[str, _List]) -> tuple[str, int]:
    """The list and level that the paragraph names, else its style or one that this is based on; "" for none."""
    number, depth = _named(paragraph._p.pPr)  # noqa: SLF001  # python-docx has no public way to a paragraph's list
    style: Any = paragraph.style
    for _ in range(_STYLES_DEEP):
        if style is None or (number is not None and depth is not None):
            break
        above = _named(style.element.pPr)
        number, depth = number if number is not None else above[0], depth if depth is not None else above[1]
        style = style.base_style
    return (number, depth or 0) if number is not None and number in lists else ("", 0)


def _named(properties: Any) -> tuple[str | None, int | None]:
    named = None if properties is None else properties.find(qn("w:numPr"))
    if named is None:
        return None, None
    depth = _value(named, "w:ilvl")
    return _value(named, "w:numId"), None if depth is None else _number(depth, 0)


def _value(item: Any, name: str) -> str | None:
    child = item.find(qn(name))
    return None if child is None else child.get(qn("w:val"))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 4 else otherwise


def _written(depth: int, counts: list[int], levels: Mapping[int, _Level]) -> str:
    """A level's number in its own form: letters go a … z, aa; Word knows no alphabet but the Latin one here."""
    count, kind = counts[depth], levels[depth].kind if depth in levels else "none"
    if kind == "none":
        return ""
    if kind.endswith("Letter"):
        letters = chr(ord("a") + (count - 1) % 26) * (1 + (count - 1) // 26) if count else ""
        return letters.upper() if kind.startswith("upper") else letters
    if kind.endswith("Roman"):
        return _roman(count).upper() if kind.startswith("upper") else _roman(count)
    return f"{count:02d}" if kind == "decimalZero" else str(count)


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        times, count = divmod(count, value)
        text += letters * times
    return text
