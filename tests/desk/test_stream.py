"""What a tab is told of changes, and when: the first at once, those that follow it together."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from vonggac.desk.stream import READING_MS_EACH, Listener, _gathered

CHANGES = [{"path": "/", "kind": "alert", "id": number, "act": "alert.absorb"} for number in range(3)]


def gathered(earliest: float) -> tuple[list[int], float]:
    """The numbers told, and after how many seconds; the third change comes a tenth of a second after the others."""

    async def told() -> tuple[list[int], float]:
        queue: asyncio.Queue = asyncio.Queue()
        for change in CHANGES[:2]:
            queue.put_nowait(change)
        asyncio.get_running_loop().call_later(0.1, queue.put_nowait, CHANGES[2])
        begin = time.monotonic()
        found = await _gathered(queue, begin + earliest, 5.0)
        return [change["id"] for change in found], time.monotonic() - begin

    # A loop of its own: a browser of another test may keep one running in this thread.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, told()).result()


def test_a_change_after_a_quiet_moment_is_told_at_once():
    numbers, seconds = gathered(-1.0)
    assert numbers == [0, 1]
    assert seconds < 0.1


def test_changes_soon_after_the_last_that_was_told_come_together():
    numbers, seconds = gathered(0.5)
    assert numbers == [0, 1, 2]
    assert seconds >= 0.5


def test_a_lone_tab_reads_at_once_and_many_spread_their_reading():
    async def asked(tabs: int) -> tuple[int, set[str]]:
        listening = Listener()
        with ExitStack() as open_tabs:
            for number in range(tabs):
                open_tabs.enter_context(listening.subscribed(f"session-{number // 2}"))
            return listening.within_ms(), listening.sessions()

    with ThreadPoolExecutor(1) as beside:
        alone, crowd = (beside.submit(asyncio.run, asked(tabs)).result() for tabs in (1, 41))
    assert alone == (0, {"session-0"})
    assert crowd == (40 * READING_MS_EACH, {f"session-{number}" for number in range(21)})
