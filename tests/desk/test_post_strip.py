"""The chart of presence: one geometry for a wall and one for a phone, both of the same minutes."""

from datetime import timedelta

import pytest

from tests.cast import NOON
from vonggac.desk import post_strip
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.models import Post
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.queries.attendance import PostCoverage
from vonggac.register.models import Organisation

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NAMES = ("Giám sát", "Trực ban có một cái tên dài hơn cột", "Trưởng ca")


@pytest.fixture
def chart() -> post_strip.PostStrip:
    """Three posts over a week of which two days are past; each lacks somebody on the third day."""
    covered = [
        PostCoverage(
            Post(name=name, organisation=Organisation(name="Hải Vân")),
            (
                Stretch(NOON, NOON + 2 * DAY, State.PRESENT, people=("An",)),
                Stretch(NOON + 2 * DAY, NOON + 3 * DAY, State.HOLE, missing_people=1),
            ),
        )
        for name in NAMES
    ]
    return post_strip.draw(covered, NOON, NOON + 7 * DAY, NOON + 2 * DAY)


def shares(chart: post_strip.PostStrip) -> list[tuple[str, float, float]]:
    """Of each piece its state, and where it begins and ends as a share of the week."""
    return [
        (one.state, (one.bar.x - chart.left) / chart.inner, (one.bar.x + one.bar.width - chart.left) / chart.inner)
        for lane in chart.lanes for one in lane.pieces
    ]  # fmt: skip


def test_the_chart_of_a_phone_shows_the_same_stretches_as_the_wide_one(chart):
    assert chart.narrow.narrow is None
    for wide, narrow in zip(shares(chart), shares(chart.narrow), strict=True):
        assert wide[0] == narrow[0]
        assert wide[1:] == pytest.approx(narrow[1:], abs=0.005)
    assert [lane.whole_name for lane in chart.narrow.lanes] == [lane.whole_name for lane in chart.lanes]


def test_a_phone_has_the_whole_week_in_its_width_and_each_name_above_its_lane(chart):
    narrow = chart.narrow
    assert (narrow.left, narrow.width) == (0, 330)
    edge = 0.0
    for lane in narrow.lanes:
        assert edge < lane.name_y < lane.y
        edge = lane.y + narrow.lane_height
    assert edge < narrow.floor
    assert 0 < narrow.now_x < narrow.width


def test_a_wide_chart_has_each_name_beside_its_lane(chart):
    for lane in chart.lanes:
        assert lane.y < lane.name_y < lane.y + chart.lane_height
        assert len(lane.name) <= post_strip.WIDE.longest_name


def test_a_week_from_midnight_has_a_date_under_its_first_day():
    monday = begin_of(day_of(NOON))
    drawn = post_strip.draw([PostCoverage(Post(organisation=Organisation()), ())], monday, monday + 7 * DAY, NOON)
    assert [tick.text for tick in drawn.ticks][:2] == ["20/4", "21/4"]


def test_a_hole_of_seconds_that_is_over_is_told_from_one_of_hours_and_from_one_that_runs():
    found = [
        Stretch(NOON - 3 * DAY, NOON - 2 * DAY, State.HOLE, missing_people=1),
        Stretch(NOON - 59 * SECOND, NOON - SECOND, State.HOLE, missing_people=1),
        Stretch(NOON, NOON + 59 * SECOND, State.HOLE, missing_people=1),
    ]
    lines = post_strip.holes([PostCoverage(Post(name="Giám sát"), tuple(found))], NOON)
    assert [line.is_brief for line in lines] == [False, True, False]
