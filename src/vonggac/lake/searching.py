"""A list of indicators compiled for searching, and the hits of it in one segment.

    wanted = Wanted.of(indicators)
    hits(path, kind, wanted)       # Hits: (k,) indicator, time and row of every match, one an indicator and row

Only columns that may hold what is looked for are read; times only of row groups with a hit. Repeated texts (names,
observables) are looked at once a row group.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from vonggac.errors import IntegrityFailure
from vonggac.formats.indicators import IndicatorKind, host_of, normal_url
from vonggac.formats.traffic_tables import SCHEMAS, Kind, normal_name
from vonggac.kernel import addresses, networks
from vonggac.kernel.address_set import AddressSet
from vonggac.kernel.name_set import NameSet, Pairs
from vonggac.kernel.networks import NOBODY
from vonggac.lake.address_rows import column_bounds

_NAMES, _OBSERVABLES = ("query", "aliases", "host"), "observables"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a kind's rows hold addresses (the ends' names), domain names, and things of several kinds as JSON."""

    ends: tuple[str, ...]
    names: tuple[str, ...]
    observables: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns whose distinct values are looked at."""
        return (*(f"{end}_v6" for end in self.ends), *self.names, *self.observables)


def columns_of(kind: Kind) -> Columns:
    """What is searched in a kind's rows."""
    names = SCHEMAS[kind].names
    return Columns(
        tuple(name.removesuffix("_v4") for name in names if name.endswith("_v4")),
        tuple(name for name in _NAMES if name in names),
        tuple(name for name in (_OBSERVABLES,) if name in names),
    )


def searched(kind: IndicatorKind) -> list[Kind]:
    """The kinds of rows in which an indicator of this kind can be found."""
    if kind in {IndicatorKind.ADDRESS, IndicatorKind.NETWORK}:
        return [one for one in Kind if columns_of(one).ends]
    if kind is IndicatorKind.DOMAIN:
        return [one for one in Kind if columns_of(one).names or columns_of(one).observables]
    return [one for one in Kind if columns_of(one).observables]


@dataclass(frozen=True, slots=True)
class Hits:
    """k matches: `indicator` (k,) its place in the list, `time_us` (k,) int64, `row` (k,) the row in its file."""

    indicator: NDArray[np.int64]
    time_us: NDArray[np.int64]
    row: NDArray[np.int64]


