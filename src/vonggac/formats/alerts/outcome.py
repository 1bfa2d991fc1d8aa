"""What a reader gives piece by piece: alerts, rejects, warnings, and how many records were no alerts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vonggac.formats.alerts.alert import Alert
from vonggac.formats.records import Reject, RowWarning

RAW_CHARACTERS = 1_000
# Large enough that a batch costs nothing, small enough that a hundred of them in flight do not matter.
BATCH_PIECES = 4_096


class Unreadable(Exception):
    """One piece cannot become a record; the text is the reject's reason. Never leaves this package."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class Piece:
    """One record as it stands in the file: 1-based line, offset in the plain text, its bytes, its value if decoded."""

    line: int
    offset: int
    raw: bytes
    value: Any = None
    damage: str | None = None  # why it is no record, where whoever cut the file into pieces knows already


@dataclass(slots=True)
class Batch:
    """Some of a file's records in their order; `observations` counts records that are no alerts."""

    alerts: list[Alert] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    observations: int = 0

    @property
    def size(self) -> int:
        """How many records of the file this batch stands for."""
        return len(self.alerts) + len(self.rejects) + self.observations

    def reject(self, piece: Piece, reason: str, column: str | None = None) -> None:
        """Set the piece aside."""
        self.rejects.append(Reject(piece.line, column, reason, shown(piece.raw)))

    def warn(self, piece: Piece, column: str, reason: str) -> None:
        """Say that a field of a kept record was read as null, or mended."""
        self.warnings.append(RowWarning(piece.line, column, reason, shown(piece.raw)))


Taking = Callable[[Piece, Batch], None]


def each(pieces: Iterable[Piece], take: Taking) -> Iterator[Batch]:
    """The batches of a file: `take` adds each piece to the batch as alert, observation or (by Unreadable) reject."""
    batch = Batch()
    for piece in pieces:
        if piece.damage is not None:
            batch.reject(piece, piece.damage)
        else:
            try:
                take(piece, batch)
            except Unreadable as problem:
                batch.reject(piece, str(problem), problem.column)
        if batch.size + len(batch.warnings) >= BATCH_PIECES:
            yield batch
            batch = Batch()
    yield batch


def shown(raw: bytes) -> str:
    """The raw bytes as text to look at, cut at 1,000 characters; odd bytes as U+FFFD."""
    return raw[: RAW_CHARACTERS * 4].decode("utf-8", "replace").rstrip("\r\n")[:RAW_CHARACTERS]
