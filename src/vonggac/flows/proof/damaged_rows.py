"""Whom the rows of a botnet list whose address cannot be read may name: `DamagedRows(raws).may_name(address)`.

A clerk's slip or a torn line still has the address's digits: `203.0.113.005`, `203-0-113-5`, `20301135`, `2O3.0.113.5`,
a dot too many or too few, the end missing; or it is the address as one number (`3405803781`). Another digit makes
another address, and mostly one that reads well: it tells of nobody. A row that holds nothing like an address names
nobody.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, ip_network, summarize_address_range

from vonggac.flows.proof.c2 import address_of
from vonggac.flows.proof.host_evidence import Address, Network

_DOTS = re.compile(r"(?:\s*(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|[.·])\s*)+")
_COMMAS = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d.,])")
# The same marks between all four numbers, or marks that nobody writes between others: `203 dot 0 dot 113 dot 5`.
_MARKED = re.compile(r"(?<!\d)(\d{1,3})([^\d,;|\t\"]{1,8})(\d{1,3})\2(\d{1,3})\2(\d{1,3})(?!\d)")
_MIXED = re.compile(r"(?<!\d)(\d{1,3})[-_/\\.]+(\d{1,3})[-_/\\.]+(\d{1,3})[-_/\\.]+(\d{1,3})(?!\d)")
_REVERSED = re.compile(r"(?<!\d)(\d+)\.(\d+)\.(\d+)\.(\d+)(?=\.in-addr\b)")
# Numbers of which marks are missing; with fewer digits most are ports and counts.
_RUN = re.compile(r"\d[\d._/\\-]*\d")
_RUN_DIGITS = range(7, 13)
_NUMBER = re.compile(r"(?<![\d.])\d{8,10}(?![\d.])|\b0x[0-9a-f]{6,8}\b")
_OCTETS = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}")
# A year in front of dots is none: `1920.0.0` is an address without its first dot.
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[/-]\d{1,2}[/-]\d{1,2}")
_BLOCK = re.compile(r"[0-9a-f.:]+/\d+")
_RANGE = re.compile(r"(\d+(?:\.\d+){3})\s*[-–]\s*(\d+(?:\.\d+){3})")
_IPV6 = re.compile(r"[0-9a-f]*(?::[0-9a-f]*){2,}")
_TIME = re.compile(r"[0-2]?\d:[0-5]\d:[0-5]\d")
_LOWEST = 1 << 24  # below it lies no address of a host
# Letters that are typed or scanned for digits.
_MISREAD = re.compile(r"\b[\doli]+(?:\.[\doli]+){2,}\b")
_LOOKALIKES = str.maketrans("oli", "011")


class DamagedRows:
    """The unreadable rows of one list, asked about one address after another in nearly constant time."""

    def __init__(self, raws: Iterable[str], *, is_whole: bool = True) -> None:
        """Without some of the rows (is_whole is False) anybody may be named by one of those."""
        self._is_whole = is_whole
        self._exact: set[str] = set()
        self._near: set[str] = set()  # the digits of each damaged text
        self._begun: set[str] = set()  # how an address begins whose end is missing
        self._blocks: set[Network] = set()
        self._around: set[Network] = set()  # the networks that the addresses lie in, as far as that can be told
        for raw in raws:
            self._read(_plain(raw))

    @property
    def may_name_anybody(self) -> bool:
        """True when one of the rows holds something like an address."""
        return not self._is_whole or bool(self._exact or self._near or self._begun or self._blocks)

    def may_name(self, address: Address) -> bool:
        """True when one of the rows may have meant the address."""
        text = str(address)
        return (
            not self._is_whole
            or text in self._exact
            or _digits(text) in self._near
            or any(text.startswith(begun) for begun in self._begun)
            or any(address in block for block in self._blocks)
        )

    def may_name_in(self, network: Network) -> bool:
        """True when one of the rows may have meant an address of the network."""
        known = (one for networks in (self._blocks, self._around) for one in networks)
        return not self._is_whole or any(one.version == network.version and one.overlaps(network) for one in known)

    def _read(self, raw: str) -> None:
        plain = _with_dots(raw)
        self._note_runs(plain)
        for text in _OCTETS.findall(plain):
            if not _DATE.fullmatch(text):
                self._note_ipv4(text)
        for text in _BLOCK.findall(plain):
            self._note_block(text)
        for first, last in _RANGE.findall(plain):
            self._note_range(first, last)
        for text in _IPV6.findall(raw):
            if not _TIME.fullmatch(text):
                self._note_ipv6(text)

    def _note_runs(self, plain: str) -> None:
        """Digits with marks missing between them, and addresses as one number."""
        for text in _RUN.findall(plain):
            if not _DATE.fullmatch(text) and len(digits := _digits(text)) in _RUN_DIGITS:
                self._near.add(digits)
        for text in _NUMBER.findall(plain):
            if _LOWEST <= (number := int(text, 0 if text.startswith("0x") else 10)) < 2**32:
                self._note_exact(IPv4Address(number))

    def _note_ipv4(self, text: str) -> None:
        if (known := address_of(text)) is not None:
            self._note_exact(known)
            return
        octets = text.split(".")
        if len(octets) < 4:
            self._begun.add(text)
            self._near.add(_digits(text))
        for start in range(len(octets) - 3):
            four = octets[start : start + 4]
            self._near |= {_digits(".".join(four)), _digits(".".join(one.lstrip("0") or "0" for one in four))}
        self._note_around(octets)

    def _note_exact(self, address: Address) -> None:
        self._exact.add(str(address))
        self._around.add(ip_network(address))

    def _note_around(self, octets: Sequence[str]) -> None:
        """The smallest network that the readable numbers at the beginning tell; a last one may be torn off."""
        sure = [int(one[-9:]) for one in octets[: min(len(octets) - 1, 3)]]
        while sure and max(sure) > 255:
            sure.pop()
        if len(sure) >= 2:
            base = ".".join(str(one) for one in [*sure, 0, 0][:4])
            self._around.add(IPv4Network(f"{base}/{len(sure) * 8}"))

    def _note_ipv6(self, text: str) -> None:
        if (known := address_of(text)) is not None:
            self._note_exact(known)
        else:
            self._near.add(_digits(text))
        if known is None or text.endswith(":"):
            self._begun.add(text)

    def _note_block(self, text: str) -> None:
        try:
            self._blocks.add(ip_network(text, strict=False))
        except ValueError:
            return

    def _note_range(self, first: str, last: str) -> None:
        low, high = address_of(first), address_of(last)
        if isinstance(low, IPv4Address) and isinstance(high, IPv4Address) and low <= high:
            self._blocks.update(summarize_address_range(low, high))


def _plain(raw: str) -> str:
    """The row in small letters, wide signs made narrow, and without those that nobody sees."""
    plain = unicodedata.normalize("NFKC", raw).lower()
    return plain if plain.isascii() else "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")


def _with_dots(plain: str) -> str:
    """The row with dots for other marks between four numbers, and digits for letters between dots."""
    text = _MISREAD.sub(lambda found: found[0].translate(_LOOKALIKES), _DOTS.sub(".", plain))
    text = _MARKED.sub(r"\1.\3.\4.\5", _COMMAS.sub(r"\1.\2.\3.\4", text))
    return _REVERSED.sub(r"\4.\3.\2.\1", _MIXED.sub(r"\1.\2.\3.\4", text))


def _digits(text: str) -> str:
    """The text without the marks between its numbers."""
    return re.sub(r"[^0-9a-f]", "", text)
