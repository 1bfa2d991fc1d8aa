"""The bytes of a source read as its declaration says: alerts with the place of their bytes, rejects, figures."""

import io
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import IO, BinaryIO, cast

import msgspec

from vonggac.alerts.models import Source
from vonggac.alerts.services.absorbing import Figures
from vonggac.formats import subject_pattern
from vonggac.formats.alerts import Alert, Notice, Options, Reading, mapping, notice, open_file
from vonggac.formats.records import Reject
from vonggac.formats.times import find_zone
from vonggac.kernel import addresses, networks
from vonggac.register.lookup import owner_table

# Alerts and rejects of one part: a transaction, a Parquet file, some 60 MB.
PART_RECORDS = 100_000
# Records that are no alerts cost nothing but the place that has to be remembered now and then.
PART_OBSERVATIONS = 2_000_000


def read(stream: IO[bytes], name: str, source: Source, received_utc: datetime) -> Reading:
    """The stream opened by the source's declaration; raises what `open_file` raises."""
    if source.is_coordinator and notice.begins(stream):
        return open_file(cast("BinaryIO", stream), name, notice.FORMAT.name, Options(UTC, received_utc))
    chosen = mapping.from_toml(source.mapping) if source.mapping else None
    options = Options(find_zone(source.time_zone), received_utc, chosen)
    return open_file(cast("BinaryIO", stream), name, source.format_name or None, options)


def of_subject(source: Source, subject: str) -> Notice | None:
    """The notice that a coordinator names in the subject of a mail; None where the subject names none."""
    identifier = Notice.named(subject_pattern.identifier(source.subject_pattern, subject))
    return Notice(identifier) if identifier else None


def under(told: Notice | None, alerts: list[Alert]) -> list[Alert]:
    """The alerts, those that name no notice themselves under the one of their mail."""
    if told is None:
        return alerts
    return [one if one.notice else msgspec.structs.replace(one, notice=told) for one in alerts]


@dataclass(slots=True)
class Part:
    """Some batches of a reading, from `first` on: what is taken in by one transaction."""

    first: int
    batches: int = 0
    alerts: list[Alert] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    observations: int = 0

    @property
    def figures(self) -> Figures:
        """What it holds, counted."""
        return Figures(len(self.alerts), len(self.rejects), self.observations)

    @property
    def is_full(self) -> bool:
        """True when it is time to take it in."""
        return len(self.alerts) + len(self.rejects) >= PART_RECORDS or self.observations >= PART_OBSERVATIONS


def parts(reading: Reading, done: int = 0) -> Iterator[Part]:
    """The parts of a reading after its first `done` batches; the same bytes always fall into the same batches."""
    part = Part(done)
    for number, batch in enumerate(reading.batches()):
        if number < done:
            continue
        part.batches += 1
        part.alerts += batch.alerts
        part.rejects += batch.rejects
        part.observations += batch.observations
        if part.is_full:
            yield part
            part = Part(number + 1)
    if part.batches:
        yield part


class OurAddresses:
    """Whether an address lies in a network of the register, remembered for as long as the object lives."""

    def __init__(self, on: date) -> None:
        self._table, self._known = owner_table(on), dict[str, bool]()

    def __call__(self, address: str) -> bool:
        """True when some organisation answers for it."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) > 1_000_000:
                self._known.clear()
            packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
            owner = networks.owners_mixed(self._table, addresses.from_packed([packed]))
            known = self._known[address] = bool(owner[0] != networks.NOBODY)
        return known


class Watched(io.RawIOBase):
    """A file that tells how many bytes of it were read, for a bar of progress, and whether somebody writes into it."""

    def __init__(self, file: BinaryIO, advance: Callable[[int], None]) -> None:
        self._file, self._advance = file, advance
        self._state, self._furthest = self._stamp(), 0

    @property
    def is_changed(self) -> bool:
        """True when the file is not the one that was opened any more."""
        return self._stamp() != self._state

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stubs' Buffer has no length
        """Fill the buffer from the file."""
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        place = self._file.tell()
        if place > self._furthest:
            self._advance(place - self._furthest)
            self._furthest = place
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def _stamp(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns
