"""How long something lasts, in as many units as people say: on pages and on paper alike."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# From here on hours are no news.
DAYS_ALONE = 10


def said(seconds: float) -> tuple[int, int, int]:
    """(days, hours, minutes) without what is too small to be said, rounded down: 2 days 20 hours, 5 hours 10 minutes.

    A time below zero is none.
    """
    whole = max(0, int(seconds))
    days, hours, minutes = whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE
    if days:
        return days, hours if days < DAYS_ALONE else 0, 0
    return 0, hours, minutes
