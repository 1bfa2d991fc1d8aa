r"""Pieces of bytes of any length, moved by the thousand without an object for each.

    target = np.empty(int(lengths.sum()), np.uint8)
    copy(text, begins, lengths, target, np.cumsum(lengths) - lengths)

    join([(Repeated([b"a,", b"bb,"]), numpy.array([0, 1])), (Repeated([b"x\n"]), numpy.array([0, 0]))])      a,x bb,x

Slicing and joining costs 230 ns a line of text in the interpreter; this costs 10 to 20, and lets other threads run.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Most names and numbers fit; a hundred thousand slots stay in the third-level cache.
SLOT_BYTES = 64


class Repeated:
    """Texts that are each put at many places: their begins in slots of one width, and whole, one behind the other."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.lengths = np.fromiter(map(len, texts), np.intp, len(texts))
        longest = max(1, int(self.lengths.max(initial=1)))
        self.slot_bytes = min(SLOT_BYTES, longest)
        self._is_cut = longest > self.slot_bytes
        self._whole = np.frombuffer(b"".join(texts), np.uint8)
        self._begins = np.cumsum(self.lengths) - self.lengths
        self._slots = np.array(texts, f"S{self.slot_bytes}").view(f"V{self.slot_bytes}")

    def write(self, numbers: NDArray[np.intp], target: NDArray[np.uint8], places: NDArray[np.intp]) -> None:
        """Put the texts of these numbers at ascending places, half the work of `write_exactly`.

        A whole slot is put, whose end may overwrite `slot_bytes` behind its place; whatever belongs there has to be
        written later. Of the texts themselves each comes after the one in front of it.
        """
        windows(target, self.slot_bytes)[places] = self._slots.take(numbers)
        if self._is_cut:
            long = np.flatnonzero(self.lengths[numbers] > self.slot_bytes)
            self.write_exactly(numbers[long], target, places[long])

    def write_exactly(self, numbers: NDArray[np.intp], target: NDArray[np.uint8], places: NDArray[np.intp]) -> None:
        """Put the texts of these numbers at places of the target and leave what is around them."""
        copy(self._whole, self._begins[numbers], self.lengths[numbers], target, places)


def join(columns: Sequence[tuple[Repeated, NDArray[np.intp]]]) -> NDArray[np.uint8]:
    """Row by row the texts of all columns, one behind the other; a column has texts and each row's number of one."""
    lengths = [texts.lengths[numbers] for texts, numbers in columns]
    places = np.zeros(len(lengths[0]), np.intp)
    for part in lengths:
        places += part
    ends = np.cumsum(places)
    target = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    np.subtract(ends, places, out=places)
    for (texts, numbers), part in zip(columns, lengths, strict=True):
        # A slot that stays inside its row only runs into what is written later.
        if int((ends - places).min(initial=SLOT_BYTES)) >= texts.slot_bytes:
            texts.write(numbers, target, places)
        else:
            texts.write_exactly(numbers, target, places)
        places += part
    return target


def copy(
    source: NDArray[np.uint8],
    begins: NDArray[np.intp],
    lengths: NDArray[np.intp],
    target: NDArray[np.uint8],
    places: NDArray[np.intp],
) -> None:
    """Put `lengths[i]` bytes from `begins[i]` of the source at `places[i]` of the target; O(pieces · log(longest)).

    `begins`, `lengths`, `places`: (n,). The places of the target must not overlap.
    """
    if not len(lengths):
        return
    longest, shortest = int(lengths.max()), int(lengths.min())
    if 0 < longest <= 2 * shortest:
        _copy_wide(source, begins, lengths, target, places, shortest)
        return
    width = _power_below(max(1, shortest))
    while width <= longest:
        chosen = np.flatnonzero((lengths >= width) & (lengths < 2 * width))
        _copy_wide(source, begins[chosen], lengths[chosen], target, places[chosen], width)
        width *= 2


def _copy_wide(
    source: NDArray[np.uint8],
    begins: NDArray[np.intp],
    lengths: NDArray[np.intp],
    target: NDArray[np.uint8],
    places: NDArray[np.intp],
    width: int,
) -> None:
    """As `copy`, for pieces of `width` to 2 · `width` bytes: their first and their last `width`, overlapping."""
    taken, given = windows(source, width), windows(target, width)
    given[places] = taken[begins]
    to_last = lengths - width
    given[places + to_last] = taken[begins + to_last]


def windows(data: NDArray[np.uint8], width: int) -> NDArray[np.void]:
    """(m,) items of `width` bytes, one beginning at each byte; a view."""
    return np.ndarray((max(0, len(data) - width + 1),), f"V{width}", data, 0, (1,))


def _power_below(number: int) -> int:
    """The largest power of two that is not above the number."""
    return 1 << number.bit_length() - 1
