"""A source far off its rhythm is a finding with its figures, once; normal again, it goes by itself."""

from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.sources import declare, findings
from tests.cast import NOON
from vonggac.alerts import queries
from vonggac.alerts.grouping import Group
from vonggac.alerts.models import Source, Volume
from vonggac.alerts.services import absorbing, sources, triage, volumes
from vonggac.alerts.services.absorbing import Figures
from vonggac.alerts.volume import KEPT
from vonggac.flows import alert_volume
from vonggac.formats.alerts import Severity
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def people(db):
    return cast.assemble()


@pytest.fixture
def source(people) -> Source:
    """A source that sent 300 alerts in every hour of the last two weeks."""
    made = declare(people, "ids", expected_seconds=86_400)
    hours = [NOON - number * HOUR for number in range(1, 14 * 24 + 1)]
    with scoped(DESK):
        Volume.objects.bulk_create(
            Volume(source=made, org_path=made.org_path, hour=hour, alerts=300) for hour in hours
        )  # fmt: skip
    hear(made, 0, NOON - HOUR)
    return made


def hear(source, number, at, *, is_arrival=True):
    with scoped(DESK):
        absorbing.absorb(source, {}, Figures(number), at=at, is_arrival=is_arrival)


def watch(at) -> int:
    return alert_volume.note_volumes(at=at)


def test_ten_times_more_is_a_finding_with_its_figures_told_once(source):
    hear(source, 600, NOON + 9 * MINUTE)
    hear(source, 3_000, NOON + 10 * MINUTE)
    assert [watch(NOON + minute * MINUTE) for minute in (11, 12)] == [1, 0]
    (one,) = findings()
    assert (one.rule, one.title, one.priority) == ("vonggac:far-more", "Nguồn ids gửi nhiều bất thường", 2)
    assert one.priority_reason == "3.600 cảnh báo từ 12:00 đến 13:00, bình thường khoảng 300: gấp 12 lần"
    assert one.acknowledge_by == NOON + 71 * MINUTE


def test_ten_times_less_is_one_too_and_is_told_where_the_watch_is_proven(people, source):
    hear(source, 4, NOON + 10 * MINUTE)
    assert watch(NOON + 59 * MINUTE) == 0
    assert watch(NOON + HOUR + MINUTE) == 1
    (one,) = findings()
    said = "4 cảnh báo từ 12:00 đến 13:00, bình thường khoảng 300: có thể không giám sát được đầy đủ"
    assert (one.rule, one.priority_reason) == ("vonggac:far-less", said)
    with scoped(DESK):
        assert queries.silences(people.organisations["hai-van"].path, NOON) == [one]


def test_normal_again_it_goes_by_itself(source):
    hear(source, 3_600, NOON + 10 * MINUTE)
    watch(NOON + 11 * MINUTE)
    hear(source, 280, NOON + HOUR + MINUTE)
    assert watch(NOON + HOUR + 2 * MINUTE) == 0
    assert findings()[0].is_current
    hear(source, 280, NOON + 2 * HOUR + MINUTE)
    watch(NOON + 2 * HOUR + 2 * MINUTE)
    (one,) = findings()
    assert (one.state, one.is_current, one.note) == ("merged", False, "lượng cảnh báo đã trở lại bình thường")
    with scoped(DESK):
        acts = Entry.objects.filter(subject_kind="alert_source").exclude(act="alert.absorb").order_by("pk")
        assert list(acts.values_list("act", flat=True))[-2:] == ["alert_source.unusual", "alert_source.usual"]


def test_what_people_settled_stays_as_they_settled_it_and_is_not_told_again(people, source):
    hear(source, 3_600, NOON + 10 * MINUTE)
    watch(NOON + 11 * MINUTE)
    with scoped(people.scope("ha")):
        triage.mark_false([findings()[0].pk], "diễn tập", at=NOON + 12 * MINUTE, by="Hà")
    assert watch(NOON + 13 * MINUTE) == 0
    hear(source, 280, NOON + HOUR)
    watch(NOON + 2 * HOUR)
    assert [(one.state, one.is_current, one.note) for one in findings()] == [("false", False, "diễn tập")]


def test_a_silent_source_is_told_by_its_silence_alone(source):
    with scoped(DESK):
        Source.objects.update(expected_seconds=600)
        sources.note_silence(source.pk, at=NOON + 30 * MINUTE)
    assert watch(NOON + 2 * HOUR) == 0
    assert [one.rule for one in findings()] == ["vonggac:silent-source"]


def test_what_is_kept_out_waits_for_nobody(source):
    with scoped(DESK):
        triage.suppress(
            source.organisation, source=source, rule="vonggac:far-more", subject="", reason="diễn tập", owner=None,
            until=NOON + HOUR, at=NOON,
        )  # fmt: skip
    hear(source, 3_600, NOON + 10 * MINUTE)
    watch(NOON + 11 * MINUTE)
    assert [one.state for one in findings()] == ["suppressed"]


def test_what_is_only_read_again_is_no_volume_and_old_hours_are_forgotten(source):
    hear(source, 3_600, NOON + 10 * MINUTE, is_arrival=False)
    assert watch(NOON + 11 * MINUTE) == 0
    with scoped(DESK):
        assert volumes.forget(NOON - KEPT) == 0
        assert volumes.forget(NOON) == 14 * 24
        assert not Volume.objects.exists()


def test_a_finding_about_the_volume_outlives_the_window_of_alerts(source):
    hear(source, 3_600, NOON + 10 * MINUTE)
    watch(NOON + 11 * MINUTE)
    at = NOON + 30 * HOUR
    with scoped(DESK):
        absorbing.absorb(source, {("r", "x"): Group("r", Severity.LOW, "", 1, at, at)}, Figures(1), at=at)
    assert findings(rule="vonggac:far-more")[0].is_current


def test_only_sources_that_may_be_unusual_are_looked_at(people, source):
    hear(declare(people, "calm"), 3, NOON)
    hear(source, 31, NOON)
    with scoped(DESK):
        assert queries.maybe_unusual(NOON + HOUR) == []
        Volume.objects.filter(hour=NOON, source=source).update(alerts=30)
        assert queries.maybe_unusual(NOON + HOUR) == [source.pk]
