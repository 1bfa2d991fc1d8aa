"""A log that is still on its way proves nothing and is held against nobody; once its time is over it is missing."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.flows.proof.worlds import YEAR, World, at, flow, text
from vonggac.cases.proof import Verdict, VerdictState
from vonggac.cases.verdicts import detail_of
from vonggac.flows.proof.clean_host import AWAITS_LOGS
from vonggac.formats.traffic_tables import Kind

OPEN, PROVEN, NOT_OBSERVABLE = VerdictState.OPEN, VerdictState.PROVEN, VerdictState.NOT_OBSERVABLE
INNER, PUBLIC = "10.0.0.5", "203.0.113.1"
HOUR = 1 / 24


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.host("pc-1", INNER)
    made.next_list(7.5)
    return made


def daily(world: World, days: range, late: float = 6 * HOUR, *, told: Iterable[int] | None = None) -> None:
    """A sensor with a manifest: one empty file a day, `late` after its end; `told`: the days of its manifest."""
    lines = tuple((f"{day}.csv", float(day), day + 1.0, 0) for day in told or days)
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=lines)
    for day in days:
        world.log("flow-1", Kind.FLOW, name=f"{day}.csv", received=day + 1 + late)


def awaited(verdict: Verdict) -> list[tuple[str, object]]:
    return [(one.sensor, one.expected_utc) for one in verdict.missing if one.expected_utc]


def gaps(verdict: Verdict) -> list[tuple[str, datetime, datetime, bool]]:
    return [(gap.kind, gap.from_utc, gap.to_utc, gap.is_awaited) for gap in verdict.gaps if gap.kind == "flow"]


def test_each_morning_before_the_log_of_the_day_before_the_case_waits_for_it(world: World) -> None:
    daily(world, range(-3, 9))
    for day in range(1, 8):
        morning = world.judge("pc-1", now=day + HOUR)
        assert morning.state is OPEN
        assert awaited(morning) == [("flow-1", at(day + 1.25))], "its usual six hours and a day of grace"
    assert world.judge("pc-1", now=8).state is PROVEN


def test_what_is_on_its_way_is_told_apart_from_what_nobody_watched(world: World) -> None:
    daily(world, range(-3, 3), told=(day for day in range(-3, 9) if day != 1))
    lasting, over = world.judge("pc-1", now=4 + HOUR), world.judge("pc-1", now=12)
    assert gaps(lasting) == [("flow", at(1), at(2), False), ("flow", at(3), at(4 + HOUR), True)]
    assert [gap.get("awaited", False) for gap in detail_of(lasting)["gaps"]] == [True, False], "the longest first"
    assert gaps(over) == [("flow", at(1), at(2), False), ("flow", at(3), at(7), False)]
    assert gaps(world.judge("pc-1", now=4 + HOUR, grace_hours=0)) == [
        ("flow", at(1), at(2), False), ("flow", at(3), at(4 + HOUR), False),
    ]  # fmt: skip


def test_after_the_watch_the_last_log_is_waited_for_and_only_then_missing(world: World) -> None:
    daily(world, range(-3, 6), told=range(-3, 7))
    waiting = world.judge("pc-1", now=7.5)
    assert (waiting.state, waiting.reasons) == (OPEN, (AWAITS_LOGS,))
    assert awaited(waiting) == [("flow-1", at(8.25))]
    assert "until 2024-04-28 06:00:00 UTC" in str(waiting.missing[0])
    gone = world.judge("pc-1", now=8.25)
    assert gone.state is NOT_OBSERVABLE
    assert [(one.sensor, one.from_utc, one.to_utc) for one in gone.missing] == [("flow-1", at(6), at(7))]


def test_a_part_of_a_file_is_not_on_its_way(world: World) -> None:
    lines = (("0.csv", 0.0, 1.0, 2), ("1.csv", 1.0, 2.0, 0))
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=lines)
    world.log("flow-1", Kind.FLOW, flow(0.5, "10.0.0.77", "192.0.2.9"), name="0.csv", received=1.1)
    assert world.judge("pc-1", now=1.2).state is NOT_OBSERVABLE


def test_a_sensor_that_usually_takes_days_is_given_them(world: World) -> None:
    daily(world, range(-6, 4), late=3, told=range(-6, 7))
    assert world.judge("pc-1", now=7).state is OPEN
    assert world.judge("pc-1", now=7.9).state is OPEN, "the file of the fourth day may take until the end of the eighth"
    assert world.judge("pc-1", now=9).state is NOT_OBSERVABLE


def test_a_living_sensor_s_last_delivery_is_waited_for_after_the_watch_as_long_as_is_usual(world: World) -> None:
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=None)
    for day in (0, 2, 4, 6):
        world.log("flow-1", Kind.FLOW, name=f"{day}.csv", received=day + HOUR)
    assert world.judge("pc-1", now=8).state is OPEN
    assert awaited(world.judge("pc-1", now=8)) == [("flow-1", at(9 + HOUR))], "two days later, and a day of grace"
    assert world.judge("pc-1", now=9.1).state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, name="8.csv", received=9.2)
    assert world.judge("pc-1", now=9.3).state is PROVEN


def test_a_quiet_since_the_last_record_is_no_gap_while_the_next_log_is_on_its_way(world: World) -> None:
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=3_600)
    for day in range(3):
        rows = [flow(day + hour * HOUR, "10.0.0.77", "192.0.2.9") for hour in range(24)]
        world.log("flow-1", Kind.FLOW, *rows, name=f"{day}.csv", received=day + 1)
    assert world.judge("pc-1", now=3.9).state is OPEN
    assert world.judge("pc-1", now=5.1).state is NOT_OBSERVABLE


def test_a_sensor_whose_heart_stopped_is_waited_for_two_days(world: World) -> None:
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 2),))
    assert world.judge("pc-1", now=3.9).state is OPEN
    assert world.judge("pc-1", now=4.1).state is NOT_OBSERVABLE


def test_a_contact_on_a_shared_address_waits_for_the_nat_log_of_its_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.host("pc-1", INNER, pool=PUBLIC)
    world.host("pc-2", "10.0.0.6", pool=PUBLIC)
    world.sensor("outside", Kind.FLOW, "203.0.113.0/24")
    world.sensor("nat-1", Kind.NAT, "203.0.113.0/24", quiet=None)
    world.log("nat-1", Kind.NAT, name="0.csv", received=1)
    world.log("outside", Kind.FLOW, flow(1.5, PUBLIC))
    waiting = world.judge("pc-1", now=2)
    assert (waiting.state, awaited(waiting)) == (OPEN, [("nat-1", at(3))])
    assert len(waiting.contacts) == 1
    world.log("nat-1", Kind.NAT, name="1.csv", received=2.1)
    assert world.judge("pc-1", now=2.2).state is NOT_OBSERVABLE, "it came and does not tell"


BEFORE = -20 * 24  # hours from the end of a file that was there when everything began to its arrival


def test_a_host_that_only_leases_place_waits_for_the_next_dhcp_log_of_its_network(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24")
    world.sensor("dhcp-1", Kind.DHCP, "10.0.0.0/24", quiet=None)
    world.sensor("dhcp-9", Kind.DHCP, "10.9.0.0/24", quiet=None)
    world.log("dhcp-1", Kind.DHCP, f"{text(at(-1))},{text(at(1))},{INNER},pc-1", received=1.1)
    waiting = world.judge("pc-1", now=1.5)
    assert (waiting.state, awaited(waiting)) == (OPEN, [("dhcp-1", at(3.1))])
    world.log("dhcp-1", Kind.DHCP, f"{text(at(1.2))},{text(at(2))},{INNER},pc-1", name="b.csv", received=2)
    gone = world.judge("pc-1", now=2.1)
    assert gone.state is NOT_OBSERVABLE, "what came leaves a hole"
    assert [(one.kind, one.from_utc, one.to_utc) for one in gone.missing] == [("dhcp", at(1), at(1.2))]


@dataclass(frozen=True)
class Deliveries:
    """What is drawn: how late the file of each day comes (None: never), and when one asks."""

    late_hours: tuple[int | None, ...]
    asked_hour: int

    def arrived(self, day: int) -> int | None:
        late = self.late_hours[day]
        return None if late is None or (day + 1) * 24 + late > self.asked_hour else (day + 1) * 24 + late

    def states(self) -> Iterator[str]:
        """Hour by hour of a watch of three days: seen, to come, gone."""
        came = [late for day, late in enumerate(self.late_hours) if late is not None and self.arrived(day) is not None]
        usual = max(0, median([BEFORE, *came]))
        for hour in range(min(72, self.asked_hour)):
            day = hour // 24
            is_named = (day + 1) * 24 <= self.asked_hour
            if self.arrived(day) is not None:
                yield "seen"
            elif is_named:
                yield "to come" if self.asked_hour < (day + 1) * 24 + usual + 24 else "gone"
            else:
                yield "to come"


DELIVERIES = st.builds(
    Deliveries,
    st.lists(st.sampled_from([0, 2, 8, 20, 30, 60, None]), min_size=4, max_size=4).map(tuple),
    st.integers(1, 140),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(DELIVERIES)
def test_against_what_came_hour_by_hour(deliveries: Deliveries) -> None:
    """The oracle knows the files of each day alone: what came, and what may still come, at the hour of asking."""
    root = Path(tempfile.mkdtemp())
    try:
        world = World(root)
        world.host("pc-1", INNER)
        world.next_list(0.01)
        named = [day for day in range(4) if (day + 1) * 24 <= deliveries.asked_hour]
        lines = tuple((f"{day}.csv", float(day), day + 1.0, 0) for day in named)
        world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=(("before.csv", -9.0, 0.0, 0), *lines))
        world.log("flow-1", Kind.FLOW, name="before.csv", received=BEFORE / 24)
        for day in named:
            if (hour := deliveries.arrived(day)) is not None:
                world.log("flow-1", Kind.FLOW, name=f"{day}.csv", received=hour / 24)
        verdict = world.judge("pc-1", now=deliveries.asked_hour / 24, clean_days=3)
    finally:
        shutil.rmtree(root)
    states = set(deliveries.states())
    if "gone" in states:
        assert verdict.state is NOT_OBSERVABLE
    elif deliveries.asked_hour < 72 or "to come" in states:
        assert verdict.state is OPEN
        assert bool(awaited(verdict)) is ("to come" in states)
    else:
        assert verdict.state is PROVEN


@dataclass(frozen=True)
class Uplinks:
    """What is drawn: on which days each of two uplinks' sensors handed in, the way out that no register names, when."""

    first: tuple[float, ...]
    second: tuple[float, ...]
    strays_at: float | None
    nat_came: float
    asked: float
    is_first_prompt: bool

    def lay_out(self, root: Path) -> World:
        world = World(root)
        world.host("pc-1", INNER, pool="203.0.113.0/29")
        world.next_list(0.01)
        world.sensor("first", Kind.FLOW, "203.0.113.0/29", quiet=YEAR if self.is_first_prompt else None)
        world.sensor("second", Kind.FLOW, "198.51.100.0/24", quiet=None)
        world.sensor("nat", Kind.NAT, "203.0.113.0/24 198.51.100.0/24")
        for name, days in (("first", self.first), ("second", self.second)):
            for day in days:
                world.log(name, Kind.FLOW, name=f"{day}.csv", received=day)
        if self.strays_at is not None:
            out = f"{text(at(self.strays_at))},{text(at(self.strays_at + HOUR))},198.51.100.9,1024,2048,{INNER}"
            world.log("nat", Kind.NAT, out, name="nat.csv", received=max(self.nat_came, self.strays_at))
        return world


