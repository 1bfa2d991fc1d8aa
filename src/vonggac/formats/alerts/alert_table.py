"""Alerts as the lake keeps them: one Arrow table, its columns named in `traffic_tables.SCHEMAS[Kind.ALERT]`."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from vonggac.formats.alerts.alert import Alert
from vonggac.formats.traffic_tables import SCHEMAS, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SCHEMA = SCHEMAS[Kind.ALERT]


def table_of(alerts: Sequence[Alert], raw: Sequence[str] | str, received_us: int) -> Any:
    """The table of the alerts; `raw` says of each, or of all, where its bytes lie."""
    # Severity, class, status and disposition are texts themselves: asking each for its value would be a call a cell.
    times = pa.array([one.time_utc for one in alerts], pa.timestamp("us", "UTC")).cast(pa.int64())
    source = [_split(one.source_address) for one in alerts]
    destination = [_split(one.destination_address) for one in alerts]
    columns = {
        "time_us": times.fill_null(received_us),
        "is_timed": times.is_valid(),
        "received_us": pa.repeat(pa.scalar(received_us, pa.int64()), len(alerts)),
        "source_v4": [v4 for v4, _ in source],
        "source_v6": [v6 for _, v6 in source],
        "source_port": [one.source_port for one in alerts],
        "destination_v4": [v4 for v4, _ in destination],
        "destination_v6": [v6 for _, v6 in destination],
        "destination_port": [one.destination_port for one in alerts],
        "protocol": [one.protocol for one in alerts],
        "severity": [one.severity for one in alerts],
        "title": [one.title for one in alerts],
        "rule_id": [one.rule_id for one in alerts],
        "class": [one.incident_class for one in alerts],
        "host": [one.host for one in alerts],
        "status": [one.status for one in alerts],
        "disposition": [one.disposition for one in alerts],
        "count": [one.count for one in alerts],
        "observables": [_observables(one) for one in alerts],
        "raw": pa.repeat(raw, len(alerts)) if isinstance(raw, str) else raw,
        "raw_line": [one.raw_line for one in alerts],
        "raw_offset": [one.raw_offset for one in alerts],
        "raw_length": [one.raw_length for one in alerts],
    }
    return pa.table([_column(columns[field.name], field.type) for field in _SCHEMA], schema=_SCHEMA)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def _column(values: Any, kind: Any) -> Any:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


@lru_cache(maxsize=65_536)
def _split(address: str | None) -> tuple[int | None, str | None]:
    """The lake's two columns of an address: IPv4 as a number, IPv6 as canonical text."""
    if address is None:
        return None, None
    return (None, address) if ":" in address else (int(ipaddress.IPv4Address(address)), None)


def _observables(alert: Alert) -> str | None:
    if not alert.observables:
        return None
    return msgspec.json.encode([(one.kind, one.value) for one in alert.observables]).decode()
