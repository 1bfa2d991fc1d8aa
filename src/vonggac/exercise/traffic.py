"""The true traffic of one organisation as columns: ordinary flows and names, probes, and every contact with a C2."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vonggac.exercise.clock import DAY_US, HOUR_US, SECOND_US, WATCHED_DAYS, Calendar
from vonggac.exercise.names import DESTINATION_NAMES
from vonggac.exercise.province import UPPER_HALF, Organisation
from vonggac.exercise.sensors import PROBE_SECONDS, Interval
from vonggac.exercise.subjects import C2, Subject

FLOWS_A_DAY = 18.0
QUERIES_A_DAY = 9.0
DESTINATIONS = 3_000
# Share of the day's traffic in each hour UTC: office hours in Viet Nam (UTC+7) are 0 to 10.
HOURS = np.array([9, 10, 10, 9, 6, 5, 9, 10, 10, 8, 4, 2, 2, 2, 2, 1.5, 1, 0.5, 0.5, 0.5, 0.5, 1, 2, 5])


@dataclass(frozen=True, slots=True)
class Flows:
    """Flow records in true time order; all columns have the same length.

    `time_us` int64; `source` and `destination` int32 places in the tables `sources` and `destinations`; ports uint16;
    `protocol` uint8 (6 or 17); `bytes` int64.
    """

    time_us: np.ndarray
    source: np.ndarray
    source_port: np.ndarray
    destination: np.ndarray
    destination_port: np.ndarray
    protocol: np.ndarray
    bytes: np.ndarray
    sources: tuple[str, ...]
    destinations: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: np.ndarray) -> "Flows":
        """The records at the places, or where the mask is true."""
        return Flows(
            self.time_us[rows], self.source[rows], self.source_port[rows], self.destination[rows],
            self.destination_port[rows], self.protocol[rows], self.bytes[rows], self.sources, self.destinations,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Queries:
    """DNS questions in true time order: `time_us` int64, `source` and `name` int32 places in their tables."""

    time_us: np.ndarray
    source: np.ndarray
    name: np.ndarray
    sources: tuple[str, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: np.ndarray) -> "Queries":
        """The records at the places, or where the mask is true."""
        return Queries(self.time_us[rows], self.source[rows], self.name[rows], self.sources, self.names)


@dataclass(slots=True)
class Traffic:
    """Draws the traffic of one organisation and its subjects."""

    organisation: Organisation
    subjects: Sequence[Subject]
    servers: Sequence[C2]
    calendar: Calendar
    rng: np.random.Generator

    def flows(self) -> Flows:
        """Every flow of the fortnight as the sensor's place would show it: behind the NAT, or in front of it."""
        one = self.organisation
        rows, ports = self._times_and_places(FLOWS_A_DAY, seen_by_flow=True)
        time_us, source = rows
        count = len(time_us)
        destination = np.minimum(self.rng.zipf(1.3, size=count), DESTINATIONS) - 1
        kind = self.rng.choice(4, size=count, p=[0.7, 0.15, 0.1, 0.05])
        columns = [
            time_us, source, ports, destination, np.array([443, 80, 53, 123])[kind],
            np.array([6, 6, 17, 17])[kind], self.rng.lognormal(7.5, 1.6, size=count).astype(np.int64),
        ]  # fmt: skip
        contacts = self._contact_flows()
        probes = self._probes()
        whole = [np.concatenate(parts) for parts in zip(columns, contacts, probes, strict=True)]
        order = np.argsort(whole[0], kind="stable")
        types = (np.int64, np.int32, np.uint16, np.int32, np.uint16, np.uint8, np.int64)
        time_us, source, port, target, target_port, protocol, size = (
            column[order].astype(kind) for column, kind in zip(whole, types, strict=True)
        )
        tables = (self._flow_sources(), self._destinations())
        return self._seen(Flows(time_us, source, port, target, target_port, protocol, size, *tables), one)

    def queries(self) -> Queries:
        """Every name asked for in the fortnight, with the inner address of the asker."""
        (time_us, source), _ = self._times_and_places(QUERIES_A_DAY, seen_by_flow=False)
        name = self.rng.integers(len(DESTINATION_NAMES), size=len(time_us))
        asked = [one for one in self.subjects if one.c2.known_by != "address"]
        places = {c2: len(DESTINATION_NAMES) + place for place, c2 in enumerate(self.servers)}
        times = [time_us, *(one.contacts_us for one in asked)]
        sources = [source, *(self._sources_of(one) for one in asked)]
        names = [name, *(self._spellings(places[one.c2], len(one.contacts_us)) for one in asked)]
        time_us, source, name = (np.concatenate(parts) for parts in (times, sources, names))
        order = np.argsort(time_us, kind="stable")
        order = order[(time_us[order] >= self.calendar.start_us) & (time_us[order] < self.calendar.end_us)]
        known = tuple(one.name for one in self.servers)
        table = (*DESTINATION_NAMES, *known, *(f"{one.upper()}." for one in known))
        return Queries(
            time_us[order].astype(np.int64), source[order].astype(np.int32), name[order].astype(np.int32),
            self._inner_sources(), table,
        )  # fmt: skip

    def _spellings(self, place: int, count: int) -> np.ndarray:
        """The place of a C2's name; one question in ten is spelt in capitals with the final dot."""
        return np.where(self.rng.random(count) < 0.1, place + len(self.servers), place)

    def _times_and_places(self, rate: float, *, seen_by_flow: bool) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Times, source places and source ports of the ordinary traffic; some hosts are as good as silent."""
        one = self.organisation
        hosts = one.workstations + len(one.server_addresses)
        weights = self.rng.gamma(0.8, size=hosts) * rate * WATCHED_DAYS / 0.8
        places = np.concatenate([np.arange(one.workstations), one.slots + np.arange(len(one.server_addresses))])
        for subject in self.subjects:
            for stay in subject.stays if subject.has_moved else ():
                if stay.slot is not None and stay.slot < one.workstations:
                    weights[stay.slot] = 0.0  # who stands there changes; only contacts are told of such addresses
        source = np.repeat(places, self.rng.poisson(weights))
        count = len(source)
        hour = self.rng.choice(24, size=count, p=HOURS / HOURS.sum())
        day = self.rng.integers(WATCHED_DAYS, size=count)
        within = self.rng.integers(HOUR_US, size=count)
        time_us = self.calendar.start_us + day * DAY_US + hour * HOUR_US + within
        ports = self.rng.integers(32_768, 61_000, size=count)
        if seen_by_flow and one.is_border:
            ports = np.where(source < one.slots, self._nat_ports(source), ports)
        return (time_us, source), ports

    def _nat_ports(self, slots: np.ndarray) -> np.ndarray:
        one = self.organisation
        offset = self.rng.integers(one.port_width, size=len(slots))
        ports: np.ndarray = 1_024 + slots // len(one.pool_addresses) * one.port_width + offset
        return ports

    def _contact_flows(self) -> list[np.ndarray]:
        """The contacts of all subjects, as columns in the order of `Flows`."""
        places = {c2: DESTINATIONS + 1 + 2 * place for place, c2 in enumerate(self.servers)}
        parts: list[list[np.ndarray]] = [[np.empty(0, np.int64)] * 7]
        for subject in self.subjects:
            count = len(subject.contacts_us)
            source = self._sources_of(subject)
            six = np.array([":" in stay.address for stay in subject.stays])[self._stays_of(subject)]
            if self.organisation.is_border and subject.stays[0].slot is not None:
                ports = self._nat_ports(source)
                ports[subject.contacts_us == subject.sighted_us] = subject.listed_port
            else:
                ports = self.rng.integers(32_768, 61_000, size=count)
            parts.append(
                [
                    subject.contacts_us, source, ports, places[subject.c2] + six, np.full(count, subject.c2.port),
                    np.full(count, 6), self.rng.lognormal(6, 0.8, size=count).astype(np.int64),
                ]
            )  # fmt: skip
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def _probes(self) -> list[np.ndarray]:
        """The monitor's own flows, by which a sensor that may not be quiet for long is seen to record."""
        if not self.organisation.profile.startswith(("watchful", "quiet_sensor", "rotation")):
            return [np.empty(0, np.int64)] * 7
        step = PROBE_SECONDS * SECOND_US
        times = np.arange(self.calendar.start_us + 1, self.calendar.end_us, step)
        return [times, *(np.full(len(times), one) for one in (self._monitor, 40_000, DESTINATIONS, 161, 17, 90))]

    @property
    def _monitor(self) -> int:
        """The place of the monitor in the tables of sources: after the inner and the server addresses, v4 and v6."""
        return self.organisation.slots + 2 * len(self.organisation.server_addresses)

    def _stays_of(self, subject: Subject) -> np.ndarray:
        """Which of its stays each contact of a subject falls into."""
        return np.searchsorted(np.array([stay.to_us for stay in subject.stays]), subject.contacts_us, side="right")

    def _sources_of(self, subject: Subject) -> np.ndarray:
        """The source place of each contact of a subject."""
        places = np.array([self._place(stay.address, stay.slot) for stay in subject.stays])
        taken: np.ndarray = places[self._stays_of(subject)]
        return taken

    def _place(self, address: str, slot: int | None) -> int:
        one = self.organisation
        if slot is not None:
            return slot
        if address in one.server_addresses:
            return one.slots + one.server_addresses.index(address)
        six = [one.six_address(server) for server in range(len(one.server_addresses))]
        return one.slots + len(one.server_addresses) + six.index(address)

    def _inner_sources(self) -> tuple[str, ...]:
        one = self.organisation
        count = len(one.server_addresses)
        six = [one.six_address(server) if one.six else "2001:db8::" for server in range(count)]
        base = int(one.inner.network_address)
        inner = _dotted(base + np.array([one.slot_offset(slot) for slot in range(one.slots)], np.int64))
        return (*inner, *one.server_addresses, *six, str(one.inner[10]))

    def _flow_sources(self) -> tuple[str, ...]:
        inside = self._inner_sources()
        if not self.organisation.is_border:
            return inside
        one = self.organisation
        return (*(one.pool_of(slot) for slot in range(one.slots)), *inside[one.slots :])

    def _destinations(self) -> tuple[str, ...]:
        """The ordinary ones, the monitor's counterpart, then each C2's IPv4 and IPv6 address."""
        base = int.from_bytes(bytes((198, 19, 0, 0)))
        ordinary = _dotted(base + 1 + np.arange(DESTINATIONS, dtype=np.int64))
        return (*ordinary, "198.19.127.1", *(a for c2 in self.servers for a in (c2.address, c2.address_six)))

    @staticmethod
    def _seen(flows: Flows, organisation: Organisation) -> Flows:
        """The flows of the addresses that the sensor's place can see."""
        if organisation.profile != "half_seen":
            return flows
        upper = np.array([slot < organisation.slots and organisation.slot_offset(slot) >= UPPER_HALF
                          for slot in range(len(flows.sources))])  # fmt: skip
        return flows.take(~upper[flows.source])


def recorded(time_us: np.ndarray, deaf: tuple[Interval, ...]) -> np.ndarray:
    """A mask of the times at which a sensor with these deaf times recorded."""
    heard: np.ndarray = np.ones(len(time_us), dtype=bool)
    for begin, end in deaf:
        heard &= (time_us < begin) | (time_us >= end)
    return heard


def _dotted(addresses: np.ndarray) -> list[str]:
    return [f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}" for a in addresses.tolist()]
