"""What a tab is told of changes, and when: the first at once, those that follow it together."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from vonggac.desk import stream_sessions
from vonggac.desk.stream import READING_MS_EACH, Listener, Tab, _gathered
from vonggac.desk.stream_sessions import Sessions
from vonggac.tenancy.scope import Scope

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


def test_a_lone_tab_reads_at_once_and_those_that_a_change_concerns_spread_their_reading():
    async def told() -> tuple[list[int], set[str]]:
        listening = Listener()
        tabs = [Tab(f"session-{number // 2}", Scope("person:1", "1/2/")) for number in range(41)]
        elsewhere = Tab("alone", Scope("person:2", "1/3/"))
        with ExitStack() as open_tabs:
            for tab in (*tabs, elsewhere):
                open_tabs.enter_context(listening.subscribed(tab))
            for path in ("1/2/7/", "1/3/"):
                listening.hand_on({"path": path, "kind": "case", "id": 1, "act": "case.claim"})
            heard = [elsewhere.queue.get_nowait()["within_ms"] for _ in range(2)]
            return heard, listening.sessions()

    with ThreadPoolExecutor(1) as beside:
        spread, sessions = beside.submit(asyncio.run, told()).result()
    assert spread == [40 * READING_MS_EACH, 0]
    assert sessions == {"alone", *(f"session-{number}" for number in range(21))}


def test_a_tab_that_opened_after_the_question_is_asked_for_again(monkeypatch):
    listening, asked, answered = {"first"}, [], asyncio.Event()

    async def open_among(keys):
        asked.append(set(keys))
        await answered.wait()
        return frozenset(keys) - {"over"}

    async def questions() -> list[bool]:
        sessions = Sessions(lambda: listening)
        first = asyncio.create_task(sessions.go_on("first"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        listening.update({"second", "over"})
        others = [asyncio.create_task(sessions.go_on(key)) for key in ("second", "over")]
        await asyncio.sleep(0)
        answered.set()
        return [await one for one in (first, *others)]

    monkeypatch.setattr(stream_sessions, "_open_among", open_among)
    with ThreadPoolExecutor(1) as beside:
        assert beside.submit(asyncio.run, questions()).result() == [True, True, False]
    assert asked == [{"first"}, {"first", "second", "over"}]
