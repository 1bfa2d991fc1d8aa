"""Rows of a table (CSV, TSV, XLSX) as pieces, each with its place in the text, and the times of whole columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from vonggac.formats import tables, times
from vonggac.formats.alerts import values
from vonggac.formats.alerts.outcome import Piece
from vonggac.formats.alerts.source import Source
from vonggac.formats.botnet_columns import fold
from vonggac.formats.tables import Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Event Viewer writes the messages below no header.
_VIEWER_HEADER = ("level", "date and time", "source", "event id", "task category")
_SLASHED = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")


class RowTable:
    """A table and its text; `columns` are the header's names."""

    def __init__(self, source: Source) -> None:
        self.content = source.workbook if source.is_workbook else source.content()
        self._is_text = not source.is_workbook
        self.table: Table = tables.read_table(with_message(self.content), source.name, surplus="keep")
        self.columns = self.table.columns

    def pieces(self) -> Iterator[Piece]:
        """Every row as a piece whose value is {column: cell}; rows that could not be laid out are damaged pieces."""
        starts = self._starts()
        lines = [(line, None, dict(zip(self.columns, row, strict=True)))
                 for line, row in zip(self.table.line_numbers, self.table.rows, strict=True)]  # fmt: skip
        broken: list[tuple[int, str | None, Any]] = [(one.line, one.reason, one.raw) for one in self.table.rejects]
        ordered = sorted([*lines, *broken], key=lambda one: one[0])
        following = [line for line, _, _ in ordered[1:]] + [len(starts) + 1] * bool(ordered)
        for (line, damage, row), after in zip(ordered, following, strict=True):
            offset, raw = self._raw(starts, line, after, row)
            yield Piece(line, offset, raw, None if damage else row, damage)

    def cells(self, columns: Iterable[str]) -> list[str]:
        """All cells of the named columns."""
        return [cell for name in columns if name in self.columns for cell in self.table.column(name)]

    def _starts(self) -> Sequence[int]:
        if not self._is_text:
            return ()
        ends = np.flatnonzero(np.frombuffer(self.content, np.uint8) == ord("\n"))
        return [0, *(ends + 1).tolist()]

    def _raw(self, starts: Sequence[int], line: int, after: int, row: Any) -> tuple[int, bytes]:
        """(offset, bytes) of a row; of a workbook its cells, parted by tabs."""
        if not self._is_text or line > len(starts):
            shown = "\t".join(row.values()) if isinstance(row, dict) else str(row)
            return 0, shown.encode()
        start = starts[line - 1]
        end = starts[after - 1] if after <= len(starts) else len(self.content)
        return start, self.content[start:end].rstrip()


class Times:
    """Times as one column writes them: whether day or month stands first is decided by the column as a whole."""

    def __init__(self, cells: Iterable[str] = (), zone: tzinfo = UTC, day_first: bool | None = None) -> None:
        slashed = list(dict.fromkeys(cell.strip() for cell in cells if _SLASHED.match(cell.strip())))
        column = times.read_column(slashed, day_first=day_first, zone=zone)
        self._known = {
            text: _EPOCH + timedelta(seconds=seconds)
            for text, seconds in zip(slashed, column.seconds.tolist(), strict=True)
            if seconds != times.NO_TIME
        }
        order = "day" if column.day_first else "month"
        self._doubt = f"no cell tells day from month; read as {order} first" if column.is_ambiguous else None

    def of(self, fields: values.Fields, name: str, *said: Any) -> datetime | None:
        """The first of the values that is a time; a warning where none is."""
        for value in said:
            text = value.strip() if isinstance(value, str) else ""
            if text in self._known:
                if self._doubt is not None:
                    fields.warn(name, self._doubt)
                    self._doubt = None
                return self._known[text]
        return fields.time(name, *said)


def with_message(content: bytes) -> bytes:
    """The content with the header that Event Viewer leaves out over its last column."""
    head, mark, rest = content.partition(b"\n")
    names = tuple(fold(name) for name in head.decode("utf-8", "replace").strip().strip(",").split(","))
    return head.rstrip().rstrip(b",") + b",Message" + mark + rest if names == _VIEWER_HEADER else content
