"""Contacts with C2s found in the logs, each placed on the host that it was, or on all that it may have been."""

import bisect
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vonggac.flows.proof.addresses import Directory, Translations
from vonggac.flows.proof.host_evidence import Address, Coverage, Placement, Sighting, direct_coverage
from vonggac.kernel import intervals
from vonggac.kernel.intervals import SECOND, Spans

# The same flow stamped inside and outside of the NAT by two clocks.
SAME_FLOW_US = 5 * SECOND
# A burst of more contacts than this in ten seconds is left unexplained rather than searched through.
EXPLANATIONS_TRIED = 200


@dataclass(frozen=True, slots=True)
class Record:
    """A contact as a sensor saw it, in true time: our end, its port and protocol where the log tells, and the C2."""

    at_us: int
    end_us: int
    kind: str
    sensor: str
    address: Address
    port: int | None
    peer: str
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A record, the hosts that it may have been, what would tell which, and the names that it is noted under."""

    record: Record
    hosts: frozenset[str]
    placement: Placement
    noted: tuple[str, ...]


class Placements:
    """Host → its sightings, made when somebody asks: most hosts of a province have no claim."""

    def __init__(self, found: Mapping[str, Sequence[tuple[Record, Placement]]]) -> None:
        self._found = found

    def of(self, host: str) -> tuple[Sighting, ...]:
        """The sightings of one host, in the order of the records."""
        return tuple(
            Sighting(r.at_us, r.end_us, r.kind, r.sensor, str(r.address), r.peer, placement)
            for r, placement in self._found.get(host, ())
        )


class Placer:
    """Places records on hosts, by who held the address, by NAT, and by what sensors inside saw."""

    def __init__(self, directory: Directory, translations: Translations, coverage: Sequence[Coverage]) -> None:
        self._directory = directory
        self._translations = translations
        self._coverage = tuple(coverage)
        self._covered: dict[tuple[str, Address], Spans] = {}
        self._known: dict[int, _Placed] = {}

    def place(self, records: Sequence[Record]) -> "Placements":
        """Host → its sightings; under an address's own text those that passed through it, for a case of its own.

        What is known of a record is remembered by the record itself: keep the records as long as the Placer.
        """
        found: dict[str, list[tuple[Record, Placement]]] = defaultdict(list)
        unplaced: list[tuple[Record, frozenset[str]]] = []
        inside: list[tuple[Record, frozenset[str]]] = []
        for record in records:
            known = self._hosts_once(record)
            if known.placement is Placement.NEEDS_NAT:
                unplaced.append((record, known.hosts))
                continue
            inside.append((record, known.hosts))
            for host in known.noted:
                found[host].append((record, known.placement))
        left = {id(record) for record, _ in _unexplained(unplaced, inside)}
        for record, hosts in unplaced:
            unwatched = self._unwatched_inside(record, hosts)
            if id(record) in left:
                # If that would leave nobody, the sensors contradict each other and nobody is let off.
                self._note(found, record, unwatched or hosts, Placement.NEEDS_NAT)
                continue
            # Its host has the record from inside; for a case of the public address it stays a contact.
            self._note(found, record, frozenset(), Placement.OURS)
            # And yet the record inside may be of another contact: it lets nobody off who was not watched inside.
            for host in unwatched:
                found[host].append((record, Placement.NEEDS_NAT))
        return Placements(found)

    def _hosts_once(self, record: Record) -> "_Placed":
        """As `_hosts`, remembered: cases of several senders ask about the same records."""
        found = self._known.get(id(record))
        if found is None:
            hosts, placement = self._hosts(record)
            found = self._known[id(record)] = _Placed(record, hosts, placement, self._noted(record, hosts))
        return found

    def _hosts(self, record: Record) -> tuple[frozenset[str], Placement]:
        """The hosts that the record may have been, and what would tell which."""
        at_us = record.at_us
        covered = self.covered("nat", record.address)
        inner = self._translations.inner(record.address, record.port, record.protocol, at_us, covered)
        if inner:
            behind = frozenset[str]().union(*(self._owners(address, record) for address in inner))
            if len(behind) == 1:
                return behind, Placement.OURS
            return behind, Placement.NEEDS_NAT if len(inner) > 1 else Placement.NEEDS_DHCP
        holders = self._held(self._directory.holders, record.address, record)
        sharers = self._held(self._directory.sharers, record.address, record)
        hosts = holders | sharers
        if len(hosts) > 1:
            return hosts, Placement.NEEDS_NAT if sharers else Placement.NEEDS_DHCP
        return hosts or frozenset({str(record.address)}), Placement.OURS

    def _owners(self, address: Address, record: Record) -> frozenset[str]:
        return self._held(self._directory.holders, address, record) or frozenset({str(address)})

    @staticmethod
    def _held(ask: Callable[[Address, int], frozenset[str]], address: Address, record: Record) -> frozenset[str]:
        """Who held it when the flow began; where nobody did, who held it when the flow ended."""
        return ask(address, record.at_us) or ask(address, record.end_us)

    def _note(
        self,
        found: dict[str, list[tuple[Record, Placement]]],
        record: Record,
        hosts: frozenset[str],
        placement: Placement,
    ) -> None:
        for host in self._noted(record, hosts):
            found[host].append((record, placement))

    def _noted(self, record: Record, hosts: frozenset[str]) -> tuple[str, ...]:
        """The hosts, and the address itself for a case of its own: whoever stood behind it, it went through it."""
        address = str(record.address)
        if address not in hosts and not self._held(self._directory.holders, record.address, record):
            return (*hosts, address)
        return tuple(hosts)

    def _unwatched_inside(self, record: Record, hosts: frozenset[str]) -> frozenset[str]:
        """The hosts whose contact it may be although no sensor inside has it: none watched them all the while."""
        return frozenset(host for host in hosts if not self._was_watched_inside(host, record))

    def _was_watched_inside(self, host: str, record: Record) -> bool:
        """True when the host's contact would stand in a log from inside, which stamps it by another clock."""
        from_us, to_us = record.at_us - SAME_FLOW_US, record.end_us + SAME_FLOW_US
        held = [h for h in self._directory.by_host.get(host, ()) if h.from_us <= to_us and from_us < h.to_us]
        return bool(held) and all(
            h.address != record.address and intervals.is_within(self.covered(record.kind, h.address), from_us, to_us)
            for h in held
        )

    def covered(self, kind: str, address: Address) -> Spans:
        """When the address itself was watched by sensors of the kind; remembered."""
        key = (kind, address)
        if key not in self._covered:
            self._covered[key] = direct_coverage(self._coverage, kind, address)
        return self._covered[key]


