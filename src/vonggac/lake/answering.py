"""The process that answers one question in SQL and ends: it can read the segments that it was given and nothing else.

Standard input: one `Request` as JSON. Standard output: the answer as an Arrow stream. When there is none, standard
error ends with one JSON line `{"kind", "text"}`. It is started by `lake/query.py`.

DuckDB's own locks alone would not do: a COPY may stand in a common table expression and write to a path that may be
read (docs/adr/0080). So the kernel forbids this process to write; where it cannot, DuckDB is given no path at all and
gets the rows through Arrow, which takes longer.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import msgspec
import pyarrow as pa

from vonggac.lake import confinement

_BATCH_ROWS = 8_192
# Beside what DuckDB counts itself: its code, threads' stacks, and text that functions make.
_SPARE_BYTES = 1 << 30
# DuckDB 2.0 looks here for the number of cores and the memory, and falls over when it must not.
_OF_THE_MACHINE = [Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"), Path("/sys/devices/system/cpu")]
_SIGNS_OF_A_LIMIT = ("INTERRUPT Error", "Out of Memory Error", "bad_alloc", "Interrupted!")
_DAY = pa.date32()
_SQL = {
    "int64": "BIGINT",
    "int32": "INTEGER",
    "uint32": "UINTEGER",
    "string": "VARCHAR",
    "date": "DATE",
    "bool": "BOOLEAN",
}
_ARROW = {"int64": pa.int64(), "int32": pa.int32(), "uint32": pa.uint32(), "string": pa.string(), "bool": pa.bool_()}


class File(msgspec.Struct, frozen=True):
    """One segment: where it lies, and what its place in the lake says of all its rows."""

    path: str
    organisation: str
    sensor: str
    day: int  # since 1970-01-01


class View(msgspec.Struct, frozen=True):
    """One kind of rows under a name; `columns`: name and Arrow type of each, `files` may be none."""

    name: str
    columns: list[tuple[str, str]]
    files: list[File]


class Request(msgspec.Struct, frozen=True):
    """One question and its limits; `tables`: name → column → values, small ones to join with."""

    sql: str
    views: list[View]
    tables: dict[str, dict[str, list[Any]]]
    memory_bytes: int
    seconds: float
    threads: int
    may_confine: bool = True


def main() -> None:
    """Answer the request on standard input."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    # Past the limit the parent has gone on already; a reader that closed the pipe ends this process quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        answer(request)
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
        _fail(_kind_of(error, request), error)


def answer(request: Request) -> None:
    """Write the answer to standard output."""
    confinement.limit(2 * request.memory_bytes + _SPARE_BYTES, round(request.seconds * request.threads) + 5)
    files = [Path(file.path) for view in request.views for file in view.files]
    is_confined = request.may_confine and confinement.confine([*files, *_OF_THE_MACHINE])
    connection = _connection(request, is_confined)
    alarm = threading.Timer(request.seconds, connection.interrupt)
    alarm.daemon = True
    alarm.start()
    _require_question(connection, request.sql)
    # A relation gives its rows as they come; `execute` would hold them all first.
    batches: Any = connection.from_query(request.sql).to_arrow_reader(_BATCH_ROWS)
    with pa.ipc.new_stream(sys.stdout.buffer, batches.schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    sys.stdout.buffer.flush()


def _connection(request: Request, is_confined: bool) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": request.threads,
            "memory_limit": f"{request.memory_bytes}B",
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": True,
        },
    )
    for name, columns in request.tables.items():
        # Not through Arrow: that would load `pyarrow.dataset`, see below.
        parts = ", ".join(f'unnest(${place}) AS "{column}"' for place, column in enumerate(columns, 1))
        connection.execute(f'CREATE TABLE "{name}" AS SELECT {parts}', list(columns.values()))
    _define(connection)
    for view in request.views:
        source = _read_parquet(view) if is_confined else _registered(connection, view)
        connection.execute(f'CREATE VIEW "{view.name}" AS SELECT {_columns(view)} FROM {source}')  # noqa: S608 — as above
    if is_confined:
        listed = ", ".join(_quoted(file.path) for view in request.views for file in view.files)
        connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _define(connection: duckdb.DuckDBPyConnection) -> None:
    """Functions that turn addresses from number to text and back."""
    connection.execute("CREATE MACRO ipv4_text(n) AS concat_ws('.', n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)")
    parts = [f"split_part(text, '.', {place + 1})::UTINYINT::BIGINT << {24 - 8 * place}" for place in range(4)]
    connection.execute(f"CREATE MACRO ipv4(text) AS (({') + ('.join(parts)}))::UINTEGER")


