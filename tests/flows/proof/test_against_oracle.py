"""The rule against a world that is simulated hour by hour: what really happened, and what each sensor could record."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.proof.worlds import C2_ADDRESS, C2_NAME, World, flow, question, text
from tests.flows.proof.worlds import at as moment
from vonggac.cases.proof import VerdictState
from vonggac.flows.proof.evidence import C2
from vonggac.formats.traffic_tables import Kind

HOURS = range(-2, 28)  # the claim is hour 0, the watch lasts one day, the judgement is at its end
WATCH = range(24)
HOSTS = ("pc-0", "pc-1")
ADDRESSES = ("10.0.0.5", "10.0.1.5")
PUBLIC = "203.0.113.1"
BLOCKS = {"10.0.0.0/24", "10.0.1.0/24", "203.0.113.0/24"}


@dataclass(frozen=True)
class Tiny:
    """What is drawn: at which hours hosts swap addresses, sensors sleep, NAT is logged, and hosts call their C2."""

    swaps_at: int | None
    has_nat: bool
    nat_logged: frozenset[int]
    sensors: tuple[tuple[Kind, frozenset[str], frozenset[int]], ...]
    calls: tuple[tuple[int, str, Kind], ...]
    c2_kinds: frozenset[Kind]

    def address(self, host: str, hour: int) -> str:
        swapped = self.swaps_at is not None and hour >= self.swaps_at
        return ADDRESSES[(HOSTS.index(host) + swapped) % 2]

    def sees(self, sensor: int, address: str, hour: int) -> bool:
        _, blocks, asleep = self.sensors[sensor]
        block = next(b for b in BLOCKS if address.startswith(b.rpartition(".")[0]))
        return hour not in asleep and block in blocks

    def covers(self, host: str, kind: Kind, hour: int) -> bool:
        ours = [self.address(host, hour)] + ([PUBLIC] if self.has_nat else [])
        return any(
            self.sensors[n][0] is kind and self.sees(n, address, hour)
            for n in range(len(self.sensors))
            for address in ours
        )


def some_hours(most: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.sampled_from(HOURS), max_size=most)


KINDS = st.sampled_from([Kind.FLOW, Kind.DNS])
TINY = st.builds(
    Tiny,
    swaps_at=st.none() | st.sampled_from(WATCH),
    has_nat=st.booleans(),
    nat_logged=some_hours(28) | st.just(frozenset(HOURS)),
    sensors=st.lists(
        st.tuples(
            KINDS, st.frozensets(st.sampled_from(sorted(BLOCKS)), min_size=1), st.just(frozenset()) | some_hours(2)
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    calls=st.lists(st.tuples(st.sampled_from(HOURS), st.sampled_from(HOSTS), KINDS), max_size=3).map(tuple),
    c2_kinds=st.frozensets(KINDS, min_size=1),
)


def lay_out(tiny: Tiny, root: Path) -> World:
    """The files that this world leaves behind."""
    names = frozenset({C2_NAME}) if Kind.DNS in tiny.c2_kinds else frozenset[str]()
    found = frozenset({C2_ADDRESS}) if Kind.FLOW in tiny.c2_kinds else frozenset[str]()
    world = World(root, c2=C2(found, names))
    pool = PUBLIC if tiny.has_nat else ""
    swap = 99 if tiny.swaps_at is None else tiny.swaps_at / 24
    for host in HOSTS:
        world.host(host, tiny.address(host, HOURS[0]), (-9, swap), pool)
        if tiny.swaps_at is not None:
            world.host(host, tiny.address(host, HOURS[-1]), (swap, 99), pool)
    for number, (kind, blocks, asleep) in enumerate(tiny.sensors):
        awake = tuple((hour / 24, (hour + 1) / 24) for hour in HOURS if hour not in asleep)
        world.sensor(f"s{number}", kind, " ".join(sorted(blocks)), awake)
        rows = [row for call in tiny.calls for row in records(tiny, number, *call) if kind is call[2]]
        world.log(f"s{number}", kind, *rows)
    if tiny.has_nat:
        world.sensor("nat", Kind.NAT, PUBLIC, tuple((h / 24, (h + 1) / 24) for h in tiny.nat_logged))
        logged = [call for call in tiny.calls if call[0] in tiny.nat_logged]
        world.log("nat", Kind.NAT, *(translation(tiny, hour, host) for hour, host, _ in logged))
    world.next_list(1)
    return world


def when(hour: int, host: str) -> float:
    return (hour + 0.5) / 24 + HOSTS.index(host) / 1_440


def records(tiny: Tiny, sensor: int, hour: int, host: str, kind: Kind) -> list[str]:
    """What one sensor wrote of a call: its inner address, the public one, or both; nothing while asleep."""
    seen = [tiny.address(host, hour)] + ([PUBLIC] if tiny.has_nat else [])
    write = question if kind is Kind.DNS else flow
    return [write(when(hour, host), address) for address in seen if tiny.sees(sensor, address, hour)]


def translation(tiny: Tiny, hour: int, host: str) -> str:
    start, end = (moment(when(hour, host), shift) for shift in (-9, 9))
    return f"{text(start)},{text(end)},{PUBLIC},40000,40000,{tiny.address(host, hour)}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(TINY)
def test_no_infected_host_is_proven_and_every_watched_silent_one_is(tiny: Tiny) -> None:
    root = Path(tempfile.mkdtemp())
    try:
        world = lay_out(tiny, root)
        states = {host: world.judge(host, now=1.1, clean_days=1).state for host in HOSTS}
    finally:
        shutil.rmtree(root)
    calls = [call for call in tiny.calls if call[2] in tiny.c2_kinds and call[0] >= 0]
    for host, state in states.items():
        is_watched = all(tiny.covers(host, kind, hour) for kind in tiny.c2_kinds for hour in WATCH)
        called = [call for call in calls if call[1] == host]
        if any(hour in WATCH for hour, _, _ in called):
            assert state in (VerdictState.CONTRADICTED, VerdictState.NOT_OBSERVABLE)
        if not is_watched and not called:
            assert state is VerdictState.NOT_OBSERVABLE
        if not called:
            assert state is not VerdictState.CONTRADICTED
        if is_watched and not calls:
            assert state is VerdictState.PROVEN
        if is_watched and called and (not tiny.has_nat or tiny.nat_logged >= set(HOURS)):
            in_watch = [hour for hour, _, _ in called if hour in WATCH]
            assert not in_watch or state is VerdictState.CONTRADICTED
