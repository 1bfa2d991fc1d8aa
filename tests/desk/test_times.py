"""Spans and due times of the roster as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from vonggac.desk import times
from vonggac.desk.retelling import retold
from vonggac.directives.rules import day_words
from vonggac.flows import local_times

MIDNIGHT = datetime(2026, 4, 27, 17, tzinfo=UTC)  # of Tuesday 28 April in Hà Nội
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _vietnamese():
    with translation.override("vi"):
        yield


@pytest.mark.parametrize(
    ("begin", "lasts", "said"),
    [
        (MIDNIGHT + 6 * HOUR, 8 * HOUR, "T3 28/4 06:00–14:00"),
        (MIDNIGHT + 22 * HOUR, 8 * HOUR, "T3 28/4 22:00 – T4 29/4 06:00"),
        (MIDNIGHT, DAY, "T3 28/4"),
        (MIDNIGHT, 3 * DAY, "T3 28/4 – T5 30/4"),
        (MIDNIGHT, 8 * HOUR, "T3 28/4 00:00–08:00"),
        (MIDNIGHT + 7 * HOUR, DAY, "T3 28/4 07:00 – T4 29/4 07:00"),
    ],
)
def test_a_span_says_no_more_than_it_needs(begin, lasts, said):
    assert times.span(begin, begin + lasts) == said


def test_a_due_time_at_midnight_is_the_day_that_ends_with_it():
    assert times.due_full(MIDNIGHT) == "hết ngày 27/4/2026"
    assert times.due_full(MIDNIGHT + HOUR) == "28/4/2026 01:00"
    assert times.due_short(MIDNIGHT, MIDNIGHT) == "hết ngày 27/4"


def test_letters_and_pages_write_days_and_moments_alike():
    moment = datetime(2024, 4, 14, 4, 2, 33, tzinfo=UTC)
    assert local_times.exact(moment) == times.full(moment) == "14/4/2024 11:02:33"
    with translation.override("vi"):
        assert [str(day) for day in times.WEEKDAYS] == list(local_times.WEEKDAYS)


@pytest.mark.parametrize("due_at", [MIDNIGHT, MIDNIGHT + HOUR])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_was_written_of_a_due_time_is_read_as_the_page_says_it(due_at, language):
    with translation.override(language):
        assert retold(day_words(due_at)) == times.due_full(due_at)
