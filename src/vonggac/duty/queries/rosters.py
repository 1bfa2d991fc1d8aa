"""Rosters: drafts one works on, versions that were published, and the posts that a roster can be made for."""

from datetime import date, datetime, timedelta

from vonggac.duty.models import Post, Roster, RosterState
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import needs
from vonggac.duty.queries.watch import posts
from vonggac.errors import OutOfScope, WrongState

LISTED = 20
# Posts whose pattern begins within this time can be planned for already.
AHEAD = timedelta(days=92)


def roster(roster_id: int) -> Roster:
    """One roster; OutOfScope when it is not among those one may see."""
    found = Roster.objects.select_related("organisation").filter(pk=roster_id).first()
    if found is None:
        raise OutOfScope(f"roster {roster_id} is not among those you may see")
    return found


def draft(roster_id: int) -> Roster:
    """One draft; WrongState when it was published or discarded."""
    found = roster(roster_id)
    if found.state != RosterState.DRAFT:
        raise WrongState("this roster is no draft any more; begin a new draft from what is in force")
    return found


def drafts() -> list[Roster]:
    """The drafts under way, the newest first."""
    return list(Roster.objects.filter(state=RosterState.DRAFT).order_by("-changed_at")[:LISTED])


def published() -> list[Roster]:
    """The versions that are in force somewhere, the newest first."""
    found = Roster.objects.filter(state=RosterState.PUBLISHED).defer("before")
    return list(found.order_by("-published_at")[:LISTED])


def plannable_posts(at: datetime, until: date | None = None) -> list[Post]:
    """The posts that have shifts now or soon, `until` a later day if one is given: a roster can be made for them."""
    held = posts(at)
    today = day_of(at)
    with_shifts = {row.post_id for row in needs.shift_types(held, today, max(today + AHEAD, until or today))}
    return [post for post in held if post.pk in with_shifts]
