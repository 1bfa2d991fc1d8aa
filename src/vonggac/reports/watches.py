"""The watch in a report: the figures of every post through a directive's period, counted from its minutes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from vonggac.directives.models import Directive, Obligation
from vonggac.directives.rules import OFFICE_ZONE, end_of, watch_window
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.queries.attendance import PostCoverage, coverage, posts_of
from vonggac.duty.rules import Skills
from vonggac.duty.skills import SKILL_NAMES
from vonggac.register.models import Organisation
from vonggac.reports.figures import Figure, PostLane, WatchFigures, WatchHole
from vonggac.tenancy.scope import bounds

WATCH_RULE = "duty_coverage"
MINUTE = timedelta(minutes=1)
# More lanes than these would be a book; posts with holes come first, then those whose presence nobody records.
MOST_LANES = 60
MOST_HOLES = 200


def figures(directive: Directive, office: Organisation, at: datetime) -> WatchFigures | str:
    """The watch of an office's part of the tree, or the sentence that says why there is none to count."""
    window = period(directive, office)
    if window is None:
        return "Văn bản không nêu thời gian ứng trực, nhiệm vụ không có hạn: không thống kê được."
    start, end = window
    seen_to = min(end, at)
    if seen_to - start < MINUTE:
        return "Chưa đến thời gian ứng trực nêu tại văn bản."
    covered = [one for one in coverage(posts_of(office.path), start, seen_to, now=at) if one.stretches]
    if not covered:
        return "Chưa có vị trí trực nào cần người trong thời gian của văn bản."
    covered.sort(key=lambda one: (not one.holes, one.is_recorded))
    source = f"/roster/presence/?week={start.astimezone(OFFICE_ZONE).date().isoformat()}"
    holes = [hole for one in covered for hole in _holes(one)]
    stretches = [stretch for one in covered for stretch in one.stretches]
    return WatchFigures(
        from_utc=start.astimezone(UTC), to_utc=seen_to.astimezone(UTC),
        posts=Figure(len(covered), source), holes_total=Figure(len(holes), source),
        lanes=tuple(_lane(one, start, seen_to) for one in covered[:MOST_LANES]),
        holes=tuple(sorted(holes, key=lambda hole: (hole.from_utc, hole.post))[:MOST_HOLES]),
        needed_minutes=_minutes(stretches, *State), present_minutes=_minutes(stretches, State.PRESENT),
        planned_minutes=_minutes(stretches, State.PLANNED), hole_minutes=_minutes(stretches, State.HOLE),
        posts_left_out=max(0, len(covered) - MOST_LANES),
        short_left_out=sum(bool(one.holes) for one in covered[MOST_LANES:]),
    )  # fmt: skip


def period(directive: Directive, office: Organisation) -> tuple[datetime, datetime] | None:
    """The times over which the office's obligations to watch are proven, from the first to the last; None without any.

    One query, none where the directive says its days.
    """
    if directive.period_from and directive.period_to:
        return datetime.combine(directive.period_from, time(), OFFICE_ZONE), end_of(directive.period_to)
    low, high = bounds(office.path)
    cases = Obligation.objects.filter(
        directive=directive, org_path__gte=low, org_path__lt=high, recalled_at=None, case__rule=WATCH_RULE
    ).values_list("case__opened_at", "case__due_at")
    windows = [
        watch_window(
            directive.period_from, directive.period_to,
            arrived_on=directive.arrived_on, opened_at=opened_at, due_at=due_at,
        )
        for opened_at, due_at in cases
    ]  # fmt: skip
    ends = [end for _begin, end in windows if end]
    return (min(begin for begin, end in windows if end), max(ends)) if ends else None


def _minutes(stretches: Sequence[Stretch], *states: State) -> int:
    """The whole minutes of all stretches together: people check in at seconds, and each is not rounded alone."""
    own = (stretch.to_utc - stretch.from_utc for stretch in stretches if stretch.state in states)
    return sum(own, timedelta()) // MINUTE


def _lane(one: PostCoverage, start: datetime, end: datetime) -> PostLane:
    """The stretches with what lies between them, neighbours of one state joined."""
    pieces: list[tuple[str, int]] = []
    reached = start

    def add(state: str, until: datetime) -> None:
        length = (until - reached) // MINUTE
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
