"""Acts on drafts of rosters: begun from what is in force, changed step by step, each step undone and done again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from vonggac.duty import planning
from vonggac.duty.models import Edit, Member, Placement, Post, Roster, RosterPost, RosterState, ShiftType
from vonggac.duty.patterns import day_of, parse_slot_id
from vonggac.duty.queries import needs
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

LONGEST_DAYS = 92
Pair = tuple[str, int]  # (slot, member)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a draft: who is put where, who is taken off; `what` names its kind for the history.

    `said`: what the ledger keeps beside it, for example why a rule is broken knowingly.
    """

    added: frozenset[Pair] = frozenset()
    removed: frozenset[Pair] = frozenset()
    what: str = "place"
    said: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def start_draft(
    office: Organisation, posts: Sequence[Post], first: date, last: date, name: str = "", *, by: str, at: datetime
) -> Roster:
    """A new draft for these posts and days, holding what is published for them already."""
    if not posts:
        raise InputError("choose the posts that the roster is for")
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise InputError(f"a roster covers 1 to {LONGEST_DAYS} days")
    # After midnight the night of the day before still runs, and somebody may have to be put on it.
    if last < day_of(at) and not any(slot.to_utc > at for slot in needs.slots(posts, first, last)):
        raise InputError("these days have passed; a roster is made for days to come")
    with_shifts = {row.post_id for row in needs.shift_types(posts, first, last)}
    bare = next((post for post in posts if post.pk not in with_shifts), None)
    if bare:
        raise InputError(f"{bare} has no shifts in these days; enter its shifts first")
    roster = Roster.objects.create(
        organisation=office, org_path=office.path, name=" ".join(name.split())[:200] or _usual_name(first, last),
        from_day=first, to_day=last, made_at=at, made_by=by, changed_at=at,
    )  # fmt: skip
    RosterPost.objects.bulk_create([RosterPost(roster=roster, post=post, org_path=office.path) for post in posts])
    _put(roster, _published(posts, first, last))
    ledger.record("roster.draft", "roster", roster.pk, roster.org_path, at=at, name=roster.name)
    return roster


def _published(posts: Sequence[Post], first: date, last: date) -> frozenset[Pair]:
    slots = {slot.id: slot for slot in needs.slots(posts, first, last)}
    names = dict(Member.objects.filter(eligibilities__post__in=posts).values_list("pk", "name"))
    return frozenset(planning.in_force(posts, slots, names))


@transaction.atomic
def change(roster_id: int, step: Step, *, by: str, at: datetime) -> Edit | None:
    """The step, applied as far as it changes anything; None when it changes nothing.

    What was undone before can no longer be redone. Shifts that are over stay as they are: InputError.
    """
    roster = locked_draft(roster_id)
    rows = {planning.pair_of(row): row.is_fixed for row in roster.placements.all()}
    standing = rows.keys()
    added, removed = step.added - standing, step.removed & standing
    if not added and not removed:
        return None
    _check(roster, added | removed, at)
    Edit.objects.filter(roster=roster, is_undone=True).delete()
    last = Edit.objects.filter(roster=roster).order_by("-number").first()
    edit = Edit.objects.create(
        roster=roster, org_path=roster.org_path, number=last.number + 1 if last else 1, what=step.what,
        added=sorted(added), removed=[[*pair, rows[pair]] for pair in sorted(removed)], at=at, by=by,
    )  # fmt: skip
    _apply(roster, added, removed, at)
    ledger.record(
        "roster.edit", "roster", roster.pk, roster.org_path, at=at,
        what=step.what, added=len(added), removed=len(removed), **step.said,
    )  # fmt: skip
    return edit


@transaction.atomic
def undo(roster_id: int, *, at: datetime) -> Edit | None:
    """The last step that was not undone yet, taken back; None when there is none."""
    roster = locked_draft(roster_id)
    edit = Edit.objects.filter(roster=roster, is_undone=False).order_by("-number").first()
    return _turn(roster, edit, at, is_undone=True) if edit else None


@transaction.atomic
def redo(roster_id: int, *, at: datetime) -> Edit | None:
    """The step that was undone last, done again; None when there is none."""
    roster = locked_draft(roster_id)
    edit = Edit.objects.filter(roster=roster, is_undone=True).order_by("number").first()
    return _turn(roster, edit, at, is_undone=False) if edit else None


def _turn(roster: Roster, edit: Edit, at: datetime, *, is_undone: bool) -> Edit:
    added, removed, pinned = _pairs_of(edit.added), _pairs_of(edit.removed), frozenset[Pair]()
    if is_undone:
        added, removed = removed, added
        pinned = _pairs_of([one for one in edit.removed if one[-1] is True])
    _apply(roster, added, removed, at, pinned)
    edit.is_undone = is_undone
    edit.save(update_fields=["is_undone"])
    act = "roster.undo" if is_undone else "roster.redo"
    ledger.record(act, "roster", roster.pk, roster.org_path, at=at, what=edit.what, number=edit.number)
    return edit


