"""Changes of what is in force that make no version, by a table, a spreadsheet or by hand: taken back for a day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q, prefetch_related_objects

from vonggac.duty.models import InPlace, InPlaceKind, Member, Policy, Post, Reinforcement, RosterPost, Shift
from vonggac.duty.patterns import Slot
from vonggac.duty.services import members, posts, publishing, sheet_undo
from vonggac.duty.services.publishing import PersonsChange
from vonggac.duty.services.sheet_undo import Taken
from vonggac.duty.services.unpublishing import UNDO_FOR
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

LISTED = 5
ACTS = {
    InPlaceKind.TABLE: "roster.import_undo",
    InPlaceKind.HAND: "roster.by_hand_undo",
    InPlaceKind.SHEET: "roster.sheet_undo",
}
Span: TypeAlias = tuple[int, str, str]  # (post, from, to) in values that JSON keeps
_CHANGED_MEANWHILE = "the roster has changed meanwhile; look at it once more"


def keep(
    office: Organisation,
    kind: InPlaceKind,
    name: str,
    spans: Sequence[Span] = (),
    *,
    gone: Sequence[dict[str, Any]] = (),
    fresh: Iterable[Shift] = (),
    sheet: Taken | None = None,
    made: Sequence[int] = (),
    raised: Sequence[int] = (),
    by: str,
    at: datetime,
) -> InPlace:
    """What takes a change back: the shifts that went (as `publishing.rows`), that came, and who stands now.

    `made`, `raised`: posts and reinforcements that go with it; `sheet`: what a spreadsheet changed. What is too old to
    be taken back is forgotten.
    """
    InPlace.objects.filter(organisation=office, made_at__lte=at - UNDO_FOR).delete()
    before = {
        "gone": list(gone), "added": [shift.pk for shift in fresh], "posts": list(made), "raised": list(raised),
        "spans": list(spans), "sheet": sheet.to_json() if sheet else None, "laid": _standing(spans, _shifts_in(spans)),
    }  # fmt: skip
    return InPlace.objects.create(
        organisation=office, org_path=office.path, kind=kind, name=name[:200], made_at=at, made_by=by[:200],
        before=before,
    )  # fmt: skip


def _shifts_in(spans: Collection[Span]) -> list[Shift]:
    """The shifts of the spans' posts from the first begin to the last end, in one query."""
    if not spans:
        return []
    touching = Shift.objects.filter(
        post__in={post for post, _begin, _end in spans}, from_utc__lt=max(end for _post, _begin, end in spans),
        to_utc__gt=min(begin for _post, begin, _end in spans),
    )  # fmt: skip
    return list(touching.order_by("pk"))


