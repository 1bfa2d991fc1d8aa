"""What the owner said of a case and what observation showed: forgotten, or kept in an entry and put back by an undo.

Nothing here is saved; `services.py` does that with the move it belongs to.
"""

from collections.abc import Mapping
from datetime import datetime

from vonggac.cases.models import Case
from vonggac.cases.rules import Claim, Proof
from vonggac.ledger.models import Entry


def of(case: Case) -> dict[str, str]:
    """What an act replaces, as its entry keeps it; of the verdict when it was given, its own entry holds the rest."""
    replaced = ("claim", "claim_text", "claimed_by", "claimed_via", "proof")
    moments = {name: iso(getattr(case, name)) for name in ("acknowledged_at", "claimed_at", "proof_at")}
    return {name: value for name in replaced if (value := getattr(case, name)) not in {"", "none"}} | {
        name: moment for name, moment in moments.items() if moment
    }


def restore(case: Case, before: Mapping[str, str], *, with_proof: bool) -> None:
    """Put back what `of` kept; the verdict only where the act had put an end to it."""
    forget_claim(case)
    case.acknowledged_at = None
    if with_proof:
        forget_proof(case)
    for name, value in before.items():
        if with_proof or name not in {"proof", "proof_at"}:
            setattr(case, name, datetime.fromisoformat(value) if name.endswith("_at") else value)
    if with_proof and case.proof_at is not None:
        verdicts = Entry.objects.filter(subject_kind="case", subject_id=case.pk, act="case.verdict", at=case.proof_at)
        told = verdicts.order_by("pk").last()
        case.proof_reason, case.missing = (told.detail["reason"], told.detail["missing"]) if told else ("", [])


def forget_claim(case: Case) -> None:
    """Leave no word of the owner's."""
    case.claim, case.claim_text, case.claimed_at, case.claimed_by, case.claimed_via = Claim.NONE, "", None, "", ""


def forget_proof(case: Case) -> None:
    """Leave no verdict of an observation."""
    case.proof, case.proof_at, case.proof_reason, case.missing = Proof.NONE, None, "", []


def iso(moment: datetime | None) -> str | None:
    """A moment as entries keep it."""
    return moment.isoformat() if moment else None
