"""The tables that every reader of traffic logs gives, whatever the log's own format.

Times are int64 microseconds since 1970-01-01 UTC on the sensor's own clock, intervals half open. An address is a pair
of columns: `…_v4` uint32 in host order, `…_v6` canonical text; exactly one of them is set.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

from vonggac.formats.records import Reject, RowWarning

FOREVER_US = 2**61  # an open end; the same as kernel.intervals.FOREVER


class Kind(StrEnum):
    """What a log's records say; a sensor's kind is the kind of its records."""

    FLOW = "flow"  # who spoke to whom
    DNS = "dns"  # who asked for which name
    NAT = "nat"  # which inner address stood behind a public address and port
    DHCP = "dhcp"  # which host held an address
    ALERT = "alert"  # what a console, sensor or sender found; made by formats.alerts, from no traffic log


SCHEMAS = {
    Kind.FLOW: pa.schema(
        [
            ("time_us", pa.int64()),
            ("end_us", pa.int64()),  # the last moment the flow is known to have lived; ≥ time_us
            ("source_v4", pa.uint32()),
            ("source_v6", pa.string()),
            ("source_port", pa.int32()),
            ("destination_v4", pa.uint32()),
            ("destination_v6", pa.string()),
            ("destination_port", pa.int32()),
            ("protocol", pa.string()),
            ("bytes", pa.int64()),
        ]
    ),
    Kind.DNS: pa.schema(
        [
            ("time_us", pa.int64()),
            ("source_v4", pa.uint32()),
            ("source_v6", pa.string()),
            ("source_port", pa.int32()),
            ("query", pa.string()),  # lower case, no trailing dot, non-ASCII names in their ASCII form
            ("aliases", pa.string()),  # the names that the answer led to (CNAME), in the same form, parted by spaces
        ]
    ),
    Kind.NAT: pa.schema(
        [
            ("time_us", pa.int64()),
            ("end_us", pa.int64()),  # equal to time_us where the log names a moment only
            ("public_v4", pa.uint32()),
            ("public_v6", pa.string()),
            ("port_from", pa.int32()),
            ("port_to", pa.int32()),
            ("protocol", pa.string()),  # as `known_protocol` names it; null where the log does not say
            ("inner_v4", pa.uint32()),
            ("inner_v6", pa.string()),
        ]
    ),
    Kind.DHCP: pa.schema(
        [
            ("time_us", pa.int64()),
            ("end_us", pa.int64()),
            ("address_v4", pa.uint32()),
            ("address_v6", pa.string()),
            ("host", pa.string()),
        ]
    ),
    Kind.ALERT: pa.schema(
        [
            ("time_us", pa.int64()),  # where `is_timed` is false, the moment of arrival: the source gave no time
            ("is_timed", pa.bool_()),
            ("received_us", pa.int64()),
            ("source_v4", pa.uint32()),
            ("source_v6", pa.string()),
            ("source_port", pa.int32()),
            ("destination_v4", pa.uint32()),
            ("destination_v6", pa.string()),
            ("destination_port", pa.int32()),
            ("protocol", pa.string()),
            ("severity", pa.string()),
            ("title", pa.string()),
            ("rule_id", pa.string()),
            ("class", pa.string()),
            ("host", pa.string()),
            ("status", pa.string()),
            ("disposition", pa.string()),
            ("count", pa.int64()),
            ("observables", pa.string()),  # JSON of (kind, value) pairs, null where the alert names none
            ("raw", pa.string()),  # where the bytes lie: `file/<sha256>` or `spool/<collector>/<segment>/<offset>`
            ("raw_line", pa.int64()),
            ("raw_offset", pa.int64()),
            ("raw_length", pa.int64()),
        ]
    ),
}


@dataclass(frozen=True)
class TrafficReading:
    """One log file read: `table` follows `SCHEMAS[kind]`, one row a record."""

    kind: Kind
    table: Any
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)


_PROTOCOLS = {
    "6": "tcp", "tcp": "tcp", "tcp6": "tcp", "17": "udp", "udp": "udp", "udp6": "udp",
    "1": "icmp", "58": "icmp", "icmp": "icmp", "icmp6": "icmp", "icmpv6": "icmp", "ipv6-icmp": "icmp",
    "132": "sctp", "sctp": "sctp",
}  # fmt: skip


def known_protocol(text: str | None) -> str | None:
    """The transport protocol under one name, whether a log writes its name or its number; None when it is none."""
    return _PROTOCOLS.get((text or "").strip().lower())


def normal_name(name: str) -> str:
    """A domain name as it is compared: lower case, no trailing dot, ASCII form (IDNA) of other letters."""
    plain = name.strip().rstrip(".").lower()
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def normal_names(texts: Any, normal: Callable[[str], str | None] = normal_name) -> Any:
    """`normal_name` over an arrow column; each distinct text is turned once, null stays null."""
    encoded = texts.dictionary_encode()
    distinct = pa.array([None if t is None else normal(t) for t in encoded.dictionary.to_pylist()], pa.string())
    return distinct.take(encoded.indices)
