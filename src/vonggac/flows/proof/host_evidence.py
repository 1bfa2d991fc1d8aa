"""What is known about one host's case: the values that the rule `clean_host` judges.

Times are int64 microseconds since 1970 UTC, intervals half open.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

from vonggac.kernel import intervals
from vonggac.kernel.intervals import DAY, Spans

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Placement(StrEnum):
    """How sure it is that a contact was this host's."""

    OURS = "ours"
    NEEDS_NAT = "needs_nat"  # several hosts share the public address, and no NAT record tells which it was
    NEEDS_DHCP = "needs_dhcp"  # several hosts are said to have held the address at that time


@dataclass(frozen=True, slots=True)
class Holding:
    """An address that the host held over a time, and the public blocks that it then went out through."""

    address: Address
    from_us: int
    to_us: int
    publics: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Egress:
    """A public address that the NAT log saw this inner address use, whatever the register says."""

    inner: Address
    public: Address
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """When a declared sensor watched its networks.

    `awaited`: of these times the log is on its way, and can be expected until `expected_us`; `undelivered`: the sensor
    lived through them and is later than it usually is. Neither ever counts as watched. `unsure`: these times do not
    count because one of the files `taken_back`, of which no record read, may have been their log.
    """

    sensor: str
    kind: str
    networks: tuple[Network, ...]
    spans: Spans
    awaited: Spans = field(default_factory=intervals.nothing)
    undelivered: Spans = field(default_factory=intervals.nothing)
    expected_us: int = intervals.EVER
    unsure: Spans = field(default_factory=intervals.nothing)
    taken_back: tuple[str, ...] = ()

    def sees(self, block: Network | Address) -> bool:
        """True when the whole block, or the address, lies in one of the sensor's networks."""
        if isinstance(block, IPv4Address | IPv6Address):
            return any(block in network for network in self.networks)
        return any(_is_inside(block, network) for network in self.networks)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record of a contact that was, or may have been, this host's. `address` is our end, `peer` the C2."""

    at_us: int
    end_us: int
    kind: str
    sensor: str
    address: str
    peer: str
    placement: Placement = Placement.OURS


@dataclass(frozen=True, slots=True)
class Doubt:
    """A record that could not be read and may be a contact of this host's; at_us is None when it has no time.

    `file` is the log that holds it, `line` its 1-based line there, None where the whole file could not be read.
    """

    kind: str
    sensor: str
    at_us: int | None
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LaterList:
    """A list of a sender, and whether it carries the host; last_seen_us is the host's latest sighting in it.

    may_carry: it has a row that cannot be read and may mean the host.
    """

    name: str
    sender: str
    received_us: int
    carries: bool
    last_seen_us: int | None = None
    may_carry: bool = False


@dataclass(frozen=True, slots=True)
class HostEvidence:
    """Everything that is known about one host's case at `now_us`.

    c2_addresses and c2_names are those of all lists of the case's senders, c2_unread what stands there for a C2 and
    cannot be read. `senders` are those whose next list must come; `lists` are all their lists, the earlier ones do no
    harm. claimed_us is the last claim to be clean.
    """

    host: str
    now_us: int
    claimed_us: int | None
    c2_addresses: frozenset[str]
    c2_names: frozenset[str]
    holdings: tuple[Holding, ...]
    coverage: tuple[Coverage, ...]
    senders: frozenset[str]
    lists: tuple[LaterList, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    egresses: tuple[Egress, ...] = ()
    c2_unread: tuple[str, ...] = ()
    clean_days: int = 7
    gap_seconds: int = 60
    is_final: bool = False
    """No log is given a grace: what tells whose a contact was, and where the host was, is there or missing."""

    @property
    def watch_ends_us(self) -> int | None:
        """The end of the time that has to be covered; None without a claim."""
        return None if self.claimed_us is None else self.claimed_us + self.clean_days * DAY

    @property
    def needed_kinds(self) -> tuple[str, ...]:
        """The kinds of log that could show a contact with these C2s."""
        return tuple(kind for kind, known in (("flow", self.c2_addresses), ("dns", self.c2_names)) if known)


def direct_coverage(coverage: tuple[Coverage, ...], kind: str, address: Address) -> Spans:
    """When sensors of the kind watched this very address."""
    return intervals.union(
        intervals.nothing(), *(item.spans for item in coverage if item.kind == kind and item.sees(address))
    )


def _is_inside(block: Network, network: Network) -> bool:
    if isinstance(block, IPv4Network) and isinstance(network, IPv4Network):
        return block.subnet_of(network)
    if isinstance(block, IPv6Network) and isinstance(network, IPv6Network):
        return block.subnet_of(network)
    return False
