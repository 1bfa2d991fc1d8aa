"""A file of alerts as the parts that one transaction each takes in: rows for the lake, groups for the findings.

Pure, so that another process can do it (`alerts/reading_ahead.py`). The same bytes fall into the same parts.
"""

import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, BinaryIO, cast

import msgspec
import numpy as np
import pyarrow as pa

from vonggac.alerts.grouping import Group, Key, group
from vonggac.formats.alerts import Alert, Options, Reading, mapping, open_file
from vonggac.formats.alerts.alert_table import microseconds, table_of
from vonggac.formats.records import Reject
from vonggac.formats.times import find_zone
from vonggac.kernel import addresses, networks

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


class OurAddresses(dict[str, bool]):
    """Address → whether it lies in a network of the register, remembered for as long as the object lives.

    A dictionary, because it is asked twice an alert.
    """

    def __init__(self, table: networks.Register) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, address: str) -> bool:
        if len(self) > 1_000_000:
            self.clear()
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        owner = networks.owners_mixed(self.table, addresses.from_packed([packed]))
        self[address] = is_ours = bool(owner[0] != networks.NOBODY)
        return is_ours


def parts(
    reading: Reading, raw: str, is_ours: Callable[[str], bool], done: int = 0, most: int | None = None
) -> Generator[Part]:
    """The parts of a reading after its first `done` batches, of about `most` alerts (PART_RECORDS); `raw` names the
    file in rows and samples.
    """
    filling = _Filling(done, raw, is_ours, reading.options)
    for number, batch in enumerate(reading.batches()):
        if number < done:
            continue
        part = filling.part
        part.batches += 1
        part.rejects += batch.rejects
        part.observations += batch.observations
        filling.add(batch.alerts)
        if filling.is_full(most or PART_RECORDS):
            yield filling.whole()
            filling = _Filling(number + 1, raw, is_ours, reading.options)
    if filling.part.batches:
        yield filling.whole()


class _Filling:
    """A part that is being made: alerts become rows and groups a chunk at a time, and are let go."""

    def __init__(self, first: int, raw: str, is_ours: Callable[[str], bool], options: Options) -> None:
        self.part = Part(first, None)
        self._raw, self._is_ours = raw, is_ours
        self._received_us = microseconds(options.received_utc) if options.received_utc else 0
        self._waiting: list[Alert] = []
        self._tables: list[Any] = []
        self._records = 0

    def add(self, alerts: list[Alert]) -> None:
        self._waiting += alerts
        self._records += len(alerts)
        if len(self._waiting) >= _CHUNK:
            self._turn()

    def is_full(self, most: int) -> bool:
        """True when it is time to take it in."""
        rejects, observations = len(self.part.rejects), self.part.observations
        return self._records + rejects >= most or rejects >= PART_REJECTS or observations >= PART_OBSERVATIONS

    def whole(self) -> Part:
        """The part with its table, in as few pieces as it has chunks."""
        if self._waiting or not self._tables:
            self._turn()
        part = self.part
        part.table = pa.concat_tables(self._tables)
        if part.rejects:
            lines = np.array([reject.line for reject in part.rejects])
            offsets = part.table["raw_offset"].to_numpy()
            part.taken = offsets[np.isin(part.table["raw_line"].to_numpy(), lines)].tolist()
        return part

    def _turn(self) -> None:
        self._tables.append(table_of(self._waiting, self._raw, self._received_us))
        group(((alert, self._raw) for alert in self._waiting), self._is_ours, self.part.groups)
        self._waiting = []
