"""Whose address is it: CIDR blocks compiled into arrays that answer longest prefix first.

    register = compile(["192.0.2.0/24", "192.0.2.128/25"], ["Health", "Hospital"])
    prefix = owners(register, address_u32)          # (n,) int32, −1 where nobody answers
    [register.organisations[i] for i in prefix]

Nested blocks are flattened into disjoint ranges, so that one binary search answers. For columns of millions
`index(register)` spreads the ranges over tables (DIR-24-8: Gupta, Lin, McKeown, INFOCOM 1998, with the /24 of a divided
/16 only), which answer by two or three memory accesses. Figures: bench/owner_lookup.py.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import InputError
from vonggac.kernel.addresses import Addresses, parse_ipv4_column

NOBODY = -1
# Chunks that stay in the second-level cache together with their intermediate results.
_CHUNK_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Register:
    """Compiled blocks; a prefix index points into `networks` and `organisations`.

    `ipv4_starts` (r,) uint32 ascending and `ipv4_owner` (r,) int32: range i holds from its start to the next one's.
    `ipv6_starts` (s,) S16, big-endian bytes ascending, and `ipv6_owner` (s,) int32 likewise. The first range starts at
    the family's lowest address.
    """

    networks: list[str]
    organisations: list[str]
    ipv4_starts: NDArray[np.uint32]
    ipv4_owner: NDArray[np.int32]
    ipv6_starts: NDArray[np.bytes_]
    ipv6_owner: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Index:
    """A register's IPv4 part as tables from /16 to /24 to address.

    `rows` (2^16,) int32: the row of `by_slash_24` that a /16 has; undivided ones of one owner share a row.
    `by_slash_24` (r, 256) int32: the prefix index of each /24, −1 nobody, or −2 − k where the /24 is divided:
    `divided` (d, 256) int32 row k then has the prefix index of each address.
    """

    rows: NDArray[np.int32]
    by_slash_24: NDArray[np.int32]
    divided: NDArray[np.int32]


def compile(networks: Sequence[str], organisations: Sequence[str]) -> Register:  # noqa: A001  as re.compile
    """The register of blocks and, beside each, the organisation that answers for it; O(n log n).

    Bits beyond the prefix length are ignored; a block without length is one address. Of equal blocks the last wins.
    Raises InputError on text that is no block.
    """
    if len(networks) != len(organisations):
        raise InputError(f"{len(networks)} networks and {len(organisations)} organisations do not pair up")
    is_ipv6 = np.fromiter((":" in text for text in networks), np.bool_, len(networks))
    names = list(networks)
    ipv4 = np.flatnonzero(~is_ipv6)
    firsts, lengths, is_plain = _read_ipv4_blocks([names[place] for place in ipv4])
    masked = firsts & ~((np.int64(1) << (32 - lengths)) - 1)
    for place in np.flatnonzero((masked != firsts) | (not is_plain)):
        names[ipv4[place]] = format_block(int(masked[place]).to_bytes(4), int(lengths[place]))
    ipv4_starts, ipv4_owner = _compile_ipv4(masked, lengths, ipv4)
    ipv6_starts, ipv6_owner = _compile_ipv6(names, np.flatnonzero(is_ipv6))
    return Register(names, list(organisations), ipv4_starts, ipv4_owner, ipv6_starts, ipv6_owner)


def compile_ipv4(
    networks: Sequence[str], organisations: Sequence[str], firsts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Register:
    """As `compile`, for IPv4 blocks whose canonical texts, first addresses and prefix lengths are known."""
    starts, owner = _compile_ipv4(firsts, lengths, np.arange(len(networks)))
    none = np.zeros(1, "S16"), np.full(1, NOBODY, np.int32)
    return Register(list(networks), list(organisations), starts, owner, *none)


def parse_block(text: str) -> tuple[bytes, int] | None:
    """(first address in network order, prefix length) of `192.0.2.0/24`, `2001:db8::/32` or a bare address, or None."""
    address, slash, length_text = text.strip().partition("/")
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except (OSError, ValueError):
        return None
    bits = len(packed) * 8
    if not slash:
        return packed, bits
    if not (length_text.isascii() and length_text.isdigit()) or int(length_text) > bits:
        return None
    length = int(length_text)
    host_bits = bits - length
    return (int.from_bytes(packed) >> host_bits << host_bits).to_bytes(len(packed)), length


def format_block(packed: bytes, length: int) -> str:
    """The canonical text of a block."""
    return f"{socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)}/{length}"


def owners(register: Register, address_u32: NDArray[np.uint32]) -> NDArray[np.int32]:
    """(n,) int32: the index of the longest block around each IPv4 address, −1 for nobody; O(n log ranges)."""
    found = np.searchsorted(register.ipv4_starts, address_u32.astype(np.uint32, copy=False), side="right") - 1
    return register.ipv4_owner[found]


def owners_ipv6(register: Register, hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> NDArray[np.int32]:
    """(n,) int32: as `owners`, for IPv6 addresses given as their upper and lower 64 bits."""
    wide = np.empty((len(hi), 2), ">u8")
    wide[:, 0] = hi
    wide[:, 1] = lo
    # Fixed-length byte strings compare like big-endian numbers: trailing zeros, which numpy drops, count as zeros.
    keys = wide.view("S16").ravel()
    return register.ipv6_owner[np.searchsorted(register.ipv6_starts, keys, side="right") - 1]


def owners_mixed(register: Register, addresses: Addresses) -> NDArray[np.int32]:
    """(n,) int32: as `owners`, for addresses of both families."""
    found = np.full(len(addresses), NOBODY, np.int32)
    is_ipv6 = addresses.is_ipv6
    if not is_ipv6.any():
        return owners(register, addresses.ipv4)
    found[~is_ipv6] = owners(register, addresses.ipv4[~is_ipv6])
    found[is_ipv6] = owners_ipv6(register, addresses.hi[is_ipv6], addresses.lo[is_ipv6])
    return found


def index(register: Register) -> Index:
    """The tables for columns of IPv4 addresses: 1 KiB for every divided /16 and /24; 20 ms for 100,000 prefixes."""
    starts, owner = register.ipv4_starts.astype(np.int64), register.ipv4_owner
    divided_16, divided_24 = _divided(starts, 16), _divided(starts, 8)
    owner_of_16 = _spread(starts, owner, np.arange(256), 24).ravel()
    whole, rows = np.unique(owner_of_16, return_inverse=True)
    rows += len(divided_16)
    rows[divided_16] = np.arange(len(divided_16))
    by_slash_24 = np.concatenate([_spread(starts, owner, divided_16, 16), np.repeat(whole, 256).reshape(-1, 256)])
    by_slash_24[rows[divided_24 >> 8], divided_24 & 255] = -2 - np.arange(len(divided_24), dtype=np.int32)
    return Index(rows.astype(np.int32), by_slash_24, _spread(starts, owner, divided_24, 8))


def owners_indexed(table: Index, address_u32: NDArray[np.uint32]) -> NDArray[np.int32]:
    """(n,) int32: as `owners`, by two or three memory accesses an address."""
    found = np.empty(len(address_u32), np.int32)
    by_slash_24 = table.by_slash_24.ravel()
    for begin in range(0, len(address_u32), _CHUNK_ROWS):
        chunk = address_u32[begin : begin + _CHUNK_ROWS]
        part = found[begin : begin + _CHUNK_ROWS]
        place = table.rows.take(chunk >> np.uint32(16))
        place <<= 8
        place |= (chunk >> np.uint32(8)).view(np.int32) & np.int32(255)
        np.take(by_slash_24, place, out=part, mode="clip")
        inside = np.flatnonzero(part < NOBODY)
        if len(inside):
            part[inside] = table.divided[-2 - part[inside], chunk[inside] & np.uint32(255)]
    return found


def _divided(starts: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Ascending numbers of the blocks of 2^bits addresses inside which a range starts."""
    keys = starts[(starts & (1 << bits) - 1) != 0] >> bits
    # Starts ascend, so equal keys stand together.
    is_first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    found: NDArray[np.int64] = keys[is_first]
    return found


