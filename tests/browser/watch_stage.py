"""A watch at work on the browser tests' desk, whatever the hour: posts, people, a roster in force, a draft with holes.

Giám sát        three shifts of eight hours in crews of two; Hà leads the one under way, which began an hour ago
Trực lãnh đạo   at home, a day each; nobody checks in there
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.desk.exhibit import Exhibit
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.models import Exchange, Member, Post, Prompt, Roster, Shift, ShiftType
from vonggac.duty.patterns import begin_of, day_of, slot_id
from vonggac.duty.presets import ShiftFields
from vonggac.duty.queries import exchanges as exchange_queries
from vonggac.duty.services import exchanges, members, posts, presence, rosters
from vonggac.duty.services.members import MemberFields, Span
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as publication
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.scope import scoped, system

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CREWS = (("Phạm An", "Đỗ Khôi"), ("Vũ Lan", "Hồ Nam"), ("Ngô Tín", "Bùi Yến"), ("Trần Vinh", "Đặng Sơn"))
SPARE = ("Lê Thu Hà", "Mai Hương", "Cao Thắng", "Lý Nga", "Tạ Minh", "Quách Dung")
LEADS = {"Lê Thu Hà", "Trần Vinh", "Phạm An", "Vũ Lan", "Ngô Tín", "Quách Dung"}
CODES, NAMES = ("A", "B", "C"), ("Ca một", "Ca hai", "Ca ba")


@dataclass
class Watch:
    """What was made, for presses and looks to find."""

    office: Organisation
    post: Post
    home: Post
    types: dict[str, ShiftType]
    people: dict[str, Member]
    monday: date
    draft: Roster
    at: datetime

    @property
    def boundary(self) -> datetime:
        """When the shift under way began."""
        return Shift.objects.get(post=self.post, member=self.people["Lê Thu Hà"], **self.under_way).from_utc

    @property
    def under_way(self) -> dict[str, datetime]:
        return {"from_utc__lte": self.at, "to_utc__gt": self.at}

    @property
    def own(self) -> Shift:
        """Hà's shift that is under way."""
        return Shift.objects.get(post=self.post, member=self.people["Lê Thu Hà"], **self.under_way)

    @property
    def next_own(self) -> Shift:
        """Hà's shift after that."""
        return Shift.objects.filter(member=self.people["Lê Thu Hà"], from_utc__gt=self.at).earliest("from_utc")

    def hole(self) -> str:
        """The first slot of the draft that was left open."""
        return slot_id(self.types["A"].pk, self.draft.from_day + 2 * DAY)

    def asked_of_her(self) -> Exchange:
        """A colleague's request that Hà may take on."""
        her, colleague = self.people["Lê Thu Hà"], self.people["Quách Dung"]
        # In some hours of the week her own shifts leave no room under the rules for one more.
        later = Shift.objects.filter(post=self.post, member=her, from_utc__gt=self.next_own.from_utc)
        later.update(member=colleague, person_name=colleague.name)
        coming = Shift.objects.select_related("post__organisation", "member").filter(
            post=self.post, from_utc__gt=self.at + DAY, member__isnull=False
        )
        for shift in coming.exclude(member=her).order_by("from_utc"):
            day, slot = day_of(shift.from_utc), slot_id(shift.shift_type_id, day_of(shift.from_utc))
            setting = exchange_queries.setting_of([self.post], day, day, self.at)
            if any(offer.member == her for offer in exchange_queries.covers(setting, slot, shift.member)):
                return exchanges.ask(shift, "con ốm", at=self.at)
        raise AssertionError("nobody's shift may be taken over by Hà")

    def to_swap_with(self) -> Shift:
        """A third place of Quách Dung on a shift that Hà may have for her next one."""
        her, colleague, own = self.people["Lê Thu Hà"], self.people["Quách Dung"], self.next_own
        day, slot = day_of(own.from_utc), slot_id(own.shift_type_id, day_of(own.from_utc))
        for other in Shift.objects.filter(post=self.post, from_utc__gt=self.at).order_by("from_utc"):
            added = Shift.objects.create(
                post=self.post, org_path=other.org_path, person_name=colleague.name, member=colleague,
                person=colleague.person, skills=["lead"], from_utc=other.from_utc, to_utc=other.to_utc,
                shift_type_id=other.shift_type_id,
            )  # fmt: skip
            days = sorted([day, day_of(other.from_utc)])
            setting = exchange_queries.setting_of([self.post], *days, self.at)
            if any(offer.member == colleague for offer in exchange_queries.swaps(setting, slot, her, self.at)):
                return added
            added.delete()
        raise AssertionError("no shift may be swapped for Hà's next one")

    def ask_her(self) -> Prompt:
        """A question of the night to Hà, who is there."""
        shift = presence.check_in(self.own.pk, "Hà", at=self.at - 30 * MINUTE)
        return Prompt.objects.create(
            shift=shift, org_path=shift.org_path, asked_at=self.at - MINUTE, due_at=self.at + 9 * MINUTE
        )


def keep(exhibit: Exhibit, at: datetime) -> Watch:
    """The watch at a moment: in force from last week to next, a draft for the week after with three holes."""
    with scoped(exhibit.people.scope("ha")):
        watch = _made(exhibit, at)
        _stand(watch, exhibit.people.people)
    return watch


