"""The words of the interface for what the database keeps as codes."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from vonggac.cases.models import Kind
from vonggac.cases.rules import Claim, Proof, State
from vonggac.duty.skills import SKILL_LABELS

Word = str | Promise

STATES: Mapping[str, Word] = {
    State.SENT: gettext_lazy("not acknowledged"),
    State.ACKNOWLEDGED: gettext_lazy("acknowledged"),
    State.IN_PROGRESS: gettext_lazy("in progress"),
    State.CLAIMED: gettext_lazy("claimed done"),
    State.DISPUTED: gettext_lazy("disputed: not theirs"),
    State.CANNOT_COMPLY: gettext_lazy("cannot comply"),
    State.CLOSED: pgettext_lazy("state", "closed"),
}
CLAIMS: Mapping[str, Word] = {
    Claim.NONE: gettext_lazy("nothing claimed yet"),
    Claim.DONE: gettext_lazy("claimed done"),
    Claim.NOT_OURS: gettext_lazy("says: not ours"),
    Claim.CANNOT: gettext_lazy("says: cannot comply"),
}
PROOFS: Mapping[str, Word] = {
    Proof.NONE: gettext_lazy("not judged yet"),
    Proof.WATCHING: gettext_lazy("being watched"),
    Proof.PROVEN: gettext_lazy("proven"),
    Proof.CONTRADICTED: gettext_lazy("contradicted by observation"),
    Proof.NOT_OBSERVABLE: gettext_lazy("not observable"),
}
KINDS: Mapping[str, Word] = dict(Kind.choices)
VIAS: Mapping[str, Word] = {
    "desk": gettext_lazy("at the desk"),
    "link": gettext_lazy("by the signed link"),
    "paper": gettext_lazy("on paper"),
    "mail": gettext_lazy("by mail"),
    "phone": gettext_lazy("by phone"),
    "chat": gettext_lazy("in a chat group"),
    "api": gettext_lazy("by a program"),
    "shell": gettext_lazy("from the command line"),
}
LOGS: Mapping[str, Word] = {
    "flow": gettext_lazy("flow log"),
    "dns": gettext_lazy("DNS log"),
    "nat": gettext_lazy("NAT log"),
    "dhcp": gettext_lazy("DHCP log"),
    "list": gettext_lazy("botnet list"),
    "c2": gettext_lazy("C2 addresses"),
    "register": gettext_lazy("register of networks"),
    "roster": gettext_lazy("roster"),
    "presence": gettext_lazy("presence"),
}
SKILLS: Mapping[str, Word] = SKILL_LABELS
PRESENCES: Mapping[str, Word] = {
    "new": gettext_lazy("new"),
    "still": gettext_lazy("still listed"),
    "gone": gettext_lazy("no longer listed"),
    "returned": gettext_lazy("listed again"),
}


def word(table: Mapping[str, Word], code: str) -> str:
    """The word for a code; the code itself where the table does not know it, so that nothing is hidden."""
    return str(table.get(code, code))
