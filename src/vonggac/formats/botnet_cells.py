"""The cells of a botnet list by our fields, whichever columns the mapping finds them in."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vonggac.formats.botnet_columns import Mapping
from vonggac.formats.cells import Grid, Texts, code, number, recode
from vonggac.formats.raw_tables import RAW_CHARACTERS
from vonggac.formats.records import RowWarning
from vonggac.formats.tables import Table

UNKNOWN = -1
NOTHING = {"", "-", "n/a", "null", "none", "nil"}


class ListCells:
    """The cells of a table by our fields; unreadable ones become warnings."""

    def __init__(self, table: Table, mapping: Mapping, warnings: list[RowWarning]) -> None:
        self.table = table
        self.mapping = mapping
        self.warnings = warnings

    def columns(self, name: str) -> list[int]:
        """Places of the field's columns that the table has, best first."""
        known = self.table.columns
        return [known.index(column) for column in self.mapping.columns.get(name, ()) if column in known]

    def row_text(self, place: int) -> str:
        """The row's cells as a text, cut."""
        return (self.table.separator or ",").join(self.table.rows[place])[:RAW_CHARACTERS]

    def grid(self, name: str) -> tuple[Grid, int] | None:
        """The grid and the column's place where the field stands in one column of a grid: for readers of bytes."""
        columns = self.columns(name)
        return (self.table.rows, columns[0]) if len(columns) == 1 and isinstance(self.table.rows, Grid) else None

    def raw(self, name: str) -> Texts | None:
        """The first filled cell of the field's columns, stripped; None when the table has no such column."""
        merged: Texts | None = None
        for place in self.columns(name):
            stripped = self.stripped(place)
            merged = stripped if merged is None else first_filled(merged, stripped)
        return merged

    def stripped(self, place: int) -> Texts:
        """The cells of one column without blanks around them."""
        table = self.table
        found = table.rows.coded(place) if isinstance(table.rows, Grid) else code(row[place] for row in table.rows)
        return recode(found, [(text or "").strip() for text in found.values])

    def texts(self, name: str) -> Texts:
        """The field as text, None where nothing is said."""
        found = self.raw(name)
        if found is None:
            return code([None]).spread(len(self.table.rows))
        return recode(found, [None if text is None or text.lower() in NOTHING else text for text in found.values])

    def each_text(self, name: str) -> Iterator[tuple[str, Texts]]:
        """(column, its texts stripped) of every column of the field: where several are filled, each says something."""
        for place in self.columns(name):
            table = self.table
            found = table.rows.coded(place) if isinstance(table.rows, Grid) else code(row[place] for row in table.rows)
            stripped = [(text or "").strip() for text in found.values]
            yield table.columns[place], recode(found, [None if t.lower() in NOTHING else t for t in stripped])

    def numbers(self, name: str, highest: int) -> NDArray[np.int64]:
        """The field as whole numbers from 0 to `highest`, `UNKNOWN` else; what else is said gives a warning."""
        spot = self.grid(name)
        plain = spot[0].numbers(spot[1]) if spot else None
        if plain is not None and plain.max(initial=UNKNOWN) <= highest:
            return plain
        found = self.raw(name)
        if found is None:
            return np.full(len(self.table.rows), UNKNOWN, np.int64)
        known = np.array([_read_number(text or "", highest) for text in found.values], np.int64)
        is_wrong = [
            number == UNKNOWN and (text or "").lower() not in NOTHING
            for number, text in zip(known.tolist(), found.values, strict=True)
        ]
        for place in found.places(is_wrong):
            self.warn(name, place, f"is not a whole number from 0 to {highest}", found[place] or "")
        return known[found.codes]

    def warn(self, name: str, place: int, reason: str, raw: str, column: str | None = None) -> None:
        """Note one cell of a kept row that was set to null; the field's first column unless another is named."""
        column = column or self.mapping.columns[name][0]
        self.warnings.append(RowWarning(self.table.line_numbers[place], column, reason, raw[:RAW_CHARACTERS]))


def first_filled(first: Texts, second: Texts) -> Texts:
    """The first column's texts, the second's where the first is empty."""
    pairs, codes = number(first.codes * len(second.values) + second.codes)
    texts = Texts([first[place] or second[place] for place in pairs.tolist()], codes)
    return recode(texts, texts.values)


def _read_number(text: str, highest: int) -> int:
    # A spreadsheet shows 443 as 443.0 once its column holds a decimal.
    digits = text.removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits[:20]) <= highest else UNKNOWN
