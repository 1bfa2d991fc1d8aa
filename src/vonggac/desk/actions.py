"""What a person may do with a case now: by its state and by their roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.cases.models import Case
from vonggac.cases.rules import Move, State, allowed_moves
from vonggac.desk import timeline
from vonggac.register.access import Access
from vonggac.register.rules import Act, may

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


# What a phone holds within the thumb's reach: acts with a form on the page, the likeliest first.
IN_REACH = ("settle", "claim", "dispute", "evidence", "withdraw", "refuse", "reopen")
IN_REACH_OF_LEADS = ("settle", "claim", "extend", "reopen")
MOST_IN_REACH = 3


def offered(case: Case, access: Access) -> frozenset[str]:
    """The acts that the case page offers this person."""
    return _acts(case.state, access.roles)


@cache
def _acts(state: str, roles: frozenset[str]) -> frozenset[str]:
    moves = allowed_moves(state)
    return frozenset(
        name
        for name, (move, right) in RIGHTS.items()
        if may(roles, right) and (move is None or move in moves) and _fits(name, state)
    )


def _fits(name: str, state: str) -> bool:
    """What the state machine leaves open and the desk does not offer."""
    if name == "reopen":
        return state == State.CLOSED
    return name not in {"evidence", "hand-over", "extend"} or state != State.CLOSED


def address(case_id: int, act: str = "") -> str:
    """The address of a case, or of an act on it; a list asks for a hundred of them."""
    before, after = _around(act)
    return f"{before}{case_id}{after}"


@cache
def _around(act: str) -> tuple[str, str]:
    before, _zero, after = (reverse("case-act", args=[0, act]) if act else reverse("case", args=[0])).partition("0")
    return before, after


def primary_action(case: Case, access: Access) -> Action:
    """The one primary action of a row; whoever may do nothing opens the case."""
    page = address(case.pk)
    acts = offered(case, access)
    is_another_s = case.org_path != access.organisation.path
    if "settle" in acts:
        return Action(_("Decide"), f"{page}#settle")
    if "acknowledge" in acts and is_another_s:
        return Action(_("Enter the unit's word"), f"{page}#acknowledge", key="a")
    # Whoever leads waits for the unit's own answer, and looks why there is none.
    waits = is_another_s and access.may(Act.ASSIGN)
    return (None if waits else _own_step(case, acts, page)) or Action(_("Open"), page)


def in_reach(acts: frozenset[str], *, is_for_another: bool) -> list[tuple[str, str]]:
    """The acts, each with its word, that a phone shows at its lower edge beside the one that acts at once.

    Of work that is reported done the next step is evidence: to report it once more is no main act.
    """
    words = {
        "settle": _("Decide"), "claim": _("Report done"), "dispute": _("Not ours"), "evidence": _("Hand in evidence"),
        "withdraw": _("Take the claim back"), "refuse": _("Cannot comply"), "extend": _("Move the due time"),
        "reopen": _("Reopen"),
    }  # fmt: skip
    most = MOST_IN_REACH - bool(acts & {"acknowledge", "start"})
    named = IN_REACH_OF_LEADS if is_for_another else IN_REACH
    is_reported = "withdraw" in acts
    return [(name, words[name]) for name in named if name in acts and (name != "claim" or not is_reported)][:most]


def seen_to(cases: Iterable[Case], access: Access) -> dict[int, int]:
    """What a list shows of each case that its button acts on at once, for `acts.need_seen`; no query without any."""
    return timeline.newest("case", [case.pk for case in cases if primary_action(case, access).is_post])


def _own_step(case: Case, acts: frozenset[str], page: str) -> Action | None:
    """The next step of those whose case it is."""
    if "acknowledge" in acts:
        return Action(_("Acknowledge"), address(case.pk, "acknowledge"), is_post=True, key="a")
    if "start" in acts and case.state == State.ACKNOWLEDGED:
        return Action(_("Begin"), address(case.pk, "start"), is_post=True, key="a")
    if "claim" in acts and case.state == State.IN_PROGRESS:
        return Action(_("Report done"), f"{page}#claim", key="e")
    return None
