"""Taking a published version back: what stood before it stands again, while nothing of it has begun."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from vonggac.duty.models import Reinforcement, Roster, RosterState, Shift
from vonggac.duty.patterns import day_of
from vonggac.duty.services import members, posts, publishing
from vonggac.duty.services.publishing import PersonsChange
from vonggac.errors import OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

# So long a version can be taken back; later the next one is published instead.
UNDO_FOR = timedelta(hours=24)
_CHANGED_SINCE = "the roster has changed since; publish another version instead"


def newest(office: Organisation, *, at: datetime) -> Roster | None:
    """The version that an office published last, where it can be taken back now; None for none."""
    found = office.rosters.filter(state=RosterState.PUBLISHED, published_at__gt=at - UNDO_FOR)
    roster = found.select_related("organisation").order_by("-published_at", "-pk").first()
    return roster if roster and may_take_back(roster, at=at) else None


def may_take_back(roster: Roster, *, at: datetime) -> bool:
    """True while a version can be taken back."""
    try:
        check(roster, at=at)
    except WrongState:
        return False
    return True


def check(roster: Roster, *, at: datetime) -> None:
    """Raise WrongState where a version cannot be taken back any more."""
    since = roster.published_at
    if roster.state != RosterState.PUBLISHED or since is None or "added" not in roster.before:
        raise WrongState("only a version that is in force can be taken back")
    if at - since > UNDO_FOR:
        raise WrongState("a version can be taken back for a day; publish another one instead")
    fresh, gone = _fresh(roster), publishing.read(roster.before["gone"])
    if any(since < shift.from_utc <= at for shift in [*fresh, *gone]) or any(shift.checked_in_at for shift in fresh):
        raise WrongState("a shift that this version changed has begun; publish another version instead")
    planned, before = list(roster.posts.all()), roster.before["laid"]
    retired = {post.pk: post.retired_on for post in planned if post.retired_on}
    if any(shift.post_id in retired and day_of(shift.from_utc) >= retired[shift.post_id] for shift in gone):
        raise WrongState(_CHANGED_SINCE)
    if publishing.laid(roster, planned, since, before) != before:
        raise WrongState(_CHANGED_SINCE)


@transaction.atomic
def take_back(roster_id: int, *, by: str, at: datetime) -> tuple[Roster, list[PersonsChange]]:
    """The version, a draft again or put away, and what its taking back changes for whom; WrongState where it is late.

    What stood before stands again: shifts, and the versions that it had replaced. Whoever it took off a running shift
    may come back to it.
    """
    publishing.lock_posts_of(roster_id)
    found = Roster.objects.select_for_update(of=("self",)).select_related("organisation").filter(pk=roster_id)
    roster = found.first()
    if roster is None:
        raise OutOfScope(f"roster {roster_id} is not among those you may see")
    check(roster, at=at)
    fresh, gone = _fresh(roster), publishing.read(roster.before["gone"])
    kept = publishing.read(roster.before["kept"])
    prefetch_related_objects([*gone, *kept], "post", "member__person")
    changes = publishing.changes_of(gone, fresh)
    Shift.objects.filter(pk__in=[shift.pk for shift in fresh]).delete()
    _put_back(gone, kept)
    members.know_again(roster.organisation, [*gone, *kept], at=at)
    Roster.objects.filter(pk__in=roster.before["replaced"]).update(state=RosterState.PUBLISHED)
    for row in Reinforcement.objects.filter(pk__in=roster.before["raised"]):
        posts.end_reinforcement(row.pk, at=at)
    version, roster.state, roster.published_at = roster.version, roster.before["was"], None
    roster.published_by, roster.verdict, roster.before, roster.changed_at = "", {}, {}, at
    roster.save()
    ledger.record(
        "roster.take_back", "roster", roster.pk, roster.org_path, at=at, name=roster.name, version=version, by=by,
        people=len(changes),
    )  # fmt: skip
    return roster, changes


def _fresh(roster: Roster) -> list[Shift]:
    """The shifts that the version laid down and that are still there."""
    return list(
        Shift.objects.select_related("post", "member__person").filter(pk__in=roster.before["added"]).order_by("pk")
    )


def _put_back(gone: Sequence[Shift], kept: Sequence[Shift]) -> None:
    """Shifts that were deleted as they were; of those that stayed, what a version may change."""
    try:
        publishing.put_back(gone)
    except IntegrityError:
        raise WrongState(_CHANGED_SINCE) from None
    publishing.lay_again(kept)
