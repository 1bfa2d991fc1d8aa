"""An organisation acknowledges and answers: at the desk, by the link in its message, or by its word to others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from django.db.models import F, Prefetch

from vonggac.cases import services as cases
from vonggac.cases import successors
from vonggac.cases.models import Case, Finding
from vonggac.cases.rules import State
from vonggac.cases.services import Answer
from vonggac.duty import asking, links
from vonggac.duty.asking import Desk
from vonggac.duty.models import Link
from vonggac.errors import InputError
from vonggac.ledger.models import Entry
from vonggac.register.rules import identifier_of
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a case was acknowledged, and by whom where it was with the link that is asked about."""

    case: Case
    at: datetime | None
    by: str


def _is_whole(word: Word | None) -> TypeGuard[Word]:
    return word is not None and bool(word.by.strip()) and word.via in CHANNELS


def show(secret: str, *, at: datetime) -> tuple[Link, list[Case]]:
    """The link and the open cases it would acknowledge, those of a directive with their clause; nothing is changed.

    Mail scanners open every link.
    """
    with scoped(system("link")):
        link = links.shown(secret, "acknowledge", at=at)
        return link, _asked(link)


def acknowledge(secret: str, *, by: str, at: datetime) -> Link:
    """The link, used up, with every case behind it acknowledged under the name that was given."""
    with scoped(system("link")):
        link = links.redeemed(secret, "acknowledge", at=at)
        for case in _asked(link):
            with scoped(Scope(_actor(link), case.org_path)):
                cases.acknowledge(case.pk, at=at, by=by, via="link")
    return link


def receipts(secret: str, *, at: datetime) -> tuple[Link, list[Receipt]] | None:
    """The link that was used and what became of each case behind it; None where it was not used, or is none of ours.

    It names whom this link had typed in, and of what was acknowledged otherwise only when: whoever holds a link is not
    told who works at the desk. And it tells only until the link would have expired.
    """
    with scoped(system("link")):
        link = links.spent(secret, "acknowledge", at=at)
        if link is None:
            return None
        found = _theirs(link)
        said = Entry.objects.filter(
            act="case.acknowledge",
            actor=_actor(link),
            subject_kind=cases.SUBJECT,
            subject_id__in=[case.pk for case in found],
        )
        by: dict[tuple[int, datetime | None], str] = {
            (case_id, then): name for case_id, then, name in said.values_list("subject_id", "at", "detail__by")
        }
        return link, [
            Receipt(case, case.acknowledged_at, by.get((case.pk, case.acknowledged_at)) or "") for case in found
        ]


def whom_to_ask(secret: str) -> Desk | None:
    """The duty desk that whoever holds this link may ask, also once it is used or has expired; None where not ours."""
    with scoped(system("link")):
        organisation = links.sent_to(secret)
    return asking.desks_of([organisation])[organisation.pk] if organisation else None


def _actor(link: Link) -> str:
    return f"link:{link.pk}"


def _asked(link: Link) -> list[Case]:
    """The open ones of the cases behind the link. InputError where nothing is left."""
    asked = [case for case in _theirs(link) if case.state != State.CLOSED]
    if not asked:
        raise InputError(
            "nothing is left to acknowledge here: what this link was sent for is closed, or another organisation "
            "answers for it now"
        )
    return asked


def _theirs(link: Link) -> list[Case]:
    """The cases behind the link that are with the organisation that was written to, or with an heir of its work.

    A case that was sent to its real owner is no business of theirs. What a log has shown the host of went over to the
    host's case since the letter; where that is with a unit below, the unit is asked itself.
    """
    sent = link.subjects.get("case", [])
    newest_first = Finding.objects.order_by(F("last_seen_utc").desc(nulls_last=True), "pk")
    behind = {*sent, *successors.of(sent)}
    found = Case.objects.filter(pk__in=behind).order_by("pk")
    inherited = _inherited(link, behind)
    return [
        case
        for case in found.select_related(
            "organisation", "obligation__clause", "obligation__directive"
        ).prefetch_related(Prefetch("findings", newest_first))
        if case.organisation_id in {link.organisation_id, inherited.get(case.pk)}
        or (case.pk in sent and Scope("link", link.org_path).covers(case.org_path))
    ]


def _inherited(link: Link, behind: Collection[int]) -> dict[int, int]:
    """The heir, by a chain of dated acts that begins with the link's organisation, of each case that went to one."""
    passed = Entry.objects.filter(act="case.move", subject_kind=cases.SUBJECT, subject_id__in=behind)
    heir: dict[int, int] = {}
    for case_id, to, came_from in passed.order_by("pk").values_list("subject_id", "org_path", "detail__came_from"):
        # The identifier at the end of a path stays when the organisation comes under another parent.
        if heir.get(case_id, link.organisation_id) == identifier_of(came_from):
            heir[case_id] = identifier_of(to)
    return heir
