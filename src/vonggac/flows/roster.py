"""A draft becomes the roster in force, and each person whom it touches hears of it once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from vonggac.duty import messages
from vonggac.duty.services import publishing
from vonggac.duty.services.publishing import HandTurn, PersonsChange, Publication
from vonggac.flows.local_times import span
from vonggac.register.models import Organisation, Person


@transaction.atomic
def publish(roster_id: int, *, by: Person, reason: str = "", at: datetime) -> Publication:
    """The draft in force, with one message to everybody who gained or lost a shift and has an address."""
    publication = publishing.publish(roster_id, by=by.name, reason=reason, at=at)
    roster = publication.roster
    subject = f"[Vọng Gác] Lịch trực {roster.name} (bản {roster.version}): ca trực của bạn thay đổi"
    _tell(roster.organisation, subject, publication.changes, at)
    return publication


@transaction.atomic
def change_by_hand(
    office: Organisation, turns: Sequence[HandTurn], *, by: Person, at: datetime
) -> Sequence[PersonsChange]:
    """Shifts of a table changed in force, with one message to everybody concerned who has an address."""
    changes = publishing.change_by_hand(office, turns, by=by.name, at=at)
    _tell(office, "[Vọng Gác] Lịch trực: ca trực của bạn thay đổi", changes, at)
    return changes


def _tell(office: Organisation, subject: str, changes: Iterable[PersonsChange], at: datetime) -> None:
    for change in changes:
        if to := address_of(change):
            messages.notify(messages.Draft(office, subject, "\n".join(_letter(change)), to), at=at)


def address_of(change: PersonsChange) -> str:
    """Where somebody is written to; "" for those without an account, who are told by phone."""
    person = change.member.person if change.member else None
    return person.email if person is not None and person.is_active else ""


def _letter(change: PersonsChange) -> Iterator[str]:
    yield f"Kính gửi {change.name},"
    yield ""
    for turns, heading in ((change.added, "Ca trực được xếp thêm:"), (change.removed, "Ca trực không còn phải trực:")):
        if turns:
            yield heading
            yield from (f"- {span(turn.from_utc, turn.to_utc)} · {turn.post}" for turn in turns)
            yield ""
    yield "Lịch của bạn: mở Lịch trực → Ca của tôi."
