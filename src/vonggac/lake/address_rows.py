"""Rows of segments about given addresses: the address columns are read whole, the others where an address is found.

    flow_contacts(paths, v4, v6)                     flows with one of the addresses at either end
    rows_about(paths, ("public",), v4, v6)           translations of public addresses

Reading two address columns and asking for 120,000 addresses costs 1.7 to 2.5 times the reading (bench/c2_contact.py).
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from vonggac.errors import IntegrityFailure
from vonggac.kernel.address_set import AddressSet

_FLOW_COLUMNS = [
    "time_us", "end_us", "source_v4", "source_v6", "source_port",
    "destination_v4", "destination_v6", "destination_port", "protocol",
]  # fmt: skip
_THREADS = min(4, os.cpu_count() or 1)


def flow_contacts(paths: Sequence[Path], v4: Sequence[int], v6: Sequence[str]) -> list[dict[str, Any]]:
    """The flows that have one of the addresses at either end; both directions, every port.

    Each row has the columns of a flow and `filename`. A flow between two of the addresses comes once, and so do equal
    records of one file.
    """
    found = rows_about(paths, ("source", "destination"), v4, v6, _FLOW_COLUMNS)
    return list({tuple(row.values()): row for row in found}.values())


def rows_about(
    paths: Sequence[Path],
    ends: Sequence[str],
    v4: Sequence[int],
    v6: Sequence[str],
    columns: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The rows in which one of the ends (`source`, `public` …) has one of the addresses, each once, with `filename`.

    `columns`: which of the row's to give; None: all. In the order of the paths and of their rows.
    """
    if not paths or not (v4 or v6):
        return []
    search = _Search(ends, v4, v6, columns)
    with ThreadPoolExecutor(min(_THREADS, len(paths))) as threads:
        return [row for part in threads.map(search.rows, paths) for row in part]


class _Search:
    """What is looked for, and where; one for all files of a question."""

    def __init__(
        self, ends: Sequence[str], v4: Sequence[int], v6: Sequence[str], columns: Sequence[str] | None
    ) -> None:
        self._v4 = AddressSet.of(np.array(v4, np.uint32)) if v4 else None
        self._v6 = pa.array(v6, pa.string()) if v6 else None
        self._asked = [f"{end}_v4" for end in ends if v4] + [f"{end}_v6" for end in ends if v6]
        self._columns = None if columns is None else list(columns)

    def rows(self, path: Path) -> list[dict[str, Any]]:
        """The rows of one file; IntegrityFailure when it is missing or damaged."""
        try:
            with self._opened(path) as file:
                return [
                    row | {"filename": str(path)}
                    for group in range(file.metadata.num_row_groups)
                    for table in self._found(file, group)
                    for row in table.to_pylist()
                ]
        except (OSError, pa.ArrowException) as damage:
            raise IntegrityFailure(
                f"a file that the lake's manifest lists cannot be read ({damage}); restore the lake from a backup"
            ) from damage

    def _opened(self, path: Path) -> Any:
        """The file; texts that are only shown stay numbers of distinct values, a tenth of the work of reading them."""
        head = parquet.read_metadata(path)
        shown = set(self._columns or head.schema.names) - set(self._asked)
        texts = [field.name for field in head.schema.to_arrow_schema() if pa.types.is_string(field.type)]
        return parquet.ParquetFile(
            path, metadata=head, read_dictionary=[name for name in texts if name in shown], pre_buffer=False
        )

    def _found(self, file: Any, group: int) -> Iterator[Any]:
        """The rows of one row group, if it has any."""
        bounds = column_bounds(file, group)
        asked = [name for name in self._asked if self._may_hold(bounds[name])]
        if not asked:
            return
        known = file.read_row_group(group, columns=asked, use_threads=False).combine_chunks()
        places = [self._places(known[name].chunk(0)) for name in asked if known.num_rows]
        wanted = pa.array(places[0] if len(places) == 1 else np.unique(np.concatenate(places)))
        if len(wanted):
            yield self._whole(file, group, bounds, known, wanted)

    def _whole(self, file: Any, group: int, bounds: dict[str, Any], known: Any, wanted: Any) -> Any:
        """The wanted rows with all their columns, of which those known and those without any value are not read."""
        schema = file.schema_arrow
        names = self._columns or schema.names
        nulls = [name for name in names if bounds[name] is not None and bounds[name].null_count == known.num_rows]
        unread = [name for name in names if name not in nulls and name not in known.column_names]
        rest = file.read_row_group(group, columns=unread, use_threads=False)
        columns = {name: known[name].take(wanted) for name in known.column_names}
        columns |= {name: rest[name].take(wanted) for name in unread}
        columns |= {name: pa.nulls(len(wanted), schema.field(name).type) for name in nulls}
        return pa.table({name: columns[name] for name in names})

    def _may_hold(self, bounds: Any) -> bool:
        if bounds is None or not bounds.has_min_max:
            return bounds is None or bounds.num_values > 0
        if isinstance(bounds.min, int):
            return self._v4 is not None and self._v4.touches(bounds.min, bounds.max)
        return True

    def _places(self, column: Any) -> NDArray[np.intp]:
        if pa.types.is_string(column.type):
            is_listed = pc.is_in(column, value_set=self._v6)
            return np.flatnonzero(is_listed.to_numpy(zero_copy_only=False))
        assert self._v4 is not None  # noqa: S101  the column is asked for IPv4 only
        if not column.null_count:
            return self._v4.places(column.to_numpy())
        places = self._v4.places(column.fill_null(0).to_numpy())
        is_known = column.take(pa.array(places)).is_valid().to_numpy(zero_copy_only=False)
        found: NDArray[np.intp] = places[is_known]
        return found


def column_bounds(file: Any, group: int) -> dict[str, Any]:
    """What the file says of each column of a row group: lowest and highest value, how many are null; None: nothing."""
    head = file.metadata.row_group(group)
    return {head.column(n).path_in_schema: head.column(n).statistics for n in range(head.num_columns)}
