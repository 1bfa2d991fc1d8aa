"""Gathers the evidence on hosts from the lake and from what the register says, all handed in as values.

    scene = Scene(lake, sensors, address_lines, at_utc)
    verdict = judge(scene.evidence(Subject(…)))

A Scene is the world as it was known at one moment: logs that had not arrived by then do not exist for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from vonggac.flows.proof import addresses, sensors
from vonggac.flows.proof.addresses import AddressLine, Directory, Lease, Translation, Translations
from vonggac.flows.proof.c2 import C2, address_of, unwrapped, wrapped
from vonggac.flows.proof.contacts import Placements, Placer, Record
from vonggac.flows.proof.doubts import Doubts
from vonggac.flows.proof.host_evidence import (
    Address,
    Coverage,
    Egress,
    Holding,
    HostEvidence,
    LaterList,
    Network,
    Placement,
)
from vonggac.flows.proof.sensors import Sensor
from vonggac.formats.traffic_tables import Kind, known_protocol
from vonggac.kernel import host_names, intervals
from vonggac.kernel.host_names import HostNames
from vonggac.kernel.intervals import FOREVER
from vonggac.lake import EVERYTHING, Import, Lake, Scope, address_rows, scan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """One case: the host's name (or the address that it is about), its last claim, the C2s and lists of its senders.

    `namesakes` (host → moment): it may be there since, under another unit, as far as anybody can tell.
    """

    host: str
    claimed_utc: datetime | None
    c2: C2
    senders: frozenset[str]
    lists: tuple[LaterList, ...] = ()
    clean_days: int = 7
    gap_seconds: int = 60
    c2_unread: tuple[str, ...] = ()
    namesakes: Mapping[str, datetime] = field(default_factory=dict)


class Scene:
    """The world as it was known at `at_utc`: sensors, addresses and the logs that had arrived."""

    def __init__(
        self,
        lake: Lake,
        declared: Sequence[Sensor],
        lines: Sequence[AddressLine],
        at_utc: datetime,
        scope: Scope = EVERYTHING,
        names: HostNames[str] | None = None,
        grace_hours: int = 24,
    ) -> None:
        """`names`: who is meant by the names of DHCP logs; without it the hosts of the lines, under their own.

        `grace_hours`: how much later than usual a log may come before it is missing; 0: it is missing at once.
        """
        self.lake = lake
        self.sensors = {sensor.name: sensor for sensor in declared}
        self.lines = tuple(lines)
        self._names = names or HostNames((line.host, line.host) for line in self.lines)
        self.now_us = micros(at_utc)
        self._scope = Scope(scope.path_from, scope.path_to, self.now_us)
        self._grace_us = grace_hours * 3_600 * intervals.SECOND
        self._expected = C2()
        self._sightings: dict[C2, Placements] = {}
        self._seen_by: dict[Network | Address, tuple[int, ...]] = {}

    def expect(self, c2s: Iterable[C2]) -> None:
        """Say beforehand which C2s will be asked for: the logs are then scanned once for all of them."""
        normal = [c2.normal() for c2 in c2s]
        self._expected = C2(
            self._expected.addresses.union(*(c2.addresses for c2 in normal)),
            self._expected.names.union(*(c2.names for c2 in normal)),
        )
        self.__dict__.pop("_records", None)
        self.__dict__.pop("_placer", None)

    def evidence(self, subject: Subject) -> HostEvidence:
        """Everything that is known about one case."""
        c2 = subject.c2.normal()
        placed = self.sightings(c2)
        holdings, sightings = self.holdings(subject.host), placed.of(subject.host)
        for namesake, since_utc in subject.namesakes.items():
            holdings += tuple(h for h in self.holdings(namesake) if h.from_us >= micros(since_utc))
            sightings += tuple(replace(s, placement=Placement.NEEDS_DHCP) for s in placed.of(namesake))
        strays = addresses.strays(
            [egress for h in {h.address for h in holdings} for egress in self._egresses_of.get(h, ())], holdings
        )
        return HostEvidence(
            host=subject.host,
            now_us=self.now_us,
            claimed_us=None if subject.claimed_utc is None else micros(subject.claimed_utc),
            c2_addresses=c2.addresses,
            c2_names=c2.names,
            holdings=holdings,
            coverage=self._coverage_of(holdings, strays),
            senders=subject.senders,
            lists=subject.lists,
            sightings=sightings,
            doubts=self._doubts.about(c2, holdings),
            egresses=strays,
            clean_days=subject.clean_days,
            gap_seconds=subject.gap_seconds,
            c2_unread=subject.c2_unread,
            is_final=not self._grace_us,
        )

    def holdings(self, host: str) -> tuple[Holding, ...]:
        """The addresses of a host; of one that only its address names, the address while nobody else held it."""
        known = self.directory.by_host.get(host)
        address = address_of(host)
        if known is not None or address is None:
            return known or ()
        others = [(h.from_us, h.to_us) for _, h in self.directory.by_address.get(address, ())]
        free = intervals.complement(intervals.spans(*others))
        return tuple(Holding(address, start, end) for start, end in intervals.pairs(free))

    def sightings(self, c2: C2) -> Placements:
        """Host → its contacts with these C2s; the logs are scanned once, and again for C2s that nobody expected."""
        if c2 not in self._sightings:
            if not (c2.addresses <= self._expected.addresses and c2.names <= self._expected.names):
                self.expect([c2])
            named = {(record.kind, record.peer) for record in self._records}
            wanted = {(kind, peer) for kind, peer in named if _concerns(kind, peer, c2)}
            self._sightings[c2] = self._placer.place([r for r in self._records if (r.kind, r.peer) in wanted])
        return self._sightings[c2]

    @cached_property
    def _records(self) -> list[Record]:
        """The contacts with all expected C2s."""
        return [*self._flow_records(self._expected), *self._name_records(self._expected)]

    @cached_property
    def _placer(self) -> Placer:
        return Placer(self.directory, self._translations(self._records), self.coverage)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each source of logs that no declared sensor answers for; its records are not used."""
        strange = {
            (entry.sensor, entry.kind)
            for entry in self.lake.imports(scope=self._scope)
            if entry.sensor not in self.sensors or self.sensors[entry.sensor].kind is not entry.kind
        }
        return tuple(f"{kind} records of {name}: no such sensor is declared" for name, kind in sorted(strange))

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """When each declared sensor watched."""
        return tuple(
            sensors.coverage(sensor, self.lake, self._imports.get(sensor.name, []), self.now_us, self._grace_us)
            for sensor in self.sensors.values()
        )

    def _coverage_of(self, holdings: Sequence[Holding], strays: Sequence[Egress]) -> tuple[Coverage, ...]:
        """The sensors that see one of the addresses or a way out; those of address logs, which are named, all."""
        blocks = {h.address for h in holdings} | {block for h in holdings for block in h.publics}
        seeing = set(self._address_logs).union(*(self._seeing(block) for block in blocks | {e.public for e in strays}))
        return tuple(self.coverage[position] for position in sorted(seeing))

    @cached_property
    def _address_logs(self) -> tuple[int, ...]:
        return tuple(n for n, one in enumerate(self.coverage) if one.kind in {Kind.NAT.value, Kind.DHCP.value})

    def _seeing(self, block: Network | Address) -> tuple[int, ...]:
        """The places of the sensors in `coverage` that see the block; remembered."""
        if block not in self._seen_by:
            self._seen_by[block] = tuple(n for n, one in enumerate(self.coverage) if one.sees(block))
        return self._seen_by[block]

    @cached_property
    def directory(self) -> Directory:
        """Who held which address, by register and DHCP."""
        files = self._files(Kind.DHCP)
        rows = scan.table_rows([Path(path) for path in files])
        meant = self._meant({row["host"] for row in rows})
        leases = [
            Lease(host, address, start, end)
            for row in rows
            if (address := _address(row, "address")) is not None
            for start, end in [self._true_times(row, files)]
            for host in meant[row["host"]]
        ]
        known = addresses.directory(self.lines, leases)
        for egress in self._egresses:
            known.strays.setdefault(egress.public, set()).add(egress.inner)
        return known

    def _meant(self, logged: Set[str]) -> dict[str, frozenset[str]]:
        """Name in a DHCP log → the hosts that it may mean; one that nobody bears is a host by itself.

        A lease of several is held by each of them, so that a contact from its address blames none and clears none.
        """
        known = {name: self._names.meant(name) for name in logged}
        strangers = HostNames((name, host_names.normal(name)) for name, hosts in known.items() if not hosts)
        return {name: hosts or strangers.meant(name) for name, hosts in known.items()}

    @cached_property
    def _doubts(self) -> Doubts:
        return Doubts(self.lake, self.sensors, self._imports)

    @cached_property
    def _imports(self) -> dict[str, list[Import]]:
        """Sensor → its imports that had arrived and hold what it is declared to write."""
        found: dict[str, list[Import]] = defaultdict(list)
        for entry in self.lake.imports(scope=self._scope):
            sensor = self.sensors.get(entry.sensor)
            if sensor is not None and sensor.kind is entry.kind:
                found[entry.sensor].append(entry)
        return dict(found)

    def _files(self, kind: Kind) -> dict[str, Import]:
        """Segment file → its import, for the declared sensors of one kind."""
        return self.lake.paths([e for entries in self._imports.values() for e in entries if e.kind is kind])

    def _true_times(self, row: dict[str, Any], files: dict[str, Import]) -> tuple[int, int]:
        """The row's beginning and end, moved by what its sensor's clock is off; an open end stays open."""
        offset_us = self.sensors[files[row["filename"]].sensor].clock_offset_us
        return row["time_us"] - offset_us, row["end_us"] - offset_us if row["end_us"] < FOREVER else FOREVER

    def _flow_records(self, c2: C2) -> list[Record]:
        files = self._files(Kind.FLOW)
        parsed = [address for text in c2.addresses if (address := address_of(text)) is not None]
        v4 = [int(address) for address in parsed if isinstance(address, IPv4Address)]
        v6 = [str(address if isinstance(address, IPv6Address) else wrapped(address)) for address in parsed]
        records = []
        for row in address_rows.flow_contacts([Path(path) for path in files], v4, v6):
            start, end = self._true_times(row, files)
            sensor = files[row["filename"]].sensor
            source, destination = _address(row, "source"), _address(row, "destination")
            ends = ((source, row["source_port"], destination), (destination, row["destination_port"], source))
            records += [
                Record(start, end, Kind.FLOW.value, sensor, ours, port, str(peer), known_protocol(row["protocol"]))
                for ours, port, peer in ends
                if ours is not None and str(peer) in c2.addresses
            ]
        return records

    def _name_records(self, c2: C2) -> list[Record]:
        files = self._files(Kind.DNS)
        records = []
        for row in scan.name_contacts([Path(path) for path in files], sorted(c2.names)):
            start, end = self._true_times(row, files)
            source = _address(row, "source")
            if source is not None:
                sensor = files[row["filename"]].sensor
                records.append(Record(start, end, Kind.DNS.value, sensor, source, row["source_port"], row["query"]))
        return records

    def _translations(self, records: Sequence[Record]) -> Translations:
        """The NAT log of the public addresses that the records name."""
        files = self._files(Kind.NAT)
        named = {record.address for record in records}
        rows = address_rows.rows_about(
            [Path(path) for path in files],
            ("public",),
            [int(a) for a in named if isinstance(a, IPv4Address)],
            [str(a) for a in named if isinstance(a, IPv6Address)],
        )
        return Translations(
            Translation(public, inner, start, end, row["port_from"], row["port_to"], row.get("protocol"))
            for row in rows
            if (public := _address(row, "public")) is not None and (inner := _address(row, "inner")) is not None
            for start, end in [self._true_times(row, files)]
        )

    @cached_property
    def _egresses(self) -> tuple[Egress, ...]:
        """Each pair of inner and public address that the NAT logs name, from its first time to its last."""
        files = self._files(Kind.NAT)
        return tuple(
            Egress(inner, public, start, max(end, start + 1))
            for row in scan.egresses([Path(path) for path in files])
            if (public := _address(row, "public")) is not None and (inner := _address(row, "inner")) is not None
            for start, end in [self._true_times(row, files)]
        )

    @cached_property
    def _egresses_of(self) -> dict[Address, list[Egress]]:
        """The ways out by inner address."""
        found: dict[Address, list[Egress]] = defaultdict(list)
        for egress in self._egresses:
            found[egress.inner].append(egress)
        return dict(found)


def micros(moment_utc: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment_utc - _EPOCH) // timedelta(microseconds=1)


def _address(row: dict[str, Any], name: str) -> Address | None:
    value = row[f"{name}_v4"] if row[f"{name}_v4"] is not None else row[f"{name}_v6"]
    return None if value is None else _parsed(value)


@lru_cache(maxsize=65_536)
def _parsed(value: int | str) -> Address:
    """The address, behind NAT64 the one that is meant; contacts repeat the same few."""
    return unwrapped(ip_address(value))


def _concerns(kind: str, peer: str, c2: C2) -> bool:
    """True when such a record is a contact with one of the C2 addresses, or asks for one of the names or below it."""
    return c2.is_named(peer) if kind == Kind.DNS.value else peer in c2.addresses
