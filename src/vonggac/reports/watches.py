"""The watch in a report: the figures of every post through a directive's period, counted from its minutes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from vonggac.directives.models import Directive
from vonggac.directives.rules import OFFICE_ZONE, end_of
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.queries.attendance import PostCoverage, coverage, posts_of
from vonggac.duty.rules import SKILL_NAMES, Skills
from vonggac.register.models import Organisation
from vonggac.reports.figures import Figure, PostLane, WatchFigures, WatchHole

# More lanes than these would be a book; posts with holes come first.
MOST_LANES = 60
MOST_HOLES = 200


def figures(directive: Directive, office: Organisation, at: datetime) -> WatchFigures | None:
    """The watch of an office's part of the tree; None before the period begins, or where no post needs anybody."""
    start, end = period(directive)
    seen_to = min(end, at)
    if seen_to <= start:
        return None
    covered = [one for one in coverage(posts_of(office.path), start, seen_to, now=at) if one.stretches]
    if not covered:
        return None
    covered.sort(key=lambda one: not one.holes)
    source = f"/roster/presence/?week={start.astimezone(OFFICE_ZONE).date().isoformat()}"
    holes = [hole for one in covered for hole in _holes(one)]
    stretches = [stretch for one in covered for stretch in one.stretches]
    return WatchFigures(
        from_utc=start.astimezone(UTC), to_utc=seen_to.astimezone(UTC),
        posts=Figure(len(covered), source), holes_total=Figure(len(holes), source),
        lanes=tuple(_lane(one, start, seen_to) for one in covered[:MOST_LANES]),
        holes=tuple(sorted(holes, key=lambda hole: (hole.from_utc, hole.post))[:MOST_HOLES]),
        needed_minutes=sum(stretch.minutes for stretch in stretches),
        present_minutes=_minutes(stretches, State.PRESENT), planned_minutes=_minutes(stretches, State.PLANNED),
        hole_minutes=_minutes(stretches, State.HOLE), posts_left_out=max(0, len(covered) - MOST_LANES),
    )  # fmt: skip


def period(directive: Directive) -> tuple[datetime, datetime]:
    """The directive's days in Hà Nội; without a period from its arrival until it is due."""
    first = directive.period_from or directive.arrived_on or directive.issued_on
    begin = datetime.combine(first, time(), OFFICE_ZONE) if first else directive.changed_at
    end = end_of(directive.period_to) if directive.period_to else directive.due_at
    return begin, max(end or begin, begin)


def _minutes(stretches: Sequence[Stretch], state: State) -> int:
    return sum(stretch.minutes for stretch in stretches if stretch.state is state)


def _lane(one: PostCoverage, start: datetime, end: datetime) -> PostLane:
    """The stretches with what lies between them, neighbours of one state joined."""
    pieces: list[tuple[str, int]] = []
    reached = start

    def add(state: str, until: datetime) -> None:
        length = (until - reached) // timedelta(minutes=1)
        if length and pieces and pieces[-1][0] == state:
            pieces[-1] = (state, pieces[-1][1] + length)
        elif length:
            pieces.append((state, length))

    for stretch in one.stretches:
        add("idle", stretch.from_utc)
        reached = stretch.from_utc
        add(stretch.state.value, stretch.to_utc)
        reached = stretch.to_utc
    add("idle", end)
    return PostLane(one.post.name, one.is_recorded, tuple(pieces))


def _holes(one: PostCoverage) -> Iterator[WatchHole]:
    for stretch in one.holes:
        yield WatchHole(
            one.post.name, stretch.from_utc.astimezone(UTC), stretch.to_utc.astimezone(UTC),
            lack(stretch.missing_people, stretch.skills),
        )  # fmt: skip


def lack(missing: int, skills: Skills) -> str:
    """`thiếu 1 trưởng ca`, `thiếu 2 người (1 trưởng ca)`, in the words of official papers."""
    wanted = ", ".join(f"{count} {SKILL_NAMES.get(skill, skill)}" for skill, count in skills)
    if not missing or (missing == 1 and sum(count for _skill, count in skills) == 1):
        return f"thiếu {wanted or f'{missing} người'}"
    return f"thiếu {missing} người ({wanted})" if wanted else f"thiếu {missing} người"
