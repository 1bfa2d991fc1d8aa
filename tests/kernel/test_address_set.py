import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.kernel.address_set import AddressSet

# Few distinct high bits, so that ranges overlap and addresses hit them.
ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1),
    st.integers(0xC0000100, 0xC0000500),
    st.sampled_from([0, 1, 255, 256, 2**32 - 1, 2**32 - 256, 2**31]),
)
RANGES = st.tuples(ADDRESSES, st.integers(0, 24)).map(
    lambda pair: (pair[0], min(pair[0] + (1 << pair[1]) - 1, 2**32 - 1))
)


def set_of(ranges: list[tuple[int, int]]) -> AddressSet:
    return AddressSet.of(
        np.array([first for first, _ in ranges], np.uint32), np.array([last for _, last in ranges], np.uint32)
    )


@settings(max_examples=60)
@given(st.lists(RANGES, max_size=12), st.lists(ADDRESSES, max_size=40))
def test_the_places_are_those_that_a_look_at_every_range_finds(
    ranges: list[tuple[int, int]], addresses: list[int]
) -> None:
    edges = [edge for pair in ranges for edge in pair]
    asked = [
        *addresses,
        *edges,
        *(edge - 1 for edge in edges if edge),
        *(edge + 1 for edge in edges if edge < 2**32 - 1),
    ]
    expected = [place for place, one in enumerate(asked) if any(first <= one <= last for first, last in ranges)]
    assert set_of(ranges).places(np.array(asked, np.uint32)).tolist() == expected


@settings(max_examples=60)
@given(st.lists(RANGES, max_size=8), ADDRESSES, ADDRESSES)
def test_a_span_is_touched_when_a_range_overlaps_it(ranges: list[tuple[int, int]], one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert set_of(ranges).touches(low, high) == any(first <= high and last >= low for first, last in ranges)


def test_a_column_of_more_rows_than_one_part_keeps_its_places() -> None:
    column = np.zeros(200_000, np.uint32)
    column[[0, 65_535, 65_536, 199_999]] = 7
    assert AddressSet.of(np.array([7], np.uint32)).places(column).tolist() == [0, 65_535, 65_536, 199_999]
    assert AddressSet.of(np.array([], np.uint32)).places(column).tolist() == []
