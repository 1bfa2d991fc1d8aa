"""Who held an address at a moment, and what a NAT log tells, against a reckoning that asks every line about itself."""

from ipaddress import ip_address, ip_network
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vonggac.flows.proof.addresses import (
    NAT_JITTER_US,
    NAT_MEMORY_US,
    NAT_REUSE_US,
    AddressLine,
    Lease,
    Translation,
    Translations,
    directory,
)
from vonggac.flows.proof.host_evidence import Egress
from vonggac.kernel import intervals
from vonggac.kernel.intervals import EVER, FOREVER

HOSTS = st.sampled_from(("h1", "h2", "h3"))
INNER = [ip_address(text) for text in ("10.0.0.1", "10.0.0.2", "2001:db8::1")]
PUBLIC = [ip_address(text) for text in ("203.0.113.1", "203.0.113.9")]
POOLS = [ip_network(text) for text in ("203.0.113.0/29", "203.0.113.1/32", "203.0.113.0/24")]
MOMENTS = range(12)
STRETCHES = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(sorted).map(tuple)
LINES = st.lists(
    st.tuples(HOSTS, st.sampled_from(INNER), st.just((EVER, FOREVER)) | STRETCHES, st.sets(st.sampled_from(POOLS))).map(
        lambda it: AddressLine(it[0], it[1], *it[2], tuple(it[3]))
    ),
    max_size=5,
)
LEASES = st.lists(
    st.tuples(HOSTS, st.sampled_from(INNER), STRETCHES).map(lambda it: Lease(it[0], it[1], *it[2])), max_size=4
)


def holders(lines, leases, address, at) -> set[str]:
    """Whoever leased it; where nobody did, whom the register names."""
    leased = {one.host for one in leases if one.address == address and one.from_us <= at < one.to_us}
    named = {one.host for one in lines if one.address == address and one.from_us <= at < one.to_us}
    return leased or named


def sharers(lines, leases, strays, public, at) -> set[str]:
    """Hosts that then held an address and may have gone out through the public one.

    A lease goes out wherever its host or its address does, by the register at any time.
    """
    found = set()
    for inner in INNER:
        leased = [one for one in leases if one.address == inner and one.from_us <= at < one.to_us]
        for lease in leased:
            pools = [
                pool for one in lines if lease.host == one.host or lease.address == one.address for pool in one.nat_pool
            ]
            if any(public in pool for pool in pools):
                found.add(lease.host)
        if not leased:
            found |= {
                one.host
                for one in lines
                if one.address == inner and one.from_us <= at < one.to_us and any(public in p for p in one.nat_pool)
            }
    for one in strays:
        if one.public == public:
            found |= holders(lines, leases, one.inner, at) or {str(one.inner)}
    return found


@given(LINES, LEASES, st.lists(st.tuples(st.sampled_from(INNER), st.sampled_from(PUBLIC)), max_size=2))
def test_holders_and_sharers_are_those_of_the_lines_themselves(lines, leases, seen):
    strays = [Egress(inner, public, 0, 1) for inner, public in seen]
    known = directory(lines, leases)
    for one in strays:
        known.strays.setdefault(one.public, set()).add(one.inner)
    for at in MOMENTS:
        for address in (*INNER, *PUBLIC):
            assert known.holders(address, at) == holders(lines, leases, address, at)
        for public in PUBLIC:
            assert known.sharers(public, at) == sharers(lines, leases, strays, public, at)


# Steps around which the rule changes its mind: the jitter, the reuse and the memory of a NAT.
STEPS = sorted({0, NAT_JITTER_US, NAT_JITTER_US + 1, NAT_REUSE_US, NAT_REUSE_US + 1, NAT_MEMORY_US, NAT_MEMORY_US + 1})
MOMENTS_OF_NAT = [base + step for base in (0, NAT_MEMORY_US) for step in STEPS]
TIMES = st.sampled_from((0, NAT_REUSE_US)) | st.sampled_from(MOMENTS_OF_NAT)
PROTOCOLS = st.sampled_from((None, "tcp", "tcp", "udp"))


@st.composite
def translations(draw) -> Translation:
    start = draw(TIMES)
    end = start if draw(st.booleans()) else max(start + 1, draw(TIMES))
    ports = draw(st.sampled_from(((1, 1), (2, 2), (1, 5))))
    return Translation(
        draw(st.sampled_from((PUBLIC[0], *PUBLIC))), draw(st.sampled_from(INNER)), start, end, *ports, draw(PROTOCOLS)
    )


def by_line(rows, public, port, protocol, at, covered) -> set:
    """The inner addresses that a person reading the log line by line would name."""
    mine = [
        one
        for one in rows
        if one.public == public
        and (port is None or one.port_from <= port <= one.port_to)
        and (protocol is None or one.protocol is None or one.protocol == protocol)
    ]
    running = {one.inner for one in mine if one.from_us <= at < one.to_us}
    if port is None:
        is_sure = all(one.from_us < one.to_us for one in mine) and any(a <= at < b for a, b in covered)
        return running if is_sure else set()
    soon = {one.inner for one in mine if at < one.from_us <= at + NAT_JITTER_US}
    found = running | soon
    for kind in {one.protocol for one in mine}:
        moments = [one for one in mine if one.protocol == kind and one.from_us == one.to_us <= at]
        newest = max((one.from_us for one in moments), default=None)
        if newest is None:
            continue
        is_fresh = at - newest <= NAT_MEMORY_US or any(a <= newest and at <= b for a, b in covered)
        if soon or is_fresh:
            reuse = NAT_REUSE_US if kind is None else 0
            found |= {one.inner for one in moments if one.from_us >= newest - reuse}
    return found


@example(
    [
        Translation(PUBLIC[0], INNER[0], 0, 0, 1, 1, "tcp"),
        Translation(PUBLIC[0], INNER[1], NAT_REUSE_US, NAT_REUSE_US, 1, 1, "tcp"),
    ],
    [],
)
@settings(max_examples=100)
@given(st.lists(translations(), min_size=2, max_size=8), st.lists(st.tuples(TIMES, TIMES), max_size=2))
def test_a_nat_log_tells_what_its_lines_tell(rows, watched):
    known, covered = Translations(rows), intervals.spans(*watched)
    spans = list(intervals.pairs(covered))
    for public, port, protocol, at in product(PUBLIC, (None, 1, 3), (None, "tcp"), MOMENTS_OF_NAT):
        told = known.inner(public, port, protocol, at, covered)
        assert told == by_line(rows, public, port, protocol, at, spans), (public, port, protocol, at)
