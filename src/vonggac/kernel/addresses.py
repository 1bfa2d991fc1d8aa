"""Addresses between text and numbers: IPv4 as uint32, IPv6 as a pair of uint64, both in host order."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

_parse_ipv4 = partial(socket.inet_pton, socket.AF_INET)
_parse_ipv6 = partial(socket.inet_pton, socket.AF_INET6)

_MAPPED_IPV4 = bytes(10) + b"\xff\xff"
# Chunks whose intermediate words stay in the second-level cache.
_CHUNK_ROWS = 8_192
_ONE, _THREE, _EIGHT, _TWELVE, _SIXTEEN, _BYTE, _TWELVE_BITS = (np.uint64(n) for n in (1, 3, 8, 12, 16, 0xFF, 0xFFF))
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


@dataclass(frozen=True, slots=True)
class Addresses:
    """n addresses in columns.

    `text` canonical; `is_ipv6` (n,) bool; `ipv4` (n,) uint32, 0 where IPv6; `hi`, `lo` (n,) uint64, 0 where IPv4.
    """

    text: list[str]
    is_ipv6: NDArray[np.bool_]
    ipv4: NDArray[np.uint32]
    hi: NDArray[np.uint64]
    lo: NDArray[np.uint64]


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
        text=[format_packed(one) for one in packed],
        is_ipv6=is_ipv6,
        ipv4=ipv4,
        hi=np.where(is_ipv6, pairs[:, 0], zero),
        lo=np.where(is_ipv6, pairs[:, 1], zero),
    )


def from_ipv4(texts: list[str], ipv4: NDArray[np.uint32]) -> Addresses:
    """Columns of plain IPv4 addresses whose numbers `parse_ipv4_column` gave."""
    zeros = np.zeros(len(texts), np.uint64)
    return Addresses(texts, np.zeros(len(texts), np.bool_), ipv4, zeros, zeros)


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
        high, length = _parse_octet_pair(words[part])
        second = part + length
        is_dot = data[second] == ord(".")
        second += 1
        low, length = _parse_octet_pair(words[second])
        is_sound = is_dot & (high >= 0) & (low >= 0)
        value[begin : begin + _CHUNK_ROWS] = np.where(is_sound, high << 16 | low, 0).view(np.uint32)
        after[begin : begin + _CHUNK_ROWS] = np.where(is_sound, second + length, -1)
    return value, after


def _parse_octet_pair(word: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Value of `1.22` at the begin of eight little-endian bytes that go on with a mark, negative else; its length."""
    # Digits are 0 to 9 now; adding 118 to anything above sets the top bit of its byte and carries into no other.
    odd = word ^ _ZEROS
    marks = (((odd & _LOW_SEVEN) + _CARRY) | odd) & _TOP
    below = marks - _ONE
    rest = marks & below
    # Bytes in front of the first and of the second mark, 8 where there is none.
    dot = np.bitwise_count(~marks & below) >> 3
    end = np.bitwise_count(~rest & (rest - _ONE)) >> 3
    first_digits = dot.astype(np.uint64)
    behind = word >> (first_digits << _THREE)
    second_digits = (end - dot - 1 & 7).astype(np.uint64)
    first = _OCTETS[_octet_key(word, first_digits)]
    second = _OCTETS[_octet_key(behind >> _EIGHT, second_digits)]
    value = np.where((behind & _BYTE) == ord("."), first << 8 | second, -1)
    return value, end.astype(np.intp) & 7


def _octet_key(word: NDArray[np.uint64], length: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Where `_OCTETS` has the value of the first digits of each word."""
    digits = (word << ((_THREE - length) << _THREE)) & _DIGITS
    # The multiplication brings the three digits, a byte each, side by side as four bits each.
    key: NDArray[np.uint64] = (digits * _SQUEEZE >> _SIXTEEN) & _TWELVE_BITS | length << _TWELVE
    return key.view(np.intp)


def _tabulate_octets() -> NDArray[np.int32]:
    """(9 · 4096,) int32: the value of a number of so many digits, of four bits each, −1 where it is no octet."""
    table = np.full(9 << 12, -1, np.int32)
    for value in range(256):
        # A leading zero may mean octal: "01" is refused, "0" is not; so every octet has one length.
        table[len(str(value)) << 12 | int(str(value), 16)] = value
    return table


_OCTETS = _tabulate_octets()
