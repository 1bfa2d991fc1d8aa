"""Which column of a botnet list means what: guessed from names and content, shown, corrected, remembered.

A mapping names, for each of our fields, the columns that may hold it; the first filled one of a row counts.
"""

import re
import unicodedata
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field, replace

from vonggac.errors import InputError, MappingNeeded
from vonggac.formats.tables import LINE_MARK, Table
from vonggac.formats.times import find_zone, header_zone
from vonggac.kernel import addresses

FIELDS = (
    "address",
    "first_seen",
    "last_seen",
    "time",
    "destination_host",
    "destination_address",
    "port",
    "protocol",
    "family",
    "count",
)

# Folded names (see `fold`) in order of preference: Shadowserver old and new, IntelMQ, the VNCERT workbook, and what
# Vietnamese offices write.
_NAMES: dict[str, tuple[str, ...]] = {
    "address": (
        "src ip", "source ip", "src address", "source address", "srcip", "sourceip", "attackerip", "attacker ip",
        "infected ip", "victim ip", "bot ip", "client ip", "dia chi ip nguon", "ip nguon", "dia chi nguon",
        "dia chi ip nhiem", "ip nhiem", "ip may nhiem", "public ip", "ip public", "src", "src ipv4", "src ipv6",
        "source ipv4", "source ipv6",
    ),
    "first_seen": ("first seen", "firstseen", "first seen utc", "lan dau", "phat hien lan dau"),
    "last_seen": ("last seen", "lastseen", "last seen utc", "lan cuoi", "phat hien lan cuoi"),
    "time": (
        "timestamp", "timestamp utc", "time utc", "time source", "event time", "datetime", "date time", "time", "date",
        "attankon", "attackon", "attack on", "thoi gian phat hien", "ngay phat hien", "thoi gian", "thoi diem",
        "ngay gio", "ngay", "observed", "detected", "luc thay", "luc phat hien", "thay luc", "luc",
    ),
    "destination_host": (
        "destination host", "cc dns", "c2 dns", "cc domain", "c2 domain", "cc host", "c2 host", "cc hostname",
        "c2 hostname", "cc url", "c2 url", "domain", "ten mien", "ten mien dieu khien", "ten mien c2", "ten mien c c",
        "destination hostname", "destination fqdn", "destination url", "dst host", "dst url", "dst fqdn",
    ),
    "destination_address": (
        "destination address", "dst ip", "destination ip", "dest ip", "dst address", "dstip", "cc ip", "c2 ip",
        "cnc ip", "c2 address", "cc address", "sinkhole ip", "localip", "local ip", "dia chi ip dich", "ip dich",
        "dia chi dich", "ip dieu khien", "may chu dieu khien", "c c", "c2", "cc", "cnc", "c c server", "c2 server",
        "cc server", "dst", "dest", "destination",
    ),
    "port": ("src port", "source port", "srcport", "cong nguon", "port nguon", "port", "sport", "cong"),
    "protocol": ("protocol", "proto", "transport", "giao thuc"),
    "family": (
        "family", "malware family", "infection", "malware name", "malware", "botnet family", "botnet", "ten ma doc",
        "dong ma doc", "ho ma doc", "loai ma doc", "ma doc", "ten virus", "virus", "ten botnet", "loai botnet",
        "threat", "classification identifier", "type", "tag", "tags",
    ),
    "count": (
        "count", "hits", "hit count", "event count", "events", "so lan", "so lan ket noi", "so lan phat hien",
        "so ket noi", "so luong", "number of black lists", "number of lists", "total", "tong so", "connections",
    ),
}  # fmt: skip
# Names that say what a column holds and not whose it is: whatever says that it is the hosts' goes before them.
_ANY_ADDRESS = (
    "dia chi ip", "ip address", "ipaddress", "ip addr", "ip", "address", "ipv4", "ipv6", "dia chi", "dia chi mang",
    "addr", "dia chi ipv4", "dia chi ipv6", "ipv4 address", "ipv6 address",
)  # fmt: skip

