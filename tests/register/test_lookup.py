"""Whose machine an address or a name is, and under what else it is told, asked for many at once."""

import time

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


def test_many_subjects_are_asked_for_at_once(register, django_assert_max_num_queries):
    subjects = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1 << 16, (1 << 16) + 70_000)]
    started = time.monotonic()
    with django_assert_max_num_queries(8):
        assert aliases_of(subjects).keys() == {"10.1.0.1", "10.1.0.4", "10.1.0.5"}
        assert len(hosts_of(subjects[-5_000:], NOON)) == 536
    # Value by value it would take minutes.
    assert time.monotonic() - started < 60
