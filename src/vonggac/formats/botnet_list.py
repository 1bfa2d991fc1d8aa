"""Botnet lists of any sender: Shadowserver reports old and new, Vietnamese and English sheets, plain addresses.

reading = read(content, "2024-04-17-event4_sinkhole.csv")
reading.rows, reading.rejects, reading.warnings, reading.mapping, reading.sha256
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import MappingNeeded
from vonggac.formats import botnet_columns, tables, times
from vonggac.formats.botnet_columns import Mapping
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.records import Reject, RowWarning
from vonggac.formats.tables import Table
from vonggac.formats.times import NO_TIME
from vonggac.kernel import addresses
from vonggac.kernel.addresses import Addresses

_NOTHING = {"", "-", "n/a", "null", "none", "nil"}
_HOST_NAME = re.compile(r"(?=.{1,253}$)([\w-]{1,63}\.)+[\w-]{2,63}\.?", re.IGNORECASE)
_URL = re.compile(r"(?:h\w{2}ps?|tcp|udp|ftp)\[?:\]?//([^/:?#\s]+)", re.IGNORECASE)


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
class ListRows:
    """The n rows that were kept, in columns of equal length.

    `first_seen`, `last_seen` (n,) int64 seconds since 1970 UTC, `times.NO_TIME` where unknown; `count` (n,) int64, 1
    where the list does not count.
    """

    line: Sequence[int]
    addresses: Addresses
    family: list[str | None]
    port: list[int | None]
    protocol: list[str | None]
    destination_address: list[str | None]
    destination_host: list[str | None]
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    count: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.addresses.text)

    def records(self) -> Iterator[ListRow]:
        """The rows one by one."""
        first_seen, last_seen = self.first_seen.tolist(), self.last_seen.tolist()
        for place, count in enumerate(self.count.tolist()):
            yield ListRow(
                line=self.line[place],
                address=self.addresses.text[place],
                family=self.family[place],
                port=self.port[place],
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
    sha256: str
    rows_read: int


def read(content: bytes, filename: str, mapping: Mapping | None = None, limits: Limits = DEFAULT_LIMITS) -> ListReading:
    """The rows of a list; the mapping is guessed where none is given.

    Raises `MappingNeeded` when no column holds addresses or the mapping does not fit, `LimitExceeded` and
    `UnreadableFile` for the file as a whole. An empty list has no rows.
    """
    found = tables.read_tables(content, filename, limits, surplus="keep", strip=False)
    table, used, skipped = _choose_table(found, mapping)
    warnings = [RowWarning(1, note.split()[1], note, "") for note in used.notes] + skipped
    rejects = list(table.rejects)
    rows = _read_rows(table, used, rejects, warnings)
    rejects.sort(key=lambda reject: reject.line)
    return ListReading(rows, rejects, warnings, used, hashlib.sha256(content).hexdigest(), len(rows) + len(rejects))


def _choose_table(found: list[Table], mapping: Mapping | None) -> tuple[Table, Mapping, list[RowWarning]]:
    """The table with addresses and its mapping; the other sheets of a workbook become warnings."""
    if not found:
        return Table([], [], [], has_header=False), mapping or Mapping({}), []
    if mapping is not None:
        chosen = next((table for table in found if mapping.sheet in (None, table.sheet)), None)
        if chosen is None:
            raise MappingNeeded(f"the workbook has no sheet {mapping.sheet!r}; correct the mapping")
        _check_mapping(chosen, mapping)
        return chosen, mapping, _note_sheets(found, chosen)
    problem: MappingNeeded | None = None
    for table in found:
        try:
            return table, botnet_columns.guess(table), _note_sheets(found, table)
        except MappingNeeded as error:
            problem = problem or error
    raise problem or MappingNeeded("no table was found")


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


def _read_rows(table: Table, mapping: Mapping, rejects: list[Reject], warnings: list[RowWarning]) -> ListRows:
    cells = _Cells(table, mapping, warnings)
    parsed, ports_in_address, kept = _read_addresses(cells, rejects)
    if kept is not None:
        rows = [table.rows[place] for place in kept]
        cells = _Cells(replace(table, rows=rows, line_numbers=[table.line_numbers[i] for i in kept]), mapping, warnings)
    port = cells.numbers("port", 65_535)
    if ports_in_address:
        port = [own if own is not None else ports_in_address.get(i) for i, own in enumerate(port)]
    destination_address, destination_host = _read_destinations(cells)
    first_seen, last_seen = _read_times(cells)
    counts = cells.numbers("count", 2**53)
    return ListRows(
        line=cells.table.line_numbers,
        addresses=parsed,
        family=cells.texts("family"),
        port=port,
        protocol=[text.lower() if text else None for text in cells.texts("protocol")],
        destination_address=destination_address,
        destination_host=destination_host,
        first_seen=first_seen,
        last_seen=last_seen,
        count=np.array([1 if value is None else value for value in counts], np.int64),
    )


class _Cells:
    """The cells of a table by our fields; unreadable ones become warnings."""

    def __init__(self, table: Table, mapping: Mapping, warnings: list[RowWarning]) -> None:
        self.table = table
        self.mapping = mapping
        self.warnings = warnings

    def raw(self, name: str) -> list[str] | None:
        """The first filled cell of the field's columns, stripped; None when the table has no such column."""
        columns = [column for column in self.mapping.columns.get(name, ()) if column in self.table.columns]
        merged: list[str] | None = None
        for column in columns:
            cells = list(map(str.strip, self.table.column(column)))
            merged = cells if merged is None else [one or other for one, other in zip(merged, cells, strict=True)]
        return merged

    def texts(self, name: str) -> list[str | None]:
        """The field as text, None where nothing is said."""
        cells = self.raw(name)
        if cells is None:
            return [None] * len(self.table.rows)
        known = {text: None if text.lower() in _NOTHING else text for text in dict.fromkeys(cells)}
        return [known[text] for text in cells]

    def numbers(self, name: str, highest: int) -> list[int | None]:
        """The field as whole numbers from 0 to `highest`; anything else that is said becomes None and a warning."""
        cells = self.raw(name)
        if cells is None:
            return [None] * len(self.table.rows)
        known = {text: _read_number(text, highest) for text in dict.fromkeys(cells)}
        wrong = {text for text, number in known.items() if number is None and text.lower() not in _NOTHING}
        if wrong:
            for place, text in enumerate(cells):
                if text in wrong:
                    self.warn(name, place, f"is not a whole number from 0 to {highest}", text)
        return [known[text] for text in cells]

    def warn(self, name: str, place: int, reason: str, raw: str) -> None:
        """Note one cell of a kept row that was set to null."""
        column = self.mapping.columns[name][0]
        self.warnings.append(RowWarning(self.table.line_numbers[place], column, reason, raw[: tables.RAW_CHARACTERS]))


