"""The table of properties that law portals print before a document: `Số hiệu:`, `Nơi ban hành:`, `Ngày ban hành:`."""

import re

from vonggac.formats.congvan.document import Source
from vonggac.formats.congvan.lines import Line
from vonggac.kernel.text import fold

_LABELS = {
    "so hieu": "number", "so ky hieu": "number", "so/ky hieu": "number", "so van ban": "number",
    "loai van ban": "kind", "hinh thuc van ban": "kind",
    "noi ban hanh": "issuer", "co quan ban hanh": "issuer", "don vi ban hanh": "issuer",
    "nguoi ky": "signer", "ngay ban hanh": "date", "ngay ky": "date", "trich yeu": "subject",
    "trich yeu noi dung": "subject", "nguoi ky duyet": "signer", "ve viec": "subject",
}  # fmt: skip
# Labels whose values are not wanted, but which end the value before them where a site prints several on a line.
_OTHERS = (
    "ngay hieu luc", "ngay co hieu luc", "ngay het hieu luc", "ngay cong bao", "ngay dang cong bao", "so cong bao",
    "tinh trang hieu luc", "tinh trang", "linh vuc", "ap dung", "pham vi",
)  # fmt: skip
_WORDS = "|".join(sorted((*_LABELS, *_OTHERS), key=len, reverse=True))
_LABEL = re.compile(rf"(?<![\w/])(?P<label>{_WORDS})\s?:\s*")
_BARE = re.compile(rf"^(?P<label>{_WORDS})$")
_UNKNOWN = re.compile(r"^(?:da biet|dang cap nhat|\W*|n/a)$")
_DATE = re.compile(r"^\d{1,2}\s?[/\-.]\s?\d{1,2}\s?[/\-.]\s?\d{4}")
# The table stands before the document; what looks like it behind the greeting or in the clauses is text.
_STOPS = re.compile(r"\W{0,4}(?:kinh gui|noi nhan|dieu \d|1\.\s|i\.\s|a\)\s|v/v)")
_AT_START = re.compile(rf"^(?P<label>{_WORDS})\s+")
_ANY = re.compile(r"\S")
_SHAPES = {"date": _DATE, "number": re.compile(r"^\d[\w/.\-]{3,40}$")}
_SCANNED_LINES = 60
# A label's explanation may stand between it and its value.
_LOOK_AHEAD_LINES = 6


def read_portal(lines: tuple[Line, ...]) -> tuple[dict[str, Source], frozenset[int]]:
    """The properties by field with their sources, and the indices of their lines; empty unless two stand there."""
    found: dict[str, Source] = {}
    used: set[int] = set()
    for index, line in enumerate(lines[:_SCANNED_LINES]):
        if _STOPS.match(fold(line.text[:20])):
            break
        if len(line.text) > 400:
            continue
        for label, value in _pairs(line.text):
            field = _LABELS.get(label)
            if field is None:
                used.add(index)
                continue
            at, text = (index, value) if value else _value_below(lines, index, label, field)
            if text.endswith(":") or _UNKNOWN.match(fold(text)) or field in found:
                continue
            found[field] = Source(lines[at].number, text)
            used |= {index, at}
    return (found, frozenset(used)) if len(found.keys() - {"subject"}) > 1 else _read_bare(lines)


def _read_bare(lines: tuple[Line, ...]) -> tuple[dict[str, Source], frozenset[int]]:
    """The same of a site that prints no colons; only where a number and a day stand among the labels."""
    found: dict[str, Source] = {}
    used: set[int] = set()
    for index, line in enumerate(lines[:_SCANNED_LINES]):
        match = _AT_START.match(fold(line.text)) if len(line.text) < 300 else None
        field = _LABELS.get(match["label"]) if match else None
        value = line.text[match.end() :].strip() if match else ""
        if field is None or not value or field in found or not _SHAPES.get(field, _ANY).match(value):
            continue
        found[field] = Source(line.number, value)
        used.add(index)
    return (found, frozenset(used)) if {"number", "date"} <= found.keys() else ({}, frozenset())


def _pairs(text: str) -> list[tuple[str, str]]:
    """The labels of a line that begins with one, each with what stands behind it."""
    folded = fold(text)
    bare = _BARE.match(folded)
    if bare:
        return [(bare["label"], "")]
    matches = list(_LABEL.finditer(folded))
    if not matches or matches[0].start() > 2:
        return []
    edges = [*(match.start() for match in matches[1:]), len(text)]
    return [
        (match["label"], text[match.end() : edge].strip(" |;,")) for match, edge in zip(matches, edges, strict=True)
    ]


def _value_below(lines: tuple[Line, ...], index: int, label: str, field: str) -> tuple[int, str]:
    """The first line below that can be the value: no explanation of the label, and for a date a date."""
    filled = [at for at in range(index + 1, min(index + 2 * _LOOK_AHEAD_LINES, len(lines))) if lines[at].text]
    for at in filled[:_LOOK_AHEAD_LINES]:
        text = lines[at].text
        if field == "date":
            if _DATE.match(text):
                return at, text
        elif not fold(text).startswith(f"{label} la ") and (field == "number" or not _pairs(text)):
            return at, text
    return index, ""
