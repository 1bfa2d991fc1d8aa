"""Many alerts as few groups, in memory: counts, first and last, the gravest severity, a few samples of each."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vonggac.alerts.rules import RANK, rule_of, subject_of
from vonggac.formats.alerts import Alert, Notice, Severity

Key = tuple[str, str]
# Of each group the first records and the newest are kept to be looked at.
EARLIEST, NEWEST = 2, 3


@dataclass(slots=True)
class Group:
    """The alerts of one rule about one subject."""

    title: str
    severity: Severity
    incident_class: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    earliest: list[tuple[Alert, str]] = field(default_factory=list)
    newest: deque[tuple[Alert, str]] = field(default_factory=lambda: deque(maxlen=NEWEST))
    notice: Notice | None = None
    """What the last of them said, where their sender is a coordinator."""

    def add(self, alert: Alert, raw: str) -> None:
        """Count one more alert, whose bytes lie at `raw`."""
        self.count += max(1, alert.count)
        time = alert.time_utc
        if time is not None:
            if self.last is None or self.first is None:
                self.first = self.last = time
            elif time > self.last:
                self.last = time
            elif time < self.first:
                self.first = time
        if alert.severity is not self.severity and RANK[alert.severity] > RANK[self.severity]:
            self.severity = alert.severity
        if alert.notice is not None:
            self.notice = alert.notice
        (self.earliest if len(self.earliest) < EARLIEST else self.newest).append((alert, raw))

    def join(self, other: "Group") -> None:
        """Count the alerts of another group too, which came later."""
        self.count += other.count
        times = [one for one in (self.first, self.last, other.first, other.last) if one is not None]
        self.first, self.last = (min(times), max(times)) if times else (None, None)
        self.severity = max(self.severity, other.severity, key=RANK.__getitem__)
        self.notice = other.notice or self.notice
        self.newest.extend((*other.earliest, *other.newest))

    def samples_as_json(self) -> list[dict[str, Any]]:
        """Where the first and the newest records lie, and what to show of them in a list."""
        return [
            {
                "raw": raw,
                "line": alert.raw_line,
                "offset": alert.raw_offset,
                "length": alert.raw_length,
                "time": alert.time_utc.isoformat() if alert.time_utc else None,
                "source": _end(alert.source_address, alert.source_port),
                "destination": _end(alert.destination_address, alert.destination_port),
            }
            for alert, raw in (*self.earliest, *self.newest)
        ]


def group(
    heard: Iterable[tuple[Alert, str]], is_ours: Callable[[str], bool], groups: dict[Key, Group] | None = None
) -> dict[Key, Group]:
    """(rule, subject) → its group; adds to `groups` where they are given."""
    found: dict[Key, Group] = {} if groups is None else groups
    for alert, raw in heard:
        key = rule_of(alert), subject_of(alert, is_ours)
        one = found.get(key)
        if one is None:
            title = (alert.title or alert.rule_id or "?")[:300]
            one = found[key] = Group(title, alert.severity, alert.incident_class or "")
        one.add(alert, raw)
    return found


def _end(address: str | None, port: int | None) -> str | None:
    return address if address is None or port is None else f"{address} : {port}"
