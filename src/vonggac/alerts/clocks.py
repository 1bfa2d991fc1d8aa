"""How long a finding may wait: for somebody to acknowledge it, for it to be handled; by priority, for each office."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.duty import limits
from vonggac.duty.limits import Limit

PRIORITIES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Clock:
    """The two times of a priority, counted from when a finding came or rose to it."""

    acknowledge: timedelta
    handle: timedelta


def acknowledge_rule(priority: int) -> str:
    """The name of the regime's limit, in minutes."""
    return f"alert_{priority}_acknowledge_minutes"


def handle_rule(priority: int) -> str:
    """The name of the regime's limit, in hours."""
    return f"alert_{priority}_handle_hours"


def of(org_path: str, at: datetime) -> Mapping[int, Clock]:
    """Priority → its clock for an office: the regime's, or what the office or one above it holds itself to."""
    return of_each([org_path], at)[org_path]


def of_each(org_paths: Collection[str], at: datetime) -> Mapping[str, Mapping[int, Clock]]:
    """The same for several offices, by path: one query, whatever their number."""
    return {path: _clocks(rules) for path, rules in limits.in_force_at(org_paths, at).items()}


def _clocks(rules: Mapping[str, Limit]) -> Mapping[int, Clock]:
    return {
        priority: Clock(
            timedelta(minutes=rules[acknowledge_rule(priority)].value),
            timedelta(hours=rules[handle_rule(priority)].value),
        )
        for priority in PRIORITIES
    }
