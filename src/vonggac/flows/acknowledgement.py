"""An organisation acknowledges and answers: at the desk, by the link in its message, or by its word to others."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.duty import links
from vonggac.duty.models import Link
from vonggac.errors import InputError
from vonggac.tenancy.scope import Scope, current, scoped, system

# On which way a unit's word reaches whoever enters it.
CHANNELS = ("phone", "paper", "mail", "chat")


@dataclass(frozen=True, slots=True)
class Word:
    """Who of the unit said something for it, and on which way."""

    by: str
    via: str


def is_for_another(case: Case) -> bool:
    """True when whoever acts now does not sit at the case's own organisation."""
    return case.org_path != current().org_path


def enter(case: Case, *, name: str, via: str, word: Word | None, at: datetime) -> Case:
    """The case acknowledged: under one's own name for one's own organisation, else on the word of somebody there.

    Whoever sits above a unit cannot know that the unit has read its task; somebody of it has to have said so.
    """
    if not is_for_another(case):
        return cases.acknowledge(case.pk, at=at, by=name, via=via)
    if not _is_whole(word):
        raise InputError(
            f"say who of {case.organisation.name} told you that it has received this, and on which way: by phone, on "
            "paper, by mail or in a chat group"
        )
    return cases.acknowledge(case.pk, at=at, by=word.by.strip(), via=word.via)


def answer(case: Case, text: str, *, name: str, via: str, word: Word | None) -> Answer:
    """What the case's owner says: in one's own name for one's own organisation, else as somebody there said it.

    The same rule as for acknowledging. A claim, a dispute or a refusal made from above would stand as the unit's own.
    """
    if word is None and not is_for_another(case):
        return Answer(text, name, via)
    if not _is_whole(word):
        raise InputError(
            f"say who of {case.organisation.name} gave this answer, and on which way it came: by phone, on paper, by "
            "mail or in a chat group"
        )
    return Answer(text, word.by.strip(), word.via)


def _is_whole(word: Word | None) -> TypeGuard[Word]:
    return word is not None and bool(word.by.strip()) and word.via in CHANNELS


def show(secret: str, *, at: datetime) -> tuple[Link, list[Case]]:
    """What the link would acknowledge; nothing is changed, because mail scanners open every link."""
    with scoped(system("link")):
        link = links.shown(secret, "acknowledge", at=at)
        # Within the organisation that was written to: a case that went to another one is no business of theirs.
        with scoped(Scope(f"link:{link.pk}", link.org_path)):
            return link, list(Case.objects.filter(pk__in=link.subjects.get("case", [])).order_by("pk"))


def acknowledge(secret: str, *, by: str, at: datetime) -> Link:
    """The link, used up, with every case behind it acknowledged under the name that was given."""
    with scoped(system("link")):
        link = links.redeemed(secret, "acknowledge", at=at)
        with scoped(Scope(f"link:{link.pk}", link.org_path)):
            for case_id in Case.objects.filter(pk__in=link.subjects.get("case", [])).values_list("pk", flat=True):
                cases.acknowledge(case_id, at=at, by=by, via="link")
    return link
