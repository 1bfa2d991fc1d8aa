"""The bytes of a source read as its declaration says: alerts with the place of their bytes, rejects, figures."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, BinaryIO

import msgspec

from vonggac.alerts.models import Source
from vonggac.alerts.parts import Manner
from vonggac.alerts.services.absorbing import Figures
from vonggac.formats import subject_pattern
from vonggac.formats.alerts import Alert, Notice, Reading, notice
from vonggac.formats.records import Reject


def manner_of(stream: IO[bytes], source: Source, received_utc: datetime) -> Manner:
    """How the stream is read by the source's declaration."""
    if source.is_coordinator and notice.begins(stream):
        return Manner(notice.FORMAT.name, "UTC", "", received_utc)
    return Manner(source.format_name, source.time_zone, source.mapping, received_utc)


def read(stream: IO[bytes], name: str, source: Source, received_utc: datetime) -> Reading:
    """The stream opened by the source's declaration; raises what `open_file` raises."""
    return manner_of(stream, source, received_utc).open(stream, name)


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
class Found:
    """What a message, or lines that were set aside, held."""

    alerts: list[Alert] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    observations: int = 0

    @property
    def notices(self) -> dict[int, Notice]:
        """The notices that alerts name, by the alert's place."""
        return {place: one.notice for place, one in enumerate(self.alerts) if one.notice}

    @property
    def figures(self) -> Figures:
        """What it holds, counted."""
        return Figures(len(self.alerts), len(self.rejects), self.observations)


class Watched(io.RawIOBase):
    """A file that tells how many bytes of it were read, for a bar of progress, and whether somebody writes into it."""

    def __init__(self, file: BinaryIO, advance: Callable[[int], None]) -> None:
        self._file, self._advance = file, advance
        self._state, self._furthest = self._stamp(), 0

    @property
    def is_changed(self) -> bool:
        """True when the file is not the one that was opened any more."""
        return self._stamp() != self._state

    def fileno(self) -> int:
        """The file's own, for a process that reads it in this one's place."""
        return self._file.fileno()

    def note_place(self) -> None:
        """Tell how far somebody else read who shares the file's place."""
        self._note(os.lseek(self._file.fileno(), 0, os.SEEK_CUR))

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
        self._note(self._file.tell())
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def _note(self, place: int) -> None:
        if place > self._furthest:
            self._advance(place - self._furthest)
            self._furthest = place

    def _stamp(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns
