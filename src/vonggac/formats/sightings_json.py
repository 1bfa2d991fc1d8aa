"""Sightings as JSON, joined from columns of few texts: a hundred thousand of them in a fraction of a second."""

import json
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vonggac.formats import times
from vonggac.formats.botnet_cells import UNKNOWN
from vonggac.formats.botnet_list import ListReading
from vonggac.formats.cells import Texts, number
from vonggac.formats.records import Reject, RowWarning
from vonggac.formats.sightings import Match, Summary
from vonggac.kernel import pieces
from vonggac.kernel.addresses import Addresses
from vonggac.kernel.pieces import Repeated

SCHEMA = 1
# A part of about a megabyte stays in the cache of one core while its columns are written.
ROWS_AT_ONCE = 4_096
# So many texts are put together in a fraction of the time that a column takes.
MERGED_TEXTS = 2_048
_THOUSAND = 1_000

Column: TypeAlias = tuple[list[bytes], NDArray[np.intp]]


def write_json(match: Match, reading: ListReading, warnings: list[RowWarning]) -> Iterator[bytes | memoryview]:
    """The JSON document of schema 1 (docs/reference/botnet-lists.md), in parts to be written one after the other."""
    tail = {
        "rejects": [_fields(reject) for reject in reading.rejects],
        "summary": _fields(match.summary),
        "warnings": [_fields(warning) for warning in warnings],
        "mapping": reading.mapping.to_json(),
    }
    rest = json.dumps(tail, ensure_ascii=False, separators=(",", ":"))[1:]
    yield b'{"schema":%d,"rows":[' % SCHEMA
    yield from _write_rows(match)
    yield b"],%b\n" % rest.encode()


def _write_rows(match: Match) -> Iterator[memoryview]:
    """The sightings' JSON, a few thousand at a time."""
    count = len(match.addresses)
    if not count:
        return
    columns = _merged(
        *_addresses(match.addresses),
        *_texts(match.family, b'","family":%b,"port":'),
        *_numerals(match.port),
        *_texts(match.protocol, b',"protocol":%b'),
        *_texts(match.destination_address, b',"destination_address":%b'),
        *_texts(match.destination_host, b',"destination_host":%b,"first_seen_utc":'),
        *_times(match.first_seen, b',"last_seen_utc":'),
        *_times(match.last_seen, b',"count":'),
        *_numerals(match.count),
        *_owners(match),
    )
    for begin in range(0, count, ROWS_AT_ONCE):
        part = pieces.join([(texts, numbers[begin : begin + ROWS_AT_ONCE]) for texts, numbers in columns])
        # In front of the first sighting of all stands no comma.
        yield part.data if begin else part.data[1:]


def _merged(*columns: Column) -> list[tuple[Repeated, NDArray[np.intp]]]:
    """The columns to be joined, neighbours of few texts as one: each takes time in every row."""
    found = [columns[0]]
    for texts, numbers in columns[1:]:
        before, codes = found[-1]
        if len(before) * len(texts) <= MERGED_TEXTS:
            found[-1] = [one + other for one in before for other in texts], codes * len(texts) + numbers
        else:
            found.append((texts, numbers))
    return [(Repeated(texts), numbers) for texts, numbers in found]


def _addresses(listed: Addresses) -> Iterator[Column]:
    """The address with the begin of the sighting's object in front."""
    begin = b',{"address":"'
    if listed.is_ipv6.any():
        yield _distinct([begin + text.encode() for text in listed.text])
        return
    octets = listed.ipv4.astype(">u4").view(np.uint8).reshape(-1, 4).astype(np.intp)
    for place, mark in enumerate((begin, b".", b".", b".")):
        yield [mark + b"%d" % value for value in range(256)], octets[:, place]


def _distinct(texts: list[bytes]) -> Column:
    return texts, np.arange(len(texts))


def _texts(texts: Texts, around: bytes) -> Iterator[Column]:
    yield [around % _quote(text) for text in texts.values], texts.codes


def _numerals(values: NDArray[np.int64]) -> Iterator[Column]:
    """Decimal digits of each number, `null` for `UNKNOWN`; thousands and the rest apart, so that few texts do."""
    highest = int(values.max())
    if highest >= _THOUSAND**2:
        firsts, codes = number(values)
        yield [b"null" if one == UNKNOWN else b"%d" % one for one in values[firsts].tolist()], codes
        return
    is_known = values != UNKNOWN
    plain = [b"%d" % one for one in range(_THOUSAND)]
    if highest < _THOUSAND:
        yield [*plain[: highest + 1], b"null"], np.where(is_known, values, highest + 1)
        return
    thousands, rest = np.divmod(values, _THOUSAND)
    most = highest // _THOUSAND
    yield [b"", *plain[1 : most + 1], b"null"], np.where(is_known, thousands, most + 1)
    padded = [b"%03d" % one for one in range(_THOUSAND)]
    yield [*plain, *padded, b""], np.where(is_known, rest + _THOUSAND * (thousands > 0), 2 * _THOUSAND)


def _times(seconds: NDArray[np.int64], behind: bytes) -> Iterator[Column]:
    """The time as `2021-03-04T00:00:00Z`, in columns of days, minutes and seconds; `null` for `NO_TIME`."""
    days, clock = np.divmod(seconds, 86_400)
    firsts, codes = number(days)
    shown = times.format_utc_bytes(seconds[firsts])
    yield [b"null" if one is None else b'"%b' % one[:11] for one in shown], codes
    is_known = np.array([one is not None for one in shown])[codes]
    minutes = [b"%02d:%02d:" % divmod(minute, 60) for minute in range(1_440)]
    yield [*minutes, b""], np.where(is_known, clock // 60, 1_440)
    yield (
        [*(b'%02dZ"%b' % (second, behind) for second in range(60)), behind],
        np.where(is_known, clock % 60, 60),
    )


def _owners(match: Match) -> Iterator[Column]:
    """Organisation, network and inner host, with the end of the sighting's object behind."""
    network, organisation = match.register.networks, match.register.organisations
    firsts, codes = number(match.owner)
    end = "null}" if match.inner_host is None else ""
    owned_by = [
        f',"organisation":{encode_basestring(organisation[one])},"network":"{network[one]}","inner_host":{end}'.encode()
        if one >= 0
        else f',"organisation":null,"network":null,"inner_host":{end}'.encode()
        for one in match.owner[firsts].tolist()
    ]
    yield owned_by, codes
    if match.inner_host is not None:
        yield _distinct([_quote(host) + b"}" for host in match.inner_host])


def _quote(text: str | None) -> bytes:
    return b"null" if text is None else encode_basestring(text).encode()


def _fields(value: Reject | RowWarning | Summary) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}
