"""Who a step would call at a moment, and by which addresses: read for many escalations at once, decided per step."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.duty.escalation import rules
from vonggac.duty.escalation.rules import PlanStep, Target
from vonggac.duty.models import Channel, ContactMethod, Post, PostKind, QuietHours, Shift
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import duty_of, has_left, is_away, with_leave
from vonggac.register.models import Organisation, Person, Role, RoleName

FROM_ROLES = (RoleName.HEAD, RoleName.DUTY_OFFICER)
# Targets that are looked for among those on shift.
_OF_SHIFTS = (Target.ON_DUTY, Target.POST, Target.LEAD, Target.COMMANDER)


@dataclass(frozen=True, slots=True)
class Way:
    """One address of a recipient; without a channel it is a mail address."""

    address: str
    channel_id: int | None = None
    after_minutes: int = 0
    is_tested: bool = False
    """Its owner has answered a test that came by it."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody whom a step calls, with every way on which they are called."""

    name: str
    ways: tuple[Way, ...]
    person_id: int | None = None
    language: str = "vi"
    is_quiet: bool = False
    phone: str = ""
    """The number by which a person rings them up."""

    @property
    def who(self) -> str:
        """What an answer of theirs is kept under."""
        return f"person:{self.person_id}" if self.person_id else f"name:{self.name}"

    @property
    def reach(self) -> tuple[bool, bool]:
        """The more, the surer a call comes through: by any address, by one that was tested."""
        return bool(self.ways), any(way.is_tested for way in self.ways)


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a step calls, whose quiet hours spare them because others hear it, and who is planned there but on leave."""

    recipients: Sequence[Recipient]
    spared: Sequence[Recipient] = ()
    on_leave: Sequence[Recipient] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step looks for people: an organisation, and the posts that the plan names.

    Without a command post, the duty commander is whoever is on the office's leadership on duty.
    """

    organisation: Organisation
    post_id: int | None = None
    command_post_id: int | None = None


