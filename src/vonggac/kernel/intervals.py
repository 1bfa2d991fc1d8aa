"""Sets of times as sorted, disjoint, half-open intervals, and the arithmetic that coverage needs.

A *span set* is an array of shape (n, 2) and dtype int64: microseconds since 1970-01-01 UTC, `from` ≤ t < `to`, rows
sorted and neither overlapping nor touching. Everything here takes and gives span sets; only `union` accepts intervals
in any order. An open end is `FOREVER`, an open beginning `EVER`.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Spans: TypeAlias = npt.NDArray[np.int64]

SECOND = 1_000_000
DAY = 86_400 * SECOND
# A quarter of the range of int64, so that differences of two bounds never overflow.
EVER = -(2**61)
FOREVER = 2**61


def spans(*intervals: tuple[int, int]) -> Spans:
    """The span set that holds the given intervals, whatever their order and overlap."""
    return union(np.array(intervals, dtype=np.int64).reshape(-1, 2))


def nothing() -> Spans:
    """The empty span set."""
    return np.empty((0, 2), dtype=np.int64)


def union(*parts: npt.NDArray[np.int64]) -> Spans:
    """The times that lie in any of the parts; empty and reversed intervals count for nothing.

    parts: (n, 2) int64 each, in any order. O(n log n).
    """
    rows = np.concatenate(parts) if parts else nothing()
    rows = rows[rows[:, 0] < rows[:, 1]]
    if len(rows) < 2:
        return rows
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    reach = np.maximum.accumulate(rows[:, 1])
    starts = np.concatenate(([True], rows[1:, 0] > reach[:-1]))
    firsts = np.flatnonzero(starts)
    lasts = np.concatenate((firsts[1:] - 1, [len(rows) - 1]))
    return np.column_stack((rows[firsts, 0], reach[lasts]))


def complement(part: Spans, start: int = EVER, end: int = FOREVER) -> Spans:
    """The times from start to end that the part leaves out. O(n)."""
    inside = clip(part, start, end)
    edges = np.concatenate(([start], inside.ravel(), [end])).astype(np.int64).reshape(-1, 2)
    return edges[edges[:, 0] < edges[:, 1]]


def gaps(covered: Spans, start: int, end: int) -> Spans:
    """The times from start to end that nothing covered; the word that proof rules use for `complement`."""
    return complement(covered, start, end)


def clip(part: Spans, start: int, end: int) -> Spans:
    """What lies of the part between start and end. O(n)."""
    inside = np.clip(part, start, max(start, end))
    return inside[inside[:, 0] < inside[:, 1]]


def intersection(*parts: Spans) -> Spans:
    """The times that lie in every part; without any part, all times. O(n log n)."""
    return complement(union(nothing(), *(complement(part) for part in parts)))


def difference(part: Spans, *others: Spans) -> Spans:
    """The times of the part that lie in none of the others. O(n log n)."""
    return intersection(part, complement(union(nothing(), *others)))


def length(part: Spans) -> int:
    """The sum of the intervals, in microseconds."""
    return int((part[:, 1] - part[:, 0]).sum())


def is_within(part: Spans, start: int, end: int) -> bool:
    """True when the part covers every moment of [start, end), or the one moment where both are equal. O(log n)."""
    position = int(np.searchsorted(part[:, 0], start, side="right")) - 1
    return position >= 0 and int(part[position, 1]) >= end and int(part[position, 1]) > start


def touches(part: Spans, start: int, end: int) -> bool:
    """True when any moment of the part lies in [start, end), or is the one moment where both are equal."""
    after = int(np.searchsorted(part[:, 1], start, side="right"))
    return after < len(part) and int(part[after, 0]) < max(end, start + 1)


def pairs(part: Spans) -> Iterable[tuple[int, int]]:
    """The intervals as pairs of plain integers."""
    return ((start, end) for start, end in part.tolist())