def _read_number(text: str, highest: int) -> int | None:
    # A spreadsheet shows 443 as 443.0 once its column holds a decimal.
    digits = text.removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits[:20]) <= highest else None


def _read_addresses(cells: _Cells, rejects: list[Reject]) -> tuple[Addresses, dict[int, int], list[int] | None]:
    """Addresses of the kept rows, ports written behind them, and the kept rows' places (None: all of them)."""
    texts = cells.raw("address") or []
    plain = addresses.parse_ipv4_column(texts)
    if plain is not None:
        return addresses.from_ipv4(texts, plain), {}, None
    known = {text: _read_address(text, cells.table.separator is None) for text in dict.fromkeys(texts)}
    packed: list[bytes] = []
    ports: dict[int, int] = {}
    kept: list[int] = []
    for place, text in enumerate(texts):
        parsed = known[text]
        if parsed is None:
            rejects.append(_reject(cells, place, text))
            continue
        if parsed.port is not None:
            ports[len(kept)] = parsed.port
        packed.append(parsed.packed)
        kept.append(place)
    return addresses.from_packed(packed), ports, kept


def _read_address(text: str, is_plain_list: bool) -> addresses.Parsed | None:
    """The cell's address; in a list of bare lines whatever follows the first blank is a remark."""
    parsed = addresses.parse(text)
    if parsed is None and is_plain_list and text:
        return addresses.parse(text.split(maxsplit=1)[0].rstrip(",;#"))
    return parsed


