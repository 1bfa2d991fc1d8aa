"""Calendars by a secret address (RFC 5545): one person's shifts, or one post's; revoked, the address answers no more.

The address carries a random secret of 256 bits, of which the table keeps the SHA-256 alone.
"""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.models import Feed, Member, Post, Shift
from vonggac.duty.queries import duty_of
from vonggac.errors import OutOfScope
from vonggac.kernel.text import fold
from vonggac.ledger import services as ledger
from vonggac.register.models import Person

BEHIND, AHEAD = timedelta(days=31), timedelta(days=366)
REFRESH = timedelta(hours=1)


@transaction.atomic
def of_member(member: Member, *, by: str, at: datetime) -> str:
    """The address of a new calendar of one person's shifts."""
    return _made(Feed(member=member, org_path=member.org_path, made_at=at, made_by=by))


@transaction.atomic
def of_post(post: Post, *, by: str, at: datetime) -> str:
    """The address of a new calendar of everybody on one post."""
    return _made(Feed(post=post, org_path=post.org_path, made_at=at, made_by=by))


def _made(feed: Feed) -> str:
    secret = secrets.token_urlsafe(32)
    feed.digest = digest_of(secret)
    feed.save()
    ledger.record(
        "feed.make", "feed", feed.pk, feed.org_path, at=feed.made_at, member=feed.member_id, post=feed.post_id
    )
    return f"{settings.VONGGAC_ORIGIN}/calendar/{secret}.ics"


@transaction.atomic
def revoke(feed: Feed, *, at: datetime) -> None:
    """Let the address answer no more; a second time changes nothing."""
    if feed.revoked_at is None:
        feed.revoked_at = at
        feed.save(update_fields=["revoked_at"])
        ledger.record("feed.revoke", "feed", feed.pk, feed.org_path, at=at)


def revoke_of(member: Member, *, at: datetime) -> None:
    """Let no calendar of a member answer any more: their account is another's now, or nobody's."""
    for feed in member.feeds.filter(revoked_at__isnull=True):
        revoke(feed, at=at)


