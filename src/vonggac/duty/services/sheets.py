"""Acts on spreadsheets: what one would change, and its people, leave and shifts taken over into a draft."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction

from vonggac.duty import sheet_people, sheets
from vonggac.duty.models import InPlaceKind, Leave, LeaveKind, LeaveState, Member, Post, Roster, SheetMapping, Shift
from vonggac.duty.patterns import Slot, begin_of, day_of, days_between, parse_slot_id
from vonggac.duty.queries import needs
from vonggac.duty.services import in_place, members, rosters, sheet_undo
from vonggac.duty.services.members import MemberFields
from vonggac.duty.services.rosters import Step
from vonggac.duty.sheet_people import NEW, Who
from vonggac.duty.sheets import OFF, Meaning
from vonggac.errors import InputError
from vonggac.formats.records import Reject
from vonggac.formats.roster_sheet import Entry, Reading, column_letters, same
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation


@dataclass(slots=True)
class SheetPlan:
    """What a sheet would change: who stands where, who is away, who is new; and the cells that cannot be taken over."""

    posts: list[Post] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    placed: set[tuple[str, str]] = field(default_factory=set)  # (slot, label)
    away: dict[tuple[str, str], list[date]] = field(default_factory=dict)  # (label, kind) → days
    who: dict[str, Who] = field(default_factory=dict)  # by label
    new_names: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    past: int = 0
    free: dict[str, int] = field(default_factory=dict)  # marks of days without duty, how often: they change nothing


def plan(reading: Reading, meaning: Meaning, posts: Sequence[Post], office: Organisation, *, at: datetime) -> SheetPlan:
    """What the sheet would change under a meaning of its marks; nothing is written."""
    found = SheetPlan(rejects=list(reading.rejects))
    by_id = {post.pk: post for post in posts}
    if not reading.days:
        return found
    slots: dict[tuple[int, str, date], Slot] = {
        (slot.post_id, slot.code, slot.day): slot
        for slot in needs.slots(list(posts), reading.days[0], reading.days[-1])
    }
    used: set[int] = set()
    members_of = list(Member.objects.filter(organisation=office).order_by("name"))
    accounts = [one.person for one in members.colleagues(office) if one.person]
    found.who = sheet_people.who_is_who(reading, members_of, accounts, meaning.people)
    away: dict[tuple[str, str], list[date]] = defaultdict(list)
    for entry in reading.entries:
        target = meaning.marks.get(entry.mark, "")
        if target == OFF:
            found.free[entry.mark] = found.free.get(entry.mark, 0) + 1
            continue
        label = _label(entry, found.who)
        if label is None:
            found.rejects.append(
                Reject(entry.line, column_letters(entry.column), "nobody has said who this is", entry.name)
            )
            continue
        if target.startswith("leave:"):
            # A month of several posts has somebody's leave once under each.
            days = away[label, target.partition(":")[2]]
            if entry.day not in days:
                days.append(entry.day)
            continue
        for one in _shifts(target):
            slot = _slot(entry, one, meaning, slots)
            if isinstance(slot, str):
                found.rejects.append(Reject(entry.line, column_letters(entry.column), slot, entry.mark))
            elif slot.to_utc <= at:
                found.past += 1
            else:
                found.placed.add((slot.id, label))
                used.add(slot.post_id)
    # Past midnight the night of the day before still runs.
    first = min((parse_slot_id(slot_id)[1] for slot_id, _label in found.placed), default=day_of(at))
    found.days = [day for day in reading.days if day >= min(first, day_of(at))]
    found.posts = [by_id[number] for number in sorted(used)]
    found.away = dict(away)
    standing = {label for _slot_id, label in found.placed} | {label for label, _kind in found.away}
    found.new_names = [label for label in reading.names if label in standing and _is_new(found.who[label])]
    return found


def _is_new(who: Who) -> bool:
    return who.target == NEW or who.target.startswith("account:")


def _label(entry: Entry, who: Mapping[str, Who]) -> str | None:
    """The label of the line that stands for an entry's person; None while nobody has said who that is."""
    target = who[entry.name].target
    if target.startswith("as:"):
        first = who[target.removeprefix("as:")]
        return first.label if first.target and not first.target.startswith("as:") else None
    return entry.name if target else None


