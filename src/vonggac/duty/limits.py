"""The rules in force for an office on duty: the regime's limits with their citations, tightened by it and above."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vonggac.duty.models import TighterRule
from vonggac.duty.patterns import day_of as office_day
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


def in_force(org_path: str, at: datetime) -> dict[str, Limit]:
    """The rules of an office at a moment, by name: the tightest of the regime's, of those above it, and its own."""
    return in_force_at([org_path], at)[org_path]


def in_force_at(org_paths: Collection[str], at: datetime) -> dict[str, dict[str, Limit]]:
    """The same for several offices, by path: one query, whatever their number."""
    rows = tighter_rules()
    return {path: _tightened(path, rows, at) for path in org_paths}


def tightest(org_paths: Collection[str], at: datetime) -> dict[str, Limit]:
    """The rules of a roster for posts of several offices, by name: the tightest of them all."""
    found: dict[str, Limit] = {}
    for limits in in_force_at(sorted(org_paths), at).values():
        for name, limit in limits.items():
            if name not in found or is_tighter(name, limit.value, found[name].value):
                found[name] = limit
    return found


def tighter_rules(*names: str) -> list[TighterRule]:
    """What offices tightened, those that were replaced among them; of some rules alone where these are named."""
    rows = TighterRule.objects.filter(name__in=names) if names else TighterRule.objects.all()
    return list(rows.order_by("org_path", "pk"))


def minutes_by(rows: Iterable[TighterRule], org_path: str, name: str, at: datetime) -> timedelta:
    """A rule in minutes at a moment, where the rows are known."""
    value = regime.on(office_day(at)).limit(name)
    for row in rows:
        if row.name == name and _binds(row, org_path, at) and is_tighter(name, row.value, value):
            value = row.value
    return timedelta(minutes=value)


def _binds(row: TighterRule, org_path: str, at: datetime) -> bool:
    stands = (row.since is None or row.since <= at) and (row.until is None or at < row.until)
    return stands and org_path.startswith(row.org_path)


def _tightened(org_path: str, rows: Iterable[TighterRule], at: datetime) -> dict[str, Limit]:
    rules = regime.on(office_day(at))
    found = {}
    for name in LARGER_IS_TIGHTER:
        value = rules.limit(name)
        found[name] = Limit(name, value, value, rules.limits[name].citation, rules.limits[name].is_ours)
    for row in rows:
        known = found.get(row.name)
        if known and _binds(row, org_path, at) and is_tighter(row.name, row.value, known.value):
            found[row.name] = Limit(
                row.name, row.value, known.regime_value, known.citation, known.is_ours, row.org_path
            )  # fmt: skip
    return found


def minutes(org_path: str, name: str, at: datetime) -> timedelta:
    """A rule in minutes at a moment, as a span of time."""
    return minutes_by(tighter_rules(name), org_path, name, at)


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
    own = limit.regime_value * times if limit.value != limit.regime_value else None
    return Rule(limit.value * times, source_of(limit), own)


def source_of(limit: Limit) -> str:
    """Where the rule is written, short: the law's name and article; "" for a value that no law prints."""
    return "" if limit.is_ours else limit.citation.partition(":")[0]
