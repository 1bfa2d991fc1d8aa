"""A month of a roster as a workbook: names × days with letters, a section a post, the legend below."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


@dataclass(frozen=True, slots=True)
class Section:
    """One post: its people in their order, each with the letters of their days."""

    name: str
    rows: Sequence[tuple[str, Mapping[date, str]]]
    phones: Mapping[str, str] = field(default_factory=dict)
    """Name → number; they have a column of their own where any section knows one."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written: title lines, the days, the sections, holidays by name, and letter → meaning."""

    titles: Sequence[str]
    days: Sequence[date]
    sections: Sequence[Section]
    legend: Mapping[str, str]
    holidays: Mapping[date, str]
    name: str = "Lịch trực"


def write(sheet: Sheet) -> bytes:
    """The workbook; every cell is text or a number, none a formula."""
    writer = _Writer(sheet)
    row = writer.titles()
    row = writer.head(row + 1)
    for section in sheet.sections:
        row = writer.section(section, row)
    writer.legend(row + 1)
    return writer.packed()


class _Writer:
    """One page on its way, in the typeface and layout of official papers."""

    def __init__(self, sheet: Sheet) -> None:
        import openpyxl  # noqa: PLC0415  0.2 s that only workbooks need
        from openpyxl.styles import Alignment, Border, PatternFill, Side  # noqa: PLC0415  as above

        self.sheet, self.book = sheet, openpyxl.Workbook()
        self.page = self.book.worksheets[0]
        self.page.title = sheet.name[:31]
        line = Side(style="thin", color="999999")
        self.border = Border(left=line, right=line, top=line, bottom=line)
        self.middle = Alignment(horizontal="center", vertical="center")
        self.has_phones = any(section.phones for section in sheet.sections)
        self.days_from = 4 if self.has_phones else 3
        self.free = PatternFill("solid", fgColor="E9E4D8")

    def titles(self) -> int:
        """The row after the title lines."""
        for row, title in enumerate(self.sheet.titles, 1):
            self._text(row, 1, title, size=14, bold=row > 1)
        return len(self.sheet.titles) + 1

    def head(self, row: int) -> int:
        """The row after the days and their weekdays."""
        self._put(row, 1, "TT", bold=True)
        self._put(row, 2, "Họ và tên", bold=True)
        if self.has_phones:
            self._put(row, 3, "Điện thoại", bold=True)
        for column, day in enumerate(self.sheet.days, self.days_from):
            self._put(row, column, day.day, bold=True, day=day)
            self._put(row + 1, column, WEEKDAYS[day.weekday()], day=day)
        self.page.freeze_panes = self.page.cell(row + 2, self.days_from).coordinate
        return row + 2

    def section(self, section: Section, row: int) -> int:
        """The row after one post and its people."""
        self._put(row, 2, f"Vị trí: {section.name}", bold=True)
        for number, (name, letters) in enumerate(section.rows, 1):
            self._put(row + number, 1, number)
            self._put(row + number, 2, name)
            if self.has_phones:
                self._put(row + number, 3, section.phones.get(name, ""))
            for column, day in enumerate(self.sheet.days, self.days_from):
                self._put(row + number, column, letters.get(day, ""), day=day)
        return row + len(section.rows) + 1

    def legend(self, row: int) -> None:
        """What the letters mean, a line each."""
        self._text(row, 2, "Ký hiệu", bold=True)
        for place, (letter, meaning) in enumerate(self.sheet.legend.items(), row + 1):
            self._text(place, 2, letter)
            self._text(place, 3, meaning)

    def packed(self) -> bytes:
        """The workbook's bytes, set up for A4 on its side."""
        from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above
        from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415  as above

        page = self.page
        page.column_dimensions["A"].width, page.column_dimensions["B"].width = 5, 28
        page.column_dimensions["C"].width = 13
        for column in range(self.days_from, len(self.sheet.days) + self.days_from):
            page.column_dimensions[get_column_letter(column)].width = 5
        page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
        page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        target = io.BytesIO()
        self.book.save(target)
        return target.getvalue()

    def _text(self, row: int, column: int, value: str, *, size: int = 11, bold: bool = False) -> None:
        from openpyxl.styles import Font  # noqa: PLC0415  as above

        cell = self.page.cell(row, column, value)
        cell.data_type, cell.font = "s", Font(name="Times New Roman", size=size, bold=bold)

    def _put(self, row: int, column: int, value: str | int, *, bold: bool = False, day: date | None = None) -> None:
        """A cell of the table, grey where its day is free."""
        self._text(row, column, str(value), bold=bold)
        cell = self.page.cell(row, column)
        cell.border = self.border
        if isinstance(value, int):
            cell.value = value
        if column > 2 or isinstance(value, int):
            cell.alignment = self.middle
        if day is not None and (day.weekday() > 4 or day in self.sheet.holidays):
            cell.fill = self.free
