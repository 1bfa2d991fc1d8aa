"""Any traffic log that the desk reads, told apart by its content: `read(content, filename)`.

Zeek conn and dns (TSV, JSON lines, combined), flows and DNS questions as CSV or Parquet, iptables-like syslog, NAT and
DHCP logs as CSV or Parquet; each also packed with gzip.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from vonggac.errors import LimitExceeded, MappingNeeded, OtherLog, UnreadableFile
from vonggac.formats import address_logs, encodings, firewall_syslog, flows, packed, tables, zeek
from vonggac.formats.columns import Draft
from vonggac.formats.delimited import draft, separator_of, split_header
from vonggac.formats.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import SCHEMAS, Kind, TrafficReading

Reader: TypeAlias = Callable[[Draft], TrafficReading]

NAMES = {Kind.FLOW: "flow log", Kind.DNS: "DNS log", Kind.NAT: "NAT log", Kind.DHCP: "DHCP log"}
# A day of a province's flows is one to two gigabytes of text; a log compresses five to thirty times.
LIMITS = Limits(content_bytes=4_096 * MEBIBYTE, rows=50_000_000, expanded_bytes=4_096 * MEBIBYTE)
# A log whose columns only their words tell is laid out cell by cell: 22 MB of text take 350 MB and 4 s.
TABLE_LIMITS = replace(DEFAULT_LIMITS, content_bytes=64 * MEBIBYTE)
_NEEDED: tuple[tuple[frozenset[str], Kind], ...] = (
    (address_logs.NAT_NEEDED, Kind.NAT),
    (flows.NEEDED[Kind.FLOW], Kind.FLOW),
    (flows.NEEDED[Kind.DNS], Kind.DNS),
    (address_logs.DHCP_NEEDED, Kind.DHCP),
)
_READERS: dict[Kind, Reader] = {
    Kind.FLOW: flows.read_flows,
    Kind.DNS: flows.read_queries,
    Kind.NAT: address_logs.read_translations,
    Kind.DHCP: address_logs.read_leases,
}
_KNOWN = frozenset[str]().union(*(names for names, _ in _NEEDED), {"to_utc"})
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_WORKBOOK = b"PK\x03\x04"
_HEAD_BYTES = 65_536


def read(
    content: bytes,
    filename: str,
    *,
    wanted: Kind | None = None,
    received_utc: datetime | None = None,
    limits: Limits = LIMITS,
) -> TrafficReading:
    """The records of one log file.

    wanted: the kind of the sensor that wrote it; picks the records out of a file that holds several, and says what an
    empty file would have held. Raises UnreadableFile when the file is no log that the desk reads, OtherLog when it is
    one and holds no records of the wanted kind, LimitExceeded when it is too large.
    """
    plain = _plain(content, limits)
    reading = _dispatch(plain, filename, wanted, received_utc, limits)
    if wanted is not None and reading.kind is not wanted:
        raise OtherLog(f"{filename} is a {NAMES[reading.kind]}, and its sensor writes a {NAMES[wanted]}")
    if reading.table.num_rows > limits.rows:
        raise LimitExceeded(f"{filename} has more than {limits.rows:,} rows; split it by day and hand it in again")
    return reading


def unreadable(kind: Kind, reason: str) -> TrafficReading:
    """The reading of a file that `read` refused: no records, and one reject at line 0 that stands for the file.

    A lake that keeps it lets no host be proven clean on the strength of what nobody could read.
    """
    return TrafficReading(kind, SCHEMAS[kind].empty_table(), [Reject(0, None, reason, "")])


def _dispatch(
    content: bytes, filename: str, wanted: Kind | None, received_utc: datetime | None, limits: Limits
) -> TrafficReading:
    if content.startswith(_PARQUET):
        kind = _told(_find_kind(flows.parquet_columns(content)), filename)
        return _READERS[kind](flows.parquet_draft(content, limits.rows))
    start = content[:65_536].lstrip()
    if not start and wanted is not None:
        return _empty(wanted)
    if start.startswith(b"{"):
        kinds = zeek.json_kinds(content)
        found = wanted if wanted in kinds else next(iter(kinds), None)
        return zeek.read_json(content, _told(found, filename))
    if start.startswith((b"#separator", b"#fields", b"#path", b"#set_separator")):
        return zeek.read_tsv(content, _told(zeek.tsv_kind(content), filename))
    lines = start.decode("utf-8", "replace").split("\n")
    if any(firewall_syslog.is_firewall_line(line) for line in lines[:200]):
        return firewall_syslog.read(content, received_utc)
    return _read_csv(content, filename, wanted)


def _read_csv(content: bytes, filename: str, wanted: Kind | None) -> TrafficReading:
    body = content.lstrip(b"\r\n")
    head, rest = split_header(body)
    separator, names = separator_of(head, _KNOWN)
    kind = _find_kind(frozenset(names))
    if kind is None:
        return _read_nat_table(content, filename, wanted)
    first_line = content[: len(content) - len(body)].count(b"\n") + 2
    return _READERS[kind](draft(rest, names, separator=separator, first_line=first_line))


def _read_nat_table(content: bytes, filename: str, wanted: Kind | None) -> TrafficReading:
    """A NAT log whose columns are known by the words of their names alone, as `botnet match --nat` reads it.

    The head is asked first: what is no such log is not laid out as a table.
    """
    try:
        if not content.startswith(_WORKBOOK):
            head = content[:_HEAD_BYTES]
            address_logs.draft_of(tables.read_table(head[: head.rfind(b"\n") + 1] or head, filename), filename)
        if len(content) > TABLE_LIMITS.content_bytes:
            most = TABLE_LIMITS.content_bytes // MEBIBYTE
            raise LimitExceeded(
                f"{filename} is a NAT log of over {most} MiB whose columns have names of its own; split it"
            )
        draft = address_logs.draft_of(tables.read_table(content, filename, TABLE_LIMITS), filename)
    except (MappingNeeded, UnreadableFile) as error:
        said = str(error) if wanted is Kind.NAT and isinstance(error, MappingNeeded) else _no_log(filename)
        raise UnreadableFile(said) from error
    return address_logs.read_translations(draft)


def _find_kind(names: frozenset[str]) -> Kind | None:
    kind = next((kind for needed, kind in _NEEDED if needed <= names), None)
    return None if kind is Kind.NAT and not {"time_utc", "from_utc"} & names else kind


def _told(kind: Kind | None, filename: str) -> Kind:
    if kind is None:
        raise UnreadableFile(_no_log(filename))
    return kind


def _no_log(filename: str) -> str:
    return (
        f"{filename} is no log that the desk reads. It takes Zeek conn and dns, firewall syslog, and CSV or "
        "Parquet with the columns time_utc, source_address, destination_address (flows), time_utc, source_address, "
        "query (DNS), from_utc, public_address, inner_address (NAT), or from_utc, address, host (DHCP)"
    )


def _empty(kind: Kind) -> TrafficReading:
    return TrafficReading(kind, SCHEMAS[kind].empty_table())


def _plain(content: bytes, limits: Limits) -> bytes:
    """The content unpacked, as UTF-8."""
    if len(content) > limits.content_bytes:
        raise LimitExceeded(f"the file is larger than {limits.content_bytes // MEBIBYTE} MiB; split it by day")
    if content.startswith(_GZIP):
        content = b"".join(packed.unpacked(io.BytesIO(content), "the file", limits))
    if content.startswith(_PARQUET) or content[:4_096].isascii():
        return content.removeprefix(b"\xef\xbb\xbf")
    encoding = encodings.detect(content[:65_536])
    if encoding.startswith("utf-16"):
        return content.decode(encoding, "replace").encode("utf-8").removeprefix(b"\xef\xbb\xbf")
    return content.removeprefix(b"\xef\xbb\xbf")
