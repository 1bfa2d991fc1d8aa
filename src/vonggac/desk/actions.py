"""What a person may do with a case now: by its state and by their roles."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.cases.models import Case
from vonggac.cases.rules import Move, State, allowed_moves
from vonggac.register.access import Access
from vonggac.register.rules import Act

# Act of the desk → the move it makes (None: none) and the right it takes.
RIGHTS: dict[str, tuple[Move | None, Act]] = {
    "acknowledge": (Move.ACKNOWLEDGE, Act.WORK),
    "start": (Move.START, Act.WORK),
    "claim": (Move.CLAIM, Act.WORK),
    "evidence": (None, Act.WORK),
    "dispute": (Move.DISPUTE, Act.WORK),
    "refuse": (Move.REFUSE, Act.WORK),
    "withdraw": (Move.WITHDRAW, Act.WORK),
    "hand-over": (None, Act.WORK),
    "settle": (Move.SETTLE, Act.ASSIGN),
    "extend": (None, Act.ASSIGN),
    "reopen": (Move.REOPEN, Act.ASSIGN),
    "close": (Move.CLOSE, Act.ASSIGN),
}


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do about a row: a button that acts at once, or a link to its form."""

    text: str
    address: str
    is_post: bool = False
    key: str = ""


def offered(case: Case, access: Access) -> frozenset[str]:
    """The acts that the case page offers this person."""
    moves = allowed_moves(case.state)
    return frozenset(
        name
        for name, (move, right) in RIGHTS.items()
        if access.may(right) and (move is None or move in moves) and _fits(name, case)
    )


def _fits(name: str, case: Case) -> bool:
    """What the state machine leaves open and the desk does not offer."""
    if name == "reopen":
        return case.state == State.CLOSED
    return name not in {"evidence", "hand-over", "extend"} or case.state != State.CLOSED


def primary_action(case: Case, access: Access) -> Action:
    """The one primary action of a row; whoever may do nothing opens the case."""
    page = reverse("case", args=[case.pk])
    acts = offered(case, access)
    if "acknowledge" in acts and case.org_path != access.organisation.path:
        return Action(_("Enter the unit's word"), f"{page}#acknowledge", key="a")
    if "acknowledge" in acts:
        return Action(_("Acknowledge"), reverse("case-act", args=[case.pk, "acknowledge"]), is_post=True, key="a")
    if "start" in acts and case.state == State.ACKNOWLEDGED:
        return Action(_("Begin"), reverse("case-act", args=[case.pk, "start"]), is_post=True, key="a")
    if "claim" in acts and case.state == State.IN_PROGRESS:
        return Action(_("Report done"), f"{page}#claim", key="e")
    if "settle" in acts:
        return Action(_("Decide"), f"{page}#settle")
    return Action(_("Open"), page)
