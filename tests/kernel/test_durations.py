"""How long something lasts, as two units at the most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.kernel.durations import DAY, DAYS_ALONE, HOUR, MINUTE, said


@pytest.mark.parametrize(
    ("seconds", "parts"),
    [
        (-5, (0, 0, 0)), (59.9, (0, 0, 0)), (60, (0, 0, 1)), (5 * HOUR + 10 * MINUTE, (0, 5, 10)),
        (DAY - 1, (0, 23, 59)), (2 * DAY + 20 * HOUR + 59 * MINUTE, (2, 20, 0)),
        (10 * DAY - 1, (9, 23, 0)), (10 * DAY + 20 * HOUR, (10, 0, 0)),
    ],
)  # fmt: skip
def test_two_units_at_the_most_are_said(seconds, parts):
    assert said(seconds) == parts


@given(st.integers(0, 400 * DAY))
def test_it_never_says_more_than_it_is_and_is_short_of_it_by_less_than_its_smallest_unit(seconds):
    days, hours, minutes = said(seconds)
    told = days * DAY + hours * HOUR + minutes * MINUTE
    smallest = DAY if days >= DAYS_ALONE else HOUR if days else MINUTE
    assert told <= seconds < told + smallest
