"""What people do with findings: acknowledged, merged, judged, put back, kept out; each act in the ledger, in scope."""

from datetime import timedelta
from random import Random

import pytest
from django.db import DataError

from tests.alerts.sources import declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts import machines, queries
from vonggac.alerts.grouping import Group
from vonggac.alerts.models import Suppression
from vonggac.alerts.rules import NO_SUBJECT, SILENCE_RULE, VOLUME_DOWN
from vonggac.alerts.services import absorbing, sources, triage
from vonggac.alerts.services.absorbing import Figures
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import alert_silence
from vonggac.flows.alert_files import import_file
from vonggac.formats.alerts import Severity
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
MINUTE = timedelta(minutes=1)


def hear(source, *keys, at=NOON, severity=Severity.MEDIUM, count=1):
    """Alerts of these (rule, subject) pairs."""
    groups = {key: Group(f"luật {key[0]}", severity, "", count, at, at) for key in keys}
    with scoped(DESK):
        return absorbing.absorb(source, groups, Figures(len(keys)), at=at)


def numbers(**wanted):
    return [one.pk for one in findings(**wanted)]


def states():
    return [one.state for one in findings()]


def acts(kind="alert_finding"):
    with scoped(DESK):
        return list(Entry.objects.filter(subject_kind=kind).order_by("pk").values_list("act", flat=True))


def test_alerts_within_a_day_are_one_finding_and_after_a_quiet_day_another(people):
    source = declare(people)
    for hours in (0, 20, 40, 65):
        hear(source, ("r", "10.0.0.1"), at=NOON + timedelta(hours=hours))
    assert [(one.count, one.is_current) for one in findings()] == [(3, False), (1, True)]


def test_what_was_judged_false_stays_quiet_within_its_window(people):
    source = declare(people)
    hear(source, ("r", "10.0.0.1"))
    with scoped(people.scope("ha")):
        triage.mark_false(numbers(), "máy quét của ta", at=NOON, by="Hà")
    hear(source, ("r", "10.0.0.1"), at=NOON + timedelta(hours=1))
    assert [(one.state, one.count, one.note) for one in findings()] == [("false", 2, "máy quét của ta")]


def test_a_repeated_medium_finding_rises(people):
    source = declare(people)
    for _ in range(4):
        hear(source, ("r", "10.0.0.1"), count=30)
    assert [(one.count, one.priority) for one in findings()] == [(120, 2)]
    assert "lặp lại 120 lần" in findings()[0].priority_reason


