"""The exercise's calendar: when the logs, lists and claims of the fortnight fall, and times as whole microseconds."""

from dataclasses import dataclass
from datetime import UTC, datetime

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
WATCHED_DAYS = 14
FILE_DAYS = 2
CLEAN_DAYS = 7
GAP_SECONDS = 60

# Every day of the fortnight is later than the 12th of its month, so that `13/04/2024` can be read in one way only.
EXERCISE_START_UTC = datetime(2024, 4, 13, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The moments of one exercise, as microseconds since 1970 in true time."""

    start_us: int

    @property
    def end_us(self) -> int:
        """The end of the logs."""
        return self.start_us + WATCHED_DAYS * DAY_US

    @property
    def now_us(self) -> int:
        """The moment of judgement: six hours after the last log line, when the last files have arrived."""
        return self.end_us + 6 * HOUR_US

    @property
    def lists_us(self) -> tuple[int, int, int]:
        """When each sender's three lists are received; the last comes after the watch of every timely claim."""
        return self.day(2), self.day(9), self.day(13.5)

    def day(self, days: float) -> int:
        """The moment `days` after the start."""
        return self.start_us + round(days * DAY_US)


def calendar_from(start_utc: datetime) -> Calendar:
    """The calendar that begins at a moment."""
    return Calendar(round(start_utc.timestamp()) * SECOND_US)


def iso(time_us: int) -> str:
    """`2024-04-13T00:00:00Z`, with the fraction only where there is one."""
    moment = datetime.fromtimestamp(time_us // SECOND_US, UTC)
    fraction = time_us % SECOND_US
    return f"{moment:%Y-%m-%dT%H:%M:%S}{f'.{fraction:06d}' if fraction else ''}Z"


def written(time_us: int, pattern: str) -> str:
    """The moment in another pattern, in UTC, cut to what the pattern shows."""
    return datetime.fromtimestamp(time_us // SECOND_US, UTC).strftime(pattern)


def overlap_us(blind: tuple[tuple[int, int], ...], from_us: int, to_us: int) -> int:
    """How much of an interval lies in any of the (disjoint) blind times, microseconds."""
    return sum(max(0, min(end, to_us) - max(begin, from_us)) for begin, end in blind)
