"""Addresses between text and numbers: IPv4 as uint32, IPv6 as a pair of uint64, both in host order."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from socket import inet_ntoa

import numpy as np
from numpy.typing import NDArray

_parse_ipv4 = partial(socket.inet_pton, socket.AF_INET)
_parse_ipv6 = partial(socket.inet_pton, socket.AF_INET6)

_MAPPED_IPV4 = bytes(10) + b"\xff\xff"
# Chunks whose intermediate words stay in the second-level cache.
_CHUNK_ROWS = 16_384
_ONE, _EIGHT, _SIXTEEN, _FORTY, _TWELVE_BITS = (np.uint64(n) for n in (1, 8, 16, 40, 0xFFF))
_ZEROS, _CARRY, _LOW_SEVEN, _TOP = (np.uint64(0x0101010101010101 * one) for one in (0x30, 118, 0x7F, 0x80))
_DIGITS, _SQUEEZE = np.uint64(0x0F0F0F), np.uint64(0x1001001)
_DEFANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", re.IGNORECASE)
_IPV4_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")
_BRACKETED_IPV6 = re.compile(r"\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One address read from text: 4 or 16 bytes in network order, and the port written behind it, if any."""

    packed: bytes
    port: int | None = None

    @property
    def text(self) -> str:
        """The canonical text (RFC 5952 for IPv6)."""
        return format_packed(self.packed)


@dataclass(frozen=True)
class Addresses:
    """n addresses in columns.

    `is_ipv6` (n,) bool; `ipv4` (n,) uint32, 0 where IPv6; `hi`, `lo` (n,) uint64, 0 where IPv4.
    """

    is_ipv6: NDArray[np.bool_]
    ipv4: NDArray[np.uint32]
    hi: NDArray[np.uint64]
    lo: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.ipv4)

    @cached_property
    def text(self) -> list[str]:
        """The canonical text of each, made when first asked for: 0.1 µs an address."""
        ipv4 = self.ipv4.astype(">u4").tobytes()
        texts = [inet_ntoa(ipv4[place : place + 4]) for place in range(0, len(ipv4), 4)]
        for place in np.flatnonzero(self.is_ipv6).tolist():
            packed = int(self.hi[place]).to_bytes(8) + int(self.lo[place]).to_bytes(8)
            texts[place] = format_packed(packed)
        return texts

    def take(self, places: NDArray[np.intp]) -> "Addresses":
        """The addresses at some places."""
        return Addresses(self.is_ipv6[places], self.ipv4[places], self.hi[places], self.lo[places])


def parse(text: str) -> Parsed | None:
    """The address that a person or a report wrote, or None when it is not exactly one address.

    Accepts defanged dots (`192[.]0[.]2[.]1`), `192.0.2.1:80`, `[2001:db8::1]:80`, a `/32` or `/128`, blanks around.
    An IPv4 address mapped into IPv6 comes back as IPv4. Leading zeros are refused: some tools read them as octal.
    """
    cleaned = text.strip().strip("\"'<>")
    packed = _pack(cleaned)
    if packed is not None:
        return Parsed(packed)
    cleaned = _DEFANGED_DOT.sub(".", cleaned).replace("[:]", ":")
    port = None
    if match := _IPV4_WITH_PORT.fullmatch(cleaned) or _BRACKETED_IPV6.fullmatch(cleaned):
        cleaned = match[1]
        port = int(match[2]) if match[2] and int(match[2]) <= 65_535 else None
    elif cleaned.endswith("/32") and ":" not in cleaned:
        cleaned = cleaned[:-3]
    elif cleaned.endswith("/128") and ":" in cleaned:
        cleaned = cleaned[:-4]
    packed = _pack(cleaned)
    return None if packed is None else Parsed(packed, port)


def parse_ipv4_column(texts: Sequence[str]) -> NDArray[np.uint32] | None:
    """(n,) uint32 when every text is a plain IPv4 address, else None; one call of the C library each."""
    try:
        packed = b"".join(map(_parse_ipv4, texts))
    except (OSError, ValueError):
        return None
    return np.frombuffer(packed, ">u4").astype(np.uint32)


def from_packed(packed: Sequence[bytes]) -> Addresses:
    """Columns from 4- or 16-byte addresses in network order; O(n)."""
    is_ipv6 = np.fromiter((len(one) == 16 for one in packed), np.bool_, len(packed))
    wide = b"".join(one if len(one) == 16 else bytes(12) + one for one in packed)
    pairs = np.frombuffer(wide, ">u8").reshape(-1, 2).astype(np.uint64)
    ipv4 = np.where(is_ipv6, 0, pairs[:, 1]).astype(np.uint32)
    zero = np.uint64(0)
    return Addresses(
        is_ipv6=is_ipv6,
        ipv4=ipv4,
        hi=np.where(is_ipv6, pairs[:, 0], zero),
        lo=np.where(is_ipv6, pairs[:, 1], zero),
    )


