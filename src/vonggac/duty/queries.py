"""Reads of posts and shifts within the scope in force."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.duty.models import Post, Shift
from vonggac.duty.rules import Duty, Hole, Need, holes
from vonggac.errors import OutOfScope

# A hole this far ahead is worth showing on the first page.
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is on duty now, who comes next, and the holes ahead."""

    posts: list[Post]
    now: list[Shift]
    following: list[Shift]
    holes: list[Hole]
    at: datetime

    @property
    def is_staffed(self) -> bool:
        """True when somebody is on duty at this moment."""
        return bool(self.now)

    @property
    def holes_now(self) -> list[Hole]:
        """The holes that are open at this moment."""
        return [hole for hole in self.holes if hole.from_utc <= self.at < hole.to_utc]

    @property
    def ends_at(self) -> datetime | None:
        """When the first of the present shifts ends."""
        return min((shift.to_utc for shift in self.now), default=None)


def watch(at: datetime) -> Watch:
    """The state of the watch at a moment: two queries."""
    posts = list(Post.objects.select_related("organisation").order_by("org_path", "pk"))
    planned = shifts(at, at + AHEAD)
    on_now = [shift for shift in planned if shift.from_utc <= at < shift.to_utc]
    upcoming = [shift for shift in planned if shift.from_utc > at]
    first = min((shift.from_utc for shift in upcoming), default=None)
    return Watch(
        posts=posts,
        now=sorted(on_now, key=lambda shift: (not duty_of(shift).is_lead, shift.person_name)),
        following=[shift for shift in upcoming if shift.from_utc == first],
        holes=all_holes(posts, planned, at, horizon(planned, at)),
        at=at,
    )


def shifts(start: datetime, end: datetime) -> list[Shift]:
    """The shifts that touch a span, in order of time."""
    return list(
        Shift.objects.select_related("post").filter(to_utc__gt=start, from_utc__lt=end).order_by("from_utc", "pk")
    )


def shift(shift_id: int) -> Shift:
    """One shift; OutOfScope when it is not among those one may see."""
    found = Shift.objects.select_related("post", "person").filter(pk=shift_id).first()
    if found is None:
        raise OutOfScope(f"shift {shift_id} is not among those you may see")
    return found


def all_holes(posts: list[Post], planned: list[Shift], start: datetime, end: datetime) -> list[Hole]:
    """The holes of every post in a span, the earliest first."""
    duties = [duty_of(shift) for shift in planned]
    found = [hole for post in posts for hole in holes(need_of(post), duties, start, end)]
    return sorted(found, key=lambda hole: (hole.from_utc, hole.post_id))


def horizon(planned: list[Shift], at: datetime) -> datetime:
    """As far as the roster reaches, at most a week ahead: past its end the lack is of a roster, not of a person."""
    last = max((shift.to_utc for shift in planned), default=at)
    return min(max(last, at), at + AHEAD)


def need_of(post: Post) -> Need:
    """What the post needs, as a value."""
    return Need(post.pk, post.name, post.minimum, post.needs_lead)


def duty_of(shift: Shift) -> Duty:
    """The shift as a value."""
    return Duty(shift.post_id, shift.person_name, shift.skill, shift.from_utc, shift.to_utc)
