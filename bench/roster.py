"""The roster planner against its goals, each roster scored by the checker, which shares no code with the planner.

    .venv/bin/python -m bench.roster [--only duty|grid|repair]

Duty problems and the grids called "made" are made up by `_rosters`; instances of Curtois & Qu are read from the data
outside of the repository, where it is there. The limit beside each figure is the bound: no roster costs less.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench import _rosters
from bench._measuring import REPOSITORY, keep, machine

from vonggac.formats.curtois import read_grid
from vonggac.kernel.roster import checking, troubles
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.grid import checking as grid_checking
from vonggac.kernel.roster.grid.values import Grid
from vonggac.kernel.roster.values import Burden, Problem, Progress, Roster
from vonggac.solver import process

DATA = Path(os.environ.get("VONGGAC_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "roster"
# Instance → (seconds, best known cost, goal above it in percent); schedulingbenchmarks.org.
INSTANCES = {1: (60, 607, 0), 2: (60, 828, 0), 3: (60, 1001, 0), 5: (120, 1143, 5)}
# People, weeks, kinds of shifts, seed; about the sizes of the benchmark's instances 4 to 16.
MADE = ((20, 4, 3, 2), (36, 4, 4, 4), (32, 6, 4, 7), (20, 8, 3, 8))
MADE_SECONDS = 60
_WORKERS = 2


def measure(problem: Problem, seconds: float) -> tuple[Roster, dict[str, object]]:
    """The roster of one plan, and its figures; `no_hole_seconds` is when the last hole was closed.

    `nights_spread` is the checker's: most minus fewest nights, history counted, of all who may stand at one post, be it
    their only one or not; the worst post's. Only those barred from nights are left out: they have none to share.
    """
    begin, closed = time.monotonic(), None

    def tell(progress: Progress) -> None:
        nonlocal closed
        if closed is None and not progress.holes:
            closed = round(time.monotonic() - begin, 1)

    roster = process.plan(problem, Settings(seconds=seconds, workers=_WORKERS), tell=tell)
    taken, verdict = round(time.monotonic() - begin, 1), checking.check(problem, roster.assignments)
    return roster, {
        "seconds": taken, "no_hole_seconds": closed, "holes": len(verdict.holes), "broken": len(verdict.violations),
        "cost": verdict.cost, "bound": roster.bound, "gap_percent": gap(verdict.cost, roster.bound),
        "optimal": roster.status == "optimal", "nights_spread": verdict.spread[Burden.NIGHTS],
    }  # fmt: skip


def gap(cost: int, bound: int | None) -> float | None:
    return round(100 * (cost - bound) / bound, 2) if bound else None


def arrange(problem: Grid, seconds: float, best_known: int | None = None) -> dict[str, object]:
    begin = time.monotonic()
    found = process.arrange(problem, Settings(seconds=seconds, workers=_WORKERS))
    taken, verdict = round(time.monotonic() - begin, 1), grid_checking.check(problem, found.assignments)
    return {
        "seconds": taken, "cost": verdict.cost, "faults": len(verdict.faults), "bound": found.bound,
        "optimal": found.is_optimal, "gap_percent": gap(verdict.cost, found.bound), "best_known": best_known,
        "above_best_known_percent": gap(verdict.cost, best_known),
    }  # fmt: skip


def duty() -> Iterator[tuple[str, dict[str, object], str]]:
    small = _rosters.duty(10, 4, 1)
    plain = replace(small, workers=tuple(replace(one, wishes=(), history={}) for one in small.workers))
    cases: tuple[tuple[str, Problem, float, str], ...] = (
        ("10 people × 4 weeks, 1 post", plain, 20, "proven optimal ≤ 3 s"),
        ("the same with wishes and history", small, 20, "–"),
        (
            "60 people × 4 weeks, 6 posts", _rosters.duty(60, 4, 6), 60,
            "no hole ≤ 5 s, ≤ 5 % of the bound at 60 s",
        ),
        (
            "200 people × 8 weeks, 20 posts", _rosters.duty(200, 8, 20), 120,
            "no hole ≤ 120 s, spread of nights ≤ 2",
        ),
    )  # fmt: skip
    for name, problem, seconds, goal in cases:
        yield name, measure(problem, seconds)[1], goal


def repair() -> Iterator[tuple[str, dict[str, object], str]]:
    problem = _rosters.duty(200, 8, 20)
    roster, _ = measure(problem, 30)
    begin, end = _rosters.ill_from(17)
    for number in (3, 44, 105):
        trouble = troubles.absence(problem, roster.assignments, f"w{number}", begin, end)
        start = time.monotonic()
        found = process.repair(
            trouble, roster.assignments, Settings(seconds=4, workers=_WORKERS), frozen_before=begin
        )  # fmt: skip
        verdict = checking.check(trouble.problem, found.roster.assignments)
        figures: dict[str, object] = {
            "seconds": round(time.monotonic() - start, 1), "people": len(found.people), "changes": len(found.changes),
            "holes": len(verdict.holes), "broken": len(verdict.violations), "smallest": found.is_smallest,
        }  # fmt: skip
        yield f"illness of w{number}, 3 days, 200 people", figures, "≤ 5 s, ≤ 8 people"


def grid() -> Iterator[tuple[str, dict[str, object], str]]:
    for number, (seconds, best, percent) in INSTANCES.items():
        path = DATA / f"Instance{number}.txt"
        if not path.exists():
            print(f"roster: {path} is absent, left out")
            continue
        goal = f"optimal ({best}) ≤ {seconds} s" if not percent else f"≤ {percent} % above {best} at {seconds} s"
        yield f"Curtois & Qu {number}", arrange(read_grid(path.read_bytes(), path.name), seconds, best), goal
    for people, weeks, kinds, seed in MADE:
        figures = arrange(_rosters.grid(people, weeks, kinds, seed), MADE_SECONDS)
        yield f"made grid {people} × {weeks} weeks, {kinds} kinds", figures, f"≤ 10 % at {MADE_SECONDS} s"


def main() -> None:
    parts: dict[str, Callable[[], Iterator[tuple[str, dict[str, object], str]]]] = {
        "duty": duty, "repair": repair, "grid": grid,
    }  # fmt: skip
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=parts)
    given = options.parse_args()
    kept: dict[str, object] = {}
    for part in [given.only] if given.only else parts:
        for name, figures, goal in parts[part]():
            shown = ", ".join(f"{key} {value}" for key, value in figures.items() if value is not None)
            print(f"roster: {name}: {shown}; goal {goal}; {machine()}", flush=True)
            kept[name] = {**figures, "goal": goal, "then": machine()}
    keep("roster" if not given.only else f"roster_{given.only}", kept)


if __name__ == "__main__":
    main()