_CONTROL = r"(dieu khien|\bc c\b|\bc2\b|\bcnc\b)"
_NAME = r"(ten mien|domain|dns|url|host)"
_PATTERNS: dict[str, str] = {
    "address": rf"^(?!.*({_CONTROL}|\bdich\b))"
    r".*(attacker ?ip|\bip\b.*\b(nhiem|nguon|public|cong cong|viet nam|vn)\b|\b(nhiem|nguon)\b.*\bip\b)",
    "first_seen": r"first seen|lan dau|dau tien",
    "last_seen": r"last seen|lan cuoi|cuoi cung|gan nhat",
    "time": r"^(thoi gian|thoi diem|ngay|luc|timestamp|date)\b",
    "destination_host": rf"{_NAME}.*({_CONTROL}|doc hai)|{_CONTROL}.*{_NAME}",
    "destination_address": rf"^(?!.*(cong|port)\b).*({_CONTROL}|\bip dich\b)"
    r"|^((dia chi )?(ip )?|may chu )ket noi (den|toi)\b",
    "port": r"(cong|port) nguon|source port",
    "family": r"ma doc|malware|botnet|virus",
    "count": r"^so lan\b",
}
# A report about sinkholes names the contacted host in these; in other reports they are the listed host's own names.
_SINKHOLE_HOSTS = ("http host", "dst hostname")
# Fields whose columns stand in for each other; elsewhere a second column says something else (`time` of memcached).
_MERGED = ("address", "destination_host", "destination_address", "family")
_SHADOWSERVER_MARKS = {"asn", "src asn", "geo", "src geo"}
TIMES = ("time", "first_seen", "last_seen")
DESTINATIONS = ("destination_host", "destination_address")
_SAMPLE_ROWS = 200
# A year at one end tells a date from an address or a version.
_DATE = re.compile(
    r"\s*(?:\d{1,2}:\d{2}(?::\d{2})?\s+)?(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{4})(?!\d)(?!\.\d)"
)
_REMARKED = re.compile(r"[^\s,;#]+")


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a sender's columns mean.

    `columns`: field (one of `FIELDS`) → names of columns, best first. `time_zone` holds for times without an offset;
    `zone_is_chosen` when a person chose it, and it is neither what a header named nor the default.
    `day_first` decides dates with slashes; None lets each column decide. `sheet` names a workbook's sheet.
    """

    columns: Dictionary[str, tuple[str, ...]]
    time_zone: str = "UTC"
    day_first: bool | None = None
    sheet: str | None = None
    zone_is_chosen: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, object]:
        """The mapping as JSON values, to be shown, corrected and kept per sender."""
        return {
            "columns": {name: list(columns) for name, columns in self.columns.items()},
            "time_zone": self.time_zone,
            "day_first": self.day_first,
            "sheet": self.sheet,
            "zone_is_chosen": self.zone_is_chosen,
        }


def from_json(value: object) -> Mapping:
    """The mapping that `to_json` wrote or a person corrected; raises InputError that names the wrong part."""
    if not isinstance(value, dict) or not isinstance(value.get("columns"), dict):
        raise InputError('a mapping is an object with "columns": {"address": ["ip"], …}; start from --show-mapping')
    columns: dict[str, tuple[str, ...]] = {}
    for name, given in value["columns"].items():
        if name not in FIELDS:
            raise InputError(f"the mapping names the field {name!r}; known are {', '.join(FIELDS)}")
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise InputError(f"the mapping of {name!r} has to be a column's name or a list of names")
        columns[name] = tuple(names)
    day_first = value.get("day_first")
    sheet = value.get("sheet")
    if day_first not in (None, True, False):
        raise InputError('"day_first" of the mapping has to be true, false or null')
    if not isinstance(sheet, str | None):
        raise InputError('"sheet" of the mapping has to be a sheet\'s name or null')
    time_zone = str(value.get("time_zone") or "UTC")
    find_zone(time_zone)
    # Mappings that were kept before do not say who chose: the default is nobody's choice, another zone somebody's.
    chosen = value.get("zone_is_chosen", time_zone != "UTC")
    if not isinstance(chosen, bool):
        raise InputError('"zone_is_chosen" of the mapping has to be true or false')
    return Mapping(columns, time_zone, day_first, sheet, chosen)


def said(mapping: Mapping) -> Mapping:
    """A mapping that a person confirmed: what it does not name for C2s is no C2, in the sender's next lists neither."""
    return replace(mapping, columns={**dict.fromkeys(DESTINATIONS, ()), **mapping.columns})


