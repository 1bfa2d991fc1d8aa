"""Every claim is asked again whenever something arrived that could prove or contradict it."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.cases import judging, services
from vonggac.cases.models import Case, Kind
from vonggac.cases.proof import Assessor
from vonggac.cases.rules import Claim, Proof, State
from vonggac.cases.verdicts import proof_of
from vonggac.flows.proof.registry import in_order
from vonggac.flows.traffic_log import ASSESS_JOB
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

# Late logs may still turn a proof for this long; afterwards retention may have removed the logs that proved it.
REVERSAL_DAYS = 30
BATCH_CASES = 2_000
Step = Callable[[], AbstractContextManager[Any]]


@job(ASSESS_JOB, queue="proof", periodic="*/5 * * * *")
def assess_claims() -> None:
    """Ask every rule about every standing claim; also on a timer, because a watch ends without any log arriving."""
    assess(at=now(), within=lambda: scoped(system("proof")))


def assess(*, at: datetime, within: Step = nullcontext) -> Counter[str]:
    """How many claims were asked about, by what observation shows now.

    Each batch stands in a transaction that `within` opens: an officer waits for one batch at most, never for all.
    """
    found: Counter[str] = Counter()
    with within():
        claimed = Case.objects.filter(claim=Claim.DONE).exclude(rule="").values_list("rule", flat=True).distinct()
        rules = in_order(list(claimed.order_by()))
    for rule, assessor in rules:
        with within():
            waiting = list(standing_claims(rule, at).values_list("pk", flat=True))
        for start in range(0, len(waiting), BATCH_CASES):
            with within():
                found.update(_assess_batch(rule, assessor, waiting[start : start + BATCH_CASES], at))
    return found


def _assess_batch(rule: str, assessor: Assessor, batch: Sequence[int], at: datetime) -> list[str]:
    """What observation shows of each case of the batch, written where it differs from what stands."""
    standing = Case.objects.in_bulk(batch)
    judged = [(standing[case_id], verdict) for case_id, verdict in assessor(batch, at)]
    # Most verdicts stand: they are looked at together, and only the others are written one by one.
    unchanged = [(case, verdict) for case, verdict in judged if judging.stands(case, verdict)]
    changed = [(case, verdict) for case, verdict in judged if not judging.stands(case, verdict)]
    services.hold(case.pk for case, _ in judged)  # those that changed are written after those that did not
    due_at = at + timedelta(days=regime.on(timezone.localdate(at)).limit("case_due_days"))
    for case, verdict in (*judging.look_again(unchanged, at=at), *changed):
        # By when an obligation is due its directive says.
        due = None if case.kind == Kind.OBLIGATION else due_at
        judging.conclude(case.pk, rule, verdict, at=at, of_claim=case.claimed_at, due_at=due)
    return [proof_of(verdict) for _, verdict in judged]


def standing_claims(rule: str, at: datetime) -> QuerySet[Case]:
    """Claims that stand: unproven ones, and proven or contradicted ones that late logs may still reverse.

    A claim that was contradicted, or whose host a list carries again, is in progress until its owner claims anew. A
    recalled obligation is asked about no more.
    """
    young = at - timedelta(days=REVERSAL_DAYS)
    standing = Case.objects.filter(rule=rule, claim=Claim.DONE).filter(
        Q(state=State.CLAIMED)
        | Q(state=State.CLOSED, proof=Proof.PROVEN, claimed_at__gte=young)
        | Q(state=State.IN_PROGRESS, claimed_at__gte=young)
    )
    return standing.exclude(obligation__recalled_at__isnull=False).order_by("pk")
