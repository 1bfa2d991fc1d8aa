"""Ways out are compared by the addresses that they hold."""

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from vonggac.flows.placement import HostFinder, Pool
from vonggac.flows.pools import overlapping

BLOCKS = st.builds(
    lambda last, length: str(ip_network(f"203.0.113.{last}/{length}", strict=False)),
    st.integers(0, 255), st.integers(26, 32),
)  # fmt: skip


@given(st.sets(BLOCKS, max_size=5), st.sets(BLOCKS, max_size=8))
def test_those_that_share_an_address_are_found(own: set[str], known: set[str]) -> None:
    shared = {k for k in known if any(ip_network(k).overlaps(ip_network(o)) for o in own)}
    assert overlapping(own, known) == shared


def test_spellings_of_one_address_are_one_way_out() -> None:
    known = {"203.0.113.1", "203.0.113.1/32", "203.0.113.0/30", "203.0.113.2", "2001:db8::1/128"}
    assert overlapping({"203.0.113.1"}, known) == {"203.0.113.1", "203.0.113.1/32", "203.0.113.0/30"}
    assert overlapping({"2001:db8::/64"}, known) == {"2001:db8::1/128"}


def test_an_address_that_two_spellings_of_a_pool_hold_names_no_single_host() -> None:
    pools = [Pool("203.0.113.1", 1, 7), Pool("203.0.113.1/32", 1, 8)]
    assert HostFinder({}, {}, {}, {}, pools).find("203.0.113.1", 40_000, 0) is None
    assert HostFinder({}, {}, {}, {}, pools[:1]).find("203.0.113.1", 40_000, 0) is not None
