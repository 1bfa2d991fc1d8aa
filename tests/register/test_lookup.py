"""Whose machine an address or a name is, and under what else it is told, asked for many at once."""

import time
from ipaddress import ip_address, ip_network

import pytest

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.register.lookup import aliases_of, hosts_of
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
ASSETS = """name,kind,organisation,address,address_to
PC-1,workstation,so-y-te,10.1.0.1,
PC-1,workstation,so-y-te,2001:db8::1,
PC-1,workstation,so-y-te,10.1.0.99,2020-01-01T00:00:00Z
PC-2,workstation,so-y-te,10.1.0.2,
PC-3,workstation,so-tttt,10.1.0.2,
TWIN,workstation,so-y-te,10.1.0.4,
TWIN,workstation,so-tttt,10.1.0.5,
"""


@pytest.fixture
def register(people):
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n10.1.0.0/16,so-y-te\n2001:db8::/32,so-y-te\n")
        bring_in("assets", ASSETS)
        yield


@pytest.mark.parametrize(
    ("subject", "aliases"),
    [
        ("PC-1", {"10.1.0.1", "2001:db8::1"}),
        ("10.1.0.1", {"PC-1", "2001:db8::1"}),
        ("2001:DB8:0::1", {"PC-1", "10.1.0.1"}),
        ("10.1.0.99", None),  # it was its address once
        ("PC-2", set()),  # its address is another's too
        ("10.1.0.2", None),
        ("TWIN", None),  # two offices have one of this name
        ("10.1.0.4", set()),
        ("10.1.0.200", None),
        ("?", None),
    ],
)
def test_a_machine_is_told_under_what_names_it_alone(register, subject, aliases):
    assert aliases_of([subject]).get(subject) == aliases


def test_an_address_is_of_who_has_the_longest_block_around_it(people):
    blocks = {"10.0.0.0/8": "so-y-te", "10.1.0.0/16": "so-tttt", "10.1.128.0/17": "so-y-te", "10.1.200.7/32": "so-tttt",
              "2001:db8::/32": "so-y-te", "2001:db8:8000::/33": "so-tttt", "2001:db8::7/128": "so-tttt"}  # fmt: skip
    asked = ["9.255.255.255", "10.0.0.0", "10.1.127.255", "10.1.128.0", "10.1.200.7", "10.1.200.8", "11.0.0.0",
             "2001:db8::", "2001:db8::7", "2001:db8::8", "2001:db8:8000::", "2001:db9::"]  # fmt: skip
    around = {
        text: max(
            (one for one in map(ip_network, blocks) if ip_address(text) in one),
            key=lambda one: one.prefixlen,
            default=None,
        )
        for text in asked
    }
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n" + "".join(f"{block},{code}\n" for block, code in blocks.items()))
        found = {text: host.organisation.code for text, host in hosts_of(asked, NOON).items()}
    assert found == {text: blocks[str(block)] for text, block in around.items() if block}


def test_many_subjects_are_asked_for_at_once(register, django_assert_max_num_queries):
    subjects = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1 << 16, (1 << 16) + 70_000)]
    started = time.monotonic()
    with django_assert_max_num_queries(8):
        assert aliases_of(subjects).keys() == {"10.1.0.1", "10.1.0.4", "10.1.0.5"}
        assert len(hosts_of(subjects[-5_000:], NOON)) == 536
    # Value by value it would take minutes.
    assert time.monotonic() - started < 60
