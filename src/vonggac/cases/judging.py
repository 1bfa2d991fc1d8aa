"""What observation shows of a case: it becomes the case's verdict, or is only looked at again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from vonggac.cases.models import Case, Verdict
from vonggac.cases.proof import Verdict as Judgement
from vonggac.cases.rules import Claim, Move, Proof, State
from vonggac.cases.services import SUBJECT, locked, moved, reopened
from vonggac.cases.verdicts import detail_of, firm, missing_of, proof_of, reason_of, shows_the_same
from vonggac.ledger import services as ledger


@transaction.atomic
def conclude(
    case_id: int,
    rule: str,
    judgement: Judgement,
    *,
    at: datetime,
    of_claim: datetime | None = None,
    due_at: datetime | None = None,
) -> Case:
    """The case with what observation shows now; proven closes it, contradicted reopens it, a reversal says so.

    A judgement equal to the standing one writes nothing, so the rule may be asked as often as logs arrive. `of_claim`
    is the moment of the claim that was judged: one taken back or made anew meanwhile is judged the next time. A
    judgement that began before the standing one, and ends after it, writes nothing either. `due_at`: by when a contact
    that is found now has to be dealt with. A closed case that it reopens is due then; a wrong claim buys no time.
    """
    case = locked(case_id)
    if of_claim is not None and (case.claim, case.claimed_at) != (Claim.DONE, of_claim):
        return case
    if case.proof_at is not None and at < case.proof_at:
        return case  # what was seen up to an earlier moment never replaces what was seen up to a later one
    if stands(case, judgement):
        look_again([(case, judgement)], at=at)
        return case
    proof, reason, missing = proof_of(judgement), reason_of(judgement), missing_of(judgement)
    before, case.rule = case.proof, rule
    if before == Proof.CONTRADICTED != proof and case.state == State.IN_PROGRESS:
        case.state = State.CLAIMED  # what reopened it does not stand: the owner's word does again
    case.proof, case.proof_at, case.proof_reason, case.missing, case.changed_at = proof, at, reason, missing, at
    Verdict.objects.create(
        case=case, org_path=case.org_path, at=at, looked_at=at, rule=rule, proof=proof, reason=reason,
        detail=detail_of(judgement),
    )  # fmt: skip
    case.save()
    ledger.record(
        "case.verdict", SUBJECT, case.pk, case.org_path, at=at,
        proof=proof, reason=reason, missing=missing, reversed_from=before if _is_reversal(before, proof) else "",
    )  # fmt: skip
    if proof == Proof.PROVEN and case.state == State.CLAIMED:
        case.closed_at = at
        return moved(case, Move.CLOSE, at, reason="proven")
    if case.state in {State.CLAIMED, State.CLOSED} and (
        proof == Proof.CONTRADICTED or (before == Proof.PROVEN and case.state == State.CLOSED)
    ):
        is_found = proof == Proof.CONTRADICTED
        due = due_at if is_found and case.state == State.CLOSED else None
        return reopened(case, reason, at, back_to=None if is_found else State.CLAIMED, due_at=due)
    return case


def stands(case: Case, judgement: Judgement) -> bool:
    """True when the case says already what the judgement says: the same answer for the same reason.

    Which logs are on their way, and until when, is no reason.
    """
    if (case.proof, case.proof_reason) != (proof_of(judgement), reason_of(judgement)):
        return False
    return firm(case.missing) == firm(missing_of(judgement))


@transaction.atomic
def look_again(judged: Iterable[tuple[Case, Judgement]], *, at: datetime) -> None:
    """Keep that verdicts which stand were looked at again, and what was seen meanwhile: nothing was done to a case.

    A verdict that was looked at later already is left alone.
    """
    looked = {case.pk: (case, judgement) for case, judgement in judged}
    newest = Verdict.objects.filter(case__in=looked, at=F("case__proof_at"), at__lte=at)
    earlier = list(newest.filter(Q(looked_at=None) | Q(looked_at__lte=at)))
    Verdict.objects.filter(pk__in=[one.pk for one in earlier]).update(looked_at=at)
    changed = []
    for one in earlier:
        case, judgement = looked[one.case_id]
        detail, missing = detail_of(judgement), missing_of(judgement)
        if not shows_the_same(one.detail, detail):
            one.detail = detail
            changed.append(one)
        if case.missing != missing:
            Case.objects.filter(pk=case.pk, proof_at=one.at).update(missing=missing)
    Verdict.objects.bulk_update(changed, ["detail"], batch_size=500)


def _is_reversal(before: str, after_: str) -> bool:
    firm = {Proof.PROVEN, Proof.CONTRADICTED}
    return before in firm and before != after_
