"""Pure decisions about messages: where one stands, what went wrong, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A mail server that was away is asked again after a minute; one letter that it does not take, ever less often.
SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


class Fault(StrEnum):
    """Why a letter did not go out."""

    SERVER = "server"  # out of reach, or it takes no letter of ours at all
    RECIPIENT = "recipient"  # the address is refused
    CONTENT = "content"  # the letter is refused
    LETTER = "letter"  # address or subject cannot be written as a letter


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes out, with the link in its text; its name is the Message-ID, the same at every try."""

    message_id: int
    to: str
    subject: str
    body: str
    name: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a letter did not go out, in the mail server's words.

    `is_final`: another try would fail the same way. `is_outage`: no other letter would have gone out either.
    """

    fault: Fault
    words: str
    is_final: bool = False
    is_outage: bool = False

    def __post_init__(self) -> None:
        # The other side says what it likes: one NUL, which no database keeps, would stop all letters behind this one.
        printable = "".join(letter if letter.isprintable() else " " for letter in self.words)
        object.__setattr__(self, "words", printable)


class Standing(StrEnum):
    """Where a message stands."""

    SENT = "sent"
    WAITING = "waiting"
    TRYING = "trying"  # failed, and tried again by itself
    FAILED = "failed"  # failed, and left to people
    NO_ADDRESS = "no_address"


def standing(
    *, sent_at: datetime | None, failed_at: datetime | None, next_try_at: datetime | None, has_address: bool
) -> Standing:
    """Where a message with these marks stands."""
    if sent_at is not None:
        return Standing.SENT
    if next_try_at is not None:
        return Standing.WAITING if failed_at is None else Standing.TRYING
    return Standing.FAILED if has_address else Standing.NO_ADDRESS


def pause(attempts: int) -> timedelta:
    """How long a letter rests after so many failures of its own: 1, 2, 4 … minutes, an hour at the most."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(SHORTEST_PAUSE * (1 << doublings), LONGEST_PAUSE)
