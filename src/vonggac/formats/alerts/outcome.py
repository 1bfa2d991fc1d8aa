"""What a reader gives piece by piece: alerts, rejects, warnings, and how many records were no alerts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vonggac.formats.alerts.alert import Alert
from vonggac.formats.alerts.alert_table import Columns, alerts_of, rows_from
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
    """Some of a file's records in their order; `observations` counts records that are no alerts.

    `columns` hold the alerts where their format is read by column; else they are in `alerts` alone.
    """

    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    observations: int = 0
    columns: Columns | None = None
    _alerts: list[Alert] | None = None

    @property
    def alerts(self) -> list[Alert]:
        """The alerts, to be added to where `columns` is None."""
        if self._alerts is None:
            self._alerts = [] if self.columns is None else alerts_of(rows_from([self.columns]))
        return self._alerts

    @property
    def records(self) -> int:
        """How many alerts it has."""
        return len(self.alerts if self.columns is None else self.columns["raw_line"])

    @property
    def size(self) -> int:
        """How many records of the file this batch stands for."""
        return self.records + len(self.rejects) + self.observations

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
