import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.kernel import intervals
from vonggac.kernel.intervals import EVER, FOREVER, Spans

TOP = 40
INTERVALS = st.lists(st.tuples(st.integers(0, TOP), st.integers(0, TOP)), max_size=8)


def moments(part: Spans) -> set[int]:
    """The oracle: every moment of the tiny world, one by one."""
    return {moment for moment in range(TOP + 1) for start, end in part.tolist() if start <= moment < end}


def listed(rows: list[tuple[int, int]]) -> set[int]:
    return {moment for moment in range(TOP + 1) for start, end in rows if start <= moment < end}


def is_canonical(part: Spans) -> bool:
    flat = part.ravel()
    return part.dtype == np.int64 and part.shape[1] == 2 and bool((flat[1:] > flat[:-1]).all())


@given(INTERVALS)
def test_a_span_set_holds_exactly_the_moments_of_its_intervals(rows: list[tuple[int, int]]) -> None:
    part = intervals.spans(*rows)
    assert is_canonical(part)
    assert moments(part) == listed(rows)


@given(INTERVALS, INTERVALS)
def test_the_union_holds_the_moments_of_either(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    both = intervals.union(intervals.spans(*one), intervals.spans(*other))
    assert is_canonical(both)
    assert moments(both) == listed(one) | listed(other)


@given(INTERVALS, INTERVALS)
def test_the_intersection_holds_the_moments_of_both(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    both = intervals.intersection(intervals.spans(*one), intervals.spans(*other))
    assert is_canonical(both)
    assert moments(both) == listed(one) & listed(other)


@given(INTERVALS, INTERVALS)
def test_the_difference_leaves_out_what_the_other_holds(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    left = intervals.difference(intervals.spans(*one), intervals.spans(*other))
    assert is_canonical(left)
    assert moments(left) == listed(one) - listed(other)


@given(INTERVALS, st.integers(0, TOP), st.integers(0, TOP))
def test_gaps_and_clipped_cover_part_the_window(rows: list[tuple[int, int]], start: int, end: int) -> None:
    part = intervals.spans(*rows)
    inside, outside = intervals.clip(part, start, end), intervals.gaps(part, start, end)
    window = set(range(start, end))
    assert moments(inside) == listed(rows) & window
    assert moments(outside) == window - listed(rows)
    assert intervals.length(inside) + intervals.length(outside) == len(window)


@given(INTERVALS, st.integers(0, TOP - 1), st.integers(0, TOP))
def test_within_and_touches_agree_with_the_moments(rows: list[tuple[int, int]], start: int, duration: int) -> None:
    part = intervals.spans(*rows)
    end = min(start + duration, TOP)
    window = set(range(start, end)) or {start}
    assert intervals.is_within(part, start, end) == (window <= listed(rows))
    assert intervals.touches(part, start, end) == bool(window & listed(rows))


def test_touching_intervals_become_one() -> None:
    assert intervals.spans((5, 9), (1, 5)).tolist() == [[1, 9]]


def test_reversed_and_empty_intervals_count_for_nothing() -> None:
    assert intervals.spans((9, 1), (4, 4)).tolist() == []


def test_the_complement_of_nothing_is_all_time() -> None:
    assert intervals.complement(intervals.nothing()).tolist() == [[EVER, FOREVER]]


def test_the_intersection_of_no_parts_is_all_time() -> None:
    assert intervals.intersection().tolist() == [[EVER, FOREVER]]


def test_open_intervals_have_a_length_that_does_not_overflow() -> None:
    assert intervals.length(intervals.spans((EVER, FOREVER))) == 2**62


def test_pairs_are_plain_integers() -> None:
    assert list(intervals.pairs(intervals.spans((1, 2), (3, 4)))) == [(1, 2), (3, 4)]
