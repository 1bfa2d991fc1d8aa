"""How far a consumer of a spool has come, in a file: for consumers whose work does not stand in the database."""

import json
from dataclasses import dataclass
from pathlib import Path

from vonggac.lake import files
from vonggac.lake.spool import Place


@dataclass(frozen=True, slots=True)
class Position:
    """The place up to which one consumer has done its work; saved after the work, whole or not at all."""

    path: Path

    def load(self) -> Place:
        """The saved place; the beginning while nothing was saved."""
        try:
            return Place(*json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return Place()

    def save(self, place: Place) -> None:
        """On return the place survives power loss."""
        files.write_whole(self.path, json.dumps([place.segment, place.offset]).encode())
