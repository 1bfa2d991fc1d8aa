"""Which of millions of addresses are listed: a sieve of /24 blocks, and the ranges for what it lets through.

    listed = AddressSet.of(numpy.array([0xC0000201], numpy.uint32))
    listed.places(column)          # (k,) intp: the places of the column that hold a listed address

3 ns an address that is not listed. Figures: bench/c2_contact.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_THREE, _EIGHT, _ELEVEN = np.uint32(3), np.uint32(8), np.uint32(11)
_ONE, _SEVEN, _ALL = np.uint8(1), np.uint8(7), np.uint8(255)
# A part and what is computed from it stay in the cache of one core.
_CHUNK_ROWS = 32_768


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Disjoint ranges of IPv4 addresses, `first` and `last` (r,) uint32 ascending, and the /24 that they touch.

    `slash_24` (2^21,) uint8: a bit for each /24, the lowest first. Of 120,000 addresses it lets 7 in a thousand of all
    others through, the ranges none.
    """

    first: NDArray[np.uint32]
    last: NDArray[np.uint32]
    slash_24: NDArray[np.uint8]

    @classmethod
    def of(cls, first: NDArray[np.uint32], last: NDArray[np.uint32] | None = None) -> "AddressSet":
        """The set of single addresses, or of ranges that may overlap; O(n log n + /24 covered)."""
        order = np.argsort(first, kind="stable")
        starts = first[order].astype(np.int64)
        reach = np.maximum.accumulate((first if last is None else last)[order].astype(np.int64))
        begins = np.flatnonzero(np.append(True, starts[1:] > reach[:-1] + 1)[: len(starts)])
        firsts = starts[begins].astype(np.uint32)
        lasts = reach[np.append(begins[1:], len(starts))[: len(begins)] - 1].astype(np.uint32)
        return cls(firsts, lasts, _touched(firsts >> _EIGHT, lasts >> _EIGHT))

    def __len__(self) -> int:
        """The number of ranges."""
        return len(self.first)

    def places(self, address_u32: NDArray[np.uint32]) -> NDArray[np.intp]:
        """(k,) the ascending places of the addresses that are in the set; O(n)."""
        parts = [np.zeros(0, np.intp)]
        for begin in range(0, len(address_u32), _CHUNK_ROWS):
            part = address_u32[begin : begin + _CHUNK_ROWS]
            is_near = self.slash_24.take(part >> _ELEVEN, mode="wrap")
            is_near >>= (part >> _EIGHT).astype(np.uint8) & _SEVEN
            is_near &= _ONE
            parts.append(np.flatnonzero(is_near.view(np.bool_)) + begin)
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


def _touched(first: NDArray[np.uint32], last: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """(2^21,) a bit for each /24 that lies in one of the spans from first to last number."""
    touched = np.zeros(1 << 21, np.uint8)
    low, high = first >> _THREE, last >> _THREE
    from_first, to_last = _ALL << (first.astype(np.uint8) & _SEVEN), _ALL >> (_SEVEN - (last.astype(np.uint8) & _SEVEN))
    is_one_byte = low == high
    np.bitwise_or.at(touched, low, np.where(is_one_byte, from_first & to_last, from_first))
    np.bitwise_or.at(touched, high[~is_one_byte], to_last[~is_one_byte])
    for place in np.flatnonzero(high > low + _ONE).tolist():
        touched[int(low[place]) + 1 : int(high[place])] = _ALL
    return touched
