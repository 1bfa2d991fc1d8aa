"""Answers that came on paper or by mail from units without an account, entered for them and marked as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.directives.rules import end_of
from vonggac.errors import InputError

WAYS = ("paper", "mail")
OUTCOMES = ("done", "cannot", "not_ours", "received")


@dataclass(frozen=True, slots=True)
class PaperAnswer:
    """One answer as it stands on the paper: about which case, what it says, who signed it, and its day."""

    case_id: int
    outcome: str
    text: str
    by: str
    answered_on: date
    via: str


@transaction.atomic
def enter_answers(answers: Sequence[PaperAnswer], *, at: datetime) -> list[Case]:
    """The cases with their answers, all or none; each stands at the end of its own day, never in the future.

    A paper names a day and no hour. The end of that day is the latest moment that it can mean, so observation is
    never counted from before the claim.
    """
    return [_enter(answer, at) for answer in answers]


def _enter(answer: PaperAnswer, at: datetime) -> Case:
    if answer.via not in WAYS:
        raise InputError("say whether the answer came on paper or by mail")
    if not answer.by.strip():
        raise InputError("say who signed the answer")
    if answer.answered_on > at.astimezone(end_of(answer.answered_on).tzinfo).date():
        raise InputError(f"the day of the answer, {answer.answered_on:%d/%m/%Y}, lies in the future")
    case = Case.objects.filter(pk=answer.case_id).first()
    moment = min(end_of(answer.answered_on), at)
    if case is not None and moment < case.opened_at:
        raise InputError(f"{case.title}: the answer of {answer.answered_on:%d/%m/%Y} is older than the task")
    said = Answer(answer.text, answer.by, answer.via)
    if answer.outcome == "done":
        if not answer.text.strip():
            raise InputError("write in a sentence what the paper says was done")
        return cases.claim(answer.case_id, said, at=moment)
    if answer.outcome == "cannot":
        return cases.refuse(answer.case_id, said, at=moment)
    if answer.outcome == "not_ours":
        return cases.dispute(answer.case_id, said, at=moment)
    if answer.outcome == "received":
        return cases.acknowledge(answer.case_id, at=moment, by=answer.by, via=answer.via)
    raise InputError(f"“{answer.outcome}” is no answer that the desk knows")
