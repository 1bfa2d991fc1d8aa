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
_CHUNK_ROWS = 16_384
_ONE, _THREE, _SEVEN, _TEN, _HUNDRED, _BYTE = (np.uint64(value) for value in (1, 3, 7, 10, 100, 0xFF))
_UPPER, _THREES, _SIXES, _LOW_SEVEN, _TOP = (np.uint64(0x0101010101010101 * one) for one in (0xF0, 0x30, 6, 0x7F, 0x80))
_DIGITS = np.uint64(0x0F0F0F)
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
    """(n,) uint32 when every text is a plain IPv4 address, else None; 4 to 5 million a second."""
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
        high, length, is_sound = _parse_octet_pair(words[part])
        is_sound &= data[part + length] == ord(".")
        second = part + length + 1
        low, length, is_low_sound = _parse_octet_pair(words[second])
        is_sound &= is_low_sound
        value[begin : begin + _CHUNK_ROWS] = np.where(is_sound, high << np.uint64(16) | low, 0)
        after[begin : begin + _CHUNK_ROWS] = np.where(is_sound, second + length, -1)
    return value, after


def _parse_octet_pair(word: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.bool_]]:
    """Value, length and soundness of `1.22` at the begin of eight little-endian bytes that go on with a mark."""
    # A byte is a digit when its upper half is 3, and still is after adding 6.
    odd = ((word & _UPPER) ^ _THREES) | (((word + _SIXES) & _UPPER) ^ _THREES)
    marks = (((odd & _LOW_SEVEN) + _LOW_SEVEN) | odd) & _TOP
    rest = marks & (marks - _ONE)
    dot = np.bitwise_count((marks & (~marks + _ONE)) - _ONE).astype(np.uint64) >> _THREE
    end = np.bitwise_count((rest & (~rest + _ONE)) - _ONE).astype(np.uint64) >> _THREE
    # Without a second mark both are 8; then the lengths below are wrong for an octet.
    first, is_first = _parse_octet(word, dot)
    behind = np.minimum(dot + _ONE, _SEVEN)
    second, is_second = _parse_octet(word >> (behind << _THREE), end - behind)
    is_sound = is_first & is_second & (rest != 0)
    is_sound &= (word >> (np.minimum(dot, _SEVEN) << _THREE) & _BYTE) == ord(".")
    return first << np.uint64(8) | second, np.where(rest != 0, end, 0).astype(np.intp), is_sound


def _parse_octet(word: NDArray[np.uint64], length: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Value of the first 1 to 3 digits of each word, and whether they are an octet."""
    is_length = (length >= 1) & (length <= 3)
    digits = (word << ((_THREE - np.where(is_length, length, _ONE)) << _THREE)) & _DIGITS
    value = (digits & _BYTE) * _HUNDRED + (digits >> np.uint64(8) & _BYTE) * _TEN + (digits >> np.uint64(16))
    # A leading zero may mean octal: "01" is refused, "0" is not.
    is_octal = (length > 1) & ((word & _BYTE) == ord("0"))
    return value, is_length & (value <= 255) & ~is_octal
