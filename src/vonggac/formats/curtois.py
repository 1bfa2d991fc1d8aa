"""Instances of the staff scheduling benchmark of Curtois & Qu (schedulingbenchmarks.org), and their schedules as JSON.

An instance is text in sections, in any order; each line of a section is a row of values between commas, a line that
begins with `#` a comment. It is a problem and no list of records, so a line that cannot be used is told by its number
and ends the reading.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import msgspec

from vonggac.errors import InputError, LimitExceeded, UnreadableFile
from vonggac.formats.limits import MEBIBYTE
from vonggac.kernel.roster.grid.values import Cover, Grid, GridRoster, GridVerdict, Person, Request, Schedules, Shift

MOST_BYTES = 16 * MEBIBYTE
MOST_DAYS = 2 * 366
MOST_CELLS = 2_000_000  # people × days × shifts

Json: TypeAlias = Mapping[str, object]

# In the order in which they are understood, whatever the file's: each names what those before it define.
_SECTIONS = (
    "SECTION_HORIZON", "SECTION_SHIFTS", "SECTION_STAFF", "SECTION_DAYS_OFF", "SECTION_SHIFT_ON_REQUESTS",
    "SECTION_SHIFT_OFF_REQUESTS", "SECTION_COVER",
)  # fmt: skip


class _ScheduleFile(msgspec.Struct):
    """What `roster solve --format curtois --json` prints has more, which is not looked at."""

    assignments: dict[str, tuple[str | None, ...]]


def read_grid(content: bytes, name: str) -> Grid:
    """The problem of an instance. Raises UnreadableFile, InputError or LimitExceeded, naming the line to mend."""
    if len(content) > MOST_BYTES:
        raise LimitExceeded(f"{name} is larger than {MOST_BYTES // MEBIBYTE} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{name} is neither JSON nor text in UTF-8 (byte {error.start}); name a problem in JSON"
        ) from error
    reader = _Reader(name)
    for number, line in enumerate(text.splitlines(), 1):
        reader.read(number, line.strip())
    return reader.grid()


def read_schedules(content: bytes, name: str, grid: Grid) -> Schedules:
    """The schedules of a roster's JSON. Raises InputError when they do not fit people, days and shifts."""
    try:
        found = msgspec.json.decode(content, type=_ScheduleFile).assignments
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: {error}") from error
    except msgspec.DecodeError as error:
        raise UnreadableFile(f"{name} is not JSON: {error}") from error
    people, shifts = {person.id for person in grid.people}, {shift.id for shift in grid.shifts}
    if people != found.keys():
        raise InputError(f"{name}: $.assignments must name all people and no others: {_some(people ^ found.keys())}")
    for person, own in found.items():
        if len(own) != grid.days:
            raise InputError(f"{name}: $.assignments.{person} has {len(own)} days instead of {grid.days}")
        if unknown := {one for one in own if one is not None} - shifts:
            raise InputError(f"{name}: $.assignments.{person}: there is no shift {_some(unknown)}")
    return found


def roster_json(roster: GridRoster, verdict: GridVerdict) -> Json:
    """Schedules with how they were come by, and what the checker says of them."""
    return {
        "cost": roster.cost,
        "bound": roster.bound,
        "optimal": roster.is_optimal,
        "assignments": roster.assignments,
        "seed": roster.seed,
        "solver": roster.solver,
        "parts": verdict.parts,
        "faults": verdict.faults,
    }


def verdict_json(verdict: GridVerdict) -> Json:
    """What the checker says of schedules."""
    return {"cost": verdict.cost, "parts": verdict.parts, "faults": verdict.faults}


def table(grid: Grid, schedules: Schedules) -> str:
    """A line a person and a column a day, weeks apart; a dot is a day off."""
    wide = max(len(person.id) for person in grid.people)
    cell = max(len(shift.id) for shift in grid.shifts)
    lines = []
    for person in grid.people:
        cells = [(shift or ".").ljust(cell) for shift in schedules[person.id]]
        weeks = [" ".join(cells[first : first + 7]) for first in range(0, grid.days, 7)]
        lines.append(f"{person.id.ljust(wide)}  {'  '.join(weeks)}".rstrip())
    return "\n".join(lines)


def summary(roster: GridRoster) -> str:
    """How good the schedules are, in one line."""
    if roster.is_optimal:
        return f"cost {roster.cost}, proven optimal; {roster.solver}, seed {roster.seed}"
    return f"cost {roster.cost}, nothing below {roster.bound} is possible; {roster.solver}, seed {roster.seed}"


def _some(names: "set[str]") -> str:
    return ", ".join(f'"{one}"' for one in sorted(names)[:5])


