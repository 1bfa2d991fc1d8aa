"""Drafts and single changes become what is in force, and each person whom they touch hears of it once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from vonggac.duty import messages, planning
from vonggac.duty.exchanging import Change
from vonggac.duty.models import InPlaceKind, Roster, RosterState
from vonggac.duty.planning import Plan
from vonggac.duty.services import in_place, publishing, rosters, unpublishing
from vonggac.duty.services import posts as post_services
from vonggac.duty.services.in_place import HandTurn, TakenBack
from vonggac.duty.services.publishing import PersonsChange, Publication
from vonggac.duty.services.rosters import Step
from vonggac.flows.local_times import span
from vonggac.kernel.roster.values import Assignment
from vonggac.register.models import Organisation, Person


@transaction.atomic
def publish(roster_id: int, *, by: Person, reason: str = "", at: datetime) -> Publication:
    """The draft in force, with one message to everybody who gained or lost a shift and has an address."""
    return _told(publishing.publish(roster_id, by=by.name, reason=reason, at=at), at)


def _told(publication: Publication, at: datetime) -> Publication:
    roster = publication.roster
    subject = f"[Vọng Gác] Lịch trực {roster.name} (bản {roster.version}): ca trực của anh/chị thay đổi"
    _tell(roster.organisation, subject, publication.changes, at)
    return publication


@transaction.atomic
def take_back(roster_id: int, *, by: Person, at: datetime) -> tuple[Roster, Sequence[PersonsChange]]:
    """The published version taken back, with one message to everybody whose shifts that changes."""
    roster, changes = unpublishing.take_back(roster_id, by=by.name, at=at)
    subject = f"[Vọng Gác] Rút lại lịch trực {roster.name} (bản {roster.version}): ca trực của anh/chị thay đổi"
    _tell(roster.organisation, subject, changes, at)
    return roster, changes


@transaction.atomic
def take_back_in_place(change_id: int, *, by: str, at: datetime) -> TakenBack:
    """The change that made no version taken back; as a table tells nobody, only one by hand is told of."""
    done = in_place.take_back(change_id, by=by, at=at)
    if done.change.kind == InPlaceKind.HAND:
        _tell(done.change.organisation, "[Vọng Gác] Rút lại thay đổi: ca trực của anh/chị thay đổi", done.changes, at)
    return done


@transaction.atomic
def retire_post(post_id: int, on: date, *, at: datetime) -> list[PersonsChange]:
    """A post held no more from a day on, with one message to everybody whose shifts that takes out."""
    post, changes = post_services.retire_post(post_id, on, at=at)
    _tell(post.organisation, f"[Vọng Gác] Vị trí {post.name} thôi trực: ca trực của anh/chị thay đổi", changes, at)
    return changes


@dataclass(frozen=True, slots=True)
class Naming:
    """What a change of what is in force is called, its kind for the history, and what is said beside it.

    `raised`: the reinforcements that end when the change is taken back.
    """

    name: str
    what: str = "place"
    reason: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    raised: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change did for whom; `version` of the roster is None where shifts of a table alone were changed."""

    version: int | None
    changes: Sequence[PersonsChange]
    first: date


@transaction.atomic
def change_in_force(plan: Plan, change: Change, naming: Naming, *, by: Person, at: datetime) -> Applied:
    """A change of who stands where in a plan of what is in force, applied and told.

    Posts with a pattern get a version of these days. Where shifts lie in them that fit no pattern, or whose person is
    known by name alone, they are changed one by one, in place: a version would take those shifts out.
    """
    touched = [plan.slots[one.slot] for one in change.added | change.removed]
    first, last = min(slot.day for slot in touched), max(slot.day for slot in touched)
    by_hand = {slot.post_id for slot in plan.slots.values() if not slot.type_id and first <= slot.day <= last}
    by_hand |= planning.of_strangers({slot.post_id for slot in touched}, first, last)
    office = plan.posts[touched[0].post_id].organisation
    changes: list[PersonsChange] = []
    version: int | None = None
    posts = {slot.post_id for slot in touched} - by_hand
    if any(slot.post_id in by_hand for slot in touched):
        turns = [
            _turn(plan, one, is_added=one in change.added)
            for one in sorted(change.removed) + sorted(change.added)
            if plan.slots[one.slot].post_id in by_hand
        ]
        said = {"name": naming.name, "what": naming.what, "reason": naming.reason[:500], **naming.said}
        raised = () if posts else naming.raised
        changes += in_place.change_by_hand(office, turns, by=by.name, at=at, said=said, raised=raised)
        _tell(office, "[Vọng Gác] Lịch trực: ca trực của anh/chị thay đổi", changes, at)
    if posts:
        added, removed = (
            frozenset((one.slot, int(one.worker)) for one in some if plan.slots[one.slot].post_id in posts)
            for some in (change.added, change.removed)
        )
        draft = rosters.start_draft(
            office, [plan.posts[post] for post in sorted(posts)], first, last, naming.name, by=by.name, at=at
        )  # fmt: skip
        rosters.change(draft.pk, Step(added, removed, naming.what, naming.said), by=by.name, at=at)
        publication = _told(
            publishing.publish(
                draft.pk, by=by.name, reason=naming.reason, at=at, was=RosterState.DISCARDED, raised=naming.raised
            ),
            at,
        )
        version, changes = publication.roster.version, [*changes, *publication.changes]
    return Applied(version, changes, first)


def _turn(plan: Plan, one: Assignment, *, is_added: bool) -> HandTurn:
    worker = next(worker for worker in plan.problem.workers if worker.id == one.worker)
    return HandTurn(plan.slots[one.slot], plan.members[one.worker], is_added, worker.skills)


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
    yield f"Lịch của anh/chị (Lịch trực → Ca của tôi): {settings.VONGGAC_ORIGIN}/roster/mine/"
