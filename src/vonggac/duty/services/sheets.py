"""Acts on spreadsheets: what one would change, and its people, leave and shifts taken over into a draft."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction

from vonggac.duty import sheets
from vonggac.duty.models import Leave, LeaveState, Member, Post, Roster, SheetMapping
from vonggac.duty.patterns import Slot, begin_of, day_of
from vonggac.duty.queries import needs
from vonggac.duty.services import members, rosters
from vonggac.duty.services.members import MemberFields
from vonggac.duty.services.rosters import Step
from vonggac.duty.sheets import OFF, Meaning
from vonggac.errors import InputError
from vonggac.formats.records import Reject
from vonggac.formats.roster_sheet import Entry, Reading, column_letters
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation


@dataclass(slots=True)
class SheetPlan:
    """What a sheet would change: who stands where, who is away, who is new; and the cells that cannot be taken over."""

    posts: list[Post] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    placed: set[tuple[str, str]] = field(default_factory=set)  # (slot, name)
    away: dict[tuple[str, str], list[date]] = field(default_factory=dict)  # (name, kind) → days
    new_names: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    past: int = 0


def plan(reading: Reading, meaning: Meaning, posts: Sequence[Post], office: Organisation, *, at: datetime) -> SheetPlan:
    """What the sheet would change under a meaning of its marks; nothing is written."""
    found = SheetPlan(days=[day for day in reading.days if day >= day_of(at)], rejects=list(reading.rejects))
    by_id = {post.pk: post for post in posts}
    if not reading.days:
        return found
    slots: dict[tuple[int, str, date], Slot] = {
        (slot.post_id, slot.code, slot.day): slot
        for slot in needs.slots(list(posts), reading.days[0], reading.days[-1])
    }
    used: set[int] = set()
    away: dict[tuple[str, str], list[date]] = defaultdict(list)
    for entry in reading.entries:
        target = meaning.marks.get(entry.mark, "")
        if target == OFF:
            continue
        if target.startswith("leave:"):
            away[entry.name, target.partition(":")[2]].append(entry.day)
            continue
        slot = _slot(entry, target, meaning, slots)
        if isinstance(slot, str):
            found.rejects.append(Reject(entry.line, column_letters(entry.column), slot, entry.mark))
        elif slot.to_utc <= at:
            found.past += 1
        else:
            found.placed.add((slot.id, entry.name))
            used.add(slot.post_id)
    found.posts = [by_id[number] for number in sorted(used)]
    found.away = dict(away)
    known = set(Member.objects.filter(organisation=office).values_list("name", flat=True))
    standing = {name for _slot_id, name in found.placed} | {name for name, _kind in found.away}
    found.new_names = [name for name in reading.names if name in standing and name not in known]
    return found


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
    reading: Reading, meaning: Meaning, posts: Sequence[Post], office: Organisation, *, by: str, at: datetime
) -> Roster:
    """The draft with the sheet's shifts in place of what stood there, new people on the duty list, leave entered."""
    planned = plan(reading, meaning, posts, office, at=at)
    if not planned.placed:
        raise InputError("no cell of the sheet names a shift to come; say what its letters mean")
    everybody = sorted({name for _slot_id, name in planned.placed} | {name for name, _kind in planned.away})
    people = {one.name: one for one in members.add_members(
        office, [MemberFields(name) for name in everybody], (), at=at
    )}  # fmt: skip
    _let_stand(planned, people)
    _enter_leave(planned, people, by, at)
    draft = rosters.start_draft(office, planned.posts, planned.days[0], planned.days[-1], by=by, at=at)
    wanted = frozenset((slot, people[name].pk) for slot, name in planned.placed)
    standing = rosters.pairs(draft)
    over = {slot.id for slot in needs.slots(planned.posts, planned.days[0], planned.days[-1]) if slot.to_utc <= at}
    gone = frozenset(pair for pair in standing - wanted if pair[0] not in over)
    rosters.change(draft.pk, Step(wanted - standing, gone, "sheet"), by=by, at=at)
    remember(office, reading, meaning, at=at)
    ledger.record(
        "roster.sheet", "roster", draft.pk, draft.org_path, at=at,
        placed=len(planned.placed), people=len(planned.new_names), rejects=len(planned.rejects),
    )  # fmt: skip
    return draft


def _let_stand(planned: SheetPlan, people: Mapping[str, Member]) -> None:
    """Whoever the sheet puts on a post may stand there from now on."""
    by_slot = {slot.id: slot.post_id for slot in needs.slots(planned.posts, planned.days[0], planned.days[-1])}
    for post in planned.posts:
        names = {name for slot, name in planned.placed if by_slot.get(slot) == post.pk}
        members.let_stand([people[name] for name in sorted(names)], post)


def _enter_leave(planned: SheetPlan, people: Mapping[str, Member], by: str, at: datetime) -> None:
    """Neighbouring days of one kind as one leave; what is entered already is not entered twice."""
    for (name, kind), days in planned.away.items():
        for first, last in _runs(sorted(set(days))):
            span = members.Span(begin_of(first), begin_of(last + timedelta(days=1)))
            is_known = Leave.objects.filter(
                member=people[name], state=LeaveState.GRANTED, from_utc__lte=span.from_utc, to_utc__gte=span.to_utc
            ).exists()
            if not is_known:
                members.ask_leave(people[name].pk, span, kind, granted_by=by, at=at)


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
