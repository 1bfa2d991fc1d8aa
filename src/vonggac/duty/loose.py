"""Shifts in force that fit no pattern of their post, as an imported table lays them down: slots of their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from vonggac.duty.models import Member, Post, Shift
from vonggac.duty.patterns import Slot, begin_of, day_of
from vonggac.duty.skills import LEAD, skill_code
from vonggac.kernel.roster.values import Worker

# Whom a table puts at a post within a quarter, before or after, may stand in there.
QUARTER = timedelta(days=91)
_Span = tuple[int, datetime, datetime]  # (post, from, to)


@dataclass(frozen=True, slots=True)
class Loose:
    """The slots by identifier, who of the duty list stands on them, and what tables say of those people.

    `standing`: member → posts at which a table put them; `skills`: member → skills that it wrote beside their names.
    """

    slots: Mapping[str, Slot] = field(default_factory=dict)
    pairs: Sequence[tuple[str, int]] = ()
    standing: Mapping[int, set[int]] = field(default_factory=dict)
    skills: Mapping[int, set[str]] = field(default_factory=dict)

    def known(self, worker: Worker) -> Worker:
        """The worker with what tables say of them."""
        number = int(worker.id)
        posts = {str(post) for post in self.standing.get(number, ())}
        return replace(worker, posts=worker.posts | posts, skills=worker.skills | self.skills.get(number, set()))


NOTHING_LOOSE = Loose()


def loose_id(post_id: int, begin: datetime, end: datetime) -> str:
    """The identifier of a shift that fits no pattern: `POST@FROM/TO`, to the minute in UTC."""
    return f"{post_id}@{begin.astimezone(UTC):%Y-%m-%dT%H:%M}/{end.astimezone(UTC):%Y-%m-%dT%H:%M}"


def parse_loose_id(text: str) -> tuple[int, date]:
    """(post, day in Hà Nội on which it begins) of such an identifier; ValueError when it is none."""
    number, _, span = text.partition("@")
    return int(number), day_of(datetime.fromisoformat(span.partition("/")[0]).replace(tzinfo=UTC))


def loose_shifts(posts: Sequence[Post], first: date, last: date, slots: Iterable[Slot]) -> Loose:
    """The shifts of one office's posts that begin on these days and fit none of the slots; a query, three with some.

    A slot wants as many people of the duty list as stand on it, and a lead where the post wants one and no name beside
    the duty list leads: a name alone has no rules that anybody could check.
    """
    start, end = begin_of(first), begin_of(last + timedelta(days=1))
    fitting = {(slot.post_id, slot.from_utc, slot.to_utc) for slot in slots}
    inside = Shift.objects.filter(post__in=posts, from_utc__gte=start, from_utc__lt=end, taken_off_at__isnull=True)
    ordered = inside.order_by("from_utc", "pk")
    loose = [shift for shift in ordered if (shift.post_id, shift.from_utc, shift.to_utc) not in fitting]
    if not loose:
        return NOTHING_LOOSE
    names = dict(Member.objects.filter(organisation=posts[0].organisation_id).values_list("name", "pk"))
    found: dict[_Span, list[tuple[int | None, Shift]]] = defaultdict(list)
    for shift in loose:
        span = shift.post_id, shift.from_utc, shift.to_utc
        found[span].append((shift.member_id or names.get(shift.person_name), shift))
    needy = {post.pk for post in posts if post.needs_lead}
    made = {span: _slot(span, group, needs_lead=span[0] in needy) for span, group in found.items()}
    pairs = [(made[span].id, member) for span, group in found.items() for member, _shift in group if member]
    near = Q(shift_type=None, from_utc__gte=start - QUARTER, from_utc__lt=end + QUARTER)
    tables = Shift.objects.filter(near | Q(pk__in=[one.pk for one in loose]), post__in={one.post_id for one in loose})
    standing: dict[int, set[int]] = defaultdict(set)
    skills: dict[int, set[str]] = defaultdict(set)
    for shift in tables:
        member = shift.member_id or names.get(shift.person_name)
        if member and (shift.post_id, shift.from_utc, shift.to_utc) not in fitting:
            standing[member].add(shift.post_id)
            skills[member] |= {skill_code(shift.skill)} if shift.skill else set()
    return Loose({slot.id: slot for slot in made.values()}, pairs, standing, skills)


def _slot(span: _Span, group: Sequence[tuple[int | None, Shift]], *, needs_lead: bool) -> Slot:
    post_id, begin, end = span
    strangers = [shift for member, shift in group if member is None]
    is_led = any(skill_code(one.skill) == LEAD for one in strangers)
    return Slot(
        id=loose_id(post_id, begin, end), post_id=post_id, type_id=0, code="", day=day_of(begin), from_utc=begin,
        to_utc=end, minimum=len(group) - len(strangers), wished=0,
        skills=((LEAD, 1),) if needs_lead and not is_led else (), is_on_call=group[0][1].is_on_call,
    )  # fmt: skip
