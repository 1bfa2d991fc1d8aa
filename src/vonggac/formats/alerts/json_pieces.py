"""The JSON objects of a file, each with its place: JSON lines, arrays in arrays, pretty-printed, one after another.

A line that does not parse is a damaged piece and the next one is read. In a document of many lines reading goes on at
the next element that parses, so that a file cut in its middle gives what stood before the cut.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from vonggac.formats.alerts import syslog
from vonggac.formats.alerts.outcome import Piece
from vonggac.formats.alerts.source import Source

Paths = frozenset[tuple[str, ...]]
_Reading = Generator[Piece, None, int]  # gives the place behind what was read

# Where an export puts its records: Elastic and OpenSearch, Microsoft Graph, consoles of their own.
WRAPPERS: Paths = frozenset(
    {("hits",), ("hits", "hits"), ("value",), ("response",), ("alerts",), ("records",), ("items",), ("results",)}
)
_FIRST_LINES = 20
_SAMPLES = 50
_DEPTH = 32
_WRAPPER_MEMBERS = 12
_PLACE = re.compile(r"\(byte (\d+)\)")
_BLANK = re.compile(r"[\s\x00\ufeff]*")
_BETWEEN = re.compile(r"[\s,\x00\ufeff]*")
_NEXT_ELEMENT = re.compile(r"[\n,\[]\s*(?=\{)")
_MARGIN = " \t\r\x00\ufeff"
_decode = msgspec.json.Decoder().decode
_scan = json.JSONDecoder().raw_decode


def objects(source: Source, opened: Paths = WRAPPERS) -> Iterator[Piece]:
    """Every record of the file as a piece with its value, which is an object.

    `opened` are the paths of keys at which a file holds its records: an object with a member there is no record itself.
    """
    if not is_lines(source.head):
        yield from elements(source.content().decode("utf-8", "replace"), opened)
        return
    for piece in source.lines():
        if piece.damage is not None:
            yield piece
        else:
            yield from of_line(piece, opened)


def is_lines(head: str) -> bool:
    """True when records stand one a line: a line near the begin is an object by itself, or none begins a document."""
    lines = [line for line in head.split("\n")[: _FIRST_LINES * 2] if line.strip(_MARGIN)][:_FIRST_LINES]
    first = lines[0].strip(_MARGIN) if lines else "["
    if first.startswith("["):
        return False
    if not first.startswith("{") or (first.endswith("}") and len(first) > 2):
        return True
    return any(isinstance(value_of(line.encode()), dict) and line[0] not in " \t" for line in lines)


def value_of(line: bytes) -> Any:
    """What one line says: JSON, by itself or as the message of a syslog line; None when it is no JSON."""
    trimmed = line.strip(b" \t\r\n\x00")
    for text in (trimmed, syslog.json_message(trimmed)):
        try:
            if text is not None:
                return _decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return None


def sample(head: str) -> tuple[list[dict[str, Any]], float]:
    """The first objects of a file, to tell the format by, and which share of its first records they are.

    Of a document that goes on, those that are whole.
    """
    is_a_line_each = is_lines(head)
    if not is_a_line_each:
        pieces = elements(head, WRAPPERS)
    else:
        lines = (Piece(1, 0, line.strip(_MARGIN).encode()) for line in head.split("\n")[:200] if line.strip(_MARGIN))
        pieces = (piece for line in lines for piece in of_line(line))
    found: list[dict[str, Any]] = []
    damaged = 0
    for piece in pieces:
        if piece.damage is None:
            found.append(piece.value)
        else:
            damaged += 1
        if len(found) >= _SAMPLES:
            break
    return found, len(found) / max(len(found) + damaged, 1) if is_a_line_each else 1.0


def elements(text: str, opened: Paths) -> Iterator[Piece]:
    """The records of a text of one or more JSON values, whole or damaged."""
    return _Walker(text, opened).records()


def of_line(piece: Piece, opened: Paths = WRAPPERS) -> Iterator[Piece]:
    """The records of one line, usually one."""
    value = value_of(piece.raw)
    if isinstance(value, dict) and not _is_wrapper(value, (), opened) and "_source" not in value:
        yield Piece(piece.line, piece.offset, piece.raw, value)
    elif isinstance(value, dict | list):
        message = piece.raw if piece.raw[:1] in b"[{" else syslog.json_message(piece.raw) or piece.raw
        for one in elements(message.decode("utf-8", "replace"), opened):
            yield Piece(piece.line, piece.offset + piece.raw.find(message) + one.offset, one.raw, one.value, one.damage)
    else:
        yield Piece(piece.line, piece.offset, piece.raw, damage=_reason(piece.raw))


def _reason(raw: bytes) -> str:
    try:
        _decode(raw)
    except msgspec.MsgspecError as problem:
        # The decoder's own words are English and no message of ours; only the place is taken from them.
        place = _PLACE.search(str(problem))
        if place is None:
            return "is no whole JSON: the record was cut short"
        byte = place[1]
        return f"is not JSON from byte {byte} on"
    except UnicodeDecodeError:
        return "is no text in UTF-8"
    except RecursionError:
        return "is nested too deep"
    return "is not a JSON object"


def _is_wrapper(value: dict[str, Any], path: tuple[str, ...], opened: Paths) -> bool:
    """True when the object only holds records: a member stands at an opened path and is an array of objects."""
    # What wraps by a usual name alone must look like a wrapper: few members beside the records.
    if opened is WRAPPERS and len(value) > _WRAPPER_MEMBERS:
        return False
    for name, inside in value.items():
        if (*path, name) in opened:
            if isinstance(inside, dict):
                return True
            if isinstance(inside, list) and all(isinstance(one, dict) for one in inside):
                return True
    return False


class _Walker:
    """One pass over a text of JSON; only what stands on an opened path is entered, the rest is C's work."""

    def __init__(self, text: str, opened: Paths) -> None:
        self._text = text
        self._opened = opened
        self._is_ascii = text.isascii()
        self._start = 0  # where the value begins that is being read
        self._end = 0  # behind the last piece
        self._place, self._line, self._offset = 0, 1, 0

    def records(self) -> Iterator[Piece]:
        """Every record, and each damaged stretch once."""
        place = self._skip(_BETWEEN, 0)
        while place < len(self._text):
            if self._text[place] in "]}":
                place += 1
            else:
                try:
                    place = yield from self._read(place, (), 0)
                except (ValueError, IndexError, RecursionError) as problem:
                    start = max(self._start, self._end)
                    following = _NEXT_ELEMENT.search(self._text, start + 1)
                    place = following.end() if following else len(self._text)
                    yield self._piece(start, place, damage=f"cannot be read: {problem}")
            place = self._skip(_BETWEEN, place)

    def _read(self, place: int, path: tuple[str, ...], depth: int) -> _Reading:
        """The records of the value at a place; gives the place behind it."""
        self._start = place
        if depth > _DEPTH:
            raise ValueError("nested too deep")
        if self._text[place] == "[":
            place = self._skip(_BETWEEN, place + 1)
            while self._text[place] != "]":
                place = yield from self._read(place, path, depth + 1)
                place = self._skip(_BETWEEN, place)
            return place + 1
        return (yield from self._read_object(place, path, depth))

    def _read_object(self, place: int, path: tuple[str, ...], depth: int) -> _Reading:
        try:
            value, end = _scan(self._text, place)
        except ValueError:
            # A wrapper that is cut off still holds whole records.
            if self._text[place] == "{" and any(one[: len(path)] == path for one in self._opened):
                return (yield from self._read_members(place, path, depth))
            raise
        if not isinstance(value, dict):
            raise ValueError("it is no object")
        if _is_wrapper(value, path, self._opened):
            return (yield from self._read_members(place, path, depth))
        # Elasticsearch and OpenSearch put the record itself one deeper.
        inner = value.get("_source") if "_index" in value or "_id" in value else None
        yield self._piece(place, end, inner if isinstance(inner, dict) else value)
        return end

    def _read_members(self, place: int, path: tuple[str, ...], depth: int) -> _Reading:
        """The records below an object that wraps them."""
        whole = place
        place = self._skip(_BLANK, place + 1)
        while self._text[place] != "}":
            self._start = whole
            name, place = _scan(self._text, place)
            place = self._skip(_BLANK, place)
            if self._text[place] != ":" or not isinstance(name, str):
                raise ValueError("a member's name and colon are missing")
            place = self._skip(_BLANK, place + 1)
            if (*path, name) in self._opened and self._text[place] in "[{":
                place = yield from self._read(place, (*path, name), depth + 1)
            else:
                _, place = _scan(self._text, place)
            place = self._skip(_BETWEEN, place)
        return place + 1

    def _skip(self, pattern: re.Pattern[str], place: int) -> int:
        match = pattern.match(self._text, place)
        return match.end() if match else place

    def _piece(self, start: int, end: int, value: Any = None, damage: str | None = None) -> Piece:
        """The piece between two places, with its line and byte offset. O(n) over all calls, for starts only grow."""
        self._line += self._text.count("\n", self._place, start)
        gone = self._text[self._place : start]
        self._offset += len(gone) if self._is_ascii else len(gone.encode())
        self._place, self._end = start, end
        return Piece(self._line, self._offset, self._text[start:end].rstrip().encode(), value, damage)
