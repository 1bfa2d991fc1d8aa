import ipaddress
import re
import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.outer_data import outer_data
from vonggac.errors import InputError
from vonggac.kernel import addresses, networks


def owner_by_brute_force(blocks: list[str], address: str) -> int:
    """The index of the longest block around an address, the last among equals; −1 for nobody."""
    best, best_length = -1, -1
    parsed = ipaddress.ip_address(address)
    for index, block in enumerate(blocks):
        network = ipaddress.ip_network(block, strict=False)
        if parsed.version == network.version and parsed in network and network.prefixlen >= best_length:
            best, best_length = index, network.prefixlen
    return best


def ipv4_numbers(texts: list[str]) -> np.ndarray:
    found = addresses.parse_ipv4_column(texts)
    assert found is not None
    return found


def mixed(texts: list[str]) -> addresses.Addresses:
    return addresses.from_packed([ipaddress.ip_address(text).packed for text in texts])


# Few distinct high bits, so that blocks nest and addresses hit them.
ipv4_values = st.one_of(
    st.integers(0, 2**32 - 1),
    st.integers(0, 1023).map(lambda low: 0xC0000200 + low),
    st.sampled_from([0, 255, 256, 2**32 - 1, 2**32 - 256, 2**31]),
)
ipv4_blocks = st.builds(
    lambda value, length: f"{ipaddress.IPv4Address(value)}/{length}", ipv4_values, st.integers(0, 32)
)
ipv6_values = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**10).map(lambda low: (0x20010DB8 << 96) + low),
    st.integers(0, 2**10).map(lambda low: (0x20010DB8 << 96) + (low << 56)),
    st.sampled_from([0, 2**128 - 1, 2**64, 2**64 - 1]),
)
ipv6_blocks = st.builds(
    lambda value, length: f"{ipaddress.IPv6Address(value)}/{length}", ipv6_values, st.integers(0, 128)
)


@settings(max_examples=60)
@given(blocks=st.lists(ipv4_blocks, max_size=25), values=st.lists(ipv4_values, min_size=1, max_size=25))
def test_the_longest_ipv4_block_answers_as_by_brute_force(blocks: list[str], values: list[int]) -> None:
    register = networks.compile(blocks, blocks)
    found = networks.owners(register, np.array(values, np.uint32))
    assert found.tolist() == [owner_by_brute_force(blocks, str(ipaddress.IPv4Address(value))) for value in values]


@settings(max_examples=60)
@given(
    blocks=st.lists(st.one_of(ipv6_blocks, ipv4_blocks), max_size=25),
    values=st.lists(ipv6_values, min_size=1, max_size=25),
)
def test_the_longest_ipv6_block_answers_as_by_brute_force(blocks: list[str], values: list[int]) -> None:
    register = networks.compile(blocks, blocks)
    hi = np.array([value >> 64 for value in values], np.uint64)
    lo = np.array([value & (2**64 - 1) for value in values], np.uint64)
    found = networks.owners_ipv6(register, hi, lo)
    assert found.tolist() == [owner_by_brute_force(blocks, str(ipaddress.IPv6Address(value))) for value in values]


@settings(max_examples=5)
@given(blocks=st.lists(ipv4_blocks, max_size=25), values=st.lists(ipv4_values, min_size=1, max_size=25))
def test_the_index_gives_the_same_owners_as_the_ranges(blocks: list[str], values: list[int]) -> None:
    register = networks.compile(blocks, blocks)
    wanted = np.array(values, np.uint32)
    assert (
        networks.owners_indexed(networks.index(register), wanted).tolist() == networks.owners(register, wanted).tolist()
    )


def test_real_nested_prefixes_give_the_owners_that_pytricia_gives() -> None:
    lines = outer_data("feeds/vn_bgp_prefixes_2014.tsv").read_text().splitlines()
    blocks = [line.split("\t")[0] for line in lines]
    pytricia = pytest.importorskip("pytricia", reason="the oracle has no wheel and could not be built here")
    oracle = pytricia.PyTricia(32)
    for index, block in enumerate(blocks):
        oracle[block] = index
    listed = [line.split("\t")[0] for line in outer_data("feeds/ipsum_vn.tsv").read_text().splitlines()]
    register = networks.compile(blocks, blocks)
    found = networks.owners(register, ipv4_numbers(listed)).tolist()
    assert found == [oracle.get(address, -1) for address in listed]
    assert sum(index >= 0 for index in found) > 800
    assert networks.owners_indexed(networks.index(register), ipv4_numbers(listed)).tolist() == found


def test_addresses_of_both_families_are_answered_in_their_order() -> None:
    register = networks.compile(["192.0.2.0/24", "2001:db8::/32", "2001:db8:1::/48"], ["A", "B", "C"])
    listed = mixed(["2001:db8:1::5", "192.0.2.9", "2001:db8:2::1", "198.51.100.1", "2002::"])
    assert networks.owners_mixed(register, listed).tolist() == [2, 0, 1, -1, -1]


def test_an_empty_register_answers_nobody() -> None:
    register = networks.compile([], [])
    assert networks.owners_mixed(register, mixed(["192.0.2.1", "2001:db8::1"])).tolist() == [-1, -1]
    assert networks.owners_indexed(networks.index(register), ipv4_numbers(["192.0.2.1"])).tolist() == [-1]


