"""Reading a roster's sheet: where the days stand decides on its shape, every filled cell is an entry or a reject."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from vonggac.errors import UnreadableFile
from vonggac.formats import tables
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.raw_tables import RawTable
from vonggac.formats.records import Reject
from vonggac.formats.roster_sheet import days, legend, merging, people
from vonggac.formats.roster_sheet.days import Axis
from vonggac.formats.roster_sheet.merging import Block
from vonggac.formats.roster_sheet.people import NAME_HEADS, Columns, Named, Register, same
from vonggac.kernel.text import compose, fold

Shape = Literal["names_down", "names_across", "names_in_cells"]
LONGEST_MARK = 24
MOST_NAMES_IN_CELL = 40
_NUMBER_HEADS = frozenset({"stt", "tt", "so tt", "no", "no.", "#"})
_FOOT = re.compile(r"^(tong|cong|tong cong|total|nguoi lap|lanh dao|phe duyet|noi nhan|ky ten|ngay\s+\d+\s+thang)\b")
_SECTION = re.compile(r"^(?:[ivx]+\s*[.)]|(?:vi tri|to|bo phan|phong|nhom|truc|khoi|ca truc|doi)\b)")
_POST = re.compile(r"vi tri(?:\s+truc)?\s*[:\-–]\s*\S")
_SUBJECT = re.compile(
    r"trực\s+(?!tháng|tuần|tết)\S.*?(?=\s+(?:tháng|tuần|năm|tết|từ|\(|\d)|\s*[(:\d]|$)", re.IGNORECASE
)
# A slash stays inside of a mark: `S/C` may be two halves of a shift, and `1/2S` is half of one.
_SPLIT_MARKS = re.compile(r"[,;+&\n]+")
_LONGEST_LETTERS = 3  # of a mark beside another with a blank between them; words are one mark: `Nghỉ phép`


@dataclass(frozen=True, slots=True)
class Entry:
    """One person on one mark of one day; `line` and `column` (0-based) are where it stands in the sheet.

    `name` is the person's label in `Reading.people`.
    """

    name: str
    day: date
    mark: str
    section: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One sheet: its entries, the names and sections in their order, and what it says of its own letters.

    Where it names no month, or one without its year, `needs_month` is set and there are no entries: the caller asks a
    person. `month` is then the month that it names, if it names one.
    """

    sheet: str
    shape: Shape
    entries: list[Entry]
    names: list[str]
    sections: list[str]
    days: list[date]
    legend: dict[str, str]
    rejects: list[Reject] = field(default_factory=list)
    needs_month: bool = False
    month: int | None = None
    people: dict[str, Named] = field(default_factory=dict)
    is_doubted: bool = False
    """True where its days of the week are not those of its days as they were read: another year may be meant."""
    subject: str = ""
    """What the title says that the sheet is about: `Trực giám sát`; "" where it says nothing."""

    def namesakes(self, label: str) -> list[str]:
        """The other people of the sheet with the same name."""
        name = same(self.people[label].name)
        return [other for other, person in self.people.items() if other != label and same(person.name) == name]

    @property
    def marks(self) -> dict[str, int]:
        """Each mark with how often it stands, the most frequent first."""
        counts: dict[str, int] = {}
        for entry in self.entries:
            counts[entry.mark] = counts.get(entry.mark, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells by (row, column), read as they stand or with rows and columns exchanged."""

    cells: list[list[str]]
    lines: Sequence[int]
    merged: Sequence[Block] = ()
    is_turned: bool = False

    @classmethod
    def of(cls, raw: RawTable) -> "_Grid":
        width = max((len(row) for row in raw.rows), default=0)
        cells = [[compose(cell).strip() for cell in row] + [""] * (width - len(row)) for row in raw.rows]
        blocks = merging.blocks(raw)
        merging.spread_down(cells, blocks)
        return cls(cells, list(raw.lines), blocks)

    def turned(self) -> "_Grid":
        cells = [list(column) for column in zip(*self.cells, strict=True)]
        return _Grid(cells, self.lines, [Block(one.columns, one.rows) for one in self.merged], not self.is_turned)

    def place(self, row: int, column: int) -> tuple[int, int]:
        """(line of the file, 0-based column) of a cell."""
        return (self.lines[column], row) if self.is_turned else (self.lines[row], column)


def read(
    content: bytes, filename: str, *, month: tuple[int, int] | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[Reading]:
    """Every sheet in which days stand in a row or a column; `month` is (year, month) where a person said it.

    Raises UnreadableFile when no sheet has days.
    """
    found = []
    for raw in tables.read_grids(content, filename, limits, with_merged=True):
        reading = _read_sheet(_Grid.of(raw), raw.sheet or "", filename, month)
        if reading is not None:
            reading.rejects.extend(raw.rejects)
            found.append(reading)
    if not found:
        raise UnreadableFile(
            f"{filename} has no row or column of days; a roster has the days of a month beside or above its names"
        )
    return found


def _read_sheet(grid: _Grid, sheet: str, filename: str, month: tuple[int, int] | None) -> Reading | None:
    if not grid.cells:
        return None
    across = days.axis_of(grid.cells)
    down = days.axis_of([[] if _counts_lines(column) else column for column in zip(*grid.cells, strict=True)])
    if across is None and down is None:
        year = month[0] if month else None
        across = days.week_axis(grid.cells, year)
        down = days.week_axis(list(zip(*grid.cells, strict=True)), year)
    if across is None and down is None:
        return None
    if down is not None and (across is None or len(down.marks) > len(across.marks)):
        return _of_turned(grid, down, sheet, filename, month)
    assert across is not None  # noqa: S101  one of both is there
    return _of_grid(grid, across, sheet, filename, month, "names_down")


def _counts_lines(column: Sequence[str]) -> bool:
    """True for a column headed TT: its 1, 2, 3 are no days."""
    return any(fold(cell).strip(" .") in _NUMBER_HEADS for cell in column)


def _of_turned(grid: _Grid, axis: Axis, sheet: str, filename: str, month: tuple[int, int] | None) -> Reading:
    """Days stand one below the other: what stands beside them are marks of people, or people of shifts."""
    turned = grid.turned()
    filled = [cell for row in turned.cells for place, _ in axis.marks if (cell := row[place])]
    lengths = sorted(len(cell) for cell in filled if not days.mark_of(cell) and not days.is_weekday(cell))
    # Letters are short and names are not: half of the cells decide.
    has_names = bool(lengths) and lengths[len(lengths) // 2] > 3
    shape: Shape = "names_in_cells" if has_names else "names_across"
    return _of_grid(turned, axis, sheet, filename, month, shape)


def _of_grid(
    grid: _Grid, axis: Axis, sheet: str, filename: str, month: tuple[int, int] | None, shape: Shape
) -> Reading:
    titles = [*_titles(grid, axis), sheet, filename]
    dated, is_doubted = days.settled(axis, grid.cells, titles, month)
    needs_month, told = dated is None, axis.marks[0][1].month or (month or days.month_in(titles))[1]
    reading = Reading(
        sheet, shape, [], [], [], [], {}, [], needs_month, told, subject=_subject(grid, axis), is_doubted=is_doubted
    )
    if dated is None:
        return reading
    reading.days.extend(dated.values())
    merging.spread_over(grid.cells, grid.merged, axis.line, dated)
    names = _name_column(grid, axis)
    if shape == "names_in_cells":
        _read_shifts(reading, grid, axis, names, dated)
    else:
        _read_people(reading, grid, axis, names, dated)
    after = range(axis.line + 1, len(grid.cells))
    below = next((row for row in after if legend.is_heading(grid.cells[row][names])), len(grid.cells))
    outside = [
        cells for row, cells in enumerate(grid.cells)
        if row != axis.line and (row >= below or not _has_marks(cells, axis))
    ]  # fmt: skip
    reading.legend.update(legend.read(_straight(grid, outside), reading.marks))
    return reading


def _read_people(reading: Reading, grid: _Grid, axis: Axis, names: int, dated: dict[int, date]) -> None:
    """People one below the other, their marks under the days, from the days down to the first line of the foot."""
    section = _post_above(grid, axis, names)
    if section:
        reading.sections.append(section)
    columns = Columns.of(grid.cells[max(0, axis.line - 2) : axis.line + 2])
    register = Register()
    for row, cells in enumerate(grid.cells[axis.line + 1 :], axis.line + 1):
        # A heading merged over the table stands in its first column.
        name = cells[names] or (cells[0] if _is_section(cells, 0, dated) else "")
        if not name or _is_head(name) or _is_of_weekdays(cells, dated):
            continue
        if _FOOT.match(fold(name)) or legend.is_heading(name):
            break
        if _is_section(cells, names, dated) or not cells[names]:
            section = _heading(name)
            reading.sections.append(section)
        else:
            person = columns.named(name, cells)
            label = register.label(person, section, grid.place(row, names)[0])
            _say_unread_phone(reading, grid, (row, columns.phone), person)
            _add_marks(reading, grid, row, section, label, cells, dated)
    reading.people.update(register.people)


def _read_shifts(reading: Reading, grid: _Grid, axis: Axis, names: int, dated: dict[int, date]) -> None:
    """Shifts one below the other (columns of the file), the names of their people under the days.

    A column of phone numbers is about the shift before it; other columns about the day put nobody on duty.
    """
    register = Register()
    for row, cells in enumerate(grid.cells):
        head = cells[names]
        is_read = row != axis.line and head and _filled(cells, dated) and not _is_of_weekdays(cells, dated)
        if not is_read or people.is_other_head(head) or people.is_phone_head(head) or _is_number(head):
            continue
        if fold(head).strip(" .:") in NAME_HEADS:
            head = _post_above(grid, axis, names) or reading.subject or reading.sheet or "Trực ban"
        after = grid.cells[row + 1] if row + 1 < len(grid.cells) else []
        phones = after if after and people.is_phone_head(after[names]) else None
        _add_names(reading, grid, row, (head, phones), dated, register)
    reading.people.update(register.people)


def _is_number(head: str) -> bool:
    return head.isdecimal() or fold(head).strip(" .:") in _NUMBER_HEADS


def _say_unread_phone(reading: Reading, grid: _Grid, at: tuple[int, int | None], person: Named) -> None:
    """A reject for a line whose phone cell holds letters or digits and no number that can be read."""
    row, column = at
    if column is None or person.phone or not any(map(str.isalnum, cell := grid.cells[row][column])):
        return
    line, place = grid.place(row, column)
    reading.rejects.append(Reject(line, column_letters(place), "holds no phone number that can be read", cell[:200]))


def _post_above(grid: _Grid, axis: Axis, names: int) -> str:
    """The post that a line above the table names, `Vị trí: Trực giám sát`; "" where none does."""
    if grid.is_turned:
        above = [cell for row in grid.cells for place, cell in enumerate(row[: axis.marks[0][0]]) if place != names]
    else:
        above = [cell for row in grid.cells[: axis.line] for cell in row]
    return next((_heading(cell) for cell in above if _POST.match(fold(cell))), "")


def _subject(grid: _Grid, axis: Axis) -> str:
    """What a sheet is about by its title, `DANH SÁCH TRỰC LÃNH ĐẠO THÁNG 12` is `Trực lãnh đạo`; "" for none."""
    found = next((found for title in _titles(grid, axis) if (found := _SUBJECT.search(title))), None)
    return " ".join(found[0].split())[:100].capitalize() if found else ""


def _titles(grid: _Grid, axis: Axis) -> Iterator[str]:
    """Every cell outside the days, the first lines first: a title stands above the table, or beside it when turned."""
    places = {place for place, _ in axis.marks}
    for row in grid.cells:
        yield from (cell for place, cell in enumerate(row) if cell and place not in places)
    if grid.is_turned:
        yield from (cell for row in grid.cells for cell in row if cell)
    else:
        yield from (cell for row in grid.cells[: axis.line] for cell in row if cell)


def _straight(grid: _Grid, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows as they stand in the file, whichever way the grid is read."""
    if not grid.is_turned:
        return [list(row) for row in rows]
    return [list(row) for row in zip(*grid.cells, strict=True)]


def _has_marks(row: Sequence[str], axis: Axis) -> bool:
    return any(row[place] for place, _ in axis.marks)


def _is_of_weekdays(cells: Sequence[str], dated: dict[int, date]) -> bool:
    """True for the line that names the days of the week under the days."""
    filled = [cells[place] for place in dated if cells[place]]
    return bool(filled) and all(days.is_weekday(cell) for cell in filled)


def _filled(cells: Sequence[str], dated: dict[int, date]) -> bool:
    return any(cells[place] for place in dated)


def _name_column(grid: _Grid, axis: Axis) -> int:
    """The column with the names: the one whose head says so, else the last before the days that holds words."""
    first = axis.marks[0][0]
    for row in range(max(0, axis.line - 2), min(len(grid.cells), axis.line + 3)):
        for column, cell in enumerate(grid.cells[row]):
            if fold(cell).strip(" .:") in NAME_HEADS:
                return column
    words = {
        column: sum(
            bool(row[column]) and not row[column].isdecimal() and fold(row[column]).strip() not in _NUMBER_HEADS
            for row in grid.cells
        )
        for column in range(first)
    }
    return max(words, key=lambda column: (words[column], column), default=0)


def _is_head(name: str) -> bool:
    folded = fold(name).strip(" .:")
    return folded in NAME_HEADS or folded in _NUMBER_HEADS or name.isdecimal()


def _is_section(cells: Sequence[str], names: int, dated: dict[int, date]) -> bool:
    """True for a line that only heads those below it: no mark on any day, no number, and words of a heading."""
    if _filled(cells, dated) or any(cell.isdecimal() for cell in cells[: names + 1]):
        return False
    return bool(_SECTION.match(fold(cells[names])))


def _heading(name: str) -> str:
    """A section's name without its number and the word for it: `II. Vị trí: Giám sát` → `Giám sát`."""
    bare = re.sub(r"^\s*[IVX]+\s*[.)]\s*", "", name)
    bare = re.sub(r"^\s*vị trí(?:\s+trực)?\s*[:\-–]?\s*", "", bare, flags=re.IGNORECASE)
    return " ".join(bare.split()).strip(" :")[:100]


def _add_marks(
    reading: Reading, grid: _Grid, row: int, section: str, name: str, cells: Sequence[str], dated: dict[int, date]
) -> None:
    if name not in reading.names:
        reading.names.append(name)
    for column, day in dated.items():
        for mark in _marks_of(cells[column]):
            line, place = grid.place(row, column)
            if len(mark) > LONGEST_MARK:
                reading.rejects.append(
                    Reject(line, column_letters(place), "is too long for a letter", cells[column][:200])
                )
            else:
                reading.entries.append(Entry(name, day, mark.upper(), section, line, place))


def _marks_of(cell: str) -> Iterator[str]:
    """The marks of a cell: letters beside each other are several, words are one."""
    for part in _SPLIT_MARKS.split(re.sub(r"\s*/\s*", "/", cell)):
        words = part.split()
        yield from words if all(len(word) <= _LONGEST_LETTERS for word in words) else [" ".join(words)]


def _add_names(
    reading: Reading, grid: _Grid, row: int, head: tuple[str, Sequence[str] | None], dated: dict[int, date],
    register: Register,
) -> None:  # fmt: skip
    """A shift as a line (a column of the file) with the names of its people under each day, and their phones."""
    mark = " ".join(head[0].split())[:100]
    reading.legend.setdefault(mark, mark)
    cells = grid.cells[row]
    for column, day in dated.items():
        found = people.named_in(cells[column])
        line, place = grid.place(row, column)
        if found is None or len(found) > MOST_NAMES_IN_CELL or any(len(one.name) > 200 for one in found):
            reading.rejects.append(Reject(line, column_letters(place), "holds more than names", cells[column][:200]))
            continue
        phones = re.split(r"[,;\n/]+", head[1][column]) if head[1] else []
        if len(phones) == len(found):
            found = [
                replace(one, phone=one.phone or people.phone_in(phone))
                for one, phone in zip(found, phones, strict=True)
            ]
        for one in found:
            # One name on several days is one person: only another phone or letter makes it two.
            name = register.label(one, f"{line} {place}", line)
            if name not in reading.names:
                reading.names.append(name)
            reading.entries.append(Entry(name, day, mark, "", line, place))


def column_letters(column: int) -> str:
    """A column as a spreadsheet names it: 0 is A, 26 is AA."""
    text, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
