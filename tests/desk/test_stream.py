"""What the open tabs are given, and when: a change at once, those that follow it together, a beat each in its turn."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise

import pytest

from vonggac.desk import stream, stream_tabs
from vonggac.desk.stream_tabs import GATHER_SECONDS, READING_MS_EACH, TURNS, Tab, Tabs
from vonggac.register.access import Access
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.scope import Scope

CHANGES = [{"path": "1/2/", "kind": "alert", "id": number, "act": "alert.absorb"} for number in range(4)]
HERE, ELSEWHERE = Scope("person:1", "1/2/"), Scope("person:2", "1/3/")


def run(work):
    """On a loop of its own: a browser of another test may keep one running in this thread."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work()).result()


@pytest.fixture
def ledger(monkeypatch):
    """The queue in which the changes of the ledger come, once a tab is open; every session goes on."""
    came: list[asyncio.Queue] = []

    async def listen(heard):
        came.append(heard)
        await asyncio.Event().wait()

    async def open_among(keys):
        return frozenset(keys)

    monkeypatch.setattr(stream_tabs, "_listen", listen)
    monkeypatch.setattr(stream_tabs, "_open_among", open_among)
    return came


def test_a_change_is_told_at_once_and_those_soon_after_it_come_together(ledger):
    async def told() -> list[tuple[list[int], float]]:
        tabs, found = Tabs(), []
        with tabs.opened(tab := Tab("one", HERE)):
            await asyncio.sleep(0.01)
            begin = time.monotonic()
            for after, change in zip((0.0, 0.03, 0.03, 0.2), CHANGES, strict=True):
                asyncio.get_running_loop().call_later(after, ledger[0].put_nowait, change)
            while len(found) < 3:
                changes = await tab.given()
                # Beats come between.
                if changes:
                    found.append(([change["id"] for change in changes], time.monotonic() - begin))
        return found

    (first, at), (second, then), (third, _) = run(told)
    assert [first, second, third] == [[0], [1, 2], [3]]
    assert at < GATHER_SECONDS <= then


def test_a_lone_tab_reads_at_once_and_those_that_a_change_concerns_spread_their_reading(ledger):
    async def told() -> list[int]:
        tabs, alone = Tabs(), Tab("alone", ELSEWHERE)
        with ExitStack() as stack:
            for tab in (*(Tab(f"session-{number}", HERE) for number in range(41)), alone):
                stack.enter_context(tabs.opened(tab))
            tabs.hand_on([{**CHANGES[0], "path": path} for path in ("1/2/7/", "1/3/", "1/2/")])
            return [change["within_ms"] for change in await alone.given()]

    assert run(told) == [40 * READING_MS_EACH, 0, 40 * READING_MS_EACH]


def test_every_tab_beats_in_its_own_turn_again_and_again(monkeypatch, ledger):
    monkeypatch.setattr(stream_tabs, "BEAT_SECONDS", 0.5)

    async def beats() -> list[list[float]]:
        tabs, opened = Tabs(), [Tab(f"session-{turn}", HERE, turn) for turn in range(TURNS)]
        with ExitStack() as stack:
            for tab in opened:
                stack.enter_context(tabs.opened(tab))
            moments = []
            for _ in range(3):
                moments.append([])
                for tab in opened:
                    assert await tab.given() == []
                    moments[-1].append(time.monotonic())
        return moments

    rounds = run(beats)
    for one in rounds:
        assert all(later - earlier > 0.5 / TURNS / 2 for earlier, later in pairwise(one))
    for before, after in pairwise(rounds):
        assert after[0] - before[0] == pytest.approx(0.5, abs=0.25)


def test_the_sessions_that_are_over_end_and_a_tab_that_opened_after_the_question_stays(monkeypatch, ledger):
    monkeypatch.setattr(stream_tabs, "ASKED_SECONDS", 0.05)
    asked, answered = [], asyncio.Event()

    async def open_among(keys):
        asked.append(set(keys))
        await answered.wait()
        return frozenset(keys) - {"over"}

    monkeypatch.setattr(stream_tabs, "_open_among", open_among)

    async def ended() -> tuple[object, bool]:
        tabs = Tabs()
        with tabs.opened(Tab("first", HERE)), tabs.opened(over := Tab("over", HERE)):
            while not asked:
                await asyncio.sleep(0.01)
            with tabs.opened(late := Tab("late", HERE)):
                answered.set()
                end = await over.given()
                stays = late._waiting.empty()
        return end, stays

    assert run(ended) == (None, True)
    assert asked[0] == {"first", "over"}


def test_when_the_work_for_all_fails_every_stream_ends_so_that_browsers_come_back(monkeypatch):
    async def fails(_heard):
        raise RuntimeError("no more")

    monkeypatch.setattr(stream_tabs, "_listen", fails)

    async def ended() -> object:
        tabs = Tabs()
        with tabs.opened(tab := Tab("one", HERE)):
            async with asyncio.timeout(3):
                found = await tab.given()
            with pytest.raises(BaseExceptionGroup):
                await tabs._task
            return found

    assert run(ended) is None


def test_tabs_that_come_back_together_ask_for_their_access_in_turns(monkeypatch):
    asking, most, answered = set(), [], []

    async def asked(number):
        asking.add(number)
        most.append(len(asking))
        await asyncio.sleep(0.001)
        asking.remove(number)
        answered.append(number)

    monkeypatch.setattr(stream, "_asked", asked)

    async def together() -> None:
        await asyncio.gather(*(stream._access(number) for number in range(40)))

    run(together)
    # Another loop, as that of another test, asks in turns of its own.
    run(together)
    assert answered == [*range(40), *range(40)]
    assert max(most) == stream.ASKING_AT_ONCE


def test_access_that_no_entry_changed_is_asked_with_a_beat_so_that_a_change_is_told_at_once(monkeypatch, ledger):
    monkeypatch.setattr(stream, "QUIET_ACCESS_SECONDS", stream.BEAT_SECONDS + 0.1)
    monkeypatch.setattr(stream.random, "random", lambda: 0.0)
    monkeypatch.setattr(stream, "tabs", Tabs())
    found, asked = Access(Person(pk=1), Organisation(path="1/2/"), frozenset(), HERE), []

    async def access(request):
        asked.append(request)
        return found

    class Request:
        class session:  # noqa: N801  as Django's requests name it
            session_key = "one"

    monkeypatch.setattr(stream, "_access", access)

    async def told() -> list[tuple[str, int]]:
        events, seen = stream._events(Request(), found), []
        assert "beat" in await anext(events)
        (tab,) = stream.tabs._tabs
        change = [{**CHANGES[0], "within_ms": 0}]
        for given in (change, change, [], []):
            tab.give(given)
            seen.append(((await anext(events)).partition("\n")[0], len(asked)))
            # The time from which on a beat asks; the one from which on a change would is not over.
            await asyncio.sleep(0.2 if len(seen) == 1 else 0)
        await events.aclose()
        return seen

    assert run(told) == [("event: change", 0), ("event: change", 0), ("event: beat", 1), ("event: beat", 1)]
