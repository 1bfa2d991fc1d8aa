"""Which of millions of addresses are listed: three sieves, each finer and asked about what the one before let through.

    listed = AddressSet.of(numpy.array([0xC0000201], numpy.uint32))
    listed.places(column)          # (k,) intp: the places of the column that hold a listed address

3 ns an address that is not listed. Figures: bench/c2_contact.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_EIGHT = np.uint32(8)
# Knuth's multiplicative hash: the upper 20 bits of the product depend on all of the key's.
_MULTIPLIER, _KEPT = np.uint32(2_654_435_761), np.uint32(12)
# A part and what is computed from it stay in the cache of one core.
_CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Disjoint ranges of IPv4 addresses, `first` and `last` (r,) uint32 ascending, and sieves of what they touch.

    `hashed` (2^20,) bool, by the hash of a /24, stays in the cache of one core beside the columns; of 120,000 addresses
    it lets a tenth of all others through. `slash_24` (2^24,) bool lets 7 in a thousand through, the ranges none.
    """

    first: NDArray[np.uint32]
    last: NDArray[np.uint32]
    slash_24: NDArray[np.bool_]
    hashed: NDArray[np.bool_]

    @classmethod
    def of(cls, first: NDArray[np.uint32], last: NDArray[np.uint32] | None = None) -> "AddressSet":
        """The set of single addresses, or of ranges that may overlap; O(n log n + /24 covered)."""
        order = np.argsort(first, kind="stable")
        starts = first[order].astype(np.int64)
        reach = np.maximum.accumulate((first if last is None else last)[order].astype(np.int64))
        begins = np.flatnonzero(np.append(True, starts[1:] > reach[:-1] + 1)[: len(starts)])
        firsts = starts[begins].astype(np.uint32)
        lasts = reach[np.append(begins[1:], len(starts))[: len(begins)] - 1].astype(np.uint32)
        slash_24 = _touched(firsts >> _EIGHT, lasts >> _EIGHT)
        hashed = np.zeros(1 << 20, np.bool_)
        hashed[_hash(np.flatnonzero(slash_24).astype(np.uint32))] = True
        return cls(firsts, lasts, slash_24, hashed)

    def __len__(self) -> int:
        """The number of ranges."""
        return len(self.first)

    def places(self, address_u32: NDArray[np.uint32]) -> NDArray[np.intp]:
        """(k,) the ascending places of the addresses that are in the set; O(n)."""
        parts = [np.zeros(0, np.intp)]
        for begin in range(0, len(address_u32), _CHUNK_ROWS):
            key = address_u32[begin : begin + _CHUNK_ROWS] >> _EIGHT
            near = np.flatnonzero(self.hashed.take(_hash(key), mode="wrap"))
            parts.append(near[self.slash_24[key[near]]] + begin)
        places = np.concatenate(parts)
        found: NDArray[np.intp] = places[self.holds(address_u32[places])]
        return found

    def holds(self, address_u32: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """(n,) whether each address is in the set; O(n log ranges)."""
        if not len(self.first):
            return np.zeros(len(address_u32), np.bool_)
        rank = np.searchsorted(self.first, address_u32, side="right")
        inside: NDArray[np.bool_] = (rank > 0) & (address_u32 <= self.last[np.maximum(rank, 1) - 1])
        return inside

    def touches(self, low: int, high: int) -> bool:
        """True when any address from `low` to `high` is in the set."""
        rank = int(np.searchsorted(self.first, np.uint32(high), side="right"))
        return rank > 0 and int(self.last[rank - 1]) >= low


def _hash(key: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(n,) places in 2^20 of the numbers of /24 blocks."""
    return key * _MULTIPLIER >> _KEPT


def _touched(first: NDArray[np.uint32], last: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(2^24,) whether a /24 lies in one of the spans from first to last number."""
    touched = np.zeros(1 << 24, np.bool_)
    touched[first] = True
    for place in np.flatnonzero(last > first).tolist():
        touched[int(first[place]) : int(last[place]) + 1] = True
    return touched