def _shifts(target: str) -> list[str]:
    """Each shift of a target: `shift:S+C` is both."""
    word, _colon, codes = target.partition(":")
    return [f"{word}:{code}" for code in codes.split("+")] if word == "shift" else [target]


def _slot(entry: Entry, target: str, meaning: Meaning, slots: Mapping[tuple[int, str, date], Slot]) -> Slot | str:
    """The shift that an entry means, or why it means none."""
    if target.startswith("post:"):
        _word, number, code = target.split(":", 2)
        post_id: int | None = int(number)
    elif target.startswith("shift:"):
        code, post_id = target.partition(":")[2], meaning.sections.get(entry.section)
    else:
        return "nobody has said what this letter means"
    if post_id is None:
        return "nobody has said which post this line is about"
    slot = slots.get((post_id, code, entry.day))
    return slot or "the post has no such shift on this day"


@transaction.atomic
def take_over(
    reading: Reading,
    meaning: Meaning,
    posts: Sequence[Post],
    office: Organisation,
    *,
    file_name: str = "",
    by: str,
    at: datetime,
) -> Roster:
    """The draft with the sheet's shifts in place of what stood there, new people on the duty list, leave entered.

    All of it is taken back by `in_place.take_back`, for a day.
    """
    planned = plan(reading, meaning, posts, office, at=at)
    if not planned.placed:
        raise InputError("no cell of the sheet names a shift to come; say what its letters mean")
    known = dict(Member.objects.filter(organisation=office).values_list("pk", "phone"))
    stood = sheet_undo.stands([post.pk for post in planned.posts])
    people = _people(planned, office, at)
    _let_stand(planned, people, at)
    leaves = _enter_leave(planned, people, by, at)
    draft = rosters.start_draft(office, planned.posts, planned.days[0], planned.days[-1], by=by, at=at)
    wanted = frozenset((slot, people[name].pk) for slot, name in planned.placed)
    standing = rosters.pairs(draft)
    over = {slot.id for slot in needs.slots(planned.posts, planned.days[0], planned.days[-1]) if slot.to_utc <= at}
    gone = frozenset(pair for pair in standing - wanted if pair[0] not in over)
    rosters.change(draft.pk, Step(wanted - standing, gone, "sheet"), by=by, at=at)
    answers = {
        one.label: f"member:{people[first].pk}" for one in planned.who.values()
        if one.is_asked and (first := one.target.removeprefix("as:") if "as:" in one.target else one.label) in people
    }  # fmt: skip
    remember(office, reading, replace(meaning, people=answers), at=at)
    ledger.record(
        "roster.sheet", "roster", draft.pk, draft.org_path, at=at,
        placed=len(planned.placed), people=len(planned.new_names), rejects=len(planned.rejects),
    )  # fmt: skip
    phones = {str(one.pk): one.phone for one in people.values() if one.phone and known.get(one.pk) == ""}
    taken = sheet_undo.Taken(
        draft.pk, leaves, sorted({one.pk for one in people.values()} - known.keys()),
        sorted(sheet_undo.stands([post.pk for post in planned.posts]) - stood), phones,
    )  # fmt: skip
    in_place.keep(office, InPlaceKind.SHEET, file_name, sheet=taken, by=by, at=at)
    return draft


def _people(planned: SheetPlan, office: Organisation, at: datetime) -> dict[str, Member]:
    """The member of each label that the sheet puts somewhere; new ones are entered."""
    labels = {label for _slot_id, label in planned.placed} | {label for label, _kind in planned.away}
    held = {f"member:{member.pk}": member for member in Member.objects.filter(organisation=office)}
    taken = {same(member.name) for member in held.values()}
    people = {label: held[target] for label in labels if (target := planned.who[label].target) in held}
    for label, member in people.items():
        if (phone := planned.who[label].person.phone) and not member.phone:
            people[label] = members.give_phone(member.pk, phone, at=at)
    new = [planned.who[label] for label in sorted(labels - people.keys())]
    accounts = {f"account:{one.person.pk}": one for one in members.colleagues(office) if one.person}
    fields = [
        replace(held_by, phone=held_by.phone or one.person.phone) if (held_by := accounts.get(one.target))
        else MemberFields(sheet_people.new_name(one.label, one.person, taken), one.person.phone) for one in new
    ]  # fmt: skip
    made = members.add_members(office, fields, (), at=at)
    return people | {one.label: member for one, member in zip(new, made, strict=True)}