class Watchers:
    """Everybody who could be called from some places at a moment; eight queries, whatever their number.

    `others`: people whom no step means, and who are told all the same; those who have answered go off duty meanwhile.
    """

    def __init__(self, places: Collection[Place], at: datetime, *, others: Iterable[int | None] = ()) -> None:
        self._posts = _kept_posts(places, at)
        planned = _shifts(places, [post.pk for post in self._posts if post.kind == PostKind.LEADERSHIP], at)
        self._away = [shift for shift in planned if is_away(shift, at)]
        self._shifts = [shift for shift in planned if shift not in self._away and not has_left(shift, at)]
        self._roles = _roles({place.organisation for place in places}, at)
        people = {shift.person_id for shift in planned} | {role.person_id for role in self._roles}
        people |= {post.lead_id for post in self._posts} | {*others}
        self._ways = _ways([identifier for identifier in people if identifier])
        self._channels = list(Channel.objects.filter(is_enabled=True).order_by("-org_path", "pk"))
        self._quiet = _quiet(people, at)

    def called(self, place: Place, step: PlanStep, *, answered: Collection[str] = ()) -> Called:
        """Whom the step calls: nobody in quiet hours, unless they are on duty or nobody else would hear it.

        Nor whoever has `answered` (`Recipient.who`), where the plan waits for more.
        """
        found = [one for one in self.named(place, step) if one.who not in answered]
        reachable = [recipient for recipient in found if recipient.ways]
        awake = [recipient for recipient in reachable if not recipient.is_quiet]
        spared = [recipient for recipient in reachable if recipient.is_quiet] if awake else []
        return Called(awake or reachable, spared, self.on_leave(place, step))

    def from_leave(self, place: Place, steps: Iterable[PlanStep], *, answered: Collection[str] = ()) -> list[Recipient]:
        """Those on leave within reach, whichever of the steps means them: for where nobody else would hear it."""
        return self._each(
            one for step in steps for one in self.on_leave(place, step) if one.ways and one.who not in answered
        )

    def on_leave(self, place: Place, step: PlanStep) -> list[Recipient]:
        """Whom the step would call, but they have leave: a place that is empty, whatever the roster says."""
        if step.target not in _OF_SHIFTS:
            return []
        there = [shift for shift in self._away if self._is_meant(place, step, shift.post)]
        return self._each(
            self._on_shift(shift) for shift in there if step.target != Target.LEAD or duty_of(shift).is_lead
        )

    def unreachable(self, place: Place, step: PlanStep) -> list[Recipient]:
        """Those who would be called if they had an address."""
        return [recipient for recipient in self.named(place, step) if not recipient.ways]

    def named(self, place: Place, step: PlanStep) -> list[Recipient]:
        """Whom the step means, within reach or not."""
        office = place.organisation
        match step.target:
            case Target.OFFICE:
                return [Recipient(office.name, _mail(office.email))]
            case Target.ROOM:
                return self._room(office, step.channel)
            case Target.HEAD:
                return self._heads(office)
            case Target.COMMANDER:
                return self._commanders(place, step)
        return self._on_posts(place, step)

    def _on_posts(self, place: Place, step: PlanStep) -> list[Recipient]:
        on_now = self._on_now(place, step)
        if step.target == Target.LEAD:
            return self._leads(place, step, on_now)
        if step.target == Target.ON_DUTY:
            return self._firsts(on_now)
        return self._each(self._on_shift(shift) for shift in on_now)

    def _firsts(self, on_now: Sequence[Shift]) -> list[Recipient]:
        """Of each post the person on duty, but before one without a tested address the next who has one."""
        firsts: dict[int, Recipient] = {}
        for shift in on_now:
            one = self._on_shift(shift)
            if shift.post_id not in firsts or one.reach > firsts[shift.post_id].reach:
                firsts[shift.post_id] = one
        return self._each(firsts.values())

    def _leads(self, place: Place, step: PlanStep, on_now: Sequence[Shift]) -> list[Recipient]:
        """Who leads the shift, and whoever answers for the post: by day at a desk, at night in their quiet hours."""
        answering = [post.lead for post in self._posts if self._is_meant(place, step, post)]
        leads = [self._on_shift(shift) for shift in on_now if duty_of(shift).is_lead]
        people = (self._person(lead, place.organisation) for lead in answering if lead and lead.is_active)
        return self._each([*leads, *people])

    def people(self, people: Iterable[Person], organisation: Organisation) -> list[Recipient]:
        """These very people: those who have taken something on, whatever the hour."""
        return self._each(self._person(person, organisation, on_duty=True) for person in people)

    def _on_now(self, place: Place, step: PlanStep) -> list[Shift]:
        """Who is on, the person on duty first: who checked in before who is only planned, the lead after the others."""
        shifts = [shift for shift in self._shifts if self._is_meant(place, step, shift.post)]
        return sorted(shifts, key=lambda s: (s.checked_in_at is None, duty_of(s).is_lead, s.post_id, s.pk))

    def _is_meant(self, place: Place, step: PlanStep, post: Post) -> bool:
        """True where the step looks for people at this post."""
        if step.target == Target.COMMANDER:
            return post.pk in self._command(place)
        if place.post_id:
            return post.pk == place.post_id
        is_spared = step.spares_commander and post.pk in self._command(place)
        return post.organisation_id == place.organisation.pk and not is_spared

    def _command(self, place: Place) -> set[int]:
        """The post that the plan names, else the office's leadership on duty."""
        if named := self._named_command(place):
            return {named}
        own = (post for post in self._posts if post.organisation_id == place.organisation.pk)
        return {post.pk for post in own if post.kind == PostKind.LEADERSHIP}

    def _named_command(self, place: Place) -> int | None:
        """The command post that the plan names; None for one that was retired since."""
        return next((post.pk for post in self._posts if post.pk == place.command_post_id), None)

    def _commanders(self, place: Place, step: PlanStep) -> list[Recipient]:
        """Who is on the command post; the duty officers where the plan names none and nobody leads right now."""
        on_now = self._on_now(place, step)
        if on_now or self._named_command(place):
            return self._each(self._on_shift(shift) for shift in on_now)
        officers = [
            role
            for role in self._roles
            if role.name == RoleName.DUTY_OFFICER and role.org_path == place.organisation.path
        ]
        return self._each(self._person(role.person, place.organisation) for role in officers)

    def _heads(self, organisation: Organisation) -> list[Recipient]:
        heads = [r for r in self._roles if r.name == RoleName.HEAD and organisation.path.startswith(r.org_path)]
        nearest = max((len(role.org_path) for role in heads), default=0)
        return self._each(self._person(r.person, organisation) for r in heads if len(r.org_path) == nearest)

    def _room(self, organisation: Organisation, name: str) -> list[Recipient]:
        """The group's channel of that name: the organisation's own before one from above, the desk's last."""
        for channel in self._channels:
            if channel.name == name and organisation.path.startswith(channel.org_path):
                return [Recipient(channel.name, (Way("", channel.pk),))]
        return []

    def _on_shift(self, shift: Shift) -> Recipient:
        """Whoever is on duty, quiet hours or not; without an account, by the number in the roster."""
        if shift.person is not None:
            one = self._person(shift.person, shift.post.organisation, on_duty=True)
            return replace(one, phone=one.phone or shift.phone)
        return Recipient(shift.person_name, self._phone(shift.phone, shift.org_path), phone=shift.phone)

    def _person(self, person: Person, organisation: Organisation, *, on_duty: bool = False) -> Recipient:
        """A person by the ways they entered; without any, by what the register knows of them."""
        ways = self._ways.get(person.pk) or (*_mail(person.email), *self._phone(person.phone, organisation.path))
        is_quiet = person.pk in self._quiet and not on_duty
        phone = person.phone or self._number(ways)
        return Recipient(person.name, tuple(ways), person.pk, person.language, is_quiet, phone)

    def _number(self, ways: Iterable[Way]) -> str:
        """The first phone number among some ways, "" without one."""
        gateways = {channel.pk for channel in self._channels if channel.takes_phones}
        return next((way.address for way in ways if way.channel_id in gateways), "")

    def _phone(self, number: str, org_path: str) -> tuple[Way, ...]:
        """The way through the nearest gateway that takes phone numbers."""
        gateways = (c for c in self._channels if c.takes_phones and org_path.startswith(c.org_path))
        gateway = next(gateways, None) if number else None
        return (Way(number, gateway.pk),) if gateway else ()

    @staticmethod
    def _each(recipients: Iterable[Recipient]) -> list[Recipient]:
        """Each person once, in the order given."""
        return list({(r.person_id, r.name): r for r in recipients}.values())


