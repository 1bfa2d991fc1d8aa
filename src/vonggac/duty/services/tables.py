"""Rosters as plain tables of shifts: read, looked at, and laid down as what is in force."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.models import InPlace, InPlaceKind, Member, Post, Shift
from vonggac.duty.presets import kind_of
from vonggac.duty.queries import duty_of
from vonggac.duty.rules import Duty, need_of
from vonggac.duty.services import in_place, members, publishing
from vonggac.duty.services.in_place import Span
from vonggac.duty.skills import skill_code
from vonggac.errors import UnreadableFile, WrongState
from vonggac.formats.records import Reject
from vonggac.formats.roster_sheet import same
from vonggac.formats.tables import Table, read_table
from vonggac.formats.times import find_zone, header_zone
from vonggac.kernel.text import alphabetic, fold
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person

# The names of each column, folded and without what stands in brackets; the first one is ours.
_NAMES: Mapping[str, Sequence[str]] = {
    "post": ("post", "vi tri", "vi tri truc"),
    "from": ("from", "tu", "from_utc"),
    "to": ("to", "den", "to_utc"),
    "person": ("person", "nguoi truc"),
    "skill": ("skill", "ky nang"),
}
_CHANGED_MEANWHILE = "the roster has changed meanwhile; look at the table again"
_BRACKETS = re.compile(r"\(.*?\)")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) +(\d{1,2}:\d{2})")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One line of a roster table."""

    post: str
    from_utc: datetime
    to_utc: datetime
    person: str
    skill: str


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What an import changed."""

    added: int
    replaced: int
    unchanged: int
    posts_made: int
    rejects: Sequence[Reject]


@dataclass(frozen=True, slots=True)
class PostPlan:
    """What a table changes at one post; without `post` it is made. `there`: left out, but somebody checked in."""

    name: str
    post: Post | None
    lines: Sequence[RosterRow]
    fresh: Sequence[RosterRow]
    gone: Sequence[Shift]
    there: Sequence[Shift]
    unchanged: int


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What a table would change, post by post, and its lines that cannot be used.

    `strangers`: the names that it puts on a shift and by which the office knows nobody, or two: nothing reaches them.
    """

    posts: Sequence[PostPlan]
    rejects: Sequence[Reject]
    strangers: Sequence[str] = ()

    @property
    def report(self) -> RosterReport:
        """The changes, counted."""
        return RosterReport(
            sum(len(one.fresh) for one in self.posts), sum(len(one.gone) for one in self.posts),
            sum(one.unchanged for one in self.posts), sum(one.post is None for one in self.posts), self.rejects,
        )  # fmt: skip

    @property
    def changes(self) -> int:
        """How many shifts come or go."""
        return self.report.added + self.report.replaced


def read_roster(content: bytes, file_name: str) -> tuple[list[RosterRow], list[Reject]]:
    """The rows of a roster (post, from, to, person, skill as CSV or XLSX), and the rejects by line and column.

    Columns are named in English or Vietnamese. Times stand on Hà Nội's clock unless their column names a zone:
    `from_utc`, `to (GMT+9)`.
    """
    table = read_table(content, file_name)
    columns = {ours: name for name in table.columns if (ours := _column(name))}
    lacking = [name for name in _NAMES if name not in columns and name != "skill"]
    if lacking:
        raise UnreadableFile(
            f"{file_name} lacks the column {lacking[0]}; a roster has post, from, to, person and skill"
        )
    return _rows(table, columns)


def _column(name: str) -> str:
    """Which of our columns a heading names, "" for none."""
    written = fold(_BRACKETS.sub("", name)).strip()
    return next((ours for ours, names in _NAMES.items() if written in names), "")


def _rows(table: Table, columns: Mapping[str, str]) -> tuple[list[RosterRow], list[Reject]]:
    rows: list[RosterRow] = []
    rejects = list(table.rejects)
    for line, cells in table.records():
        try:
            rows.append(_row(cells, columns))
        except _BadCellError as bad:
            rejects.append(Reject(line, bad.column, bad.reason, ",".join(cells.values())))
    return rows, rejects


