"""What changed since the last list, how urgent a host is, and when a sighting reopens."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from vonggac.botnet.rules import Host, Presence, nearly, presence, priority, reopens

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


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Cuc An toan thong tin", "Cục An toàn thông tin"),
        ("Cục  An toàn thôngtin", "Cục An toàn thông tin"),
        ("Cục A.T.T.T.", "Cục ATTT"),
        ("Cục An toàn thông tn", "Cục An toàn thông tin"),
        ("Cục An tòan thông tni", "Cục An toàn thông tin"),
        ("ncsc.", "NCSC"),
        ("NCSCC", "NCSC"),
    ],
)
def test_a_name_that_is_nearly_a_known_sender_s_means_that_one(name, known):
    assert nearly(name, ["Bkav", known, "Viettel Cyber Security"]) == [known]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("NCSC", "NCSC"),
        ("cục  an toàn thông tin ", "Cục An toàn thông tin"),
        ("s9 ", "S9"),
        ("NCSC", "VNCERT"),
        ("Nguồn 1", "Nguồn 2"),
        ("Bên gửi A", "Bên gửi B"),
        ("A05", "A06"),
        ("Sở Y tế", "Sở Tài chính"),
        ("VNPT", "FPT"),
        ("", "A"),
    ],
)
def test_another_sender_is_not_mistaken_for_a_known_one(name, known):
    assert nearly(name, [known]) == []


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=5))
def test_who_is_known_by_exactly_this_name_is_never_asked_about(name, others):
    assert nearly(name, [*others, name]) == []
    assert set(nearly(name, others)) <= set(others)
