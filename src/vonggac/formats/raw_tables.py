"""The cells of a delimited text as they stand in the file, before anybody asks which row is the header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from vonggac.errors import LimitExceeded
from vonggac.formats import cells, encodings
from vonggac.formats.cells import Grid
from vonggac.formats.limits import Limits
from vonggac.formats.records import Reject

RAW_CHARACTERS = 1_000
_SEPARATORS = ",\t;|"
SAMPLE_ROWS = 100
_SAMPLE_BYTES = 200_000
HEADER_WITHIN_ROWS = 30
_BLANK = ord(" ")
_COMMENT = re.compile(rb"^[ \t]*#", re.MULTILINE)


class Area(NamedTuple):
    """Cells of a workbook merged into one: lines of the file and 0-based columns, the last ones included."""

    first_line: int
    last_line: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class RawTable:
    """Rows of cells of any length, and the line that each begins on; rows without any text are left out.

    `cut`: line → place of a cell that was longer than is accepted, and of which only the beginning stands here.
    """

    rows: Sequence[list[str]]
    lines: Sequence[int]
    rejects: list[Reject]
    encoding: str = "utf-8"
    separator: str | None = None
    sheet: str | None = None
    cut: dict[int, int] = field(default_factory=dict)
    merged: Sequence[Area] = ()


def read_text(content: bytes, limits: Limits) -> RawTable:
    """The cells of a text whose encoding and separator are found out; LimitExceeded for too many rows."""
    rows: Sequence[list[str]]
    lines: Sequence[int]
    rejects: list[Reject]
    cut: dict[int, int] = {}
    # A national list is plain ASCII as a rule, and then neither decoded nor encoded.
    is_plain = content.isascii() and b"\x00" not in content
    encoding = "utf-8" if is_plain else encodings.detect(content)
    own = content if is_plain else encodings.decode(content, encoding).encode()
    # The sample may end inside a character.
    separator = _find_separator(own[:_SAMPLE_BYTES].decode(errors="ignore"))
    has_comments = b"#" in own and _COMMENT.search(own) is not None
    if separator and not has_comments and (grid := cells.split(own, separator, limits.cell_characters)):
        rows, lines, rejects = *_filled(grid), []
    else:
        rows, lines, rejects, cut = _split(own.decode(), separator, has_comments, limits)
    if len(rows) > limits.rows:
        raise LimitExceeded(f"the table has {len(rows)} rows; {limits.rows} are accepted: split it")
    return RawTable(rows, lines, rejects, encoding, separator, cut=cut)


def _filled(grid: Grid) -> tuple[Grid, Sequence[int]]:
    """The rows that hold more than separators and blanks, and their lines."""
    begins_blank = np.flatnonzero((grid.begins[:, 0] == grid.ends[:, 0]) | (grid.data[grid.begins[:, 0]] <= _BLANK))
    few = grid.take(begins_blank.tolist())
    has_text = ((few.ends > few.begins) & (few.data[few.begins] > _BLANK)).any(axis=1)
    blank = {place for place in begins_blank[~has_text].tolist() if not _is_filled(grid[place])}
    if not blank:
        return grid, range(1, len(grid) + 1)
    filled = [place for place in range(len(grid)) if place not in blank]
    return grid.take(filled), [place + 1 for place in filled]


def _sample_lines(text: str) -> list[str]:
    """The first lines of a text's begin that are neither empty nor comments."""
    sample: list[str] = []
    for line in io.StringIO(text):
        if line.strip() and not _is_comment(line):
            # A carriage return within a line is damage, which csv takes for a new line and refuses.
            sample.append(line.rstrip("\r\n").replace("\r", " ")[:10_000])
            if len(sample) == SAMPLE_ROWS:
                break
    return sample


def _find_separator(text: str) -> str | None:
    """The separator that cuts the most sample lines into the same number (> 1) of cells; None for a plain list."""
    sample = _sample_lines(text)
    best, best_score = None, 0.0
    for separator in _SEPARATORS:
        widths = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        if not widths or max(widths) < 2:
            continue
        # The mode of the widths over 1: a title line above the header has no separator and must not outvote it.
        width = Counter(width for width in widths if width > 1).most_common(1)[0][0]
        score = sum(1 for found in widths if found == width) / len(widths) + width / 10_000
        if score > best_score:
            best, best_score = separator, score
    return best


