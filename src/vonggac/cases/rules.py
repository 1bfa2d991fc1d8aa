"""The one life of all work as a state machine, and what moves a case from state to state.

    sent → acknowledged → in progress → claimed → closed
      └────────┴──────────────┴── disputed (goes back to the register) · cannot comply (with a reason)

The owner's claim and the verdict of observation are two answers that never overwrite each other. A contradicted
verdict reopens a claimed or closed case; a proven one closes it.
"""

from datetime import datetime
from enum import StrEnum

from vonggac.errors import WrongState


class State(StrEnum):
    """Where a case stands with its owner."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CLAIMED = "claimed"
    DISPUTED = "disputed"
    CANNOT_COMPLY = "cannot_comply"
    CLOSED = "closed"


class Claim(StrEnum):
    """What the owner says."""

    NONE = "none"
    DONE = "done"
    NOT_OURS = "not_ours"
    CANNOT = "cannot"


class Proof(StrEnum):
    """What observation shows."""

    NONE = "none"  # not judged yet, or no rule exists
    WATCHING = "watching"  # the rule's time is still running
    PROVEN = "proven"
    CONTRADICTED = "contradicted"
    NOT_OBSERVABLE = "not_observable"


class Move(StrEnum):
    """What happens to a case."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    CLAIM = "claim"
    DISPUTE = "dispute"
    REFUSE = "refuse"
    SETTLE = "settle"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


OPEN = frozenset({State.SENT, State.ACKNOWLEDGED, State.IN_PROGRESS})
MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.ACKNOWLEDGE: (frozenset({State.SENT}), State.ACKNOWLEDGED),
    Move.START: (frozenset({State.SENT, State.ACKNOWLEDGED}), State.IN_PROGRESS),
    Move.CLAIM: (OPEN | {State.CANNOT_COMPLY, State.CLAIMED}, State.CLAIMED),
    Move.DISPUTE: (OPEN, State.DISPUTED),
    Move.REFUSE: (OPEN, State.CANNOT_COMPLY),
    Move.SETTLE: (frozenset({State.DISPUTED, State.CANNOT_COMPLY}), State.SENT),
    Move.CLOSE: (frozenset(State) - {State.CLOSED}, State.CLOSED),
    Move.REOPEN: (frozenset({State.CLAIMED, State.CLOSED}), State.IN_PROGRESS),
    Move.WITHDRAW: (frozenset({State.CLAIMED}), State.IN_PROGRESS),
}


def after(state: str, move: Move) -> State:
    """The state that a move leads to; WrongState when the case is not in a state that allows it."""
    allowed, target = MOVES[move]
    if state not in allowed:
        raise WrongState(
            f"a case that is “{state}” cannot {move.value}; it would have to be one of: {', '.join(sorted(allowed))}"
        )
    return target


def allowed_moves(state: str) -> frozenset[Move]:
    """The moves that a case in this state allows."""
    return frozenset(move for move, (states, _) in MOVES.items() if state in states)


def is_late(state: str, due_at: datetime | None, now: datetime) -> bool:
    """True when the due time has passed and the owner has answered nothing final."""
    return due_at is not None and now > due_at and state in OPEN | {State.DISPUTED}