class Wanted:
    """Indicators, kind and value of each, ready to be looked for; a match names the place in `indicators`."""

    def __init__(self, indicators: Sequence[tuple[str, str]]) -> None:
        self.indicators = list(indicators)
        blocks = self._places(IndicatorKind.ADDRESS, IndicatorKind.NETWORK)
        self._block_places = np.array(blocks, np.int64)
        self._register = networks.compile([_block(self.indicators[place][1]) for place in blocks], [""] * len(blocks))
        self._block_of = {name: number for number, name in enumerate(self._register.networks)}
        self._name_places = np.array(self._places(IndicatorKind.DOMAIN), np.int64)
        self._names = NameSet.of([self.indicators[place][1] for place in self._name_places.tolist()])
        exact = self._places(IndicatorKind.URL, IndicatorKind.HASH)
        self._exact = {self.indicators[place][1]: place for place in exact}
        self._chains: dict[int, list[int]] = {}

    def _places(self, *kinds: IndicatorKind) -> list[int]:
        return [place for place, (kind, _) in enumerate(self.indicators) if kind in kinds]

    @cached_property
    def ipv4(self) -> AddressSet:
        """The IPv4 addresses that any indicator holds, for asking columns of millions."""
        starts, owner = self._register.ipv4_starts, self._register.ipv4_owner
        ends = np.append(starts[1:].astype(np.int64), 1 << 32) - 1
        is_listed = owner != NOBODY
        return AddressSet.of(starts[is_listed], ends[is_listed].astype(np.uint32))

    @property
    def has_ipv6(self) -> bool:
        """True when any indicator is an IPv6 address or network."""
        return bool((self._register.ipv6_owner != NOBODY).any())

    @property
    def has_names(self) -> bool:
        """True when any indicator is a domain."""
        return len(self._names) > 0

    @property
    def has_observables(self) -> bool:
        """True when anything may stand among an alert's observables: whatever is listed may."""
        return bool(self.indicators)

    def of_ipv4(self, address_u32: NDArray[np.uint32]) -> Pairs:
        """(k,) place of an address that is listed, (k,) indicator: one for each block around it, the longest first."""
        return self._all_around(networks.owners(self._register, address_u32))

    def of_ipv6(self, texts: Sequence[str | None]) -> Pairs:
        """As `of_ipv4`, for addresses in text; None is none."""
        parsed = [addresses.parse(text) if text else None for text in texts]
        known = [place for place, one in enumerate(parsed) if one is not None]
        columns = addresses.from_packed([one.packed for one in parsed if one is not None])
        places, indicators = self._all_around(networks.owners_mixed(self._register, columns))
        return np.array(known, np.intp)[places], indicators

    def of_names(self, texts: Any) -> Pairs:
        """(k,) place of a text with a listed name or a child of one, (k,) indicator; an Arrow string array."""
        data, offsets = _buffers(texts)
        places, names = self._names.matches(data, offsets)
        return places, self._name_places[names]

    def of_observables(self, texts: Sequence[str | None]) -> Pairs:
        """(k,) place of a text that names something listed, (k,) indicator."""
        pairs = dict.fromkeys(
            (place, indicator)
            for place, text in enumerate(texts)
            if text
            for kind, value in msgspec.json.decode(text, type=list[tuple[str, str]])
            for indicator in self._of_observable(kind, value)
        )
        found, indicators = np.array(list(pairs), np.intp).reshape(-1, 2).T
        return found, indicators

    def _of_observable(self, kind: str, value: str) -> Iterator[int]:
        url = normal_url(value) if kind == "url" else None
        for exact in (url, value.lower()):
            if exact in self._exact:
                yield self._exact[exact]
        told = host_of(url) if url else value
        if (address := addresses.parse(told)) is not None:
            yield from self.of_ipv6([address.text])[1].tolist()
        elif url or kind == "domain":
            yield from self.of_names(pa.array([normal_name(told)]))[1].tolist()

    def _all_around(self, owner: NDArray[np.int32]) -> Pairs:
        """The pairs of places and indicators when each place lies in its owner and in every block around that."""
        places = np.flatnonzero(owner != NOBODY)
        blocks, codes = np.unique(owner[places], return_inverse=True)
        chains = [self._chain(block) for block in blocks.tolist()]
        lengths = np.array([len(chain) for chain in chains], np.intp)
        flat = np.array([block for chain in chains for block in chain], np.intp)
        counts = lengths[codes]
        begins = (np.cumsum(lengths) - lengths)[codes]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(places, counts), self._block_places[flat[np.repeat(begins, counts) + within]]

    def _chain(self, block: int) -> list[int]:
        """A block and the listed ones around it, the longest first."""
        if block not in self._chains:
            parsed = networks.parse_block(self._register.networks[block])
            assert parsed is not None  # noqa: S101  the register's networks are canonical
            packed, length = parsed
            around = (_shortened(packed, shorter) for shorter in range(length, -1, -1))
            self._chains[block] = [self._block_of[name] for name in around if name in self._block_of]
        return self._chains[block]


def hits(path: Path, kind: Kind, wanted: Wanted, from_us: int | None = None) -> Hits:
    """Every row of a segment with an indicator in it, at or after `from_us`; IntegrityFailure when it is damaged."""
    columns = columns_of(kind)
    try:
        with parquet.ParquetFile(path, read_dictionary=[*columns.texts]) as file:
            found, begin = [], 0
            for group in range(file.metadata.num_row_groups):
                found.append(_of_group(file, group, columns, wanted, begin, from_us))
                begin += file.metadata.row_group(group).num_rows
    except (OSError, pa.ArrowException) as damage:
        raise IntegrityFailure(
            f"a file that the lake's manifest lists cannot be read ({damage}); restore the lake from a backup"
        ) from damage
    return join(found)


def join(found: Sequence[Hits]) -> Hits:
    """Hits one behind the other."""
    nothing = np.zeros(0, np.int64)
    return Hits(
        np.concatenate([nothing, *(one.indicator for one in found)]),
        np.concatenate([nothing, *(one.time_us for one in found)]),
        np.concatenate([nothing, *(one.row for one in found)]),
    )


