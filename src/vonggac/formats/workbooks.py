"""Office Open XML workbooks (.xlsx): sheets as grids of text, checked for bombs before anything is unpacked."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import encodings
from vonggac.formats.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from vonggac.formats.raw_tables import Area

LAST_ROW = 1_048_576  # of any spreadsheet
MOST_MERGED = 5_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet: `rows` of text with the spreadsheet's own row numbers beside them; empty rows are left out."""

    name: str
    rows: list[list[str]]
    line_numbers: list[int]
    merged: list[Area] = field(default_factory=list)


def read_sheets(content: bytes, limits: Limits = DEFAULT_LIMITS, *, with_merged: bool = False) -> list[Sheet]:
    """The visible sheets of a workbook that hold anything, in their order, every cell as text.

    Of merged cells the first holds the text; `with_merged` says which they are.

    Dates come as ISO 8601 without a zone, whole numbers without a decimal point, formulas as their last stored value.
    Raises `LimitExceeded` for bombs and oversized sheets, `UnreadableFile` for what is no sound workbook.
    """
    _check_directory(content, limits)
    import openpyxl  # noqa: PLC0415  openpyxl takes 0.2 s, and most lists are CSV

    if not openpyxl.DEFUSEDXML:
        raise UnreadableFile("workbooks are not read while OPENPYXL_DEFUSEDXML is switched off; unset it")
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        pages = [page for page in book.worksheets if page.sheet_state == "visible"]
        sheets = [_read_sheet(page, limits) for page in pages]
        if with_merged:
            for page, sheet in zip(pages, sheets, strict=True):
                sheet.merged.extend(_merged(page))
    except (LimitExceeded, UnreadableFile):
        raise
    except Exception as error:
        raise UnreadableFile(f"the workbook is damaged ({error}); open it, save it again as .xlsx or CSV") from error
    return [sheet for sheet in sheets if sheet.rows]


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "Sheet1") -> bytes:
    """A workbook of one sheet with a header row; text cells are typed as text, so none is ever read as a formula."""
    import openpyxl  # noqa: PLC0415  as above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in (columns, *rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_cell_value(value))  # type: ignore[arg-type]  # the stubs know fewer types
            if isinstance(cell.value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _check_directory(content: bytes, limits: Limits) -> None:
    """Read only the archive's directory and the head of each XML part, so that a bomb costs nothing."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise UnreadableFile("the file is no workbook or is cut short; save it again as .xlsx or CSV") from error
    with archive:
        members = archive.infolist()
        if not any(member.filename == "xl/workbook.xml" for member in members):
            raise UnreadableFile("the file is an archive, not a workbook; unpack it and hand in what it holds")
        _check_sizes(members, limits)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                _check_prolog(archive, member)


def _check_sizes(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise LimitExceeded(f"the workbook has {len(members)} parts; {limits.members} are accepted")
    total = sum(member.file_size for member in members)
    if total > limits.expanded_bytes:
        raise LimitExceeded(
            f"unpacked the workbook has {total // MEBIBYTE} MiB; {limits.expanded_bytes // MEBIBYTE} MiB are accepted"
        )
    for member in members:
        packed = max(member.compress_size, 1)
        if member.file_size > MEBIBYTE and member.file_size / packed > limits.expansion_ratio:
            raise LimitExceeded(f"{member.filename} unpacks to {member.file_size // packed} times its size: a zip bomb")


def _check_prolog(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """A document type is where entity bombs and outside references live; no office program writes one."""
    try:
        with archive.open(member) as part:
            head = part.read(65_536)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise UnreadableFile(f"{member.filename} of the workbook cannot be unpacked ({error})") from error
    if b"<!DOCTYPE" in head.replace(b"\x00", b"").upper():
        raise UnreadableFile(f"{member.filename} of the workbook declares a document type, which is not accepted")


def _read_sheet(sheet: object, limits: Limits) -> Sheet:
    rows: list[list[str]] = []
    lines: list[int] = []
    # The size that a sheet declares is its writer's word: rows would be filled up to it, cell by cell.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    # Without a last row, the rows before one that claims a number in the billions would be made one by one.
    found = sheet.iter_rows(max_row=LAST_ROW, values_only=True)  # type: ignore[attr-defined]
    for line, values in enumerate(found, start=1):
        cells = [_cell_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(rows) >= limits.rows:
            raise LimitExceeded(f"a sheet has more than {limits.rows} rows; split it")
        if len(cells) > limits.columns:
            raise LimitExceeded(f"row {line} has {len(cells)} columns; {limits.columns} are accepted")
        rows.append(cells)
        lines.append(line)
    return Sheet(name=str(sheet.title), rows=rows, line_numbers=lines)  # type: ignore[attr-defined]


def _merged(page: object) -> Iterator[Area]:
    """The merged cells of a sheet; one that is read row by row does not know them, for they stand behind the rows."""
    with page._get_source() as part:  # type: ignore[attr-defined]  # noqa: SLF001
        found = _MERGED.findall(part.read())
    for column, line, last_column, last_line in found[:MOST_MERGED]:
        yield Area(int(line), int(last_line), _place(column), _place(last_column))


def _place(letters: bytes) -> int:
    """0 for A, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _cell_value(value: object) -> str | int | float | bool | datetime | date | time | timedelta | None:
    if isinstance(value, datetime):
        # A workbook's times carry no zone; text keeps it.
        return value.isoformat() if value.tzinfo else value
    if value is None or isinstance(value, bool | int | float | date | time | timedelta):
        return value
    return encodings.xml_text(str(value))