def from_ipv4(ipv4: NDArray[np.uint32]) -> Addresses:
    """Columns of IPv4 addresses from their numbers."""
    zeros = np.zeros(len(ipv4), np.uint64)
    return Addresses(np.zeros(len(ipv4), np.bool_), ipv4, zeros, zeros)


def format_packed(packed: bytes) -> str:
    """The canonical text of a 4- or 16-byte address."""
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _pack(text: str) -> bytes | None:
    try:
        return _parse_ipv4(text)
    except (OSError, ValueError):
        pass
    try:
        packed = _parse_ipv6(text)
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(_MAPPED_IPV4) else packed


def parse_ipv4_at(data: NDArray[np.uint8], starts: NDArray[np.intp]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """(n,) uint32 of the dotted address that begins at each place of a text, and (n,) the place behind it, or −1.

    `data` (m,) bytes with at least 16 more behind the last start. A value is 0 where there is no address. Two words of
    eight bytes an address hold two octets each and are taken apart by arithmetic on all addresses at once; no text
    objects. What may follow an address is for the caller to check.
    """
    value = np.empty(len(starts), np.uint32)
    after = np.empty(len(starts), np.intp)
    words = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    for begin in range(0, len(starts), _CHUNK_ROWS):
        part = starts[begin : begin + _CHUNK_ROWS]
        high, is_high, length = _parse_octet_pair(words[part])
        second = part + length
        is_dot = data[second] == ord(".")
        second += 1
        low, is_low, length = _parse_octet_pair(words[second])
        second += length
        is_sound = is_high & is_low & is_dot
        value[begin : begin + _CHUNK_ROWS] = (high.astype(np.uint32) << 16 | low) * is_sound
        after[begin : begin + _CHUNK_ROWS] = np.where(is_sound, second, -1)
    return value, after


def _parse_octet_pair(word: NDArray[np.uint64]) -> tuple[NDArray[np.uint16], NDArray[np.bool_], NDArray[np.uint8]]:
    """Value of `1.22` at the begin of eight little-endian bytes that go on with a mark; whether it is one; its length.

    Results are written over what is needed no more, and lengths are kept in one byte: the time goes into memory.
    """
    # Digits are 0 to 9 now; adding 118 to anything above sets the top bit of its byte and carries into no other.
    odd = word ^ _ZEROS
    marks = odd & _LOW_SEVEN
    marks += _CARRY
    marks |= odd
    marks &= _TOP
    rest = np.bitwise_and(marks, marks - _ONE, out=odd)
    dot, end = _bits_before(marks), _bits_before(rest)
    behind = np.right_shift(word, dot, out=rest)
    is_dot = behind.astype(np.uint8) == ord(".")
    behind >>= _EIGHT
    second_bits = end - dot - np.uint8(8)
    first, second = _read_octet(word, dot), _read_octet(behind, second_bits)
    is_pair: NDArray[np.bool_] = is_dot & (first >> 8 == dot) & (second >> 8 == second_bits)
    value = first << np.uint16(8) | second & np.uint16(255)
    return value, is_pair, end >> np.uint8(3) & np.uint8(7)


def _bits_before(marks: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """(n,) bits of the bytes in front of the one whose top bit is the lowest that is set; 64 where none is."""
    below = marks - _ONE
    below &= ~marks
    bits: NDArray[np.uint8] = np.bitwise_count(below) & np.uint8(0x78)
    return bits


def _read_octet(word: NDArray[np.uint64], bits: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """What `_OCTETS` says of the digits in the first bits of each word."""
    key = word << (np.uint8(64) - bits)
    key >>= _FORTY
    key &= _DIGITS
    # The multiplication brings the three digits, a byte each, side by side as four bits each.
    key *= _SQUEEZE
    key >>= _SIXTEEN
    key &= _TWELVE_BITS
    return _OCTETS[key.view(np.intp)]


def _tabulate_octets() -> NDArray[np.uint16]:
    """(4096,) uint16: from three digits of four bits each the number and, 8 bits higher, how many bits its text has.

    A leading zero may mean octal: "01" is refused, "0" is not; so every octet has one length. 2^16 − 1: no octet.
    """
    table = np.full(1 << 12, (1 << 16) - 1, np.uint16)
    for value in range(256):
        table[int(str(value), 16)] = len(str(value)) << 11 | value
    return table


_OCTETS = _tabulate_octets()
