"""From rows to the values of `kernel.roster` and back: what a roster's slots, people and rules are, as a problem."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from vonggac.duty import limits
from vonggac.duty.loose import NOTHING_LOOSE, Loose, loose_id, loose_shifts, parse_loose_id
from vonggac.duty.models import Eligibility, Leave, LeaveState, Member, Placement, Post, Roster, Shift, Wish
from vonggac.duty.models.rosters import RosterState
from vonggac.duty.patterns import Slot, begin_of, day_of, parse_slot_id, slot_id
from vonggac.duty.queries import needs
from vonggac.errors import InputError, OutOfScope
from vonggac.kernel.roster import values as kernel
from vonggac.kernel.roster.checking import burdens, check, hole_of
from vonggac.kernel.roster.explaining import explain
from vonggac.kernel.roster.values import Assignment, minute_of

# Rules look back and ahead over two weeks of Monday to Sunday; fairness counts what was borne in a quarter.
NEIGHBOURHOOD = timedelta(days=14)
HISTORY = timedelta(days=91)
# Rules that a person may break knowingly, with a reason: hours and rest. Nobody stands in two places, works at night
# where the law bars them from it, or comes out of leave by being written down (docs/adr/0072).
KNOWINGLY = frozenset(
    {
        kernel.RuleName.REST, kernel.RuleName.NIGHTS_IN_ROW, kernel.RuleName.DAYS_IN_ROW,
        kernel.RuleName.WEEKLY_MINUTES, kernel.RuleName.MOST_SLOTS,
    }
)  # fmt: skip
# A calendar ends in the years 1 and 9999, and rules look weeks back and ahead.
YEARS = range(1990, 2100)
_EVER = (begin_of(date(1990, 1, 1)), begin_of(date(2100, 1, 1)))


@dataclass(frozen=True, slots=True)
class Plan:
    """A problem with the rows that it was made of; the problem's identifiers are those of slots and members as text."""

    problem: kernel.Problem
    slots: Mapping[str, Slot]
    members: Mapping[str, Member]
    posts: Mapping[int, Post]
    holidays: Mapping[date, str]
    leaves: Mapping[int, Sequence[Leave]] = field(default_factory=dict)
    """Granted leave in the plan's days, by member."""

    def assignments(self, placements: Iterable[tuple[str, int]]) -> frozenset[Assignment]:
        """Pairs (slot, member) as the kernel knows them, without those whose slot or member is no longer there."""
        return frozenset(
            Assignment(slot, str(member))
            for slot, member in placements
            if slot in self.slots and str(member) in self.members
        )


def plan_of(roster: Roster, *, at: datetime) -> Plan:
    """The problem of a draft: begun shifts and pinned people are fixed. A dozen queries, whatever its size."""
    posts = list(roster.posts.order_by("position", "pk"))
    pairs = [pair_of(row) for row in roster.placements.all()]
    pinned = [pair_of(row) for row in roster.placements.filter(is_fixed=True)]
    return plan(
        posts, roster.from_day, roster.to_day, org_path=roster.org_path, at=at, placed=pairs, pinned=pinned
    )  # fmt: skip


def plan(
    posts: Sequence[Post],
    first: date,
    last: date,
    *,
    org_path: str,
    at: datetime,
    placed: Iterable[tuple[str, int]] = (),
    pinned: Iterable[tuple[str, int]] = (),
    loose: Loose = NOTHING_LOOSE,
    history: timedelta = HISTORY,
) -> Plan:
    """The problem of some posts over some days; `placed`: pairs (slot, member) that stand, `pinned`: those to keep.

    `loose`: shifts in force that no pattern has, as slots beside those of the patterns. `history`: how far back burdens
    are counted; rules look back over `NEIGHBOURHOOD`, whatever it is.
    """
    slots = {slot.id: slot for slot in needs.slots(posts, first, last)} | dict(loose.slots)
    holidays = needs.holidays(org_path, first - HISTORY, last + NEIGHBOURHOOD)
    # The rules of now for what is to come; a span that is over has those of its end.
    moment = min(max(at, begin_of(first)), begin_of(last + timedelta(days=1)))
    offices = {org_path, *(post.org_path for post in posts)}
    rules = limits.kernel_rules(limits.tightest(offices, moment), first, holidays)
    placed = list(placed)
    members = _members(posts, {*(member for _, member in placed), *loose.standing})
    leaves = _leaves(members, first, last)
    workers = [loose.known(worker) for worker in _workers(members, posts, (first, last), leaves, rules, history)]
    begun = {(slot, member) for slot, member in placed if slot in slots and slots[slot].from_utc <= at}
    fixed = {
        Assignment(slot, str(member))
        for slot, member in {*begun, *pinned}
        if slot in slots and member in members
    }  # fmt: skip
    problem = kernel.Problem(
        slots=tuple(_kernel_slot(slot) for slot in slots.values()),
        workers=tuple(workers),
        rules=rules,
        fixed=frozenset(fixed),
    )
    named = {str(member.pk): member for member in members.values()}
    return Plan(problem, slots, named, {post.pk: post for post in posts}, holidays, leaves)


