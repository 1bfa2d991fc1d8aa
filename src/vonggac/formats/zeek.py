"""Flow and DNS records from Zeek's conn and dns logs: TSV with `#fields`, JSON lines, or many logs in one JSON file."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from vonggac.formats.columns import RAW_CHARACTERS, Draft
from vonggac.formats.delimited import draft as delimited_draft
from vonggac.formats.delimited import raw_lines
from vonggac.formats.flows import read_flows, read_queries
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import Kind, TrafficReading

# Zeek's field names and ours; JSON writers replace the dot, so both spellings are met.
_NAMES = {
    "ts": "time_utc",
    "id.orig_h": "source_address",
    "id.orig_p": "source_port",
    "id.resp_h": "destination_address",
    "id.resp_p": "destination_port",
    "proto": "protocol",
    "duration": "duration_seconds",
    "query": "query",
    "qtype_name": "query_type",
    "answers": "answers",
}
_COLUMNS = tuple(_NAMES.values())
_PATHS = {"conn": Kind.FLOW, "dns": Kind.DNS}
_DNS_MARKS = frozenset({"query", "qtype", "qtype_name", "rcode", "trans_id"})
_CONN_MARKS = frozenset({"conn_state", "orig_bytes", "history", "orig_pkts"})
# A writer may keep no more of a connection than the desk uses.
_FLOW_FIELDS = frozenset({"id.resp_h", "id.resp_p", "proto"})
_FLOW_FIELDS_FLAT = frozenset({"id_resp_h", "id_resp_p", "proto"})
_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")


class _Record(msgspec.Struct):
    """The fields of a JSON record that matter; every type that writers have been seen to use."""

    ts: float | int | str | None = None
    source: str | None = msgspec.field(name="id.orig_h", default=None)
    source_flat: str | None = msgspec.field(name="id_orig_h", default=None)
    source_port: int | str | None = msgspec.field(name="id.orig_p", default=None)
    source_port_flat: int | str | None = msgspec.field(name="id_orig_p", default=None)
    destination: str | None = msgspec.field(name="id.resp_h", default=None)
    destination_flat: str | None = msgspec.field(name="id_resp_h", default=None)
    destination_port: int | str | None = msgspec.field(name="id.resp_p", default=None)
    destination_port_flat: int | str | None = msgspec.field(name="id_resp_p", default=None)
    proto: str | None = None
    duration: float | int | str | None = None
    query: str | None = None
    qtype_name: Any = None
    answers: Any = None
    path: str | None = msgspec.field(name="_path", default=None)
    stream: str | None = msgspec.field(name="@stream", default=None)

    def cells(self) -> tuple[str, ...]:
        """The record as text, in the order of `_COLUMNS`."""
        values = (
            self.ts,
            self.source or self.source_flat,
            self.source_port if self.source_port is not None else self.source_port_flat,
            self.destination or self.destination_flat,
            self.destination_port if self.destination_port is not None else self.destination_port_flat,
            self.proto,
            self.duration,
            self.query,
            self.qtype_name,
            " ".join(map(str, self.answers)) if isinstance(self.answers, list) else None,
        )
        return tuple("" if value is None else str(value) for value in values)


def tsv_kind(content: bytes) -> Kind | None:
    """What a Zeek TSV log holds, by `#path` or by its fields; None when it is another log of Zeek's or none."""
    header = [line for line in content[:65_536].split(b"\n") if line.startswith(b"#")]
    for line in header:
        if line.startswith(b"#path"):
            return _PATHS.get(line[5:].strip().decode("utf-8", "replace"))
    for line in header:
        if line.startswith(b"#fields"):
            return _kind_of(frozenset(line.decode("utf-8", "replace").split()[1:]))
    return None


def json_kinds(content: bytes) -> list[Kind]:
    """Which of flow and dns a JSON file holds, in the order in which they come. O(n) only where one is absent."""
    found: list[Kind] = []
    untold: set[Kind] = set()
    for line in content.split(b"\n"):
        told = _json_kind(line)
        if told is not None and told not in found:
            found.append(told)
        elif told is None and len(untold) < 2:
            guessed = _kind_of(_keys(line))
            untold |= {guessed} if guessed else set()
        if len(found) == len(_PATHS):
            break
    return found or sorted(untold)


