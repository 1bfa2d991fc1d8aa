"""Columns found by name in any order, and the rows read through them, with a reject for every unusable cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from vonggac.errors import MappingNeeded
from vonggac.formats.records import Reject
from vonggac.register.folding import fold
from vonggac.register.imports.values import Reader, Value

RAW_CHARACTERS = 1_000
FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register file: its name, the other headers it goes by, how a cell is read.

    A needed column must be in the file and filled; an empty cell of any other gives `empty`. An export puts `between`
    between the values of a list.
    """

    name: str
    read: Reader
    aliases: tuple[str, ...] = ()
    is_needed: bool = False
    empty: Value = ""
    must_stand: bool = False  # in the file, although its cells may be empty
    between: str = " "

    @property
    def said(self) -> str:
        """Its header as people write it, with its name: `họ tên (name)`."""
        return f"{self.aliases[0]} ({self.name})" if self.aliases else self.name


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: the values of the columns that the file has, by column name."""

    line: int
    values: Mapping[str, Value]
    raw: str

    def text(self, column: str) -> str:
        """The value of a text column, "" where the file lacks the column."""
        value = self.values.get(column)
        return value if isinstance(value, str) else ""

    def reject(self, column: str | None, reason: str) -> Reject:
        """The reject that this line becomes."""
        return Reject(self.line, column, reason, self.raw)


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a file that can be used, the rejects, the headers as printed by column, and those not recognised."""

    rows: tuple[Row, ...]
    rejects: tuple[Reject, ...]
    titles: Mapping[str, str]
    unknown: tuple[str, ...]

    def under_titles(self, rejects: Iterable[Reject]) -> list[Reject]:
        """The rejects with the column's header as the file prints it."""
        return [replace(reject, column=self.titles.get(reject.column or "", reject.column)) for reject in rejects]


def read_rows(header: Sequence[str], lines: Iterable[tuple[int, Sequence[str]]], columns: Sequence[Column]) -> Reading:
    """The file's rows through the columns; a line with any unusable cell is rejected whole, every such cell named.

    Raises MappingNeeded when a needed column is absent or a column stands twice.
    """
    places = locate(header, columns)
    rows: list[Row] = []
    rejects: list[Reject] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        raw = ",".join(cells)[:RAW_CHARACTERS]
        values, faults = _read_cells(cells, places, columns)
        if faults:
            rejects += [Reject(line, header[places[name]], reason, raw) for name, reason in faults]
        else:
            rows.append(Row(line, values, raw))
    used = set(places.values())
    unknown = tuple(name for place, name in enumerate(header) if place not in used and name.strip())
    titles = {name: header[place] for name, place in places.items()}
    return Reading(tuple(rows), tuple(rejects), titles, unknown)


def locate(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """The place of each column that the header names, by its own name or an alias, accents and case aside."""
    known = {_plain(alias): column.name for column in columns for alias in (column.name, *column.aliases)}
    said = {column.name: column.said for column in columns}
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(_plain(title))
        if name is None:
            continue
        if name in places:
            raise MappingNeeded(
                f"columns “{header[places[name]]}” and “{title}” both mean {said[name]}: leave one of them out"
            )
        places[name] = place
    absent = [
        column.said for column in columns if (column.is_needed or column.must_stand) and column.name not in places
    ]
    if absent:
        present = ", ".join(title for title in header if title.strip())
        raise MappingNeeded(f"the file has no column {', '.join(absent)}; it has: {present}")
    return places


def _plain(title: str) -> str:
    return fold(title.replace("_", " "))


def _read_cells(
    cells: Sequence[str], places: Mapping[str, int], columns: Sequence[Column]
) -> tuple[dict[str, Value], list[tuple[str, str]]]:
    values: dict[str, Value] = {}
    faults: list[tuple[str, str]] = []
    for column in columns:
        place = places.get(column.name)
        if place is None:
            continue
        cell = _bare(cells[place].strip()) if place < len(cells) else ""
        if not cell:
            values[column.name] = column.empty
            if column.is_needed:
                faults.append((column.name, "is empty"))
            continue
        try:
            values[column.name] = column.read(cell)
        except ValueError as reason:
            faults.append((column.name, str(reason)))
    return values, faults


def _bare(cell: str) -> str:
    """The cell without the apostrophe that our own CSV export puts before what a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell
