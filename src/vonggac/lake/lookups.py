"""Rows of address logs (NAT, DHCP) about given addresses only: a month of translations is never read whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from vonggac.formats.traffic_tables import Kind
from vonggac.lake.address_rows import rows_about
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
    if not (v4 or v6):
        return []
    imports = lake.paths(lake.imports(kind, scope=scope))
    found = rows_about([Path(path) for path in imports], (column,), v4, v6)
    return [{**row, "sensor": imports[row["filename"]].sensor} for row in found]
