"""The content of an official document by Decree 30/2020, without any layout: what both writers are given.

Names are written as in running text ("Ủy ban nhân dân tỉnh A"); capitals are set where the decree asks for them.
A figure is a span with a `source`: where its rows stand, for the desk; it is never printed.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from vonggac.reports import layout, metrics

# Every report font has it, and none has U+FFFD.
REPLACEMENT = "\N{WHITE SQUARE}"
BLANK_NUMBER = " " * 8
BLANK_DAY = " " * 6
BLANK_PLACE = "…" * 6
_NO_BREAK = "\N{NO-BREAK SPACE}"
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff\u00ad")
_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


class AuthorityMark(StrEnum):
    """By what right a person signs (Annex I, Part I, II.7.b)."""

    ON_BEHALF = "TM."
    ACTING_HEAD = "Q."
    FOR_THE_HEAD = "KT."
    BY_ORDER = "TL."
    BY_MANDATE = "TUQ."


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style; `source` says where the rows behind a figure stand."""

    text: str
    bold: bool = False
    italic: bool = False
    source: str | None = None


Text = tuple[Span, ...]
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the body; a `basis` ("Căn cứ …;") is set in italics."""

    spans: Text
    is_basis: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its label, on a line of its own: level 1 is `I. …` in capitals, level 2 is `1. …`."""

    level: Literal[1, 2]
    label: str
    text: str

    @property
    def line(self) -> str:
        """The heading as printed."""
        line = f"{self.label}. {self.text}"
        return line.upper() if self.level == 1 else line


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, the width it needs in millimetres, and how its cells are aligned."""

    title: str
    width_mm: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose heading row repeats on every page; each row has as many cells as there are columns.

    Where it breaks over pages, none of its rows stands alone: the first goes with the second, the last with the one
    before it.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("a table needs at least one column")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row needs one cell a column")

    @property
    def held_rows(self) -> frozenset[int]:
        """The rows that stay on the page of the one after them."""
        return frozenset({0, len(self.rows) - 2} & {*range(len(self.rows) - 1)})

    @property
    def width_mm(self) -> float:
        """The width that the columns ask for together."""
        return sum(column.width_mm for column in self.columns)


Shade = Literal["present", "planned", "hole", "idle"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a strip chart: its name, and its stretches as (share of the whole, shade), from left to right."""

    name: str
    pieces: tuple[tuple[float, Shade], ...]

    def __post_init__(self) -> None:
        if not self.pieces or abs(sum(share for share, _ in self.pieces) - 1) > 1e-6:
            raise ValueError("the stretches of a lane fill it from end to end")


@dataclass(frozen=True, slots=True)
class Strips:
    """A strip chart on paper: lanes over one axis, whose marks are (share of the whole, text) from left to right.

    Shades are told apart without colour: black and white paper keeps them.
    """

    lanes: tuple[Lane, ...]
    axis: tuple[tuple[float, str], ...]


Block = Paragraph | Heading | Table | Strips


