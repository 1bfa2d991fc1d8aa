"""The marks: one shape and word for each answer, never colour alone, and claim and proof never merged."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.cases.models import Case
from vonggac.cases.rules import Claim, Proof, State, is_late
from vonggac.desk import words
from vonggac.desk.words import Word
from vonggac.flows.proof.clean_host import AWAITS_LOGS
from vonggac.flows.proof.registry import rule_exists

LABELS: dict[str, Word] = {
    "proven": gettext_lazy("proven"),
    "claimed": gettext_lazy("claimed"),
    "against": gettext_lazy("contradicted"),
    "unseen": gettext_lazy("not observable"),
    "late": gettext_lazy("late"),
    "wait": gettext_lazy("waiting"),
    "watching": gettext_lazy("being watched"),
    "none": gettext_lazy("nothing yet"),
}
_PROOF_SHAPES = {
    Proof.NONE: "none",
    Proof.WATCHING: "watching",
    Proof.PROVEN: "proven",
    Proof.CONTRADICTED: "against",
    Proof.NOT_OBSERVABLE: "unseen",
}
_CLAIM_SHAPES = {Claim.NONE: "wait", Claim.DONE: "claimed", Claim.NOT_OURS: "late", Claim.CANNOT: "late"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape and the words that say the same."""

    shape: str
    text: str


def proof(case: Case) -> Mark:
    """What observation shows; a case without a rule that anybody declared says that there is none."""
    if case.proof == Proof.NONE and not rule_exists(case.rule):
        return Mark("none", _("no proof rule yet"))
    if case.proof == Proof.WATCHING and case.proof_reason == AWAITS_LOGS:
        return Mark("watching", _("waiting for logs"))
    return Mark(_PROOF_SHAPES[Proof(case.proof)], words.word(words.PROOFS, case.proof))


def claim(case: Case) -> Mark:
    """What the owner says."""
    return Mark(_CLAIM_SHAPES[Claim(case.claim)], words.word(words.CLAIMS, case.claim))


def attention(case: Case, now: datetime) -> Mark:
    """The one shape at the head of a row: what is most abnormal about the case."""
    if case.proof == Proof.CONTRADICTED and case.state != State.CLOSED:
        return proof(case)
    if is_late(case.state, case.due_at, now):
        return Mark("late", str(LABELS["late"]))
    if case.proof in {Proof.PROVEN, Proof.NOT_OBSERVABLE, Proof.WATCHING}:
        return proof(case)
    if case.claim != Claim.NONE:
        return claim(case)
    if case.state == State.CLOSED:
        # The row says when it was closed; nothing waits any more.
        return Mark("none", claim(case).text)
    return Mark("wait", words.word(words.STATES, case.state))