def around(
    posts: Sequence[Post], first: date, last: date, *, at: datetime, history: timedelta = HISTORY
) -> tuple[Plan, frozenset[Assignment]]:
    """What is in force for posts of one office over some days, as a plan, and who stands where in it.

    Shifts that fit no pattern are slots of the plan too: who stands there rests after them like after any other.
    """
    path = posts[0].org_path
    slots = {slot.id: slot for slot in needs.slots(posts, first, last)}
    loose = loose_shifts(posts, first, last, slots.values())
    members = _members(posts, set(loose.standing))
    pairs = in_force(posts, slots, {member.pk: member.name for member in members.values()}) + list(loose.pairs)
    found = plan(posts, first, last, org_path=path, at=at, placed=pairs, loose=loose, history=history)
    placed = found.assignments(pairs)
    return _with_rest_of_roster(found, placed, posts, (first, last)), placed


def _with_rest_of_roster(
    found: Plan, placed: Iterable[Assignment], posts: Sequence[Post], days: tuple[date, date]
) -> Plan:
    """The plan with what people's own limits of shifts count beside it: all of the roster that its days are mostly of.

    A short version, of a repair, is a part of the roster that it mended.
    """
    limited = [member.pk for member in found.members.values() if member.most_shifts is not None]
    first, last = days
    if not limited:
        return found
    near = Roster.objects.filter(state=RosterState.PUBLISHED, posts__in=posts, from_day__lte=last, to_day__gte=first)
    roster = max(
        near.distinct().defer("before", "verdict", "solve"),
        key=lambda one: (min(last, one.to_day) - max(first, one.from_day), one.to_day - one.from_day),
        default=None,
    )
    if roster is None:
        return found
    begin, end = begin_of(roster.from_day), begin_of(roster.to_day + timedelta(days=1))
    held = Shift.objects.filter(
        member__in=limited, post__rosters=roster, from_utc__gte=begin, from_utc__lt=end, taken_off_at__isnull=True
    )
    counts = Counter(map(str, held.values_list("member_id", flat=True)))
    counts.subtract(one.worker for one in placed)
    workers = tuple(
        replace(one, slots_counted=counts[one.id]) if one.most_slots is not None else one
        for one in found.problem.workers
    )
    return replace(found, problem=replace(found.problem, workers=workers))


def broken_in_force(
    posts: Sequence[Post], first: date, last: date, *, at: datetime
) -> tuple[Plan, Sequence[kernel.Violation]]:
    """Every rule that what is in force breaks over some days, for posts of one office, with the plan that it is of."""
    found, placed = around(posts, first, last, at=at, history=NEIGHBOURHOOD)
    return found, check(found.problem, placed).violations


def post_and_day(identifier: str) -> tuple[Post, date]:
    """The post of a shift in force, by the identifier of its slot, and the day on which it begins.

    InputError for what names no shift, OutOfScope for one that is not among those one may see.
    """
    is_loose = "@" in identifier
    try:
        number, day = parse_loose_id(identifier) if is_loose else parse_slot_id(identifier)
        if day.year not in YEARS:
            raise ValueError(day)
    except (ValueError, OverflowError):
        raise InputError("this is no shift of a roster; open it from the roster page") from None
    found = Post.objects.select_related("organisation")
    post = found.filter(pk=number).first() if is_loose else found.filter(shift_types=number).first()
    if post is None:
        raise OutOfScope("this shift is not in the roster; look at the page again")
    return post, day