@dataclass
class _Reader:
    """Takes line by line; each section has its own method."""

    name: str
    days: int = 0
    shifts: dict[str, Shift] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    covers: dict[tuple[int, str], Cover] = field(default_factory=dict)
    _days_off: dict[str, frozenset[int]] = field(default_factory=dict)
    _later: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    _number: int = 0
    _section: str = ""
    _rows: dict[str, list[tuple[int, list[str]]]] = field(default_factory=lambda: defaultdict(list))

    def read(self, number: int, line: str) -> None:
        """Take one line in."""
        if not line or line.startswith("#"):
            return
        if line.upper().startswith("SECTION_"):
            self._number, self._section = number, line.upper()
            if self._section not in _SECTIONS:
                raise self._fault(f"there is no section {line}")
        elif self._section:
            self._rows[self._section].append((number, [one.strip() for one in line.split(",")]))
        else:
            raise UnreadableFile(f"{self.name}, line {number}: expected a section such as SECTION_HORIZON first")

    def grid(self) -> Grid:
        """The whole problem."""
        takes = (self._horizon, self._shift, self._person, self._off, self._wanted, self._unwanted, self._cover)
        for section, take in zip(_SECTIONS, takes, strict=True):
            for number, row in self._rows[section]:
                self._number = number
                take(row)
        if not (self.days and self.shifts and self.people):
            raise UnreadableFile(
                f"{self.name} lacks SECTION_HORIZON, SECTION_SHIFTS or SECTION_STAFF; a problem in JSON begins with {{"
            )
        if self.days * len(self.shifts) * len(self.people) > MOST_CELLS:
            raise LimitExceeded(f"{self.name}: more than {MOST_CELLS} people × days × shifts")
        for number, named in self._later:
            if unknown := named - self.shifts.keys():
                raise InputError(f"{self.name}, line {number}: there is no shift {_some(set(unknown))}")
        return Grid(
            self.days, tuple(self.shifts.values()), tuple(self._people()), tuple(self.requests),
            tuple(self.covers.values()),
        )  # fmt: skip

    def _people(self) -> Iterator[Person]:
        for person in self.people.values():
            yield replace(person, days_off=self._days_off.get(person.id, frozenset()))

    def _fault(self, reason: str) -> InputError:
        return InputError(f"{self.name}, line {self._number}: {reason}")

    def _horizon(self, row: list[str]) -> None:
        self.days = self._count(row[0], "days")
        if not 1 <= self.days <= MOST_DAYS:
            raise LimitExceeded(f"{self.name}, line {self._number}: {self.days} days; 1 to {MOST_DAYS} can be planned")

    def _shift(self, row: list[str]) -> None:
        self._need(row, 2, "shift, minutes, shifts that cannot follow")
        never = frozenset(filter(None, row[2].split("|"))) if len(row) > 2 else frozenset()
        if row[0] in self.shifts:
            raise self._fault(f'shift "{row[0]}" is there twice')
        self._later.append((self._number, never))
        minutes = self._count(row[1], "minutes")
        if not minutes:
            raise self._fault("a shift of 0 minutes")
        self.shifts[row[0]] = Shift(row[0], minutes, never)

    def _person(self, row: list[str]) -> None:
        self._need(row, 8, "person, most of each shift, most and least minutes, most and least shifts in a row, …")
        if row[0] in self.people:
            raise self._fault(f'person "{row[0]}" is there twice')
        most, least, most_row, least_row, days_off, weekends = (self._count(one, "a number") for one in row[2:8])
        # With no shift in a row there is no shift at all.
        most_of = dict(self._most(row[1])) if most_row else {}
        self.people[row[0]] = Person(
            id=row[0], most_of=most_of, least_minutes=least, most_minutes=most, least_in_row=least_row,
            most_in_row=max(1, most_row), least_days_off=days_off, most_weekends=weekends,
        )  # fmt: skip

    def _most(self, text: str) -> Iterator[tuple[str, int]]:
        for part in filter(None, text.split("|")):
            shift, _, most = part.partition("=")
            yield self._known_shift(shift), self._count(most, "how many shifts")

    def _off(self, row: list[str]) -> None:
        days = frozenset(self._day(one) for one in row[1:] if one)
        person = self._known_person(row[0])
        self._days_off[person] = self._days_off.get(person, frozenset()) | days

    def _wanted(self, row: list[str]) -> None:
        self._request(row, is_wanted=True)

    def _unwanted(self, row: list[str]) -> None:
        self._request(row, is_wanted=False)

    def _request(self, row: list[str], *, is_wanted: bool) -> None:
        self._need(row, 4, "person, day, shift, weight")
        weight = self._count(row[3], "a weight")
        person, day, shift = self._known_person(row[0]), self._day(row[1]), self._known_shift(row[2])
        self.requests.append(Request(person, day, shift, weight, is_wanted))

    def _cover(self, row: list[str]) -> None:
        self._need(row, 5, "day, shift, how many, weight of each below, weight of each above")
        day, shift = self._day(row[0]), self._known_shift(row[1])
        if (day, shift) in self.covers:
            raise self._fault(f"the cover of {shift} on day {day} is there twice")
        self.covers[day, shift] = Cover(day, shift, *(self._count(one, "a number") for one in row[2:5]))

    def _need(self, row: list[str], count: int, columns: str) -> None:
        if len(row) < count:
            raise self._fault(f"{len(row)} values; expected {columns}")

    def _count(self, text: str, what: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise self._fault(f'"{text}" is not {what} (a whole number from 0)')
        return int(text)

    def _day(self, text: str) -> int:
        day = self._count(text, "a day")
        if day >= self.days:
            raise self._fault(f"day {day} lies outside the {self.days} days of the horizon (they count from 0)")
        return day

    def _known_shift(self, name: str) -> str:
        if name not in self.shifts:
            raise self._fault(f'there is no shift "{name}"')
        return name

    def _known_person(self, name: str) -> str:
        if name not in self.people:
            raise self._fault(f'there is no person "{name}"')
        return name