class _BadCellError(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def _row(cells: Mapping[str, str], columns: Mapping[str, str]) -> RosterRow:
    for name in ("post", "person"):
        if not cells[columns[name]]:
            raise _BadCellError(columns[name], "is empty")
    begin, end = _moment(cells, columns["from"]), _moment(cells, columns["to"])
    if end <= begin:
        raise _BadCellError(columns["to"], "is not after the beginning of the shift")
    skill = cells[columns["skill"]] if "skill" in columns else ""
    return RosterRow(cells[columns["post"]], begin, end, cells[columns["person"]], skill)


def _moment(cells: Mapping[str, str], column: str) -> datetime:
    """`2026-04-30 22:00`, `30/4/2026 22:00`, ISO 8601; on Hà Nội's clock unless it or its column says otherwise."""
    written = cells[column].strip()
    if found := _DAY_FIRST.fullmatch(written):
        day, month, year, clock = found.groups()
        written = f"{year}-{month:0>2}-{day:0>2} {clock:0>5}"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise _BadCellError(column, "is not a time; write it as 2026-04-30 22:00") from None
    zone, _ = header_zone(column)
    own = find_zone(zone) if zone else OFFICE_ZONE
    return (moment if moment.tzinfo else moment.replace(tzinfo=own)).astimezone(UTC)


def plan_import(office: Organisation, rows: Iterable[RosterRow], rejects: Sequence[Reject]) -> TablePlan:
    """What the table would change for the span it covers; nothing is written.

    Planned shifts inside the span that the table no longer carries are taken out, unless somebody checked in: that
    they were there is a fact, whatever a later plan says.
    """
    by_post: dict[str, list[RosterRow]] = defaultdict(list)
    for row in rows:
        by_post[row.post].append(row)
    known = {post.name: post for post in Post.objects.filter(organisation=office, name__in=by_post)}
    planned = [_planned(name, lines, known.get(name)) for name, lines in by_post.items()]
    names = sorted({line.person for one in planned for line in one.fresh}, key=alphabetic)
    people = _known(office) if names else {}
    return TablePlan(planned, rejects, [name for name in names if same(name) not in people])


def _planned(name: str, lines: Sequence[RosterRow], post: Post | None) -> PostPlan:
    begin, end = _span(lines)
    inside = post.shifts.filter(from_utc__gte=begin, from_utc__lt=end).order_by("from_utc", "pk") if post else ()
    planned = {(shift.person_name, shift.from_utc): shift for shift in inside}
    wanted = {(line.person, line.from_utc): line for line in lines}
    same = {key for key, line in wanted.items() if key in planned and _says(line, planned[key])}
    others = [shift for key, shift in planned.items() if key not in same]
    gone = [shift for shift in others if shift.checked_in_at is None]
    kept = planned.keys() - {(shift.person_name, shift.from_utc) for shift in gone}
    return PostPlan(
        name, post, lines, [line for key, line in wanted.items() if key not in kept], gone,
        [shift for shift in others if shift.checked_in_at is not None], len(same),
    )  # fmt: skip


def _says(line: RosterRow, shift: Shift) -> bool:
    """True when the line says what is in force: a published shift knows its person's skills beside what is written."""
    if shift.taken_off_at is not None and shift.checked_in_at is None:
        return False
    is_skill = line.skill == shift.skill or (bool(line.skill) and skill_code(line.skill) in duty_of(shift).skills)
    return shift.to_utc == line.to_utc and is_skill


def import_roster(
    office: Organisation, rows: Iterable[RosterRow], rejects: Sequence[Reject], *, by: str = "", at: datetime
) -> RosterReport:
    """The roster of an office, as the table has it for the span it covers; importing it again changes nothing."""
    planned = plan_import(office, rows, rejects)
    lay(office, planned, by=by, at=at)
    return planned.report


def lay(office: Organisation, planned: TablePlan, *, file_name: str = "", by: str = "", at: datetime) -> InPlace | None:
    """The table laid down as what is in force; what takes it back, None where it changes nothing or is by nobody.

    WrongState where the roster is no longer the one that the table was planned for.
    """
    try:
        with transaction.atomic():
            return _lay(office, planned, file_name, by, at)
    except IntegrityError:
        raise WrongState(_CHANGED_MEANWHILE) from None


def _lay(office: Organisation, planned: TablePlan, file_name: str, by: str, at: datetime) -> InPlace | None:
    """Who lays a table for the same posts at the same time waits here, and finds their plan overtaken."""
    publishing.lock_posts(office)
    rows = [line for one in planned.posts for line in one.lines]
    leaving = [shift.pk for one in planned.posts for shift in one.gone]
    gone = list(Shift.objects.select_for_update().filter(pk__in=leaving, checked_in_at__isnull=True).order_by("pk"))
    if len(gone) < len(leaving) or plan_import(office, rows, planned.rejects) != planned:
        raise WrongState(_CHANGED_MEANWHILE)
    people = _known(office)
    before = publishing.rows(gone)
    Shift.objects.filter(pk__in=leaving).delete()
    made: list[int] = []
    fresh: list[Shift] = []
    spans: list[Span] = []
    for one in planned.posts:
        post = one.post
        if post is None:
            post = _new_post(office, one)
            made.append(post.pk)
        fresh += [_shift(post, line, people) for line in one.fresh]
        begin, end = _span(one.lines)
        spans.append((post.pk, begin.isoformat(), end.isoformat()))
    publishing.note_running(fresh, at)
    added = Shift.objects.bulk_create(fresh)
    if not planned.changes:
        return None
    ledger.record(
        "roster.import", "organisation", office.pk, office.path, at=at,
        added=len(added), replaced=len(gone), rejects=len(planned.rejects),
    )  # fmt: skip
    if not by:
        return None
    return in_place.keep(
        office, InPlaceKind.TABLE, file_name, spans, gone=before, fresh=added, made=made, by=by, at=at
    )  # fmt: skip


def _span(lines: Sequence[RosterRow]) -> tuple[datetime, datetime]:
    """From the first begin to the last end."""
    return min(line.from_utc for line in lines), max(line.to_utc for line in lines)


def _new_post(office: Organisation, planned: PostPlan) -> Post:
    """A post needs what most shifts of its first table have."""
    duties = [
        Duty(0, line.person, frozenset({skill_code(line.skill)} if line.skill else ()), line.from_utc, line.to_utc)
        for line in planned.lines
    ]
    minimum, needs_lead = need_of(duties)
    return Post.objects.create(
        organisation=office, org_path=office.path, name=planned.name, kind=kind_of(planned.name, otherwise="other"),
        minimum=minimum, needs_lead=needs_lead,
    )  # fmt: skip


def _known(office: Organisation) -> dict[str, tuple[Member | None, Person | None]]:
    """Whom a name means: who is on the office's duty list, else its one colleague of that name.

    Somebody of the same name in another office is somebody else, and two colleagues of one name are nobody: a page at
    night must not ring at a stranger's.
    """
    held = [(same(one.name), one.person) for one in members.colleagues(office)]
    alone = Counter(name for name, _person in held)
    listed = Member.objects.filter(organisation=office).select_related("person")
    return {
        **{name: (None, person) for name, person in held if alone[name] == 1},
        **{same(one.name): (one, one.person) for one in listed},
    }


def _shift(post: Post, line: RosterRow, people: Mapping[str, tuple[Member | None, Person | None]]) -> Shift:
    member, person = people.get(same(line.person), (None, None))
    phone = (member.phone if member else "") or (person.phone if person else "")
    return Shift(
        post=post, org_path=post.org_path, person=person, person_name=line.person, member=member,
        phone=phone, skill=line.skill, from_utc=line.from_utc, to_utc=line.to_utc,
    )  # fmt: skip
