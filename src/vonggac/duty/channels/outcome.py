"""What became of one attempt to hand a letter over."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """Sent; refused for good; or to be tried again later."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The ending with its reason; `is_channel_down`: every other letter of this channel would fare the same."""

    ending: Ending
    why: str = ""
    is_channel_down: bool = False


SENT = Outcome(Ending.SENT)


def refused(why: str) -> Outcome:
    """It will never be taken as it is."""
    return Outcome(Ending.REFUSED, why)


def later(why: str, *, is_channel_down: bool = False) -> Outcome:
    """It may be taken another time."""
    return Outcome(Ending.LATER, why, is_channel_down)
