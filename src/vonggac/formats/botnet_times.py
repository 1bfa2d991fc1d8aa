"""When the rows of a botnet list were seen, by whichever columns its mapping finds the times in."""

import numpy as np
from numpy.typing import NDArray

from vonggac.formats import botnet_columns, times
from vonggac.formats.botnet_cells import NOTHING, ListCells
from vonggac.formats.cells import Grid
from vonggac.formats.times import NO_TIME


def read(cells: ListCells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last time of each row, (n,) int64 seconds UTC, NO_TIME where unknown; one column gives both."""
    columns = {name: _read_column(cells, name) for name in botnet_columns.TIMES}
    nothing = np.full(len(cells.table.rows), NO_TIME, np.int64)
    moment = columns["time"] if columns["time"] is not None else nothing
    first = columns["first_seen"] if columns["first_seen"] is not None else nothing
    last = columns["last_seen"] if columns["last_seen"] is not None else nothing
    other = np.where(moment != NO_TIME, moment, np.where(last != NO_TIME, last, first))
    first = np.where(first != NO_TIME, first, other)
    return first, np.where(last != NO_TIME, last, np.where(moment != NO_TIME, moment, first))


def _read_column(cells: ListCells, name: str) -> NDArray[np.int64] | None:
    is_utc = cells.mapping.time_zone.upper() in ("UTC", "")
    if (spot := cells.grid(name)) and is_utc and (fixed := _read_fixed(*spot)) is not None:
        return fixed
    texts = cells.raw(name)
    if texts is None:
        return None
    read_as = times.read_column(
        [text or "" for text in texts.values],
        day_first=cells.mapping.day_first,
        usual_day_first=not botnet_columns.is_shadowserver(cells.table),
        zone=times.find_zone(cells.mapping.time_zone),
    )
    unreadable = set(read_as.unreadable)
    is_wrong = [i in unreadable and (text or "").lower() not in NOTHING for i, text in enumerate(texts.values)]
    for place in texts.places(is_wrong):
        cells.warn(name, place, "is not a time", texts[place] or "")
    order = "day first" if read_as.day_first else "month first"
    if read_as.is_mixed:
        cells.warn(name, 0, f"dates of both orders occur; undecided ones are read {order}", texts[0] or "")
    elif read_as.is_ambiguous:
        cells.warn(name, 0, f"no date shows whether day or month comes first; read {order}", texts[0] or "")
    return read_as.seconds[texts.codes]


def _read_fixed(grid: Grid, place: int) -> NDArray[np.int64] | None:
    """Seconds of a column whose cells all read `YYYY-MM-DD HH:MM:SS`, else None."""
    lengths = grid.ends[:, place] - grid.begins[:, place]
    windows = grid.windows(place)
    if windows is None or not len(lengths) or (lengths != 19).any():
        return None
    return times.read_fixed(windows[:, :19])