def _columns(view: View) -> str:
    """The columns of a view: what the place says, readable times and addresses, then the row as it is kept."""
    names = [name for name, _ in view.columns]
    ends = [name.removesuffix("_v4") for name in names if name.endswith("_v4")]
    readable = [
        f'coalesce("{end}_v6", CASE WHEN "{end}_v4" IS NOT NULL THEN ipv4_text("{end}_v4"::BIGINT) END) AS "{end}"'
        for end in ends
    ]
    time = ["make_timestamp(time_us) AS time"] if "time_us" in names else []
    return ", ".join(["organisation", "sensor", "day", *time, *readable, *(f'"{name}"' for name in names)])


def _read_parquet(view: View) -> str:
    """The files of a view, read by DuckDB itself; organisation and day stand in their folders' names."""
    if not view.files:
        return _nothing(view)
    listed = ", ".join(_quoted(file.path) for file in view.files)
    sensors = {file.path: file.sensor for file in view.files}
    of_file = f"MAP {{{', '.join(f'{_quoted(path)}: {_quoted(sensor)}' for path, sensor in sensors.items())}}}"
    return (
        f"(SELECT *, {of_file}[filename] AS sensor FROM read_parquet([{listed}], filename = true,"  # noqa: S608 — quoted
        " hive_partitioning = true, hive_types = {'organisation': VARCHAR, 'day': DATE, 'kind': VARCHAR}))"
    )


def _registered(connection: duckdb.DuckDBPyConnection, view: View) -> str:
    """The files of a view, read by Arrow: DuckDB is handed columns and knows no path."""
    if not view.files:
        return _nothing(view)
    from pyarrow import dataset, fs  # noqa: PLC0415  takes pandas along where it is installed: 0.3 s for every question

    form, system = dataset.ParquetFileFormat(), fs.LocalFileSystem()
    parts = [
        form.make_fragment(file.path, system, partition_expression=_place(file, dataset.field)) for file in view.files
    ]
    added = [("organisation", pa.string()), ("sensor", pa.string()), ("day", _DAY)]
    schema = pa.schema([*added, *((name, _ARROW[kind]) for name, kind in view.columns)])
    connection.register(f"kept_{view.name}", dataset.FileSystemDataset(parts, schema, form, system))
    return f'"kept_{view.name}"'


def _place(file: File, field: Callable[[str], Any]) -> Any:
    """What is true of every row of a file, by which whole files are passed over."""
    return (
        (field("organisation") == file.organisation)
        & (field("sensor") == file.sensor)
        & (field("day") == pa.scalar(file.day, pa.int32()).cast(_DAY))
    )


def _nothing(view: View) -> str:
    columns = [("organisation", "string"), ("sensor", "string"), ("day", "date"), *view.columns]
    selected = ", ".join(f'NULL::{_SQL[kind]} AS "{name}"' for name, kind in columns)
    return f"(SELECT {selected} WHERE false)"


def _require_question(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse before it runs whatever is not one SELECT."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
        raise duckdb.ParserException("the lake answers one SELECT at a time and changes nothing")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _kind_of(error: Exception, request: Request) -> str:
    """Whether a limit ended the question, a segment is damaged, or the question itself is at fault.

    What goes wrong after the first rows comes through Arrow, as text.
    """
    text = str(error)
    if isinstance(error, MemoryError) or any(sign in text for sign in _SIGNS_OF_A_LIMIT):
        return "limit"
    names_file = any(file.path in text for view in request.views for file in view.files)
    return "damage" if names_file and "Permission Error" not in text else "input"


def _fail(kind: str, error: Exception) -> NoReturn:
    text = str(error).strip().splitlines()
    sys.stderr.write(json.dumps({"kind": kind, "text": text[0] if text else kind}) + "\n")
    sys.stderr.flush()
    # Whatever still runs in DuckDB's threads is not waited for.
    os._exit(1)


if __name__ == "__main__":
    main()