def _made(exhibit: Exhibit, at: datetime) -> Watch:
    by, office = exhibit.people.people, exhibit.people.organisations["hai-van"]
    with scoped(system("tests")):
        Post.objects.filter(shift_types__isnull=True).delete()
    monday = day_of(at) - timedelta(days=day_of(at).weekday())
    first, begins = monday - 7 * DAY, ((at - HOUR).astimezone(OFFICE_ZONE).hour * 60) % 480
    shifts = [
        ShiftFields(code, name, begins + 480 * number, 480, 2, 0, {"lead": 1})
        for number, (code, name) in enumerate(zip(CODES, NAMES, strict=True))
    ]
    fields = posts.PostFields("Giám sát", "monitoring", by["minh"], awake_minutes=120)
    post = posts.add_post(office, fields, shifts, on=first, at=begin_of(first))
    home = posts.add_post(office, posts.PostFields.usual("Trực lãnh đạo", "leadership"), on=first, at=begin_of(first))
    accounts = {"Lê Thu Hà": by["ha"], "Mai Hương": by["minh"], "Quách Dung": by["quan"]}
    people = {name: _member(office, name, accounts.get(name), post, home, at) for pair in CREWS for name in pair}
    people |= {name: _member(office, name, accounts.get(name), post, home, at) for name in SPARE}
    types = {row.code: row for row in ShiftType.objects.filter(post=post)}
    return Watch(office, post, home, types, people, monday, Roster(), at)


def _member(
    office: Organisation, name: str, account: Person | None, post: Post, home: Post, at: datetime
) -> Member:  # fmt: skip
    fields = MemberFields(name, f"0900 000 {len(name):03d}", account, ("lead",) if name in LEADS else ())
    return members.add_member(office, fields, [post, home] if name in {"Cao Thắng", "Quách Dung"} else [post], at=at)


def _stand(watch: Watch, by: dict[str, Person]) -> None:
    at, first = watch.at, watch.monday - 7 * DAY
    crews = [list(pair) for pair in CREWS]
    now = next(
        (day, shift) for day in (day_of(at) - DAY, day_of(at)) for shift in range(3)
        if _begin(watch, day, shift) <= at < _begin(watch, day, shift) + 8 * HOUR
    )  # fmt: skip
    crews[_turn(*now, first)][0] = "Lê Thu Hà"
    after = (now[0], now[1] + 1) if now[1] < 2 else (now[0] + DAY, 0)
    crews[_turn(*after, first)][1] = "Mai Hương"
    _publish(watch, crews, first, watch.monday + 13 * DAY, by["ha"])
    for shift in Shift.objects.filter(post=watch.post, to_utc__lte=at).order_by("from_utc"):
        # Nobody came on the second shift of the day before yesterday.
        if shift.from_utc != _begin(watch, day_of(at) - 2 * DAY, 1):
            presence.check_in(shift.pk, shift.person_name, at=shift.from_utc)
    begin, end = watch.monday + 14 * DAY, watch.monday + 20 * DAY
    watch.draft = _draft(watch, crews, begin, end, at, open_slots=((2, 0), (4, 1), (5, 2)))
    members.ask_leave(watch.people["Tạ Minh"].pk, _days(begin, 3), "annual", granted_by="Hà", at=at)
    members.ask_leave(watch.people["Lý Nga"].pk, _days(begin + DAY, 1), "training", at=at)
    members.make_wish(watch.people["Lê Thu Hà"].pk, _days(begin, 1), wants_duty=False, at=at)


def _days(first: date, number: int) -> Span:
    return Span(begin_of(first), begin_of(first + timedelta(days=number)))


def _begin(watch: Watch, day: date, shift: int) -> datetime:
    return begin_of(day, watch.types[CODES[shift]].start_minute)


def _turn(day: date, shift: int, first: date) -> int:
    """The crew on a shift of a day: two days on each shift in turn, then two days off."""
    return (shift - (day - first).days // 2) % 4


def _publish(watch: Watch, crews: list[list[str]], first: date, last: date, by: Person) -> None:
    made = begin_of(first)
    publication.publish(_draft(watch, crews, first, last, made).pk, by=by, at=made)


def _draft(
    watch: Watch, crews: list[list[str]], first: date, last: date, at: datetime, *, open_slots: tuple = ()
) -> Roster:  # fmt: skip
    draft = rosters.start_draft(watch.office, [watch.post, watch.home], first, last, by="Hà", at=at)
    home_type, pairs = ShiftType.objects.get(post=watch.home), set()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        pairs.add((slot_id(home_type.pk, day), watch.people["Cao Thắng"].pk))
        for shift, code in enumerate(CODES):
            crew = crews[_turn(day, shift, watch.monday - 7 * DAY)]
            pairs |= {
                (slot_id(watch.types[code].pk, day), watch.people[name].pk)
                for name in crew if (number, shift) not in open_slots
            }  # fmt: skip
    rosters.change(draft.pk, Step(frozenset(pairs)), by="Hà", at=at)
    return draft
