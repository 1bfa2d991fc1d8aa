"""Whose letter goes next, where one thread sends for all: one channel that is down or slow holds up no other."""

import time
from collections.abc import Callable

from vonggac.duty.delivery import Failure

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 5.0, 60.0
# A letter that takes longer than this is one for which others wait.
SLOW_SECONDS = 1.0


class ChannelTurns:
    """What became of the letters of each channel (0: mail), and which channels wait for that."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # channel: (rests until, for so long)
        self._down: dict[int, tuple[float, float]] = {}
        # channel: (its last letter ended, and took so long)
        self._slow: dict[int, tuple[float, float]] = {}

    def note(self, channel: int, seconds: float, failure: Failure | None) -> None:
        """A letter took so long. A channel that is down rests, longer each time; a slow one lets the others go first.

        It does so for as long as a letter of every slow channel takes: all get their turn, the quick ones too.
        """
        if failure is None:
            self._down.pop(channel, None)
        elif failure.is_outage:
            _, pause = self._down.get(channel, (0.0, FIRST_REST_SECONDS / 2))
            pause = min(pause * 2, LONGEST_REST_SECONDS)
            self._down[channel] = (self._clock() + pause, pause)
        if seconds > SLOW_SECONDS:
            self._slow[channel] = (self._clock(), seconds)
        else:
            self._slow.pop(channel, None)

    def note_rest(self) -> None:
        """Nothing waits: whoever was slow may begin."""
        self._slow.clear()

    def resting(self) -> list[int]:
        """The channels that are down: nothing is tried."""
        return [channel for channel, (until, _) in self._down.items() if self._clock() < until]

    def yielding(self) -> list[int]:
        """The slow ones whose turn comes when no other channel has a letter."""
        round_seconds = sum(seconds for _, seconds in self._slow.values())
        return [channel for channel, (ended, _) in self._slow.items() if self._clock() < ended + round_seconds]
