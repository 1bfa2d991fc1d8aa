"""The days a document is about, from its subject: days printed there and named days whose date is fixed."""

import re
from collections.abc import Iterator
from datetime import date

from vonggac.formats.congvan.dates import make_date
from vonggac.formats.congvan.document import Period
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold

_HOUR = r"(?:\d{1,2} ?(?:h|gio|:) ?(?:\d{2})? ?(?:phut|p|['’])?,? ?)?"
_RANGE = re.compile(
    rf"tu {_HOUR}(?:ngay )?(\d{{1,2}})[/\-.](\d{{1,2}})(?:[/\-.](\d{{4}}))? ?(?:den|-|–)(?: het)? "
    rf"{_HOUR}(?:ngay )?(\d{{1,2}})[/\-.](\d{{1,2}})[/\-.](\d{{4}})"
)
# Two days in a line, as every printed range has them: nothing else of a body of hundreds of pages need be folded.
_TWO_DAYS = re.compile(r"\d[/\-.]\d.{1,60}?\d[/\-.]\d{4}")
# A range whose first day has no year and would come after its last began the year before, if that is not too long ago.
_OVER_NEW_YEAR_DAYS = 183
# Tết is off for up to nine days; a longer range around a holiday is that of a campaign.
_LONGEST_DAYS = 16
_WATCH = re.compile(r"(?<!thuong )\btruc\b(?! (?:thuoc|tuyen|tiep))")
_HOLIDAY = re.compile(r"\b(?:dip|le|nghi|ky niem|trong thoi gian|chao mung)\b")
_DAY = re.compile(r"(?<![\d/.\-])(\d{1,2})\s?[/\-]\s?(\d{1,2})(?:\s?/\s?(\d{4}))?(?![\d/\-]|\s?/\s?[a-z])")
_SPOKEN_DAY = re.compile(r"\bngay (\d{1,2}) thang (\d{1,2})(?: nam (\d{4}))?")


def find_period(subject: str | None, issued: date | None, vocabulary: Vocabulary, body: str = "") -> Period | None:
    """The period a subject implies: a printed range, or the first and last of its days in the year of issue.

    A range that the body prints around those days is what the holiday really is: `2/9` is off from 30/8 on. Where the
    subject says nothing, the one range that the body repeats of a watch to come.
    """
    return (_of_subject(subject, issued, vocabulary, body) if subject else None) or _repeated(body, issued)


def watch_words(body: str) -> str | None:
    """The first printed range in a line about being on watch: too little for a period, enough to doubt that none is."""
    dated = (line for line in body.splitlines() if _TWO_DAYS.search(line))
    watched = ((line, folded) for line in dated if _WATCH.search(folded := fold(line)))
    return next((printed for line, folded in watched for _first, _last, printed in _ranges(line, folded)), None)


def _repeated(body: str, issued: date | None) -> Period | None:
    """The range, not over, that the body prints more than once, once of a watch, where it prints no other."""
    if issued is None or not _TWO_DAYS.search(body):
        return None
    folded = fold(body)
    ranges = list(_ranges(body, folded))
    if len(ranges) < 2 or len({(first, last) for first, last, _printed in ranges}) > 1 or watch_words(body) is None:
        return None
    first, last, printed = ranges[0]
    if last < issued or (last - first).days > _LONGEST_DAYS:
        return None
    return Period(first, last, f"nội dung ghi {len(ranges)} lần: “{printed}”")


def _of_subject(subject: str, issued: date | None, vocabulary: Vocabulary, body: str) -> Period | None:
    folded = fold(subject)
    for first, last, printed in _ranges(subject, folded):
        return Period(first, last, f"in trong trích yếu: “{printed}”")
    if issued is None or not _HOLIDAY.search(folded):
        return None
    days = _days(subject, folded, issued, vocabulary)
    if not days:
        return None
    begin, end = min(when for when, _ in days), max(when for when, _ in days)
    for first, last, printed in _ranges(body, fold(body)):
        if first <= begin <= end <= last and (last - first).days <= _LONGEST_DAYS:
            return Period(first, last, f"trích yếu nói {days[0][1]}, nội dung ghi: “{printed}”")
    reasons = ", ".join(f"{name} → {when.isoformat()}" for when, name in days)
    why = f"suy từ trích yếu và năm ban hành {issued.year}: {reasons}"
    return Period(begin, end, why)


def _ranges(text: str, folded: str) -> Iterator[tuple[date, date, str]]:
    """The first and last day of each printed range, and its words."""
    for match in _RANGE.finditer(folded):
        last = make_date(match[4], match[5], match[6])
        first = make_date(match[1], match[2], match[3] or match[6])
        if first and last and first > last and not match[3]:
            before = make_date(match[1], match[2], str(last.year - 1))
            first = before if before and (last - before).days <= _OVER_NEW_YEAR_DAYS else first
        if first and last and first <= last:
            yield first, last, text[match.start() : match.end()]


def _days(subject: str, folded: str, issued: date, vocabulary: Vocabulary) -> list[tuple[date, str]]:
    days: list[tuple[date, str]] = []
    for match in (*_DAY.finditer(folded), *_SPOKEN_DAY.finditer(folded)):
        when = _in_year(match[1], match[2], match[3], issued)
        if when:
            days.append((when, subject[match.start() : match.end()]))
    for name, month_day in vocabulary.events.items():
        if fold(name) in folded:
            month, day = month_day.split("-")
            when = _in_year(day, month, None, issued)
            if when:
                days.append((when, name))
    return days


def _in_year(day: str, month: str, year: str | None, issued: date) -> date | None:
    """The day in the printed year, else in the year of issue, or the next when that lies over a month back."""
    if year:
        return make_date(day, month, year)
    when = make_date(day, month, str(issued.year))
    if when and (issued - when).days > 31:
        return make_date(day, month, str(issued.year + 1))
    return when
