"""Values of foreign records as ours: moments, addresses, ports, texts. What cannot be read is None, never a guess."""

import calendar
import re
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from vonggac.formats import times
from vonggac.formats.alerts.outcome import Batch, Piece
from vonggac.kernel import addresses

# What a title, a name or a path may be long; the raw record keeps the rest.
TEXT_CHARACTERS = 2_000
NOTHING = frozenset({"", "-", "(empty)", "n/a", "null", "none", "nil", "unknown", "undefined"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d+)?([eE][+-]?\d{1,2})?")
_DOTNET = re.compile(r"\\?/Date\((-?\d{1,17})([+-]\d{4})?\)\\?/")
_LEAP = re.compile(r"(T| )(\d\d):(\d\d):60")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if number}
# ArcSight and QRadar: `MMM dd yyyy HH:mm:ss[.SSS] [zone]`; syslog: the same without a year.
_MONTH_NAME = re.compile(
    r"(?P<month>[A-Za-z]{3}) +(?P<day>\d{1,2})(?:,? +(?P<year>\d{4}))?,? +"
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?: +(?P<zone>[A-Za-z0-9:+-]{1,9}))?"
)
_ZONES = {"Z": UTC, "UTC": UTC, "GMT": UTC, "ICT": timezone(timedelta(hours=7))}
_PROTOCOLS = {
    "1": "icmp", "2": "igmp", "4": "ipv4", "6": "tcp", "17": "udp", "41": "ipv6", "47": "gre", "50": "esp", "51": "ah",
    "58": "ipv6-icmp", "89": "ospfigp", "132": "sctp", "icmpv6": "ipv6-icmp", "icmp6": "ipv6-icmp",
}  # fmt: skip


def moment(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """The time in UTC of ISO 8601, of an epoch in seconds, milli-, micro- or nanoseconds, or of another usual form.

    A time without offset is in `zone`. None for what is no time, and for a time without a year: it would be a guess.
    """
    try:
        if isinstance(value, datetime):
            found: datetime | None = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = _from_epoch(value)
        else:
            found = _from_text(value.strip(), zone) if isinstance(value, str) and len(value) < 100 else None
        if found is None:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def has_no_year(value: Any) -> bool:
    """True for a time of the kind `Apr 20 10:00:00`."""
    match = _MONTH_NAME.fullmatch(value.strip()) if isinstance(value, str) else None
    return match is not None and match["year"] is None


def with_year(text: str, received_utc: datetime, zone: tzinfo = UTC) -> datetime | None:
    """A time without a year, in the latest year that puts it no more than a day after the receipt."""
    match = _MONTH_NAME.fullmatch(text.strip())
    if match is None:
        return None
    for year in range(received_utc.year + 1, received_utc.year - 5, -1):
        try:
            found = _from_month_name(match, year, zone).astimezone(UTC)
        except ValueError:
            continue  # 29 February, or no date at all
        if found <= received_utc + timedelta(days=1):
            return found
    return None


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    if _NUMBER.fullmatch(text) and (len(text) != 8 or not text.isdigit()):
        return _from_epoch(float(text) if "." in text or "e" in text.lower() else int(text))
    if match := _DOTNET.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(match[1]))
    if match := _MONTH_NAME.fullmatch(text):
        return _from_month_name(match, int(match["year"]), zone) if match["year"] else None
    leap = _LEAP.sub(r"\1\2:\3:59", text)
    try:
        return datetime.fromisoformat(leap) + timedelta(seconds=leap != text)
    except ValueError:
        column = times.read_column([re.sub(r"(:\d\d)[.,]\d+", r"\1", text)], zone=zone)
        seconds = int(column.seconds[0])
        # Day or month first is a matter of a whole column; alone, only what cannot be misread is a time.
        return None if seconds == times.NO_TIME or column.is_ambiguous else _EPOCH + timedelta(seconds=seconds)


def _from_epoch(number: float) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by size: each reaches to the year 5138."""
    if not 0 <= number < 1e20:
        return None
    for most, microseconds in ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0)):
        if number < most:
            return _EPOCH + timedelta(microseconds=round(number * microseconds))
    return _EPOCH + timedelta(microseconds=int(number) // 1_000)


def _from_month_name(match: re.Match[str], year: int, zone: tzinfo) -> datetime:
    month = _MONTHS.get(match["month"].title())
    if month is None:
        raise ValueError(match["month"])
    name = match["zone"]
    used = zone if name is None else _ZONES.get(name.upper()) or _offset(name)
    day, hour, minute, second = (int(match[part]) for part in ("day", "hour", "minute", "second"))
    fraction = int((match["fraction"] or "0").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, fraction, tzinfo=used)


def _offset(name: str) -> tzinfo:
    found = datetime.strptime(name, "%z").tzinfo
    if found is None:
        raise ValueError(name)
    return found


@lru_cache(maxsize=65_536)
def _canonical(text: str) -> str | None:
    without_zone = text.partition("%")[0] if ":" in text else text
    parsed = addresses.parse(without_zone)
    return None if parsed is None else parsed.text


def address(value: Any) -> str | None:
    """The address in its canonical form, without zone; `::ffff:192.0.2.1` is 192.0.2.1. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        # What the C library takes for a dotted address is its canonical form already; most are.
        socket.inet_pton(socket.AF_INET, value)
    except (OSError, ValueError):
        return _canonical(value) if 0 < len(value) <= 100 else None
    return value


