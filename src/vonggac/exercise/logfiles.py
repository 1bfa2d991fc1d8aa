"""Log files as the sensors' makers write them: Parquet, Zeek (TSV and JSON lines), CSV and firewall syslog."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vonggac.exercise.clock import SECOND_US, iso
from vonggac.exercise.traffic import Flows, Queries

PROTOCOLS = {6: "tcp", 17: "udp"}


def write_flows(path: Path, flows: Flows, log_format: str, *, clock_offset_seconds: int) -> None:
    """Write the records, stamped by the sensor's clock, in one of the flow formats."""
    stamps = flows.time_us + clock_offset_seconds * SECOND_US
    if log_format == "parquet":
        _write_parquet(path, _flow_table(flows, stamps))
    elif log_format == "csv":
        _write_csv(path, _flow_table(flows, stamps))
    else:
        writer = {"zeek-tsv": _zeek_conn_tsv, "zeek-json": _zeek_conn_json, "syslog": _syslog}[log_format]
        path.write_text("".join(writer(flows, stamps)), encoding="utf-8")


def write_queries(path: Path, queries: Queries, log_format: str, *, clock_offset_seconds: int) -> None:
    """Write the questions, stamped by the sensor's clock, in one of the DNS formats."""
    stamps = queries.time_us + clock_offset_seconds * SECOND_US
    if log_format == "parquet":
        _write_parquet(path, _query_table(queries, stamps))
    elif log_format == "csv":
        _write_csv(path, _query_table(queries, stamps))
    else:
        writer = {"zeek-tsv": _zeek_dns_tsv, "zeek-json": _zeek_dns_json}[log_format]
        path.write_text("".join(writer(queries, stamps)), encoding="utf-8")


def _texts(places: np.ndarray, table: tuple[str, ...]) -> pa.Array:
    # Taken, not handed over as a dictionary array: Arrow writes those with padding that differs from run to run.
    return pa.array(table, pa.string()).take(pa.array(places))


def _times(stamps: np.ndarray) -> pa.Array:
    return pa.array(stamps, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _flow_table(flows: Flows, stamps: np.ndarray) -> pa.Table:
    protocol = _texts((flows.protocol == 17).astype(np.int8), ("tcp", "udp"))
    return pa.table(
        {
            "time_utc": _times(stamps),
            "source_address": _texts(flows.source, flows.sources),
            "source_port": pa.array(flows.source_port),
            "destination_address": _texts(flows.destination, flows.destinations),
            "destination_port": pa.array(flows.destination_port),
            "protocol": protocol,
            "bytes": pa.array(flows.bytes),
        }
    )


def _query_table(queries: Queries, stamps: np.ndarray) -> pa.Table:
    return pa.table(
        {
            "time_utc": _times(stamps),
            "source_address": _texts(queries.source, queries.sources),
            "query": _texts(queries.name, queries.names),
        }
    )


def _write_parquet(path: Path, table: pa.Table) -> None:
    # Without the stored Arrow schema the text columns read back as plain strings, whoever reads them.
    pq.write_table(table, path, compression="zstd", store_schema=False)


def _write_csv(path: Path, table: pa.Table) -> None:
    stamps = [iso(one) for one in table["time_utc"].cast(pa.int64()).to_pylist()]
    plain = {name: table[name].cast(pa.string()) for name in table.column_names if name != "time_utc"}
    sink = io.BytesIO()
    pacsv.write_csv(pa.table({"time_utc": stamps, **plain}), sink, pacsv.WriteOptions(quoting_style="needed"))
    path.write_bytes(sink.getvalue())


def _flow_rows(flows: Flows, stamps: np.ndarray) -> Iterator[tuple[int, str, int, str, int, str, int]]:
    columns = (stamps, flows.source, flows.source_port, flows.destination, flows.destination_port, flows.protocol)
    sources, destinations = flows.sources, flows.destinations
    rows = zip(*(one.tolist() for one in (*columns, flows.bytes)), strict=True)
    for stamp, source, port, destination, to_port, protocol, size in rows:
        yield stamp, sources[source], port, destinations[destination], to_port, PROTOCOLS[protocol], size


def _query_rows(queries: Queries, stamps: np.ndarray) -> Iterator[tuple[int, str, str]]:
    rows = zip(stamps.tolist(), queries.source.tolist(), queries.name.tolist(), strict=True)
    for stamp, source, name in rows:
        yield stamp, queries.sources[source], queries.names[name]


def _epoch(stamp_us: int) -> str:
    return f"{stamp_us // SECOND_US}.{stamp_us % SECOND_US:06d}"


def _zeek_head(stream: str, fields: str, types: str) -> str:
    lines = ("#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{stream}")
    return "\n".join((*lines, "#fields\t" + fields.replace(" ", "\t"), "#types\t" + types.replace(" ", "\t"))) + "\n"


def _zeek_conn_tsv(flows: Flows, stamps: np.ndarray) -> Iterator[str]:
    yield _zeek_head(
        "conn",
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state",
        "time string addr port addr port enum string interval count count string",
    )
    for row, (stamp, source, port, target, to_port, protocol, size) in enumerate(_flow_rows(flows, stamps)):
        uid = f"C{stamp:x}{row:x}"
        yield f"{_epoch(stamp)}\t{uid}\t{source}\t{port}\t{target}\t{to_port}\t{protocol}\t-\t-\t{size}\t-\tSF\n"


def _zeek_conn_json(flows: Flows, stamps: np.ndarray) -> Iterator[str]:
    for row, (stamp, source, port, target, to_port, protocol, size) in enumerate(_flow_rows(flows, stamps)):
        yield (
            f'{{"ts":{_epoch(stamp)},"uid":"C{stamp:x}{row:x}","id.orig_h":"{source}","id.orig_p":{port},'
            f'"id.resp_h":"{target}","id.resp_p":{to_port},"proto":"{protocol}","orig_bytes":{size},'
            '"conn_state":"SF"}\n'
        )


def _syslog(flows: Flows, stamps: np.ndarray) -> Iterator[str]:
    for stamp, source, port, target, to_port, protocol, size in _flow_rows(flows, stamps):
        yield (
            f"<134>{iso(stamp)} tuong-lua kernel: ACCEPT IN=lan0 OUT=wan0 SRC={source} DST={target} LEN={size} "
            f"PROTO={protocol.upper()} SPT={port} DPT={to_port}\n"
        )


def _zeek_dns_tsv(queries: Queries, stamps: np.ndarray) -> Iterator[str]:
    yield _zeek_head(
        "dns",
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto query qtype_name rcode_name",
        "time string addr port addr port enum string string string",
    )
    for row, (stamp, source, name) in enumerate(_query_rows(queries, stamps)):
        uid = f"D{stamp:x}{row:x}"
        yield f"{_epoch(stamp)}\t{uid}\t{source}\t53530\t198.19.127.53\t53\tudp\t{name}\tA\tNOERROR\n"


def _zeek_dns_json(queries: Queries, stamps: np.ndarray) -> Iterator[str]:
    for row, (stamp, source, name) in enumerate(_query_rows(queries, stamps)):
        yield (
            f'{{"ts":{_epoch(stamp)},"uid":"D{stamp:x}{row:x}","id.orig_h":"{source}","id.orig_p":53530,'
            f'"id.resp_h":"198.19.127.53","id.resp_p":53,"proto":"udp","query":{json.dumps(name)},'
            '"qtype_name":"A","rcode_name":"NOERROR"}\n'
        )
