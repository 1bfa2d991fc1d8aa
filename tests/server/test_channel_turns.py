"""Whose letter goes next: channels that are down rest, slow ones yield, and none of them starves."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.delivery import Failure, Fault
from vonggac.server.channel_turns import ChannelTurns

MAIL, SMS, CHAT = 0, 1, 2
DOWN = Failure(Fault.SERVER, "timed out", is_outage=True)
LATER = Failure(Fault.SERVER, "421 later")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_channel_that_is_down_rests_longer_each_time_until_a_letter_gets_through(clock):
    turns = ChannelTurns(clock)
    for rest in (5, 10, 20, 40, 60, 60):
        turns.note(SMS, 0.1, DOWN)
        clock.now += rest - 0.1
        assert turns.resting() == [SMS]
        clock.now += 0.2
        assert turns.resting() == []
    turns.note(SMS, 0.1, None)
    turns.note(SMS, 0.1, DOWN)
    clock.now += 5.1
    assert turns.resting() == []


def test_one_letter_that_is_refused_for_now_rests_nobody(clock):
    turns = ChannelTurns(clock)
    turns.note(SMS, 0.1, LATER)
    assert (turns.resting(), turns.yielding()) == ([], [])


def test_a_slow_channel_yields_for_as_long_as_its_letter_took_and_a_quick_letter_ends_that(clock):
    turns = ChannelTurns(clock)
    turns.note(SMS, 10, None)
    clock.now += 9.9
    assert turns.yielding() == [SMS]
    clock.now += 0.2
    assert turns.yielding() == []
    turns.note(SMS, 10, None)
    turns.note(SMS, 0.2, None)
    assert turns.yielding() == []


def test_where_nothing_waits_a_slow_channel_begins_at_once(clock):
    turns = ChannelTurns(clock)
    turns.note(SMS, 10, None)
    turns.note_rest()
    assert turns.yielding() == []


def sent(lengths: dict[int, float], seconds: float) -> Iterator[tuple[int, float, float]]:
    """(channel, begun, ended) of one sender for channels that all have letters without end, the first the oldest."""
    clock = Clock()
    turns, end = ChannelTurns(clock), clock.now + seconds
    while clock.now < end:
        ready = [channel for channel in lengths if channel not in turns.yielding()]
        channel = (ready or list(lengths))[0]
        begun = clock.now
        clock.now += lengths[channel]
        turns.note(channel, lengths[channel], None)
        yield channel, begun, clock.now


@given(st.lists(st.floats(1.1, 20), min_size=1, max_size=4))
def test_the_quick_ones_wait_for_one_letter_of_each_slow_channel_at_most_and_none_starves(slow):
    lengths = {**dict(enumerate(slow, 1)), MAIL: 0.05}
    spent, waits, last = Counter[int](), [], 100.0
    for channel, begun, ended in sent(lengths, 1_000):
        spent[channel] += ended - begun
        if channel == MAIL:
            waits.append(begun - last)
            last = ended
    assert max(waits) <= sum(slow) + 0.1
    assert spent[MAIL] > 1_000 / (len(lengths) + 1) / 2
    assert min(spent.values()) > 0
