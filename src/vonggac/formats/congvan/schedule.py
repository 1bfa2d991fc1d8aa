"""Tables of tasks in a document's body: a column headed `Thời hạn` says by when, whichever measure stands above."""

from dataclasses import dataclass, replace
from datetime import date

from vonggac.formats.congvan.deadlines import find_deadlines
from vonggac.formats.congvan.document import Deadline
from vonggac.formats.congvan.lines import Line
from vonggac.kernel.text import fold

_NUMBERING = {"stt", "tt", "so tt"}
_TIMES = {
    "thoi han", "thoi han hoan thanh", "thoi han thuc hien", "han hoan thanh", "thoi gian hoan thanh",
}  # fmt: skip
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Schedule:
    """The indices of the lines that tables of tasks take, and the times of their rows in order."""

    lines: frozenset[int]
    deadlines: tuple[Deadline, ...]


def find_schedules(lines: tuple[Line, ...], issued: date | None) -> Schedule:
    """The tables of tasks; cells are parted by blank lines, and cells of numbers alone are gone (as page numbers are).

    How many columns a table has is known only by its times: rows are read as long as the cell in their column is one.
    """
    if not any(fold(line.text) in _NUMBERING for line in lines):
        return Schedule(frozenset(), ())
    cells = _cells(lines)
    taken: set[int] = set()
    deadlines: list[Deadline] = []
    for first, (_, text) in enumerate(cells):
        heads = [fold(head) for _, head in cells[first + 1 : first + _COLUMNS]]
        column = next((place for place, head in enumerate(heads) if head in _TIMES), None)
        if fold(text) not in _NUMBERING or column is None:
            continue
        for width in range(column + 1, len(heads) + 1):
            rows = _rows(cells, first + 1 + width, width, column, issued)
            if rows:
                deadlines += [deadline for row in rows for deadline in row]
                taken.update(
                    index for places, _ in cells[first : first + 1 + width * (len(rows) + 1)] for index in places
                )
                break
    return Schedule(frozenset(taken), tuple(deadlines))


def _cells(lines: tuple[Line, ...]) -> list[tuple[list[int], str]]:
    """The runs of lines between blank ones: the lines' indices, and their text; `STT` begins a table in any case."""
    cells: list[tuple[list[int], str]] = []
    is_fresh = True
    for index, line in enumerate(lines):
        if line.text and (is_fresh or fold(line.text) in _NUMBERING):
            cells.append(([index], line.text))
        elif line.text:
            places, text = cells[-1]
            cells[-1] = [*places, index], f"{text} {line.text}"
        is_fresh = not line.text
    return cells


def _rows(
    cells: list[tuple[list[int], str]], begin: int, width: int, column: int, issued: date | None
) -> list[tuple[Deadline, ...]]:
    """The times of the rows of so many cells that begin at a cell, up to the first whose column of times has none."""
    rows: list[tuple[Deadline, ...]] = []
    for start in range(begin, len(cells) - width + 1, width):
        times = _times(cells[start + column][1], issued)
        if not times:
            break
        rows.append(times)
    return rows


def _times(cell: str, issued: date | None) -> tuple[Deadline, ...]:
    """What a cell of times says; `28/02/2026` alone is the last day, as `trước` says elsewhere."""
    if len(cell) > 120:
        return ()
    found = find_deadlines(cell, issued).found
    return found or tuple(replace(one, text=cell) for one in find_deadlines(f"trước {cell}", issued).found)
