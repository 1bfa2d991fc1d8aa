"""Which of millions of domain names are listed or children of a listed name: hashes of all suffixes at once.

    listed = NameSet.of(["evil.example", "bad.test"])
    listed.matches(bytes_of_texts, offsets)        # (k,) text, (k,) listed name, one pair a match

A text is one name or several parted by blanks. The hash of a suffix follows from two running sums, so the suffixes of
a name cost little more than the name; what a sieve lets through is compared byte by byte. O(bytes). Figures:
bench/sweep.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX, _SHIFT, _KEPT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32), np.uint64(64 - 22)
_DOT, _BLANK = ord("."), ord(" ")
# A part and the powers it is multiplied with stay in the second-level cache.
_CHUNK_BYTES = 32_768

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class NameSet:
    """Names by their place in the list, their hashes ascending, and a sieve by the hashes' upper bits.

    `has_single_label`: whether a name without a dot is listed; as a rule none is. `sieve` (2^22,) bool: of 100,000
    names it lets one in forty others through.
    """

    place_of: dict[bytes, int]
    hashes: NDArray[np.uint64]
    sieve: NDArray[np.bool_]
    has_single_label: bool

    @classmethod
    def of(cls, names: Sequence[str]) -> "NameSet":
        """The set of names in lower case and ASCII form without a trailing dot; of equal ones the first counts."""
        place_of: dict[bytes, int] = {}
        for place, name in enumerate(names):
            place_of.setdefault(name.encode(), place)
        texts = list(place_of)
        offsets = np.append(0, np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts))))
        data = np.frombuffer(b"".join(texts), np.uint8)
        parts = [
            _hashes(data[offsets[first] : offsets[last]], begins[:-1], begins[1:])
            for first, last, begins in _parts(offsets)
        ]
        hashes = np.sort(np.concatenate([np.zeros(0, np.uint64), *parts]))
        sieve = np.zeros(1 << 22, np.bool_)
        sieve[hashes >> _KEPT] = True
        return cls(place_of, hashes, sieve, any(b"." not in text for text in texts))

    def __len__(self) -> int:
        """The number of different names."""
        return len(self.place_of)

    def matches(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Pairs:
        """(k,) the place of a text and (k,) that of a listed name which it, or a parent of a name in it, is.

        `data` (m,) uint8: the texts one behind the other, in lower case; `offsets` (t + 1,): where each begins and the
        last one ends. A text that matches several listed names comes once with each; ascending by text.
        """
        pairs: dict[tuple[int, int], None] = {}
        for first, last, begins in _parts(offsets) if len(self) else ():
            part = data[offsets[first] : offsets[last]]
            starts, ends = _suffixes(part, begins)
            if not self.has_single_label:
                # Behind the last dot stands one label: the next label, if there is one, begins another name.
                is_longer = np.append(starts[1:], len(part)) < ends
                starts, ends = starts[is_longer], ends[is_longer]
            hashes = _hashes(part, starts, ends)
            near = np.flatnonzero(self.sieve[hashes >> _KEPT])
            rank = np.searchsorted(self.hashes, hashes[near])
            near = near[self.hashes[np.minimum(rank, len(self.hashes) - 1)] == hashes[near]]
            if len(near):
                pairs |= dict.fromkeys(self._verified(part.tobytes(), begins, starts[near], ends[near], first))
        texts, names = np.array(list(pairs), np.intp).reshape(-1, 2).T
        return texts, names

    def _verified(
        self, part: bytes, begins: NDArray[np.int64], starts: NDArray[np.intp], ends: NDArray[np.intp], first: int
    ) -> Iterator[tuple[int, int]]:
        """The texts and listed names of suffixes that are listed byte by byte."""
        rows = np.searchsorted(begins, starts, side="right") - 1 + first
        for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
            place = self.place_of.get(part[start:end])
            if place is not None:
                yield row, place


def _parts(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """(first text, text behind the last, offsets within) of parts of about the size of a chunk, a text at the least."""
    first = 0
    while first < len(offsets) - 1:
        last = int(np.searchsorted(offsets, offsets[first] + _CHUNK_BYTES, side="right")) - 1
        last = max(last, first + 1)
        yield first, last, offsets[first : last + 1] - offsets[first]
        first = last


def _suffixes(part: NDArray[np.uint8], begins: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each label of each name begins, and where its name ends."""
    is_start = np.zeros(len(part) + 1, np.bool_)
    is_start[begins[:-1]] = True
    blanks = np.flatnonzero(part == _BLANK)
    is_start[blanks + 1] = True
    is_start[np.flatnonzero(part == _DOT) + 1] = True
    starts = np.flatnonzero(is_start[:-1])
    borders = np.sort(np.concatenate([begins[1:], blanks])) if len(blanks) else begins[1:]
    # A border where a name begins is the end of the one before, or of a text without any letter.
    return starts, borders[np.searchsorted(borders, starts, side="right")]


def _hashes(part: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.uint64]:
    """(k,) of the bytes from each start to its end: a polynomial modulo 2^64, its bits mixed."""
    powers, inverses = _powers(-(-(len(part) + 1) // _CHUNK_BYTES) * _CHUNK_BYTES)
    sums = np.zeros(len(part) + 1, np.uint64)
    np.cumsum(part * powers[: len(part)], out=sums[1:])
    found = sums[ends]
    found -= sums[starts]
    found *= inverses[starts]
    found ^= found >> _SHIFT
    found *= _MIX
    found ^= found >> _SHIFT
    return found


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first powers of the base and of its inverse, modulo 2^64."""
    bases = np.full((2, count), np.array([[_BASE], [_INVERSE]], np.uint64), np.uint64)
    bases[:, 0] = 1
    powers = np.cumprod(bases, axis=1, dtype=np.uint64)
    return powers[0], powers[1]