def port(value: Any) -> int | None:
    """A port from a number or a text, 0 to 65535; None for anything else."""
    if isinstance(value, str):
        value = value.strip()
        if not (value.isascii() and value.removesuffix(".0").isdigit() and len(value) <= 20):
            return None
        value = int(value.removesuffix(".0"))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65_535 else None


@lru_cache(maxsize=1_024)
def _protocol(text: str) -> str | None:
    folded = text.strip().lower()
    return None if folded in NOTHING else _PROTOCOLS.get(folded, folded[:50])


def protocol(value: Any) -> str | None:
    """IANA's name of a protocol in lower case, from a name or a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _protocol(value) if isinstance(value, str) and len(value) <= 50 else None


def text(value: Any) -> str | None:
    """The value as one trimmed text without zero bytes, cut at 2,000 characters; None where nothing is said."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:TEXT_CHARACTERS]
    if not isinstance(value, str):
        return None
    trimmed = value.replace("\x00", "").strip()
    # PostgreSQL and UTF-8 know no lone surrogates, which JSON can write.
    return None if trimmed.lower() in NOTHING else trimmed[:TEXT_CHARACTERS].encode("utf-8", "replace").decode()


def whole(value: Any) -> int | None:
    """A whole number from a number or a text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value):
        # Of what counts as a blank here, the separators U+001C to U+001F are none to int().
        return int(value.strip())
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def first(values: Iterable[Any]) -> Any:
    """The first value that says anything, of a list its first; None when none does."""
    for value in values:
        if isinstance(value, list):
            value = first(value)  # noqa: PLW2901  what a list says is what its first filled element says
        if value is not None and not (isinstance(value, str) and value.strip().lower() in NOTHING):
            return value
    return None


class Fields:
    """The fields of one record; what they say and cannot be read becomes a warning."""

    def __init__(self, piece: Piece, batch: Batch, zone: tzinfo = UTC, received_utc: datetime | None = None) -> None:
        self.piece = piece
        self.batch = batch
        self.zone = zone
        self.received_utc = received_utc

    def warn(self, name: str, reason: str) -> None:
        """Note that a field was set to null."""
        self.batch.warn(self.piece, name, reason)

    def time(self, name: str, *values: Any) -> datetime | None:
        """The first value that is a time; a warning where there is none."""
        said = [value for value in values if first([value]) is not None]
        for value in said:
            if (found := moment(value, self.zone)) is not None:
                return found
            if self.received_utc is not None and has_no_year(value):
                return with_year(value, self.received_utc, self.zone)
        if not said:
            self.warn(name, "no time is given")
        elif has_no_year(said[0]):
            self.warn(name, f"“{said[0]}” has no year; say with --received when the file came")
        else:
            self.warn(name, f"“{str(said[0])[:100]}” is not a time")
        return None

    def named_time(self, said: dict[str, Any]) -> datetime | None:
        """The first value that is a time; a warning names the first field that says anything, else the first."""
        name = next((name for name, value in said.items() if first([value]) is not None), next(iter(said)))
        return self.time(name, *said.values())

    def address(self, name: str, *values: Any) -> str | None:
        """The first value that says anything, as an address."""
        found: str | None = self._read(name, address, values, "is not an IPv4 or IPv6 address")
        return found

    def port(self, name: str, *values: Any) -> int | None:
        """The first value that says anything, as a port."""
        found: int | None = self._read(name, port, values, "is not a port from 0 to 65535")
        return found

    def _read(self, name: str, read: Any, values: Iterable[Any], reason: str) -> Any:
        said = first(values)
        if said is None:
            return None
        found = read(said)
        if found is None:
            self.warn(name, f"“{str(said)[:100]}” {reason}")
        return found


def line_text(piece: Piece) -> str:
    """The text of a line; bytes that are not UTF-8 become U+FFFD."""
    return piece.raw.decode("utf-8", "replace")
