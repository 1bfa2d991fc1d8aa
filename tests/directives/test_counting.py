"""Printed times become due times: counted from arrival or issue, and nothing where nothing says from when."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.directives.counting import Origin, arrival, due_of, end_of, first_due
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.formats.congvan.deadlines import find_deadlines

# Monday 20 April 2026, 12:00 in Hà Nội; the Hùng kings' day (26 April, a Sunday), 30 April and 1 May are ahead.
ARRIVED = datetime(2026, 4, 20, 5, tzinfo=UTC)
ISSUED = date(2026, 4, 17)
ORIGIN = Origin(ARRIVED, ISSUED)
PHRASES = {
    "trong vòng 24 giờ kể từ khi nhận được văn bản này": "2026-04-21T12:00",
    "trong vòng 90 phút kể từ khi nhận được văn bản này": "2026-04-20T13:30",
    "trong thời hạn 5 ngày kể từ ngày nhận được công văn": "2026-04-26T00:00",
    "trong thời hạn 02 ngày làm việc kể từ ngày nhận được công văn": "2026-04-23T00:00",
    "trong thời hạn 05 ngày kể từ ngày ký ban hành": "2026-04-23T00:00",
    "trong thời hạn 1 tháng kể từ ngày nhận được công văn": "2026-05-21T00:00",
    "báo cáo trước ngày 25 hằng tháng": "2026-04-26T00:00",
    "báo cáo trước ngày 20 hằng tháng": "2026-05-21T00:00",
    "báo cáo trước ngày 20/12 hằng năm": "2026-12-21T00:00",
    "báo cáo trước ngày 15/3 hằng năm": "2027-03-16T00:00",
    "báo cáo định kỳ 06 tháng (trước ngày 20/6)": "2026-06-21T00:00",
    "báo cáo hằng tuần": "2026-04-28T00:00",
    "báo cáo hằng tháng": "2026-05-21T00:00",
    "báo cáo hằng quý": "2026-07-21T00:00",
    "trước ngày 30/4/2026": "2026-05-01T00:00",
    "trước 17h00 ngày 22/4/2026": "2026-04-22T17:00",
}


def rules_in(phrase: str) -> list[dict[str, str]]:
    """As a clause's JSON has them."""
    return [
        {"text": one.text, "due": f"{one.due}T{one.at:%H:%M}" if one.at else str(one.due)}
        if one.due
        else {"text": one.text, "rule": str(one.rule)}
        for one in find_deadlines(phrase, ISSUED).found
    ]


@pytest.mark.parametrize(("phrase", "due"), PHRASES.items(), ids=PHRASES)
def test_a_printed_time_is_counted_as_a_person_at_the_office_would(phrase, due):
    counted = first_due(rules_in(phrase), ORIGIN)
    assert counted is not None
    assert f"{counted.astimezone(OFFICE_ZONE):%Y-%m-%dT%H:%M}" == due


@pytest.mark.parametrize(
    "phrase",
    [
        "trong vòng 24 giờ kể từ khi phát hiện sự cố", "trực 24/7", "báo cáo ngay lập tức", "báo cáo đột xuất",
        "trong vòng 5 ngày", "",
    ],
)  # fmt: skip
def test_what_says_no_moment_is_due_at_none(phrase):
    assert first_due(rules_in(phrase), ORIGIN) is None


@pytest.mark.parametrize(
    "rule",
    ["", "P0D from receipt", "every P0M by 06-20", "yearly 13-40", "P5D from somewhere", "monthly 00x", "soon",
     "P99999999Y from receipt", "P9999999999D from receipt", "PT5D from receipt",
     "every P2W by 06-20", "P500000D working from receipt"],
)  # fmt: skip
def test_a_rule_that_nobody_can_count_is_due_at_none(rule):
    assert due_of({"text": "…", "rule": rule}, ORIGIN) is None


def test_the_day_of_issue_is_needed_where_a_rule_counts_from_it():
    for rule in ("P5D from issue", "before 09-30"):
        assert due_of({"rule": rule}, Origin(ARRIVED, None)) is None
    assert due_of({"rule": "before 09-30"}, ORIGIN) == end_of(date(2026, 9, 30))
    assert due_of({"rule": "before 04-16"}, ORIGIN) == end_of(date(2027, 4, 16))


def test_working_days_leave_out_the_weekend_and_the_public_holidays():
    before_the_holidays = Origin(datetime(2026, 4, 29, 5, tzinfo=UTC), None)
    assert due_of({"rule": "P1D working from receipt"}, before_the_holidays) == end_of(date(2026, 5, 4))


def test_an_arrival_whose_hour_is_unknown_counts_from_the_end_of_its_day():
    assert arrival(date(2026, 4, 20), ARRIVED) == ARRIVED
    earlier = arrival(date(2026, 4, 18), ARRIVED)
    assert earlier == end_of(date(2026, 4, 18))
    assert due_of({"rule": "PT24H from receipt"}, Origin(earlier, None)) == end_of(date(2026, 4, 19))
    assert due_of({"rule": "P1D from receipt"}, Origin(earlier, None)) == end_of(date(2026, 4, 19))


SPANS = st.builds("P{}{} from {}".format, st.integers(1, 400), st.sampled_from("DWMY"), st.sampled_from(["receipt"]))
YEARLY = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")
CYCLES = st.one_of(
    st.sampled_from(["daily", "weekly", "monthly", "quarterly", "yearly"]),
    st.integers(1, 31).map("monthly {:02d}".format),
    YEARLY.map("yearly {}".format),
    st.builds("every P{}M by {}".format, st.integers(1, 36), YEARLY),
)


RULES = st.one_of(SPANS, CYCLES)
MOMENTS = st.integers(0, 36_500 * 24 * 60).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(RULES, MOMENTS)
def test_what_is_counted_from_arrival_is_the_end_of_a_later_day_and_recurs_in_time(rule, arrived):
    due = due_of({"rule": rule}, Origin(arrived, None))
    here = due.astimezone(OFFICE_ZONE)
    assert (here.hour, here.minute) == (0, 0)
    assert due > arrived
    if rule.startswith("monthly"):
        assert due - arrived <= timedelta(days=33)
    if rule.startswith("yearly"):
        assert due - arrived <= timedelta(days=368)


@given(RULES, MOMENTS)
def test_a_later_arrival_never_brings_an_earlier_due_time(rule, arrived):
    later = due_of({"rule": rule}, Origin(arrived + timedelta(days=3), None))
    assert later >= due_of({"rule": rule}, Origin(arrived, None))
