"""Alerts as rows, before and in the lake: the columns are those of `traffic_tables.SCHEMAS[Kind.ALERT]`.

Rows lack what only whoever took them in knows, `_OF_ARRIVAL`; their `time_us` is null where the source gave no time.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vonggac.formats.alerts.alert import Alert, Disposition, IncidentClass, Observable, Severity, Status
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.kernel import addresses

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SCHEMA = SCHEMAS[Kind.ALERT]
_OF_ARRIVAL = ("is_timed", "received_us", "raw")
_UNTOLD = {"status": Status.NEW, "count": 1, "observables": None}
# Cells by column of `ROWS`, as lists or numpy arrays of one length.
Columns = Mapping[str, Sequence[Any] | NDArray[Any]]
ROWS = pa.schema([field for field in _SCHEMA if field.name not in _OF_ARRIVAL])


def table_of(alerts: Sequence[Alert], raw: Sequence[str] | str, received_us: int) -> Any:
    """The lake's table of the alerts; `raw` says of each, or of all, where its bytes lie."""
    return in_lake(rows_of(alerts), raw, received_us)


def in_lake(rows: Any, raw: Sequence[str] | str, received_us: Sequence[int] | int) -> Any:
    """The lake's table of the rows; `raw` and `received_us` say it of each or of all."""
    times, size = rows["time_us"], rows.num_rows
    is_one = isinstance(received_us, int)
    received = pa.repeat(pa.scalar(received_us, pa.int64()), size) if is_one else pa.array(received_us, pa.int64())
    columns = {
        **dict(zip(rows.column_names, rows.columns, strict=True)),
        "time_us": pc.coalesce(times, received),
        "is_timed": times.is_valid(),
        "received_us": received,
        "raw": pa.repeat(raw, size) if isinstance(raw, str) else pa.array(raw, pa.string()),
    }
    return pa.table([columns[field.name] for field in _SCHEMA], schema=_SCHEMA)


def rows_of(alerts: Sequence[Alert]) -> Any:
    """The rows of the alerts."""
    # Severity, class, status and disposition are texts themselves: asking each for its value would be a call a cell.
    times = pa.array([one.time_utc for one in alerts], pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    source = [split(one.source_address) for one in alerts]
    destination = [split(one.destination_address) for one in alerts]
    columns = {
        "time_us": times,
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
        "raw_line": [one.raw_line for one in alerts],
        "raw_offset": [one.raw_offset for one in alerts],
        "raw_length": [one.raw_length for one in alerts],
    }
    return rows_from([columns])


def rows_from(batches: Sequence[Columns]) -> Any:
    """The rows of batches of one format; a column that a format never fills is as in an alert that does not tell."""
    size = sum(len(batch["raw_line"]) for batch in batches)
    arrays = [
        _array([batch[field.name] for batch in batches], field.type)
        if field.name in batches[0]
        else pa.repeat(pa.scalar(_UNTOLD[field.name], field.type), size)
        for field in ROWS
    ]
    return pa.table(arrays, schema=ROWS)


def _array(pieces: list[Any], kind: Any) -> Any:
    cells = np.concatenate(pieces) if isinstance(pieces[0], np.ndarray) else list(chain.from_iterable(pieces))
    return pa.array(cells, kind)


def alerts_of(rows: Any) -> list[Alert]:
    """The alerts of the rows; a notice is no part of a row, so none of them has one."""
    times = [None if us is None else _EPOCH + timedelta(microseconds=us) for us in rows["time_us"].to_pylist()]
    fields = (
        times,
        address_texts(rows, "source").to_pylist(),
        rows["source_port"].to_pylist(),
        address_texts(rows, "destination").to_pylist(),
        rows["destination_port"].to_pylist(),
        rows["protocol"].to_pylist(),
        map(Severity, rows["severity"].to_pylist()),
        rows["title"].to_pylist(),
        rows["rule_id"].to_pylist(),
        [one and IncidentClass(one) for one in rows["class"].to_pylist()],
        rows["host"].to_pylist(),
        rows["raw_line"].to_pylist(),
        rows["raw_offset"].to_pylist(),
        rows["raw_length"].to_pylist(),
        map(Status, rows["status"].to_pylist()),
        [one and Disposition(one) for one in rows["disposition"].to_pylist()],
        rows["count"].to_pylist(),
        map(_from_json, rows["observables"].to_pylist()),
    )
    return [Alert(*one) for one in zip(*fields, strict=True)]


def address_texts(rows: Any, end: str) -> Any:
    """The canonical texts of one end's addresses, null where it has none."""
    v4 = rows[f"{end}_v4"].combine_chunks().dictionary_encode()
    texts = pa.array(addresses.from_ipv4(v4.dictionary.to_numpy()).text, pa.string())
    return pc.coalesce(texts.take(v4.indices), rows[f"{end}_v6"].combine_chunks())


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=65_536)
def split(address: str | None) -> tuple[int | None, str | None]:
    """The lake's two columns of an address in canonical text: IPv4 as a number, IPv6 as the text."""
    if address is None:
        return None, None
    return (None, address) if ":" in address else (_number(address), None)


def _number(address: str) -> int:
    first, second, third, fourth = map(int, address.split("."))
    return first << 24 | second << 16 | third << 8 | fourth


def _observables(alert: Alert) -> str | None:
    if not alert.observables:
        return None
    return msgspec.json.encode([(one.kind, one.value) for one in alert.observables]).decode()


def _from_json(observables: str | None) -> tuple[Observable, ...]:
    return tuple(Observable(kind, value) for kind, value in msgspec.json.decode(observables)) if observables else ()
