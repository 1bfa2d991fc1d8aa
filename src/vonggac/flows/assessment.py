"""Every claim is asked again whenever something arrived that could prove or contradict it."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.rules import Claim, Proof, State
from vonggac.cases.verdicts import proof_of
from vonggac.flows.proof.registry import in_order
from vonggac.flows.traffic_log import ASSESS_JOB
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

# Late logs may still turn a proof for this long; afterwards retention may have removed the logs that proved it.
REVERSAL_DAYS = 30
BATCH_CASES = 2_000


@job(ASSESS_JOB, queue="proof", periodic="*/5 * * * *")
def assess_claims() -> None:
    """Ask every rule about every standing claim; also on a timer, because a watch ends without any log arriving."""
    with scoped(system("proof")):
        assess(at=now())


def assess(*, at: datetime) -> Counter[str]:
    """How many claims were asked about, by what observation shows now."""
    found: Counter[str] = Counter()
    claimed = Case.objects.filter(claim=Claim.DONE).exclude(rule="").values_list("rule", flat=True).distinct()
    for rule, assessor in in_order(claimed.order_by()):
        waiting = list(_standing_claims(rule, at).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(waiting), BATCH_CASES):
            batch = waiting[start : start + BATCH_CASES]
            standing = Case.objects.in_bulk(batch)
            for case_id, verdict in assessor(batch, at):
                # Most verdicts stand: only the others are worth a lock on their case.
                if not cases.stands(standing[case_id], verdict):
                    cases.conclude(case_id, rule, verdict, at=at)
                found[proof_of(verdict)] += 1
    return found


def _standing_claims(rule: str, at: datetime) -> QuerySet[Case]:
    """Claims that stand: unproven ones, and proven or contradicted ones that late logs may still reverse.

    A claim that was contradicted, or whose host a list carries again, is in progress until its owner claims anew.
    """
    young = at - timedelta(days=REVERSAL_DAYS)
    return Case.objects.filter(rule=rule, claim=Claim.DONE).filter(
        Q(state=State.CLAIMED)
        | Q(state=State.CLOSED, proof=Proof.PROVEN, claimed_at__gte=young)
        | Q(state=State.IN_PROGRESS, claimed_at__gte=young)
    )
