"""The strip chart of coverage: what was watched, the gaps by kind of log, and every contact, as plain geometry.

The page draws it as SVG on the server. `detail` is what `cases/verdicts.py` keeps: `kinds` of log that were looked at,
`watched` (from, to), `gaps` (kind, from, to; `awaited` where the log is on its way) and `contacts` (at, kind, sensor,
address, peer), times in ISO 8601.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from vonggac.desk import times, words

WIDTH, LABEL_WIDTH, LANE_HEIGHT, LANE_GAP, TOP = 720, 110, 20, 12, 8
MOST_CONTACTS = 200
NARROWEST = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane, with what a reader is told about it."""

    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of log over the window."""

    name: str
    y: int
    gaps: Sequence[Bar]
    awaited: Sequence[Bar]
    contacts: Sequence[Bar]
    is_unknown: bool
    ahead: Bar | None = None
    """The time to be watched that nobody has looked at yet."""

    @property
    def middle(self) -> float:
        """The line on which text and contacts sit."""
        return self.y + LANE_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole chart."""

    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    height: int
    summary: str
    looked_until: str
    note: str = ""
    width: int = WIDTH
    left: int = LABEL_WIDTH
    inner: int = WIDTH - LABEL_WIDTH
    lane_height: int = LANE_HEIGHT

    @property
    def is_awaiting(self) -> bool:
        """True where a log is on its way."""
        return any(lane.awaited for lane in self.lanes)

    @property
    def floor(self) -> int:
        """Where the lanes end and the axis begins."""
        return self.height - 22


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a chart shows, laid out between its labels and its right edge."""

    start: datetime
    end: datetime
    left: int = LABEL_WIDTH
    width: int = WIDTH

    def x(self, moment: datetime) -> float:
        """Where a moment lies; those outside lie on the edge."""
        inside = min(max(moment, self.start), self.end)
        share = (inside - self.start) / (self.end - self.start)
        return round(self.left + share * (self.width - self.left), 1)

    def bar(self, start: datetime, end: datetime, title: str) -> Bar:
        """A stretch, never so narrow that it cannot be seen."""
        left = self.x(start)
        return Bar(left, max(NARROWEST, round(self.x(end) - left, 1)), title)

    def ticks(self) -> Iterable[Tick]:
        """At most eight days, at Hà Nội's midnights."""
        first = times.local(self.start).replace(hour=0, minute=0, second=0, microsecond=0)
        days = max(1, (self.end - self.start).days)
        step = timedelta(days=max(1, -(-days // 8)))
        moment = first if first == self.start else first + timedelta(days=1)
        # A day that begins where the chart ends has nothing to stand under.
        while moment < self.end:
            yield Tick(self.x(moment), f"{moment.day}/{moment.month}")
            moment += step


def draw(
    detail: Mapping[str, Any], missing: Sequence[Mapping[str, Any]], looked_at: datetime | None = None
) -> Strip | None:
    """The chart of one verdict; None where nothing was watched, so there is nothing to draw.

    It shows the whole time to be watched; of verdicts that do not say when that ends, the part that was looked at.
    `looked_at`: when the verdict was last found to stand.
    """
    watched = detail.get("watched") or {}
    start, until, ends = (_moment(watched.get(name)) for name in ("from", "to", "ends"))
    if start is None or until is None or until <= start:
        return None
    end = ends or until
    if ends and looked_at:
        until = max(until, min(looked_at, ends))
    window = Window(start, end)
    gaps, contacts = list(detail.get("gaps") or ()), list(detail.get("contacts") or ())
    seen = _looked_at(detail, gaps, contacts)
    kinds = _kinds(seen, missing)
    if not kinds:
        return None
    lanes = [
        _lane(kind, TOP + place * (LANE_HEIGHT + LANE_GAP), window, until, gaps, contacts, is_unknown=kind not in seen)
        for place, kind in enumerate(kinds)
    ]
    height = TOP + len(lanes) * (LANE_HEIGHT + LANE_GAP) + 22
    summary = f"{times.full(start)} – {times.full(end)}"
    return Strip(lanes, list(window.ticks()), height, summary, times.full(until), _note(seen))


def _looked_at(detail: Mapping[str, Any], *parts: Iterable[Mapping[str, Any]]) -> set[str]:
    """The kinds of log that were looked at; of verdicts that do not say, those that something is told of."""
    return set(detail["kinds"]) if "kinds" in detail else {str(item.get("kind")) for part in parts for item in part}


def _kinds(looked_at: Iterable[str], missing: Iterable[Mapping[str, Any]]) -> list[str]:
    """The kinds of log that were looked at, and those that would have told something and are not there."""
    named = {*looked_at, *(str(item.get("kind")) for item in missing)}
    return [kind for kind in ("flow", "dns", "nat", "dhcp") if kind in named]


def _note(looked_at: set[str]) -> str:
    """Why one of the two logs that show contacts has no lane."""
    if looked_at == {"flow"}:
        return _("DNS logs are not needed: the lists name C2 addresses and no C2 name.")
    if looked_at == {"dns"}:
        return _("Flow logs are not needed: the lists name C2 names and no C2 address.")
    return ""


def _lane(
    kind: str,
    y: int,
    window: Window,
    until: datetime,
    gaps: Sequence[Mapping[str, Any]],
    contacts: Sequence[Mapping[str, Any]],
    *,
    is_unknown: bool,
) -> Lane:
    bars: list[Bar] = []
    awaited: list[Bar] = []
    for gap in gaps:
        start, end = _moment(gap.get("from")), _moment(gap.get("to")) or until
        if gap.get("kind") == kind and start:
            part = awaited if gap.get("awaited") else bars
            part.append(window.bar(start, end, f"{times.full(start)} – {times.full(end)}"))
    dots = []
    for contact in contacts[:MOST_CONTACTS]:
        at = _moment(contact.get("at"))
        if contact.get("kind") == kind and at:
            told = " · ".join(str(contact[name]) for name in ("sensor", "address", "peer") if contact.get(name))
            dots.append(Bar(window.x(at), 0, f"{times.full(at)} · {told}"))
    ahead = window.bar(until, window.end, _("not looked at yet")) if until < window.end else None
    return Lane(words.word(words.LOGS, kind), y, bars, awaited, dots, is_unknown, ahead)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
