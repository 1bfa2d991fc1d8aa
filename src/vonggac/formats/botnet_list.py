"""Botnet lists of any sender: Shadowserver reports old and new, Vietnamese and English sheets, plain addresses.

reading = read(content, "2024-04-17-event4_sinkhole.csv")
reading.rows, reading.rejects, reading.warnings, reading.mapping
"""

import re
from collections.abc import Container, Iterator, Sequence
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import MappingNeeded
from vonggac.formats import botnet_columns, botnet_contacts, botnet_times, encodings, tables
from vonggac.formats.botnet_cells import NOTHING, UNKNOWN, ListCells, first_filled
from vonggac.formats.botnet_columns import Mapping
from vonggac.formats.botnet_contacts import Contacts
from vonggac.formats.cells import Grid, Texts, code, recode
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.raw_tables import RAW_CHARACTERS
from vonggac.formats.records import Reject, RowWarning
from vonggac.formats.tables import LINE_MARK, Table
from vonggac.formats.times import NO_TIME
from vonggac.kernel import addresses
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
    """What became of a list: rows, rejects (unreadable address), warnings (a field set to null), the mapping used."""

    rows: ListRows
    rejects: list[Reject]
    warnings: list[RowWarning]
    mapping: Mapping
    rows_read: int


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
    return ListReading(rows, rejects, warnings, used, len(table.rows) + len(table.rejects))


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
    """As `_choose_table`, by the sender's earlier mapping where that fits; its zone and order of dates stay theirs."""
    try:
        return _choose_table(found, remembered)
    except MappingNeeded as misfit:
        if remembered is None:
            raise
        table, guessed, skipped = _choose_table(found, None)
        used = replace(guessed, time_zone=remembered.time_zone, day_first=remembered.day_first)
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
    parsed, ports_in_address, kept = _read_addresses(cells, rejects, meant)
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


def _read_addresses(
    cells: ListCells, rejects: list[Reject], meant: Lookup[int, Sequence[str]]
) -> tuple[Addresses, dict[int, int], list[int] | None]:
    """Addresses of the kept rows, ports written behind them, and the kept rows' places (None: all of them).

    A row that names an address in each of several columns, or that means several, is kept once for each.
    """
    if len(cells.columns("address")) > 1:
        return _read_address_columns(cells, rejects, meant)
    if (spot := cells.grid("address")) is not None:
        ipv4, is_plain = spot[0].ipv4(spot[1])
        if is_plain.all():
            return addresses.from_ipv4(ipv4), {}, None
        texts = [text.strip() for text in spot[0].column(spot[1])]
    else:
        texts = [text or "" for text in cells.raw("address") or ()]
        plain = addresses.parse_ipv4_column(texts)
        if plain is not None:
            return addresses.from_ipv4(plain), {}, None
    known = {text: _read_address(text, _has_remarks(cells)) for text in dict.fromkeys(texts)}
    packed: list[bytes] = []
    ports: dict[int, int] = {}
    kept: list[int] = []
    for place, text in enumerate(texts):
        parsed = known[text]
        found = _meant(cells, place, meant) if parsed is None else (parsed,)
        if not found:
            rejects.append(_reject(cells, place, text))
        for one in found:
            if one.port is not None:
                ports[len(kept)] = one.port
            packed.append(one.packed)
            kept.append(place)
    return addresses.from_packed(packed), ports, kept


def _meant(cells: ListCells, place: int, meant: Lookup[int, Sequence[str]]) -> list[addresses.Parsed]:
    """The addresses that a person found to be meant in the row, none where nobody did."""
    texts = meant.get(cells.table.line_numbers[place], ())
    return [parsed for text in texts if (parsed := addresses.parse(text)) is not None]


def _read_address_columns(
    cells: ListCells, rejects: list[Reject], meant: Lookup[int, Sequence[str]]
) -> tuple[Addresses, dict[int, int], list[int] | None]:
    """As `_read_addresses`, of several columns; a row is a reject only where none of them holds an address."""
    columns = [cells.stripped(place) for place in cells.columns("address")]
    known = {text: _read_address(text, _has_remarks(cells)) for column in columns for text in column.values if text}
    packed: list[bytes] = []
    ports: dict[int, int] = {}
    kept: list[int] = []
    for place in range(len(cells.table.rows)):
        given = list(dict.fromkeys(text for column in columns if (text := column[place])))
        read = [(text, known[text]) for text in given]
        # Two spellings of one address are one row.
        found = {parsed.packed: parsed for _, parsed in read if parsed is not None}
        found = found or {parsed.packed: parsed for parsed in _meant(cells, place, meant)}
        if not found:
            rejects.append(_reject(cells, place, given[0] if given else ""))
        for text in (text for text, parsed in read if found and parsed is None and text.lower() not in NOTHING):
            cells.warn("address", place, "is not an IPv4 or IPv6 address", text)
        for parsed in found.values():
            if parsed.port is not None:
                ports[len(kept)] = parsed.port
            packed.append(parsed.packed)
            kept.append(place)
    return addresses.from_packed(packed), ports, kept


# An address in the column of addresses may be written as what runs there: `http://203.0.113.11/`.
_URL_AROUND = re.compile(r"(?:h\w{2}ps?|tcp|udp|ftp)\[?:\]?//(?:[^/@\s]*@)?([^/?#\s]+)", re.IGNORECASE)
_NETWORK = re.compile(r"[0-9a-f.:\[\]]+\s?/\s?\d{1,3}", re.IGNORECASE)


def _has_remarks(cells: ListCells) -> bool:
    """True for a list of bare lines, also one of whose lines has a separator somewhere."""
    return cells.table.separator is None or not cells.table.has_header


def _read_address(text: str, is_plain_list: bool) -> addresses.Parsed | None:
    """The cell's address; in a list of bare lines bullets and remarks may stand around it."""
    parsed = addresses.parse(text)
    if parsed is None and (around := _URL_AROUND.match(text)):
        return addresses.parse(around[1])
    if parsed is None and is_plain_list and not _NETWORK.match(LINE_MARK.sub("", text, count=1)):
        return botnet_columns.parse_line(text)
    return parsed


def _reject(cells: ListCells, place: int, text: str) -> Reject:
    column = cells.mapping.columns["address"][0]
    if not text:
        reason = "the row has no address"
    elif _NETWORK.fullmatch(text):
        reason = "is a network, not one address"
    else:
        reason = "is not an IPv4 or IPv6 address"
    return Reject(cells.table.line_numbers[place], column, reason, _raw(cells, place))


def _raw(cells: ListCells, place: int) -> str:
    """The row's cells as a text, cut."""
    return (cells.table.separator or ",").join(cells.table.rows[place])[:RAW_CHARACTERS]


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
        unread[text] = UnreadContact(cells.table.line_numbers[place], column, text, _raw(cells, place), 1)
    else:
        unread[text] = replace(known, rows=known.rows + 1)


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _first_filled(cells: ListCells, columns: Sequence[Texts]) -> Texts:
    found = code([None]).spread(len(cells.table.rows))
    for texts in columns:
        found = first_filled(found, texts)
    return found
