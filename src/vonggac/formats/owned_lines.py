"""Lines of text logs with the owner of an address behind each: flows of any tool, read as bytes.

for part, owned, read in name_owners(source, register, Place(column=3)): target.write(part)
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vonggac.kernel import addresses, networks, pieces
from vonggac.kernel.networks import Index, Register
from vonggac.kernel.pieces import Repeated

# A part of the text stays in the cache of one core with what is computed from it.
CHUNK_BYTES = 1 << 21
# More would wait for each other at what is left of Python between the arrays.
THREADS = min(4, os.cpu_count() or 1)
# What may follow an address: the end of its field, or the port.
_IS_END = np.zeros(256, np.bool_)
_IS_END[list(b" ,;|\t\r\n\"':")] = True
_NEWLINE, _QUOTE = 10, 34
# Behind the lines, so that an address is looked for in whole words.
_PADDING_BYTES = 32

Owned: TypeAlias = tuple[memoryview, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line holds the address: the column, counted from 1; fields end at the separator, or at blanks."""

    column: int = 1
    separator: str | None = None


_FIRST = Place()


def name_owners(source: RawIOBase | BufferedIOBase, register: Register, place: Place = _FIRST) -> Iterator[Owned]:
    """(owned lines with organisation and network behind, how many, how many lines were read), part by part.

    The two are appended behind the separator, or a tab; lines without an owner are left out. `table` answers for the
    register's IPv4 part where there are millions of lines. Parts are worked on side by side and given in order; memory
    stays at a few chunks a core; a line longer than a chunk is kept whole.
    """
    table, tails = networks.index(register), _tails(register, place.separator or "\t")
    with ThreadPoolExecutor(THREADS) as threads:
        waiting: deque[Future[Owned]] = deque()
        for lines in _read_parts(source):
            waiting.append(threads.submit(_name_part, lines, register, table, place, tails))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _read_parts(source: RawIOBase | BufferedIOBase) -> Iterator[bytearray]:
    """Whole lines with padding behind, about a chunk at a time."""
    rest = b""
    while True:
        # A line that does not end doubles its part, so that it is not copied once for each chunk.
        part = bytearray(len(rest) + max(CHUNK_BYTES, len(rest)) + _PADDING_BYTES)
        part[: len(rest)] = rest
        size = source.readinto(memoryview(part)[len(rest) : -_PADDING_BYTES]) or 0
        filled = len(rest) + size
        end = part.rfind(b"\n", 0, filled) + 1
        if not size:
            break
        rest = bytes(part[end:filled])
        if end:
            del part[end + _PADDING_BYTES :]
            yield part
    if rest:
        yield bytearray(b"".join((rest, b"\n", bytes(_PADDING_BYTES))))


def _tails(register: Register, mark: str) -> Repeated:
    """What stands behind the lines of each prefix."""
    quoted = {
        name: '"' + name.replace('"', '""') + '"' if mark in name or '"' in name else name
        for name in dict.fromkeys(register.organisations)
    }
    pairs = zip(register.organisations, register.networks, strict=True)
    return Repeated([f"{mark}{quoted[name]}{mark}{network}\n".encode() for name, network in pairs])


def _name_part(lines: bytearray, register: Register, table: Index, place: Place, tails: Repeated) -> Owned:
    data = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    begins = np.empty(len(ends), np.intp)
    begins[:1] = 0
    begins[1:] = ends[:-1] + 1
    owner = _find_owners(lines, data, _find_fields(data, begins, ends, place), ends, register, table)
    owned = np.flatnonzero(owner >= 0)
    ends_owned = ends[owned]
    lengths = ends_owned - (data[ends_owned - 1] == ord("\r")) - begins[owned]
    return _with_tails(data, begins[owned], lengths, tails, owner[owned].astype(np.intp)).data, len(owned), len(ends)


def _with_tails(
    data: NDArray[np.uint8],
    begins: NDArray[np.intp],
    lengths: NDArray[np.intp],
    tails: Repeated,
    owner: NDArray[np.intp],
) -> NDArray[np.uint8]:
    """The lines, each with its owner's tail, one behind the other."""
    tail_lengths = tails.lengths[owner]
    ends = np.cumsum(lengths + tail_lengths)
    size = int(ends[-1]) if len(ends) else 0
    target = np.empty(size + tails.slot_bytes, np.uint8)
    at_tails = ends - tail_lengths
    tails.write(owner, target, at_tails)
    pieces.copy(data, begins, lengths, target, at_tails - lengths)
    return target[:size]


def _find_fields(
    data: NDArray[np.uint8], begins: NDArray[np.intp], ends: NDArray[np.intp], place: Place
) -> NDArray[np.intp]:
    """Where the field begins in each line; at the line's end where the line has too few."""
    if place.column == 1:
        fields = begins
    else:
        fields = _begins_of_fields(data[: int(ends[-1]) + 1], place.separator)
        wanted = np.searchsorted(fields, begins) + place.column - 1
        fields = np.append(fields, ends[-1])[np.minimum(wanted, len(fields))]
    fields = np.minimum(fields, ends)
    fields += data[fields] == _QUOTE
    return fields


def _begins_of_fields(data: NDArray[np.uint8], separator: str | None) -> NDArray[np.intp]:
    """Places at which fields begin, of all lines."""
    if separator is not None:
        return np.append(0, np.flatnonzero((data == ord(separator)) | (data == _NEWLINE)) + 1)
    # Tools align their columns with blanks: a run of them is one separator.
    is_blank = data <= ord(" ")
    return np.flatnonzero(~is_blank & np.append(True, is_blank[:-1]))


def _find_owners(
    lines: bytearray,
    data: NDArray[np.uint8],
    fields: NDArray[np.intp],
    ends: NDArray[np.intp],
    register: Register,
    table: Index,
) -> NDArray[np.int32]:
    """The prefix index of each line's field, −1 for nobody and for what is no address."""
    value, after = addresses.parse_ipv4_at(data, fields)
    is_ipv4 = (after >= 0) & _IS_END[data[after]]
    owner = networks.owners_indexed(table, value)
    owner[~is_ipv4] = networks.NOBODY
    others = np.flatnonzero(~is_ipv4)
    spans = zip(fields[others].tolist(), ends[others].tolist(), strict=True)
    parsed = [_read_field(bytes(lines[begin : min(begin + 80, end)])) for begin, end in spans]
    known = [number for number, packed in enumerate(parsed) if packed is not None]
    if known:
        read = addresses.from_packed([packed for packed in parsed if packed is not None])
        owner[others[known]] = networks.owners_mixed(register, read)
    return owner


def _read_field(text: bytes) -> bytes | None:
    """The address that begins a text in another form than four plain numbers: IPv6, defanged, with a port."""
    text = text.lstrip()
    if not text[:1].isalnum() and text[:1] not in b"[:":
        return None
    field = text.decode("latin-1").replace(",", " ").replace(";", " ").replace("|", " ").split(maxsplit=1)
    if not field or not (":" in field[0] or "." in field[0]):
        return None
    parsed = addresses.parse(field[0])
    return parsed.packed if parsed else None
