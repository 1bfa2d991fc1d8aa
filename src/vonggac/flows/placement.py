"""Which host stood behind a listed address: by NAT log, DHCP log and register, in that order of trust.

    public address, port, time → inner address (NAT) → host name (DHCP) → asset (register)

Nothing is guessed: a public address that several hosts share, without a NAT record for the moment, stays an address.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from vonggac.formats.nat_log import MOMENT_SECONDS
from vonggac.formats.traffic_tables import known_protocol

FOREVER_US = 2**61
MICROSECONDS = 1_000_000
MOMENT_TOLERANCE_US = MOMENT_SECONDS * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Span:
    """What stood behind an address from one moment to another (microseconds UTC), on these ports."""

    from_us: int
    to_us: int
    value: str
    port_from: int = 0
    port_to: int = 65_535
    protocol: str | None = None

    def holds(self, moment_us: int, port: int | None, protocol: str | None = None) -> bool:
        """True when the span covers the moment and the port; an unknown port fits only a span over every port.

        A port is one protocol's, and an unknown protocol may be any.
        """
        if not self.from_us <= moment_us < self.to_us or not _may_be_one(self.protocol, protocol):
            return False
        if port is None:
            return (self.port_from, self.port_to) == (0, 65_535)
        return self.port_from <= port <= self.port_to


@dataclass(frozen=True, slots=True)
class Host:
    """A host as far as it is known: its name (or address), the inner address, and the asset if the register has it."""

    name: str
    inner_address: str = ""
    asset_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A public address or block through which assets go out: how many, and one of them."""

    block: str
    assets: int
    asset_id: int


class HostFinder:
    """Answers “which host was it” for the addresses it was made for."""

    def __init__(
        self,
        translations: Mapping[str, Sequence[Span]],
        leases: Mapping[str, Sequence[Span]],
        addresses: Mapping[str, Sequence[Span]],
        assets_by_name: Mapping[str, int],
        pools: Iterable[Pool],
    ) -> None:
        """Spans by address: public → inner, inner → host name, any → asset identifier; and the pools."""
        self._translations = translations
        self._leases = leases
        self._addresses = addresses
        self._assets_by_name = assets_by_name
        self._pools = _Pools(pools)

    def find(self, address: str, port: int | None, seconds: int | None, protocol: str | None = None) -> Host | None:
        """The host behind a listed address at a time, None when nobody can say."""
        moment_us = None if seconds is None else seconds * MICROSECONDS
        if address in self._translations:
            inner = (
                None
                if moment_us is None
                else self._only(self._translations[address], moment_us, port, known_protocol(protocol))
            )
            return None if inner is None else self._host_at(inner, moment_us)
        if self._is_own(address):
            return self._host_at(address, moment_us)
        asset = self._pools.only_asset(address)
        return None if asset is None else Host(name="", asset_id=asset)

    def is_logged(self, address: str) -> bool:
        """True when a NAT or DHCP log tells of the address, at whatever time."""
        return address in self._translations or address in self._leases

    def _is_own(self, address: str) -> bool:
        return address in self._leases or address in self._addresses

    def _host_at(self, inner: str, moment_us: int | None) -> Host:
        """A DHCP record outranks the register for its address; where neither tells, the host is the address."""
        name = self._only(self._leases.get(inner, ()), moment_us, None)
        if name is not None:
            return Host(name, inner, self._assets_by_name.get(name))
        asset = self._only(self._addresses.get(inner, ()), moment_us, None)
        return Host(inner, inner, None if asset is None else int(asset))

    @staticmethod
    def _only(
        spans: Sequence[Span], moment_us: int | None, port: int | None, protocol: str | None = None
    ) -> str | None:
        """The one value that holds at the moment; None when none or several do. Without a moment: of all spans."""
        values = {span.value for span in spans if moment_us is None or span.holds(moment_us, port, protocol)}
        return values.pop() if len(values) == 1 else None


class _Pools:
    """An address that exactly one asset goes out through names that asset."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self._single: dict[str, list[Pool]] = defaultdict(list)
        self._blocks: list[tuple[IPv4Network | IPv6Network, Pool]] = []
        for pool in pools:
            for block in pool.block.split():
                network = ip_network(block, strict=False)
                if network.num_addresses == 1:
                    self._single[str(network.network_address)].append(pool)
                else:
                    self._blocks.append((network, pool))

    def only_asset(self, address: str) -> int | None:
        """The asset, when exactly one goes out through a pool that holds the address. O(blocks)."""
        found = list(self._single.get(address, ()))
        if self._blocks:
            number = ip_address(address)
            found += [pool for network, pool in self._blocks if number in network]
        return found[0].asset_id if len(found) == 1 and found[0].assets == 1 else None


def _may_be_one(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def translation_spans(rows: Iterable[Mapping[str, Any]], offsets_us: Mapping[str, int]) -> dict[str, list[Span]]:
    """Public address → spans of inner addresses, from rows of the lake with their sensor's clock put right."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for row in rows:
        offset = offsets_us.get(row["sensor"], 0)
        start, end = row["time_us"] - offset, row["end_us"] - (offset if row["end_us"] < FOREVER_US else 0)
        if row["time_us"] == row["end_us"]:
            # Half open: the last moment that the record speaks for is still inside, as in formats/nat_log.py.
            start, end = start - MOMENT_TOLERANCE_US, end + MOMENT_TOLERANCE_US + 1
        inner = _text(row["inner_v4"], row["inner_v6"])
        spans[_text(row["public_v4"], row["public_v6"])].append(
            Span(start, end, inner, row["port_from"], row["port_to"], row.get("protocol"))
        )
    return dict(spans)


def lease_spans(rows: Iterable[Mapping[str, Any]], offsets_us: Mapping[str, int]) -> dict[str, list[Span]]:
    """Inner address → spans of host names."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for row in rows:
        offset = offsets_us.get(row["sensor"], 0)
        end = row["end_us"] - (offset if row["end_us"] < FOREVER_US else 0)
        spans[_text(row["address_v4"], row["address_v6"])].append(Span(row["time_us"] - offset, end, row["host"]))
    return dict(spans)


def _text(v4: int | None, v6: str | None) -> str:
    return str(ip_address(v4)) if v4 is not None else str(v6)
