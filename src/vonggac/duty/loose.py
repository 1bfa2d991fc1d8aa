"""Shifts in force that no pattern of their post has, as an imported table lays them down: slots of their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from vonggac.duty.models import Member, Post, Shift
from vonggac.duty.patterns import Slot, begin_of, day_of
from vonggac.duty.rules import LEAD, skill_code
from vonggac.kernel.roster.values import Worker

# Whom a table puts at a post within a quarter, before or after, may stand in there.
_QUARTER = timedelta(days=91)
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


def loose_shifts(posts: Sequence[Post], first: date, last: date, slots: Iterable[Slot]) -> Loose:
    """The shifts of one office's posts that begin on these days and fit none of the slots; two queries.

    A slot wants as many people of the duty list as stand on it, and a lead where the post wants one and no name beside
    the duty list leads: a name alone has no rules that anybody could check.
    """
    start, end = begin_of(first), begin_of(last + timedelta(days=1))
    fitting = {(slot.post_id, slot.from_utc, slot.to_utc) for slot in slots}
    names = dict(Member.objects.filter(organisation=posts[0].organisation_id).values_list("name", "pk"))
    found: dict[_Span, list[tuple[int | None, Shift]]] = defaultdict(list)
    standing: dict[int, set[int]] = defaultdict(set)
    skills: dict[int, set[str]] = defaultdict(set)
    near = Shift.objects.filter(post__in=posts, from_utc__gte=start - _QUARTER, from_utc__lt=end + _QUARTER)
    for shift in near.order_by("from_utc", "pk"):
        span, member = (shift.post_id, shift.from_utc, shift.to_utc), shift.member_id or names.get(shift.person_name)
        if span in fitting or shift.shift_type_id:
            continue
        if member:
            standing[member].add(shift.post_id)
            skills[member] |= {skill_code(shift.skill)} if shift.skill else set()
        if start <= shift.from_utc < end:
            found[span].append((member, shift))
    needy = {post.pk for post in posts if post.needs_lead}
    made = {span: _slot(span, group, needs_lead=span[0] in needy) for span, group in found.items()}
    pairs = [(made[span].id, member) for span, group in found.items() for member, _shift in group if member]
    return Loose({slot.id: slot for slot in made.values()}, pairs, standing, skills)


def _slot(span: _Span, group: Sequence[tuple[int | None, Shift]], *, needs_lead: bool) -> Slot:
    post_id, begin, end = span
    strangers = [shift for member, shift in group if member is None]
    is_led = any(skill_code(one.skill) == LEAD for one in strangers)
    return Slot(
        id=f"{post_id}@{begin:%Y-%m-%dT%H:%M}/{end:%Y-%m-%dT%H:%M}", post_id=post_id, type_id=0, code="",
        day=day_of(begin), from_utc=begin, to_utc=end, minimum=len(group) - len(strangers), wished=0,
        skills=((LEAD, 1),) if needs_lead and not is_led else (), is_on_call=group[0][1].is_on_call,
    )  # fmt: skip
