"""Which inner address stood behind a public one (NAT), and which host held an address (DHCP), from their logs.

nat:  from_utc, to_utc, public_address, port_from, port_to, inner_address
or time_utc, public_address, port, inner_address; both with protocol, if it is there
dhcp: from_utc, to_utc, address, host
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vonggac.formats import nat_log, times
from vonggac.formats.columns import Draft
from vonggac.formats.tables import Table
from vonggac.formats.traffic_tables import (
    FOREVER_US,
    SCHEMAS,
    Kind,
    TrafficReading,
    known_protocol,
    normal_names,
)

NAT_NEEDED = frozenset({"public_address", "inner_address"})
DHCP_NEEDED = frozenset({"from_utc", "address", "host"})
_TOP_PORT = 65_535


def draft_of(table: Table, filename: str) -> Draft:
    """A NAT log's table under our names, its times in UTC; MappingNeeded names the columns that are lacking."""
    names = nat_log.columns_of(table, filename)
    cells = {field: [cell.strip() for cell in table.column(column)] for field, column in names.items()}
    for field in cells.keys() & {"from_utc", "to_utc", "time_utc"}:
        read = times.format_utc(nat_log.read_times(table, names[field]).seconds)
        cells[field] = [one or text for one, text in zip(read, cells[field], strict=True)]
    places = {line: place for place, line in enumerate(table.line_numbers)}

    def raw_line(line: int) -> str:
        return (table.separator or ",").join(table.rows[places[line]])

    columns = {field: pa.array(texts, pa.string()) for field, texts in cells.items()}
    return Draft(columns, np.array(table.line_numbers, np.int64), raw_line, list(table.rejects))


def read_translations(draft: Draft) -> TrafficReading:
    """The translations of a NAT log; a moment-only log gives rows whose end is their beginning.

    A row without a port stands for every port: carriers that give a subscriber a whole address log it so.
    """
    is_interval = draft.has("from_utc")
    time_us = draft.times("from_utc" if is_interval else "time_utc")
    end_us = draft.optional_times("to_utc", FOREVER_US) if is_interval else time_us
    if is_interval:
        draft.reject_where(end_us <= time_us, "to_utc", "is not after from_utc")
    first, last = ("port_from", "port_to") if draft.has("port_from") else ("port", "port")
    port_from = pc.fill_null(draft.integers(first, 0, _TOP_PORT), 0)
    port_to = pc.fill_null(draft.integers(last, 0, _TOP_PORT), _TOP_PORT)
    public_v4, public_v6 = draft.addresses("public_address")
    inner_v4, inner_v6 = draft.addresses("inner_address")
    columns = {
        "time_us": time_us,
        "end_us": end_us,
        "public_v4": public_v4,
        "public_v6": public_v6,
        "port_from": port_from,
        "port_to": port_to,
        "protocol": normal_names(draft.texts("protocol"), known_protocol),
        "inner_v4": inner_v4,
        "inner_v6": inner_v6,
    }
    return TrafficReading(Kind.NAT, draft.finish(columns, SCHEMAS[Kind.NAT]), draft.rejects, draft.warnings)


def read_leases(draft: Draft) -> TrafficReading:
    """The leases of a DHCP log; an empty `to_utc` is a lease that still runs."""
    time_us = draft.times("from_utc")
    end_us = draft.optional_times("to_utc", FOREVER_US)
    draft.reject_where(np.asarray(end_us <= time_us), "to_utc", "is not after from_utc")
    address_v4, address_v6 = draft.addresses("address")
    columns = {
        "time_us": time_us,
        "end_us": end_us,
        "address_v4": address_v4,
        "address_v6": address_v6,
        "host": draft.needed_texts("host"),
    }
    return TrafficReading(Kind.DHCP, draft.finish(columns, SCHEMAS[Kind.DHCP]), draft.rejects, draft.warnings)
