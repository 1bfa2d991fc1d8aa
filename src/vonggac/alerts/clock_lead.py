"""How far alerts' own times lie ahead of their reception: the clock or zone of whoever wrote them is wrong. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# What Kerberos lets two clocks differ by (RFC 4120 §8.2): machines that are kept in step stay far within it.
TOLERANCE = timedelta(minutes=5)
# The clock is right again once nothing ahead has come for so long, and something that is not has: of a sender that
# relays many machines, one of them may be wrong.
CALM = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lead:
    """How many alerts had a time ahead of their reception beyond the tolerance, and by how many seconds at most."""

    alerts: int = 0
    seconds: int = 0
    timed: int = 0
    """How many alerts had a time at all: without any, nothing is known of the clock."""

    def __add__(self, other: "Lead") -> "Lead":
        return Lead(self.alerts + other.alerts, max(self.seconds, other.seconds), self.timed + other.timed)

    @property
    def minutes(self) -> int:
        """The minutes of the most."""
        return minutes_of(self.seconds)


NO_LEAD = Lead()


def minutes_of(seconds: int) -> int:
    """The nearest minute: an alert that came seconds late is not a minute less ahead."""
    return (seconds + 30) // 60


def lead_of(table: Any) -> Lead:
    """The lead of rows of the lake's table, each against its own `received_us`. O(n), 5 ns a row."""
    is_timed = table["is_timed"].to_numpy()
    leads = (table["time_us"].to_numpy() - table["received_us"].to_numpy())[is_timed]
    ahead = leads[leads > TOLERANCE // timedelta(microseconds=1)]
    return Lead(len(ahead), int(ahead.max(initial=0)) // 1_000_000, len(leads))


def lead_of_times(times: Iterable[datetime | None], received_utc: datetime) -> Lead:
    """The lead of alerts that came together; those without a time tell nothing."""
    leads = [one - received_utc for one in times if one is not None]
    ahead = [one for one in leads if one > TOLERANCE]
    return Lead(len(ahead), int(max(ahead, default=timedelta()).total_seconds()), len(leads))