def fold(name: str) -> str:
    """A header in lower case without marks and punctuation, so that `Địa chỉ IP` and `dia_chi_ip` are one name."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def guess(table: Table) -> Mapping:
    """The likeliest mapping of a table; raises MappingNeeded when no column holds addresses."""
    if not table.has_header:
        return _guess_by_content(table)
    folded = {column: fold(header_zone(column)[1]) for column in table.columns}
    taken: set[str] = set()
    columns: dict[str, tuple[str, ...]] = {}
    for name in FIELDS:
        found = _candidates(name, {column: text for column, text in folded.items() if column not in taken})
        if name == "address":
            found = _choose_address(table, found)
        if found:
            columns[name] = tuple(_with_repeats(found if name in _MERGED else found[:1], table.columns))
            taken.update(found, columns[name])
    if "destination_address" in columns and (hosts := _sinkhole_hosts(folded)):
        columns["destination_host"] = (*columns.get("destination_host", ()), *hosts)
    zones = named_zones(columns)
    return Mapping(columns, _zone_of(zones), sheet=table.sheet, notes=_two_zones(zones))


def named_zones(columns: Dictionary[str, tuple[str, ...]]) -> dict[str, str]:
    """Column of times → the zone that its header names, of those that name one."""
    found = {column: header_zone(column)[0] for name in TIMES for column in columns.get(name, ())}
    return {column: zone for column, zone in found.items() if zone is not None}


def _zone_of(zones: Dictionary[str, str]) -> str:
    return next(iter(zones.values()), "UTC")


def by_choice(mapping: Mapping) -> Mapping:
    """A mapping that a person wrote for this very list, with whether its zone is another than the list's own."""
    own = _zone_of(named_zones(mapping.columns))
    return replace(mapping, zone_is_chosen=mapping.zone_is_chosen or mapping.time_zone != own)


def other_zone(mapping: Mapping) -> tuple[str, str] | None:
    """(column, zone) of the header that names another zone than the one in which the times are read."""
    zones = named_zones(mapping.columns)
    return None if _zone_of(zones) == mapping.time_zone else next(iter(zones.items()), None)


def by_header(mapping: Mapping) -> Mapping:
    """A remembered mapping, in the zone that this list's header names; one that a person chose stays, and is told."""
    found = other_zone(mapping)
    if found is None:
        return mapping
    column, named = found
    if mapping.zone_is_chosen:
        note = f"column {column} names {named} and is read in {mapping.time_zone}, which a person chose for this sender"
        return replace(mapping, notes=(note,))
    note = f"column {column} names {named}; nobody chose {mapping.time_zone}, in which the list before was read"
    return replace(mapping, time_zone=named, notes=(note, *_two_zones(named_zones(mapping.columns))))


def _two_zones(zones: dict[str, str]) -> tuple[str, ...]:
    """A list has one zone; the columns that name another are told."""
    first = next(iter(zones.values()), "")
    others = {column: zone for column, zone in zones.items() if zone != first}
    return tuple(f"column {column} names {zone} and is read in {first}" for column, zone in others.items())


def with_destinations(mapping: Mapping, table: Table) -> Mapping:
    """The mapping, with the table's own C2 columns for the fields that it does not speak of.

    A sender's mapping is remembered from a list that may not have had them, and a C2 that is not read is not watched
    for. Whoever means that there is none says so with an empty list of columns.
    """
    if not table.has_header:
        return mapping
    taken = {column for columns in mapping.columns.values() for column in columns}
    free = {column: fold(column) for column in table.columns if column not in taken}
    found = {name: columns for name in DESTINATIONS if (columns := _candidates(name, free))}
    if ("destination_address" in found or mapping.columns.get("destination_address")) and _sinkhole_hosts(free):
        found["destination_host"] = [*found.get("destination_host", ()), *_sinkhole_hosts(free)]
    added = {name: tuple(columns) for name, columns in found.items() if name not in mapping.columns}
    return replace(mapping, columns={**mapping.columns, **added}) if added else mapping


def _sinkhole_hosts(folded: dict[str, str]) -> list[str]:
    return [column for mark in _SINKHOLE_HOSTS for column, text in folded.items() if text == mark]


def is_shadowserver(table: Table) -> bool:
    """True when the columns are those of a Shadowserver report, whose old dates put the month first."""
    folded = {fold(column) for column in table.columns}
    return "timestamp" in folded and bool(folded & _SHADOWSERVER_MARKS)


def _candidates(name: str, folded: dict[str, str]) -> list[str]:
    """Columns by exact names in our order of preference, else those that fit the field's pattern."""
    found = _named(_NAMES[name], folded)
    if not found and (pattern := _PATTERNS.get(name)):
        found = [column for column, text in folded.items() if re.search(pattern, text)]
    return found + (_named(_ANY_ADDRESS, folded) if name == "address" else [])


