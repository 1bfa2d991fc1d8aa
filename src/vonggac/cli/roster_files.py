"""`vonggac roster solve`, `check` and `repair`: rosters from files, without a desk or a database."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from vonggac.cli.options import content_of, existing_file
from vonggac.cli.roster_progress import Shown, interruptible
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.kernel.roster.budget import Settings
    from vonggac.kernel.roster.troubles import Trouble
    from vonggac.kernel.roster.values import Assignment, Problem

_WITHOUT = "OR-Tools is not installed: rotation and local search work alone; ./vg install roster brings it"
_Command = TypeVar("_Command", bound=Callable[..., None])


def _cores() -> int:
    return min(8, os.cpu_count() or 1)


def _format_option(command: _Command) -> _Command:
    return click.option(
        "--format", "kind", type=click.Choice(["ours", "curtois"]),
        help="ours: a problem in JSON; curtois: an instance of Curtois & Qu's benchmark. Default: told by the file.",
    )(command)  # fmt: skip


def _search_options(seconds: float) -> Callable[[_Command], _Command]:
    def add(command: _Command) -> _Command:
        for option in (
            click.option("--without-solver", is_flag=True, help="Leave OR-Tools alone: rotation and local search."),
            click.option(
                "--deterministic", is_flag=True,
                help="Count the solver's own units instead of seconds: same file, seed and workers, same roster.",
            ),
            click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, help="Another seed, another roster."),
            click.option("--workers", type=click.IntRange(1, 64), default=_cores, help="Threads; default: the cores."),
            click.option(
                "--seconds", type=click.FloatRange(min=0.1), default=seconds, show_default=True,
                help="Time limit; Ctrl-C takes the best roster so far.",
            ),
        ):  # fmt: skip
            command = option(command)
        return command

    return add


@click.command()
@click.argument("file", type=existing_file)
@_format_option
@_search_options(60)
@json_option
def solve(file: Path, kind: str | None, as_json: bool, **search: float) -> None:
    """Plan a roster for the problem in FILE.

    How far it is goes to standard error, the roster to standard output: a table for people, or with --json a document
    with cost, bound, optimal and assignments, which `roster check` and `roster repair` read. A shift that cannot be
    filled is a hole, never an error: it is named with who could fill it and the rule that stops each of the others.

    \b
    FILE is JSON; what is left out has a usual value:
    {"from": "2026-12-07", "to": "2026-12-13",
     "posts": [{"id": "Trực ban", "minimum": 1, "skills": {"lead": 1},
                "shifts": [{"code": "N", "from": "22:00", "to": "06:00"}]}],
     "people": [{"id": "An", "posts": ["Trực ban"], "skills": ["lead"],
                 "leave": [{"from": "2026-12-08", "to": "2026-12-08"}]}]}
    """  # noqa: D301  click wants the character, not the two letters
    content = _problem_in(file)
    if _is_grid(content, kind):
        _solve_grid(content, file, _settings(search), as_json=as_json)
        return
    from vonggac.formats import roster_problem, roster_text
    from vonggac.solver import process

    problem, settings = roster_problem.read_problem(content, file.name), _settings(search)
    _say_what_is_missing(settings)
    with interruptible(Shown(settings.seconds)) as shown:
        planned = process.plan(problem, settings, tell=shown.tell, is_cancelled=shown.is_cancelled)
    if as_json:
        say_json(**roster_text.roster_json(problem, planned))
        return
    click.echo(roster_text.roster_table(problem, planned.assignments))
    click.echo(f"\n{roster_text.summary(planned)}")


def _solve_grid(content: bytes, file: Path, settings: "Settings", *, as_json: bool) -> None:
    from vonggac.formats import curtois
    from vonggac.kernel.roster.grid.checking import check as judge
    from vonggac.solver import process

    grid = curtois.read_grid(content, file.name)
    with interruptible(Shown(settings.seconds)) as shown:
        found = process.arrange(grid, settings, tell=shown.tell_grid, is_cancelled=shown.is_cancelled)
    verdict = judge(grid, found.assignments)
    if as_json:
        say_json(**curtois.roster_json(found, verdict))
        return
    click.echo(curtois.table(grid, found.assignments))
    click.echo(f"\n{curtois.summary(found)}")


@click.command()
@click.argument("file", type=existing_file)
@click.argument("roster", type=existing_file)
@_format_option
@json_option
def check(file: Path, roster: Path, kind: str | None, as_json: bool) -> None:
    """Judge ROSTER against the problem in FILE: every rule broken, every hole with its reasons, the cost in parts.

    ROSTER is what `roster solve --json` printed, changed by hand or not, or any JSON with the same assignments. Ends
    with status 1 when a rule is broken or a hole is left.
    """
    content = _problem_in(file)
    if _is_grid(content, kind):
        is_sound = _check_grid(content, file, roster, as_json=as_json)
    else:
        is_sound = _check_problem(content, file, roster, as_json=as_json)
    sys.exit(0 if is_sound else 1)


def _check_grid(content: bytes, file: Path, roster: Path, *, as_json: bool) -> bool:
    from vonggac.formats import curtois
    from vonggac.kernel.roster.grid.checking import check as judge

    grid = curtois.read_grid(content, file.name)
    verdict = judge(grid, curtois.read_schedules(content_of(roster), roster.name, grid))
    if as_json:
        say_json(**curtois.verdict_json(verdict))
    else:
        parts = ", ".join(f"{name} {cost}" for name, cost in verdict.parts.items())
        click.echo("\n".join([*(f"!! {fault}" for fault in verdict.faults), f"cost {verdict.cost} ({parts})"]))
    return not verdict.faults


def _check_problem(content: bytes, file: Path, roster: Path, *, as_json: bool) -> bool:
    from vonggac.formats import roster_problem, roster_text
    from vonggac.kernel.roster.checking import check as judge

    problem = roster_problem.read_problem(content, file.name)
    assignments = roster_problem.read_assignments(content_of(roster), roster.name, problem)
    verdict = judge(problem, assignments)
    if as_json:
        say_json(**roster_text.verdict_json(problem, assignments))
    else:
        click.echo(roster_text.roster_table(problem, assignments))
        click.echo(f"\n{roster_text.verdict_line(verdict)}")
    return verdict.is_sound and not verdict.holes


@click.command()
@click.argument("file", type=existing_file)
@click.argument("roster", type=existing_file)
@click.option("--absent", metavar="PERSON", help="Somebody is away from --from to --to: ill, called elsewhere.")
@click.option("--cover", metavar="PERSON", help="Somebody asks to be covered on --slot.")
@click.option("--slot", metavar="SLOT", help='With --cover: the shift, "POST YYYY-MM-DD CODE".')
@click.option("--reinforce", metavar="POST", multiple=True, help="--more people at a post from --from to --to.")
@click.option("--more", type=click.IntRange(1, 100), default=1, show_default=True, help="With --reinforce.")
@click.option(
    "--skill",
    metavar="SKILL",
    multiple=True,
    help="With --reinforce: all of them with this skill; of several skills one each time it is named.",
)
@click.option("--from", "begin", metavar="TIME", help="2026-12-07 or 2026-12-07T06:00, local time of the problem.")
@click.option("--to", "end", metavar="TIME", help="A date means the whole day.")
@click.option("--now", metavar="TIME", help="What begins before stays as it is. Default: the clock.")
@_search_options(5)
@json_option
def repair(file: Path, roster: Path, as_json: bool, **given: str | None) -> None:
    """Mend ROSTER by the smallest change when somebody is away, wants to be covered, or more people are needed.

    Nothing is written: the people whom it touches are listed, and with --json the roster afterwards is printed. Fewest
    holes come first, then fewest people touched, then fewest changes; what has begun stays.

    \b
    vonggac roster repair problem.json roster.json --absent "Lê An" --from 2026-12-07 --to 2026-12-09
    vonggac roster repair problem.json roster.json --cover "Lê An" --slot "Trực 2026-12-07 S"
    vonggac roster repair problem.json roster.json --reinforce Trực --more 2 --from 2026-12-07T18:00 --to 2026-12-08
    """  # noqa: D301  click wants the character, not the two letters
    from vonggac.formats import roster_problem, roster_text
    from vonggac.jobs.clock import machine_now
    from vonggac.solver import process

    problem = roster_problem.read_problem(_problem_in(file), file.name)
    current = roster_problem.read_assignments(content_of(roster), roster.name, problem)
    settings = _settings(given)
    _say_what_is_missing(settings)
    now = _moment(problem, given["now"] or machine_now().isoformat())
    found = process.repair(_trouble(problem, current, given), current, settings, frozen_before=now)
    if as_json:
        say_json(**roster_text.repair_json(problem, found))
    else:
        click.echo(roster_text.repair_table(problem, found))
        click.echo(f"\n{_next_step(bool(found.changes), bool(found.roster.holes))}")


def _next_step(is_changed: bool, has_holes: bool) -> str:
    """What whoever asked for a repair does now."""
    if not is_changed:
        said = "Nothing has to be changed: keep the roster as it is."
    else:
        said = "Nothing is written yet. Tell the people above; then repeat the command with --json > new-roster.json."
    if has_holes:
        said += (
            "\nWhat is still open nobody may fill: call in somebody who is not in FILE, or lower what the shift asks."
        )
    return said


def _trouble(problem: "Problem", current: "tuple[Assignment, ...]", given: dict[str, str | None]) -> "Trouble":
    """What the options say has gone wrong; exactly one thing."""
    from vonggac.formats.roster_problem import composed
    from vonggac.kernel.roster import troubles
    from vonggac.kernel.roster.values import Assignment

    if sum(bool(given[one]) for one in ("absent", "cover", "reinforce")) != 1:
        raise InputError("say one thing that has gone wrong: --absent PERSON, --cover PERSON, or --reinforce POST")
    if given["cover"]:
        one = Assignment(
            composed(given["slot"] or ""), _known(given["cover"], [one.id for one in problem.workers], "person")
        )
        if one not in current:
            raise InputError(f'{one.worker} does not stand on "{one.slot}"; name the shift with --slot')
        return troubles.cover(problem, current, one)
    if not (given["begin"] and given["end"]):
        raise InputError("say from when to when with --from and --to")
    begin, end = _moment(problem, given["begin"]), _moment(problem, given["end"], is_end=True)
    if end <= begin:
        raise InputError("--to is not after --from")
    if given["absent"]:
        person = _known(given["absent"], [one.id for one in problem.workers], "person")
        return troubles.absence(problem, current, person, begin, end)
    posts = [_known(one, [slot.post for slot in problem.slots], "post") for one in given["reinforce"] or ()]
    more, named = int(given["more"] or 1), Counter(map(composed, given["skill"] or ()))
    # One skill is that of everybody who comes; several are counted as they are named.
    skills = tuple((one, more if len(named) == 1 else count) for one, count in named.items())
    return troubles.reinforcement(problem, current, posts, begin, end, more, skills)


def _known(written: str, names: list[str], what: str) -> str:
    from vonggac.formats.roster_problem import composed

    name = composed(written)
    if name not in names:
        raise InputError(f'there is no {what} "{name}"; there are {", ".join(sorted(set(names))[:10])} …')
    return name


def _moment(problem: "Problem", text: str, *, is_end: bool = False) -> int:
    from vonggac.formats.roster_problem import read_moment

    return read_moment(text, timezone(timedelta(minutes=problem.rules.utc_offset_minutes)), is_end=is_end)


def _problem_in(file: Path) -> bytes:
    """The content of a problem's file; InputError where it is empty."""
    content = content_of(file)
    if not content.strip():
        raise InputError(f"{file} is empty; `vonggac roster solve --help` shows what a problem looks like")
    return content


def _is_grid(content: bytes, kind: str | None) -> bool:
    """True for an instance of the benchmark; a problem of ours is a JSON object."""
    # Behind a byte order mark too, and where a shell writes two bytes a letter.
    return kind == "curtois" if kind else not content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{")


def _settings(given: "dict[str, float] | dict[str, str | None]") -> "Settings":
    from vonggac.kernel.roster.budget import Settings

    return Settings(
        seconds=float(given["seconds"] or 0), workers=int(given["workers"] or 1), seed=int(given["seed"] or 0),
        is_deterministic=bool(given["deterministic"]), with_solver=not given["without_solver"],
    )  # fmt: skip


def _say_what_is_missing(settings: "Settings") -> None:
    from vonggac.kernel.roster.planning import is_solver_installed

    if settings.with_solver and not is_solver_installed():
        click.echo(_WITHOUT, err=True)
