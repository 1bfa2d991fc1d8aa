"""Reads bytes as the command does, and sums the batches up."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vonggac.formats.alerts import Options, open_file
from vonggac.formats.records import Reject, RowWarning


@dataclass
class Read:
    """Everything a file gave; `alerts` as the JSON values of the command."""

    format: str
    alerts: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    observations: int = 0

    @property
    def records(self) -> int:
        return len(self.alerts) + len(self.rejects) + self.observations


def read(content: bytes, format_name: str | None = None, file_name: str = "file", **options: Any) -> Read:
    reading = open_file(io.BytesIO(content), file_name, format_name, Options(**options))
    found = Read(reading.format.name)
    for batch in reading.batches():
        found.alerts += json.loads(msgspec.json.encode(batch.alerts))
        found.rejects += batch.rejects
        found.warnings += batch.warnings
        found.observations += batch.observations
    return found
