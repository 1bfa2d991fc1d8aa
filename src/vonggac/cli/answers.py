"""Arrow tables as a command prints them: aligned columns, one JSON document, CSV without formulas, Parquet."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import click
import msgspec
import pyarrow as pa
from pyarrow import parquet

from vonggac.cli.options import force_option
from vonggac.errors import InputError, Refused
from vonggac.formats import tables

Form: TypeAlias = Literal["table", "json", "csv", "parquet"]
_WIDEST, _SHOWN_ROWS = 60, 1_000

format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table", show_default=True,
    help="How the rows are printed; a table shows the first 1,000.",
)  # fmt: skip
output_option = click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else standard output."
)


def answer_options(command: Any) -> Any:
    """Add `--format`, `--output` and `--force` to a command."""
    return format_option(output_option(force_option(command)))


@contextmanager
def target(form: Form, output: Path | None, *, force: bool) -> Iterator[IO[bytes]]:
    """Where the rows go; a file that an error cuts short is taken away again."""
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise InputError("Parquet is binary; name a file with --output FILE")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        file = output.open("wb" if force else "xb")
    except FileExistsError:
        raise Refused(f"{output} is there already; name another file, or write over it with --force") from None
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}); choose another place") from error
    try:
        with file:
            yield file
    except BaseException:
        output.unlink(missing_ok=True)
        raise


def write(file: IO[bytes], form: Form, schema: Any, batches: Iterable[Any], head: dict[str, Any] | None = None) -> int:
    """The number of rows that were written, one batch in memory at a time; `head`: more keys of the JSON document."""
    if form == "parquet":
        return _write_parquet(file, schema, batches)
    if form == "json":
        return _write_json(file, schema, batches, head or {})
    if form == "csv":
        return _write_csv(file, schema, batches)
    return _write_table(file, schema, batches)


def _write_parquet(file: IO[bytes], schema: Any, batches: Iterable[Any]) -> int:
    count = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _write_json(file: IO[bytes], schema: Any, batches: Iterable[Any], head: dict[str, Any]) -> int:
    document = {"schema": 1, **head, "columns": schema.names}
    file.write(msgspec.json.encode(document)[:-1] + b',"rows":[')
    count = 0
    for batch in batches:
        for row in batch.to_pylist():
            file.write((b",\n" if count else b"\n") + msgspec.json.encode(_with_zones(row), enc_hook=_plain))
            count += 1
    file.write(b"]}\n")
    return count


def _with_zones(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its times in text that ends in their zone."""
    return {name: _plain(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _write_csv(file: IO[bytes], schema: Any, batches: Iterable[Any]) -> int:
    file.write(tables.write_csv(schema.names, []))
    count = 0
    for batch in batches:
        rows = [[_cell(value) for value in row] for row in _rows(batch)]
        # The header of each batch is cut off: it was written once.
        file.write(tables.write_csv([], rows).partition(b"\r\n")[2])
        count += len(rows)
    return count


def _write_table(file: IO[bytes], schema: Any, batches: Iterable[Any]) -> int:
    shown: list[list[str]] = [list(schema.names)]
    count = 0
    for batch in batches:
        count += batch.num_rows
        part = batch.slice(0, max(0, _SHOWN_ROWS + 1 - len(shown)))
        shown += [[_printable(_cell(value)) for value in row] for row in _rows(part)]
    widths = [max(len(row[place]) for row in shown) for place in range(len(schema.names))]
    for row in shown:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        file.write(line.encode() + b"\n")
    if count >= len(shown):
        click.echo(f"{count - len(shown) + 1:,} more rows; write them all with --format csv --output FILE", err=True)
    return count


def _rows(batch: Any) -> Iterator[tuple[Any, ...]]:
    columns = [column.to_pylist() for column in batch.columns]
    return zip(*columns, strict=True) if columns else iter(())


def _cell(value: Any) -> object:
    """A value of one cell: numbers as they are, times in ISO 8601, what has parts as JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal | datetime | date | bytes):
        return _plain(value)
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # DuckDB adds up whole numbers in 128 bits, which Arrow calls a decimal.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value
        return utc.isoformat().removesuffix("+00:00") + "Z"
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _printable(value: object) -> str:
    text = "-" if value is None else str(value)
    text = text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def batches_of(table: Any) -> tuple[Any, list[Any]]:
    """Schema and batches of an Arrow table, as `write` takes them."""
    return table.schema, table.to_batches(max_chunksize=8_192) or [pa.RecordBatch.from_pylist([], table.schema)]
