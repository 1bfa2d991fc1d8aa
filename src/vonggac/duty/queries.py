"""Reads of posts, shifts and messages within the scope in force."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from vonggac.duty.links import ACKNOWLEDGE_DAYS
from vonggac.duty.models import Link, Message, Post, Shift
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


# Past its link's life a message is history: what it asked was escalated long ago.
TOLD_WITHIN = timedelta(days=ACKNOWLEDGE_DAYS)
OWN_TRIES = timedelta(minutes=10)
MESSAGE_STATES = ("", "untold", "unsent", "failed", "sent")
_STILL_SENT = """
    duty_message.subjects = '{}' OR EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(duty_message.subjects->'case') AS asked(id)
        JOIN cases_case ON cases_case.id = asked.id::bigint WHERE cases_case.state = 'sent')
"""


def messages() -> QuerySet[Message]:
    """The messages of the scope, the newest first, each with when a link in it was last used (`link_used_at`)."""
    used = Link.objects.filter(message=OuterRef("pk")).order_by("-used_at").values("used_at")
    newest = used.filter(used_at__isnull=False)[:1]
    return Message.objects.select_related("organisation").annotate(link_used_at=Subquery(newest)).order_by("-pk")


def untold(rows: QuerySet[Message], now: datetime) -> QuerySet[Message]:
    """Those that reached nobody yet: no mail went out, no link was passed on, and what they ask is unacknowledged.

    Left out are those of the last minutes, which are still on their way.
    """
    waiting = rows.filter(sent_at__isnull=True, link_made_at__isnull=True, made_at__gt=now - TOLD_WITHIN)
    is_stuck = Q(next_try_at__isnull=True) | Q(failed_at__isnull=False) | Q(made_at__lte=now - OWN_TRIES)
    still_sent = RawSQL(_STILL_SENT, (), output_field=BooleanField())  # noqa: S611  constant text, no parameters
    return waiting.filter(is_stuck).alias(still_sent=still_sent).filter(still_sent=True)


def messages_that(state: str, now: datetime) -> QuerySet[Message]:
    """The messages in one of MESSAGE_STATES."""
    rows = messages()
    if state == "untold":
        return untold(rows, now)
    if state == "failed":
        return rows.filter(sent_at__isnull=True, failed_at__isnull=False)
    return rows.filter(sent_at__isnull=state == "unsent") if state else rows


def message(message_id: int) -> Message:
    """One message; OutOfScope when it is not among those one may see."""
    found = messages().filter(pk=message_id).first()
    if found is None:
        raise OutOfScope(f"message {message_id} is not among those you may see")
    return found
