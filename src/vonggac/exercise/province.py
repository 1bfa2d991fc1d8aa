"""The invented province: its organisations, and the networks and hosts each of them answers for."""

import ipaddress
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from vonggac.exercise.names import COMMUNES, DEPARTMENTS, ENTERPRISES, INSTITUTIONS, PROVINCE

HOSTS_AT_SCALE_ONE = 6_000
ORGANISATIONS_AT_SCALE_ONE = 30

# What is special about an organisation's logs. The first thirty organisations carry each of these once or more, so that
# a small province shows every reason a host can be unobservable for; further ones are drawn from the same bag.
PROFILES = (
    *["diligent"] * 4, *["plain"] * 3, *["rotation"] * 4, *["short_gaps"] * 2, *["late"] * 3,
    "clock_fast", "clock_slow", "watchful", *["border"] * 2,
    "flow_dead", "flow_gaps", "dns_never", "rotation_short_file", "rotation_lost_file", "quiet_sensor",
    "nat_not_logged", "half_seen", "dhcp_lost",
)  # fmt: skip
BORDER_PROFILES = frozenset({"border", "nat_not_logged"})
TEXT_FORMATS = ("zeek-tsv", "zeek-json", "csv", "syslog")
FIRST_SLOT = 256
UPPER_HALF = 32_768


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation with its hosts as counts and addresses; workstation *slots* are addresses, not machines.

    Slot `s` is the inner address at position `s` of `inner`; the workstation `w` starts at slot `w`. Slots past
    `workstations` are spare: hosts move there.
    """

    index: int
    code: str
    name: str
    kind: str
    parent: str
    profile: str
    inner: ipaddress.IPv4Network
    server_addresses: tuple[str, ...]
    server_networks: tuple[str, ...]
    pool_addresses: tuple[str, ...]
    pool_networks: tuple[str, ...]
    six: ipaddress.IPv6Network | None
    workstations: int
    is_dhcp: bool
    flow_format: str
    dns_format: str

    @property
    def is_border(self) -> bool:
        """Whether the flow sensor stands outside the NAT and sees public addresses only."""
        return self.profile in BORDER_PROFILES

    @property
    def slots(self) -> int:
        """How many inner addresses are in use or spare."""
        return self.workstations + max(8, self.workstations // 8)

    @property
    def port_width(self) -> int:
        """How many ports of its public address the NAT gives one inner address, for good."""
        sharing = math.ceil(self.slots / max(1, len(self.pool_addresses)))
        return max(16, min(1_000, 64_000 // sharing))

    def slot_offset(self, slot: int) -> int:
        """The position of a slot in the inner network; half-seen ones have every second slot in their upper half."""
        if self.profile == "half_seen":
            return FIRST_SLOT + slot // 2 + (UPPER_HALF if slot % 2 else 0)
        return FIRST_SLOT + slot

    def slot_address(self, slot: int) -> str:
        """The inner address of a slot."""
        return str(self.inner[self.slot_offset(slot)])

    def pool_of(self, slot: int) -> str:
        """The public address that a slot goes out through."""
        return self.pool_addresses[slot % len(self.pool_addresses)]

    def first_port(self, slot: int) -> int:
        """The first of the `port_width` ports that the NAT gives a slot."""
        return 1_024 + slot // len(self.pool_addresses) * self.port_width

    def workstation_name(self, workstation: int) -> str:
        """The asset name of a workstation."""
        return f"{self.code}-may-{workstation:05d}"

    def server_name(self, server: int) -> str:
        """The asset name of a server."""
        return f"{self.code}-mc-{server:03d}"

    def six_address(self, server: int) -> str:
        """The IPv6 address of a server; only organisations with a `six` network have any."""
        if self.six is None:
            raise ValueError(f"{self.code} has no IPv6 network")
        return str(self.six[0x100 + server])


@dataclass(frozen=True, slots=True)
class Province:
    """The whole: its organisations (the first is the root) and the addresses a given list put into it."""

    organisations: tuple[Organisation, ...]
    given: frozenset[str] = field(default_factory=frozenset)

    @property
    def hosts(self) -> int:
        """How many servers and workstations there are."""
        return sum(len(one.server_addresses) + one.workstations for one in self.organisations)


@dataclass(frozen=True, slots=True)
class PublicSpace:
    """The public addresses of one organisation, apart for servers and for the NAT."""

    servers: tuple[str, ...]
    server_networks: tuple[str, ...]
    pool: tuple[str, ...]
    pool_networks: tuple[str, ...]


def build_province(rng: np.random.Generator, *, scale: float = 1.0, given: Sequence[str] = ()) -> Province:
    """The province at a scale, or around the public addresses of a given list.

    Organisations grow with the square root of the scale, so that national size has a nation's number of units.
    """
    count = max(ORGANISATIONS_AT_SCALE_ONE, round(ORGANISATIONS_AT_SCALE_ONE * math.sqrt(scale)))
    count = min(count, 310)  # one inner /16 each: 255 in 10.0.0.0/8 and 64 in 100.64.0.0/10
    spaces = _given_spaces(given, count, rng) if given else _documentation_spaces(count)
    hosts = max(count * 12, round(HOSTS_AT_SCALE_ONE * scale) - sum(len(one.servers) for one in spaces))
    sizes = _sizes(rng, hosts, count)
    profiles = _profiles(rng, count)
    organisations = [
        _organisation(rng, index, profiles[index], spaces[index], int(sizes[index])) for index in range(count)
    ]
    return Province(tuple(organisations), frozenset(given))


def _organisation(
    rng: np.random.Generator, index: int, profile: str, space: PublicSpace, workstations: int
) -> Organisation:
    code, name, kind, parent = _identity(index)
    text = workstations < 3_000 and index % 5 == 2
    formats = [TEXT_FORMATS[(index // 5 + shift) % 4] if text else "parquet" for shift in (0, 1)]
    if formats[1] == "syslog":
        formats[1] = "csv"
    return Organisation(
        index=index, code=code, name=name, kind=kind, parent=parent, profile=profile,
        inner=_inner_network(index),
        server_addresses=space.servers, server_networks=space.server_networks,
        pool_addresses=space.pool, pool_networks=space.pool_networks,
        six=ipaddress.IPv6Network(f"2001:db8:{index + 1:x}::/48") if index % 4 == 1 else None,
        workstations=max(workstations, 2 * len(space.pool)),
        is_dhcp=profile == "dhcp_lost" or (profile not in BORDER_PROFILES and bool(rng.random() < 0.5)),
        flow_format=formats[0], dns_format=formats[1],
    )  # fmt: skip


def _identity(index: int) -> tuple[str, str, str, str]:
    """(code, name, kind, parent's code) of the unit at a place: the root, departments and what is below, communes."""
    known = _UNITS[index : index + 1]
    if known:
        return known[0]
    number = index - len(_UNITS)
    turn, place = divmod(number, len(COMMUNES))
    name = COMMUNES[place] if turn == 0 else f"{COMMUNES[place]} {turn + 1}"
    return f"hv-x{number + 1:03d}", f"UBND {name}", "commune", "hv"


def _units() -> Iterator[tuple[str, str, str, str]]:
    yield "hv", f"UBND tỉnh {PROVINCE}", "province", ""
    for number, name in enumerate(DEPARTMENTS, start=1):
        yield f"hv-s{number:02d}", name, "department", "hv"
    for number, (name, kind, above) in enumerate(INSTITUTIONS, start=1):
        yield f"hv-d{number:02d}", name, kind, "hv" if above is None else f"hv-s{above + 1:02d}"
    for number, (name, kind) in enumerate(ENTERPRISES, start=1):
        yield f"hv-e{number:02d}", name, kind, "hv"


_UNITS = tuple(_units())


def _profiles(rng: np.random.Generator, count: int) -> list[str]:
    first = [str(one) for one in rng.permutation(np.array(PROFILES))]
    return [*first, *(str(one) for one in rng.choice(np.array(PROFILES), size=max(0, count - len(first))))][:count]


def _sizes(rng: np.random.Generator, hosts: int, count: int) -> np.ndarray:
    weights = rng.gamma(1.5, size=count) + 0.3
    shares = weights / weights.sum() * max(0, hosts - 12 * count)
    sizes: np.ndarray = np.minimum(12 + shares.astype(np.int64), 28_000)
    return sizes


def _inner_network(index: int) -> ipaddress.IPv4Network:
    if index < 255:
        return ipaddress.IPv4Network(f"10.{index + 1}.0.0/16")
    return ipaddress.IPv4Network(f"100.{64 + index - 255}.0.0/16")


def _documentation_spaces(count: int) -> list[PublicSpace]:
    """A /28 of the documentation networks each, or a /25 of the benchmarking range where those are too few."""
    if count <= 48:
        wholes = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
        blocks = [block for whole in wholes for block in ipaddress.IPv4Network(whole).subnets(new_prefix=28)]
    else:
        blocks = list(ipaddress.IPv4Network("198.18.0.0/16").subnets(new_prefix=25))
    spaces = []
    for block in blocks[:count]:
        servers, pool = block.subnets(prefixlen_diff=1)
        spaces.append(PublicSpace(tuple(map(str, servers)), (str(servers),), tuple(map(str, pool)), (str(pool),)))
    return spaces


def _given_spaces(given: Sequence[str], count: int, rng: np.random.Generator) -> list[PublicSpace]:
    """The given addresses dealt out by /24 (IPv6: /64), every fifth block behind a NAT, the others servers.

    An organisation that gets no NAT block has one of the benchmarking range.
    """
    blocks: dict[str, list[str]] = {}
    for address in given:
        prefix = 24 if ":" not in address else 64
        blocks.setdefault(str(ipaddress.ip_network(f"{address}/{prefix}", strict=False)), []).append(address)
    dealt: list[list[tuple[str, list[str]]]] = [[] for _ in range(count)]
    names = sorted(blocks)
    for turn, place in enumerate(rng.permutation(len(names))):
        dealt[turn % count].append((names[int(place)], blocks[names[int(place)]]))
    return [_given_space(share, index) for index, share in enumerate(dealt)]


def _given_space(share: list[tuple[str, list[str]]], index: int) -> PublicSpace:
    pools = [one for turn, one in enumerate(share) if turn % 5 == 4 and ":" not in one[0]]
    servers = [one for one in share if one not in pools]
    if not pools:
        # no spare block of its own: a /27 of the benchmarking range, which no list names
        own = ipaddress.IPv4Network((int(ipaddress.IPv4Address("198.18.0.0")) + 32 * index, 27))
        pools = [(str(own), [str(one) for one in own])]
    return PublicSpace(
        tuple(address for _, block in servers for address in block), tuple(network for network, _ in servers),
        tuple(address for _, block in pools for address in block), tuple(network for network, _ in pools),
    )  # fmt: skip
