"""Filters of the roster's templates: skills, kinds, days in words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template

from vonggac.desk import roster_words, times, words
from vonggac.duty.models import ShiftType
from vonggac.duty.patterns import Slot
from vonggac.duty.presets import ShiftFields
from vonggac.duty.rules import Hole
from vonggac.register.models import Person

register = template.Library()


@register.filter
def skill_word(code: str) -> str:
    """A skill in words."""
    return roster_words.skill_word(code)


@register.filter
def tested_on(person: Person) -> datetime | None:
    """When one of somebody's ways of contact was last tested, of those that work; None for none."""
    working = (one for one in person.contact_methods.all() if one.is_enabled and one.failed_at is None)
    return max((one.tested_at for one in working if one.tested_at), default=None)


@register.filter
def lack(hole: Hole) -> str:
    """What a hole lacks, and who is on leave there: `thiếu 1 người`."""
    return roster_words.hole_text(hole)


@register.filter
def slot_text(slot: Slot) -> str:
    """`S 27/4 06:00–14:00`."""
    return roster_words.slot_text(slot)


@register.filter
def skills_text(skills: Mapping[str, int]) -> str:
    """`1 trưởng ca, 2 mạng`."""
    return roster_words.skills_text(skills)


@register.filter
def minute_clock(minute: int) -> str:
    """Minutes after midnight as `06:00`; past a day it begins again."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


@register.filter
def weekday_names(weekdays: list[int]) -> str:
    """`T2, T4`."""
    return ", ".join(str(times.SHORT_WEEKDAYS[number]) for number in weekdays)


@register.filter
def at_key(table: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a table, or None: for tables whose keys are values."""
    return table.get(key)


@register.filter
def short_moment_day(moment: datetime) -> str:
    """`T2 27/4` of a moment in Hà Nội."""
    return times.short_day(times.local(moment).date())


@register.filter
def until(begin: datetime, end: datetime) -> str:
    """`T2 27/4 06:00–14:00`; whole days without hours."""
    return times.span(begin, end)


@register.filter
def minute(moment: datetime) -> str:
    """`27/4/2026 06:00`."""
    return times.minute(moment)


@register.filter
def iso_due(text: str) -> str:
    """A due time kept as ISO 8601: to the minute, or the day that ends with it."""
    return times.due_full(datetime.fromisoformat(text))


@register.filter
def lasts(begin: datetime, end: datetime) -> str:
    """How long a span is: `8 giờ`."""
    return times.length(end - begin)


@register.filter
def month_day(day: date) -> str:
    """`27/4`."""
    return f"{day.day}/{day.month}"


@register.filter
def end_minute(shift: ShiftType | ShiftFields) -> int:
    """When a shift ends, in minutes after midnight."""
    return (shift.start_minute + shift.length_minutes) % (24 * 60)


@register.filter
def local_day(moment: datetime) -> int:
    """The day of the month in Hà Nội."""
    return times.local(moment).day


@register.filter
def local_date(moment: datetime) -> date:
    """The date in Hà Nội."""
    return times.local(moment).date()


@register.filter
def sheet_reason(reason: str) -> str:
    """Why a cell of a spreadsheet cannot be taken over."""
    return words.word(roster_words.SHEET_REASONS, reason)