def relations(
    found: Plan, placed: frozenset[kernel.Assignment], slot: str
) -> tuple[kernel.Hole | None, kernel.Explanation]:
    """What a shift lacks, and everybody's relation to it; where it lacks nobody, as if it lacked one person."""
    asked = next(one for one in found.problem.slots if one.id == slot)
    workers = {worker.id: worker for worker in found.problem.workers}
    hole = hole_of(asked, [workers[one.worker] for one in placed if one.slot == slot])
    return hole, explain(found.problem, placed, hole or kernel.Hole(slot, 1))


def may_give_way(barrier: kernel.Barrier) -> bool:
    """True when a person may break knowingly whatever stops somebody."""
    return KNOWINGLY.issuperset(one.rule for one in barrier.violations)


def pair_of(placement: Placement) -> tuple[str, int]:
    """(slot, member) of a placement."""
    return slot_id(placement.shift_type_id, placement.day), placement.member_id


def slot_of(shift: Shift) -> str:
    """The identifier of the slot that a shift in force fills: of its post's pattern by its times, else its own."""
    day = day_of(shift.from_utc)
    fitting = [one for one in needs.slots([shift.post], day, day) if (one.from_utc, one.to_utc) == _times(shift)]
    return _own(shift, fitting).id if fitting else loose_id(shift.post_id, *_times(shift))


def _times(shift: Shift) -> tuple[datetime, datetime]:
    return shift.from_utc, shift.to_utc


def in_force(posts: Sequence[Post], slots: Mapping[str, Slot], members: Mapping[int, str]) -> list[tuple[str, int]]:
    """The published shifts as pairs (slot, member).

    `members` are names by number: a shift of an imported table knows its person by name only.
    """
    by_name = {name: number for number, name in members.items()}
    found = ((slot, shift.member_id or by_name.get(shift.person_name)) for slot, shift in filled(posts, slots))
    return [(slot, member) for slot, member in found if member]


def of_strangers(posts: Collection[int], first: date, last: date) -> set[int]:
    """Those of the posts that have shifts on these days whose person is on no duty list: no draft can hold them."""
    begin, end = begin_of(first), begin_of(last + timedelta(days=1))
    unknown = Shift.objects.filter(post__in=posts, member__isnull=True, from_utc__gte=begin, from_utc__lt=end)
    return set(unknown.values_list("post_id", flat=True))


def filled(posts: Sequence[Post], slots: Mapping[str, Slot]) -> Iterator[tuple[str, Shift]]:
    """The published shifts with the slots that they fill: post, begin and end agree, and the letter of several."""
    by_time: dict[tuple[int, datetime, datetime], list[Slot]] = defaultdict(list)
    for slot in slots.values():
        by_time[slot.post_id, slot.from_utc, slot.to_utc].append(slot)
    if not by_time:
        return
    first, last = min(key[1] for key in by_time), max(key[1] for key in by_time)
    wanted = Shift.objects.filter(post__in=posts, from_utc__range=(first, last), taken_off_at__isnull=True)
    for shift in wanted.order_by("from_utc", "pk"):
        if alike := by_time.get((shift.post_id, *_times(shift))):
            yield _own(shift, alike).id, shift


def _own(shift: Shift, alike: Sequence[Slot]) -> Slot:
    """Of the slots with a shift's hours the one that it was published for."""
    return next((one for one in alike if one.type_id == shift.shift_type_id), alike[-1])


def _kernel_slot(slot: Slot) -> kernel.Slot:
    return kernel.Slot(
        slot.id, str(slot.post_id), minute_of(slot.from_utc), minute_of(slot.to_utc), slot.minimum, slot.wished,
        slot.skills, slot.code, slot.is_on_call,
    )  # fmt: skip


def _members(posts: Sequence[Post], placed: set[int]) -> dict[int, Member]:
    """Who may stand at one of the posts, and who already does."""
    eligible = Eligibility.objects.filter(post__in=posts).values_list("member_id", flat=True)
    found = Member.objects.filter(pk__in={*eligible, *placed}).select_related("person").order_by("name", "pk")
    return {member.pk: member for member in found}


def _leaves(members: Mapping[int, Member], first: date, last: date) -> Mapping[int, Sequence[Leave]]:
    found: dict[int, list[Leave]] = defaultdict(list)
    start, end = begin_of(first), begin_of(last + timedelta(days=1)) + needs.LONGEST_SHIFT
    for leave in Leave.objects.filter(
        member__in=members, state=LeaveState.GRANTED, to_utc__gt=start, from_utc__lt=end
    ).order_by("from_utc", "pk"):
        found[leave.member_id].append(leave)
    return found


