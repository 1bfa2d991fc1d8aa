"""Rosters as plain tables of shifts: read, and laid down as what is in force."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from vonggac.duty.models import Member, Post, Shift
from vonggac.duty.rules import Duty, need_of, skill_code
from vonggac.errors import UnreadableFile
from vonggac.formats.records import Reject
from vonggac.formats.tables import Table, read_table
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person

COLUMNS = ("post", "from_utc", "to_utc", "person")


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


def read_roster(content: bytes, file_name: str) -> tuple[list[RosterRow], list[Reject]]:
    """The rows of a roster (`post,from_utc,to_utc,person,skill` as CSV or XLSX), and the rejects by line and column."""
    table = read_table(content, file_name)
    lacking = [name for name in COLUMNS if name not in table.columns]
    if lacking:
        raise UnreadableFile(
            f"{file_name} lacks the column {lacking[0]}; a roster has post, from_utc, to_utc, person and skill"
        )
    return _rows(table)


def _rows(table: Table) -> tuple[list[RosterRow], list[Reject]]:
    rows: list[RosterRow] = []
    rejects = list(table.rejects)
    for line, cells in table.records():
        try:
            rows.append(_row(cells))
        except _BadCellError as bad:
            rejects.append(Reject(line, bad.column, bad.reason, ",".join(cells.values())))
    return rows, rejects


class _BadCellError(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def _row(cells: dict[str, str]) -> RosterRow:
    for column in ("post", "person"):
        if not cells[column]:
            raise _BadCellError(column, "is empty")
    begin, end = _moment(cells, "from_utc"), _moment(cells, "to_utc")
    if end <= begin:
        raise _BadCellError("to_utc", "is not after from_utc")
    return RosterRow(cells["post"], begin, end, cells["person"], cells.get("skill", ""))


def _moment(cells: dict[str, str], column: str) -> datetime:
    """ISO 8601 as rosters carry it, and as a spreadsheet writes it back; UTC where no offset stands."""
    try:
        moment = datetime.fromisoformat(cells[column])
    except ValueError:
        raise _BadCellError(column, "is not a time; write it as 2026-04-30T15:00:00Z") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@transaction.atomic
def import_roster(
    office: Organisation, rows: Iterable[RosterRow], rejects: Sequence[Reject], *, at: datetime
) -> RosterReport:
    """The roster of an office, as the table has it for the span it covers; importing it again changes nothing.

    Planned shifts inside the span that the table no longer carries are taken out, unless somebody checked in: that
    they were there is a fact, whatever a later plan says.
    """
    by_post: dict[str, list[RosterRow]] = defaultdict(list)
    for row in rows:
        by_post[row.post].append(row)
    people = {person.name: person for person in Person.objects.filter(roles__isnull=False).distinct()}
    made = added = replaced = unchanged = 0
    for name, lines in by_post.items():
        post, is_new = _post(office, name, lines)
        made += is_new
        new, gone, same = _lay(post, lines, people)
        added, replaced, unchanged = added + new, replaced + gone, unchanged + same
    if added or replaced:
        ledger.record(
            "roster.import", "organisation", office.pk, office.path, at=at,
            added=added, replaced=replaced, rejects=len(rejects),
        )  # fmt: skip
    return RosterReport(added, replaced, unchanged, made, rejects)


def _post(office: Organisation, name: str, lines: Sequence[RosterRow]) -> tuple[Post, bool]:
    """The post of that name; a new one needs what most shifts of its first table have."""
    duties = [
        Duty(0, line.person, frozenset({skill_code(line.skill)} if line.skill else ()), line.from_utc, line.to_utc)
        for line in lines
    ]
    minimum, needs_lead = need_of(duties)
    return Post.objects.get_or_create(
        organisation=office,
        name=name,
        defaults={"org_path": office.path, "minimum": minimum, "needs_lead": needs_lead},
    )


def _lay(post: Post, lines: Sequence[RosterRow], people: dict[str, Person]) -> tuple[int, int, int]:
    """(added, taken out, left as they were) of one post."""
    begin, end = min(line.from_utc for line in lines), max(line.to_utc for line in lines)
    planned = {
        (shift.person_name, shift.from_utc): shift
        for shift in post.shifts.filter(from_utc__gte=begin, from_utc__lt=end)
    }
    wanted = {(line.person, line.from_utc): line for line in lines}
    same = {
        key for key, line in wanted.items()
        if key in planned and (planned[key].to_utc, planned[key].skill) == (line.to_utc, line.skill)
    }  # fmt: skip
    gone = [shift.pk for key, shift in planned.items() if key not in same and shift.checked_in_at is None]
    Shift.objects.filter(pk__in=gone).delete()
    kept = {key for key, shift in planned.items() if shift.pk not in gone}
    fresh = [line for key, line in wanted.items() if key not in kept]
    members = {member.name: member for member in Member.objects.filter(organisation=post.organisation)}
    Shift.objects.bulk_create(
        [
            Shift(
                post=post, org_path=post.org_path, person=people.get(line.person), person_name=line.person,
                member=members.get(line.person),
                phone=people[line.person].phone if line.person in people else "", skill=line.skill,
                from_utc=line.from_utc, to_utc=line.to_utc,
            )
            for line in fresh
        ]
    )  # fmt: skip
    return len(fresh), len(gone), len(same)
