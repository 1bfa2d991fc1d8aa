"""Cells of a table as places in its bytes: a national list is read column by column without an object a cell.

grid = split(content, ",")          None where the text needs a real CSV reader
grid.column(3)                      texts; grid.coded(3) distinct texts and each row's number
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from vonggac.kernel import addresses, pieces

# Bytes behind the text, so that windows of the last cells stay inside.
_PADDING = 64
_PART_BYTES = 1 << 17
_LINE_END, _RETURN, _QUOTE = 10, 13, 34
# Row n keeps the first n of 64 bytes.
_INSIDE = np.where(np.arange(_PADDING) < np.arange(_PADDING + 1)[:, None], 255, 0).astype(np.uint8)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Texts(Sequence[str | None]):
    """A column of few distinct values: row i holds `values[codes[i]]`; no value stands twice."""

    __slots__ = ("codes", "values")

    def __init__(self, values: list[str | None], codes: NDArray[np.intp]) -> None:
        self.values = values
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> "Texts": ...
    def __getitem__(self, place: int | slice) -> "str | Texts | None":
        if isinstance(place, slice):
            return Texts(self.values, self.codes[place])
        return self.values[int(self.codes[place])]

    def __iter__(self) -> Iterator[str | None]:
        return map(self.values.__getitem__, self.codes.tolist())

    def spread(self, rows: int) -> "Texts":
        """The first value in each of so many rows."""
        return Texts(self.values[:1], np.zeros(rows, np.intp))

    def places(self, is_wanted: Sequence[bool]) -> list[int]:
        """The rows whose value is wanted; `is_wanted` stands beside `values`."""
        if not any(is_wanted):
            return []
        return np.flatnonzero(np.array(is_wanted)[self.codes]).tolist()


def code(texts: Iterable[str | None]) -> Texts:
    """The texts as a column of distinct values, numbered in the order of their first rows."""
    numbers: dict[str | None, int] = {}
    codes = [numbers.setdefault(text, len(numbers)) for text in texts]
    return Texts(list(numbers), np.array(codes, np.intp))


def recode(texts: Texts, values: Iterable[str | None]) -> Texts:
    """The column with each of its values replaced by the one given in its place."""
    fresh = code(values)
    return Texts(fresh.values, fresh.codes[texts.codes] if len(texts.codes) else texts.codes)


@dataclass(frozen=True, slots=True)
class Grid(Sequence[list[str]]):
    """Rows of equally many cells; cell (i, j) is `data[begins[i, j]:ends[i, j]]`, in UTF-8.

    `data` (m,) uint8 with 64 zero bytes behind the text; `begins`, `ends` (rows, width) int64.
    """

    data: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.begins.shape[1])

    def __len__(self) -> int:
        return len(self.begins)

    @overload
    def __getitem__(self, place: int) -> list[str]: ...
    @overload
    def __getitem__(self, place: slice) -> "Grid": ...
    def __getitem__(self, place: int | slice) -> "list[str] | Grid":
        if isinstance(place, slice):
            return Grid(self.data, self.begins[place], self.ends[place])
        spans = zip(self.begins[place].tolist(), self.ends[place].tolist(), strict=True)
        return [self.data[begin:end].tobytes().decode() for begin, end in spans]

    def take(self, places: Sequence[int]) -> "Grid":
        """The rows at some places."""
        return Grid(self.data, self.begins[places], self.ends[places])

    def column(self, index: int) -> list[str]:
        """The cells of one column."""
        if (windows := self.windows(index)) is not None:
            return _texts(windows)
        content = self.data.tobytes()
        spans = zip(self.begins[:, index].tolist(), self.ends[:, index].tolist(), strict=True)
        return [content[begin:end].decode() for begin, end in spans]

    def windows(self, index: int) -> NDArray[np.uint8] | None:
        """(rows, w) bytes of a column, zeros behind each cell, w a multiple of 8 up to 64; None for longer cells."""
        begins, lengths = self.begins[:, index], self.ends[:, index] - self.begins[:, index]
        longest = int(lengths.max(initial=0))
        if longest > _PADDING:
            return None
        width = -(-max(longest, 1) // 8) * 8
        found = pieces.windows(self.data, width)[begins].view(np.uint64)
        inside = np.ascontiguousarray(_INSIDE[: width + 1, :width]).view(f"V{width}").ravel()
        found &= inside.take(lengths).view(np.uint64)
        return found.view(np.uint8).reshape(len(begins), width)

    def coded(self, index: int) -> Texts:
        """The column as distinct values; equal cells are found by sorting a hash of their bytes."""
        windows = self.windows(index)
        if windows is None or not len(windows):
            return code(self.column(index))
        words = windows.view(np.uint64)
        hashed = words[:, 0].copy()
        for place in range(1, words.shape[1]):
            hashed = (hashed ^ (hashed >> np.uint64(29))) * _MULTIPLIER + words[:, place]
        firsts, codes = number(hashed)
        # Two texts of one hash would be taken for one: look at the bytes.
        if words.shape[1] > 1 and (words != words.take(firsts[codes], axis=0)).any():
            return code(self.column(index))
        values: list[str | None] = [*_texts(windows[firsts])]
        return Texts(values, codes)

    def ipv4(self, index: int) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        """(rows,) uint32 of a column of dotted addresses and (rows,) whether the whole cell is one."""
        value, after = addresses.parse_ipv4_at(self.data, self.begins[:, index])
        return value, after == self.ends[:, index]

    def numbers(self, index: int) -> NDArray[np.int64] | None:
        """(rows,) whole numbers of up to 15 digits, −1 for an empty cell; None when a cell is anything else."""
        windows = self.windows(index)
        lengths = self.ends[:, index] - self.begins[:, index]
        if windows is None or lengths.max(initial=0) > 15:
            return None
        value = np.zeros(len(self), np.int64)
        for place in range(int(lengths.max(initial=0))):
            digit = windows[:, place] - np.uint8(48)
            is_inside = lengths > place
            if (is_inside & (digit > 9)).any():
                return None
            value = np.where(is_inside, value * 10 + digit, value)
        value[lengths == 0] = -1
        return value


def number(keys: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first row of each distinct key and each row's number among them, in ascending order of keys.

    O(n) for whole numbers close together, O(n log n) else.
    """
    # np.unique does the same and imports numpy.ma for it (30 ms).
    if not len(keys):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    low, high = int(keys.min()), int(keys.max())
    if high - low < 4 * len(keys) + 4_096:
        return _number_close((keys - keys.dtype.type(low)).astype(np.intp), high - low + 1)
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.empty(len(keys), np.bool_)
    is_first[:1] = True
    is_first[1:] = ordered[1:] != ordered[:-1]
    codes = np.empty(len(keys), np.intp)
    codes[order] = np.cumsum(is_first) - 1
    return np.minimum.reduceat(order, np.flatnonzero(is_first)), codes


