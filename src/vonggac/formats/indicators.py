"""Lists of indicators as they are passed round: an address, network, domain, URL or hash on each line.

Each line's kind is told by what stands in it, so a list may mix them. Of a line with several cells (comma, semicolon,
tab, blanks) the first counts; of a table with a header that names a column of indicators, that column; of a hosts file
the name behind `0.0.0.0` or `127.0.0.1`. Dots and schemes may be defanged (`evil[.]example`, `hxxp://`).
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from vonggac.formats import encodings, packed
from vonggac.formats.limits import DEFAULT_LIMITS, Limits
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import normal_name
from vonggac.kernel import addresses, networks

RAW_CHARACTERS = 1_000
_COMMENT = ("#", ";", "//", "!")
_HEADERS = frozenset({
    "indicator", "ioc", "value", "ip", "ip address", "address", "domain", "host", "hostname", "url", "hash", "md5",
    "sha1", "sha256", "dst_ip", "ioc_value", "chi dau", "dia chi", "ten mien", "network", "cidr",
})  # fmt: skip
_CELLS = re.compile(r"[,;\t ]+")
_DEFANGED = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", re.IGNORECASE)
_SCHEME = re.compile(r"(?i)^(h(?:xx|tt)ps?|f(?:x|t)p)(?::|\[:\])//")
_HASH = re.compile(r"[0-9a-fA-F]+")
_HASH_LENGTHS = frozenset({32, 40, 56, 64, 96, 128})  # MD5, SHA-1, SHA-224, -256, -384, -512
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NULL_ROUTES = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104  text of hosts files
# Wider ones list half the Internet: a slip of the pen, and every row a hit.
_SHORTEST = {4: 8, 16: 16}


class IndicatorKind(StrEnum):
    """What an indicator is, and so which columns it is looked for in."""

    ADDRESS = "address"
    NETWORK = "network"
    DOMAIN = "domain"
    URL = "url"
    HASH = "hash"


@dataclass(frozen=True, slots=True, order=True)
class Indicator:
    """One indicator in its normal form."""

    kind: IndicatorKind
    value: str


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """The indicators of a list, each once, in its order; and the lines that hold none."""

    indicators: list[Indicator]
    rejects: list[Reject]


def read(content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> IndicatorList:
    """Every line's indicator, or why it holds none; packed lists are unpacked."""
    plain = b"".join(packed.unpacked(io.BytesIO(content), filename, limits))
    text = encodings.decode(plain, encodings.detect(plain))
    found: dict[Indicator, None] = {}
    rejects: list[Reject] = []
    for line, cell, raw in _cells(text):
        told = tell(cell)
        if isinstance(told, Indicator):
            found.setdefault(told)
        else:
            rejects.append(Reject(line, None, told, raw[:RAW_CHARACTERS]))
    return IndicatorList(list(found), rejects)


def tell(text: str) -> Indicator | str:
    """The indicator that the text is, or why it is none."""
    cleaned = _DEFANGED.sub(".", text.strip().strip("\"'<>"))
    if _SCHEME.match(cleaned):
        url = normal_url(cleaned)
        return Indicator(IndicatorKind.URL, url) if url else "is no URL with a host"
    if len(cleaned) in _HASH_LENGTHS and _HASH.fullmatch(cleaned):
        return Indicator(IndicatorKind.HASH, cleaned.lower())
    if (address := addresses.parse(cleaned)) is not None:
        return Indicator(IndicatorKind.ADDRESS, address.text)
    if "/" in cleaned:
        return _network(cleaned)
    return _domain(cleaned)


def normal_url(text: str) -> str | None:
    """The URL as it is compared: scheme and host in lower case, no default port, fragment or lone slash at the end."""
    refanged = _SCHEME.sub(lambda found: found[1].lower().replace("x", "t") + "://", _DEFANGED.sub(".", text.strip()))
    try:
        parts = urlsplit(refanged)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else normal_name(parts.hostname)
    shown = "" if port in {None, {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme)} else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{shown}{'' if parts.path == '/' else parts.path}{query}"


def host_of(url: str) -> str:
    """The host of a URL in its normal form."""
    return urlsplit(url).hostname or ""


def _cells(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, the cell that counts, the line) of each line that is not empty and no comment."""
    column: int | None = None
    is_first = True
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith(_COMMENT):
            continue
        if is_first:
            is_first = False
            column = _column(line)
            if column is not None:
                continue
        yield number, _cell(line, column), line


def _column(line: str) -> int | None:
    """Which column of a table holds the indicators, when the line is a header."""
    names = [name.strip().lower().lstrip("\ufeff") for name in next(csv.reader([line], delimiter=_delimiter(line)))]
    return next((place for place, name in enumerate(names) if name in _HEADERS), None)


def _delimiter(line: str) -> str:
    return next((one for one in "\t;," if one in line), ",")


def _cell(line: str, column: int | None) -> str:
    if column is not None:
        cells = next(csv.reader([line], delimiter=_delimiter(line)), [])
        return cells[column] if column < len(cells) else ""
    if _SCHEME.match(line):
        return line.split(maxsplit=1)[0]
    first, *rest = _CELLS.split(line, maxsplit=2)
    return rest[0] if rest and rest[0] and first in _NULL_ROUTES else first


def _network(text: str) -> Indicator | str:
    block = networks.parse_block(text)
    if block is None:
        return "is no address, network, domain, URL or hash; a URL begins with http:// or https://"
    first, length = block
    if length < _SHORTEST[len(first)]:
        return f"lists more than a /{_SHORTEST[len(first)]}; write the networks that are meant"
    return Indicator(IndicatorKind.NETWORK, networks.format_block(first, length))


def _domain(text: str) -> Indicator | str:
    # `*.evil.example`, `||evil.example^` and `.evil.example` mean the name and its children, as every name here does.
    name = normal_name(text.removeprefix("||").removesuffix("^").removeprefix("*.").removeprefix("."))
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return "is no address, network, domain, URL or hash"
    if len(labels) < 2:
        return "a name without a dot would match every name below it"
    return Indicator(IndicatorKind.DOMAIN, name)
