"""What goes between the desk and the solver's process, one JSON object a line."""

from typing import Generic, TypeAlias, TypeVar

import msgspec

from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid.values import Grid, GridProgress, GridRoster
from vonggac.kernel.roster.troubles import Trouble
from vonggac.kernel.roster.values import Assignment, Problem, Progress, Repair, Roster

P = TypeVar("P")
R = TypeVar("R")


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


class Found(msgspec.Struct, Generic[P, R]):
    """Told while the search runs: how far it is, and the roster or schedules behind that."""

    progress: P
    roster: R


class Ended(msgspec.Struct, Generic[R]):
    """The end of a search."""

    roster: R


class Better(Found[Progress, Roster], tag="better"):
    """A better roster."""


class Planned(Ended[Roster], tag="planned"):
    """The end of a plan."""


class Nearer(Found[GridProgress, GridRoster], tag="nearer"):
    """Better schedules, or a better bound."""


class Arranged(Ended[GridRoster], tag="arranged"):
    """The end of a grid."""


class Mended(msgspec.Struct, tag="mended"):
    """The end of a repair."""

    repair: Repair


class Impossible(msgspec.Struct, tag="impossible"):
    """The end of a request that cannot be met, with what to mend in it."""

    reason: str


Request: TypeAlias = Plan | Mend | Arrange
Answer: TypeAlias = Better | Planned | Mended | Nearer | Arranged | Impossible

encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
