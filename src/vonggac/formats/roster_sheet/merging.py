"""Merged cells: one text over several days or people counts for each of them, a heading over the table does not."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from vonggac.formats.raw_tables import RawTable


class Block(NamedTuple):
    """Merged cells as ranges of rows and columns of a grid, whichever way it is read."""

    rows: range
    columns: range


def blocks(raw: RawTable) -> list[Block]:
    """The merged cells of a table that hold a text."""
    width = max((len(row) for row in raw.rows), default=0)
    room, found = len(raw.rows) * width, []
    for area in raw.merged:
        first, end = bisect_left(raw.lines, area.first_line), bisect_right(raw.lines, area.last_line)
        block = Block(range(first, end), range(area.first_column, min(area.last_column + 1, width)))
        room -= len(block.rows) * len(block.columns)
        if room < 0:
            break  # They overlap, which no office program writes, and filling them would never end.
        if block.rows and raw.lines[first] == area.first_line:
            found.append(block)
    return found


def spread_down(cells: list[list[str]], merged: Iterable[Block]) -> None:
    """Write what stands in cells merged downwards into each of their rows: days, names and marks alike."""
    for rows, columns in merged:
        if len(columns) == 1:
            _fill(cells, rows, columns)


def spread_over(cells: list[list[str]], merged: Iterable[Block], line: int, days: Collection[int]) -> None:
    """Write what is merged over several days, below their line, into each of them.

    What begins before the first day heads those below it, or is a name over two columns.
    """
    first = min(days)
    for rows, columns in merged:
        if rows.start > line and columns.start >= first:
            _fill(cells, rows, [column for column in columns if column in days or column == columns.start])


def _fill(cells: list[list[str]], rows: Sequence[int], columns: Sequence[int]) -> None:
    head = cells[rows[0]][columns[0]] if rows and columns else ""
    for row in rows if head else ():
        for column in columns:
            cells[row][column] = cells[row][column] or head
