"""Flow records from a packet filter's syslog lines of the iptables kind (`… SRC=… DST=… PROTO=… SPT=… DPT=…`).

The time stands at the line's beginning: RFC 5424 / ISO 8601, or RFC 3164 (`Apr 20 00:00:00`), which has no year; the
year is then the latest one that puts the line no more than a day after the file was received.
"""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from vonggac.formats.columns import RAW_CHARACTERS, Draft
from vonggac.formats.delimited import raw_lines
from vonggac.formats.flows import read_flows
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import TrafficReading

_LINE = re.compile(
    r"^(?:<\d{1,3}>)?(?:1 )?"
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
    r".*?\bSRC=(?P<source>\S+) DST=(?P<destination>\S+)(?P<rest> .*\bPROTO=.*)$"
)
_FIELD = re.compile(r"\b(PROTO|SPT|DPT|LEN)=(\S+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COLUMNS = ("time_utc", "source_address", "destination_address", "protocol", "source_port", "destination_port", "bytes")


def is_firewall_line(line: str) -> bool:
    """True for a line that names source, destination and protocol in iptables' way."""
    return " SRC=" in line and " DST=" in line and " PROTO=" in line


def read(content: bytes, received_utc: datetime | None = None) -> TrafficReading:
    """The flows of the file; lines of other programs (no SRC=) are passed over, damaged ones are rejects.

    Without `received_utc` a line whose time has no year is a reject.
    """
    cells: list[tuple[str, ...]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for number, raw in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        if "SRC=" not in raw and "DST=" not in raw:
            continue
        row = _row(raw, received_utc)
        if row is None:
            rejects.append(Reject(number, None, "time, SRC=, DST= or PROTO= cannot be read", raw[:RAW_CHARACTERS]))
        else:
            cells.append(row)
            lines.append(number)
    columns = {name: pa.array([row[i] for row in cells], pa.string()) for i, name in enumerate(_COLUMNS)}
    return read_flows(Draft(columns, np.array(lines, dtype=np.int64), raw_lines(content), rejects))


def _row(raw: str, received_utc: datetime | None) -> tuple[str, ...] | None:
    match = _LINE.match(raw)
    if match is None:
        return None
    time = match["time"] if match["time"][0].isdigit() else _dated(match["time"], received_utc)
    if time is None:
        return None
    fields: dict[str, str] = {}
    # An ICMP error quotes the packet that caused it behind a bracket; its ports are not this packet's.
    for name, value in _FIELD.findall(match["rest"].partition(" [")[0]):
        fields.setdefault(name, value)
    return (time, match["source"], match["destination"], *(fields.get(n, "") for n in ("PROTO", "SPT", "DPT", "LEN")))


def _dated(text: str, received_utc: datetime | None) -> str | None:
    """An RFC 3164 time with its year, in ISO; None when the year cannot be told or the month is none."""
    if received_utc is None or text[:3] not in _MONTHS:
        return None
    month, day = _MONTHS.index(text[:3]) + 1, int(text[4:6])
    for year in range(received_utc.year + 1, received_utc.year - 5, -1):
        try:
            moment = datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{text[7:]}").replace(tzinfo=UTC)
        except ValueError:
            continue  # 29 February, or no time at all
        if moment <= received_utc + timedelta(days=1):
            return moment.isoformat()
    return None
