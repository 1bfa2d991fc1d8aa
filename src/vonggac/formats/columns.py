"""Text columns turned into typed columns as a whole, with the rows that do not fit set aside by line and column.

A `Draft` holds one log file as text columns and the line number of each row. The readers of traffic logs ask it for
times, addresses and numbers; it remembers which rows failed, and `finish` gives the table of those that did not.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vonggac.formats.records import Reject, RowWarning

Integers = npt.NDArray[np.int64]

RAW_CHARACTERS = 1_000
WARNINGS_KEPT = 1_000
# Stands for a time that could not be read while the whole column is turned; such a row is always rejected.
UNREADABLE = -(2**63)
LATEST_US = 253_402_300_799_999_999  # the last microsecond of the year 9999, the end of what a datetime can say
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSET = ("", "-", "(empty)")
_EPOCH_TEXT = re.compile(r"-?\d{1,12}(\.\d+)?$")


@dataclass
class Draft:
    """One log file as text columns: `columns[name]` and `line_numbers` have one element a row."""

    columns: Mapping[str, Any]
    line_numbers: Integers
    raw_line: Callable[[int], str]
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_kept = np.ones(len(self.line_numbers), dtype=np.bool_)

    def has(self, name: str) -> bool:
        """True when the file has a column of this name."""
        return name in self.columns

    def times(self, name: str) -> Integers:
        """(n,) int64 microseconds UTC; ISO 8601 (UTC where no zone is given) or seconds since 1970."""
        times = times_us(self.columns[name])
        self._reject(times == UNREADABLE, name, "is not a time; write it as 2024-04-20T00:00:00Z")
        return times

    def optional_times(self, name: str, otherwise: int) -> Integers:
        """Like `times`, with `otherwise` where the cell is empty or the column absent."""
        if not self.has(name):
            return np.full(len(self.line_numbers), otherwise, dtype=np.int64)
        is_empty = _is_unset(self.columns[name])
        times = times_us(self.columns[name])
        self._reject((times == UNREADABLE) & ~is_empty, name, "is not a time; write it as 2024-04-20T00:00:00Z")
        return np.where(is_empty, otherwise, times)

    def addresses(self, name: str) -> tuple[Any, Any]:
        """Two arrow arrays: IPv4 as uint32 in host order, IPv6 as text; each null where the other is set."""
        v4, v6 = addresses(self.columns[name])
        is_bad = np.asarray(pc.and_(pc.is_null(v4), pc.is_null(v6)).to_numpy(zero_copy_only=False))
        self._reject(is_bad, name, "is not an IPv4 or IPv6 address")
        return v4, v6

    def texts(self, name: str) -> Any:
        """The trimmed text, null where it is empty or the column absent."""
        if not self.has(name):
            return pa.nulls(len(self.line_numbers), pa.string())
        trimmed = pc.utf8_trim_whitespace(self.columns[name])
        return pc.if_else(pa.array(_is_unset(trimmed)), pa.scalar(None, pa.string()), trimmed)

    def needed_texts(self, name: str) -> Any:
        """Like `texts`; a row without the text is rejected."""
        texts = self.texts(name)
        self._reject(np.asarray(pc.is_null(texts).to_numpy(zero_copy_only=False)), name, "is empty")
        return texts

    def integers(self, name: str, lowest: int, highest: int) -> Any:
        """Arrow int64, null where the cell is empty; also null, with a warning, where it is no such number."""
        texts = self.texts(name)
        is_number = pc.match_substring_regex(texts, r"^\d{1,18}$")
        numbers = pc.cast(pc.if_else(is_number, texts, pa.scalar(None, pa.string())), pa.int64())
        is_inside = pc.and_(pc.greater_equal(numbers, lowest), pc.less_equal(numbers, highest))
        numbers = pc.if_else(is_inside, numbers, pa.scalar(None, pa.int64()))
        is_bad = pc.and_(pc.is_valid(texts), pc.is_null(numbers))
        self._warn(np.asarray(is_bad.to_numpy(zero_copy_only=False)), name, f"is not a number {lowest} to {highest}")
        return numbers

    def seconds_us(self, name: str) -> Integers:
        """(n,) int64 microseconds from a duration in seconds; 0 where it is empty, unreadable or negative."""
        texts = self.texts(name)
        is_number = pc.match_substring_regex(texts, r"^\d{1,9}(\.\d+)?([eE]-\d{1,2})?$")
        seconds = pc.cast(pc.if_else(is_number, texts, pa.scalar(None, pa.string())), pa.float64())
        is_bad = pc.and_(pc.is_valid(texts), pc.is_null(seconds))
        self._warn(np.asarray(is_bad.to_numpy(zero_copy_only=False)), name, "is not a duration in seconds")
        filled = np.asarray(pc.fill_null(seconds, 0.0).to_numpy(zero_copy_only=False))
        return np.rint(filled * 1e6).astype(np.int64)

    def reject_where(self, is_bad: npt.NDArray[np.bool_], column: str | None, reason: str) -> None:
        """Set aside the rows of the mask for a reason that concerns more than one cell."""
        self._reject(is_bad, column, reason)

    def finish(self, columns: dict[str, Any], schema: Any) -> Any:
        """The arrow table of the rows that were kept, in their order in the file."""
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        self.rejects.sort(key=lambda reject: reject.line)
        return table if self.is_kept.all() else table.filter(pa.array(self.is_kept))

    def _reject(self, is_bad: npt.NDArray[np.bool_], column: str | None, reason: str) -> None:
        for row in np.flatnonzero(is_bad & self.is_kept).tolist():
            line = int(self.line_numbers[row])
            what = reason if column is None else f"“{self._cell(column, row)}” {reason}"
            self.rejects.append(Reject(line, column, what, self.raw_line(line)[:RAW_CHARACTERS]))
        self.is_kept &= ~is_bad

    def _warn(self, is_bad: npt.NDArray[np.bool_], column: str, reason: str) -> None:
        for row in np.flatnonzero(is_bad & self.is_kept)[: WARNINGS_KEPT - len(self.warnings)].tolist():
            line = int(self.line_numbers[row])
            what = f"“{self._cell(column, row)}” {reason}; read as unknown"
            self.warnings.append(RowWarning(line, column, what, self.raw_line(line)[:RAW_CHARACTERS]))

    def _cell(self, column: str, row: int) -> str:
        return str(self.columns[column][row].as_py())[:100]


def times_us(texts: Any) -> Integers:
    """(n,) int64 microseconds UTC of ISO times or epoch seconds, `UNREADABLE` where neither; 3 M rows/s if uniform."""
    if len(texts) == 0:
        return np.empty(0, dtype=np.int64)
    for unit in (pa.timestamp("us", "UTC"), pa.timestamp("us")):
        try:
            return np.asarray(pc.cast(pc.cast(texts, unit), pa.int64()).to_numpy())
        except pa.ArrowInvalid:
            continue
    if pc.all(pc.match_substring_regex(texts, r"^\d{9,11}(\.\d+)?$")).as_py():
        seconds = np.asarray(pc.cast(texts, pa.float64()).to_numpy())
        times = np.rint(seconds * 1e6).astype(np.int64)
        return np.where(times <= LATEST_US, times, UNREADABLE)
    return np.fromiter((time_us(text) for text in texts.to_pylist()), dtype=np.int64, count=len(texts))


def time_us(text: str | None) -> int:
    """Microseconds UTC of one time, `UNREADABLE` when it is none."""
    trimmed = (text or "").strip()
    try:
        if _EPOCH_TEXT.match(trimmed):
            moment = round(float(trimmed) * 1e6)
            return moment if 0 <= moment <= LATEST_US else UNREADABLE
        parsed = datetime.fromisoformat(trimmed)
        since = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return UNREADABLE
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def addresses(texts: Any) -> tuple[Any, Any]:
    """Arrow uint32 of the IPv4 and arrow text of the IPv6 addresses; both null where the text is neither.

    Each distinct text is read once: logs name few hosts often. IPv6 is in its canonical short form.
    """
    encoded = pc.dictionary_encode(texts)
    texts_once = encoded.dictionary.to_pylist()
    try:
        # Ten times the speed of one by one, and most logs hold nothing else.
        packed = b"".join([socket.inet_pton(socket.AF_INET, text) for text in texts_once])
        v4 = pa.array(np.frombuffer(packed, dtype=">u4").astype(np.uint32))
        return v4.take(encoded.indices), pa.nulls(len(texts), pa.string())
    except (OSError, ValueError, TypeError):
        distinct = [split_address(text) for text in texts_once]
    v4 = pa.array([pair[0] for pair in distinct], pa.uint32())
    v6 = pa.array([pair[1] for pair in distinct], pa.string())
    return v4.take(encoded.indices), v6.take(encoded.indices)


def split_address(text: str | None) -> tuple[int | None, str | None]:
    """(IPv4 as a number, None) or (None, canonical IPv6); (None, None) when it is no address.

    An IPv6 address that only wraps an IPv4 one (`::ffff:192.0.2.1`) is that IPv4 address.
    """
    trimmed = (text or "").strip()
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET, trimmed)), None
    except (OSError, ValueError):
        pass
    try:
        address = ipaddress.IPv6Address(trimmed.strip("[]").partition("%")[0])
    except ValueError:
        return None, None
    if address.ipv4_mapped is not None:
        return int(address.ipv4_mapped), None
    return None, str(address)


def _is_unset(texts: Any) -> npt.NDArray[np.bool_]:
    is_unset = pc.or_(pc.is_null(texts), pc.is_in(texts, value_set=pa.array(_UNSET)))
    return np.asarray(is_unset.to_numpy(zero_copy_only=False), dtype=np.bool_)
