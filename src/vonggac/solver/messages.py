"""What goes between the desk and the solver's process, one JSON object a line."""

from typing import TypeAlias

import msgspec

from vonggac.kernel.roster.budget import Settings
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


Request: TypeAlias = Plan | Mend
Answer: TypeAlias = Better | Planned | Mended

encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
