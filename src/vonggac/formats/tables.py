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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import encodings
from vonggac.formats.cells import Grid
from vonggac.formats.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from vonggac.formats.raw_tables import HEADER_WITHIN_ROWS, RAW_CHARACTERS, SAMPLE_ROWS, RawTable, read_text
from vonggac.formats.records import Reject, RowWarning

Surplus = Literal["reject", "keep"]

# A bullet or a running number may stand before the address of a plain line.
LINE_MARK = re.compile(r"\s*(?:[-*+•–]\s*|\d{1,6}[.)]\s+)")
_ADDRESS = re.compile(
    rf"(?:{LINE_MARK.pattern})?"
    r"\s*(\d{1,3}\[?\.\]?\d{1,3}\[?\.\]?\d{1,3}\[?\.\]?\d{1,3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?![\w.])"
)
_TIME = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\s*\d|\s*$)")
_NUMBER = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*$")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as received.

    `columns` are the header's names, stripped, in Unicode NFC, made unique by ` (2)`; `"1"`, `"2"`, … where there is
    no header. Every row has `len(columns)` cells. `line_numbers[i]` is the 1-based line (spreadsheet row) on which
    `rows[i]` begins. `rejects` are the rows that could not be laid out, `cut` names cells that were too long and hold
    their beginning only.
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
    cut: list[RowWarning] = field(default_factory=list)

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
    probably shifted its cells) or is cut (`"keep"`); so is one with a cell that is too long. Short rows are filled up
    with empty cells. Raises `LimitExceeded` and `UnreadableFile` for the file as a whole, never for one row.
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
    return [_lay_out(grid, limits, surplus=surplus, strip=strip) for grid in grids]


def read_grids(
    content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS, *, with_merged: bool = False
) -> list[RawTable]:
    """The cells as they stand, no row of them taken for a header: one grid for text, one a filled sheet.

    `with_merged` says of a workbook which cells are merged; the first of them holds the text.
    """
    if len(content) > limits.content_bytes:
        raise LimitExceeded(
            f"{filename} has {len(content) // MEBIBYTE} MiB; {limits.content_bytes // MEBIBYTE} MiB are accepted"
        )
    if content.startswith(b"PK\x03\x04"):
        from vonggac.formats import workbooks  # noqa: PLC0415  6 ms that a text file does not need

        sheets = workbooks.read_sheets(content, limits, with_merged=with_merged)
        grids = [
            RawTable(sheet.rows, sheet.line_numbers, [], sheet=sheet.name, merged=sheet.merged) for sheet in sheets
        ]
    else:
        _refuse_other_formats(content, filename)
        grids = [read_text(content, limits)]
    return [grid for grid in grids if grid.rows]


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


def _lay_out(grid: RawTable, limits: Limits, *, surplus: Surplus, strip: bool) -> Table:
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
    if surplus == "reject" and grid.cut:
        pairs = list(zip(rows, lines, strict=True))
        long = [(",".join(row), line) for row, line in pairs if line in grid.cut]
        rejects += [Reject(line, None, "a cell is too long", text[:RAW_CHARACTERS]) for text, line in long]
        rows = [row for row, line in pairs if line not in grid.cut]
        lines = [line for _, line in pairs if line not in grid.cut]
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
        cut=_name_cut(grid, columns) if surplus == "keep" else [],
    )


def _name_cut(grid: RawTable, columns: list[str]) -> list[RowWarning]:
    reason = "the cell is too long; only its beginning is read"
    beginnings = [grid.rows[grid.lines.index(line)][place][:RAW_CHARACTERS] for line, place in grid.cut.items()]
    names = [columns[place] if place < len(columns) else "" for place in grid.cut.values()]
    return [RowWarning(line, name, reason, raw) for line, name, raw in zip(grid.cut, names, beginnings, strict=True)]


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
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:SAMPLE_ROWS]]
    # Titles and notes are of one cell and may outnumber the data: only what is wider tells how wide a row is.
    wide = sorted(count for count in filled if count > 1) or [1]
    usual = (wide[(len(wide) - 1) // 2] + wide[len(wide) // 2]) / 2
    for index, row in enumerate(rows[:HEADER_WITHIN_ROWS]):
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
