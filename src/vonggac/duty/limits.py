"""The rules in force for an office on duty: the regime's limits with their citations, tightened by it and above."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from vonggac.duty.models import TighterRule
from vonggac.kernel.roster.values import Rule, Rules, day_of
from vonggac.regimes import regime

# Which way is tighter: a larger number (rest), or a smaller one (hours, rows, minutes).
LARGER_IS_TIGHTER: Mapping[str, bool] = {
    "rest_hours": True,
    "weekly_hours": False,
    "nights_in_row": False,
    "days_in_row": False,
    "late_check_in_minutes": False,
    "hand_over_minutes": False,
    "awake_answer_minutes": False,
    **{f"alert_{priority}_acknowledge_minutes": False for priority in (1, 2, 3, 4)},
    **{f"alert_{priority}_handle_hours": False for priority in (1, 2, 3, 4)},
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule: the value in force, the regime's own with its citation, and the path of the office that changed it."""

    name: str
    value: int
    regime_value: int
    citation: str
    is_ours: bool
    tightened_by: str = ""


def is_tighter(name: str, value: int, than: int) -> bool:
    """True when a value of this rule is stricter than another."""
    return value > than if LARGER_IS_TIGHTER[name] else value < than


def in_force(org_path: str, on: date) -> dict[str, Limit]:
    """The rules of an office on a day, by name: the tightest of the regime's, of those above it, and its own."""
    return in_force_at([org_path], on)[org_path]


def in_force_at(org_paths: Collection[str], on: date) -> dict[str, dict[str, Limit]]:
    """The same for several offices, by path: one query, whatever their number."""
    rows = list(TighterRule.objects.order_by("org_path"))
    return {path: _tightened(path, rows, on) for path in org_paths}


def _tightened(org_path: str, rows: Iterable[TighterRule], on: date) -> dict[str, Limit]:
    rules = regime.on(on)
    found = {}
    for name in LARGER_IS_TIGHTER:
        value = rules.limit(name)
        found[name] = Limit(name, value, value, rules.limits[name].citation, rules.limits[name].is_ours)
    for row in rows:
        known = found.get(row.name)
        if known and org_path.startswith(row.org_path) and is_tighter(row.name, row.value, known.value):
            found[row.name] = Limit(
                row.name, row.value, known.regime_value, known.citation, known.is_ours, row.org_path
            )  # fmt: skip
    return found


def minutes(org_path: str, name: str, on: date) -> timedelta:
    """A rule in minutes, as a span of time."""
    return timedelta(minutes=in_force(org_path, on)[name].value)


def kernel_rules(limits: Mapping[str, Limit], on: date, holidays: Mapping[date, str]) -> Rules:
    """The rules as the planners and the checker read them."""
    night = regime.on(on)
    return Rules(
        rest_minutes=_rule(limits["rest_hours"], 60),
        nights_in_row=_rule(limits["nights_in_row"]),
        days_in_row=_rule(limits["days_in_row"]),
        weekly_minutes=_rule(limits["weekly_hours"], 60),
        night_from_minute=night.limit("night_from_hour") * 60,
        night_to_minute=night.limit("night_to_hour") * 60,
        holidays=frozenset(day_of(day) for day in holidays),
    )


def _rule(limit: Limit, times: int = 1) -> Rule:
    return Rule(limit.value * times, source_of(limit))


def source_of(limit: Limit) -> str:
    """Where the rule is written, short: the law's name and article; "" for a value that no law prints."""
    return "" if limit.is_ours else limit.citation.partition(":")[0]
