"""Requests to pass shifts on: whose they are, who could take them, and what somebody could be offered in return."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from vonggac.duty import exchanging, planning
from vonggac.duty.exchanging import Change, Objection
from vonggac.duty.loose import QUARTER
from vonggac.duty.models import Exchange, Member, Post, Shift
from vonggac.duty.patterns import Slot, day_of
from vonggac.duty.planning import Plan
from vonggac.kernel.roster.values import Assignment

# Rules look over weeks of Monday to Sunday: a plan around a shift reaches a week to both sides.
MARGIN = timedelta(days=7)
# So far ahead somebody is offered shifts to swap for.
HORIZON = timedelta(days=28)
LISTED = 20


@dataclass(frozen=True, slots=True)
class Setting:
    """What is in force around a shift, as a plan with who stands where."""

    plan: Plan
    placed: frozenset[Assignment]

    def objection(self, exchange: Exchange, taker: Member) -> Objection:
        """What stands against somebody of the plan taking a request on."""
        return exchanging.objection(self.plan, self.placed, change_of(exchange, taker))

    def stands(self, member_id: int, slot: str) -> bool:
        """True while somebody stands on a shift in what is in force."""
        return Assignment(slot, str(member_id)) in self.placed


def change_of(exchange: Exchange, taker: Member) -> Change:
    """Who comes and who goes when somebody takes a request on."""
    asker, own = str(exchange.asker_id), str(taker.pk)
    if exchange.is_swap:
        return exchanging.swapping(exchange.slot, asker, exchange.wanted_slot, own)
    return exchanging.covering(exchange.slot, asker, own)


def open_ones(at: datetime) -> QuerySet[Exchange]:
    """The requests that wait for somebody, the nearest shift first; not those whose shifts went to others meanwhile."""
    own = _stands("asker", "post", "from_utc", "to_utc")
    theirs = _stands("colleague", "wanted_post", "wanted_from_utc", "wanted_to_utc")
    is_swap = Q(wanted_from_utc__isnull=False)
    waiting = Exchange.objects.filter(own, taken_at__isnull=True, withdrawn_at__isnull=True, from_utc__gt=at)
    waiting = waiting.filter(~is_swap | Q(theirs, wanted_from_utc__gt=at))
    named = waiting.select_related("post__organisation", "post__lead", "asker__person", "colleague", "wanted_post")
    return named.order_by("from_utc", "pk")


def _stands(member: str, post: str, begin: str, end: str) -> Exists:
    """Whether the member that a request names still stands on the shift that it names."""
    shifts = Shift.objects.filter(
        post=OuterRef(post), member=OuterRef(member), from_utc=OuterRef(begin), to_utc=OuterRef(end),
        taken_off_at__isnull=True,
    )  # fmt: skip
    return Exists(shifts)


def asked_by(member: Member, at: datetime) -> list[Exchange]:
    """The open requests of one person."""
    return list(open_ones(at).filter(asker=member)[:LISTED])


def offered_to(member: Member, at: datetime) -> list[Exchange]:
    """The open requests that one person may take on under the rules."""
    asked = open_ones(at).filter(Q(colleague=member) | Q(colleague__isnull=True, post__in=posts_of(member, at)))
    return [one for one in asked.exclude(asker=member)[:LISTED] if _may_take(one, member, at)]


def posts_of(member: Member, at: datetime) -> QuerySet[Post]:
    """The posts at which somebody may stand, and those at which they stood or will within a quarter, as tables say."""
    stands = Q(shifts__member=member, shifts__from_utc__range=(at - QUARTER, at + QUARTER))
    return Post.objects.filter(Q(members=member) | stands).distinct()


def _may_take(exchange: Exchange, member: Member, at: datetime) -> bool:
    setting = around(exchange, at)
    is_known = str(member.pk) in setting.plan.members
    return is_known and still_stands(exchange, setting) and not setting.objection(exchange, member)


def still_stands(exchange: Exchange, setting: Setting) -> bool:
    """True while the shifts of a request are still those of its people."""
    if not setting.stands(exchange.asker_id, exchange.slot):
        return False
    return not exchange.is_swap or setting.stands(exchange.colleague_id or 0, exchange.wanted_slot)


def around(exchange: Exchange, at: datetime) -> Setting:
    """What is in force around the shifts of a request."""
    days = [day_of(begin) for begin in (exchange.from_utc, exchange.wanted_from_utc) if begin]
    posts = {post.pk: post for post in (exchange.post, exchange.wanted_post) if post is not None}
    return setting_of(list(posts.values()), min(days), max(days), at)


def setting_of(posts: Sequence[Post], first: date, last: date, at: datetime) -> Setting:
    """What is in force for posts from a week before some days until a week after."""
    return Setting(*planning.around(posts, first - MARGIN, last + MARGIN, at=at))


@dataclass(frozen=True, slots=True)
class Offer:
    """A colleague who may take a shift over; with `slot` in return for one of theirs."""

    member: Member
    slot: Slot | None = None
    post: Post | None = None

    @property
    def may_answer(self) -> bool:
        """True when they have an account with which to take it; for the others who plans puts them there."""
        return self.member.person is not None and self.member.person.is_active


def covers(setting: Setting, slot: str, asker: Member) -> list[Offer]:
    """Who may take a shift over with nothing in return, by name."""
    found = [
        Offer(member)
        for number, member in setting.plan.members.items()
        if member.pk != asker.pk
        and Assignment(slot, number) not in setting.placed
        and not exchanging.objection(setting.plan, setting.placed, exchanging.covering(slot, str(asker.pk), number))
    ]
    return sorted(found, key=lambda offer: offer.member.name)


def swaps(setting: Setting, slot: str, asker: Member, at: datetime) -> list[Offer]:
    """The colleagues' shifts that may be had for a shift under the rules, the nearest first."""
    mine = str(asker.pk)
    found = [
        Offer(setting.plan.members[one.worker], other, setting.plan.posts[other.post_id])
        for one in _others(setting, slot, mine)
        if (other := setting.plan.slots[one.slot]).from_utc > at
        and not exchanging.objection(
            setting.plan, setting.placed, exchanging.swapping(slot, mine, one.slot, one.worker)
        )
    ]
    return sorted(found, key=lambda offer: (offer.slot.from_utc if offer.slot else at, offer.member.name))


def _others(setting: Setting, slot: str, mine: str) -> Iterable[Assignment]:
    """The shifts of others on which somebody does not stand, nor their owner on the one that is offered."""
    own = {one.slot for one in setting.placed if one.worker == mine}
    on_mine = {one.worker for one in setting.placed if one.slot == slot}
    return (one for one in setting.placed if one.worker not in on_mine and one.slot not in own)
