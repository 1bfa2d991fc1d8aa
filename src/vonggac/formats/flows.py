"""Flow and DNS records from CSV and Parquet whose columns carry the desk's own names.

flow: time_utc, source_address, source_port, destination_address, destination_port, protocol
and if it is there: end_utc or duration_seconds, bytes
dns:  time_utc, source_address, query and if it is there: source_port, answers, query_type
"""

import io
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vonggac.errors import UnreadableFile
from vonggac.formats.columns import Draft, split_address
from vonggac.formats.traffic_tables import SCHEMAS, Kind, TrafficReading, normal_name, normal_names

NEEDED = {
    Kind.FLOW: frozenset({"time_utc", "source_address", "destination_address"}),
    Kind.DNS: frozenset({"time_utc", "source_address", "query"}),
}
_ADDRESS_QUESTIONS = ("A", "AAAA", "CNAME", "HTTPS", "SVCB")
# What stands around the host of a URL, and what resolvers of Windows write for dots: `(4)evil(7)example(0)`.
_AROUND_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/?#:\s]+)(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_COUNTED_LABELS = re.compile(r"(?:\(\d+\)[^()]+)+\(0\)")
_COUNT = re.compile(r"\(\d+\)")
# Names of services on the own network, which hold blanks and brackets, are no C2's; nor are reverse ones.
_NO_C2 = (".local", ".arpa")
_NO_NAME = re.compile(r"[\s,;|(){}<>\[\]\"\\/:@?#]|^\.|\.\.")
_TOP_PORT = 65_535
_TOP_BYTES = 10**18


def read_flows(draft: Draft) -> TrafficReading:
    """The flows of a file with the columns above; a row without readable time or addresses is a reject."""
    time_us = draft.times("time_utc")
    end_us = draft.optional_times("end_utc", 0)
    if draft.has("duration_seconds"):
        end_us = np.maximum(end_us, time_us + draft.seconds_us("duration_seconds"))
    source_v4, source_v6 = draft.addresses("source_address")
    destination_v4, destination_v6 = draft.addresses("destination_address")
    columns = {
        "time_us": time_us,
        "end_us": np.maximum(end_us, time_us),
        "source_v4": source_v4,
        "source_v6": source_v6,
        "source_port": draft.integers("source_port", 0, _TOP_PORT),
        "destination_v4": destination_v4,
        "destination_v6": destination_v6,
        "destination_port": draft.integers("destination_port", 0, _TOP_PORT),
        "protocol": pc.utf8_lower(draft.texts("protocol")),
        "bytes": draft.integers("bytes", 0, _TOP_BYTES),
    }
    return TrafficReading(Kind.FLOW, draft.finish(columns, SCHEMAS[Kind.FLOW]), draft.rejects, draft.warnings)


def read_queries(draft: Draft) -> TrafficReading:
    """The DNS questions of a file with the columns above; a question without a name is kept, it shows a live sensor.

    A question for what is no name may have been one for any, so it is a reject.
    """
    source_v4, source_v6 = draft.addresses("source_address")
    asked = draft.texts("query")
    names = normal_names(asked, _asked_name)
    is_bad = pc.and_(pc.is_valid(asked), pc.is_null(names))
    draft.reject_where(np.asarray(is_bad.to_numpy(zero_copy_only=False)), "query", "is not a domain name")
    columns = {
        "time_us": draft.times("time_utc"),
        "source_v4": source_v4,
        "source_v6": source_v6,
        "source_port": draft.integers("source_port", 0, _TOP_PORT),
        "query": names,
        "aliases": _aliases(draft, names),
    }
    return TrafficReading(Kind.DNS, draft.finish(columns, SCHEMAS[Kind.DNS]), draft.rejects, draft.warnings)


def _asked_name(text: str) -> str | None:
    """The name that a question is for, in its normal form, None when it is none; of a URL, its host."""
    if _COUNTED_LABELS.fullmatch(text):
        return normal_name(".".join(label for label in _COUNT.split(text) if label))
    name = normal_name(text)
    if not _NO_NAME.search(name) or "." not in name or name.endswith(_NO_C2):
        return name
    around = _AROUND_HOST.fullmatch(name)
    return normal_name(around[1]) if around and not _NO_NAME.search(around[1]) else None


def _aliases(draft: Draft, names: Any) -> Any:
    """The names that the answers led to, of questions for an address: a PTR or MX answer sends nobody to a host."""
    kinds = pc.utf8_upper(draft.texts("query_type"))
    is_for_address = pc.or_(pc.is_null(kinds), pc.is_in(kinds, value_set=pa.array(_ADDRESS_QUESTIONS)))
    is_reverse = pc.fill_null(pc.ends_with(names, ".arpa"), False)
    aliases = normal_names(draft.texts("answers"), _names_in)
    return pc.if_else(pc.and_not(is_for_address, is_reverse), aliases, pa.scalar(None, pa.string()))


def _names_in(answers: str) -> str | None:
    """The domain names among the answers, parted by spaces; None when all are addresses."""
    told = [text for text in re.split(r"[\s,;|]+", answers) if "." in text and split_address(text) == (None, None)]
    return " ".join(normal_name(text) for text in told) or None


def parquet_columns(content: bytes) -> frozenset[str]:
    """The column names of a Parquet file, from its footer alone."""
    return frozenset(name.lower() for name in _open(content).schema_arrow.names)


def parquet_draft(content: bytes, limit_rows: int) -> Draft:
    """A Parquet file as text columns, so that it passes through the same checks as a CSV; a line number is a row's."""
    source = _open(content)
    if source.metadata.num_rows > limit_rows:
        raise UnreadableFile(f"the file has more than {limit_rows:,} rows; split it by day and hand it in again")
    table = source.read()
    columns = {name.lower(): _as_text(table[name].combine_chunks()) for name in table.column_names}
    lines = np.arange(1, table.num_rows + 1, dtype=np.int64)

    def raw_line(number: int) -> str:
        return ",".join(str(cell) for cell in table.slice(number - 1, 1).to_pylist()[0].values())

    return Draft(columns, lines, raw_line)


def _open(content: bytes) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as damage:
        raise UnreadableFile(f"the Parquet file is damaged ({damage}); write it again and hand it in") from damage


def _as_text(column: Any) -> Any:
    """The column as text; times become ISO in UTC, lists of texts are joined, cells of another nested type empty."""
    if pa.types.is_timestamp(column.type):
        micros = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
        return pc.cast(pc.cast(micros, pa.timestamp("us", "UTC")), pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        column = pc.binary_join(column, " ")
    try:
        return pc.fill_null(pc.cast(column, pa.string()), "")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([""] * len(column), pa.string())