def test_acknowledging_merging_and_undoing_leave_their_traces(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"), ("b", "10.0.0.1"), ("c", "10.0.0.1"))
    ids = numbers()
    with scoped(people.scope("ha")):
        triage.acknowledge(ids[:1], at=NOON, by="Hà")
        kept, others = triage.merge(ids, at=NOON, by="Hà")
    assert [one.pk for one in others] == ids[1:]
    assert states() == ["acknowledged", "merged", "merged"]
    assert {one.merged_into_id for one in findings(state="merged")} == {kept.pk}
    with scoped(people.scope("ha")):
        undone = triage.undo(list(triage.last_moves(ids[1:]).values()), at=NOON)
    assert [one.pk for one in undone] == ids[1:]
    assert states() == ["acknowledged", "new", "new"]
    assert findings()[1].merged_into_id is None
    assert acts() == ["alert.acknowledge", *["alert.merge"] * 2, *["alert.reopen"] * 2]


@pytest.mark.parametrize("act", ["mark_false", "merge"])
def test_undoing_an_act_leaves_who_had_acknowledged_before(people, act):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"), ("b", "10.0.0.1"))
    first, second = numbers()
    with scoped(people.scope("ha")):
        triage.acknowledge([second], at=NOON, by="Hà")
        before = findings(pk=second)[0]
        if act == "merge":
            triage.merge([first, second], at=NOON + MINUTE, by="Minh")
        else:
            triage.mark_false([second], "máy thử", at=NOON + MINUTE, by="Minh")
        triage.undo([triage.last_moves([second])[second]], at=NOON + 2 * MINUTE)
    after = findings(pk=second)[0]
    told = ("state", "handled_by", "acknowledged_at", "handled_at", "note", "merged_into_id", "handle_by")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert (after.state, after.handled_by) == ("acknowledged", "Hà")


@pytest.mark.parametrize(
    ("act", "after", "has_new_time"),
    [
        ("acknowledge", MINUTE, False),
        ("mark_false", MINUTE, True),
        ("acknowledge", timedelta(days=2), False),
        ("mark_false", timedelta(days=2), False),
    ],
)
def test_undo_gives_time_back_to_what_was_handled_in_time_and_to_no_acknowledgement(people, act, after, has_new_time):
    hear(declare(people), ("a", "10.0.0.1"))
    (before,) = findings()
    done, undone = NOON + after, NOON + after + MINUTE
    with scoped(people.scope("ha")):
        getattr(triage, act)(numbers(), *(["máy thử"] if act == "mark_false" else []), at=done, by="Hà")
        triage.undo([triage.last_moves(numbers())[before.pk]], at=undone)
    (after_all,) = findings()
    assert (after_all.acknowledge_by != before.acknowledge_by) == has_new_time
    assert after_all.acknowledge_by - before.acknowledge_by == (undone - NOON if has_new_time else timedelta())
    assert (after_all.state, after_all.acknowledged_at, after_all.called_at) == ("new", None, None)


def test_an_act_after_which_more_was_done_is_not_undone(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"), ("b", "10.0.0.1"))
    with scoped(people.scope("ha")):
        triage.acknowledge(numbers(), at=NOON, by="Hà")
        acknowledged = list(triage.last_moves(numbers()).values())
        triage.mark_false(numbers()[:1], "máy thử", at=NOON, by="Minh")
        triage.undo(acknowledged, at=NOON)
        assert states() == ["false", "new"]
        with pytest.raises(WrongState, match="nothing was undone"):
            triage.undo(acknowledged, at=NOON)
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        triage.undo(acknowledged, at=NOON)


def test_undoing_a_merge_gives_back_what_had_been_merged_before(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"), ("b", "10.0.0.1"), ("c", "10.0.0.1"))
    first, second, third = numbers()
    with scoped(people.scope("ha")):
        triage.merge([second, third], at=NOON, by="Hà")
        triage.merge([first, second], at=NOON, by="Hà")
        assert findings(pk=third)[0].merged_into_id == first
        triage.undo([triage.last_moves([second])[second]], at=NOON)
    assert [one.merged_into_id for one in findings()] == [None, None, second]


def test_undoing_a_merge_gives_them_back_from_whatever_it_was_merged_into_since(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"), ("b", "10.0.0.1"), ("c", "10.0.0.1"), ("d", "10.0.0.1"))
    first, second, third, fourth = numbers()
    with scoped(people.scope("ha")):
        triage.merge([third, fourth], at=NOON, by="Hà")
        triage.merge([second, third], at=NOON, by="Hà")
        triage.merge([first, second], at=NOON, by="Hà")
        triage.undo([triage.last_moves([third])[third]], at=NOON)
    assert [one.merged_into_id for one in findings()] == [None, first, None, third]


def test_what_somebody_else_handled_meanwhile_is_refused(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"))
    with scoped(people.scope("ha")):
        triage.mark_false(numbers(), "", at=NOON, by="Hà")
        with pytest.raises(WrongState, match="faster"):
            triage.mark_false(numbers(), "", at=NOON, by="Minh")
        hear(source, ("z", "10.0.0.1"))
        with pytest.raises(InputError, match="two findings"):
            triage.merge(numbers(rule="z"), at=NOON, by="Hà")


def test_an_address_that_the_register_does_not_know_is_one_machine_in_each_organisation(people):
    for office in ("hai-van", "so-tttt"):
        hear(declare(people, office, office), ("a", "10.0.0.1"))
    with scoped(DESK):
        found = queries.inbox().findings
        assert machines.kin_of(found, ()) == {}
        assert [list(machines.about_host_of(one, NOON)) for one in found] == [[one] for one in found]
        assert machines.kin_of(found, {"10.0.0.1"}).keys() == {one.pk for one in found}


def test_a_count_that_no_column_holds_is_refused_as_every_fault_of_the_database(people):
    """What takes in alerts waits and tries again after a fault that Django's own errors name."""
    with pytest.raises(DataError):
        hear(declare(people), ("a", "10.0.0.1"), count=1 << 64)
    assert findings() == []


def test_a_stranger_sees_and_touches_nothing(people):
    source = declare(people)
    hear(source, ("a", "10.0.0.1"))
    with scoped(people.scope("vinh")):
        assert queries.inbox().findings == []
        assert list(queries.sources()) == []
        with pytest.raises(OutOfScope):
            triage.acknowledge(numbers(), at=NOON, by="Vinh")
        with pytest.raises(OutOfScope):
            queries.one(numbers()[0])


def test_a_suppression_takes_what_waits_counts_what_comes_and_ends(people):
    source = declare(people)
    hear(source, ("scan", "10.0.0.1"), ("other", "10.0.0.1"))
    with scoped(people.scope("ha")):
        made = triage.suppress(
            people.organisations["hai-van"], source=source, rule="scan", subject="", reason="máy quét lỗ hổng của Sở",
            owner=people.people["ha"], until=NOON + timedelta(days=7), at=NOON,
        )  # fmt: skip
    assert states() == ["new", "suppressed"]
    hear(source, ("scan", "10.0.0.1"), ("scan", "10.0.0.2"), count=5, at=NOON + timedelta(hours=1))
    with scoped(DESK):
        assert Suppression.objects.get().count == 10
    assert [one.state for one in findings(rule="scan")] == ["suppressed"] * 2
    hear(source, ("scan", "10.0.0.2"), at=NOON + timedelta(days=7))
    assert [one.state for one in findings(rule="scan", subject="10.0.0.2")] == ["suppressed", "new"]
    with scoped(people.scope("ha")):
        triage.end_suppression(made.pk, at=NOON)
    assert acts("alert_suppression") == ["alert.suppress", "alert.unsuppress"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rule": ""}, "everything"),
        ({"reason": " "}, "answer for it"),
        ({"until": NOON}, "after now"),
    ],
)
def test_a_suppression_is_explicit_owned_and_ends(people, changes, reason):
    said = {"rule": "r", "subject": "", "reason": "x", "until": NOON + timedelta(days=1), "source": None, "owner": None}
    with scoped(people.scope("ha")), pytest.raises(InputError, match=reason):
        triage.suppress(people.organisations["hai-van"], at=NOON, **{**said, **changes})


def test_the_inbox_goes_by_priority_and_each_finding_comes_once(people):
    source = declare(people)
    for part in range(3):
        keys = [(f"r{part}-{n}", "10.0.0.1") for n in range(60)]
        hear(source, *keys, severity=list(Severity)[2 + part], at=NOON + timedelta(minutes=part))
    seen, after = [], None
    with scoped(people.scope("ha")):
        while True:
            page = queries.inbox(after=queries.Key.read(after) if after else None)
            seen += page.findings
            if not (after := page.following):
                break
    assert len(seen) == len({one.pk for one in seen}) == 180
    assert [one.priority for one in seen] == sorted(one.priority for one in seen)
    with pytest.raises(InputError):
        queries.Key.read("1_x_2")


def leaders_of(found):
    """What a folded inbox has to show, found the slow way."""
    first = {}
    for one in sorted(found, key=lambda one: (one.priority, -one.last_received_at.timestamp(), -one.pk)):
        own = one.rule.startswith("vonggac:") or one.notice_id or one.subject == NO_SUBJECT
        first.setdefault(one.pk if own else (one.subject, one.org_path, one.state), one.pk)
    return list(first.values())


def test_folded_the_inbox_shows_what_leads_each_machine_once_on_all_its_pages(people):
    random = Random(3)  # noqa: S311  no secret
    for number, office in enumerate(("hai-van", "so-tttt", "hai-van")):
        source = declare(people, f"ids-{number}", office)
        for part in range(3):
            keys = [(f"r{part}-{n}", f"10.0.0.{random.randrange(30)}") for n in range(60)] + [("none", NO_SUBJECT)]
            severity = random.choice(list(Severity)[1:])
            hear(source, *keys, severity=severity, at=NOON + timedelta(minutes=random.randrange(3)))
    with scoped(DESK):
        triage.acknowledge([one.pk for one in findings() if random.random() < 0.3], at=NOON, by="Hà")
        shown, after = [], None
        while True:
            page = queries.inbox(after=queries.Key.read(after) if after else None, most=20, is_folded=True)
            shown += [one.pk for one in page.findings]
            if not (after := page.following):
                break
    assert shown == leaders_of(findings())
    assert 60 < len(shown) < len(findings())


def test_a_silent_source_is_told_once_and_its_finding_goes_when_it_is_heard(people):
    source = declare(people, expected_seconds=3_600)
    hear(source, ("a", "10.0.0.1"))
    assert alert_silence.note_silence(at=NOON + timedelta(minutes=59)) == 0
    assert alert_silence.note_silence(at=NOON + timedelta(minutes=61)) == 1
    assert alert_silence.note_silence(at=NOON + timedelta(minutes=62)) == 0
    silent = findings(rule="vonggac:silent-source")[0]
    assert (silent.priority, silent.state, silent.org_path) == (1, "new", source.org_path)
    with scoped(people.scope("ha")):
        assert [one.name for one in queries.silent()] == [source.name]
    hear(source, ("a", "10.0.0.1"), at=NOON + timedelta(hours=2))
    assert findings(rule="vonggac:silent-source")[0].state == "merged"
    with scoped(people.scope("ha")):
        assert queries.silent() == []


@pytest.mark.parametrize("rule", [SILENCE_RULE, VOLUME_DOWN])
def test_an_alert_that_calls_its_rule_like_a_silence_is_none(people, tmp_path, rule):
    source, path = declare(people), tmp_path / "eve.json"
    path.write_bytes(lines(eve(1, rule=rule, src_ip=None, dest_ip=None, host=source.name)))
    import_file(path, source.name, DESK, at=NOON)
    with scoped(DESK):
        assert queries.silences(source.org_path, NOON - timedelta(days=1)) == []
    assert [one.rule for one in findings()] == [f"told:{rule}"]


def test_a_source_that_is_retired_is_not_missed(people):
    source = declare(people, expected_seconds=60)
    with scoped(DESK):
        sources.retire(source, at=NOON)
    assert alert_silence.note_silence(at=NOON + timedelta(days=1)) == 0


def test_the_secret_of_a_source_is_its_own_and_changes_with_its_number():
    told = {sources.secret_of(source, number, "key") for source in (1, 2) for number in (1, 2)}
    assert len(told) == 4
    assert sources.secret_of(1, 1, "key") != sources.secret_of(1, 1, "other key")
