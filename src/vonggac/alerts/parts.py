"""A file of alerts as the parts that one transaction each takes in: rows for the lake, groups for the findings.

Pure, so that another process can do it (`alerts/reading_ahead.py`). The same bytes fall into the same parts.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, BinaryIO, cast

import msgspec
import numpy as np
import pyarrow as pa

from vonggac.alerts.grouping import Group, Key, groups_of
from vonggac.formats.alerts import Alert, Batch, Notice, Options, Reading, mapping, open_file
from vonggac.formats.alerts.alert_table import ROWS, Columns, in_lake, microseconds, rows_from, rows_of
from vonggac.formats.records import Reject
from vonggac.formats.times import find_zone
from vonggac.kernel.networks import Register

# Alerts of one part: few enough that a part is taken in within seconds, many because a finding is written once a part.
PART_RECORDS = 200_000
# Each keeps up to 1,000 characters in memory.
PART_REJECTS = 100_000
# Records that are no alerts cost nothing but the place that has to be remembered now and then.
PART_OBSERVATIONS = 2_000_000
# Alerts that are turned into rows at once: they are still in the cache from being read.
_CHUNK = 4_096


class Manner(msgspec.Struct, frozen=True):
    """How a source's bytes are read; `format_name` "" where the begin shall tell, `mapping` as TOML or ""."""

    format_name: str
    time_zone: str
    mapping: str
    received_utc: datetime

    def open(self, stream: IO[bytes], name: str) -> Reading:
        """The stream ready to be read; raises what `open_file` raises."""
        chosen = mapping.from_toml(self.mapping) if self.mapping else None
        zone = UTC if self.time_zone == "UTC" else find_zone(self.time_zone)
        return open_file(
            cast("BinaryIO", stream), name, self.format_name or None, Options(zone, self.received_utc, chosen)
        )


@dataclass(slots=True)
class Part:
    """Some batches of a file, from `first` on.

    `taken`: offsets of the alerts that stand in the same lines as rejects, so that no replay counts them.
    """

    first: int
    table: Any
    batches: int = 0
    groups: dict[Key, Group] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    observations: int = 0


def parts(reading: Reading, raw: str, ours: Register, done: int = 0, most: int | None = None) -> Generator[Part]:
    """The parts of a reading after its first `done` batches, of about `most` alerts (PART_RECORDS); `raw` names the
    file in rows and samples, `ours` has the networks of the register.
    """
    filling = _Filling(done)
    for number, batch in enumerate(reading.batches()):
        if number < done:
            continue
        filling.add(batch)
        if filling.is_full(most or PART_RECORDS):
            yield filling.whole(raw, ours, reading.options)
            filling = _Filling(number + 1)
    if filling.part.batches:
        yield filling.whole(raw, ours, reading.options)


class Rows:
    """The alerts of batches as rows, and the notices that they name, by row."""

    def __init__(self) -> None:
        self.size = 0
        self.notices: dict[int, Notice] = {}
        self._alerts: list[Alert] = []
        self._columns: list[Columns] = []
        self._tables: list[Any] = []
        self._waiting = 0

    def add(self, batch: Batch, told: Notice | None = None) -> None:
        """The alerts of one more batch; those that name no notice are under `told`."""
        if batch.columns is None:
            if self._columns:
                self._turn()
            self._alerts += batch.alerts
            named = [(place, one.notice or told) for place, one in enumerate(batch.alerts)]
        else:
            if self._alerts:
                self._turn()
            self._columns.append(batch.columns)
            named = [(place, told) for place in range(batch.records)] if told else []
        self.notices |= {self.size + place: notice for place, notice in named if notice}
        self.size += batch.records
        self._waiting += batch.records
        if self._waiting >= _CHUNK:
            self._turn()

    def whole(self) -> Any:
        """All rows, in one piece."""
        self._turn()
        return pa.concat_tables(self._tables or [ROWS.empty_table()]).combine_chunks()

    def _turn(self) -> None:
        """What waits, which is of one kind, becomes rows."""
        if self._alerts:
            self._tables.append(rows_of(self._alerts))
        elif self._columns:
            self._tables.append(rows_from(self._columns))
        self._alerts, self._columns, self._waiting = [], [], 0


class _Filling:
    """A part that is being made."""

    def __init__(self, first: int) -> None:
        self.part = Part(first, None)
        self._rows = Rows()

    def add(self, batch: Batch) -> None:
        self.part.batches += 1
        self.part.rejects += batch.rejects
        self.part.observations += batch.observations
        self._rows.add(batch)

    def is_full(self, most: int) -> bool:
        """True when it is time to take it in."""
        rejects, observations = len(self.part.rejects), self.part.observations
        return self._rows.size + rejects >= most or rejects >= PART_REJECTS or observations >= PART_OBSERVATIONS

    def whole(self, raw: str, ours: Register, options: Options) -> Part:
        """The part with its table, in one piece, and the groups of it."""
        received_us = microseconds(options.received_utc) if options.received_utc else 0
        part = self.part
        part.table = in_lake(self._rows.whole(), raw, received_us)
        part.groups = groups_of(part.table, ours, self._rows.notices)
        if part.rejects:
            part.taken = offsets_beside(part.table, part.rejects)
        return part


def offsets_beside(table: Any, rejects: Sequence[Reject]) -> list[int]:
    """The offsets of the rows that stand in the same lines as rejects."""
    is_beside = np.isin(table["raw_line"].to_numpy(), [reject.line for reject in rejects])
    found: list[int] = table["raw_offset"].to_numpy()[is_beside].tolist()
    return found
