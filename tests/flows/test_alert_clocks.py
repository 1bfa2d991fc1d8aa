"""Clocks of findings: by priority and office, calling somebody when nobody acknowledges, ended by who does, told."""

from datetime import timedelta

import pytest

from tests.alerts.sources import findings
from tests.cast import NOON
from tests.duty import watch
from tests.duty.watch import MINUTE, Watch, run_until
from vonggac.alerts import clocks, queries
from vonggac.alerts.grouping import Group
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.services import absorbing, sources, triage
from vonggac.alerts.services.absorbing import Figures
from vonggac.alerts.services.sources import Declaration
from vonggac.duty.models import Concern, Escalation, Post
from vonggac.duty.services import settings
from vonggac.errors import InputError
from vonggac.flows import alert_clocks, alert_to_case
from vonggac.formats.alerts import Severity
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
HOUR = timedelta(hours=1)


@pytest.fixture
def duty(db) -> Watch:
    return watch.keep()


@pytest.fixture
def source(duty) -> Source:
    with scoped(DESK):
        office = duty.cast.organisations["p-vinh-hai"]
        return sources.declare("ids", office, Declaration(expected_seconds=86_400), at=NOON - HOUR)


def hear(source, *subjects, severity=Severity.CRITICAL, at=NOON, rule="r", count=1):
    groups = {(rule, subject): Group(f"luật {rule}", severity, "", count, at, at) for subject in subjects}
    with scoped(DESK):
        absorbing.absorb(source, groups, Figures(len(subjects)), at=at)


def acknowledge(duty, *subjects, at):
    with scoped(duty.cast.scope("ha")):
        ids = Finding.objects.filter(subject__in=subjects).values_list("pk", flat=True)
        triage.acknowledge(list(ids), at=at, by="Hà")


def calls() -> list[Escalation]:
    with scoped(DESK):
        return list(Escalation.objects.filter(reason="alert").order_by("pk"))


@pytest.mark.parametrize(
    ("severity", "minutes", "hours"),
    [(Severity.CRITICAL, 5, 4), (Severity.HIGH, 60, 24), (Severity.MEDIUM, 480, 72), (Severity.LOW, 1440, 168)],
)
def test_each_priority_has_its_clock(source, severity, minutes, hours):
    hear(source, "10.0.0.1", severity=severity)
    one = findings()[0]
    assert (one.acknowledge_by, one.handle_by) == (NOON + timedelta(minutes=minutes), NOON + timedelta(hours=hours))


def test_an_office_may_tighten_a_clock_for_all_below_it_and_never_loosen_it(duty, source):
    with scoped(DESK):
        settings.tighten(duty.office, "alert_1_acknowledge_minutes", 2, at=NOON)
        settings.tighten(duty.office, "alert_4_acknowledge_minutes", 1200, at=NOON)
        with pytest.raises(InputError, match="can only be tightened"):
            settings.tighten(duty.office, "alert_2_handle_hours", 25, at=NOON)
        assert clocks.of(source.org_path, NOON)[4].acknowledge == timedelta(minutes=1200)
    hear(source, "10.0.0.1")
    assert findings()[0].acknowledge_by == NOON + 2 * MINUTE


def test_an_urgent_finding_that_nobody_acknowledges_calls_whoever_is_on_duty_above(duty, source):
    hear(source, "10.0.0.1", "10.0.0.2")
    hear(source, "10.0.0.3", severity=Severity.HIGH)
    assert alert_clocks.call_for_overdue(at=NOON + 4 * MINUTE) == 0
    assert alert_clocks.call_for_overdue(at=NOON + 5 * MINUTE) == 2
    assert alert_clocks.call_for_overdue(at=NOON + 60 * MINUTE) == 0
    call = calls()[0]
    assert call.org_path == duty.office.path
    with scoped(DESK):
        told = list(call.concerns.order_by("pk").values_list("title", flat=True))
    assert told[0] == "luật r – 10.0.0.1: nguồn đánh giá mức nghiêm trọng"
    assert run_until(NOON + 6 * MINUTE, NOON + 5 * MINUTE)[0] == (0, "An")


def test_what_comes_later_joins_the_call_that_stands(duty, source):
    hear(source, "10.0.0.1")
    alert_clocks.call_for_overdue(at=NOON + 5 * MINUTE)
    hear(source, "10.0.0.2", at=NOON + 5 * MINUTE)
    assert alert_clocks.call_for_overdue(at=NOON + 10 * MINUTE) == 1
    assert len(calls()) == 1
    with scoped(DESK):
        assert Concern.objects.count() == 2


def test_acknowledging_in_the_inbox_ends_the_call_and_undoing_it_calls_again(duty, source):
    hear(source, "10.0.0.1", "10.0.0.2")
    alert_clocks.call_for_overdue(at=NOON + 5 * MINUTE)
    acknowledge(duty, "10.0.0.1", at=NOON + 6 * MINUTE)
    assert calls()[0].ended_at is None
    acknowledge(duty, "10.0.0.2", at=NOON + 7 * MINUTE)
    assert calls()[0].ended_at == NOON + 7 * MINUTE
    with scoped(duty.cast.scope("ha")):
        acknowledged = triage.last_moves([one.pk for one in findings(subject="10.0.0.2")])
        triage.undo(list(acknowledged.values()), at=NOON + 8 * MINUTE)
    # Its five minutes were over before it was acknowledged.
    assert alert_clocks.call_for_overdue(at=NOON + 9 * MINUTE) == 1
    assert len(calls()) == 2