def read_tsv(content: bytes, kind: Kind) -> TrafficReading:
    """The records of a Zeek TSV log; several logs written one after another are read as one."""
    readings = [_read(kind, block) for block in _blocks(content)]
    if not readings:
        return _read(kind, Draft({name: pa.array([], pa.string()) for name in _COLUMNS}, np.empty(0, np.int64), str))
    if len(readings) == 1:
        return readings[0]
    return TrafficReading(
        kind,
        pa.concat_tables([reading.table for reading in readings]),
        [reject for reading in readings for reject in reading.rejects],
        [warning for reading in readings for warning in reading.warnings],
    )


def read_json(content: bytes, kind: Kind) -> TrafficReading:
    """The records of one kind in JSON lines; records of Zeek's other logs are passed over. 400 k lines/s."""
    decode = msgspec.json.Decoder(_Record).decode
    cells: list[tuple[str, ...]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = decode(line)
        except msgspec.MsgspecError as problem:
            raw = line.decode("utf-8", "replace")[:RAW_CHARACTERS]
            rejects.append(Reject(number, None, f"is not a record of Zeek's: {problem}", raw))
            continue
        told = record.path or record.stream
        if told is None or _PATHS.get(told) is kind:
            cells.append(record.cells())
            lines.append(number)
    columns = {name: pa.array([row[i] for row in cells], pa.string()) for i, name in enumerate(_COLUMNS)}
    if b"\\\\x" in content:
        _unescape_names(columns)
    return _read(kind, Draft(columns, np.array(lines, dtype=np.int64), raw_lines(content), rejects))


def _read(kind: Kind, rows: Draft) -> TrafficReading:
    return read_flows(rows) if kind is Kind.FLOW else read_queries(rows)


def _blocks(content: bytes) -> Iterator[Draft]:
    """One Draft for each stretch of rows under its own `#fields`."""
    fields: list[str] = []
    separator = "\t"
    position, line_number = 0, 1
    while position < len(content):
        if content.startswith(b"#", position):
            end = content.find(b"\n", position)
            end = len(content) if end < 0 else end
            head = content[position:end].decode("utf-8", "replace").rstrip("\r")
            if head.startswith("#separator"):
                separator = unescape(head.partition(" ")[2].strip()) or separator
            elif head.startswith("#fields"):
                fields = head.split(separator)[1:]
            position, line_number = end + 1, line_number + 1
            continue
        end = content.find(b"\n#", position)
        end = len(content) if end < 0 else end + 1
        body = content[position:end]
        if fields:
            yield _block(body, fields, separator, line_number)
        position, line_number = end, line_number + body.count(b"\n")


def _block(body: bytes, fields: list[str], separator: str, first_line: int) -> Draft:
    names = [_NAMES.get(name, f"zeek.{name}") for name in fields]
    rows = delimited_draft(body, names, separator=separator, first_line=first_line, quote=None)
    absent = pa.repeat(pa.scalar("", pa.string()), len(rows.line_numbers))
    columns = {name: rows.columns.get(name, absent) for name in _COLUMNS}
    if b"\\x" in body:
        _unescape_names(columns)
    rows.columns = columns
    return rows


def _unescape_names(columns: dict[str, Any]) -> None:
    for name in ("query", "answers"):
        columns[name] = pa.array([unescape(text) for text in columns[name].to_pylist()], pa.string())


def unescape(text: str) -> str:
    r"""The text with `\x2e` as what it stands for: bytes of UTF-8, or where they are none, one character each."""
    return _ESCAPES.sub(lambda found: _decoded(bytes.fromhex(found[0].replace("\\x", ""))), text)


def _decoded(escaped: bytes) -> str:
    try:
        return escaped.decode()
    except UnicodeDecodeError:
        return escaped.decode("latin-1")


def _json_kind(line: bytes) -> Kind | None:
    if b'"conn"' not in line and b'"dns"' not in line:
        return None
    try:
        record = msgspec.json.decode(line, type=_Record)
    except msgspec.MsgspecError:
        return None
    return _PATHS.get(record.path or record.stream or "")


def _keys(line: bytes) -> frozenset[str]:
    try:
        record: Any = msgspec.json.decode(line)
    except msgspec.MsgspecError:
        return frozenset()
    if not isinstance(record, dict) or "_path" in record or "@stream" in record:
        return frozenset()
    return frozenset(str(key) for key in record)


def _kind_of(fields: frozenset[str]) -> Kind | None:
    if "ts" not in fields or not {"id.orig_h", "id_orig_h"} & fields:
        return None
    if _DNS_MARKS & fields:
        return Kind.DNS
    is_flow = _CONN_MARKS & fields or fields >= _FLOW_FIELDS or fields >= _FLOW_FIELDS_FLAT
    return Kind.FLOW if is_flow else None
