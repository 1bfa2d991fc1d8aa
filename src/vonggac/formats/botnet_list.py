"""Botnet lists of any sender: Shadowserver reports old and new, Vietnamese and English sheets, plain addresses.

reading = read(content, "2024-04-17-event4_sinkhole.csv")
reading.rows, reading.rejects, reading.warnings, reading.mapping
"""

import re
from collections.abc import Container, Iterator, Sequence
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import InputError, MappingNeeded
from vonggac.formats import botnet_addresses, botnet_columns, botnet_contacts, botnet_times, encodings, tables
from vonggac.formats.botnet_cells import UNKNOWN, ListCells, first_filled
from vonggac.formats.botnet_columns import Mapping
from vonggac.formats.botnet_contacts import Contacts
from vonggac.formats.cells import Grid, Texts, code, recode
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.raw_tables import RAW_CHARACTERS
from vonggac.formats.records import Reject, RowWarning
from vonggac.formats.tables import Table
from vonggac.formats.times import NO_TIME
from vonggac.kernel.addresses import Addresses

_CONTACT_FIELDS = (
    ("destination_address", "is neither an address nor a name"),
    ("destination_host", "is neither a name nor an address"),
)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row that was kept; None where the list does not say."""

    line: int
    address: str
    family: str | None
    port: int | None
    protocol: str | None
    destination_address: str | None
    destination_host: str | None
    first_seen_seconds: int | None
    last_seen_seconds: int | None
    count: int


@dataclass(frozen=True, slots=True)
class UnreadContact:
    """What stands for a C2 and cannot be read: a line and column that hold it, that row, and how many rows do."""

    line: int
    column: str
    text: str
    row: str
    rows: int


@dataclass(frozen=True, slots=True)
class ListRows:
    """The n rows that were kept, in columns of equal length.

    `port` (n,) int64, `UNKNOWN` where the list does not say; `first_seen`, `last_seen` (n,) int64 seconds since 1970
    UTC, `times.NO_TIME` where unknown; `count` (n,) int64, 1 where the list does not count. `contacts`: every C2 of the
    list, of which the columns hold the first of a row. `unread`: each text that stands for a C2 and cannot be read.
    """

    line: Sequence[int]
    addresses: Addresses
    family: Texts
    port: NDArray[np.int64]
    protocol: Texts
    destination_address: Texts
    destination_host: Texts
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    count: NDArray[np.int64]
    contacts: Contacts
    unread: Sequence[UnreadContact]

    def __len__(self) -> int:
        return len(self.addresses)

    def on(self, lines: Container[int]) -> "ListRows":
        """The rows that stand on these lines; `contacts` and `unread` stay those of the list."""
        places = np.array([place for place, line in enumerate(self.line) if line in lines], np.intp)

        def taken(texts: Texts) -> Texts:
            return Texts(texts.values, texts.codes[places])

        return replace(
            self,
            line=[self.line[place] for place in places.tolist()],
            addresses=self.addresses.take(places),
            family=taken(self.family),
            port=self.port[places],
            protocol=taken(self.protocol),
            destination_address=taken(self.destination_address),
            destination_host=taken(self.destination_host),
            first_seen=self.first_seen[places],
            last_seen=self.last_seen[places],
            count=self.count[places],
        )

    def records(self) -> Iterator[ListRow]:
        """The rows one by one."""
        first_seen, last_seen, port = self.first_seen.tolist(), self.last_seen.tolist(), self.port.tolist()
        for place, count in enumerate(self.count.tolist()):
            yield ListRow(
                line=self.line[place],
                address=self.addresses.text[place],
                family=self.family[place],
                port=None if port[place] == UNKNOWN else port[place],
                protocol=self.protocol[place],
                destination_address=self.destination_address[place],
                destination_host=self.destination_host[place],
                first_seen_seconds=None if first_seen[place] == NO_TIME else first_seen[place],
                last_seen_seconds=None if last_seen[place] == NO_TIME else last_seen[place],
                count=count,
            )


@dataclass(frozen=True, slots=True)
class ListReading:
    """What became of a list: rows, rejects (unreadable address), warnings (a field set to null), the mapping used.

    `unread_columns`: those of the list that the mapping takes for nothing.
    """

    rows: ListRows
    rejects: list[Reject]
    warnings: list[RowWarning]
    mapping: Mapping
    rows_read: int
    unread_columns: tuple[str, ...] = ()


def need_content(content: bytes, filename: str) -> bytes:
    """The content of a list; InputError for one of nothing but blanks, which says that nobody is listed or nothing."""
    if not content.strip():
        raise InputError(
            f"{filename} is empty; a list without hosts still has its header: ask the sender to send it again"
        )
    return content


def read(
    content: bytes,
    filename: str,
    mapping: Mapping | None = None,
    limits: Limits = DEFAULT_LIMITS,
    meant: Lookup[int, Sequence[str]] | None = None,
    remembered: Mapping | None = None,
) -> ListReading:
    """The rows of a list; the mapping is guessed where none is given.

    `meant`: line → the addresses that a person found to be meant in a row whose own cell holds none. `remembered`: the
    mapping of the sender's list before; where it does not fit this one, columns are guessed anew, with a warning.

    Raises `MappingNeeded` when no column holds addresses or the mapping does not fit, `LimitExceeded` and
    `UnreadableFile` for the file as a whole. An empty list has no rows.
    """
    found = tables.read_tables(content, filename, limits, surplus="keep", strip=False)
    table, used, skipped = _choose_table(found, mapping) if mapping else _choose_remembered(found, remembered)
    warnings = [RowWarning(1, note.split()[1], note, "") for note in used.notes] + skipped
    warnings += [*_repeated(table), *_damaged(content, table), *table.cut]
    rejects = list(table.rejects)
    rows = _read_rows(table, used, rejects, warnings, meant or {})
    rejects = _with_own_text(sorted(rejects, key=lambda reject: reject.line), content, table)
    taken = {column for columns in used.columns.values() for column in columns}
    unread = tuple(column for column in table.columns if column not in taken)
    warnings += [
        RowWarning(
            table.header_line or 1, column, "looks like times and is not read; say with a mapping what it is", ""
        )
        for column in unread
        if botnet_columns.looks_like_times(table, column)
    ]
    return ListReading(rows, rejects, warnings, used, len(table.rows) + len(table.rejects), unread)


def _with_own_text(rejects: list[Reject], content: bytes, table: Table) -> list[Reject]:
    """The rejects with their rows as they stand in the text, quotes too; a row over several lines keeps its cells."""
    if not rejects or table.separator is None:
        return rejects
    lines = re.split(r"\r\n|\r|\n", encodings.decode(content, table.encoding))
    own = [(reject, lines[reject.line - 1]) for reject in rejects]
    return [replace(one, raw=text[:RAW_CHARACTERS]) if text.count('"') % 2 == 0 else one for one, text in own]


def _repeated(table: Table) -> list[RowWarning]:
    reason = "the header has this column more than once; each of them is read"
    names = {column[:-4] for column in table.columns if botnet_columns.is_repeat(column)} & set(table.columns)
    return [RowWarning(table.header_line or 1, name, reason, "") for name in sorted(names)]


def _damaged(content: bytes, table: Table) -> list[RowWarning]:
    """The lines of a UTF-8 list that hold bytes which are none; those cells may have lost a letter."""
    if table.encoding != "utf-8" or table.sheet is not None or content.isascii():
        return []
    lines = enumerate(content.split(b"\n"), start=1)
    damaged = [(number, text) for number, line in lines if "\ufffd" in (text := line.decode("utf-8", "replace"))]
    reason = "holds bytes that are not UTF-8; the letters there are lost"
    return [RowWarning(number, "", reason, text.strip()[:RAW_CHARACTERS]) for number, text in damaged]


def _choose_table(found: list[Table], mapping: Mapping | None) -> tuple[Table, Mapping, list[RowWarning]]:
    """The table with addresses and its mapping; the other sheets of a workbook become warnings."""
    if not found:
        return Table([], [], [], has_header=False), mapping or Mapping({}), []
    if mapping is not None:
        chosen = next((table for table in found if mapping.sheet in (None, table.sheet)), None)
        if chosen is None:
            raise MappingNeeded(f"the workbook has no sheet {mapping.sheet!r}; correct the mapping")
        _check_mapping(chosen, mapping)
        return chosen, botnet_columns.with_destinations(mapping, chosen), _note_sheets(found, chosen)
    problem: MappingNeeded | None = None
    for table in found:
        try:
            return table, botnet_columns.guess(table), _note_sheets(found, table)
        except MappingNeeded as error:
            problem = problem or error
    raise problem or MappingNeeded("no table was found")


def _choose_remembered(found: list[Table], remembered: Mapping | None) -> tuple[Table, Mapping, list[RowWarning]]:
    """As `_choose_table`, by the sender's earlier mapping where that fits.

    Where it does not, its order of dates stays theirs. So does its zone if no header names one, or a person chose it.
    """
    try:
        table, used, skipped = _choose_table(found, remembered)
        return table, used if remembered is None else botnet_columns.by_header(used), skipped
    except MappingNeeded as misfit:
        if remembered is None:
            raise
        table, guessed, skipped = _choose_table(found, None)
        before = replace(guessed, time_zone=remembered.time_zone, zone_is_chosen=remembered.zone_is_chosen)
        used = replace(botnet_columns.by_header(before), day_first=remembered.day_first)
        reason = "the sender's columns have other names than before; they were guessed anew"
        return table, used, [RowWarning(table.header_line or 1, "", reason, str(misfit)[:RAW_CHARACTERS]), *skipped]


def _check_mapping(table: Table, mapping: Mapping) -> None:
    if not mapping.columns.get("address"):
        raise MappingNeeded('the mapping names no column for "address"')
    missing = [name for name in mapping.columns["address"] if name not in table.columns]
    if len(missing) == len(mapping.columns["address"]):
        shown = ", ".join(table.columns[:20])
        raise MappingNeeded(f"the mapping's address column {missing[0]!r} is not in the list (columns: {shown})")


def _note_sheets(found: list[Table], chosen: Table) -> list[RowWarning]:
    return [
        RowWarning(1, table.sheet or "", f"sheet {table.sheet!r} was not read; name it in a mapping to read it", "")
        for table in found
        if table is not chosen
    ]


def _read_rows(
    table: Table, mapping: Mapping, rejects: list[Reject], warnings: list[RowWarning], meant: Lookup[int, Sequence[str]]
) -> ListRows:
    cells = ListCells(table, mapping, warnings)
    parsed, ports_in_address, kept = botnet_addresses.read(cells, rejects, meant)
    if kept is not None:
        rows = table.rows.take(kept) if isinstance(table.rows, Grid) else [table.rows[place] for place in kept]
        cells = ListCells(
            replace(table, rows=rows, line_numbers=[table.line_numbers[i] for i in kept]), mapping, warnings
        )
    port = cells.numbers("port", 65_535)
    for place, own in ports_in_address.items():
        port[place] = own if port[place] == UNKNOWN else port[place]
    destination_address, destination_host, contacts, unread = _read_destinations(cells)
    first_seen, last_seen = botnet_times.read(cells)
    counts = cells.numbers("count", 2**53)
    protocol = cells.texts("protocol")
    return ListRows(
        line=cells.table.line_numbers,
        addresses=parsed,
        family=cells.texts("family"),
        port=port,
        protocol=recode(protocol, (text.lower() if text else None for text in protocol.values)),
        destination_address=destination_address,
        destination_host=destination_host,
        first_seen=first_seen,
        last_seen=last_seen,
        count=np.where(counts == UNKNOWN, 1, counts),
        contacts=contacts,
        unread=unread,
    )


def _read_destinations(cells: ListCells) -> tuple[Texts, Texts, Contacts, list[UnreadContact]]:
    """The first contacted address and name of each row, every one of the list, and those that cannot be read.

    Any column may hold either kind.
    """
    found: dict[str, list[tuple[Texts, list[Contacts]]]] = {name: [] for name, _ in _CONTACT_FIELDS}
    unread: dict[str, UnreadContact] = {}
    for name, reason in _CONTACT_FIELDS:
        for column, texts in cells.each_text(name):
            read = [botnet_contacts.read(text) if text else Contacts() for text in texts.values]
            found[name].append((texts, read))
            is_wrong = [
                bool(text) and (one.is_nothing or bool(one.unread))
                for text, one in zip(texts.values, read, strict=True)
            ]
            for place in texts.places(is_wrong):
                cells.warn(name, place, reason, texts[place] or "", column)
                for text in read[texts.codes[place]].unread:
                    _note_unread(unread, text, cells, place, column)
    in_address, in_host = found["destination_address"], found["destination_host"]
    every = [contacts for _, read in in_address + in_host for contacts in read]
    return (
        _first_filled(cells, [recode(t, (_first(one.addresses) for one in read)) for t, read in in_address + in_host]),
        _first_filled(cells, [recode(t, (_first(one.names) for one in read)) for t, read in in_host + in_address]),
        Contacts(
            tuple(dict.fromkeys(value for one in every for value in one.addresses)),
            tuple(dict.fromkeys(value for one in every for value in one.names)),
            tuple(dict.fromkeys(value for one in every for value in one.unread)),
        ),
        sorted(unread.values(), key=lambda one: one.line),
    )


def _note_unread(unread: dict[str, UnreadContact], text: str, cells: ListCells, place: int, column: str) -> None:
    """Count the text; its row is made once, since a column of rubbish holds one a row."""
    known = unread.get(text)
    if known is None:
        unread[text] = UnreadContact(cells.table.line_numbers[place], column, text, cells.row_text(place), 1)
    else:
        unread[text] = replace(known, rows=known.rows + 1)


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _first_filled(cells: ListCells, columns: Sequence[Texts]) -> Texts:
    filled = [texts for texts in columns if any(texts.values)]
    return reduce(first_filled, filled) if filled else code([None]).spread(len(cells.table.rows))
