"""How large the week for the wall is written: as large as fits on one sheet of A4, to be read from two metres."""

from collections.abc import Iterable
from math import ceil
from textwrap import wrap

from vonggac.desk.weeks import Cell, Week
from vonggac.duty.queries import duty_of

# Points; the largest that fits is taken. Below the smallest nobody reads it from further than a table: two sheets then.
SIZES = (17, 16, 15, 14, 13, 12, 11, 10, 9)
# Millimetres: what margins, heading and signatures leave of a sheet on its side, and a column of a day in it.
_HEIGHT, _COLUMN, _POST_COLUMN, _LINE_OF_PHONES = 138.0, 28.0, 30.0, 4.5
# A point in millimetres; letters of a serif font as wide as this much of their size, lines as high.
_POINT, _WIDTH, _LINE, _PADDING = 0.353, 0.54, 1.2, 2.6
_PHONES_A_LINE = 190


def points(week: Week, phones: Iterable[tuple[str, str]]) -> int:
    """The size of the letters in points."""
    below = ceil(sum(len(name) + len(phone) + 3 for name, phone in phones) / _PHONES_A_LINE) * _LINE_OF_PHONES
    return next((size for size in SIZES if _height(week, size) + below <= _HEIGHT), SIZES[-1])


def _height(week: Week, size: int) -> float:
    letters = int(_COLUMN / (size * _POINT * _WIDTH))
    of_names = int(_POST_COLUMN / (size * _POINT * _WIDTH))
    rows = 0.0
    for line in week.lines:
        name = len(wrap(line.post.name, of_names)) if line.is_first_of_post else 1
        written = max([name, *(_written(cell, letters) for cell in line.cells)])
        rows += written * size * _POINT * _LINE + _PADDING
    return rows + size * _POINT * _LINE + _PADDING


def _written(cell: Cell, letters: int) -> int:
    """How many lines a cell takes; a star stands before who leads."""
    names = (f"{'* ' * duty_of(shift).is_lead}{shift.person_name}" for shift in cell.shifts)
    return sum(len(wrap(name, letters)) for name in names) + 2 * len(cell.on_paper)
