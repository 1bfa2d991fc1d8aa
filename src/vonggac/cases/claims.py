"""Who says that the work is done, and what observation made of it: the one definition behind every count of it."""

from django.db.models import Q

from vonggac.cases.queries import Counts
from vonggac.cases.rules import Claim, Proof

JUDGED = (Proof.PROVEN, Proof.CONTRADICTED, Proof.NOT_OBSERVABLE)
CLAIMED, WATCHED = "claimed", "watched"
PARTS = (*(str(proof) for proof in JUDGED), WATCHED)
"""What a claim can have become; `watched` is one without a result yet. Each claim is in exactly one."""


def conditions(case: str = "") -> dict[str, Q]:
    """All claims and their parts, as conditions on cases, or on rows that lead to one (`case` is `case__` then)."""
    done, proof = Q(**{f"{case}claim": Claim.DONE}), f"{case}proof"
    judged = {str(one): done & Q(**{proof: one}) for one in JUDGED}
    return {CLAIMED: done, **judged, WATCHED: done & ~Q(**{f"{proof}__in": JUDGED})}


def counted(counts: Counts, kind: str = "") -> dict[str, int]:
    """The numbers of all claims and of their parts, from the maintained counters."""
    claimed = counts.total(kind=kind, claim=Claim.DONE)
    judged = {str(one): counts.total(kind=kind, claim=Claim.DONE, proof=one) for one in JUDGED}
    return {CLAIMED: claimed, **judged, WATCHED: claimed - sum(judged.values())}