def _split(
    text: str, separator: str | None, has_comments: bool, limits: Limits
) -> tuple[Sequence[list[str]], Sequence[int], list[Reject], dict[int, int]]:
    """Rows, the line on which each begins, rejects for quotes that were never closed, and where a cell was cut."""
    if separator is None:
        lines = text.splitlines() if "\x0b" not in text and "\x0c" not in text else re.split(r"\r\n|\r|\n", text)
        pairs = [(number, [line]) for number, line in enumerate(lines, 1) if line.strip() and not _is_comment(line)]
        return [row for _, row in pairs], [number for number, _ in pairs], [], {}
    csv.field_size_limit(limits.cell_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(reader)
    except csv.Error:
        return _split_by_line(text, separator, limits)
    if reader.line_num != len(rows):
        return _split_by_line(text, separator, limits)
    kept = [
        number for number, row in enumerate(rows, 1) if _is_filled(row) and not (has_comments and _is_comment_row(row))
    ]
    return [rows[number - 1] for number in kept], kept, [], {}


def _split_by_line(
    text: str, separator: str, limits: Limits
) -> tuple[Sequence[list[str]], Sequence[int], list[Reject], dict[int, int]]:
    """As `_split`, record by record: a quote that swallows the following lines costs its own line only.

    A quoted cell may hold line breaks. It is taken as such when the record ends with at least as many cells as the
    lines around it have; otherwise the first line is a reject and reading goes on at the next.
    """
    # Of a cell that is too long the others still count; what it may take is bound by the content's size.
    csv.field_size_limit(max(len(text), limits.cell_characters))
    lines = list(io.StringIO(text, newline=""))
    rows: list[list[str]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    cut: dict[int, int] = {}
    width = 0
    position = 0
    while position < len(lines):
        line = lines[position]
        if not line.strip() or _is_comment(line):
            position += 1
            continue
        row, used = _next_record(lines, position, separator, limits)
        if row is None or (used > 1 and rows and len(row) != width):
            reason = "a quote is opened and not closed, or a cell is too long"
            rejects.append(Reject(position + 1, None, reason, line.rstrip("\r\n")[:RAW_CHARACTERS]))
            position += 1
            continue
        if _is_filled(row):
            if too_long := [place for place, cell in enumerate(row) if len(cell) > limits.cell_characters]:
                cut[position + 1] = too_long[0]
                row = [cell[: limits.cell_characters] for cell in row]
            rows.append(row)
            numbers.append(position + 1)
        width = len(row) if len(rows) <= 1 else max(width, len(row)) if len(rows) < HEADER_WITHIN_ROWS else width
        position += used
    return rows, numbers, rejects, cut


def _next_record(lines: list[str], position: int, separator: str, limits: Limits) -> tuple[list[str] | None, int]:
    """The record that begins at a line and how many lines it takes; None when its quote never closes."""
    # 200 lines are more than any cell of a real report; the bound keeps a broken quote from costing O(n²).
    reader = csv.reader(lines[position : position + 200], delimiter=separator, strict=False)
    try:
        row = next(reader)
    except csv.Error:
        return None, 1
    used = reader.line_num
    is_unclosed = used > 1 and sum(line.count('"') for line in lines[position : position + used]) % 2 == 1
    # A cell of many lines that is too long has swallowed them rather than been written so.
    if is_unclosed or (used > 1 and any(len(cell) > limits.cell_characters for cell in row)):
        return None, 1
    return row, used


def _is_filled(row: list[str]) -> bool:
    """Whether a cell of the row says something: a spreadsheet writes rows of separators alone."""
    return any(cell and not cell.isspace() for cell in row)


def _is_comment(line: str) -> bool:
    """True for `# text`; a line whose first cell is just `#` is a header (the running number's column)."""
    stripped = line.lstrip()
    return stripped.startswith("#") and not re.match(r"#\s*[,;|]|#\t+\D", stripped)


def _is_comment_row(row: list[str]) -> bool:
    first = row[0].lstrip()
    return first.startswith("#") and (first.rstrip() != "#" or not any(cell.strip() for cell in row[1:]))
