"""Whether a source sends far more or far less than its learnt rhythm: a pure judgement of alerts by the hour.

Far more: ten times as many in an hour as is usual then, and as in a usual busy hour. Far less: a tenth, in an hour that
is over, of what came at that time of day before, and on that weekday, an hour earlier or later included; so neither
night, weekend, nor a daily file that comes a little late is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
KEPT = 15 * DAY
FACTOR = 10
# Below these nothing can be said: a handful of alerts is ten times another handful by chance.
LEAST_MORE, LEAST_USUAL = 100, 20
LEAST_HOURS = 5
_DAYS = 14


@dataclass(frozen=True, slots=True)
class Unusual:
    """An hour (its begin, UTC) in which a source sent `alerts` where `usual` are usual."""

    hour: datetime
    alerts: int
    usual: int

    @property
    def is_more(self) -> bool:
        """True for far more than usual, False for far less."""
        return self.alerts > self.usual


def hour_of(at: datetime) -> datetime:
    """The begin of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def judged(counts: Mapping[datetime, int], at: datetime) -> Unusual | None:
    """What is unusual about the hour that runs or the one before it; None where nothing is, or too little is known.

    `counts`: begin of the hour (UTC) → alerts, hours without any left out. O(hours).
    """
    this = hour_of(at)
    for hour in (this, this - HOUR):
        if more := _far_more(counts, hour, this - HOUR):
            return more
    return _far_less(counts, this - HOUR)


def _far_more(counts: Mapping[datetime, int], hour: datetime, before: datetime) -> Unusual | None:
    alerts = counts.get(hour, 0)
    if alerts < LEAST_MORE:
        return None
    busy = [number for begin, number in counts.items() if begin < before and number]
    if len(busy) < LEAST_HOURS:
        return None
    usual = max(median_low(busy), _usual_then(counts, hour))
    return Unusual(hour, alerts, usual) if alerts >= FACTOR * usual else None


def _far_less(counts: Mapping[datetime, int], hour: datetime) -> Unusual | None:
    near = (hour - HOUR, hour, hour + HOUR)
    usual = min(min(_usual_then(counts, one), counts.get(one - WEEK, 0)) for one in near)
    alerts = counts.get(hour, 0)
    return Unusual(hour, alerts, usual) if usual >= LEAST_USUAL and alerts * FACTOR <= usual else None


def _usual_then(counts: Mapping[datetime, int], hour: datetime) -> int:
    """The median of what came in this hour of the days before, as far back as anything is known."""
    first = min(counts, default=hour)
    seen = [counts.get(hour - day * DAY, 0) for day in range(1, _DAYS + 1) if hour - day * DAY >= first]
    return median_low(seen) if seen else 0
