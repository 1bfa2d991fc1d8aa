"""English sentences for what the checker finds, for the command line; the desk says it in the reader's language."""

from collections.abc import Callable, Mapping

from vonggac.kernel.roster.values import Hole, RuleName, Violation

_SENTENCES: Mapping[RuleName, Callable[[Violation], str]] = {
    RuleName.POST: lambda _: "may not stand at this post",
    RuleName.SKILL: lambda _: "lacks the skill that the shift is short of",
    RuleName.LEAVE: lambda _: "is away",
    RuleName.NIGHTS_BARRED: lambda _: "may not work at night",
    RuleName.OVERLAP: lambda one: f"is in two places at once{_beside(one)}",
    RuleName.REST: lambda one: f"has {_hours(one.found)} of rest instead of {_hours(one.limit)}{_beside(one)}",
    RuleName.NIGHTS_IN_ROW: lambda one: f"stands {one.found} nights in a row, at most {one.limit} are allowed",
    RuleName.DAYS_IN_ROW: lambda one: f"stands {one.found} days in a row, at most {one.limit} are allowed",
    RuleName.WEEKLY_MINUTES: lambda one: (
        f"works {_hours(one.found)} in a week, at most {_hours(one.limit)} are allowed"
    ),
    RuleName.MOST_SLOTS: lambda one: f"stands {one.found} shifts, at most {one.limit} are agreed",
    RuleName.FIXED: lambda _: "was fixed here and is not in the roster",
}


def say(violation: Violation) -> str:
    """The violation in one sentence without its subject, with the place in the law."""
    cited = f" ({violation.citation})" if violation.citation else ""
    return f"{_SENTENCES[violation.rule](violation)}{cited}"


def say_hole(hole: Hole) -> str:
    """What a hole lacks: `short of 1 person, 1 lead`."""
    people = [f"{hole.missing} {'person' if hole.missing == 1 else 'people'}"] if hole.missing else []
    return "short of " + ", ".join([*people, *(f"{count} {skill}" for skill, count in hole.skills)])


def _hours(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    return f"{whole} h {rest:02d}" if rest else f"{whole} h"


def _beside(violation: Violation) -> str:
    """The other shift of a pair, where the plan knows it."""
    return " (with a shift outside of this plan)" if violation.stint else ""