def _let_stand(planned: SheetPlan, people: Mapping[str, Member], at: datetime) -> None:
    """Whoever the sheet puts on a post may stand there from now on."""
    by_slot = {slot.id: slot.post_id for slot in needs.slots(planned.posts, planned.days[0], planned.days[-1])}
    for post in planned.posts:
        names = {name for slot, name in planned.placed if by_slot.get(slot) == post.pk}
        members.let_stand(list({people[name].pk: people[name] for name in sorted(names)}.values()), post, at=at)


def _enter_leave(planned: SheetPlan, people: Mapping[str, Member], by: str, at: datetime) -> list[int]:
    """The numbers of the leave that is entered: neighbouring days of one kind are one.

    What is entered already is not entered twice. Who rests after a night is not away while that night lasts: the leave
    begins when it ends.
    """
    made: list[int] = []
    slots = {slot.id: slot for slot in needs.slots(planned.posts, planned.days[0], planned.days[-1])}
    for (name, kind), days in planned.away.items():
        duties = [(slots[slot].from_utc, slots[slot].to_utc) for slot, label in planned.placed if label == name]
        for first, last in _runs(sorted(set(days))):
            begin, end = begin_of(first), begin_of(last + timedelta(days=1))
            before = Shift.objects.filter(member=people[name], from_utc__lt=begin, to_utc__gt=begin)
            nights = [*duties, *before.values_list("from_utc", "to_utc")]
            begin = max([begin, *(until for since, until in nights if since < begin < until)])
            if begin >= end:
                continue
            span = members.Span(begin, end)
            is_known = Leave.objects.filter(
                member=people[name], state=LeaveState.GRANTED, from_utc__lte=span.from_utc, to_utc__gte=span.to_utc
            ).exists()
            if not is_known:
                made.append(members.ask_leave(people[name].pk, span, kind, granted_by=by, at=at).pk)
    return made


def whole_days_away(people: Collection[int], first: date, last: date) -> dict[int, dict[date, str]]:
    """The days of a span that members have off, from midnight to midnight or to rest after a night, with the kind."""
    found: dict[int, dict[date, str]] = defaultdict(dict)
    end = begin_of(last + timedelta(days=1))
    granted = Leave.objects.filter(member__in=people, state=LeaveState.GRANTED, to_utc__gt=begin_of(first))
    for leave in granted.filter(from_utc__lt=end).order_by("from_utc", "pk"):
        for day in days_between(max(first, day_of(leave.from_utc)), min(last, day_of(leave.to_utc))):
            # Rest after a night begins in the morning of its day.
            begin = begin_of(day, 12 * 60) if leave.kind == LeaveKind.REST else begin_of(day)
            if leave.from_utc <= begin and begin_of(day + timedelta(days=1)) <= leave.to_utc:
                found[leave.member_id].setdefault(day, leave.kind)
    return found


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def remember(office: Organisation, reading: Reading, meaning: Meaning, *, at: datetime) -> None:
    """Keep what the marks of sheets like this one mean, for the next month's."""
    SheetMapping.objects.update_or_create(
        organisation=office, signature=sheets.signature(reading),
        defaults={"org_path": office.path, "mapping": meaning.to_json(), "used_at": at},
    )  # fmt: skip


def remembered(office: Organisation, reading: Reading) -> Meaning | None:
    """What a person settled for a sheet of the same shape, sections and marks; None when none was seen."""
    row = SheetMapping.objects.filter(organisation=office, signature=sheets.signature(reading)).first()
    return Meaning.from_json(row.mapping) if row else None
