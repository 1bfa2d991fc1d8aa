"""Times in messages, on Hà Nội's clock and as Vietnamese letters write them."""

from datetime import date, datetime

from vonggac.directives.rules import OFFICE_ZONE

# The syllable that names the day has the capital (NĐ 30/2020, Phụ lục II).
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def clock(moment: datetime) -> str:
    """`22:00`."""
    return f"{moment.astimezone(OFFICE_ZONE):%H:%M}"


def exact(moment: datetime) -> str:
    """`30/4/2026 22:00:07`: to the second, as logs are looked up and as pages write it."""
    here = moment.astimezone(OFFICE_ZONE)
    return f"{here.day}/{here.month}/{here.year} {here:%H:%M:%S}"


def day(moment: datetime | date) -> str:
    """`thứ Năm 30/4`."""
    here = moment.astimezone(OFFICE_ZONE).date() if isinstance(moment, datetime) else moment
    return f"{WEEKDAYS[here.weekday()]} {here.day}/{here.month}"


def short_day(moment: datetime) -> str:
    """`30/4`."""
    here = moment.astimezone(OFFICE_ZONE)
    return f"{here.day}/{here.month}"


def span(begin: datetime, end: datetime) -> str:
    """`22:00 thứ Năm 30/4 – 06:00 thứ Sáu 1/5`, the day once where it is one."""
    here, there = begin.astimezone(OFFICE_ZONE), end.astimezone(OFFICE_ZONE)
    later = "" if here.date() == there.date() else f" {day(there.date())}"
    return (
        f"{clock(begin)} {day(begin)} – {clock(end)}{later}" if later else f"{clock(begin)}–{clock(end)} {day(begin)}"
    )
