"""Days and moments as people type them in a shell, on Hà Nội's clock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from vonggac.errors import InputError


def zone() -> ZoneInfo:
    """The zone in which offices write their times."""
    from vonggac.directives.rules import OFFICE_ZONE

    return OFFICE_ZONE


def day_of(text: str | None) -> date | None:
    """The day, None where nothing was typed; InputError for what is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{text} is no day; write it as 2024-04-22") from None


def moment_of(text: str | None) -> datetime | None:
    """The moment, of a day alone its end, None where nothing was typed; InputError for what is none."""
    from vonggac.directives.rules import end_of

    if not text:
        return None
    if len(text) == len("2024-05-20"):
        day = day_of(text)
        return end_of(day) if day else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text} is no time; write it as 2024-05-20T17:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone())
