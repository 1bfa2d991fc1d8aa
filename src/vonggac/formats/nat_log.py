"""NAT logs: which inner address stood behind a public address and port at a time.

Two forms (docs/reference/exercise-format.md): intervals
`from_utc,to_utc,public_address,port_from,port_to,inner_address` and moments
`time_utc,public_address,port,inner_address`; both with `protocol`, if it is there. Columns of other logs are found by
the words of their names (docs/reference/botnet-lists.md).
"""

import re
from bisect import bisect_left
from dataclasses import dataclass

from vonggac.errors import MappingNeeded
from vonggac.formats import tables, times
from vonggac.formats.botnet_columns import fold
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.records import Reject
from vonggac.formats.tables import Table
from vonggac.formats.times import NO_TIME
from vonggac.formats.traffic_tables import known_protocol
from vonggac.kernel import addresses

# A moment of the log speaks for a listed time this near: clocks of sinkholes and firewalls differ by seconds, and a
# port is given to the next host after minutes.
MOMENT_SECONDS = 60
_OPEN_END = 1 << 62

# Words of folded headers (see `fold`), English and Vietnamese.
_PUBLIC = re.compile(r"\b(public|outer|outside|external|global|translated|cong cong|cong khai|(ben )?ngoai)\b")
_INNER = re.compile(r"\b(inner|inside|internal|private|local|noi bo|(ben )?trong|rieng)\b")
_NAT = re.compile(r"\b(nat|napt|cgnat|sau nat)\b")
_ADDRESS = re.compile(r"\b(address|addr|ip|ipv4|ipv6|dia chi|src|source|nguon)\b")
_PORT = re.compile(r"\b((src |source )?ports?|cong( nguon)?)\b")
_BEGIN = re.compile(r"\b(from|start|started|begin|first|tu|bat dau|dau)\b")
_END = re.compile(r"\b(to|end|ended|until|last|den|ket thuc|cuoi)\b")
_TIME = re.compile(r"\b(time|timestamp|datetime|date|utc|thoi gian|thoi diem|ngay|gio|luc)\b")
_PROTOCOL = frozenset({"protocol", "proto", "giao thuc"})


@dataclass(frozen=True, slots=True, order=True)
class Translation:
    """`inner_address` stood behind ports `port_from` to `port_to` from `from_seconds` until before `to_seconds`."""

    from_seconds: int
    to_seconds: int
    port_from: int
    port_to: int
    inner_address: str
    protocol: str = ""  # empty where the log does not say


@dataclass(frozen=True, slots=True)
class NatLog:
    """Translations by public address, ordered by their begin, with the longest one's seconds beside."""

    translations: dict[str, list[Translation]]
    longest_seconds: dict[str, int]
    rejects: list[Reject]

    def inner_host(
        self, address: str, port: int | None, seconds: int | None, protocol: str | None = None
    ) -> str | None:
        """The inner address behind a public one, or None when the log does not tell, or tells two.

        Without a time nothing is told; without a port only a translation of all ports (1:1 NAT) tells. A port is one
        protocol's, and an unknown protocol may be any.
        """
        known = self.translations.get(address)
        if not known or seconds is None:
            return None
        begin = bisect_left(known, seconds - self.longest_seconds[address], key=lambda one: one.from_seconds)
        found: set[str] = set()
        asked = known_protocol(protocol) or ""
        for one in known[begin:]:
            if one.from_seconds > seconds:
                break
            is_port = (one.port_from, one.port_to) == (0, 65_535) or (
                port is not None and one.port_from <= port <= one.port_to
            )
            is_protocol = not asked or one.protocol in {"", asked}
            if seconds < one.to_seconds and is_port and is_protocol:
                found.add(one.inner_address)
        return found.pop() if len(found) == 1 else None