def _reject(cells: _Cells, place: int, text: str) -> Reject:
    column = cells.mapping.columns["address"][0]
    if not text:
        reason = "the row has no address"
    elif "/" in text:
        reason = "is a network, not one address"
    else:
        reason = "is not an IPv4 or IPv6 address"
    separator = cells.table.separator or ","
    raw = separator.join(cells.table.rows[place])[: tables.RAW_CHARACTERS]
    return Reject(cells.table.line_numbers[place], column, reason, raw)


def _read_destinations(cells: _Cells) -> tuple[list[str | None], list[str | None]]:
    """Contacted addresses and names; a column of both kinds fills either field."""
    given_addresses = cells.texts("destination_address")
    given_hosts = cells.texts("destination_host")
    spots = {text: _read_contact(text) for text in dict.fromkeys((*given_addresses, *given_hosts)) if text}
    found_addresses: list[str | None] = []
    found_hosts: list[str | None] = []
    for place, (address, host) in enumerate(zip(given_addresses, given_hosts, strict=True)):
        first, second = spots.get(address or "", (None, None)), spots.get(host or "", (None, None))
        found_addresses.append(first[0] or second[0])
        found_hosts.append(second[1] or first[1])
        if address and first == (None, None):
            cells.warn("destination_address", place, "is neither an address nor a name", address)
        if host and second == (None, None):
            cells.warn("destination_host", place, "is neither a name nor an address", host)
    return found_addresses, found_hosts


def _read_contact(text: str) -> tuple[str | None, str | None]:
    """(address, name) of an address, a host name or a URL, defanged or not; a port behind it is dropped."""
    if match := _URL.match(text):
        text = match[1][match[1].rfind("@") + 1 :]
    parsed = addresses.parse(text)
    if parsed is not None:
        return parsed.text, None
    name = text.replace("[.]", ".").replace("(.)", ".").replace("[dot]", ".")
    name = name.partition("/")[0].partition(":")[0]
    return None, name.rstrip(".").lower() if _HOST_NAME.fullmatch(name) else None


def _read_times(cells: _Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last time of each row; a single time column gives both."""
    columns = {name: _read_time(cells, name) for name in ("time", "first_seen", "last_seen")}
    nothing = np.full(len(cells.table.rows), NO_TIME, np.int64)
    moment = columns["time"] if columns["time"] is not None else nothing
    first = columns["first_seen"] if columns["first_seen"] is not None else nothing
    last = columns["last_seen"] if columns["last_seen"] is not None else nothing
    other = np.where(moment != NO_TIME, moment, np.where(last != NO_TIME, last, first))
    first = np.where(first != NO_TIME, first, other)
    return first, np.where(last != NO_TIME, last, np.where(moment != NO_TIME, moment, first))


def _read_time(cells: _Cells, name: str) -> NDArray[np.int64] | None:
    texts = cells.raw(name)
    if texts is None:
        return None
    read_as = times.read_column(
        texts,
        day_first=cells.mapping.day_first,
        usual_day_first=not botnet_columns.is_shadowserver(cells.table),
        zone=times.find_zone(cells.mapping.time_zone),
    )
    for place in read_as.unreadable:
        if texts[place].lower() not in _NOTHING:
            cells.warn(name, place, "is not a time", texts[place])
    order = "day first" if read_as.day_first else "month first"
    if read_as.is_mixed:
        cells.warn(name, 0, f"dates of both orders occur; undecided ones are read {order}", texts[0])
    elif read_as.is_ambiguous:
        cells.warn(name, 0, f"no date shows whether day or month comes first; read {order}", texts[0])
    return read_as.seconds
