"""Elements of an XML document with the lines on which they begin; of a damaged one, those that were whole before.

Through defusedxml: no entities, no external references, no document type.
"""

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from vonggac.errors import UnreadableFile

_PIECE_BYTES = 1 << 16


@dataclass
class Document:
    """A parsed document: `root` (None when not even it began), where each whole element stands, and the damage."""

    root: Element | None
    places: dict[Element, tuple[int, int, int]] = field(default_factory=dict)  # line, first byte, byte behind
    damage: str | None = None
    damage_line: int = 1

    def is_whole(self, element: Element) -> bool:
        """True when the element was closed before the damage."""
        return element in self.places


class _Builder(TreeBuilder):
    """A tree whose elements remember where they stood."""

    def __init__(self, content: bytes, margin: int) -> None:
        super().__init__()
        self.parser: Any = None
        self._content, self._margin = content, margin
        self._lines_above = content.count(b"\n", 0, margin)
        self.root: Element | None = None
        self.places: dict[Element, tuple[int, int, int]] = {}
        self._open: list[tuple[Element, int, int]] = []

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        element = super().start(tag, attrs)
        self.root = element if self.root is None else self.root
        line, place = self.parser.CurrentLineNumber + self._lines_above, self.parser.CurrentByteIndex + self._margin
        self._open.append((element, line, place))
        return element

    def end(self, tag: str, /) -> Element:
        element, line, begin = self._open.pop()
        # The parser stands at the closing tag, or behind an element that closes itself.
        here = self.parser.CurrentByteIndex + self._margin
        is_empty = self._content[here - 2 : here] == b"/>" and self._content.find(b"<", begin + 1, here) < 0
        behind = here if is_empty else self._content.find(b">", here) + 1
        self.places[element] = line, begin, behind
        return super().end(tag)


def parse(content: bytes, name: str) -> Document:
    """The document of UTF-8 content; UnreadableFile for a document type or an entity, which no sender needs."""
    margin = len(content) - len(content.lstrip(b" \t\r\n\x00"))
    builder = _Builder(content, margin)
    # The encoding that the document declares was undone already.
    parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    builder.parser = parser.parser
    try:
        for start in range(margin, len(content), _PIECE_BYTES):
            parser.feed(content[start : start + _PIECE_BYTES])
        parser.close()
    except ParseError as problem:
        line = problem.position[0] + content.count(b"\n", 0, margin)
        return Document(builder.root, builder.places, f"is not XML: {problem}", line)
    except DefusedXmlException as problem:
        raise UnreadableFile(
            f"{name} declares a document type or entities, which is not accepted ({problem})"
        ) from None
    return Document(builder.root, builder.places)


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Element | None, *names: str) -> Element | None:
    """The first element below, one name a level, whatever the namespace; None when there is none."""
    for name in names:
        if element is None:
            return None
        element = next((one for one in element if local(one) == name), None)
    return element


def children(element: Element | None, name: str) -> list[Element]:
    """The elements of this name directly below."""
    return [] if element is None else [one for one in element if local(one) == name]


def text_of(element: Element | None, *names: str) -> str | None:
    """The trimmed text of an element below; None when there is none."""
    found = child(element, *names)
    return (found.text or "").strip() or None if found is not None else None
