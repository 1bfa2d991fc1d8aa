"""Making a draft the roster in force: shifts laid down, the past kept, and what changed for each person."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core import serializers
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce

from vonggac.duty import planning
from vonggac.duty.models import Member, Post, Roster, RosterState, Shift
from vonggac.duty.patterns import Slot, begin_of
from vonggac.duty.planning import Plan
from vonggac.duty.queries import needs
from vonggac.duty.services.rosters import locked_draft, pairs
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.values import Violation
from vonggac.kernel.text import alphabetic
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

# What a version may change of a shift whose person it keeps there.
LAID = (
    "to_utc", "member", "person", "shift_type", "is_on_call", "skills", "phone", "roster", "skill", "put_on_at",
    "taken_off_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift that a person gained or lost."""

    post: str
    from_utc: datetime
    to_utc: datetime


@dataclass(slots=True)
class PersonsChange:
    """What a publication changes for one person, known by name and, where they are on the duty list, as a member."""

    name: str
    member: Member | None = None
    added: list[Turn] = field(default_factory=list)
    removed: list[Turn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing would do, or did."""

    roster: Roster
    changes: Sequence[PersonsChange]
    holes: int
    plan: Plan
    broken: Sequence[Violation]
    standing: int
    """How many places are filled, over all shifts that are not over."""

    @property
    def broken_rules(self) -> int:
        """How many rules it breaks on shifts that are not over."""
        return len(self.broken)


@dataclass(frozen=True, slots=True)
class _Laying:
    """The difference between what is in force and what the draft wants, for shifts that are not over."""

    fresh: list[Shift]
    gone: list[Shift]
    kept: list[tuple[Shift, Shift]]  # (in force, as wanted)


def preview(roster: Roster, *, at: datetime) -> Publication:
    """What publishing the draft now would change, person by person; nothing is written."""
    return _publication(roster, _laying(roster, at), at)


@transaction.atomic
def publish(
    roster_id: int,
    *,
    by: str,
    reason: str = "",
    at: datetime,
    was: RosterState = RosterState.DRAFT,
    raised: Sequence[int] = (),
) -> Publication:
    """The draft as the next version in force; `reason` says why, where it breaks rules.

    Shifts that are over stay; of one that is under way, whoever is no longer wanted leaves now. `was`: what becomes
    of it when the version is taken back; `raised`: the reinforcements that go with it then.
    """
    lock_posts_of(roster_id)
    roster = locked_draft(roster_id)
    laying = _laying(roster, at)
    publication = _publication(roster, laying, at)
    before = _lay(roster, laying, at)
    newest = Roster.objects.filter(organisation=roster.organisation).aggregate(last=Max("version"))["last"] or 0
    roster.state, roster.version, roster.published_at, roster.published_by = RosterState.PUBLISHED, newest + 1, at, by
    roster.changed_at = at
    roster.verdict = {
        "holes": publication.holes,
        "broken_rules": publication.broken_rules,
        "changed": [[one.name, len(one.added), len(one.removed)] for one in publication.changes],
    }
    roster.before = {
        **before, "was": was, "raised": list(raised), "replaced": _replace_older(roster),
        "laid": laid(roster, list(roster.posts.all()), at),
    }  # fmt: skip
    roster.save()
    ledger.record(
        "roster.publish", "roster", roster.pk, roster.org_path, at=at, name=roster.name, version=roster.version, by=by,
        holes=publication.holes, broken_rules=publication.broken_rules, people=len(publication.changes),
        reason=reason[:500],
    )  # fmt: skip
    return publication


def lock_posts(office: Organisation, others: Iterable[int] = ()) -> None:
    """Wait for whoever else changes what is in force for an office, or for other posts beside its own.

    Always before a roster, a request or a change is locked, and in one order: versions are numbered one after the
    other, and nobody lays down what another has just overtaken.
    """
    concerned = Q(organisation=office) | Q(pk__in=list(others))
    list(Post.objects.select_for_update(no_key=True).filter(concerned).order_by("pk").values_list("pk"))


def lock_posts_of(roster_id: int) -> None:
    """The same for a roster's office and posts; nothing for a roster that is not there."""
    roster = Roster.objects.select_related("organisation").filter(pk=roster_id).first()
    if roster is not None:
        lock_posts(roster.organisation, roster.posts.values_list("pk", flat=True))


def _laying(roster: Roster, at: datetime) -> _Laying:
    posts = {post.pk: post for post in roster.posts.all()}
    slots = {slot.id: slot for slot in needs.slots(list(posts.values()), roster.from_day, roster.to_day)}
    placed = pairs(roster)
    members = Member.objects.in_bulk([member for _, member in placed])
    wanted: dict[tuple[int, int | str, datetime], Shift] = {}
    for slot_id, member_id in sorted(placed):
        slot = slots.get(slot_id)
        if slot and slot.to_utc > at:
            shift = _shift(roster, posts[slot.post_id], slot, members[member_id])
            wanted[_key(shift)] = shift
    standing: dict[tuple[int, int | str, datetime], Shift] = {}
    for shift in (there := _standing(roster, list(posts.values()), at)):
        standing.setdefault(_key(shift), shift)
    kept = [(standing[key], shift) for key, shift in wanted.items() if key in standing]
    stays = {shift.pk for shift, _wanted in kept}
    return _Laying(
        fresh=[shift for key, shift in wanted.items() if key not in standing],
        gone=[shift for shift in there if shift.pk not in stays and shift.left_at is None],
        kept=kept,
    )


def _standing(roster: Roster, posts: Sequence[Post], at: datetime) -> list[Shift]:
    begin, end = begin_of(roster.from_day), begin_of(roster.to_day + timedelta(days=1))
    found = Shift.objects.filter(post__in=posts, from_utc__gte=begin, from_utc__lt=end, to_utc__gt=at)
    return list(found.select_related("post", "member__person").order_by("from_utc", "pk"))


def _key(shift: Shift) -> tuple[int, int | str, datetime]:
    """Whose shift it is: a member keeps theirs under another name too."""
    return shift.post_id, shift.member_id or shift.person_name, shift.from_utc


def _shift(roster: Roster, post: Post, slot: Slot, member: Member) -> Shift:
    return Shift(
        post=post, org_path=post.org_path, person_id=member.person_id, person_name=member.name, phone=member.phone,
        from_utc=slot.from_utc, to_utc=slot.to_utc, member=member, shift_type_id=slot.type_id, roster=roster,
        skills=list(member.skills), is_on_call=slot.is_on_call,
    )  # fmt: skip


def _lay(roster: Roster, laying: _Laying, at: datetime) -> dict[str, Any]:
    """The draft laid down; what stood in its place, in values that JSON keeps."""
    kept = [shift for shift, _wanted in laying.kept]
    before = {"gone": rows(laying.gone), "kept": rows(kept)}
    take_off(laying.gone, at)
    for shift, wanted in laying.kept:
        for name in ("to_utc", "member_id", "person_id", "shift_type_id", "is_on_call", "skills", "phone"):
            setattr(shift, name, getattr(wanted, name))
        if shift.taken_off_at is not None and shift.checked_in_at is None:
            note_running([shift], at)
        shift.roster, shift.skill, shift.taken_off_at = roster, "", None
    lay_again(kept)
    note_running(laying.fresh, at)
    return before | {"added": [shift.pk for shift in Shift.objects.bulk_create(laying.fresh)]}


def lay_again(kept: Sequence[Shift]) -> None:
    """What a version may change of shifts that stay; one that nobody came to is left as long as it is taken off."""
    Shift.objects.bulk_update(kept, LAID)
    _leave_unseen([shift.pk for shift in kept])


def _leave_unseen(shifts: Iterable[int]) -> None:
    Shift.objects.filter(pk__in=shifts, checked_in_at=None).update(left_at=F("taken_off_at"))


def rows(shifts: Iterable[Shift]) -> list[dict[str, Any]]:
    """The shifts in values that JSON keeps; `read` gives them again."""
    return list(json.loads(serializers.serialize("json", shifts)))


def read(kept: Sequence[dict[str, Any]]) -> list[Shift]:
    """The shifts that `rows` kept, unsaved."""
    found = (one.object for one in serializers.deserialize("json", json.dumps(kept)))
    return [shift for shift in found if isinstance(shift, Shift)]


def put_back(gone: Iterable[Shift]) -> None:
    """Shifts that were deleted as they were; who was taken off a running one may come back. IntegrityError."""
    there = set(Shift.objects.filter(pk__in=[shift.pk for shift in gone]).values_list("pk", flat=True))
    Shift.objects.filter(pk__in=there).update(taken_off_at=None)
    _leave_unseen(there)
    with transaction.atomic():
        Shift.objects.bulk_create([shift for shift in gone if shift.pk not in there])


def laid(
    roster: Roster, posts: Sequence[Post], since: datetime, before: Iterable[Sequence[Any]] = ()
) -> list[list[Any]]:
    """Who stands at the roster's posts in its days, on shifts that end after a moment; a check-in changes nothing.

    Of somebody on the duty list the name is as it was `before`: they are the same under another one.
    """
    return [
        [one.pk, name, one.from_utc.isoformat(), one.to_utc.isoformat(), one.taken_off_at is not None]
        for one, name in names_kept(_standing(roster, posts, since), before)
    ]  # fmt: skip


def names_kept(shifts: Iterable[Shift], before: Iterable[Sequence[Any]]) -> Iterator[tuple[Shift, str]]:
    """The shifts, each with its person's name; of a member the one that `before` kept with its number."""
    kept = {row[0]: row[1] for row in before}
    for one in shifts:
        yield one, kept.get(one.pk, one.person_name) if one.member_id else one.person_name


def note_running(fresh: Sequence[Shift], at: datetime) -> None:
    """Who is put on a shift that runs is due from now: nobody was to come before."""
    for shift in fresh:
        shift.put_on_at = at if shift.from_utc < at else None


def take_off(gone: Sequence[Shift], at: datetime) -> None:
    """Shifts that are wanted no more: left now where they have minutes that count, else deleted.

    Who checked in early stood no minute of what had not begun; the ledger knows that they came.
    """
    there = [shift.pk for shift in gone if _counts_until(shift, at)]
    Shift.objects.filter(pk__in=there).update(left_at=Coalesce("left_at", at), taken_off_at=at)
    Shift.objects.filter(pk__in={shift.pk for shift in gone} - set(there)).delete()


def _counts_until(shift: Shift, at: datetime) -> bool:
    """True where a plan of later leaves minutes of the shift as they were: somebody came, or nobody was asked to."""
    if shift.checked_in_at is not None:
        return shift.from_utc <= at
    return shift.from_utc < at and not shift.post.asked_throughout(shift.from_utc, at)


def _publication(roster: Roster, laying: _Laying, at: datetime) -> Publication:
    plan = planning.plan_of(roster, at=at)
    verdict = check(plan.problem, plan.assignments(pairs(roster)))
    ahead = {slot.id for slot in plan.slots.values() if slot.to_utc > at}
    holes = sum(hole.slot in ahead for hole in verdict.holes)
    broken = [one for one in verdict.violations if not ahead.isdisjoint(one.slots)]
    standing = len(laying.fresh) + len(laying.kept)
    back = [shift for shift, _wanted in laying.kept if shift.taken_off_at is not None]
    changes = changes_of([*laying.fresh, *back], laying.gone)
    return Publication(roster, changes, holes, plan, broken, standing)


def line_of(shift: Shift) -> dict[str, str]:
    """What a roster table says of a shift: enough to lay it down again."""
    begin, end = shift.from_utc.isoformat(), shift.to_utc.isoformat()
    return {"post": shift.post.name, "from": begin, "to": end, "person": shift.person_name, "skill": shift.skill}


def changes_of(fresh: Iterable[Shift], gone: Iterable[Shift]) -> list[PersonsChange]:
    """What shifts that come and shifts that go change, person by person, by name."""
    found: dict[str, PersonsChange] = {}
    for shifts, name in ((fresh, "added"), (gone, "removed")):
        for shift in sorted(shifts, key=lambda one: one.from_utc):
            who = shift.member.name if shift.member else shift.person_name
            change = found.setdefault(who, PersonsChange(who))
            change.member = change.member or shift.member
            getattr(change, name).append(Turn(shift.post.name, shift.from_utc, shift.to_utc))
    return [found[name] for name in sorted(found, key=alphabetic)]


def _replace_older(roster: Roster) -> list[int]:
    """Earlier versions whose days and posts this one covers altogether are in force nowhere any more."""
    own = set(roster.posts.values_list("pk", flat=True))
    older = Roster.objects.filter(
        organisation=roster.organisation, state=RosterState.PUBLISHED, from_day__gte=roster.from_day,
        to_day__lte=roster.to_day,
    ).exclude(pk=roster.pk)  # fmt: skip
    covered = [one.pk for one in older.prefetch_related("posts") if {post.pk for post in one.posts.all()} <= own]
    Roster.objects.filter(pk__in=covered).update(state=RosterState.REPLACED)
    return covered
