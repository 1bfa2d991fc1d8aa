"""The strip chart of posts: present, planned, hole, minute by minute, as plain geometry for SVG on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.desk import roster_words, times
from vonggac.desk.strip import LANE_GAP, LANE_HEIGHT, TOP, Bar, Tick, Window
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.queries.attendance import PostCoverage

WIDTH, LABEL_WIDTH, AXIS_HEIGHT = 1_100, 170, 22
LONGEST_NAME = 24
STATES = {
    State.PRESENT: gettext_lazy("present"),
    State.PLANNED: gettext_lazy("planned"),
    State.HOLE: gettext_lazy("hole"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a lane."""

    state: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Lane:
    """One post."""

    name: str
    whole_name: str
    y: int
    pieces: Sequence[Piece]

    @property
    def middle(self) -> float:
        """The line on which the name sits."""
        return self.y + LANE_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class PostStrip:
    """The whole chart; `now_x` is where the present moment lies, None outside of the chart."""

    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    height: int
    now_x: float | None
    summary: str
    width: int
    left: int
    inner: int
    lane_height: int = LANE_HEIGHT

    @property
    def floor(self) -> int:
        """Where the lanes end and the axis begins."""
        return self.height - AXIS_HEIGHT


@dataclass(frozen=True, slots=True)
class HoleLine:
    """One hole of a post that has been, or is under way, or comes."""

    post: str
    stretch: Stretch
    lack: str
    is_past: bool


def draw(covered: Sequence[PostCoverage], start: datetime, end: datetime, now: datetime) -> PostStrip | None:
    """The chart of some posts over a span; None where there is no post to draw."""
    if not covered or end <= start:
        return None
    window = Window(start, end, LABEL_WIDTH, WIDTH)
    lanes = [
        Lane(
            name=_short(one.post.name),
            whole_name=f"{one.post.name} · {one.post.organisation.name}",
            y=TOP + place * (LANE_HEIGHT + LANE_GAP),
            pieces=[_piece(stretch, window) for stretch in one.stretches],
        )
        for place, one in enumerate(covered)
    ]
    return PostStrip(
        lanes=lanes,
        ticks=list(window.ticks()),
        height=TOP + len(lanes) * (LANE_HEIGHT + LANE_GAP) + AXIS_HEIGHT,
        now_x=window.x(now) if start < now < end else None,
        summary=f"{times.full(start)} – {times.full(end)}",
        width=window.width,
        left=LABEL_WIDTH,
        inner=window.width - LABEL_WIDTH,
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _piece(stretch: Stretch, window: Window) -> Piece:
    told = f"{times.full(stretch.from_utc)} – {times.full(stretch.to_utc)}"
    if stretch.state is State.HOLE:
        what = roster_words.lack(stretch.missing_people, stretch.skills)
    else:
        what = _("%(state)s: %(people)s") % {
            "state": STATES[stretch.state], "people": ", ".join(stretch.people) or "–",
        }  # fmt: skip
    return Piece(stretch.state.value, window.bar(stretch.from_utc, stretch.to_utc, f"{what} · {told}"))


def holes(covered: Sequence[PostCoverage], now: datetime) -> list[HoleLine]:
    """The holes of some posts, the earliest first."""
    found = [
        HoleLine(
            one.post.name, stretch, roster_words.lack(stretch.missing_people, stretch.skills), stretch.from_utc < now
        )
        for one in covered
        for stretch in one.holes
    ]
    return sorted(found, key=lambda line: (line.stretch.from_utc, line.post))
