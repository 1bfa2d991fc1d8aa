"""Rows of address logs (NAT, DHCP) about given addresses only: a month of translations is never read whole."""

from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa

from vonggac.formats.traffic_tables import Kind
from vonggac.lake.scan import locked_connection, rows
from vonggac.lake.store import EVERYTHING, Lake, Scope


def address_rows(
    lake: Lake,
    kind: Kind,
    column: Literal["public", "address"],
    v4: Sequence[int],
    v6: Sequence[str],
    scope: Scope = EVERYTHING,
) -> list[dict[str, Any]]:
    """The rows of a NAT log (`public`) or DHCP log (`address`) about one of the addresses, each with its `sensor`."""
    imports = lake.paths(lake.imports(kind, scope=scope))
    if not imports or not (v4 or v6):
        return []
    known = {"known_v4": _column(v4, pa.uint32()), "known_v6": _column(v6, pa.string())}
    query = f"""
        SELECT * FROM read_parquet($1, filename = true)
        WHERE {column}_v4 IN (FROM known_v4) OR {column}_v6 IN (FROM known_v6)
    """  # noqa: S608  the column is one of two of ours
    with locked_connection([lake.root / path for path in imports], known) as connection:
        found = rows(connection, query, [list(imports)])
    return [{**row, "sensor": imports[row["filename"]].sensor} for row in found]


def _column(values: Sequence[Any], kind: Any) -> Any:
    return pa.table({"value": pa.array(list(values), kind)})