def _number_close(keys: NDArray[np.intp], span: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """As `number`, for keys from 0 to below `span`."""
    firsts = np.full(span, -1, np.intp)
    # Of several rows with one key the last written stays: go backwards.
    firsts[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    used = np.flatnonzero(firsts >= 0)
    codes = np.empty(span, np.intp)
    codes[used] = np.arange(len(used))
    return firsts[used], codes[keys]


def split(content: bytes, separator: str, cell_bytes: int) -> Grid | None:
    """The cells of a UTF-8 text whose lines all have as many, else None.

    Cells may stand in quotes, separators inside them too. A quote inside a cell, a line break inside one, a blank line
    and a lone carriage return need a real CSV reader: None.
    """
    if not content or b"\x00" in content:
        return None
    text = content if content.endswith(b"\n") else content + b"\n"
    data = np.frombuffer(text + bytes(_PADDING), np.uint8)
    length = len(text)
    marks = _find_marks(data, separator)
    quotes = _count(content, b'"')
    if quotes:
        places = np.flatnonzero(data[:length] == _QUOTE)
        # Behind an even number of quotes a mark stands outside of them.
        marks = marks[(np.searchsorted(places, marks) & 1) == 0]
    lines = np.flatnonzero(data[marks] == _LINE_END)
    # A line end inside quotes is no mark.
    if not len(lines) or (quotes and len(lines) != text.count(b"\n")):
        return None
    width = int(lines[0]) + 1
    if len(marks) != width * len(lines) or (np.diff(lines) != width).any() or marks[-1] != length - 1:
        return None
    behind = np.empty(len(marks), np.int64)
    behind[0] = 0
    np.add(marks[:-1], 1, out=behind[1:])
    begins, ends = behind.reshape(-1, width), marks.astype(np.int64, copy=False).reshape(-1, width)
    cut = _cut_returns(data, begins, ends, _count(content, b"\r"))
    inside = None if cut is None else _unquote(data, begins, cut, quotes)
    if inside is None or width == 1:
        return None
    begins, ends = inside
    is_blank = ends[:, -1] == begins[:, 0]
    return None if is_blank.any() or (ends - begins).max() > cell_bytes else Grid(data, begins, ends)


def _find_marks(data: NDArray[np.uint8], separator: str) -> NDArray[np.intp]:
    """Places of separators and line ends; part by part, since fresh memory costs more than looking through it."""
    found, count = np.empty(len(data) // 8, np.intp), 0
    for begin in range(0, len(data), _PART_BYTES):
        part = data[begin : begin + _PART_BYTES]
        is_mark = part == ord(separator)
        is_mark |= part == _LINE_END
        places = np.flatnonzero(is_mark)
        if count + len(places) > len(found):
            found.resize(2 * (count + len(places)), refcheck=False)
        np.add(places, begin, out=found[count : count + len(places)])
        count += len(places)
    return found[:count]


def _count(content: bytes, mark: bytes) -> int:
    # That a byte is nowhere is seen twenty times sooner than counted.
    return content.count(mark) if mark in content else 0


def _cut_returns(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], returns: int
) -> NDArray[np.int64] | None:
    """Ends without the carriage returns in front of line feeds; None when there are others."""
    if not returns:
        return ends
    has_return = (data[ends[:, -1] - 1] == _RETURN) & (ends[:, -1] > begins[:, -1])
    if int(has_return.sum()) != returns:
        return None
    ends = ends.copy()
    ends[:, -1] -= has_return
    return ends


def _unquote(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], quotes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Begins and ends inside the quotes of quoted cells; None when a quote stands elsewhere."""
    if not quotes:
        return begins, ends
    is_quoted = (data[begins] == _QUOTE) & (ends - begins >= 2) & (data[ends - 1] == _QUOTE)
    if 2 * int(is_quoted.sum()) != quotes:
        return None
    return begins + is_quoted, ends - is_quoted


def _texts(windows: NDArray[np.uint8]) -> list[str]:
    if not len(windows):
        return []
    if windows.max() < 128:
        # Zero bytes inside a cell do not occur: such files are refused as binary.
        wide = windows.view(f"S{windows.shape[1]}").ravel()
        texts: list[str] = wide.astype(f"U{windows.shape[1]}").tolist()
        return texts
    return [one.decode() for one in windows.view(f"S{windows.shape[1]}").ravel().tolist()]
