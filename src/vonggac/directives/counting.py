"""From the times that a clause prints to its due time, counted from the day of arrival or of issue.

The rules are those of docs/reference/directive-json.md. Days are counted as the Civil Code 2015 does (Art. 147, 148):
the first day is not counted, and the last one counts to its end. What no rule here understands is due at no time.
"""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from vonggac.directives.rules import OFFICE_ZONE, end_of
from vonggac.regimes.public_holidays import between

# More than four digits are no time that anybody sets, and too many days to count.
_COUNT = r"(?P<count>[1-9]\d{0,3})"
_SPAN = rf"P(?P<time>T)?{_COUNT}(?P<unit>(?(time)[HM]|[DWMY]))"
_WITHIN = re.compile(rf"{_SPAN}(?P<working> working)? from (?P<origin>receipt|issue)")
# A round that closes on a day of the year is one of months or years.
_EVERY = re.compile(rf"every P{_COUNT}(?P<unit>[MY](?= by)|[DWMY](?! by))(?: by (?P<month>\d\d)-(?P<day>\d\d))?")
_MONTHLY = re.compile(r"monthly (?P<day>\d\d)")
_YEARLY = re.compile(r"yearly (?P<month>\d\d)-(?P<day>\d\d)")
_BEFORE = re.compile(r"before (?P<month>\d\d)-(?P<day>\d\d)")
_CYCLES = {
    "daily": "P1D", "weekly": "P1W", "monthly": "P1M", "quarterly": "P3M", "yearly": "P1Y", "monthly or ad hoc": "P1M",
}  # fmt: skip
_MONTHS = {"M": 1, "Y": 12}
_DAYS = {"D": 1, "W": 7}


@dataclass(frozen=True, slots=True)
class Origin:
    """What relative times are counted from: the moment of arrival at the office, and the day of issue."""

    arrived: datetime
    issued: date | None


def arrival(day: date, received: datetime) -> datetime:
    """The moment of arrival: that of the hand-in on its own day, else the end of the day, for its hour is unknown."""
    return received if received.astimezone(OFFICE_ZONE).date() == day else end_of(day)


def first_due(deadlines: Sequence[Mapping[str, Any]], origin: Origin) -> datetime | None:
    """The earliest due time that a clause's printed times give, None where they give none."""
    counted = (due_of(deadline, origin) for deadline in deadlines)
    return min((due for due in counted if due), default=None)


def first_fixed(deadlines: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The earliest of the days that a clause prints, None where it prints none."""
    return min((_moment(deadline["due"]) for deadline in deadlines if deadline.get("due")), default=None)


def due_of(deadline: Mapping[str, Any], origin: Origin) -> datetime | None:
    """When one printed time is over: a fixed day, or its rule counted; None where nothing says from when."""
    if deadline.get("due"):
        return _moment(deadline["due"])
    try:
        return _counted(str(deadline.get("rule") or ""), origin)
    except (ValueError, OverflowError):  # a day no calendar has, or one past all of them
        return None


def _moment(due: str) -> datetime:
    """The moment at which a printed due time is over: its hour where one is printed, else the end of the day."""
    at_hour = datetime.fromisoformat(due).replace(tzinfo=OFFICE_ZONE)
    return at_hour if "T" in due else end_of(at_hour.date())


def _counted(rule: str, origin: Origin) -> datetime | None:
    if within := _WITHIN.fullmatch(rule):
        return _within(within, origin)
    day = origin.arrived.astimezone(OFFICE_ZONE)
    # A moment that is the end of a day belongs to that day.
    arrived = (day - timedelta(microseconds=1)).date()
    if rule in _CYCLES:
        rule = f"every {_CYCLES[rule]}"
    if every := _EVERY.fullmatch(rule):
        return end_of(_next_round(every, arrived) if every["month"] else _after(arrived, every))
    if monthly := _MONTHLY.fullmatch(rule):
        return end_of(next(one for k in range(2) if (one := _in_month(arrived, k, int(monthly["day"]))) > arrived))
    if yearly := _YEARLY.fullmatch(rule):
        month, on = int(yearly["month"]), int(yearly["day"])
        years = (_clipped(arrived.year + k, month, on) for k in range(2))
        return end_of(next(one for one in years if one > arrived))
    if (before := _BEFORE.fullmatch(rule)) and origin.issued:
        month, on = int(before["month"]), int(before["day"])
        years = (_clipped(origin.issued.year + k, month, on) for k in range(2))
        return end_of(next(one for one in years if one >= origin.issued))
    return None


def _within(span: re.Match[str], origin: Origin) -> datetime | None:
    if span["origin"] == "receipt":
        start = origin.arrived.replace(second=0, microsecond=0)  # people write due times by the minute
    elif origin.issued:
        start = end_of(origin.issued)
    else:
        return None
    if span["time"]:
        return start + timedelta(**{{"H": "hours", "M": "minutes"}[span["unit"]]: int(span["count"])})
    first = (start.astimezone(OFFICE_ZONE) - timedelta(microseconds=1)).date()
    return end_of(_after_working(first, int(span["count"])) if span["working"] else _after(first, span))


def _after(day: date, span: re.Match[str]) -> date:
    """The day so many days, weeks, months or years later; the month's last where it is shorter."""
    count, unit = int(span["count"]), span["unit"]
    if unit in _DAYS:
        return day + timedelta(days=count * _DAYS[unit])
    return _in_month(day, count * _MONTHS[unit], day.day)


def _after_working(day: date, count: int) -> date:
    """The count-th working day after one: neither Saturday, Sunday nor public holiday."""
    last = day + timedelta(days=3 * count + 30)
    off = between(day, last)
    days = (day + timedelta(days=k) for k in range(1, (last - day).days))
    working = [one for one in days if one.weekday() < 5 and one not in off]
    return working[count - 1]


def _next_round(every: re.Match[str], arrived: date) -> date:
    """The first day after arrival of a round that closes on this day of the year, and again after each span."""
    step = int(every["count"]) * _MONTHS[every["unit"]]
    anchor = _clipped(arrived.year - 1, int(every["month"]), int(every["day"]))
    rounds = (_in_month(anchor, step * k, int(every["day"])) for k in range(24 // step + 2))
    return next(one for one in rounds if one > arrived)


def _in_month(day: date, months: int, on: int) -> date:
    """The day of that number in the month so many later, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return _clipped(year, month + 1, on)


def _clipped(year: int, month: int, day: int) -> date:
    return date(year, month, max(1, min(day, monthrange(year, month)[1])))
