"""Gathers the evidence on hosts from the lake and from what the register says, all handed in as values.

    scene = Scene(lake, sensors, address_lines, at_utc)
    verdict = judge(scene.evidence(Subject(…)))

A Scene is the world as it was known at one moment: logs that had not arrived by then do not exist for it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, TypeAlias

from vonggac.flows.proof import addresses, sensors
from vonggac.flows.proof.addresses import AddressLine, Directory, Lease, Translation, Translations
from vonggac.flows.proof.clean_host import (
    Address,
    Coverage,
    Doubt,
    Egress,
    Holding,
    HostEvidence,
    LaterList,
    Network,
)
from vonggac.flows.proof.contacts import Placements, Placer, Record
from vonggac.flows.proof.sensors import Sensor, Silence
from vonggac.formats.columns import UNREADABLE, split_address, time_us
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import Kind, normal_name
from vonggac.kernel import intervals
from vonggac.kernel.intervals import EVER, FOREVER
from vonggac.lake import EVERYTHING, Import, Lake, Scope, address_rows, scan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whom an unreadable record may concern: addresses and blocks; empty when it may be anybody.
Suspects: TypeAlias = frozenset[Address | Network]
_TOKENS = re.compile(r"[^\s,;\"'|={}\[\]]+")


@dataclass(frozen=True, slots=True)
class C2:
    """The C2 addresses and names of all lists of a case's senders, in any spelling."""

    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def normal(self) -> "C2":
        """Addresses in canonical form, names as they are compared; a name that is an address becomes one."""
        found = {text: address_of(text) for text in self.addresses | self.names}
        plain = {normal_name(text) for text in self.names if found[text] is None}
        return C2(frozenset(str(a) for a in found.values() if a is not None), frozenset(plain - {""}))


@dataclass(frozen=True, slots=True)
class Subject:
    """One case: the host's name (or the address that it is about), its last claim, the C2s and lists of its senders."""

    host: str
    claimed_utc: datetime | None
    c2: C2
    senders: frozenset[str]
    lists: tuple[LaterList, ...] = ()
    clean_days: int = 7
    gap_seconds: int = 60


