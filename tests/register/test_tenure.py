"""A block's history against a naive model: one owner a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.register import tenure
from vonggac.register.tenure import Tenure

DAYS = [(date(2025, 1, 1) + timedelta(days=n)).isoformat() for n in range(12)]
DATES = st.none() | st.sampled_from(DAYS)
LINES = st.lists(st.builds(Tenure, st.sampled_from("ABC"), DATES, DATES), max_size=8)
AT = DAYS[6]


def owners(history):
    """day → the organisations that answer on it."""
    return {day: [e.tenure.organisation for e in history if e.tenure.covers(day)] for day in DAYS}


def heard(lines, history=()):
    history = list(history)
    for number, line in enumerate(lines, 2):
        try:
            history = tenure.after_line(history, line, line=number, at=AT)
        except ValueError:
            continue
    return history


@given(LINES)
def test_nobody_ever_shares_a_day(lines):
    assert all(len(who) <= 1 for who in owners(heard(lines)).values())


@given(LINES, st.builds(Tenure, st.sampled_from("ABC"), DATES, DATES))
def test_an_accepted_line_holds_on_its_days_and_changes_no_day_before_it(lines, line):
    before = heard(lines)
    try:
        after = tenure.after_line(before, line, line=99, at=AT)
    except ValueError:
        return
    is_undated = line.begin is None and line.end is None
    then, now = owners(before), owners(after)
    wanted = [AT] if is_undated else [day for day in DAYS if line.covers(day)]
    assert all(now[day] == [line.organisation] for day in wanted)
    first = AT if is_undated and before else line.begin or tenure.ALWAYS
    assert all(now[day] == then[day] for day in DAYS if day < first and then[day] != [line.organisation])


@given(LINES, st.builds(Tenure, st.sampled_from("ABC"), DATES, DATES))
def test_a_line_heard_twice_changes_nothing_the_second_time(lines, line):
    before = heard(lines)
    try:
        once = tenure.after_line(before, line, line=99, at=AT)
    except ValueError:
        return
    again = tenure.after_line(tenure.begin([e.tenure for e in once]), line, line=99, at=AT)
    assert not any(entry.is_changed for entry in again)


@given(LINES)
def test_a_history_printed_and_heard_elsewhere_is_the_same(lines):
    history = sorted((e.tenure for e in heard(lines)), key=lambda t: t.begin or tenure.ALWAYS)
    copy = heard(history)
    assert sorted((e.tenure for e in copy), key=lambda t: t.begin or tenure.ALWAYS) == history


def test_a_block_given_away_ends_the_earlier_tenure_on_that_day():
    history = heard([Tenure("A"), Tenure("B", "2025-01-05")])
    assert [e.tenure for e in history] == [Tenure("A", None, "2025-01-05"), Tenure("B", "2025-01-05")]


def test_a_line_inside_anothers_time_is_refused_with_the_name():
    with pytest.raises(ValueError, match="already answered for by A"):
        tenure.after_line(tenure.begin([Tenure("A")]), Tenure("B", "2025-01-02", "2025-01-04"), line=2, at=AT)


def test_an_undated_line_does_not_overrule_a_later_gift():
    standing = tenure.begin([Tenure("A", None, "2025-01-10"), Tenure("B", "2025-01-10")])
    with pytest.raises(ValueError, match="write the dates"):
        tenure.after_line(standing, Tenure("C"), line=2, at=AT)


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(ValueError, match="not after it begins"):
        tenure.after_line([], Tenure("A", "2025-01-05", "2025-01-05"), line=2, at=AT)