def test_the_default_routes_own_everything() -> None:
    register = networks.compile(["0.0.0.0/0", "::/0"], ["A", "B"])
    listed = mixed(["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])  # noqa: S104  no socket
    assert networks.owners_mixed(register, listed).tolist() == [0, 0, 1, 1]


def test_of_equal_blocks_the_last_wins() -> None:
    register = networks.compile(["192.0.2.0/24", "192.0.2.7/24"], ["A", "B"])
    assert networks.owners(register, ipv4_numbers(["192.0.2.1"])).tolist() == [1]


def test_host_bits_are_cut_and_a_bare_address_is_a_block_of_one() -> None:
    register = networks.compile(["192.0.2.77/25", "198.51.100.4", "2001:DB8::1/32", "2001:db8::7"], list("ABCD"))
    assert register.networks == ["192.0.2.0/25", "198.51.100.4/32", "2001:db8::/32", "2001:db8::7/128"]
    assert networks.owners(register, ipv4_numbers(["192.0.2.1", "198.51.100.4", "198.51.100.5"])).tolist() == [0, 1, -1]


@pytest.mark.parametrize("text", ["", "192.0.2.0/33", "192.0.2/24", "192.0.2.0/-1", "2001:db8::/129", "x", "1.2.3.4/²"])
def test_what_is_no_block_raises_an_error_that_shows_it(text: str) -> None:
    assert networks.parse_block(text) is None
    with pytest.raises(InputError, match="not a network"):
        networks.compile(["192.0.2.0/24", text], ["A", "B"])


def test_networks_and_organisations_have_to_pair_up() -> None:
    with pytest.raises(InputError, match="do not pair up"):
        networks.compile(["192.0.2.0/24"], [])


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        (" 192.0.2.1 ", "192.0.2.1", None),
        ("192[.]0[.]2[.]1", "192.0.2.1", None),
        ("192.0.2[dot]1", "192.0.2.1", None),
        ("192.0.2.1:8080", "192.0.2.1", 8080),
        ("192.0.2.1:99999", "192.0.2.1", None),
        ("[2001:DB8::1]:443", "2001:db8::1", 443),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("2001:0db8:0000::0001", "2001:db8::1", None),
        ("::ffff:192.0.2.1", "192.0.2.1", None),
        ("192.0.2.1/32", "192.0.2.1", None),
        ("2001:db8::1/128", "2001:db8::1", None),
        ('"192.0.2.1"', "192.0.2.1", None),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, address: str, port: int | None) -> None:
    parsed = addresses.parse(text)
    assert parsed is not None
    assert (parsed.text, parsed.port) == (address, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1.5",
        "192.0.2.0/24",
        "010.0.0.1",
        "example.com",
        "1:2",
        "12345",
        "192.0.2.1 x",
        "1.2.3.4\x00",
    ],
)
def test_what_is_not_exactly_one_address_is_none(text: str) -> None:
    assert addresses.parse(text) is None


@given(st.ip_addresses())
@settings(max_examples=100)
def test_every_address_comes_back_in_canonical_text(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    parsed = addresses.parse(address.exploded)
    assert parsed is not None
    mapped = getattr(address, "ipv4_mapped", None)
    assert ipaddress.ip_address(parsed.text) == (mapped or address)


def test_a_column_of_plain_ipv4_is_read_at_once_and_any_other_is_refused() -> None:
    assert addresses.parse_ipv4_column(["192.0.2.1", "0.0.0.1"]).tolist() == [0xC0000201, 1]  # type: ignore[union-attr]
    assert addresses.parse_ipv4_column([]).tolist() == []  # type: ignore[union-attr]
    assert addresses.parse_ipv4_column(["192.0.2.1", "2001:db8::1"]) is None


def parse_at_line_starts(lines: list[bytes]) -> list[tuple[int, int] | None]:
    """(value, length) of the address that begins each line."""
    text = b"".join(line + b"\n" for line in lines)
    starts = np.array([0, *np.cumsum([len(line) + 1 for line in lines])][:-1], np.intp)
    value, after = addresses.parse_ipv4_at(np.frombuffer(text + bytes(16), np.uint8), starts)
    return [
        (number, end - start) if end >= 0 else None
        for number, end, start in zip(value.tolist(), after.tolist(), starts.tolist(), strict=True)
    ]


def read_by_pattern(line: bytes) -> tuple[int, int] | None:
    match = re.match(rb"((?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d))(?!\d)", line)
    return (int.from_bytes(socket.inet_aton(match[1].decode())), match.end()) if match else None


def test_the_address_that_begins_each_line_is_read_with_its_length() -> None:
    lines = [b"192.0.2.1 443 tcp", b"0.0.0.0", b"255.255.255.255,x", b"1.2.3.4:80", b"1.2.3.4.5"]
    assert parse_at_line_starts(lines) == [
        (0xC0000201, 9), (0, 7), (0xFFFFFFFF, 15), (0x01020304, 7), (0x01020304, 7)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["01.2.3.4", "1.2.3", "1.2.3.256", "x", "", "1..2.3", "1234.1.1.1", "192.168.100.2000", "1.2:3.4", "1:2.3.4",
     "1.2.3:4", ".1.2.3.4", " 1.2.3.4", "1.2.3.", "١.2.3.4", "\xff\xff1.2.3.4", "12345678", "2001:db8::1"],
)  # fmt: skip
def test_a_line_that_begins_otherwise_has_no_address(line: str) -> None:
    assert parse_at_line_starts([line.encode()]) == [None]


@given(st.lists(st.one_of(
    st.ip_addresses(v=4).map(lambda one: str(one).encode()),
    st.from_regex(rb"[0-9.]{0,18}", fullmatch=True), st.binary(max_size=18).map(lambda raw: raw.replace(b"\n", b"")),
), max_size=20))  # fmt: skip
def test_addresses_are_found_as_a_pattern_finds_them(lines: list[bytes]) -> None:
    assert parse_at_line_starts(lines) == [read_by_pattern(line) for line in lines]
