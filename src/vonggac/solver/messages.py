"""What goes between the desk and the solver's process, one JSON object a line."""

from typing import TypeAlias

import msgspec

from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid.values import Grid, GridProgress, GridRoster
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, Problem, Progress, Repair, Roster


class Plan(msgspec.Struct, tag="plan"):
    """Ask for a roster."""

    problem: Problem
    settings: Settings


class Mend(msgspec.Struct, tag="mend"):
    """Ask for the smallest change that mends a roster."""

    trouble: Trouble
    roster: tuple[Assignment, ...]
    frozen_before: int
    settings: Settings


class Arrange(msgspec.Struct, tag="arrange"):
    """Ask for the schedules of a grid."""

    grid: Grid
    settings: Settings


class Better(msgspec.Struct, tag="better"):
    """Told while the search runs: how far it is, and the roster behind that."""

    progress: Progress
    roster: Roster


class Planned(msgspec.Struct, tag="planned"):
    """The end of a plan."""

    roster: Roster


class Mended(msgspec.Struct, tag="mended"):
    """The end of a repair."""

    repair: Repair


class Nearer(msgspec.Struct, tag="nearer"):
    """Told while a grid is searched: how far it is, and the schedules behind that."""

    progress: GridProgress
    roster: GridRoster


class Arranged(msgspec.Struct, tag="arranged"):
    """The end of a grid."""

    roster: GridRoster


class Impossible(msgspec.Struct, tag="impossible"):
    """The end of a request that cannot be met, with what to mend in it."""

    reason: str


Request: TypeAlias = Plan | Mend | Arrange
Answer: TypeAlias = Better | Planned | Mended | Nearer | Arranged | Impossible

encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
