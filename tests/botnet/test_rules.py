"""What changed since the last list, how urgent a host is, and when a sighting reopens."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from vonggac.botnet.rules import Host, Presence, presence, priority, reopens

HOSTS = st.builds(
    Host, st.booleans(), st.one_of(st.none(), st.integers(1, 5)), st.sets(st.text(min_size=1, max_size=5), max_size=3),
    st.integers(1, 1_000), st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_the_presence_follows_the_lists_as_a_person_would_tell_it(is_listed):
    """A walk along the lists of one sender, against the definition in words."""
    known, was_listed, ever = None, False, False
    for listed in is_listed:
        if listed:
            told = Presence.STILL if was_listed else Presence.RETURNED if ever else Presence.NEW
            known = presence(known)
            assert known == told
        elif known is not None:
            known = Presence.GONE
        was_listed, ever = listed, ever or listed


@given(HOSTS)
def test_every_host_has_a_priority_and_a_reason(host):
    level, reason = priority(host)
    assert level in {1, 2, 3}
    assert reason


@given(HOSTS)
def test_a_returned_host_is_never_less_urgent_than_the_same_host_at_first(host):
    returned = Host(host.is_server, host.system_level, host.families, host.sightings, True, host.is_placed)
    first = Host(host.is_server, host.system_level, host.families, host.sightings, False, host.is_placed)
    assert priority(returned)[0] <= priority(first)[0]


@pytest.mark.parametrize(
    ("state", "last_seen", "ended", "expected"),
    [
        ("closed", NOON, NOON - timedelta(days=1), True),
        ("closed", NOON - timedelta(days=2), NOON - timedelta(days=1), False),
        ("closed", None, NOON, True),
        ("closed", NOON, None, True),
        ("claimed", NOON, NOON - timedelta(days=1), False),
        ("sent", NOON, None, False),
    ],
)
def test_only_a_sighting_after_the_end_reopens_a_closed_case(state, last_seen, ended, expected):
    assert reopens(state, last_seen, ended) is expected
