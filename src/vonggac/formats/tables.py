"""Rows of named text columns from CSV, TSV, XLSX or a plain list of lines, whatever the encoding and separator.

    read_table(content, filename)  -> Table       one table: a file, or the first filled sheet of a workbook
    read_tables(content, filename) -> [Table]     all filled sheets of a workbook
    write_csv(columns, rows) / write_xlsx(columns, rows) -> bytes

What a person's spreadsheet does to a table is undone here: title lines above the header, comments, byte order marks,
semicolons, UTF-16, cp1258, a quote that was never closed. What the columns *mean* is for the caller.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import cells, encodings
from vonggac.formats.cells import Grid
from vonggac.formats.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from vonggac.formats.records import Reject

Surplus = Literal["reject", "keep"]

RAW_CHARACTERS = 1_000
_SEPARATORS = ",\t;|"
_SAMPLE_ROWS = 100
_HEADER_WITHIN_ROWS = 30
_ADDRESS = re.compile(
    r"\s*(\d{1,3}\[?\.\]?\d{1,3}\[?\.\]?\d{1,3}\[?\.\]?\d{1,3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?![\w.])"
)
_TIME = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\s*\d|\s*$)")
_NUMBER = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*$")
_COMMENT = re.compile(r"^[ \t]*#", re.MULTILINE)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as received.

    `columns` are the header's names, stripped, in Unicode NFC, made unique by ` (2)`; `"1"`, `"2"`, … where there is
    no header. Every row has `len(columns)` cells. `line_numbers[i]` is the 1-based line (spreadsheet row) on which
    `rows[i]` begins. `rejects` are the rows that could not be laid out.
    """

    columns: list[str]
    rows: Sequence[list[str]]
    line_numbers: Sequence[int]
    rejects: list[Reject] = field(default_factory=list)
    has_header: bool = True
    header_line: int | None = None
    encoding: str = "utf-8"
    separator: str | None = None
    sheet: str | None = None

    def column(self, name: str) -> list[str]:
        """The cells of one column; raises KeyError when the table has no such column."""
        try:
            index = self.columns.index(name)
        except ValueError:
            raise KeyError(name) from None
        if isinstance(self.rows, Grid):
            return self.rows.column(index)
        return [row[index] for row in self.rows]

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line, {column: cell}) for every row."""
        for line, row in zip(self.line_numbers, self.rows, strict=True):
            yield line, dict(zip(self.columns, row, strict=True))


@dataclass(frozen=True, slots=True)
class RawGrid:
    """The cells of a file or sheet before anybody looked for a header; `lines[i]` is where `rows[i]` begins."""

    rows: Sequence[list[str]]
    lines: Sequence[int]
    rejects: list[Reject]
    encoding: str = "utf-8"
    separator: str | None = None
    sheet: str | None = None


def read_table(
    content: bytes,
    filename: str,
    limits: Limits = DEFAULT_LIMITS,
    *,
    surplus: Surplus = "reject",
    strip: bool = True,
) -> Table:
    """The table of a file, or of the first filled sheet of a workbook; an empty file gives a table without columns.

    A row with more filled cells than the header has columns is a reject (`surplus="reject"`: an unquoted separator has
    probably shifted its cells) or is cut (`"keep"`). Short rows are filled up with empty cells. Raises `LimitExceeded`
    and `UnreadableFile` for the file as a whole, never for one row.
    """
    tables = read_tables(content, filename, limits, surplus=surplus, strip=strip)
    return tables[0] if tables else Table([], [], [], has_header=False)


def read_tables(
    content: bytes,
    filename: str,
    limits: Limits = DEFAULT_LIMITS,
    *,
    surplus: Surplus = "reject",
    strip: bool = True,
) -> list[Table]:
    """The tables of a file: one for text, one a filled sheet for a workbook, none for an empty file."""
    grids = read_grids(content, filename, limits)
    return [_lay_out(grid, limits, surplus=surplus, strip=strip) for grid in grids if grid.rows]


def read_grids(content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> list[RawGrid]:
    """The cells of a file as they stand, one grid a filled sheet: for tables whose header is not one row of names."""
    if len(content) > limits.content_bytes:
        raise LimitExceeded(
            f"{filename} has {len(content) // MEBIBYTE} MiB; {limits.content_bytes // MEBIBYTE} MiB are accepted"
        )
    if content.startswith(b"PK\x03\x04"):
        from vonggac.formats import workbooks  # noqa: PLC0415  6 ms that a text file does not need

        sheets = workbooks.read_sheets(content, limits)
        grids = [RawGrid(sheet.rows, sheet.line_numbers, [], sheet=sheet.name) for sheet in sheets]
    else:
        _refuse_other_formats(content, filename)
        grids = [_read_text(content, limits)]
    return grids


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], *, byte_order_mark: bool = False) -> bytes:
    """UTF-8 CSV (RFC 4180, CRLF) that no spreadsheet runs as formulas.

    A text cell that starts with `=`, `+`, `-`, `@`, tab or carriage return gets an apostrophe in front (OWASP, CSV
    injection); numbers given as int or float are written as they are. None is an empty cell. The byte order mark makes
    older spreadsheets read Vietnamese rightly.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([_safe_cell(cell) for cell in columns])
    writer.writerows([_safe_cell(cell) for cell in row] for row in rows)
    return target.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "Sheet1") -> bytes:
    """A workbook of one sheet with a header row; text is typed as text, so no cell is a formula."""
    from vonggac.formats import workbooks  # noqa: PLC0415  as above

    return workbooks.write_sheet(columns, rows, title)