def _spread(
    starts: NDArray[np.int64], owner: NDArray[np.int32], keys: NDArray[np.int64], bits: int
) -> NDArray[np.int32]:
    """(k, 256) int32: the owner of the first address of each 256th of blocks of 2^bits addresses.

    `keys`: the blocks' numbers, ascending, among them every block inside which a range starts.
    """
    # The ranges are laid over these blocks alone, one behind the other.
    rank = np.searchsorted(keys, starts >> bits)
    is_inside = np.append(keys, -1)[rank] == starts >> bits
    places = rank * 256 + np.where(is_inside, -(-(starts & (1 << bits) - 1) >> bits - 8), 0)
    return np.repeat(owner, np.diff(np.append(places, len(keys) * 256))).reshape(-1, 256)


def _compile_ipv4(
    firsts: NDArray[np.int64], lengths: NDArray[np.int64], indexes: NDArray[np.intp]
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Starts and owners of IPv4 blocks."""
    afters = firsts + (np.int64(1) << (32 - lengths))
    borders = np.sort(np.concatenate([np.zeros(1, np.int64), firsts, afters[afters < 1 << 32]]))
    borders = borders[np.append(True, borders[1:] != borders[:-1])]
    owner = _paint_all(borders, firsts, afters, lengths, indexes)
    is_start = np.append(True, owner[1:] != owner[:-1])
    return borders[is_start].astype(np.uint32), owner[is_start]


def _read_ipv4_blocks(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
    """First addresses, prefix lengths, and whether all were written as address/length; InputError for no block."""
    parts = "/".join(texts).split("/")
    if len(parts) == 2 * len(texts) and all(map(str.isdecimal, parts[1::2])):
        firsts = parse_ipv4_column(parts[0::2])
        lengths = np.array(parts[1::2], np.int64)
        if firsts is not None and (not len(lengths) or lengths.max() <= 32):
            return firsts.astype(np.int64), lengths, True
    blocks = [_require_block(text) for text in texts]
    return (
        np.array([int.from_bytes(packed) for packed, _ in blocks], np.int64),
        np.array([length for _, length in blocks], np.int64),
        False,
    )


def _compile_ipv6(names: list[str], indexes: NDArray[np.intp]) -> tuple[NDArray[np.bytes_], NDArray[np.int32]]:
    """Starts and owners of the IPv6 blocks; writes their canonical text into `names`."""
    blocks = [_require_block(names[index]) for index in indexes]
    for index, block in zip(indexes, blocks, strict=True):
        names[index] = format_block(*block)
    # 17 bytes hold the address behind the last block of the family.
    firsts = np.array([b"\x00" + packed for packed, _ in blocks], "S17")
    afters = np.array([_after(packed, length) for packed, length in blocks], "S17")
    borders = np.unique(np.concatenate([np.array([b""], "S17"), firsts, afters[afters < b"\x01"]]))
    owner = _paint_all(borders, firsts, afters, np.array([length for _, length in blocks], np.int64), indexes)
    is_start = np.append(True, owner[1:] != owner[:-1])
    starts = [start.ljust(17, b"\x00")[1:] for start in borders[is_start].tolist()]
    return np.array(starts, "S16"), owner[is_start]


def _paint_all(
    borders: NDArray[Any],
    firsts: NDArray[Any],
    afters: NDArray[Any],
    lengths: NDArray[np.int64],
    indexes: NDArray[np.intp],
) -> NDArray[np.int32]:
    """(len(borders),) int32: the owner from each border to the next; one pass a prefix length, short ones first."""
    owner = np.full(len(borders), NOBODY, np.int32)
    begin = np.searchsorted(borders, firsts)
    end = np.searchsorted(borders, afters)
    for length in np.flatnonzero(np.bincount(lengths)):
        chosen = np.flatnonzero(lengths == length)
        sizes = end[chosen] - begin[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        owner[np.repeat(begin[chosen], sizes) + within] = np.repeat(indexes[chosen], sizes)
    return owner


def _require_block(text: str) -> tuple[bytes, int]:
    block = parse_block(text)
    if block is None:
        raise InputError(f"{text!r} is not a network; write it as 192.0.2.0/24 or 2001:db8::/32")
    return block


def _after(first: bytes, length: int) -> bytes:
    """The address behind an IPv6 block's last one, in 17 bytes."""
    return (int.from_bytes(first) + (1 << (128 - length))).to_bytes(17)