@dataclass(frozen=True, slots=True)
class Annex:
    """One annex: its title and what it holds; it is turned on its side only when a table does not fit upright."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def is_landscape(self) -> bool:
        """Whether a table asks for more than the upright text width."""
        return any(isinstance(block, Table) and block.width_mm > layout.TEXT_WIDTH_MM for block in self.blocks)

    @property
    def title_lines(self) -> list[str]:
        """The title in capitals, broken evenly."""
        return _even(self.title.upper(), layout.TEXT_WIDTH_MM - 10, layout.TITLE_PT, is_bold=True)


@dataclass(frozen=True, slots=True)
class Header:
    """The head of the first page.

    `type_name` is None for a công văn, whose subject follows "V/v". `number` is None, and `is_day_open` true, where
    the clerk (văn thư) fills them in; `dated` still dates the file.
    """

    issuing_body: str
    symbol: str
    place: str
    dated: date
    subject: str
    type_name: str | None = None
    parent_body: str | None = None
    number: int | None = None
    is_day_open: bool = False

    @property
    def number_line(self) -> str:
        """`Số: 05/BC-UBND`, or blanks in place of the number."""
        return f"Số: {self._number}/{self.symbol}" if self.number is not None else f"Số:{BLANK_NUMBER}/{self.symbol}"

    @property
    def date_text(self) -> str:
        """`ngày 05 tháng 01 năm 2026`: a leading zero for days under 10 and for January and February only."""
        day = BLANK_DAY if self.is_day_open else f" {self.dated.day:02d} "
        month = f"{self.dated.month:02d}" if self.dated.month < 3 else str(self.dated.month)
        return f"ngày{day}tháng {month} năm {self.dated.year}"

    @property
    def place_line(self) -> str:
        """`Hà Nội, ngày 05 tháng 01 năm 2026`; a blank where the place is still to be said."""
        return f"{self.place or BLANK_PLACE}, {self.date_text}"

    @property
    def parent_body_lines(self) -> list[str]:
        """The parent body in capitals, broken evenly."""
        return _name_lines(self.parent_body or "", is_bold=False)

    @property
    def issuing_body_lines(self) -> list[str]:
        """The issuing body in capitals, broken evenly."""
        return _name_lines(self.issuing_body, is_bold=True)

    @property
    def subject_lines(self) -> list[str]:
        """The subject broken evenly: under the type's name, or after V/v in the left column."""
        if self.type_name is None:
            return _even(f"V/v {self.subject}", layout.HEADER_LEFT_MM - 4, layout.LETTER_SUBJECT_PT)
        return _even(self.subject, layout.TEXT_WIDTH_MM - 25, layout.TITLE_PT, is_bold=True)

    def citation_lines(self, width_mm: float) -> list[str]:
        """What ties an annex to this document, under its title: number, date and body; the date stays on one line."""
        kind = self.type_name.capitalize() if self.type_name else "Công văn"
        number = self._number if self.number is not None else BLANK_NUMBER
        dated = self.date_text.replace(" ", _NO_BREAK)
        numbered = f"{number}/{self.symbol}".replace(" ", _NO_BREAK)
        citation = f"(Kèm theo {kind} số{_NO_BREAK}{numbered} {dated} của {self.issuing_body})"
        return _even(citation, width_mm, layout.BODY_PT)

    @property
    def _number(self) -> str:
        return written(self.number or 0)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: `TM.` + "Ủy ban nhân dân", the title, the name; without a mark the title stands alone."""

    title: str
    name: str | None = None
    mark: AuthorityMark | None = None
    authority: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The capital lines above the signature."""
        if self.mark is None:
            return (self.title.upper(),)
        return tuple(line for line in (f"{self.mark} {self.authority.upper()}", self.title.upper()) if line)


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """Everything that an official document says; `filing` is what follows "Lưu:" (VT and the drafting unit)."""

    header: Header
    blocks: tuple[Block, ...]
    signer: Signer
    addressees: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    filing: str = "VT"
    annexes: tuple[Annex, ...] = ()
    checkpoint_line: str | None = None

    @property
    def title(self) -> str:
        """The title for file properties: type and subject."""
        return plain(f"{self.header.type_name or 'Công văn'}: {self.header.subject}")

    def addressee_lines(self) -> tuple[str, ...]:
        """One line an addressee; several carry a dash, end in `;` and the last in `.` (II.9.d)."""
        if len(self.addressees) < 2:
            return tuple(plain(name) for name in self.addressees)
        return _dashed(self.addressees)

    def recipient_lines(self) -> tuple[str, ...]:
        """The list under "Nơi nhận": `- Như trên;` after a Kính gửi, the others, `- Lưu: VT, ….` (II.9.d)."""
        as_above = ("Như trên",) if self.addressees else ()
        return _dashed((*as_above, *self.recipients, f"Lưu: {self.filing}"))

    def annex_label(self, index: int) -> str:
        """`Phụ lục`, with a Roman number where there are several (III.1.a)."""
        return "Phụ lục" if len(self.annexes) == 1 else f"Phụ lục {roman(index + 1)}"

    def closed_blocks(self) -> tuple[Block, ...]:
        """The body with the closing mark `./.` at its end, on a line of its own after a table or heading."""
        if self.blocks and isinstance(last := self.blocks[-1], Paragraph) and last.spans:
            *before, final = last.spans
            closed = Span(final.text.rstrip().rstrip(".;/") + "./.", final.bold, final.italic, final.source)
            return (*self.blocks[:-1], Paragraph((*before, closed), last.is_basis))
        return (*self.blocks, Paragraph((Span("./."),)))

    def figures(self) -> Iterator[tuple[str, str]]:
        """Every figure as printed, with the source of its rows, in reading order."""
        for blocks in (self.blocks, *(annex.blocks for annex in self.annexes)):
            for block in blocks:
                for span in spans(block):
                    if span.source is not None:
                        yield span.text, span.source


def spans(block: Block) -> Iterator[Span]:
    """The spans of a block in reading order."""
    if isinstance(block, Paragraph):
        yield from block.spans
    elif isinstance(block, Table):
        for row in block.rows:
            for cell in row:
                yield from cell
    elif isinstance(block, Strips):
        yield from (Span(lane.name) for lane in block.lanes)
        yield from (Span(text) for _share, text in block.axis)


def words(text: str, *, bold: bool = False, italic: bool = False) -> Text:
    """One span of text, as a cell or paragraph wants it."""
    return (Span(text, bold, italic),)


def plain(text: str) -> str:
    """The text as it can be printed: composed letters, white space as spaces, no invisible or reordering characters.

    What XML cannot hold, and what would show a reader another order than the file holds, becomes a white square.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(_printable(character) for character in composed if character not in _INVISIBLE)


def _printable(character: str) -> str:
    if character in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    if unicodedata.category(character) in {"Cc", "Cs"} or is_noncharacter or character in _BIDIRECTIONAL:
        return REPLACEMENT
    return character


def written(number: int) -> str:
    """A document's number as offices write it: below 10 with a leading zero (ND30/2020, appendix I)."""
    return f"{number:02d}"


def roman(number: int) -> str:
    """The number in Roman numerals, as annexes and sections are counted."""
    numeral = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        numeral += letters * count
    return numeral


def _dashed(names: tuple[str, ...]) -> tuple[str, ...]:
    trimmed = [plain(name).strip().rstrip(";.") for name in names]
    return (*(f"- {name};" for name in trimmed[:-1]), f"- {trimmed[-1]}.")


def _name_lines(name: str, *, is_bold: bool) -> list[str]:
    return _even(name.upper(), layout.HEADER_LEFT_MM - 4, layout.BODY_NAME_PT, is_bold=is_bold)


def _even(text: str, width_mm: float, size_points: float, *, is_bold: bool = False) -> list[str]:
    return metrics.balanced_lines(plain(text), width_mm * layout.POINTS_PER_MM, size_points, bold=is_bold)