def _safe_cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _refuse_other_formats(content: bytes, filename: str) -> None:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(f"{filename} is an old .xls or a workbook with a password; save it as .xlsx or CSV")
    if content.startswith(b"%PDF"):
        raise UnreadableFile(f"{filename} is a PDF; ask the sender for the table, or copy it into a spreadsheet")
    if content.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")):
        raise UnreadableFile(f"{filename} is compressed; unpack it first")
    if b"\x00" in content[:4_096] and not encodings.detect(content).startswith("utf-16"):
        raise UnreadableFile(f"{filename} holds binary data, not a table; hand in CSV, TSV, XLSX or plain text")


def _read_text(content: bytes, limits: Limits) -> RawGrid:
    rows: Sequence[list[str]]
    lines: Sequence[int]
    rejects: list[Reject]
    encoding = encodings.detect(content)
    text = encodings.decode(content, encoding)
    separator = _find_separator(text)
    # The bytes as they came, where they are the text's own: a national list is not encoded again.
    own = content if encoding == "utf-8" and text.isascii() else text.encode()
    if separator and not _has_comments(text) and (grid := cells.split(own, separator, limits.cell_characters)):
        rows, lines, rejects = grid, range(1, len(grid) + 1), []
    else:
        rows, lines, rejects = _split(text, separator, limits)
    if len(rows) > limits.rows:
        raise LimitExceeded(f"the table has {len(rows)} rows; {limits.rows} are accepted: split it")
    return RawGrid(rows, lines, rejects, encoding, separator)


def _sample_lines(text: str) -> list[str]:
    """The first lines that are neither empty nor comments, without reading on to the end."""
    sample: list[str] = []
    for line in io.StringIO(text[:200_000]):
        if line.strip() and not _is_comment(line):
            sample.append(line.rstrip("\r\n")[:10_000])
            if len(sample) == _SAMPLE_ROWS:
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


