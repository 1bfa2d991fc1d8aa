"""Owners by time against the plain definition: the longest block in force at the moment."""

from ipaddress import ip_address, ip_network
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.kernel import addresses
from vonggac.kernel.network_history import ALWAYS, EVER, History

BLOCKS = ["192.0.2.0/24", "192.0.2.0/25", "192.0.2.64/26", "2001:db8::/32", "2001:db8::/48"]
LISTED = ["192.0.2.1", "192.0.2.70", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db8:7::1"]
MOMENTS = st.integers(0, 12)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Rows (block, begin, end) in which no block is held twice at once."""
    rows = []
    for block in BLOCKS:
        turns = sorted(draw(st.sets(MOMENTS, max_size=4)))
        edges = [ALWAYS, *turns, EVER]
        spans = list(pairwise(edges))
        rows += [(block, *span) for span in spans if draw(st.booleans())]
    return rows


def owner_by_definition(rows: list[tuple[str, int, int]], address: str, moment: int) -> int:
    around = [
        (ip_network(block).prefixlen, place)
        for place, (block, begin, end) in enumerate(rows)
        if ip_address(address) in ip_network(block) and begin <= moment < end
    ]
    return max(around, default=(0, -1))[1]


@given(histories(), st.lists(st.tuples(st.sampled_from(LISTED), MOMENTS)))
def test_every_row_has_the_owner_of_its_own_moment(
    rows: list[tuple[str, int, int]], asked: list[tuple[str, int]]
) -> None:
    history = History.of(
        [row[0] for row in rows], [str(place) for place in range(len(rows))],
        [row[1] for row in rows], [row[2] for row in rows],
    )  # fmt: skip
    listed = addresses.from_packed([ip_address(address).packed for address, _ in asked])
    found = history.owners(listed, np.array([moment for _, moment in asked], np.int64))
    assert found.tolist() == [owner_by_definition(rows, *one) for one in asked]


def test_a_stretch_is_compiled_once_however_many_of_its_moments_are_asked() -> None:
    history = History.of(["192.0.2.0/24"] * 2, ["A", "B"], [ALWAYS, 14], [14, EVER])
    assert history.at(1) is history.at(13)
    assert history.at(14) is history.at(99)
    assert history.at(13) is not history.at(14)
