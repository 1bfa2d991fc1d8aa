"""Times as people read and type them: Hà Nội's clock, the day before the month, and how long it still is."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.kernel import durations

OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT_FROM_HOUR, NIGHT_TO_HOUR = 18, 6
SOON = timedelta(hours=1)
# Beyond these nobody works, and a day more or a change of zone leaves what Python or PostgreSQL can count.
FIRST_YEAR, LAST_YEAR = 1900, 2200
# Without separators too: the number pad of some telephones has none.
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(?=\d{8}$)(\d{2})(\d{2})(\d{4})")
WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
SHORT_WEEKDAYS = (
    gettext_lazy("Mon"), gettext_lazy("Tue"), gettext_lazy("Wed"), gettext_lazy("Thu"),
    gettext_lazy("Fri"), gettext_lazy("Sat"), gettext_lazy("Sun"),
)  # fmt: skip


def local(moment: datetime) -> datetime:
    """The moment on Hà Nội's clock."""
    return moment.astimezone(OFFICE_ZONE)


def typed_day(text: str) -> date:
    """The day that somebody typed as 30/4/2024, 30042024 or 2024-04-30.

    ValueError for no day, and for one that no office reckons with.
    """
    if found := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = (int(part) for part in found.groups() if part)
        return reckoned(date(year, month, day))
    return reckoned(date.fromisoformat(text.strip()))


def typed_moment(text: str) -> datetime:
    """The moment that somebody typed as 30/4/2024 17:00 or 2024-04-30T17:00; ValueError as for a day.

    It stands on Hà Nội's clock where no zone is written.
    """
    written, _blank, hour = text.strip().partition(" ")
    if _DAY_FIRST.fullmatch(written):
        moment = datetime.combine(typed_day(written), time.fromisoformat(hour.strip().zfill(5)))
    else:
        moment = datetime.fromisoformat(text.strip())
    reckoned(moment.date())
    return moment if moment.tzinfo else moment.replace(tzinfo=OFFICE_ZONE)


def reckoned(day: date) -> date:
    """The day, where its year is one that offices reckon with; else ValueError."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def clock(moment: datetime) -> str:
    """`02:40`."""
    return f"{local(moment):%H:%M}"


def short(moment: datetime, now: datetime) -> str:
    """`02:40` today, `30/4 02:40` this year, `30/4/2023 02:40` else."""
    here, today = local(moment), local(now)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{day_short(here.date(), now)} {here:%H:%M}"


def day_short(day: date, now: datetime) -> str:
    """`30/4` this year, `30/4/2023` else."""
    year = "" if day.year == local(now).year else f"/{day.year}"
    return f"{day.day}/{day.month}{year}"


def due_short(moment: datetime, now: datetime) -> str:
    """As `short`; a due time at midnight as the day that ends with it: `end of 7/5`."""
    if local(moment).time() != time():
        return short(moment, now)
    return _("end of %(day)s") % {"day": day_short(local(moment).date() - timedelta(days=1), now)}


def full(moment: datetime) -> str:
    """`30/4/2024 02:40:07`."""
    here = local(moment)
    return f"{here.day}/{here.month}/{here.year} {here:%H:%M:%S}"


def minute(moment: datetime) -> str:
    """`30/4/2024 02:40`: as exact as a roster is."""
    here = local(moment)
    return f"{here.day}/{here.month}/{here.year} {here:%H:%M}"


def due_full(moment: datetime) -> str:
    """A due time as `minute`; at midnight as the day that ends with it: `end of 7/5/2024`."""
    here = local(moment)
    if here.time() != time():
        return minute(moment)
    ends = here.date() - timedelta(days=1)
    return _("end of %(day)s") % {"day": f"{ends.day}/{ends.month}/{ends.year}"}


def span(begin: datetime, end: datetime) -> str:
    """`T3 30/4 06:00–14:00`, `T3 30/4 22:00 – T4 1/5 06:00`; whole days without hours: `T3 30/4 – T5 2/5`."""
    first, last = local(begin), local(end)
    if first.time() == last.time() == time():
        ends = last.date() - timedelta(days=1)
        until = "" if ends == first.date() else f" – {short_day(ends)}"
        return f"{short_day(first.date())}{until}"
    if first.date() == last.date():
        return f"{short_day(first.date())} {first:%H:%M}–{last:%H:%M}"
    return f"{short_day(first.date())} {first:%H:%M} – {short_day(last.date())} {last:%H:%M}"


def day(moment: datetime | date) -> str:
    """`thứ Ba 30/4/2024`."""
    here = local(moment) if isinstance(moment, datetime) else moment
    return f"{WEEKDAYS[here.weekday()]} {here.day}/{here.month}/{here.year}"


def short_day(moment: date) -> str:
    """`T3 30/4`."""
    return f"{SHORT_WEEKDAYS[moment.weekday()]} {moment.day}/{moment.month}"


def length(span: timedelta) -> str:
    """`40 giây`, `12 phút`, `4 giờ 06 phút`, `2 ngày 20 giờ`, `12 ngày`."""
    if timedelta() < span < timedelta(minutes=1):
        seconds = max(1, round(span.total_seconds()))
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    days, hours, minutes = durations.said(span.total_seconds())
    if hours and minutes:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    said = [ngettext("%(n)d day", "%(n)d days", days) % {"n": days}] if days else []
    said += [ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}] if hours else []
    return " ".join(said) or ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def lasted(seconds: float) -> str:
    """As `length`; what is over within two minutes to the second: `16 giây`."""
    if seconds < 2 * durations.MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", round(seconds)) % {"n": round(seconds)}
    return length(timedelta(seconds=seconds))


def stretch(start: datetime, end: datetime | None) -> str:
    """`17/4/2026 16:37:39–18:25:10`, or with both days; one that lasts: `17/4/2026 16:37:39 on`."""
    if end is None:
        return _("%(start)s on") % {"start": full(start)}
    is_one_day = local(start).date() == local(end).date()
    return f"{full(start)}–{local(end):%H:%M:%S}" if is_one_day else f"{full(start)} – {full(end)}"


def due(due_at: datetime, now: datetime) -> str:
    """`còn 26 phút`, `còn 2 ngày 20 giờ` or `quá 12 phút`."""
    if due_at >= now:
        return _("%(length)s left") % {"length": length(due_at - now)}
    return _("%(length)s over") % {"length": length(now - due_at)}


def due_tone(due_at: datetime, now: datetime) -> str:
    """The class of a due time: late, soon, or none."""
    if due_at < now:
        return "late"
    return "soon" if due_at - now <= SOON else ""


def is_night(moment: datetime) -> bool:
    """True from 18:00 to 06:00 in Hà Nội: the hours of the dark theme."""
    hour = local(moment).hour
    return hour >= NIGHT_FROM_HOUR or hour < NIGHT_TO_HOUR