def _of_group(file: Any, group: int, columns: Columns, wanted: Wanted, begin: int, from_us: int | None) -> Hits:
    pairs = list(_pairs(file, group, columns, wanted))
    rows = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in pairs)])
    indicators = np.concatenate([np.zeros(0, np.int64), *(indicators for _, indicators in pairs)])
    if not len(rows):
        return Hits(indicators, rows, rows)
    if len(pairs) > 1:
        # A row with the same indicator at both ends, or in name and answer, is one hit.
        both = np.unique(indicators << 32 | rows)
        indicators, rows = both >> 32, both & 0xFFFFFFFF
    times = file.read_row_group(group, columns=["time_us"], use_threads=False)["time_us"].to_numpy()[rows]
    if from_us is not None:
        kept = times >= from_us
        indicators, times, rows = indicators[kept], times[kept], rows[kept]
    return Hits(indicators, times, rows + begin)


def _pairs(file: Any, group: int, columns: Columns, wanted: Wanted) -> Iterator[Pairs]:
    """(k,) row within the group and (k,) indicator, for each column that has any."""
    bounds = column_bounds(file, group)
    searches: list[tuple[str, Callable[[Any], Pairs]]] = []
    if len(wanted.ipv4):
        searches += [(f"{end}_v4", lambda column: _in_numbers(column, wanted)) for end in columns.ends]
    if wanted.has_ipv6:
        searches += [
            (f"{end}_v6", lambda column: _in_texts(column, wanted.of_ipv6, as_list=True)) for end in columns.ends
        ]
    if wanted.has_names:
        searches += [(name, lambda column: _in_texts(column, wanted.of_names)) for name in columns.names]
    searches += [
        (name, lambda column: _in_texts(column, wanted.of_observables, as_list=True)) for name in columns.observables
    ]
    asked = [(name, search) for name, search in searches if _may_hold(bounds.get(name), wanted)]
    if not asked:
        return
    table = file.read_row_group(group, columns=[name for name, _ in asked], use_threads=False)
    for name, search in asked:
        rows, indicators = search(table[name])
        if len(rows):
            yield rows.astype(np.int64), indicators.astype(np.int64)


def _may_hold(bounds: Any, wanted: Wanted) -> bool:
    """False when the file says that the column has no value, or none near an address that is looked for."""
    if bounds is None or not bounds.has_min_max:
        return bounds is None or bounds.num_values > 0
    return not isinstance(bounds.min, int) or wanted.ipv4.touches(bounds.min, bounds.max)


def _in_numbers(column: Any, wanted: Wanted) -> Pairs:
    known = column.combine_chunks()
    numbers = (known.fill_null(0) if known.null_count else known).to_numpy()
    places = wanted.ipv4.places(numbers)
    if known.null_count:
        places = places[known.take(pa.array(places)).is_valid().to_numpy(zero_copy_only=False)]
    found, indicators = wanted.of_ipv4(numbers[places])
    return places[found], indicators


def _in_texts(column: Any, search: Callable[[Any], Pairs], *, as_list: bool = False) -> Pairs:
    """The rows and indicators of a column of repeated texts; each different one is searched once."""
    parts: list[Pairs] = []
    begin = 0
    for chunk in column.chunks:
        coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        values, indicators = search(coded.dictionary.to_pylist() if as_list else coded.dictionary)
        if len(values):
            rows, found = _spread(coded, values, indicators)
            parts.append((rows + begin, found))
        begin += len(chunk)
    nothing = np.zeros(0, np.intp)
    return np.concatenate([nothing, *(rows for rows, _ in parts)]), np.concatenate([nothing, *(i for _, i in parts)])


def _spread(coded: Any, values: NDArray[np.intp], indicators: NDArray[np.int64]) -> Pairs:
    """From pairs of a distinct value and an indicator to pairs of a row and an indicator."""
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(values, kind="stable")
    values, indicators = values[order], indicators[order]
    counts = np.bincount(values, minlength=len(coded.dictionary) + 1)
    begins = np.cumsum(counts) - counts
    # A row without a value has the code −1: the last place, which no value has.
    rows = np.flatnonzero(counts[codes])
    each = counts[codes[rows]]
    within = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    return np.repeat(rows, each), indicators[np.repeat(begins[codes[rows]], each) + within]


def _buffers(texts: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of an Arrow string array and where each text begins."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return content, places


def _block(text: str) -> str:
    """The address or network as a network: blocks that all have their length are read ten times as fast."""
    return text if "/" in text else f"{text}/128" if ":" in text else f"{text}/32"


def _shortened(packed: bytes, length: int) -> str:
    host_bits = len(packed) * 8 - length
    return networks.format_block((int.from_bytes(packed) >> host_bits << host_bits).to_bytes(len(packed)), length)
