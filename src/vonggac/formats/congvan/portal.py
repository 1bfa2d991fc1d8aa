"""The table of properties that law portals print before a document: `Số hiệu:`, `Nơi ban hành:`, `Ngày ban hành:`."""

import re

from vonggac.formats.congvan.document import Source
from vonggac.formats.congvan.lines import Line
from vonggac.kernel.text import fold

_LABELS = {
    "so hieu": "number", "so ky hieu": "number", "so/ky hieu": "number", "so van ban": "number",
    "loai van ban": "kind", "hinh thuc van ban": "kind",
    "noi ban hanh": "issuer", "co quan ban hanh": "issuer", "don vi ban hanh": "issuer",
    "nguoi ky": "signer", "ngay ban hanh": "date", "ngay ky": "date", "trich yeu": "subject", "ve viec": "subject",
}  # fmt: skip
_LABEL = re.compile(rf"^(?P<label>{'|'.join(sorted(_LABELS, key=len, reverse=True))})\s?:\s*")
_BARE = re.compile(rf"^(?P<label>{'|'.join(sorted(_LABELS, key=len, reverse=True))})$")
_UNKNOWN = re.compile(r"^(?:da biet|dang cap nhat|\W*|n/a)$")
_SCANNED_LINES = 60


def read_portal(lines: tuple[Line, ...]) -> tuple[dict[str, Source], frozenset[int]]:
    """The properties by field with their sources, and the indices of their lines; empty unless two stand there."""
    found: dict[str, Source] = {}
    used: set[int] = set()
    for index, line in enumerate(lines[:_SCANNED_LINES]):
        folded = fold(line.text)
        match = _LABEL.match(folded) or _BARE.match(folded)
        if match is None or len(line.text) > 400:
            continue
        field = _LABELS[match["label"]]
        value_index, value = index, line.text[match.end() :].strip()
        if not value:
            value_index = next((i for i in range(index + 1, min(index + 5, len(lines))) if lines[i].text), index)
            value = lines[value_index].text
        if ":" in value[-1:] or _UNKNOWN.match(fold(value)) or field in found:
            continue
        found[field] = Source(lines[value_index].number, value)
        used |= {index, value_index}
    return (found, frozenset(used)) if len(found.keys() - {"subject"}) > 1 else ({}, frozenset())
