"""Whom a listed host contacted, as lists write it: addresses, names, URLs; several in a cell; defanged or not.

read(text).addresses, read(text).names, and read(text).unread: what is there for one and cannot be read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vonggac.kernel import addresses

# The last label of a name holds letters alone, or is punycode: `198.51.100.999` and `198.51.100.6x` are broken
# addresses. So is `198.51.1OO.lO`, though a name may look so: whoever reads the row can say which it is.
_NAME = re.compile(
    r"(?=.{1,253}$)(?!(?:(?=[a-z]*\d)\w{1,4}\.){3}\w{1,4}\.?$)([\w-]{1,63}\.)+(?:xn--[\w-]{1,59}|[^\W\d_]{2,63})\.?",
    re.IGNORECASE,
)
_WILDCARD = re.compile(r"^(?:[*%]?\.)+(?=\w)")
_SCHEME = re.compile(r"(?:h\w{2}ps?|s?ftp|tcp|udp|wss?|irc)\[?:\]?//", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/?#\\]*")
_DEFANGED = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", re.IGNORECASE)
# Dots of other scripts, written as a word, or kept from being read: `evil\.example`, `evil dot example`.
_OTHER_DOTS = re.compile(r"\\+\.|[。．｡]|(?<=\w)\s+dot\s+(?=\w)", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\s;|]+")
_BETWEEN = re.compile(r"[,;|]+")
# Four numbers, whatever stands between them.
_LIKE_IPV4 = re.compile(r"(?<!\d)\d{1,3}(?:\D{1,12}\d{1,3}){3}(?!\d)")
# What may have been an address or a name, and not a word: `không rõ`, `sinkhole` and `v.v.` leave nothing unread. A
# long number may be an address without its dots, or as one number (`3325256713`, `0xC6336409`).
_LIKE_ONE = re.compile(
    rf"[\w*%-]+\.[\w*%-]{{2,}}|\d+[.,]\d|[0-9a-f]*:[0-9a-f]*:|\d{{7}}|0x[0-9a-f]{{6}}|{_LIKE_IPV4.pattern}",
    re.IGNORECASE,
)
_PORT = re.compile(r":\d{1,5}$")


@dataclass(frozen=True, slots=True)
class Contacts:
    """The C2s of one cell, each in its normal form, in their order; `unread` as they stand."""

    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """True when the cell names nobody who could be watched for."""
        return not (self.addresses or self.names)


def read(text: str) -> Contacts:
    """Every contact that the cell names; a port, a path and a remark behind one are dropped."""
    found: dict[str, dict[str, None]] = {"address": {}, "name": {}, "unread": {}}
    words: list[str] = []
    for part in _parts(_OTHER_DOTS.sub(".", text)):
        told = list(_read_part(part))
        for kind, value in told:
            found[kind][value] = None
        words += [] if told else [part]
    is_like_one = not any(found.values()) and _LIKE_ONE.search(_DEFANGED.sub(".", "".join(text.split())))
    if is_like_one or _LIKE_IPV4.search(" ".join(words)):
        found["unread"][text] = None
    return Contacts(tuple(found["address"]), tuple(found["name"]), tuple(found["unread"]))


def _parts(text: str) -> Iterator[str]:
    """The cell's words; a URL is one even if it holds commas, until the next URL."""
    for word in _BETWEEN_WORDS.split(text):
        schemes = [found.start() for found in _SCHEME.finditer(word)]
        if not schemes:
            yield from _BETWEEN.split(word)
            continue
        yield from _BETWEEN.split(word[: schemes[0]])
        for start, end in zip(schemes, [*schemes[1:], len(word)], strict=True):
            yield word[start:end].rstrip(",;|")


def _read_part(part: str) -> Iterator[tuple[str, str]]:
    """(kind, value) of one word; none when it holds nothing like a contact."""
    is_url = _SCHEME.match(part)
    if is_url:
        authority = _AUTHORITY.match(part, is_url.end())
        whole = authority[0] if authority else ""
        pieces = [whole[whole.rfind("@") + 1 :]]
    else:
        pieces = [part] if addresses.parse(part) else _around_slashes(part)
    for place, piece in enumerate(pieces):
        known = _read_one(piece)
        if known is not None and (place == 0 or known[0] == "address"):
            yield known
        elif place == 0 and (is_url or _LIKE_ONE.search(_DEFANGED.sub(".", part))):
            yield "unread", part


def _around_slashes(part: str) -> list[str]:
    """A host before its path, or several with slashes between them; a network is one piece that nothing reads."""
    first, *rest = part.split("/")
    is_network = bool(rest) and rest[0].isdigit() and addresses.parse(first.strip("()<>{}\"'")) is not None
    return [part] if is_network else [first, *rest]


def _read_one(text: str) -> tuple[str, str] | None:
    for candidate in (text, text.strip("()<>{}\"'")):
        if (parsed := addresses.parse(candidate)) is not None:
            return "address", parsed.text
    plain = _PORT.sub("", _DEFANGED.sub(".", text).strip("()<>{}\"'"))
    if (parsed := addresses.parse(plain)) is not None:
        return "address", parsed.text
    name = _WILDCARD.sub("", plain)
    return ("name", name.rstrip(".").lower()) if _NAME.fullmatch(name) else None