def _unexplained(
    outside: Sequence[tuple[Record, frozenset[str]]], inside: Sequence[tuple[Record, frozenset[str]]]
) -> list[tuple[Record, frozenset[str]]]:
    """The records outside the NAT that no record inside explains: same C2, same moment, one of the sharing hosts.

    One record inside explains one record of each sensor outside, so that a second host's contact stays unexplained.
    """
    by_peer: dict[tuple[str, str], list[tuple[Record, frozenset[str]]]] = defaultdict(list)
    for record, hosts in _one_sensor_each(inside):
        by_peer[record.kind, record.peer].append((record, hosts))
    for pairs in by_peer.values():
        pairs.sort(key=lambda pair: pair[0].at_us)
    used: set[tuple[str, str, str, int]] = set()
    left = []
    for record, hosts in sorted(outside, key=lambda pair: (pair[0].at_us, pair[0].sensor)):
        key = (record.kind, record.peer)
        candidates = by_peer.get(key, [])
        first = bisect.bisect_left(candidates, record.at_us - SAME_FLOW_US, key=lambda pair: pair[0].at_us)
        for position, (seen, of) in enumerate(candidates[first : first + EXPLANATIONS_TRIED], start=first):
            slot = (record.sensor, *key, position)
            is_same = abs(seen.at_us - record.at_us) <= SAME_FLOW_US and of <= hosts and seen.address != record.address
            if is_same and slot not in used:
                used.add(slot)
                break
        else:
            left.append((record, hosts))
    return left


def _one_sensor_each(pairs: Sequence[tuple[Record, frozenset[str]]]) -> list[tuple[Record, frozenset[str]]]:
    """For each address the records of the one sensor that saw most of it: two sensors may have seen the same flow."""
    by_source: dict[tuple[Address, str], dict[str, list[tuple[Record, frozenset[str]]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for record, hosts in pairs:
        by_source[record.address, record.kind][record.sensor].append((record, hosts))
    return [pair for sensors in by_source.values() for pair in max(sensors.values(), key=len)]