def _weekly_minutes(member: Member, rules: kernel.Rules) -> int | None:
    """Their own limit of a week: as it was entered, else their share of full time's; None for the rule's."""
    if member.weekly_hours is not None:
        return member.weekly_hours * 60
    if member.share_percent == 100 or rules.weekly_minutes is None:
        return None
    return rules.weekly_minutes.limit * member.share_percent // 100


def _workers(
    members: Mapping[int, Member],
    posts: Sequence[Post],
    days: tuple[date, date],
    leaves: Mapping[int, Sequence[Leave]],
    rules: kernel.Rules,
    behind: timedelta,
) -> list[kernel.Worker]:
    start, end = begin_of(days[0]), begin_of(days[1] + timedelta(days=1))
    standing: dict[int, set[str]] = defaultdict(set)
    for member_id, post_id in Eligibility.objects.filter(member__in=members).values_list("member_id", "post_id"):
        standing[member_id].add(str(post_id))
    wishes: dict[int, list[kernel.Wish]] = defaultdict(list)
    for wish in Wish.objects.filter(member__in=members, to_utc__gt=start, from_utc__lt=end):
        span = minute_of(wish.from_utc), minute_of(wish.to_utc)
        wishes[wish.member_id].append(kernel.Wish(*span, wish.wants_duty, wish.weight))
    stints, history = _other_shifts(members, posts, start, end, rules, behind)
    return [
        kernel.Worker(
            id=str(member.pk),
            posts=frozenset(standing[member.pk]),
            skills=frozenset(member.skills),
            leave=(*_spans(leaves.get(member.pk, ())), *_outside_employment(member)),
            wishes=tuple(wishes[member.pk]),
            history=history[member.pk],
            stints=tuple(stints[member.pk]),
            is_barred_from_nights=member.is_barred_from_nights,
            weekly_minutes=_weekly_minutes(member, rules),
            most_slots=member.most_shifts,
            share_percent=member.share_percent,
        )
        for member in members.values()
    ]


def _spans(leaves: Iterable[Leave]) -> Iterable[tuple[int, int]]:
    return ((minute_of(leave.from_utc), minute_of(leave.to_utc)) for leave in leaves)


def _outside_employment(member: Member) -> Iterable[tuple[int, int]]:
    """Before the first day and from the last day on they are as good as on leave."""
    if member.starts_on is not None:
        yield minute_of(_EVER[0]), minute_of(begin_of(member.starts_on))
    if member.ends_on is not None:
        yield minute_of(begin_of(member.ends_on)), minute_of(_EVER[1])


def _other_shifts(
    members: Mapping[int, Member],
    posts: Sequence[Post],
    start: datetime,
    end: datetime,
    rules: kernel.Rules,
    behind: timedelta,
) -> tuple[Mapping[int, list[kernel.Stint]], Mapping[int, Mapping[kernel.Burden, int]]]:
    """Published shifts outside the plan: those near it, which rules look at, and the burdens of those before it."""
    planned = {post.pk for post in posts}
    stints: dict[int, list[kernel.Stint]] = defaultdict(list)
    before: dict[int, list[kernel.Slot]] = defaultdict(list)
    found = Shift.objects.filter(member__in=members, from_utc__gte=start - behind, from_utc__lt=end + NEIGHBOURHOOD)
    fields = ("pk", "post_id", "member_id", "from_utc", "to_utc", "is_on_call", "taken_off_at")
    # Thousands of them in a large office: as rows, not as objects.
    for shift in found.order_by("from_utc", "pk").values_list(*fields, named=True):
        if shift.member_id is None or (shift.post_id in planned and start <= shift.from_utc < end):
            continue
        # Whoever was taken off a running shift stood it until then.
        begin, stop = minute_of(shift.from_utc), minute_of(shift.taken_off_at or shift.to_utc)
        if begin == stop:
            continue
        if shift.from_utc >= start - NEIGHBOURHOOD:
            stints[shift.member_id].append(kernel.Stint(begin, stop, shift.is_on_call))
        if shift.from_utc < start:
            before[shift.member_id].append(
                kernel.Slot(str(shift.pk), str(shift.post_id), begin, stop, is_on_call=shift.is_on_call)
            )
    history = {number: burdens(rules, before[number]) for number in members}
    return stints, history
