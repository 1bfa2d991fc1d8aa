"""Ten times more, ten times less, and everything that is neither: nights, weekends, daily files, young sources."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.alerts.volume import DAY, HOUR, Unusual, hour_of, judged

AT = datetime(2026, 4, 20, 14, 30, tzinfo=UTC)
THIS, LAST = hour_of(AT), hour_of(AT) - HOUR


def rhythm(usual, days: int = 14, until: datetime = LAST) -> dict[datetime, int]:
    """Every hour until the last one that is over, as a source sends that keeps its rhythm."""
    hours = [until - number * HOUR for number in range(days * 24 + 1)]
    return {hour: number for hour in hours if (number := usual(hour))}


def steady(_hour: datetime) -> int:
    return 300


def office_hours(hour: datetime) -> int:
    return 400 if 1 <= hour.hour <= 10 and hour.weekday() < 5 else 2


@pytest.mark.parametrize("usual", [steady, office_hours])
def test_a_source_that_keeps_its_rhythm_is_never_told(usual):
    for hours in range(7 * 24):
        assert judged(rhythm(usual, until=LAST + hours * HOUR), AT + hours * HOUR) is None


@pytest.mark.parametrize(("alerts", "is_told"), [(2_999, False), (3_000, True)])
def test_ten_times_more_is_told_while_the_hour_still_runs(alerts, is_told):
    found = judged(rhythm(steady) | {THIS: alerts}, AT)
    assert found == (Unusual(THIS, alerts, 300) if is_told else None)


@pytest.mark.parametrize(("alerts", "is_told"), [(31, False), (30, True), (0, True)])
def test_ten_times_less_is_told_once_the_hour_is_over(alerts, is_told):
    counts = rhythm(steady) | {LAST: alerts, THIS: 0}
    assert judged(counts, AT) == (Unusual(LAST, alerts, 300) if is_told else None)


def test_a_night_is_measured_by_the_busy_hours_of_the_day():
    night = datetime(2026, 4, 20, 20, 30, tzinfo=UTC)
    by_day = rhythm(lambda hour: 400 if hour.hour < 14 else 2, until=hour_of(night) - HOUR)
    assert judged(by_day | {hour_of(night): 3_999}, night) is None
    assert judged(by_day | {hour_of(night): 4_000}, night) == Unusual(hour_of(night), 4_000, 400)


def test_a_daily_file_that_comes_an_hour_late_is_not_missed():
    counts = {LAST - day * DAY: 5_000 for day in range(1, 15)}
    assert judged(counts, AT) is None
    assert judged(counts | {THIS: 5_000}, AT) is None
    assert judged(counts | {THIS: 60_000}, AT) == Unusual(THIS, 60_000, 5_000)


def test_a_source_of_which_little_is_known_is_not_judged():
    assert judged({}, AT) is None
    assert judged({THIS: 1_000_000}, AT) is None
    assert judged(rhythm(steady, days=6) | {LAST: 0}, AT) is None
    assert judged(rhythm(lambda _hour: 9) | {THIS: 99}, AT) is None
    assert judged(rhythm(lambda _hour: 19) | {LAST: 0}, AT) is None


@given(st.dictionaries(st.integers(0, 340), st.integers(0, 10_000), max_size=60), st.integers(0, 59))
def test_what_is_told_is_always_ten_times_off(found, minute):
    counts = {THIS - number * HOUR: alerts for number, alerts in found.items()}
    unusual = judged(counts, THIS + timedelta(minutes=minute))
    if unusual is not None:
        low, high = sorted((unusual.alerts, unusual.usual))
        assert high >= 10 * low
        assert unusual.alerts == counts.get(unusual.hour, 0)
        assert unusual.hour in {THIS, LAST}
