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
_WINDOW = np.arange(16)
_IS_MARK = np.ones(256, np.bool_)
_IS_MARK[48:58] = False
_IS_END = np.zeros(256, np.bool_)
_IS_END[list(b" ,;\t\r\n")] = True
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


def parse_ipv4_starts(lines: bytes) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """(n,) uint32 of the IPv4 address that begins each line, and (n,) whether there is one; for text of millions.

    `lines` end with a newline each. The address ends at a blank, comma, semicolon, tab or the line's end. One pass
    over windows of 16 bytes, no text objects.
    """
    padded = np.frombuffer(lines + bytes(16), np.uint8)
    ends = np.flatnonzero(padded[: len(lines)] == 10)
    starts = np.empty(len(ends), np.intp)
    starts[:1] = 0
    starts[1:] = ends[:-1] + 1
    value = np.zeros(len(ends), np.uint32)
    is_sound = np.ones(len(ends), np.bool_)
    for begin in range(0, len(ends), 16_384):
        part = slice(begin, begin + 16_384)
        value[part], is_sound[part] = _parse_windows(padded, starts[part])
    return value, is_sound


def _parse_windows(data: NDArray[np.uint8], starts: NDArray[np.intp]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """As `parse_ipv4_starts`: the fields between the first four marks of each 16-byte window."""
    window = data[starts[:, None] + _WINDOW]
    # Places of all bytes that are no digit; the first four of a line must be three dots and an end.
    rows, places = np.nonzero(_IS_MARK[window])
    firsts = np.searchsorted(rows, np.arange(len(starts)))
    marks = np.append(places, np.zeros(4, np.intp))[firsts[:, None] + np.arange(4)]
    has_four = np.diff(np.append(firsts, len(rows))) >= 4
    lines = np.arange(len(starts))
    value = np.zeros(len(starts), np.uint32)
    is_sound = has_four
    before = np.full(len(starts), -1, np.intp)
    for field in range(4):
        after = marks[:, field]
        length = after - before - 1
        ones = window[lines, after - 1].astype(np.uint32) - 48
        tens = np.where(length > 1, window[lines, after - 2].astype(np.uint32) - 48, 0)
        hundreds = np.where(length > 2, window[lines, after - 3].astype(np.uint32) - 48, 0)
        octet = ones + 10 * tens + 100 * hundreds
        # A leading zero may mean octal: "01" is refused, "0" is not.
        is_octal = (length > 1) & (window[lines, np.minimum(before + 1, 15)] == 48)
        is_sound &= (length >= 1) & (length <= 3) & (octet <= 255) & ~is_octal
        is_sound &= (window[lines, after] == 46) if field < 3 else _IS_END[window[lines, after]]
        value = (value << np.uint32(8)) | octet
        before = after
    return np.where(is_sound, value, 0).astype(np.uint32), is_sound
