"""Finding the days of a sheet: the row or column in which they stand, and which month they are of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from vonggac.kernel.text import fold

# Fewer days than these in one line are no calendar: two dates also stand in a title.
FEWEST_DAYS = 3
WITHIN_LINES = 40
# What a sheet says of other years is a slip of the pen.
YEARS = range(1990, 2100)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:t00:00:00)?$")
_SPAN = re.compile(
    r"(?<!\d)(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}))?\s*(?:-|–|—|den|toi)\s*(?:het\s+)?(?:ngay\s+)?"
    r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}))?(?!\d)"
)
_WEEKDAYS = (
    ("t2", "thu2", "thuhai", "mon"), ("t3", "thu3", "thuba", "tue"), ("t4", "thu4", "thutu", "wed"),
    ("t5", "thu5", "thunam", "thu"), ("t6", "thu6", "thusau", "fri"), ("t7", "thu7", "thubay", "sat"),
    ("cn", "chunhat", "sun"),
)  # fmt: skip
_DAY_MONTH = re.compile(r"(?:^|[^\d])(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}|\d{2}))?(?:[^\d]|$)")
_NUMBER = re.compile(r"(?:ngay\s*)?0?(\d{1,2})$")
_WEEKDAY = re.compile(
    r"^(?:t\s*[2-7]|cn|thu\s*(?:[2-7]|hai|ba|tu|nam|sau|bay)|chu\s*nhat|mon|tue|wed|thu|fri|sat|sun)\b\.?\s*"
)
_MONTH = re.compile(r"(?:thang|th|t|month)\s*0?(\d{1,2})\s*(?:nam|[/.\-–]|\s)\s*(\d{4})")
_MONTH_ALONE = re.compile(r"(?:thang|month)[\s_\-]*0?(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?:nam|year|[/.\-])\s*(20\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A day as a cell writes it: its number, and month and year where they stand there."""

    day: int
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """Where the days stand: the line (row or column) and, for each place along it, its mark."""

    line: int
    marks: tuple[tuple[int, Mark], ...]


def mark_of(cell: str) -> Mark | None:
    """The day that a cell names, None for anything else; `T2 27/4`, `27` and `2026-04-27` are days."""
    text = fold(" ".join(cell.split()))
    if not text or len(text) > 24:
        return None
    if iso := _ISO.match(text):
        return _possible(Mark(int(iso[3]), int(iso[2]), int(iso[1])))
    bare = _WEEKDAY.sub("", text)
    if full := _DAY_MONTH.search(bare):
        year = int(full[3]) if full[3] else None
        return _possible(Mark(int(full[1]), int(full[2]), year + 2000 if year is not None and year < 100 else year))
    number = _NUMBER.match(bare.strip("()[] "))
    return _possible(Mark(int(number[1]))) if number else None


def _possible(mark: Mark) -> Mark | None:
    try:
        date(mark.year or 2024, mark.month or 1, mark.day)
    except ValueError:
        return None
    return mark


def is_weekday(cell: str) -> bool:
    """True for a cell that names a day of the week and nothing else."""
    text = fold(cell).strip(" .")
    return bool(text) and not _WEEKDAY.sub("", text)


def _weekday(cell: str) -> int | None:
    """0 for Monday, None for a cell that names no day of the week."""
    text = "".join(fold(cell).split()).strip(".")
    return next((number for number, names in enumerate(_WEEKDAYS) if text in names), None)


def week_axis(lines: Sequence[Sequence[str]], year: int | None) -> Axis | None:
    """The line of days of the week, when a title says from when to when the week is; None without one of both.

    Where neither the title nor `year` says the year, the marks have none, and whoever reads them has to ask for it.
    """
    for span in (found for line in lines for cell in line if (found := _SPAN.search(fold(cell)))):
        told = next((int(text) for text in (span[6], span[3]) if text), year)
        week = _week(span, told or 2024)
        for number, cells in enumerate(lines[:WITHIN_LINES]):
            places = [(place, day) for place, cell in enumerate(cells) if (day := _weekday(cell)) is not None]
            if len(places) < FEWEST_DAYS:
                continue
            if told and all(day in week for _place, day in places):
                dated = [(place, week[day]) for place, day in places]
                return Axis(number, tuple((place, Mark(day.day, day.month, day.year)) for place, day in dated))
            if not told and len(places) == len(week):
                dated = [(place, day) for (place, _), day in zip(places, week.values(), strict=True)]
                return Axis(number, tuple((place, Mark(day.day, day.month)) for place, day in dated))
    return None


def _week(span: re.Match[str], year: int) -> dict[int, date]:
    """Day of the week → its date in a span of at most a week; nothing for another span."""
    try:
        last = date(year, int(span[5]), int(span[4]))
        first = date(year - (int(span[2]) > last.month), int(span[2]), int(span[1]))
    except ValueError:
        return {}
    if not timedelta(0) <= last - first < timedelta(days=7):
        return {}
    return {day.weekday(): day for day in (first + timedelta(days=step) for step in range((last - first).days + 1))}


def axis_of(lines: Sequence[Sequence[str]]) -> Axis | None:
    """The line with the longest run of days that follow each other, None when no line has one."""
    best: Axis | None = None
    for number, cells in enumerate(lines[:WITHIN_LINES]):
        run = _longest_run([(place, mark) for place, cell in enumerate(cells) if (mark := mark_of(cell))])
        if len(run) >= FEWEST_DAYS and (best is None or len(run) > len(best.marks)):
            best = Axis(number, tuple(run))
    return best


def _longest_run(marks: Sequence[tuple[int, Mark]]) -> list[tuple[int, Mark]]:
    """The longest stretch in which each mark is the day after the one before, a month's end in between allowed."""
    best: list[tuple[int, Mark]] = []
    run: list[tuple[int, Mark]] = []
    for place, mark in marks:
        if run and not _follows(run[-1][1], mark):
            run = []
        run.append((place, mark))
        if len(run) > len(best):
            best = list(run)
    return best


def _follows(before: Mark, after: Mark) -> bool:
    return after.day == before.day + 1 or (after.day == 1 and before.day >= 28)


def month_in(texts: Iterable[str]) -> tuple[int | None, int | None]:
    """(year, month) that titles, names of sheets and of files name, each None where none does."""
    month = year = None
    for text in texts:
        folded = fold(text)
        if (found := _MONTH.search(folded)) and 1 <= int(found[1]) <= 12:
            return int(found[2]), int(found[1])
        if month is None and (alone := _MONTH_ALONE.search(folded)) and 1 <= int(alone[1]) <= 12:
            month = int(alone[1])
        if year is None and (alone := _YEAR.search(folded)):
            year = int(alone[1])
    return year, month


def dates(axis: Axis, year: int | None, month: int | None) -> dict[int, date] | None:
    """The date at each place of the axis; None where no month is known, or the days do not fit it."""
    first = axis.marks[0][1]
    year, month = first.year or year, first.month or month
    if month is None or year is None or year not in YEARS:
        return None
    try:
        begin = date(year, month, first.day)
    except ValueError:
        return None
    found = {place: begin + timedelta(days=step) for step, (place, _mark) in enumerate(axis.marks)}
    fits = all(
        found[place].day == mark.day
        and mark.month in (None, found[place].month)
        and mark.year in (None, found[place].year)
        for place, mark in axis.marks
    )
    return found if fits else None
