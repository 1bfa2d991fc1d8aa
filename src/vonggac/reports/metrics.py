"""Widths of text in the report's font, read from the TrueType tables: for rules as long as their line, and long words.

Times New Roman, Liberation Serif and Tinos share these widths, so one set of figures serves all three.
"""

import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).with_name("fonts")
_UNICODE_PLATFORMS = {(0, 3), (3, 1)}
_PLACES = frozenset({"TỈNH", "XÃ", "PHƯỜNG"})


class Face(NamedTuple):
    """Advance widths by character (font units), the units of one em, and the family name."""

    family: str
    units_per_em: int
    advances: dict[int, int]


def read_face(content: bytes) -> Face:
    """The widths and family name of one TrueType file (tables head, hhea, hmtx, cmap format 4, name; OpenType 1.9).

    Raises ValueError, KeyError or struct.error where a table is missing or short.
    """
    count = struct.unpack_from(">H", content, 4)[0]
    tables = {
        content[at : at + 4].decode("latin-1"): struct.unpack_from(">II", content, at + 8)
        for at in range(12, 12 + 16 * count, 16)
    }
    view = {tag: content[offset : offset + length] for tag, (offset, length) in tables.items()}
    units_per_em = struct.unpack_from(">H", view["head"], 18)[0]
    metric_count = struct.unpack_from(">H", view["hhea"], 34)[0]
    widths = [struct.unpack_from(">H", view["hmtx"], 4 * index)[0] for index in range(metric_count)]
    glyphs = _characters(view["cmap"])
    advances = {code: widths[min(glyph, metric_count - 1)] for code, glyph in glyphs.items()}
    return Face(_family(view["name"]), units_per_em, advances)


def _characters(cmap: bytes) -> dict[int, int]:
    for index in range(struct.unpack_from(">H", cmap, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * index)
        if (platform, encoding) in _UNICODE_PLATFORMS and struct.unpack_from(">H", cmap, offset)[0] == 4:
            return _segments(cmap[offset:])
    raise ValueError("no Unicode character table of format 4")


def _segments(table: bytes) -> dict[int, int]:
    half = struct.unpack_from(">H", table, 6)[0]
    ends, starts = 14, 16 + half
    deltas, ranges = starts + half, starts + 2 * half
    glyphs: dict[int, int] = {}
    for at in range(0, half, 2):
        end, start = _u16(table, ends + at), _u16(table, starts + at)
        delta, shift = _u16(table, deltas + at), _u16(table, ranges + at)
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = _u16(table, ranges + at + shift + 2 * (code - start)) if shift else code
            if glyph:
                glyphs[code] = (glyph + delta) & 0xFFFF
    return glyphs


def _u16(table: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", table, at)[0])


def _family(table: bytes) -> str:
    count, storage = struct.unpack_from(">HH", table, 2)
    for index in range(count):
        platform, _, _, name, length, offset = struct.unpack_from(">6H", table, 6 + 12 * index)
        if platform == 3 and name == 1:
            return table[storage + offset : storage + offset + length].decode("utf-16-be")
    raise ValueError("no family name")


@cache
def _bundled(bold: bool) -> Face:
    return read_face((_FOLDER / f"LiberationSerif-{'Bold' if bold else 'Regular'}.ttf").read_bytes())


def width_points(text: str, size_points: float, *, bold: bool = False) -> float:
    """How wide the text runs on one line, in points, without kerning; a character the font lacks counts as one em."""
    face = _bundled(bold)
    return sum(face.advances.get(ord(letter), face.units_per_em) for letter in text) * size_points / face.units_per_em


def shown(text: str) -> str:
    """The text with each character that the report's faces lack (emoji, Han, …) named instead, as `[U+1F44D]`.

    A glyph that is not there would be left out of a PDF without a trace.
    """
    return "".join(letter if ord(letter) in _in_all_faces() else f"[U+{ord(letter):04X}]" for letter in text)


@cache
def _in_all_faces() -> frozenset[int]:
    faces = sorted(_FOLDER.glob("*.ttf"))
    return frozenset.intersection(*(frozenset(read_face(face.read_bytes()).advances) for face in faces))


def balanced_lines(text: str, width: float, size_points: float, *, bold: bool = False) -> list[str]:
    """The text broken into as few lines as the width (points) needs, of even length; a body's name before its place.

    Without this the last word of a name would stand alone under it. O(n²) measurements on a line of n words.
    """
    words = text.split(" ")
    if width_points(" ".join(words), size_points, bold=bold) <= width:
        return [" ".join(words)]
    for index in [at for at, word in enumerate(words) if at and word in _PLACES]:
        halves = [" ".join(words[:index]), " ".join(words[index:])]
        if all(width_points(half, size_points, bold=bold) <= width for half in halves):
            return halves
    lines = _fill(words, width, size_points, bold)
    narrower = width
    while narrower > width / 2:
        narrower -= width / 40
        tried = _fill(words, narrower, size_points, bold)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def _fill(words: list[str], width: float, size_points: float, bold: bool) -> list[str]:
    lines = words[:1]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width_points(longer, size_points, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
