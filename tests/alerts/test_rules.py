"""What groups alerts, what makes a finding urgent, when a source is silent: the values alone."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from vonggac.alerts.rules import (
    MOVES,
    Facts,
    Move,
    State,
    after,
    is_verified_malware,
    priority,
    quiet_after,
    rule_named,
    with_pause,
)
from vonggac.errors import WrongState
from vonggac.formats.alerts import Alert, IncidentClass, Severity

MALWARE = IncidentClass.MALICIOUS_CODE


def alert(**changes: object) -> Alert:
    fields = dict.fromkeys(Alert.__struct_fields__[:11])
    given = {"severity": Severity.LOW, "raw_line": 1, "raw_offset": 0, "raw_length": 9, **changes}
    return Alert(**{**fields, **given})


@given(st.text(max_size=400), st.text(max_size=400))
def test_rules_fit_their_column_and_stay_apart(one, other):
    names = [rule_named(name) for name in (one, other)]
    assert all(len(name) <= 200 for name in names)
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(Severity.LOW, MALWARE, is_botnet_listed=True), 1),
        (Facts(Severity.HIGH, None, is_told_elsewhere=True), 1),
        (Facts(Severity.HIGH, None, asset_level=3), 1),
        (Facts(Severity.CRITICAL, None), 1),
        (Facts(Severity.LOW, MALWARE, is_server=True), 1),
        (Facts(Severity.LOW, MALWARE), 2),
        (Facts(Severity.HIGH, None), 2),
        (Facts(Severity.MEDIUM, None, count=100), 2),
        (Facts(Severity.MEDIUM, None), 3),
        (Facts(Severity.LOW, None, count=1_000), 3),
        (Facts(Severity.UNKNOWN, None), 3),
        (Facts(Severity.LOW, None), 4),
    ],
)
def test_the_priority_comes_with_one_sentence(facts, expected):
    number, reason = priority(facts)
    assert number == expected
    assert reason
    assert len(reason) <= 300


def test_malware_is_verified_by_a_second_voice_only():
    assert not is_verified_malware(Facts(Severity.FATAL, MALWARE))
    assert is_verified_malware(Facts(Severity.LOW, MALWARE, is_told_elsewhere=True))
    assert is_verified_malware(Facts(Severity.LOW, MALWARE, is_botnet_listed=True))
    assert not is_verified_malware(Facts(Severity.FATAL, None, is_told_elsewhere=True))


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", State)
def test_a_move_leads_where_the_table_says_or_is_refused(state, move):
    allowed, target = MOVES[move]
    if state in allowed:
        assert after(state, move) == target
    else:
        with pytest.raises(WrongState):
            after(state, move)


@given(st.lists(st.floats(1, 1e6), max_size=40))
def test_a_learnt_rhythm_is_never_shorter_than_what_was_seen(seconds):
    at, before, pauses = NOON, None, []
    for pause in [0.0, *seconds]:
        at += timedelta(seconds=pause)
        pauses, before = with_pause(pauses, before, at), at
    assert len(pauses) <= 20
    quiet = quiet_after(None, pauses)
    assert (quiet is None) == (len(pauses) < 5)
    assert quiet is None or all(timedelta(seconds=pause) < quiet for pause in pauses)


def test_a_declared_rhythm_comes_before_the_learnt_one():
    assert quiet_after(90, [1.0] * 20) == timedelta(seconds=90)


def test_arrivals_of_one_second_are_one():
    moments = [NOON + timedelta(milliseconds=100 * n) for n in range(9)]
    assert not [pause for one, other in pairwise(moments) for pause in with_pause([], one, other)]
