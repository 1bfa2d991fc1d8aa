"""The public holidays of Viet Nam and the working days swapped for them: a library, and what it lacks kept by hand."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Override:
    """A day that is a holiday by hand, or (`is_work`) that is none whatever the calendar says."""

    on: date
    name: str
    is_work: bool = False


def between(first: date, last: date, overrides: Iterable[Override] = ()) -> dict[date, str]:
    """The holidays from the first day to the last with their names; overrides given here go before everything."""
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        found.update(_of(year))
    for override in (*_kept_by_hand(), *overrides):
        if override.is_work:
            found.pop(override.on, None)
        else:
            found[override.on] = override.name
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


@cache
def _of(year: int) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415  0.1 s that only rosters need

    # The calendar's own language: these are names of Vietnamese holidays, whatever language the desk speaks.
    return dict(holidays.country_holidays("VN", years=year, language="vi"))


@cache
def _kept_by_hand() -> tuple[Override, ...]:
    table = tomllib.loads(files("vonggac.regimes").joinpath("holidays.toml").read_text("utf-8"))
    return tuple(Override(entry["on"], entry["name"], entry.get("work", False)) for entry in table["day"])