def read(content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> NatLog:
    """The translations of a log; rows with an unreadable address, port or time are rejects.

    Empty ports mean all ports, an empty `to_utc` an open end. Raises MappingNeeded that names the columns which lack or
    of which two may be meant.
    """
    table = tables.read_table(content, filename, limits)
    names = columns_of(table, filename)
    if "from_utc" in names:
        begins, ends = _seconds(table, names, "from_utc"), _seconds(table, names, "to_utc")
    else:
        moments = _seconds(table, names, "time_utc")
        begins = [one if one is None else one - MOMENT_SECONDS for one in moments]
        ends = [one if one is None else one + MOMENT_SECONDS + 1 for one in moments]
    pick = ("port", "port") if "port" in names else ("port_from", "port_to")
    translations: dict[str, list[Translation]] = {}
    rejects = list(table.rejects)
    for place, (line, record) in enumerate(table.records()):
        public, inner = (addresses.parse(record[names[key]]) for key in ("public_address", "inner_address"))
        ports = [_read_port(record.get(names.get(key, ""), "")) for key in pick]
        begin, end = begins[place], ends[place]
        fault = _find_fault(public, inner, ports, begin, end)
        if public is None or inner is None or begin is None or fault:
            rejects.append(Reject(line, fault, "is missing or unreadable", ",".join(record.values())[:1_000]))
            continue
        low = 0 if ports[0] is None else ports[0]
        high = 65_535 if ports[1] is None else ports[1]
        protocol = known_protocol(record.get(names.get("protocol", ""))) or ""
        one = Translation(begin, _OPEN_END if end is None else end, low, high, inner.text, protocol)
        translations.setdefault(public.text, []).append(one)
    for known in translations.values():
        known.sort()
    longest = {key: max(one.to_seconds - one.from_seconds for one in known) for key, known in translations.items()}
    return NatLog(translations, longest, rejects)


def columns_of(table: Table, filename: str) -> dict[str, str]:
    """Field → the table's column for it; MappingNeeded where one lacks or two may be meant."""
    found: dict[str, list[str]] = {}
    for column in table.columns if table.has_header else ():
        if field := _field(fold(times.header_zone(column)[1])):
            found.setdefault(field, []).append(column)
    own = {field: [one for one in columns if fold(one) == field.replace("_", " ")] for field, columns in found.items()}
    named = {field: own[field] or columns for field, columns in found.items()}
    if "from_utc" in named:
        named.pop("time_utc", None)
    if twice := [columns for columns in named.values() if len(columns) > 1]:
        meant = "; ".join(" or ".join(columns) for columns in twice)
        raise MappingNeeded(f"{filename}: two columns may mean the same, leave one out: {meant}")
    lacking = [field for field in ("public_address", "inner_address") if field not in named]
    lacking += [] if {"from_utc", "time_utc"} & named.keys() else ["from_utc or time_utc"]
    if lacking:
        shown = ", ".join(table.columns[:20])
        raise MappingNeeded(
            f"{filename} is no NAT log: no column says {', '.join(lacking)} (columns: {shown}); it needs "
            "from_utc,to_utc,public_address,port_from,port_to,inner_address or time_utc,public_address,port,"
            "inner_address"
        )
    return {field: column for field, [column] in named.items()}


def _field(name: str) -> str | None:
    """The field that a folded header means; None where it says something else besides."""
    side = (
        "public" if _PUBLIC.search(name) else "inner" if _INNER.search(name) else "public" if _NAT.search(name) else ""
    )
    # “cổng công cộng” is a port, “công cộng” is none: the side goes first.
    bare = _words(_NAT, _words(_INNER, _words(_PUBLIC, name)))
    edge = "from" if _BEGIN.search(bare) else "to" if _END.search(bare) else ""
    rest = _words(_END, _words(_BEGIN, bare))
    if _PORT.search(rest):
        is_port = side != "inner" and not _words(_PORT, rest)
        return (f"port_{edge}" if edge else "port") if is_port else None
    if side:
        return None if edge or _words(_ADDRESS, rest) else f"{side}_address"
    if rest in _PROTOCOL:
        return "protocol"
    if _words(_TIME, rest):
        return None
    return f"{edge}_utc" if edge else "time_utc"


def _words(pattern: "re.Pattern[str]", name: str) -> str:
    """The name without the words of the pattern."""
    return " ".join(pattern.sub(" ", name).split())


def _find_fault(
    public: object, inner: object, ports: list[int | None], begin: int | None, end: int | None
) -> str | None:
    """The column that makes a row useless, or None."""
    if public is None:
        return "public_address"
    if inner is None:
        return "inner_address"
    if -1 in ports:
        return "port"
    if begin is None or begin == -1:
        return "time"
    return "to_utc" if end == -1 else None


def _seconds(table: Table, names: dict[str, str], wanted: str) -> list[int | None]:
    """Seconds of a time column; None for an empty cell, −1 for an unreadable one."""
    if wanted not in names:
        return [None] * len(table.rows)
    column = read_times(table, names[wanted])
    seconds: list[int | None] = [None if one == NO_TIME else one for one in column.seconds.tolist()]
    for place in column.unreadable:
        seconds[place] = -1
    return seconds


def read_times(table: Table, column: str) -> times.TimeColumn:
    """The times of a column, in the zone that its header names."""
    zone, _ = times.header_zone(column)
    return times.read_column(table.column(column), zone=times.find_zone(zone or "UTC"))


def _read_port(text: str) -> int | None:
    """The port; None where nothing is said, −1 where it is no port."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535 else -1
