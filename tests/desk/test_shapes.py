"""Times, marks, strip chart and week grid: what pages draw, as values."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from vonggac.cases.models import Case
from vonggac.desk import marks, strip, times, weeks
from vonggac.duty.coverage import cover
from vonggac.duty.models import Post, Shift
from vonggac.duty.queries import duty_of
from vonggac.duty.queries.attendance import PostCoverage
from vonggac.duty.rules import Demand

NOW = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _vietnamese():
    with translation.override("vi"):
        yield


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (26 * MINUTE, "còn 26 phút"), (4 * HOUR + 6 * MINUTE, "còn 4 giờ 06 phút"), (2 * HOUR, "còn 2 giờ"),
        (2 * DAY + 20 * HOUR, "còn 2 ngày 20 giờ"), (-12 * MINUTE, "quá 12 phút"),
        (timedelta(seconds=30), "còn 30 giây"), (-3 * DAY, "quá 3 ngày"), (10 * DAY + HOUR, "còn 10 ngày"),
        (5 * HOUR + 10 * MINUTE, "còn 5 giờ 10 phút"),
    ],
)  # fmt: skip
def test_a_due_time_is_said_in_two_units_at_the_most(span, said):
    assert times.due(NOW + span, NOW) == said


def test_a_moment_is_short_today_and_longer_further_away():
    assert times.short(NOW, NOW) == "12:00"
    assert times.short(NOW + DAY, NOW) == "21/4 12:00"
    assert times.short(NOW.replace(year=2024), NOW) == "20/4/2024 12:00"
    assert times.day(NOW) == "thứ Hai 20/4/2026"
    assert times.short_day(date(2026, 4, 26)) == "CN 26/4"


@pytest.mark.parametrize(("hour_utc", "night"), [(10, False), (11, True), (22, True), (23, False), (5, False)])
def test_it_is_night_from_six_to_six_in_hanoi(hour_utc, night):
    assert times.is_night(NOW.replace(hour=hour_utc)) is night


def case(**fields: object) -> Case:
    return Case(**{"state": "sent", "claim": "none", "proof": "none", "rule": "clean_host", **fields})


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({}, "wait"),
        ({"due_at": NOW - HOUR}, "late"),
        ({"state": "in_progress", "claim": "done", "proof": "contradicted", "due_at": NOW - HOUR}, "against"),
        ({"state": "claimed", "claim": "done"}, "claimed"),
        ({"state": "claimed", "claim": "done", "proof": "not_observable"}, "unseen"),
        ({"state": "closed", "claim": "done", "proof": "proven"}, "proven"),
        ({"state": "closed"}, "none"),
        ({"state": "claimed", "claim": "done", "proof": "watching"}, "watching"),
    ],
)
def test_a_row_leads_with_what_is_most_abnormal(fields, shape):
    assert marks.attention(case(**fields), NOW).shape == shape


def test_claim_and_proof_are_two_marks():
    both = case(state="in_progress", claim="done", proof="contradicted")
    assert (marks.claim(both).shape, marks.proof(both).shape) == ("claimed", "against")


def test_a_case_without_a_rule_says_so():
    assert marks.proof(case(rule="")).text == "chưa có quy tắc kiểm chứng"


def detail(**more: object) -> dict:
    watched = {"from": NOW.isoformat(), "to": (NOW + 7 * DAY).isoformat()}
    return {"kinds": ["flow", "dns"], "watched": watched, **more}


def test_a_gap_is_drawn_where_and_as_long_as_it_was():
    gap = {"kind": "dns", "from": (NOW + DAY).isoformat(), "to": (NOW + 2 * DAY).isoformat()}
    drawn = strip.draw(detail(gaps=[gap]), [])
    flow, dns = drawn.lanes
    assert (flow.gaps, len(dns.gaps)) == ([], 1)
    day = drawn.inner / 7
    assert dns.gaps[0].x == pytest.approx(drawn.left + day, abs=0.2)
    assert dns.gaps[0].width == pytest.approx(day, abs=0.3)


def test_a_contact_is_a_point_that_tells_sensor_and_peer():
    contact = {"kind": "flow", "at": (NOW + DAY).isoformat(), "sensor": "edge-1", "peer": "198.51.100.7"}
    point = strip.draw(detail(contacts=[contact]), []).lanes[0].contacts[0]
    assert "edge-1 · 198.51.100.7" in point.title


def test_the_shortest_gap_can_still_be_seen():
    gap = {"kind": "flow", "from": NOW.isoformat(), "to": (NOW + timedelta(seconds=61)).isoformat()}
    assert strip.draw(detail(gaps=[gap]), []).lanes[0].gaps[0].width >= strip.NARROWEST


def test_a_log_on_its_way_has_a_look_of_its_own():
    ends = (NOW + timedelta(hours=2)).isoformat()
    on_its_way = {"kind": "flow", "from": NOW.isoformat(), "to": ends, "awaited": True}
    drawn = strip.draw(detail(gaps=[on_its_way, on_its_way | {"kind": "dns", "awaited": False}]), [])
    assert [(len(lane.gaps), len(lane.awaited)) for lane in drawn.lanes] == [(0, 1), (1, 0)]
    assert drawn.is_awaiting
    assert not strip.draw(detail(gaps=[on_its_way | {"awaited": False}]), []).is_awaiting


@pytest.mark.parametrize(
    "given", [{}, {"watched": {"from": None, "to": None}}, {"watched": {"from": NOW.isoformat(), "to": None}}]
)
def test_nothing_watched_is_nothing_drawn(given):
    assert strip.draw(given, []) is None


def test_a_log_that_no_sensor_delivers_is_drawn_as_unknown():
    drawn = strip.draw(detail(), [{"kind": "nat", "reason": "no log"}])
    assert [(lane.name, lane.is_unknown) for lane in drawn.lanes][-1] == ("nhật ký NAT", True)


def test_a_kind_of_log_that_nobody_looked_at_has_no_lane_and_the_chart_says_why():
    drawn = strip.draw(detail(kinds=["flow"]), [])
    assert [(lane.name, lane.is_unknown) for lane in drawn.lanes] == [("nhật ký luồng", False)]
    assert drawn.note == "Không cần nhật ký DNS: các danh sách chỉ nêu địa chỉ C2, không nêu tên miền C2."
    assert [lane.name for lane in strip.draw(detail(kinds=["dns"]), []).lanes] == ["nhật ký DNS"]


def test_a_log_that_is_missing_for_a_time_was_not_watched_for_the_rest_of_it():
    moments = {"from": NOW.isoformat(), "to": (NOW + DAY).isoformat()}
    drawn = strip.draw(detail(kinds=["flow"]), [{"kind": "nat", "reason": "whose?", **moments}])
    assert [(lane.name, lane.is_unknown) for lane in drawn.lanes][-1] == ("nhật ký NAT", True)


def test_a_verdict_that_does_not_say_what_was_looked_at_claims_nothing_of_it():
    gap = {"kind": "dns", "from": NOW.isoformat(), "to": (NOW + DAY).isoformat()}
    old = detail(gaps=[gap])
    del old["kinds"]
    assert [(lane.name, lane.is_unknown) for lane in strip.draw(old, []).lanes] == [("nhật ký DNS", False)]
    del old["gaps"]
    assert strip.draw(old, []) is None


def test_where_there_is_nothing_to_watch_for_nothing_is_drawn():
    assert strip.draw(detail(kinds=[]), [{"kind": "c2", "reason": "the lists name no C2"}]) is None


def test_the_axis_carries_at_most_eight_days():
    assert len(strip.draw(detail(watched={"from": NOW.isoformat(), "to": (NOW + 60 * DAY).isoformat()}), []).ticks) <= 8


def test_a_week_shows_shifts_holes_and_where_the_table_ends():
    post = Post(pk=1, name="Trực ban", minimum=1)
    monday = datetime(2026, 4, 19, 17, tzinfo=UTC)  # midnight in Hà Nội
    planned = [
        Shift(pk=n, post=post, person_name="An", from_utc=monday + n * DAY + HOUR, to_utc=monday + n * DAY + 9 * HOUR)
        for n in (0, 1, 3)
    ]
    reach = (planned[0].from_utc, planned[-1].to_utc)
    demands = (Demand(*reach),)
    now = NOW - 5 * HOUR + HOUR
    duties = [duty_of(shift) for shift in planned]
    stretches = cover(demands, duties, [], monday, monday + 8 * DAY, now=now, is_recorded=False)
    covered = [PostCoverage(post, tuple(stretches), (), demands)]
    week = weeks.lay_out(covered, [], planned, date(2026, 4, 20), now, reaches={1: reach}, holidays={})
    assert [line.hours for line in week.lines] == ["01:00–09:00"]
    cells = week.lines[0].cells
    assert [bool(cell.shifts) for cell in cells] == [True, True, False, True, False, False, False]
    assert [bool(cell.holes) for cell in cells[:4]] == [False, False, True, False]
    assert not any(cell.is_planned or cell.holes for cell in cells[4:])
    assert cells[0].is_now