class Scene:
    """The world as it was known at `at_utc`: sensors, addresses and the logs that had arrived."""

    def __init__(
        self,
        lake: Lake,
        declared: Sequence[Sensor],
        lines: Sequence[AddressLine],
        at_utc: datetime,
        scope: Scope = EVERYTHING,
    ) -> None:
        self.lake = lake
        self.sensors = {sensor.name: sensor for sensor in declared}
        self.lines = tuple(lines)
        self.now_us = micros(at_utc)
        self._scope = Scope(scope.path_from, scope.path_to, self.now_us)
        self._expected = C2()
        self._sightings: dict[C2, Placements] = {}
        self._doubts: dict[C2, list[tuple[Doubt, Suspects]]] = {}
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
        holdings = self.holdings(subject.host)
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
            sightings=self.sightings(c2).of(subject.host),
            doubts=self._doubts_about(c2, holdings),
            egresses=strays,
            clean_days=subject.clean_days,
            gap_seconds=subject.gap_seconds,
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
            sensors.coverage(sensor, self.lake, self._imports.get(sensor.name, []), self.now_us)
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
        leases = [
            Lease(row["host"], address, start, end)
            for row in rows
            if (address := _address(row, "address")) is not None
            for start, end in [self._true_times(row, files)]
        ]
        known = addresses.directory(self.lines, leases)
        for egress in self._egresses:
            known.strays.setdefault(egress.public, set()).add(egress.inner)
        return known

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
        v6 = [str(address) for address in parsed if isinstance(address, IPv6Address)]
        records = []
        for row in address_rows.flow_contacts([Path(path) for path in files], v4, v6):
            start, end = self._true_times(row, files)
            sensor = files[row["filename"]].sensor
            source, destination = _address(row, "source"), _address(row, "destination")
            ends = ((source, row["source_port"], destination), (destination, row["destination_port"], source))
            records += [
                Record(start, end, Kind.FLOW.value, sensor, ours, port, str(peer))
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
            Translation(public, inner, start, end, row["port_from"], row["port_to"])
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

    def _doubts_about(self, c2: C2, holdings: Sequence[Holding]) -> tuple[Doubt, ...]:
        """The unreadable records that name a C2 and either one of the host's addresses or nobody's."""
        if c2 not in self._doubts:
            self._doubts[c2] = self._find_doubts(c2)
        return tuple(
            doubt
            for doubt, named in self._doubts[c2]
            if not named or any(_meets(holding, named) for holding in holdings)
        )

    def _find_doubts(self, c2: C2) -> list[tuple[Doubt, Suspects]]:
        return [
            doubt
            for name, entries in self._imports.items()
            if self.sensors[name].kind in {Kind.FLOW, Kind.DNS}
            for entry in entries
            for reject in self.lake.rejects(entry)
            if (doubt := _doubt(self.sensors[name], reject, c2)) is not None
        ]


def micros(moment_utc: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment_utc - _EPOCH) // timedelta(microseconds=1)


def address_of(text: str) -> Address | None:
    """The address that the text is, an IPv4 one where an IPv6 one only wraps it; None when it is none."""
    v4, v6 = split_address(text)
    if v4 is not None:
        return IPv4Address(v4)
    return IPv6Address(v6) if v6 is not None else None


def _address(row: dict[str, Any], name: str) -> Address | None:
    value = row[f"{name}_v4"] if row[f"{name}_v4"] is not None else row[f"{name}_v6"]
    return None if value is None else _parsed(value)


@lru_cache(maxsize=65_536)
def _parsed(value: int | str) -> Address:
    """The address; contacts repeat the same few."""
    return ip_address(value)


def _concerns(kind: str, peer: str, c2: C2) -> bool:
    """True when such a record is a contact with one of the C2 addresses, or asks for one of the names or below it."""
    if kind != Kind.DNS.value:
        return peer in c2.addresses
    labels = peer.split(".")
    return any(".".join(labels[start:]) in c2.names for start in range(len(labels)))


def _doubt(sensor: Sensor, reject: Reject, c2: C2) -> tuple[Doubt, Suspects] | None:
    """What an unreadable record leaves in doubt, and for whom; None when it names no C2.

    A whole file that could not be read puts all in doubt whom the sensor sees; a manifest misses it by itself.
    """
    if reject.line == 0:
        is_missed = sensor.silence is Silence.ROTATION
        return None if is_missed else (Doubt(sensor.kind.value, sensor.name, None), frozenset(sensor.networks))
    named = _suspects(reject, c2)
    if named is None:
        return None
    return Doubt(sensor.kind.value, sensor.name, _stamp(reject, sensor.clock_offset_us)), frozenset(named)


def _meets(holding: Holding, suspects: Suspects) -> bool:
    """True when the address, or a block that it goes out through, is among the suspects or overlaps one."""
    for suspect in suspects:
        if isinstance(suspect, IPv4Address | IPv6Address):
            if suspect == holding.address or any(suspect in block for block in holding.publics):
                return True
        elif holding.address in suspect or any(_overlap(suspect, block) for block in holding.publics):
            return True
    return False


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and (one[0] in other or other[0] in one)


def _suspects(reject: Reject, c2: C2) -> frozenset[Address] | None:
    """The addresses beside the C2 in an unreadable record; None when it names no C2, empty when nobody else."""
    tokens = _TOKENS.findall(reject.raw)
    named = {address for token in tokens if (address := address_of(token)) is not None}
    known = {address for address in named if str(address) in c2.addresses}
    asked = any(
        token == name or token.endswith(f".{name}")
        for token in (normal_name(token) for token in tokens)
        for name in c2.names
    )
    return frozenset(named - known) if known or asked else None


def _stamp(reject: Reject, offset_us: int) -> int | None:
    """The true time in an unreadable record, if there is one."""
    times = [time_us(token) for token in _TOKENS.findall(reject.raw) if re.match(r"\d{4}-\d\d-\d\d|\d{10}\.", token)]
    readable = [moment for moment in times if moment > max(UNREADABLE, EVER)]
    return max(readable) - offset_us if readable else None