def _standing(spans: Iterable[Span], shifts: Iterable[Shift], before: Iterable[Sequence[Any]] = ()) -> list[list[Any]]:
    """Who stands in each of the spans, in values that JSON keeps; a check-in changes nothing of it.

    Of somebody on the duty list the name is as it was `before`.
    """
    by_post: dict[int, list[tuple[Shift, str]]] = defaultdict(list)
    for shift, name in publishing.names_kept(shifts, before):
        by_post[shift.post_id].append((shift, name))
    return [
        [one.pk, name, one.skill, one.from_utc.isoformat(), one.to_utc.isoformat(), one.taken_off_at is not None]
        for post_id, begin, end in spans
        for one, name in by_post[post_id]
        if one.from_utc < datetime.fromisoformat(end) and one.to_utc > datetime.fromisoformat(begin)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back: shifts taken out and put back, and for whom; leave and people that came of a spreadsheet."""

    change: InPlace
    removed: int
    restored: int
    changes: Sequence[PersonsChange]
    leaves: int = 0
    people: int = 0

    @property
    def begins(self) -> datetime | None:
        """When the first of these shifts begins."""
        turns = [turn for one in self.changes for turn in (*one.added, *one.removed)]
        return min((turn.from_utc for turn in turns), default=None)


def open_ones(office: Organisation, *, at: datetime) -> list[InPlace]:
    """The changes of an office that can be taken back now, the newest first; three queries, however many there are."""
    found = InPlace.objects.filter(organisation=office, made_at__gt=at - UNDO_FOR).order_by("-made_at", "-pk")
    changes = list(found[:LISTED])
    seen = _Seen.of(changes)
    return [one for one in changes if seen.lets(one, at)]


def one(change_id: int) -> InPlace:
    """The change, locked; OutOfScope where it was taken back, is too old, or not among those one may see."""
    found = InPlace.objects.select_for_update(of=("self",)).select_related("organisation").filter(pk=change_id)
    change = found.first()
    if change is None:
        raise OutOfScope(f"change {change_id} is not among those that can be taken back")
    return change


def check(change: InPlace, *, at: datetime) -> None:
    """Raise WrongState where a change cannot be taken back any more."""
    _Seen.of([change]).check(change, at)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands now of what some changes touched."""

    shifts: Sequence[Shift]
    published: Sequence[tuple[int, datetime | None]]  # (post, when a roster was published for it)

    @classmethod
    def of(cls, changes: Sequence[InPlace]) -> "_Seen":
        spans = [span for one in changes for span in one.before["spans"]]
        if not spans:
            return cls((), ())
        rosters = RosterPost.objects.filter(
            post__in={post for post, _begin, _end in spans},
            roster__published_at__gt=min(one.made_at for one in changes),
        )
        return cls(_shifts_in(spans), list(rosters.values_list("post_id", "roster__published_at")))

    def lets(self, change: InPlace, at: datetime) -> bool:
        try:
            self.check(change, at)
        except WrongState:
            return False
        return True

    def check(self, change: InPlace, at: datetime) -> None:
        before, since = change.before, change.made_at
        if at - since > UNDO_FOR:
            raise WrongState("a change can be taken back for a day; change what is in force anew instead")
        if change.kind == InPlaceKind.HAND and self._has_begun(change, at):
            raise WrongState("a shift that was changed has begun; change what is in force anew instead")
        if change.kind == InPlaceKind.SHEET:
            sheet_undo.check(before["sheet"])
        posts = {post for post, _begin, _end in before["spans"]}
        if any(post in posts and published and published > since for post, published in self.published):
            raise WrongState("a roster was published since for these posts; change that one instead")
        if _standing(before["spans"], self.shifts, before["laid"]) != before["laid"]:
            raise WrongState("the roster has changed since; change what is in force anew instead")

    def _has_begun(self, change: InPlace, at: datetime) -> bool:
        begins = [datetime.fromisoformat(begin) for _post, begin, _end in change.before["spans"]]
        came = any(one.checked_in_at for one in self.shifts if one.pk in change.before["added"])
        return came or any(change.made_at < begin <= at for begin in begins)


def _fresh(change: InPlace) -> list[Shift]:
    """The shifts that the change laid down and that are still there."""
    found = Shift.objects.select_related("post", "member__person").filter(pk__in=change.before["added"])
    return list(found.order_by("pk"))


@transaction.atomic
def take_back(change_id: int, *, by: str, at: datetime) -> TakenBack:
    """The shifts as they were before a change; WrongState where `check` says that it is late.

    Whoever has checked in on a shift of a table stays. Who is put back on a shift that has begun since is due from now.
    """
    for known in InPlace.objects.select_related("organisation").filter(pk=change_id):
        publishing.lock_posts(known.organisation)
    change = one(change_id)
    fresh, gone = _fresh(change), publishing.read(change.before["gone"])
    check(change, at=at)
    leaving = [shift for shift in fresh if shift.checked_in_at is None]
    Shift.objects.filter(pk__in=[shift.pk for shift in leaving]).delete()
    there = {(shift.post_id, shift.person_name, shift.from_utc) for shift in fresh if shift.checked_in_at}
    back = [shift for shift in gone if (shift.post_id, shift.person_name, shift.from_utc) not in there]
    standing = [shift for shift in back if shift.taken_off_at is None]
    prefetch_related_objects(back, "post", "member__person")
    publishing.note_running([shift for shift in back if shift.from_utc > change.made_at], at)
    publishing.put_back(back)
    members.know_again(change.organisation, back, at=at)
    _drop_bare(change.before["posts"])
    for row in Reinforcement.objects.filter(pk__in=change.before["raised"]):
        posts.end_reinforcement(row.pk, at=at)
    kept = change.before["sheet"]
    leaves, people = sheet_undo.take_back(kept, at=at) if kept else (0, 0)
    change.delete()
    counts = {"leaves": leaves, "people": people} if kept else {"removed": len(leaving), "restored": len(back)}
    ledger.record(
        ACTS[InPlaceKind(change.kind)], "organisation", change.organisation_id, change.org_path, at=at,
        name=change.name, by=by, **counts,
    )  # fmt: skip
    return TakenBack(change, len(leaving), len(back), publishing.changes_of(standing, leaving), leaves, people)


def _drop_bare(made: Collection[int]) -> None:
    """Posts that the change made and that nothing else stands on are gone with it."""
    bare = Post.objects.filter(
        pk__in=made, shifts__isnull=True, shift_types__isnull=True, hand_overs__isnull=True,
        eligibilities__isnull=True, feeds__isnull=True, exchanges__isnull=True, escalations__isnull=True,
    )  # fmt: skip
    for post in bare.exclude(pk__in=Policy.objects.filter(post__isnull=False).values("post")):
        with suppress(ProtectedError):
            post.delete()


@dataclass(frozen=True, slots=True)
class HandTurn:
    """Somebody put on a shift in place, with the skills that they bring, or taken off it."""

    slot: Slot
    member: Member
    is_added: bool
    skills: frozenset[str] = frozenset()


@transaction.atomic
def change_by_hand(
    office: Organisation,
    turns: Sequence[HandTurn],
    *,
    by: str,
    at: datetime,
    said: Mapping[str, Any],
    raised: Sequence[int] = (),
) -> list[PersonsChange]:
    """The shifts of a table changed in force, and what that changes for whom: no draft holds what no pattern has.

    `said`: what the ledger keeps beside who was put on or taken off which shift, each as a line of a table, with the
    change's own `name`; `raised`: the reinforcements that end when it is taken back. Raises
    InputError for a shift that is over; WrongState when somebody to be taken off does not stand there any more or has
    checked in to what has not begun, and when somebody to be put on stands there already.
    """
    if any(turn.slot.to_utc <= at for turn in turns):
        raise InputError("this shift is over; who stood it does not change any more")
    publishing.lock_posts(office)
    touched = Post.objects.in_bulk({turn.slot.post_id for turn in turns})
    gone = [_standing_there(turn, at) for turn in turns if not turn.is_added]
    fresh = [_by_hand(turn, touched[turn.slot.post_id]) for turn in turns if turn.is_added]
    before = publishing.rows([*gone, *(overtaken := _overtaken(fresh))])
    Shift.objects.filter(pk__in=[shift.pk for shift in overtaken]).delete()
    publishing.take_off(gone, at)
    _put_on(fresh, at)
    changes = publishing.changes_of(fresh, gone)
    slots = {(one.slot.post_id, one.slot.from_utc, one.slot.to_utc) for one in turns}
    spans = [(post, begin.isoformat(), end.isoformat()) for post, begin, end in sorted(slots)]
    keep(
        office,
        InPlaceKind.HAND,
        str(said.get("name", "")),
        spans,
        gone=before,
        fresh=fresh,
        raised=raised,
        by=by,
        at=at,
    )
    ledger.record(
        "roster.by_hand", "organisation", office.pk, office.path, at=at, by=by, people=len(changes),
        added=[publishing.line_of(shift) for shift in fresh], removed=[publishing.line_of(shift) for shift in gone],
        **said,
    )  # fmt: skip
    return changes


def _overtaken(fresh: Sequence[Shift]) -> list[Shift]:
    """What is left of the same shifts, where their people never came to them and were taken off: they stand again."""
    found = Shift.objects.select_for_update(of=("self",)).filter(
        post__in={one.post_id for one in fresh}, from_utc__in={one.from_utc for one in fresh}, checked_in_at=None,
        taken_off_at__isnull=False,
    )  # fmt: skip
    again = {(one.post_id, one.person_name, one.from_utc) for one in fresh}
    return [one for one in found if (one.post_id, one.person_name, one.from_utc) in again]


def _put_on(fresh: Sequence[Shift], at: datetime) -> None:
    publishing.note_running(fresh, at)
    try:
        with transaction.atomic():
            Shift.objects.bulk_create(fresh)
    except IntegrityError:
        raise WrongState(_CHANGED_MEANWHILE) from None


def _standing_there(turn: HandTurn, at: datetime) -> Shift:
    slot, member = turn.slot, turn.member
    found = Shift.objects.select_for_update(of=("self",)).select_related("post", "member__person").filter(
        Q(member=member) | Q(member=None, person_name=member.name), Q(checked_in_at=None) | Q(from_utc__lte=at),
        post=slot.post_id, from_utc=slot.from_utc, to_utc=slot.to_utc, to_utc__gt=at, taken_off_at=None,
    )  # fmt: skip
    shift = found.first()
    if shift is None:
        raise WrongState(_CHANGED_MEANWHILE)
    return shift


def _by_hand(turn: HandTurn, post: Post) -> Shift:
    slot, member = turn.slot, turn.member
    return Shift(
        post=post, org_path=post.org_path, person_id=member.person_id, person_name=member.name, phone=member.phone,
        from_utc=slot.from_utc, to_utc=slot.to_utc, member=member, shift_type_id=slot.type_id or None,
        skills=sorted(turn.skills), is_on_call=slot.is_on_call,
    )  # fmt: skip
