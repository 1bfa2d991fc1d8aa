"""Which addresses an asset held when, against a look at every hour."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vonggac.register.holding import AddressLine, held, moves

START = datetime(2026, 4, 1, tzinfo=UTC)
HOURS = st.none() | st.integers(0, 9)
LINES = st.lists(st.tuples(st.sampled_from("abc"), HOURS, HOURS), max_size=4)


def hour(number: int | None) -> datetime | None:
    return None if number is None else START + timedelta(hours=number)


@given(LINES, st.integers(0, 9), st.integers(0, 9))
def test_moves_are_what_a_look_at_every_hour_finds(drawn, since, until):
    lines = [AddressLine(address, hour(begin), hour(end)) for address, begin, end in drawn]
    expected, was = [], None
    for now in range(since, until + 1):
        seen = sorted({a for a, begin, end in drawn if (begin is None or begin <= now) and (end is None or now < end)})
        assert held(lines, hour(now)) == seen
        if was and seen and seen != was:
            expected.append((hour(now), was, seen))
        was = seen or was
    assert [(one.at, list(one.was), list(one.now)) for one in moves(lines, hour(since), hour(until))] == expected