def _mail(address: str) -> tuple[Way, ...]:
    return (Way(address),) if address else ()


def _shifts(places: Collection[Place], leadership: Iterable[int], at: datetime) -> list[Shift]:
    """The shifts of this moment: on the posts that are named or lead, and on all of an organisation where none is."""
    posts = {*leadership} | {
        identifier for place in places for identifier in (place.post_id, place.command_post_id) if identifier
    }
    whole = {place.organisation.pk for place in places if not place.post_id}
    on_now = Shift.objects.filter(Q(post__in=posts) | Q(post__organisation__in=whole), from_utc__lte=at, to_utc__gt=at)
    present = on_now.filter(Q(person__isnull=True) | Q(person__is_active=True))
    return list(with_leave(present).select_related("post__organisation", "person").order_by("pk"))


def _kept_posts(places: Collection[Place], at: datetime) -> list[Post]:
    """Of the posts that are not retired: those that somebody answers for, named or of a whole office; who commands."""
    named = {place.post_id for place in places if place.post_id}
    whole = {place.organisation.pk for place in places if not place.post_id}
    led = Q(Q(pk__in=named) | Q(organisation__in=whole), lead__is_active=True)
    leading = Q(organisation__in={place.organisation.pk for place in places}, kind=PostKind.LEADERSHIP)
    command = leading | Q(pk__in={place.command_post_id for place in places if place.command_post_id})
    return list(
        Post.objects.filter(led | command).exclude(retired_on__lte=day_of(at)).select_related("lead").order_by("pk")
    )


def _roles(organisations: Iterable[Organisation], at: datetime) -> list[Role]:
    """Heads and duty officers of the organisations, and the heads above them."""
    today = timezone.localdate(at)
    paths = {path for organisation in organisations for path in chain(organisation.path)}
    held = Role.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today),
        Q(valid_to__isnull=True) | Q(valid_to__gt=today),
        org_path__in=paths,
        name__in=FROM_ROLES,
        person__is_active=True,
    )
    return list(held.select_related("person").order_by("pk"))


def chain(path: str) -> list[str]:
    """The path and those above it, from the root down."""
    steps = path.split("/")[:-1]
    return ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]


def methods_in_use(people: Collection[int]) -> QuerySet[ContactMethod]:
    """The addresses by which calls reach these people: not those on a channel that is out of use."""
    return ContactMethod.objects.filter(person__in=people, is_enabled=True).exclude(channel__is_enabled=False)


def _ways(people: Sequence[int]) -> Mapping[int, Sequence[Way]]:
    """The addresses that people entered for themselves, in the order in which they are used, the first at once."""
    found: dict[int, list[Way]] = defaultdict(list)
    for method in methods_in_use(people).order_by("after_minutes", "pk"):
        own = found[method.person_id]
        is_tested = method.tested_at is not None and method.failed_at is None
        own.append(Way(method.address, method.channel_id, method.after_minutes if own else 0, is_tested))
    return found


def _quiet(people: Iterable[int | None], at: datetime) -> set[int]:
    """Those in their quiet hours, but for whoever is on duty anywhere."""
    moment = timezone.localtime(at).time()
    hours = QuietHours.objects.filter(person__in=[identifier for identifier in people if identifier])
    quiet = {one.person_id for one in hours if rules.is_quiet(moment, one.begins, one.ends)}
    on_duty = Shift.objects.filter(person__in=quiet, from_utc__lte=at, to_utc__gt=at).exclude(left_at__lte=at)
    return quiet - set(on_duty.values_list("person_id", flat=True))