@transaction.atomic
def pin(roster_id: int, pair: Pair, *, is_fixed: bool, at: datetime) -> None:
    """Keep somebody where they stand, whatever the solver would do; or let it decide again."""
    roster = locked_draft(roster_id)
    type_id, day = _parsed(pair[0])
    found = roster.placements.filter(shift_type=type_id, day=day, member=pair[1])
    if not found.update(is_fixed=is_fixed):
        raise OutOfScope("nobody of that name stands on this shift")
    ledger.record("roster.pin", "roster", roster.pk, roster.org_path, at=at, slot=pair[0], is_fixed=is_fixed)


@transaction.atomic
def discard(roster_id: int, *, at: datetime) -> Roster:
    """The draft, put away; what is in force was never touched by it."""
    roster = locked_draft(roster_id)
    roster.state, roster.changed_at = RosterState.DISCARDED, at
    roster.save(update_fields=["state", "changed_at"])
    ledger.record("roster.discard", "roster", roster.pk, roster.org_path, at=at, name=roster.name)
    return roster


def pairs(roster: Roster) -> frozenset[Pair]:
    """Who stands where in a roster."""
    return frozenset(planning.pair_of(row) for row in roster.placements.all())


def locked_draft(roster_id: int) -> Roster:
    """The draft, locked; WrongState when it was published or discarded."""
    found = Roster.objects.select_for_update(of=("self",)).select_related("organisation").filter(pk=roster_id).first()
    if found is None:
        raise OutOfScope(f"roster {roster_id} is not among those you may see")
    if found.state != RosterState.DRAFT:
        raise WrongState("this roster is no draft any more; begin a new draft from what is in force")
    return found


def _check(roster: Roster, touched: Collection[Pair], at: datetime) -> None:
    posts = list(roster.posts.all())
    slots = {slot.id: slot for slot in needs.slots(posts, roster.from_day, roster.to_day)}
    for slot_id, _member in touched:
        if slot_id not in slots:
            raise InputError("this shift is not in the roster's days and posts; look at the page again")
        if slots[slot_id].to_utc <= at:
            raise InputError("this shift is over; who stood it does not change any more")
    known = set(Member.objects.filter(pk__in={member for _, member in touched}).values_list("pk", flat=True))
    if any(member not in known for _, member in touched):
        raise OutOfScope("this person is not on a duty list that you may see")


def _apply(
    roster: Roster, added: Collection[Pair], removed: Collection[Pair], at: datetime, pinned: Collection[Pair] = ()
) -> None:
    gone = set(removed)
    unwanted = [row.pk for row in roster.placements.all() if planning.pair_of(row) in gone]
    Placement.objects.filter(pk__in=unwanted).delete()
    _put(roster, added, pinned)
    roster.changed_at = at
    roster.save(update_fields=["changed_at"])


def _put(roster: Roster, added: Collection[Pair], pinned: Collection[Pair] = ()) -> None:
    types = set(ShiftType.objects.filter(post__in=roster.posts.all()).values_list("pk", flat=True))
    members = set(Member.objects.filter(pk__in={member for _slot, member in added}).values_list("pk", flat=True))
    rows = []
    for slot_id, member_id in added:
        type_id, day = _parsed(slot_id)
        # A step that is undone may name somebody or a shift that has gone meanwhile.
        if type_id in types and member_id in members:
            rows.append(
                Placement(
                    roster=roster, org_path=roster.org_path, shift_type_id=type_id, day=day, member_id=member_id,
                    is_fixed=(slot_id, member_id) in pinned,
                )
            )  # fmt: skip
    Placement.objects.bulk_create(rows, ignore_conflicts=True)


def _parsed(slot_id: str) -> tuple[int, date]:
    try:
        return parse_slot_id(slot_id)
    except ValueError:
        raise InputError(f"“{slot_id[:40]}” is no shift of a roster") from None


def _pairs_of(stored: Iterable[Sequence[str | int]]) -> frozenset[Pair]:
    return frozenset((str(slot), int(member)) for slot, member, *_is_pinned in stored)


def _usual_name(first: date, last: date) -> str:
    year = f"/{last.year}"
    return f"{first.day}/{first.month} – {last.day}/{last.month}{year}"


def following_week(at: datetime) -> tuple[date, date]:
    """The next Monday and its Sunday: the days that a new draft is usually for."""
    today = day_of(at)
    monday = today + timedelta(days=7 - today.weekday())
    return monday, monday + timedelta(days=6)