def _named(wanted: tuple[str, ...], folded: dict[str, str]) -> list[str]:
    return [column for name in wanted for column, text in folded.items() if text == name]


def _choose_address(table: Table, candidates: list[str]) -> list[str]:
    """The candidate that holds addresses, with its twin of the other family; by content alone where no name fits."""
    if not table.rows and candidates:
        return _with_twins(candidates[0], candidates)
    for column in candidates:
        if any(_address_share(table, own) > 0 for own in _with_repeats([column], table.columns)):
            return _with_twins(column, candidates)
    # A column named for the C2 is never the hosts', however badly their own column reads.
    contacted = _candidates("destination_address", {column: fold(column) for column in table.columns})
    by_content = [one for one in table.columns if one not in contacted and _address_share(table, one) > 0.5]
    if candidates and not by_content:
        return candidates[:1]
    if not by_content:
        shown = ", ".join(table.columns[:20])
        raise MappingNeeded(f"no column holds addresses (columns: {shown}); say which with a mapping")
    return by_content[:1]


def _with_twins(chosen: str, candidates: list[str]) -> list[str]:
    """The chosen column and those that differ from it in the family alone: `ipv4`, `ipv6`; `src ip`, `src ipv6`."""
    twins = [column for column in candidates if _without_family(column) == _without_family(chosen)]
    return [chosen, *(column for column in twins if column != chosen)]


def _without_family(column: str) -> str:
    return re.sub(r"\bipv[46]\b", "ip", fold(column))


def _with_repeats(found: list[str], columns: list[str]) -> list[str]:
    """The columns, and those of the same name that the table has beside them (named ` (2)` by `tables`)."""
    return [own for column in found for own in (column, *(c for c in columns if is_repeat(c) and c[:-4] == column))]


def is_repeat(column: str) -> bool:
    """True for a column whose name the header has more than once."""
    return re.fullmatch(r".+ \([2-9]\)", column, re.DOTALL) is not None


def looks_like_times(table: Table, column: str) -> bool:
    """True when every filled cell of a column begins with a date."""
    cells = [cell for cell in _sample(table, column) if cell.strip()]
    return bool(cells) and all(_DATE.match(cell) for cell in cells)


def _address_share(table: Table, column: str, *, is_plain: bool = False) -> float:
    cells = [cell for cell in _sample(table, column) if cell.strip()]
    found = sum(1 for cell in cells if addresses.parse(cell) or (is_plain and parse_line(cell)))
    return found / len(cells) if cells else 0.0


def parse_line(line: str) -> addresses.Parsed | None:
    """The address that a bare line begins with, behind its bullet or number; what follows is a remark."""
    bare = _REMARKED.match(LINE_MARK.sub("", line, count=1).lstrip())
    return addresses.parse(bare[0]) if bare else None


def _sample(table: Table, column: str) -> list[str]:
    place = table.columns.index(column)
    return [row[place] for row in table.rows[:_SAMPLE_ROWS]]


def _guess_by_content(table: Table) -> Mapping:
    """A table without header: the column of addresses, one of times, one of whole numbers taken as counts."""
    shares = {column: _address_share(table, column, is_plain=True) for column in table.columns}
    if table.rows and max(shares.values()) == 0:
        raise MappingNeeded("the list has no header and no column of addresses; add a header line or a mapping")
    columns: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    if shares:
        columns["address"] = (max(shares, key=lambda column: shares[column]),)
    for column in table.columns:
        cells = [cell.strip() for cell in _sample(table, column) if cell.strip()]
        if column in columns.get("address", ()) or not cells:
            continue
        if "time" not in columns and all(re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b", cell) for cell in cells):
            columns["time"] = (column,)
        elif "count" not in columns and all(cell.isdecimal() for cell in cells) and not _is_numbering(cells):
            columns["count"] = (column,)
            notes.append(f"column {column} has no name; its whole numbers are read as counts")
        elif any(letter.isalpha() for cell in cells for letter in cell):
            notes.append(f"column {column} has no name and is not read; say with a mapping what it holds")
    return Mapping(columns, sheet=table.sheet, notes=tuple(notes))


def _is_numbering(cells: list[str]) -> bool:
    return len(cells) > 1 and [int(cell) for cell in cells] == list(range(int(cells[0]), int(cells[0]) + len(cells)))
