"""A source whose clock runs ahead is told of once; its alerts keep their times, the desk keeps its own."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.alerts.sources import declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts.clock_lead import TOLERANCE, Lead, lead_of, lead_of_times
from vonggac.alerts.models import Arrival, Source
from vonggac.alerts.services import sources, triage
from vonggac.flows.alert_files import import_file
from vonggac.formats.alerts import Alert, Severity
from vonggac.formats.alerts.alert_table import microseconds, table_of
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
RULE = "vonggac:clock-ahead"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONE = timedelta(hours=7)


@pytest.fixture
def source(people) -> Source:
    return declare(people)


@pytest.fixture
def take_in(tmp_path, source):
    """Hand in a file of alerts whose times lie so far from when it is handed in."""

    def take(*leads: timedelta, at=NOON, rule=2_100_498):
        path = tmp_path / f"{microseconds(at)}-{len(leads)}.json"
        path.write_bytes(lines(*(eve(timestamp=(at + lead).isoformat(), rule=rule) for lead in leads)))
        return import_file(path, source.name, DESK, at=at)

    return take


def kept(source: Source) -> Source:
    with scoped(DESK):
        return Source.objects.get(pk=source.pk)


@given(st.lists(st.none() | st.integers(-(10**6), 10**6), max_size=20))
def test_the_lead_of_rows_is_what_a_count_one_by_one_gives(seconds):
    times = [None if one is None else NOON + one * timedelta(seconds=1) for one in seconds]
    alerts = [Alert(one, None, None, None, None, None, Severity.LOW, "t", "r", None, "h", 1, 0, 1) for one in times]
    ahead = [one for one in seconds if one is not None and one > TOLERANCE.total_seconds()]
    expected = Lead(len(ahead), max(ahead, default=0), sum(one is not None for one in seconds))
    assert lead_of(table_of(alerts, "raw", microseconds(NOON))) == lead_of_times(times, NOON) == expected


def test_times_ahead_are_one_finding_about_the_source_however_many_alerts_have_them(source, take_in):
    report = take_in(ZONE - timedelta(seconds=20), ZONE - MINUTE, -HOUR)
    assert (report.lead.alerts, report.lead.seconds, report.lead.timed) == (2, 7 * 3_600 - 20, 3)
    take_in(ZONE, at=NOON + 10 * MINUTE)
    (one,) = findings(rule=RULE)
    assert (one.title, one.count, one.priority) == ("Đồng hồ nguồn suricata chạy trước 420 phút", 3, 3)
    assert one.priority_reason == "cảnh báo mang giờ trước lúc nhận tới 420 phút: xem lại đồng hồ, múi giờ của nguồn"
    assert (kept(source).ahead_seconds, kept(source).ahead_at) == (7 * 3_600, NOON + 10 * MINUTE)
    with scoped(DESK):
        assert list(Arrival.objects.order_by("pk").values_list("ahead_alerts", "ahead_seconds")) == [
            (2, 7 * 3_600 - 20), (1, 7 * 3_600),
        ]  # fmt: skip
        assert Entry.objects.filter(act="alert_source.clock_ahead").count() == 1


def test_a_clock_within_the_tolerance_and_one_that_is_late_are_no_news(source, take_in):
    assert take_in(TOLERANCE, -ZONE).lead.alerts == 0
    assert findings(rule=RULE) == []
    assert kept(source).ahead_at is None


def test_the_alert_keeps_its_own_time_while_windows_and_deadlines_run_from_its_reception(take_in):
    year = timedelta(days=365)
    take_in(year)
    (first,) = findings(rule="2100498")
    assert first.last_seen_utc == NOON + year
    assert (first.last_received_at, first.acknowledge_by) == (NOON, NOON + 8 * HOUR)
    # A day of silence ends the group, though its last alert says that it is of next year.
    take_in(-MINUTE, at=NOON + 25 * HOUR)
    old, new = findings(rule="2100498")
    assert (old.is_current, old.count, new.is_current, new.count) == (False, 1, True, 1)
    assert new.acknowledge_by == NOON + 33 * HOUR


def test_the_clock_is_right_again_an_hour_after_the_last_time_ahead(source, take_in):
    take_in(ZONE)
    take_in(-MINUTE, at=NOON + 59 * MINUTE)
    assert findings(rule=RULE)[0].is_current
    take_in(-MINUTE, at=NOON + HOUR)
    (one,) = findings(rule=RULE)
    assert (one.state, one.is_current, one.note) == ("merged", False, "đồng hồ nguồn đã đúng lại")
    assert kept(source).ahead_at is None
    take_in(ZONE, at=NOON + 2 * HOUR)
    assert [one.is_current for one in findings(rule=RULE)] == [False, True]


def test_what_a_person_settled_is_not_told_again_while_it_lasts(people, take_in):
    take_in(ZONE)
    with scoped(people.scope("ha")):
        triage.mark_false([findings(rule=RULE)[0].pk], "biết rồi", at=NOON, by="Hà")
    take_in(ZONE + HOUR, at=NOON + HOUR)
    (one,) = findings(rule=RULE)
    assert (one.state, one.note, one.count) == ("false", "biết rồi", 2)


def test_a_suppression_keeps_it_out_and_an_end_of_the_source_ends_it(source, take_in):
    with scoped(DESK):
        triage.suppress(
            source.organisation, source=source, rule=RULE, subject="", reason="diễn tập", owner=None, until=NOON + HOUR,
            at=NOON,
        )  # fmt: skip
    take_in(ZONE)
    assert [one.state for one in findings(rule=RULE)] == ["suppressed"]
    with scoped(DESK):
        sources.retire(kept(source), at=NOON + MINUTE)
    assert [one.is_current for one in findings(rule=RULE)] == [False]
    assert kept(source).ahead_at is None


def test_the_same_file_again_says_the_same_of_its_times_and_counts_nothing(take_in, source):
    take_in(ZONE)
    again = take_in(ZONE)
    assert again.is_known
    assert (again.lead.alerts, again.lead.minutes) == (1, 420)
    assert findings(rule=RULE)[0].count == 1
