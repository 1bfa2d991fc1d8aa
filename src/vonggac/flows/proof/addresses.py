"""Who held which address when: register lines, outranked by DHCP leases; who shares a public address; what NAT says."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vonggac.flows.proof.host_evidence import Address, Egress, Holding, Network
from vonggac.kernel import intervals
from vonggac.kernel.intervals import EVER, FOREVER, SECOND

# How far a NAT log's stamp may lie behind the flow that it explains.
NAT_JITTER_US = 2 * SECOND
# How long a translation that was logged as a moment is believed where the NAT sensor was not heard throughout.
NAT_MEMORY_US = 300 * SECOND
# A port that is given to two hosts within this time serves two protocols: no NAT gives one of them anew so soon (RFC
# 5382 and 4787 keep a mapping for two minutes at the least).
NAT_REUSE_US = 120 * SECOND


@dataclass(frozen=True, slots=True)
class AddressLine:
    """A line of the register: the host held the address over a time and goes out through `nat_pool`."""

    host: str
    address: Address
    from_us: int = EVER
    to_us: int = FOREVER
    nat_pool: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A DHCP record in true time; it outranks the register for the address that it names."""

    host: str
    address: Address
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A NAT record in true time; from_us equals to_us where the log names a moment only."""

    public: Address
    inner: Address
    from_us: int
    to_us: int
    port_from: int
    port_to: int
    protocol: str | None = None  # None where the log does not say: it may be any


@dataclass(slots=True)
class Directory:
    """The holdings of every host, by host and by address, and who goes out through which public block."""

    by_host: dict[str, tuple[Holding, ...]]
    by_address: dict[Address, tuple[tuple[str, Holding], ...]]
    pools: dict[Network, list[tuple[str, Holding]]]
    strays: dict[Address, set[Address]] = field(default_factory=dict)  # public → inner, as NAT logs saw them
    _sharing: dict[int, tuple["_Timeline", tuple[Address, ...]]] = field(default_factory=dict)
    _holding: dict[int, "_Timeline"] = field(default_factory=dict)

    def holders(self, address: Address, at_us: int) -> frozenset[str]:
        """The hosts that held the address itself at the moment. O(log n)."""
        key = _key(address)
        known = self._holding.get(key)
        if known is None:
            known = self._holding[key] = _Timeline(self.by_address.get(address, ()))
        return known.at(at_us)

    def sharers(self, public: Address, at_us: int) -> frozenset[str]:
        """The hosts that went out through the public address at the moment, by register or ever by a NAT log."""
        key = _key(public)
        known = self._sharing.get(key)
        if known is None:
            behind = [pair for pool, pairs in self.pools.items() if public in pool for pair in pairs]
            known = self._sharing[key] = _Timeline(behind), tuple(self.strays.get(public, ()))
        timeline, strays = known
        if not strays:
            return timeline.at(at_us)
        return timeline.at(at_us).union(*(self.holders(inner, at_us) or {str(inner)} for inner in strays))


def _key(address: Address) -> int:
    """A number for each address, IPv6 ones below zero: an address object takes longer to hash than to look up."""
    return int(address) if address.version == 4 else -1 - int(address)


class _Timeline:
    """The set of hosts from one change to the next."""

    def __init__(self, pairs: Sequence[tuple[str, Holding]]) -> None:
        self._pairs = pairs
        self._changes = sorted({t for _, holding in pairs for t in (holding.from_us, holding.to_us)})
        self._known: dict[int, frozenset[str]] = {}

    def at(self, at_us: int) -> frozenset[str]:
        step = bisect.bisect_right(self._changes, at_us)
        if step not in self._known:
            self._known[step] = frozenset(host for host, h in self._pairs if h.from_us <= at_us < h.to_us)
        return self._known[step]


def directory(lines: Iterable[AddressLine], leases: Iterable[Lease]) -> Directory:
    """Who held what: leases as they are, register lines where no lease names the address."""
    lines, leases = list(lines), list(leases)
    leased: dict[Address, list[tuple[int, int]]] = defaultdict(list)
    pools_of_host: dict[str, set[Network]] = defaultdict(set)
    pools_of_address: dict[Address, set[Network]] = defaultdict(set)
    for line in lines:
        pools_of_host[line.host].update(line.nat_pool)
        pools_of_address[line.address].update(line.nat_pool)
    by_host: dict[str, list[Holding]] = defaultdict(list)
    for lease in leases:
        leased[lease.address].append((lease.from_us, lease.to_us))
        # A lease does not say where it goes out: every way out of the host and of the address has to be watched.
        pools = pools_of_host[lease.host] | pools_of_address[lease.address]
        by_host[lease.host].append(Holding(lease.address, lease.from_us, lease.to_us, _ordered(pools, lease.address)))
    for line in lines:
        left = intervals.difference(
            intervals.spans((line.from_us, line.to_us)), intervals.spans(*leased.get(line.address, ()))
        )
        pool = _ordered(set(line.nat_pool), line.address)
        by_host[line.host] += [Holding(line.address, start, end, pool) for start, end in intervals.pairs(left)]
    return _indexed({host: tuple(dict.fromkeys(held)) for host, held in by_host.items()})


def _ordered(pools: set[Network], address: Address) -> tuple[Network, ...]:
    """The blocks in a fixed order, without one that is the address itself: that is no translation."""
    return tuple(sorted((p for p in pools if p.num_addresses > 1 or address not in p), key=str))


def _indexed(by_host: dict[str, tuple[Holding, ...]]) -> Directory:
    by_address: dict[Address, list[tuple[str, Holding]]] = defaultdict(list)
    pools: dict[Network, list[tuple[str, Holding]]] = defaultdict(list)
    for host, holdings in by_host.items():
        for holding in holdings:
            by_address[holding.address].append((host, holding))
            for pool in holding.publics:
                pools[pool].append((host, holding))
    return Directory(by_host, {address: tuple(pairs) for address, pairs in by_address.items()}, dict(pools))


class Translations:
    """The NAT log, asked who stood behind a public address and port."""

    def __init__(self, rows: Iterable[Translation]) -> None:
        self._by_public: dict[int, list[Translation]] = defaultdict(list)
        self._by_port: dict[tuple[int, int], list[Translation]] = defaultdict(list)
        self._ranges: dict[int, list[Translation]] = defaultdict(list)
        for row in rows:
            public = _key(row.public)
            self._by_public[public].append(row)
            if row.port_from == row.port_to:
                self._by_port[public, row.port_from].append(row)
            else:
                self._ranges[public].append(row)

    def inner(
        self, public: Address, port: int | None, protocol: str | None, at_us: int, covered: intervals.Spans
    ) -> frozenset[Address]:
        """The inner addresses that the log allows; empty when it does not tell. `covered`: when the log was complete.

        Without a port the log tells only while it is complete and made of intervals; all that it names are returned. A
        port is one protocol's: what is known to be another one's is left out.
        """
        rows = [r for r in self._rows(_key(public), port) if protocol is None or r.protocol in {None, protocol}]
        if not rows:
            return frozenset()
        during = {r.inner for r in rows if r.from_us <= at_us < r.to_us}
        if port is None:
            is_complete = intervals.is_within(covered, at_us, at_us) and all(r.from_us < r.to_us for r in rows)
            return frozenset(during if is_complete else ())
        soon = {r.inner for r in rows if at_us < r.from_us <= at_us + NAT_JITTER_US}
        before = [r for r in rows if r.from_us == r.to_us and r.from_us <= at_us]
        for given in _by_protocol(before):
            newest_us = max(r.from_us for r in given)
            if soon or self._is_believed(newest_us, at_us, covered):
                during |= {r.inner for r in given if _is_of(r, newest_us)}
        return frozenset(during | soon)

    def _rows(self, public: int, port: int | None) -> Sequence[Translation]:
        if port is None:
            return self._by_public.get(public, ())
        ranges = [row for row in self._ranges.get(public, ()) if row.port_from <= port <= row.port_to]
        return [*self._by_port.get((public, port), ()), *ranges]

    @staticmethod
    def _is_believed(logged_us: int, at_us: int, covered: intervals.Spans) -> bool:
        return at_us - logged_us <= NAT_MEMORY_US or intervals.is_within(covered, logged_us, at_us)


def _by_protocol(rows: Iterable[Translation]) -> Iterable[list[Translation]]:
    """The rows of each protocol, and those that name none."""
    found: dict[str | None, list[Translation]] = defaultdict(list)
    for row in rows:
        found[row.protocol].append(row)
    return found.values()


def _is_of(row: Translation, newest_us: int) -> bool:
    """True for the newest row; where no protocol is named, for those just before it too: they may be another one's."""
    return row.from_us >= newest_us - (NAT_REUSE_US if row.protocol is None else 0)


def strays(rows: Iterable[Egress], holdings: Sequence[Holding]) -> tuple[Egress, ...]:
    """The ways out that the NAT log saw the host's addresses use and that its register lines do not name."""
    held = {holding.address: holding.publics for holding in holdings}
    return tuple(e for e in rows if e.inner in held and not any(e.public in block for block in held[e.inner]))
