"""What observation shows of a case: it becomes the case's verdict, or is only looked at again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from vonggac.cases.models import Case, Verdict
from vonggac.cases.proof import Verdict as Judgement
from vonggac.cases.rules import Claim, Move, Proof, State
from vonggac.cases.services import SUBJECT, locked, moved, reopened
from vonggac.cases.verdicts import detail_of, firm, keeps_contacts, missing_of, proof_of, reason_of, shows_the_same
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

    A judgement equal to the standing one is only a look, so the rule may be asked as often as logs arrive. `of_claim`
    is the moment of the claim that was judged: one taken back or made anew meanwhile is judged the next time. A
    judgement that began before the standing one, and ends after it, writes nothing either. `due_at`: by when a contact
    that is found now has to be dealt with. A closed case that it reopens is due then; a wrong claim buys no time.
    """
    case = locked(case_id)
    if of_claim is not None and (case.claim, case.claimed_at) != (Claim.DONE, of_claim):
        return case
    if case.proof_at is not None and at < case.proof_at:
        return case  # what was seen up to an earlier moment never replaces what was seen up to a later one
    if stands(case, judgement) and not look_again([(case, judgement)], at=at):
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
        proof == Proof.CONTRADICTED or (before == Proof.PROVEN != proof and case.state == State.CLOSED)
    ):
        is_found = proof == Proof.CONTRADICTED
        due = due_at if is_found and case.state == State.CLOSED else None
        return reopened(case, reason, at, back_to=None if is_found else State.CLAIMED, due_at=due)
    return case


def stands(case: Case, judgement: Judgement) -> bool:
    """True when the case says already what the judgement says: the same answer for the same reason.

    Which logs are on their way, and until when, is no reason.
    """
    if (case.proof, case.state) == (Proof.PROVEN, State.CLAIMED):
        return False  # earlier versions opened it again when it was proven for another reason: it is for `conclude`
    if (case.proof, case.proof_reason) != (proof_of(judgement), reason_of(judgement)):
        return False
    return firm(case.missing) == firm(missing_of(judgement))


@transaction.atomic
def look_again(judged: Iterable[tuple[Case, Judgement]], *, at: datetime) -> list[tuple[Case, Judgement]]:
    """Keep that verdicts which stand were looked at again, and what was seen meanwhile: nothing was done to a case.

    Returns those that lack a contact which the standing verdict shows: evidence is never written over, so each is for
    `conclude`. A verdict that was looked at later already, or stands no more, is left alone.
    """
    judged = list(judged)
    # Whoever writes a verdict holds its case, so that two who look at once come one after the other.
    free = Case.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    held = free.in_bulk([case.pk for case, _ in judged])
    newest = {one.case_id: one for one in Verdict.objects.filter(case__in=held, at=F("case__proof_at")).order_by("pk")}
    looked_at, seen, lacking, differing = [], [], [], []
    for asked, judgement in judged:
        case, verdict = held.get(asked.pk), newest.get(asked.pk)
        if case is None or verdict is None or at < (verdict.looked_at or verdict.at) or not stands(case, judgement):
            continue
        detail, missing = detail_of(judgement), missing_of(judgement)
        if not keeps_contacts(verdict.detail, detail):
            differing.append((asked, judgement))
            continue
        looked_at.append(verdict.pk)
        if not shows_the_same(verdict.detail, detail):
            verdict.detail = detail
            seen.append(verdict)
        if case.missing != missing:
            case.missing = missing
            lacking.append(case)
    Verdict.objects.filter(pk__in=looked_at).update(looked_at=at)
    Verdict.objects.bulk_update(seen, ["detail"], batch_size=500)
    Case.objects.bulk_update(lacking, ["missing"], batch_size=500)
    return differing


def _is_reversal(before: str, after_: str) -> bool:
    firm = {Proof.PROVEN, Proof.CONTRADICTED}
    return before in firm and before != after_
