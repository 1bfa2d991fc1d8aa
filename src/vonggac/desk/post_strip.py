"""The strip chart of posts: present, planned, hole, minute by minute, as plain geometry for SVG on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.desk import roster_words, times
from vonggac.desk.strip import LANE_GAP, LANE_HEIGHT, TOP, Bar, Tick, Window
from vonggac.desk.words import Word
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.queries.attendance import PostCoverage

AXIS_HEIGHT = 22
STATES: Mapping[str, Word] = {
    State.PRESENT: gettext_lazy("present"),
    State.PLANNED: gettext_lazy("planned"),
    State.HOLE: gettext_lazy("hole"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """How a chart is laid out: its width, and a column of names or else a line for each above its lane."""

    width: int
    label_width: int
    name_height: int
    longest_name: int


# A phone shows the whole week without scrolling, in pixels of its own, with each name above its lane.
WIDE, NARROW = Frame(1_100, 240, 0, 31), Frame(330, 0, 20, 40)


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
    name_y: float  # the middle of the name's line
    y: int
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class PostStrip:
    """The whole chart; `now_x`: where the present moment lies, None outside of it; `narrow`: the same for a phone."""

    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    height: int
    now_x: float | None
    summary: str
    width: int
    left: int
    inner: int
    narrow: "PostStrip | None"
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
    is_brief: bool
    """Over, and of less than a minute: a change of hands rather than an empty post."""


def draw(
    covered: Sequence[PostCoverage], start: datetime, end: datetime, now: datetime, frame: Frame = WIDE
) -> PostStrip | None:
    """The chart of some posts over a span; None where there is no post to draw."""
    if not covered or end <= start:
        return None
    window = Window(start, end, frame.label_width, frame.width)
    lane_step = frame.name_height + LANE_HEIGHT + LANE_GAP
    return PostStrip(
        lanes=[_lane(one, TOP + place * lane_step, window, frame) for place, one in enumerate(covered)],
        ticks=list(window.ticks()),
        height=TOP + len(covered) * lane_step + AXIS_HEIGHT,
        now_x=window.x(now) if start < now < end else None,
        summary=f"{times.full(start)} – {times.full(end)}",
        width=window.width,
        left=frame.label_width,
        inner=window.width - frame.label_width,
        narrow=draw(covered, start, end, now, NARROW) if frame is WIDE else None,
    )


def _lane(one: PostCoverage, top: int, window: Window, frame: Frame) -> Lane:
    y = top + frame.name_height
    return Lane(
        name=_short(one.post.name, frame.longest_name),
        whole_name=f"{one.post.name} · {one.post.organisation.name}",
        name_y=top + frame.name_height / 2 if frame.name_height else y + LANE_HEIGHT / 2,
        y=y,
        pieces=[_piece(stretch, window) for stretch in one.stretches],
    )


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _piece(stretch: Stretch, window: Window) -> Piece:
    told = f"{times.full(stretch.from_utc)} – {times.full(stretch.to_utc)}"
    if stretch.state is State.HOLE:
        what = roster_words.hole_text(stretch)
    else:
        what = _("%(state)s: %(people)s") % {
            "state": STATES[stretch.state], "people": ", ".join(stretch.people) or "–",
        }  # fmt: skip
    return Piece(stretch.state.value, window.bar(stretch.from_utc, stretch.to_utc, f"{what} · {told}"))


def holes(covered: Sequence[PostCoverage], now: datetime) -> list[HoleLine]:
    """The holes of some posts, the earliest first."""
    found = [
        HoleLine(
            one.post.name,
            stretch,
            roster_words.hole_text(stretch),
            stretch.from_utc < now,
            is_brief=stretch.to_utc <= now and not stretch.minutes,
        )
        for one in covered
        for stretch in one.holes
    ]
    return sorted(found, key=lambda line: (line.stretch.from_utc, line.post))