def _split(text: str, separator: str | None, limits: Limits) -> tuple[Sequence[list[str]], Sequence[int], list[Reject]]:
    """Rows, the line on which each begins, and rejects for quotes that were never closed."""
    if separator is None:
        lines = text.splitlines() if "\x0b" not in text and "\x0c" not in text else re.split(r"\r\n|\r|\n", text)
        pairs = [(number, [line]) for number, line in enumerate(lines, 1) if line.strip() and not _is_comment(line)]
        return [row for _, row in pairs], [number for number, _ in pairs], []
    csv.field_size_limit(limits.cell_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(reader)
    except csv.Error:
        return _split_by_line(text, separator, limits)
    if reader.line_num != len(rows):
        return _split_by_line(text, separator, limits)
    if all(rows) and not _has_comments(text):
        return rows, range(1, len(rows) + 1), []
    kept = [number for number, row in enumerate(rows, 1) if row and not _is_comment_row(row)]
    return [rows[number - 1] for number in kept], kept, []


def _has_comments(text: str) -> bool:
    # Most lists have no such sign at all, which is seen a hundred times sooner than that no line begins with one.
    return "#" in text and _COMMENT.search(text) is not None


def _split_by_line(
    text: str, separator: str, limits: Limits
) -> tuple[Sequence[list[str]], Sequence[int], list[Reject]]:
    """As `_split`, record by record: a quote that swallows the following lines costs its own line only.

    A quoted cell may hold line breaks. It is taken as such when the record ends with at least as many cells as the
    lines around it have; otherwise the first line is a reject and reading goes on at the next.
    """
    lines = list(io.StringIO(text, newline=""))
    rows: list[list[str]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
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
        rows.append(row)
        numbers.append(position + 1)
        width = len(row) if len(rows) <= 1 else max(width, len(row)) if len(rows) < _HEADER_WITHIN_ROWS else width
        position += used
    return rows, numbers, rejects


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
    if is_unclosed or any(len(cell) > limits.cell_characters for cell in row):
        return None, 1
    return row, used


def _is_comment(line: str) -> bool:
    """True for `# text`; a line whose first cell is just `#` is a header (the running number's column)."""
    stripped = line.lstrip()
    return stripped.startswith("#") and not re.match(r"#\s*[,;|]|#\t+\D", stripped)


def _is_comment_row(row: list[str]) -> bool:
    first = row[0].lstrip()
    return first.startswith("#") and (first.rstrip() != "#" or not any(cell.strip() for cell in row[1:]))


def _lay_out(grid: RawGrid, limits: Limits, *, surplus: Surplus, strip: bool) -> Table:
    header_index = _find_header(grid.rows)
    rows = grid.rows[header_index + 1 :] if header_index is not None else grid.rows
    lines = grid.lines[header_index + 1 :] if header_index is not None else grid.lines
    if header_index is not None:
        columns = _name_columns(grid.rows[header_index])
    else:
        columns = [str(number) for number in range(1, max(map(len, grid.rows)) + 1)]
    if len(columns) > limits.columns:
        raise LimitExceeded(f"the table has {len(columns)} columns; {limits.columns} are accepted")
    rejects = list(grid.rejects)
    if strip:
        rows = [[cell.strip() for cell in row] for row in rows]
    is_even = isinstance(rows, Grid) and rows.width == len(columns)
    if not is_even and any(len(row) != len(columns) for row in rows):
        rows, lines = _fit(rows, lines, len(columns), surplus, rejects)
    return Table(
        columns=columns,
        rows=rows,
        line_numbers=lines,
        rejects=rejects,
        has_header=header_index is not None,
        header_line=grid.lines[header_index] if header_index is not None else None,
        encoding=grid.encoding,
        separator=grid.separator,
        sheet=grid.sheet,
    )


def _fit(
    rows: Sequence[list[str]], lines: Sequence[int], width: int, surplus: Surplus, rejects: list[Reject]
) -> tuple[list[list[str]], list[int]]:
    """Rows of exactly `width` cells; appends to `rejects` those that have more and may not be cut."""
    kept: list[list[str]] = []
    numbers: list[int] = []
    for line, row in zip(lines, rows, strict=True):
        if len(row) > width and surplus == "reject" and any(cell.strip() for cell in row[width:]):
            reason = f"the row has {len(row)} cells, the header {width}: a separator inside a cell needs quotes"
            rejects.append(Reject(line, None, reason, ",".join(row)[:RAW_CHARACTERS]))
            continue
        kept.append(row[:width] + [""] * (width - len(row)))
        numbers.append(line)
    return kept, numbers


def _find_header(rows: Sequence[list[str]]) -> int | None:
    """The index of the header row, below titles and above data; None when data begins without one."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:_SAMPLE_ROWS]]
    usual = (sorted(filled)[(len(filled) - 1) // 2] + sorted(filled)[len(filled) // 2]) / 2
    for index, row in enumerate(rows[:_HEADER_WITHIN_ROWS]):
        # Data rows may be sparse and a header never is: a title of one cell above a wide table falls below 0.6.
        if filled[index] < max(1.0, 0.6 * usual):
            continue
        return None if _looks_like_data(row) else index
    return None


def _looks_like_data(row: list[str]) -> bool:
    cells = [cell for cell in row if cell.strip()]
    if any(_ADDRESS.match(cell) or _TIME.match(cell) for cell in cells):
        return True
    return sum(1 for cell in cells if _NUMBER.match(cell)) * 2 > len(cells)


def _name_columns(header: list[str]) -> list[str]:
    """The header's names, stripped; an empty name becomes its position, a repeated one gets ` (2)`."""
    names: list[str] = []
    last = max((index for index, cell in enumerate(header) if cell.strip()), default=-1)
    for index, cell in enumerate(header[: last + 1], start=1):
        name = " ".join(cell.split()) or str(index)
        times = sum(1 for other in names if other == name or other.startswith(f"{name} ("))
        names.append(name if not times else f"{name} ({times + 1})")
    return names
