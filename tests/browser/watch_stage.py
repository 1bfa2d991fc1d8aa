"""A watch at work on the browser tests' desk: posts, people, a roster in force, a draft with holes, a night to prove.

Giám sát        three shifts of eight hours, a lead among its people; Hà stands the shift of this moment
Trực lãnh đạo   at home, a day each
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.desk.exhibit import Exhibit
from vonggac.duty import planning
from vonggac.duty.models import Leave, Member, Post, Roster, Shift, ShiftType
from vonggac.duty.patterns import begin_of, day_of, slot_id
from vonggac.duty.presets import PATTERNS, ShiftFields
from vonggac.duty.services import members, posts, presence, rosters
from vonggac.duty.services.members import MemberFields, Span
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as flow
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.explaining import explain
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped

DAY = timedelta(days=1)
LEADS = ("Lê Thu Hà", "Phạm An", "Vũ Lan", "Ngô Tín", "Trần Vinh")
OTHERS = ("Đỗ Khôi", "Hồ Nam", "Bùi Yến", "Đặng Sơn", "Mai Hương", "Cao Thắng", "Lý Nga", "Tạ Minh")


@dataclass
class Watch:
    """What was made, for presses and looks to find."""

    office: Organisation
    desk_post: Post
    home_post: Post
    people: dict[str, Member]
    monday: date
    draft: Roster

    def type_of(self, code: str) -> ShiftType:
        return ShiftType.objects.get(post=self.desk_post, code=code)

    def slot(self, code: str, day: date) -> str:
        return slot_id(self.type_of(code).pk, day)


def keep(exhibit: Exhibit, at: datetime) -> Watch:
    """The watch at a moment: this week in force since Monday, the next as a draft with holes."""
    by = exhibit.people
    with scoped(by.scope("ha")):
        return _keep(exhibit, at)


def _keep(exhibit: Exhibit, at: datetime) -> Watch:
    by = exhibit.people.people
    office = exhibit.people.organisations["hai-van"]
    monday = day_of(at) - timedelta(days=day_of(at).weekday())
    began = begin_of(monday - 14 * DAY)
    desk_post = posts.add_post(
        office, posts.PostFields("Giám sát", "monitoring", by["minh"], awake_minutes=120),
        [ShiftFields(s.code, s.name, s.start_minute, s.length_minutes, 2, 0, {"lead": 1}) for s in PATTERNS["3x8"]],
        on=monday - 14 * DAY, at=began,
    )  # fmt: skip
    home_post = posts.add_post(
        office, posts.PostFields.usual("Trực lãnh đạo", "leadership"), on=monday - 14 * DAY, at=began
    )
    accounts = {"Lê Thu Hà": by["ha"], "Mai Hương": by["minh"], "Vũ Lan": by["lan"]}
    people = {
        name: members.add_member(
            office,
            MemberFields(name, f"0900 000 {100 + number}", accounts.get(name), ("lead",) if name in LEADS else ()),
            [desk_post, home_post] if name in {"Mai Hương", "Trần Vinh", "Cao Thắng"} else [desk_post], at=began,
        )
        for number, name in enumerate((*LEADS, *OTHERS))
    }  # fmt: skip
    first = rosters.start_draft(office, [desk_post, home_post], monday, monday + 6 * DAY, by="Hà", at=began)
    _fill(first, at=began)
    flow.publish(first.pk, by=by["ha"], at=began)
    _attend(desk_post, at, people["Lê Thu Hà"])
    draft = rosters.start_draft(office, [desk_post, home_post], monday + 7 * DAY, monday + 13 * DAY, by="Hà", at=at)
    with_leave = people["Trần Vinh"]
    members.ask_leave(
        with_leave.pk, Span(begin_of(monday + 9 * DAY), begin_of(monday + 12 * DAY)), "annual", granted_by="Hà", at=at
    )
    members.ask_leave(people["Vũ Lan"].pk, Span(begin_of(monday + 8 * DAY), begin_of(monday + 9 * DAY)), "training", at=at)
    members.make_wish(people["Lê Thu Hà"].pk, Span(begin_of(monday + 8 * DAY), begin_of(monday + 9 * DAY)),
                      wants_duty=False, at=at)  # fmt: skip
    _fill(draft, at=at, leave_open={(monday + 10 * DAY, "Đ"), (monday + 12 * DAY, "C")})
    return Watch(office, desk_post, home_post, people, monday, draft)


def _fill(roster: Roster, *, at: datetime, leave_open: frozenset | set = frozenset()) -> None:
    """Everybody who may stand, the least burdened first; each step is one that a person could have made."""
    plan = planning.plan_of(roster, at=at)
    placed = set(plan.assignments(rosters.pairs(roster)))
    wanted: set[tuple[str, int]] = set()
    while True:
        holes = [
            hole for hole in check(plan.problem, placed).holes
            if (plan.slots[hole.slot].day, plan.slots[hole.slot].code) not in leave_open
        ]  # fmt: skip
        fillable = [(hole, free[0]) for hole in holes if (free := explain(plan.problem, placed, hole).free)]
        if not fillable:
            break
        hole, worker = fillable[0]
        placed.add(type(next(iter(placed), None) or _assignment(hole.slot, worker))(hole.slot, worker))
        wanted.add((hole.slot, int(worker)))
    rosters.change(roster.pk, Step(frozenset(wanted)), by="Hà", at=at)


def _assignment(slot: str, worker: str):
    from vonggac.kernel.roster.values import Assignment  # noqa: PLC0415

    return Assignment(slot, worker)


def _attend(post: Post, at: datetime, hers: Member) -> None:
    """Everybody checked in until now, but on the night before last."""
    passed = Shift.objects.filter(post=post, from_utc__lte=at).order_by("from_utc")
    for shift in passed:
        if begin_of(day_of(at) - 2 * DAY, 22 * 60) != shift.from_utc:
            presence.check_in(shift.pk, shift.person_name, at=shift.from_utc)