DELIVERED = st.lists(st.sampled_from([0.1, 0.6, 1.1, 1.8, 2.1, 2.6, 3.1, 3.7, 4.5]), unique=True).map(
    lambda days: tuple(sorted(days))
)
UPLINKS = st.builds(
    Uplinks, DELIVERED, DELIVERED, st.none() | st.sampled_from([0.2, 1.5, 2.5, 2.9]), st.sampled_from([1.0, 3.0, 4.0]),
    st.sampled_from([0.5, 1.5, 2.9, 3.0, 3.05, 3.5, 3.9, 4.2, 5.0, 6.0]), st.booleans(),
)  # fmt: skip


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(UPLINKS)
@example(Uplinks((), (0.1, 1.1, 2.1), 2.5, 3.0, 3.05, is_first_prompt=True))
@pytest.mark.slow
def test_what_is_waited_for_never_proves(uplinks: Uplinks) -> None:
    """Waiting turns “not observable” into “open” and nothing else: what is proven is so without any grace."""
    root = Path(tempfile.mkdtemp())
    try:
        world = uplinks.lay_out(root)
        waiting, final = (world.judge("pc-1", uplinks.asked, grace_hours=hours, clean_days=3) for hours in (24, 0))
    finally:
        shutil.rmtree(root)
    if waiting.state is not final.state:
        assert (waiting.state, final.state) == (OPEN, NOT_OBSERVABLE)
    if waiting.state is OPEN and uplinks.asked >= 3:
        assert awaited(waiting), "after the watch it says what it waits for"
