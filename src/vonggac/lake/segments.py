"""Tables at rest: Parquet, zstd, split by day, sorted by time and address, under names that follow from the content."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vonggac.formats.traffic_tables import Kind
from vonggac.lake import files
from vonggac.lake.acts import Segment

DAY_US = 86_400_000_000
# Small enough for the statistics of a group to skip most of a day, large enough to compress.
ROW_GROUP_ROWS = 262_144
# The names that a row group asks for fit in; past the usual 1 MiB Parquet would write the rest of them one by one.
DICTIONARY_BYTES = 16 << 20
_SORT_BY = {
    Kind.FLOW: ("time_us", "source_v4", "source_v6"),
    Kind.DNS: ("time_us", "source_v4", "source_v6"),
    Kind.NAT: ("time_us", "public_v4", "public_v6"),
    Kind.DHCP: ("time_us", "address_v4", "address_v6"),
    Kind.ALERT: ("time_us", "source_v4", "source_v6"),
}


def write(root: Path, organisation_path: str, sensor: str, kind: Kind, table: Any, source_sha256: str) -> list[Segment]:
    """The segments of one import, all of them on the disk; writing the same import again writes the same files."""
    folder = Path("segments") / f"organisation={safe(organisation_path)}" / f"kind={kind}"
    return [
        _write_day(root, folder / f"day={_day_name(day)}" / f"{safe(sensor)}-{source_sha256[:32]}.parquet", rows)
        for day, rows in _days(table, kind)
    ]


def safe(text: str) -> str:
    """The text as one name of a file or folder, different for different texts."""
    return re.sub(r"^\.", "%2E", quote(text, safe=" +=@,")) or "%"


def _days(table: Any, kind: Kind) -> Iterator[tuple[int, Any]]:
    """(day since 1970, its rows sorted) for each day that has rows."""
    if table.num_rows == 0:
        return
    ordered = table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in _SORT_BY[kind]]))
    days = np.asarray(ordered["time_us"].to_numpy()) // DAY_US
    starts = np.concatenate(([0], np.flatnonzero(np.diff(days)) + 1, [len(days)]))
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        yield int(days[start]), ordered.slice(start, end - start)


def to_parquet(rows: Any) -> bytes:
    """The rows as the lake keeps them.

    Times and ports are written as differences, addresses as they are, text by dictionary: a third smaller than with
    dictionaries for all, written in a fifth of the time and read in a third. A column without gaps says so, and pages
    that zstd cannot shorten stay as they are: read in two thirds of the time (docs/adr/0049).
    """
    buffer = io.BytesIO()
    rows = rows.cast(pa.schema([field.with_nullable(rows[field.name].null_count > 0) for field in rows.schema]))
    names = rows.schema.names
    texts = [name for name in names if pa.types.is_string(rows.schema.field(name).type)]
    differences = [name for name in names if pa.types.is_signed_integer(rows.schema.field(name).type)]
    parquet.write_table(
        rows, buffer, compression="zstd", row_group_size=ROW_GROUP_ROWS, write_statistics=True, store_schema=False,
        use_dictionary=texts, dictionary_pagesize_limit=DICTIONARY_BYTES, data_page_version="2.0",
        column_encoding=dict.fromkeys(differences, "DELTA_BINARY_PACKED"),
    )  # fmt: skip
    return buffer.getvalue()


def _write_day(root: Path, relative: Path, rows: Any) -> Segment:
    content = to_parquet(rows)
    files.write_whole(root / relative, content)
    bounds = pc.min_max(rows["time_us"])
    last = pc.max(rows["end_us"]) if "end_us" in rows.column_names else bounds["max"]
    return Segment(
        str(relative), files.digest(content), len(content), rows.num_rows, bounds["min"].as_py(), last.as_py()
    )


def _day_name(day: int) -> str:
    return str(pa.scalar(day, pa.date32()).as_py())
