"""What a list shows, as a file: CSV safe from formulas, a workbook, or JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from django.http import HttpResponse
from django.utils.translation import gettext as _

from vonggac.desk import column_words
from vonggac.desk.times import local
from vonggac.desk.words import Word, word
from vonggac.errors import InputError
from vonggac.formats.tables import write_csv, write_xlsx

FORMATS = ("csv", "xlsx", "json")
# One file of a list; whoever needs more narrows the filters or takes the API.
MOST_ROWS = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Several codes are a tuple: words with commas for people, codes with blanks for programs. A list is for JSON alone.
Cell = str | int | float | datetime | date | tuple[str, ...] | list[dict[str, str | int]] | None


def respond(
    kind: str,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    headings: Mapping[str, Word] | None = None,
    codes: Mapping[str, Mapping[str, Word]] | None = None,
) -> HttpResponse:
    """The rows as a download: JSON for programs, with its codes and times in UTC; tables for people, in words.

    Tables have the reader's language in headings and codes, and Hà Nội's clock. `headings` and `codes` (column → code →
    word) are what this list says otherwise than `column_words` does for all.
    """
    if kind in {"csv", "xlsx"}:
        known = [column_words.codes(column, codes or {}) for column in columns]
        rows = ([_local(_said(cell, each)) for cell, each in zip(row, known, strict=True)] for row in rows)
        columns = [column_words.heading(column, headings or {}) for column in columns]
    if kind == "csv":
        content, media = write_csv(columns, _plain_rows(rows), byte_order_mark=True), "text/csv; charset=utf-8"
    elif kind == "xlsx":
        content, media = write_xlsx(columns, _plain_rows(rows), title=name[:31]), _XLSX
    elif kind == "json":
        records = [dict(zip(columns, map(_value, row), strict=True)) for row in rows]
        content, media = json.dumps({"schema": 1, "rows": records}, ensure_ascii=False).encode(), "application/json"
    else:
        raise InputError(_("Lists are exported as %(formats)s.") % {"formats": ", ".join(FORMATS)})
    return HttpResponse(
        content,
        content_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"', "X-Content-Type-Options": "nosniff"},
    )


def _said(cell: Cell, known: Mapping[str, Word]) -> Cell:
    """The word for a code, the words for several; whatever is none, as it is."""
    if isinstance(cell, tuple):
        return ", ".join(word(known, code) for code in cell)
    if isinstance(cell, bool):
        return str(column_words.YES_NO[str(int(cell))])
    return word(known, str(cell)) if str(cell) in known else cell


def _local(cell: Cell) -> Cell:
    """`2026-04-30 22:00`: no spreadsheet takes the month for the day, whatever its country."""
    if not isinstance(cell, datetime):
        return cell
    here = local(cell).replace(microsecond=0, tzinfo=None)
    return here.isoformat(" ", "seconds" if here.second else "minutes")


def _plain_rows(rows: Iterable[Sequence[Cell]]) -> list[list[str | int | float | None]]:
    return [[_plain(cell) for cell in row] for row in rows]


def _value(cell: Cell) -> str | int | float | list[dict[str, str | int]] | None:
    return cell if isinstance(cell, list) else _plain(cell)


def _plain(cell: Cell) -> str | int | float | None:
    if isinstance(cell, list):
        raise TypeError("a list is a value of JSON alone")
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(cell, tuple):
        return " ".join(cell)
    return cell.isoformat() if isinstance(cell, date) else cell