@pytest.mark.parametrize("act", ["false", "case", "suppress", "heard"])
def test_every_other_end_of_the_waiting_ends_the_call_too(duty, source, act):
    if act == "heard":
        with scoped(DESK):
            sources.note_silence(source.pk, at=NOON + 24 * HOUR)
    else:
        hear(source, "10.0.0.1")
    at = NOON + 25 * HOUR
    assert alert_clocks.call_for_overdue(at=at) == 1
    one = findings()[0]
    with scoped(DESK):
        if act == "false":
            triage.mark_false([one.pk], "máy quét", at=at, by="Hà")
        elif act == "case":
            alert_to_case.open_case([one.pk], at=at, by="Hà")
        elif act == "suppress":
            triage.suppress(
                source.organisation, source=source, rule="r", subject="", reason="máy quét", owner=None,
                until=at + HOUR, at=at,
            )  # fmt: skip
        else:
            sources.note_heard(Source.objects.get(), at=at)
    assert calls()[0].ended_at == at


def test_the_engine_calls_nobody_for_what_was_acknowledged_by_who_cannot_see_the_call(duty, source):
    hear(source, "10.0.0.1")
    alert_clocks.call_for_overdue(at=NOON + 5 * MINUTE)
    with scoped(duty.cast.scope("lan")):
        triage.acknowledge([one.pk for one in findings()], at=NOON + 5 * MINUTE, by="Lan")
    assert run_until(NOON + HOUR, NOON + 5 * MINUTE) == []
    assert calls()[0].ended_at is not None


def test_where_nobody_keeps_a_watch_nobody_is_called_until_somebody_does(duty, source):
    with scoped(DESK):
        Post.objects.update(organisation=duty.cast.organisations["dong-son"])
    hear(source, "10.0.0.1")
    assert alert_clocks.call_for_overdue(at=NOON + HOUR) == 0
    with scoped(DESK):
        Post.objects.update(organisation=duty.office)
    assert alert_clocks.call_for_overdue(at=NOON + HOUR) == 1


def test_a_finding_that_rises_has_the_time_of_its_new_priority(source):
    hear(source, "10.0.0.1", severity=Severity.MEDIUM)
    hear(source, "10.0.0.1", at=NOON + 6 * HOUR)
    one = findings()[0]
    assert (one.priority, one.clock_from, one.acknowledge_by) == (1, NOON + 6 * HOUR, NOON + 6 * HOUR + 5 * MINUTE)
    assert one.handle_by == NOON + 10 * HOUR


def test_one_that_rises_by_being_repeated_does_too(source):
    hear(source, "10.0.0.1", severity=Severity.MEDIUM, count=60)
    hear(source, "10.0.0.1", severity=Severity.MEDIUM, count=60, at=NOON + HOUR)
    one = findings()[0]
    assert (one.priority, one.clock_from, one.acknowledge_by) == (2, NOON + HOUR, NOON + 2 * HOUR)


def test_what_was_acknowledged_stays_so_when_it_rises_and_is_handled_sooner(duty, source):
    hear(source, "10.0.0.1", severity=Severity.MEDIUM)
    acknowledge(duty, "10.0.0.1", at=NOON + MINUTE)
    hear(source, "10.0.0.1", at=NOON + HOUR)
    one = findings()[0]
    assert (one.state, one.clock_from, one.handle_by) == ("acknowledged", None, NOON + 5 * HOUR)


def test_answers_are_told_by_priority_with_median_and_worst(duty, source):
    for number, minutes in enumerate((1, 3, 20)):
        hear(source, f"10.0.0.{number}")
        acknowledge(duty, f"10.0.0.{number}", at=NOON + minutes * MINUTE)
    with scoped(duty.cast.scope("ha")):
        triage.mark_false([findings()[0].pk], "", at=NOON + 5 * HOUR, by="Hà")
    hear(source, "10.0.0.9", severity=Severity.HIGH)
    with scoped(DESK):
        urgent, high = queries.answers(duty.office.path, NOON, NOON + 6 * HOUR)
    assert (urgent.acknowledged, urgent.acknowledged_late, urgent.waiting_late) == (3, 1, 0)
    assert (urgent.median_acknowledged, urgent.worst_acknowledged) == (3 * MINUTE, 20 * MINUTE)
    assert (urgent.handled, urgent.handled_late, urgent.median_handled) == (1, 1, 5 * HOUR)
    assert (high.acknowledged, high.median_acknowledged, high.waiting_late) == (0, None, 1)


def test_what_the_desk_handles_by_itself_makes_no_figure_faster(duty, source):
    hear(source, "10.0.0.1")
    with scoped(DESK):
        alert_to_case.open_case([findings()[0].pk], at=NOON, by=alert_to_case.BY_ITSELF)
        assert queries.answers(duty.office.path, NOON, NOON + HOUR) == []
    hear(source, "10.0.0.2")
    with scoped(DESK):
        alert_to_case.open_case([findings(subject="10.0.0.2")[0].pk], at=NOON + MINUTE, by="Hà")
        assert queries.answers(duty.office.path, NOON, NOON + HOUR)[0].median_acknowledged == MINUTE


def test_answers_stay_within_the_office_that_is_asked_for(duty, source):
    hear(source, "10.0.0.1")
    acknowledge(duty, "10.0.0.1", at=NOON + MINUTE)
    with scoped(DESK):
        assert queries.answers(duty.cast.organisations["so-y-te"].path, NOON, NOON + HOUR) == []
        assert len(queries.answers(source.org_path, NOON, NOON + HOUR)) == 1
    with scoped(duty.cast.scope("vinh")):
        assert queries.answers(duty.office.path, NOON, NOON + HOUR) == []