def digest_of(secret: str) -> str:
    """What the table keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def opened(secret: str, *, at: datetime) -> Feed:
    """The calendar behind a secret, with the moment of this reading.

    OutOfScope for one that is unknown or revoked, and for that of somebody whose account is closed.
    """
    found = Feed.objects.select_related("member__person", "post").filter(
        digest=digest_of(secret), revoked_at__isnull=True
    )
    feed = found.exclude(member__person__is_active=False).first()
    if feed is None:
        raise OutOfScope("this calendar does not exist, or its address was revoked")
    # Programs read every few minutes: once an hour is enough to see that a calendar is in use.
    if feed.read_at is None or at - feed.read_at > REFRESH:
        feed.read_at = at
        feed.save(update_fields=["read_at"])
    return feed


def language_of(feed: Feed) -> str:
    """The language of whoever a calendar belongs to: its person, or for a post who made it; Vietnamese for others."""
    if feed.member is not None:
        return feed.member.person.language if feed.member.person else "vi"
    made_by = Person.objects.filter(name=feed.made_by, is_active=True).values_list("language", flat=True)
    return next(iter(made_by), "vi")


def calendar(feed: Feed, *, at: datetime) -> bytes:
    """The calendar as iCalendar text: shifts of the last month and the year to come, each with a stable identity.

    It rings nobody: no event has an alarm.
    """
    span = {"to_utc__gt": at - BEHIND, "from_utc__lt": at + AHEAD, "taken_off_at__isnull": True}
    shifts = Shift.objects.select_related("post__organisation", "roster", "shift_type").filter(**span, **_whose(feed))
    name = feed.member.name if feed.member else feed.post.name if feed.post else ""
    made = Calendar()
    made.add("prodid", "-//Vong Gac//duty roster//VI")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Duty: %(name)s") % {"name": name})
    made.add("x-wr-timezone", str(OFFICE_ZONE))
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    found = list(shifts.order_by("from_utc", "pk"))
    beside: dict[tuple[int, datetime], list[str]] = defaultdict(list)
    ending: dict[tuple[int, datetime], list[str]] = defaultdict(list)
    others = Shift.objects.filter(post__in={shift.post_id for shift in found}, **span).order_by("person_name")
    for post_id, begins, ends, person in others.values_list("post_id", "from_utc", "to_utc", "person_name"):
        beside[post_id, begins].append(person)
        ending[post_id, ends].append(person)
    for shift in found:
        around = _Around(
            [one for one in beside[shift.post_id, shift.from_utc] if one != shift.person_name],
            ending[shift.post_id, shift.from_utc], beside[shift.post_id, shift.to_utc],
        )  # fmt: skip
        made.add_component(_event(shift, around, at, is_of_post=feed.post_id is not None))
    return bytes(made.to_ical())


def _whose(feed: Feed) -> dict[str, object]:
    return {"member": feed.member} if feed.member_id else {"post": feed.post}


class _Around(NamedTuple):
    """Who stands beside the person of a shift, and whom the watch comes from and goes to."""

    beside: Sequence[str]
    before: Sequence[str]
    after: Sequence[str]


def _event(shift: Shift, around: _Around, at: datetime, *, is_of_post: bool) -> Event:
    """One shift; its UID names post, person and begin, so a shift that is planned anew stays the same event."""
    identity = f"{shift.post_id}-{shift.person_name}-{shift.from_utc:%Y%m%dT%H%MZ}"
    event = Event()
    event.add("uid", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@vong-gac")
    changed = shift.roster.published_at if shift.roster and shift.roster.published_at else shift.from_utc - BEHIND
    event.add("dtstamp", min(changed, at))
    event.add("dtstart", shift.from_utc)
    event.add("dtend", shift.to_utc)
    what = f"{_post(shift.post.name)} · {_shift(shift)}"
    event.add("summary", f"{shift.person_name} · {what}" if is_of_post else what)
    office = shift.post.organisation.name
    event.add("location", _("at home, on call for %(office)s") % {"office": office} if shift.is_on_call else office)
    event.add("description", "\n".join(_description(shift, around, is_of_post=is_of_post)))
    event.add("transp", "TRANSPARENT" if shift.is_on_call else "OPAQUE")
    return event


def _post(name: str) -> str:
    """`Trực giám sát`; a post whose name does not say that it is duty is told as such."""
    return name if fold(name).startswith(("truc", "duty")) else _("Duty %(post)s") % {"post": name}


def _shift(shift: Shift) -> str:
    """`ca đêm`, as the post's pattern calls it; the hours of a shift that an imported table brought."""
    name = shift.shift_type.name if shift.shift_type else ""
    if name:
        return name if name[:2].isupper() else name[:1].lower() + name[1:]
    begin, end = (moment.astimezone(OFFICE_ZONE) for moment in (shift.from_utc, shift.to_utc))
    return f"{begin:%H:%M}–{end:%H:%M}"


def _description(shift: Shift, around: _Around, *, is_of_post: bool) -> Iterator[str]:
    """Which post and whether at home, beside whom, who hands over to whom, and where the desk shows it."""
    yield f"{_post(shift.post.name)} · {shift.post.organisation.name}"
    if shift.is_on_call:
        yield _("On call at home")
    if duty_of(shift).is_lead:
        yield _("Leads the shift")
    if around.beside:
        yield _("With %(names)s") % {"names": ", ".join(around.beside)}
    if shift.post.hands_over and around.before:
        yield _("Takes the watch over from %(names)s") % {"names": ", ".join(around.before)}
    if shift.post.hands_over and around.after:
        yield _("Hands the watch over to %(names)s") % {"names": ", ".join(around.after)}
    week = f"?week={shift.from_utc.astimezone(OFFICE_ZONE):%Y-%m-%d}"
    yield f"{settings.VONGGAC_ORIGIN}/roster/{week if is_of_post else 'mine/'}"
