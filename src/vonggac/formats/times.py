"""Times as reports and spreadsheets print them, read a whole column at a time into seconds since 1970 UTC."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import InputError
from vonggac.formats.cells import number

HANOI = "Asia/Ho_Chi_Minh"
NO_TIME = np.iinfo(np.int64).min

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?|SA|CH)?"
_DATE = r"(?P<first>\d{1,2})[/.-](?P<second_part>\d{1,2})[/.-](?P<year>\d{4}|\d{2})"
_DATE_THEN_CLOCK = re.compile(rf"{_DATE}(?:[ T,]+{_CLOCK})?")
_CLOCK_THEN_DATE = re.compile(rf"{_CLOCK}[ ,]+(?:ngày )?{_DATE}")
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[/.](?P<first>\d{{1,2}})[/.](?P<second_part>\d{{1,2}})(?:[ T,]+{_CLOCK})?")
_OFFSET_NAME = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?")
# A zone said behind the time, as people write it; `+07:00` alone stays with the reader of ISO 8601.
_ZONE_BEHIND = re.compile(
    r"\s*\(?\s*(?P<zone>(?:UTC|GMT)(?:\s?[+-]\s?(?:0?\d|1[0-4])(?::?[0-5]\d)?)?|ICT)\s*\)?$", re.IGNORECASE
)
# The zone that a header says, without marks and in lower case: `(gmt+7)`, `utc +07:00`, `gio viet nam`, `(ict)`.
# `ict` is a zone in brackets or at the end: elsewhere it is information technology.
_HEADER_OFFSET = re.compile(
    r"(?:(?<![a-z])(?:utc|gmt|mui gio)\s?|(?<=[(\[])\s?)"
    r"(?P<sign>[+-])\s?(?P<hours>0?\d|1[0-4])(?::?(?P<minutes>[0-5]\d))?(?!\d)"
)
_HEADER_HANOI = re.compile(
    r"(?:theo )?gio (?:viet ?nam|vn|ha noi)\b|(?<![a-z])(?:viet ?nam(?:ese)? time|vn time|ha ?noi time)\b"
    r"|(?<![a-z])ict(?=\s*$|\s*[)\]])|(?<=[(\[])ict(?=[,;])"
    r"|asia/(?:ho_chi_minh|saigon|bangkok)|(?<=[(\[])(?:viet ?nam|vn|ha noi)(?=[)\]])"
)
_HEADER_UTC = re.compile(r"(?<![a-z])(?:utc|gmt|gio quoc te)(?![a-z]|\s?[+-])")
_PLAIN = str.maketrans("Đđ\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}", "dd---")
_NUMBER = re.compile(r"\d+([.,]\d+)?")
_EXCEL_EPOCH_DAYS = 25_569
_YEAR_0, _YEAR_1, _YEAR_10000 = -62_167_219_200, -62_135_596_800, 253_402_300_800
# A time on the first or the last day that a datetime can say has none in other zones: it counts as unreadable.
_EARLIEST, _LATEST = _YEAR_1 + 86_400, _YEAR_10000 - 86_400
# `YYYY-MM-DD HH:MM:SS` and five zeros, where a digit is a zero: what a cell has more is its digits.
_FIXED_BYTES = 24
_FIXED_MARKS = np.frombuffer(b"0000-00-00 00:00:00" + bytes(5), np.uint64)
_FIXED_CARRY = np.frombuffer(
    bytes(118 if mark == ord("0") else 127 for mark in b"0000-00-00 00:00:00" + bytes(5)), np.uint64
)
_BETWEEN, _LETTER_T = np.frombuffer(bytes(2) + b"\xff" + bytes(7) + b"T" + bytes(5), np.uint64)
_LOW_SEVEN, _TOP_BITS = (np.uint64(0x0101010101010101 * one) for one in (0x7F, 0x80))
_TWO_DIGITS = np.array([[tens, ones] for tens in range(48, 58) for ones in range(48, 58)], np.uint8)


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """`seconds` (n,) int64 since 1970 UTC, `NO_TIME` where the cell is empty or unreadable.

    `unreadable` are the places of cells that say something else than a time. `day_first` tells how dates with slashes
    were read; `is_ambiguous` that no cell of the column could decide it, `is_mixed` that cells contradict each other.
    """

    seconds: NDArray[np.int64]
    unreadable: list[int]
    day_first: bool | None = None
    is_ambiguous: bool = False
    is_mixed: bool = False


def find_zone(name: str) -> tzinfo:
    """The zone of `UTC`, `Asia/Ho_Chi_Minh`, `GMT+7` or `+07:00`; raises InputError for another name."""
    if name.upper() in ("UTC", "GMT", "Z", ""):
        return UTC
    if match := _OFFSET_NAME.fullmatch(name.strip().upper()):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset < timedelta(hours=24):
            return timezone(offset if match[1] == "+" else -offset)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  most lists are in UTC: start-up

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"time zone {name!r} is not known; write UTC, GMT+7 or Asia/Ho_Chi_Minh") from error


def header_zone(header: str) -> tuple[str | None, str]:
    """The zone that a column's header names (`GMT+7`, `+05:30`, `Asia/Ho_Chi_Minh`, `UTC`), and the header without it.

    None where it names none. A plain `utc` stays in the header: it is part of many names.
    """
    header = unicodedata.normalize("NFC", header)
    plain = _unmarked(header)
    if found := _HEADER_OFFSET.search(plain):
        hours, minutes = int(found["hours"]), found["minutes"] or "00"
        is_whole = minutes == "00"
        zone = f"GMT{found['sign']}{hours}" if is_whole else f"{found['sign']}{hours:02}:{minutes}"
    elif found := _HEADER_HANOI.search(plain):
        zone = HANOI
    else:
        return ("UTC" if _HEADER_UTC.search(plain) else None), header
    bare = re.sub(r"[(\[]\s*[)\]]", " ", header[: found.start()] + header[found.end() :]).strip()
    return zone, bare or header


def _unmarked(text: str) -> str:
    """The text in lower case without marks, letter by letter, so that places in it are places in the text."""
    plain = text.translate(_PLAIN)
    lowered = (one.lower() if len(one.lower()) == 1 else one for one in plain)
    return "".join(unicodedata.normalize("NFD", one)[0] for one in lowered)


def read_column(
    texts: Sequence[str], *, day_first: bool | None = None, usual_day_first: bool = True, zone: tzinfo = UTC
) -> TimeColumn:
    """Every cell's time; fast where all read `2021-03-04 00:00:00`, one parse a distinct text else.

    A cell with its own offset keeps it, others are in `zone`. `day_first` is what a person said about dates with
    slashes; without it the column decides (a 13 to 31 shows which part is the day), and `usual_day_first` where it
    cannot.
    """
    if zone is UTC and (fixed := _read_fixed(texts)) is not None:
        return TimeColumn(fixed, [])
    distinct = dict.fromkeys(texts)
    parted = {text: _part_zone(text, zone) for text in distinct}
    decided, is_ambiguous, is_mixed = _decide_day_first([bare for bare, _ in parted.values()])
    used = day_first if day_first is not None else decided if decided is not None else usual_day_first
    known = {text: _read_one(bare, used, own_zone) for text, (bare, own_zone) in parted.items()}
    seconds = np.fromiter((known[text] for text in texts), np.int64, len(texts))
    seconds[(seconds < _EARLIEST) | (seconds >= _LATEST)] = NO_TIME
    unreadable = [place for place in np.flatnonzero(seconds == NO_TIME).tolist() if texts[place].strip()]
    has_slashes = is_ambiguous or is_mixed or decided is not None
    return TimeColumn(seconds, unreadable, used if has_slashes else None, is_ambiguous and day_first is None, is_mixed)


def format_utc(seconds: NDArray[np.int64]) -> list[str | None]:
    """`2021-03-04T00:00:00Z` for each, None for `NO_TIME`."""
    return [None if text is None else text.decode() for text in format_utc_bytes(seconds)]


def format_utc_bytes(seconds: NDArray[np.int64]) -> list[bytes | None]:
    """As `format_utc`, in ASCII bytes; seconds beyond the years 0 to 9999 are None too."""
    is_known = (seconds >= _YEAR_0) & (seconds < _YEAR_10000)
    days, clock = np.divmod(np.where(is_known, seconds, 0), 86_400)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    years = month_number // 12 + 1970
    day = (dates - months).astype(np.int64)
    parts = (years // 100, years % 100, month_number % 12 + 1, day + 1, clock // 3600, clock // 60 % 60, clock % 60)
    shown = np.empty((len(seconds), 20), np.uint8)
    shown[:] = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
    for place, part in zip((0, 2, 5, 8, 11, 14, 17), parts, strict=True):
        shown[:, place : place + 2] = _TWO_DIGITS[part]
    texts: list[bytes | None] = shown.view("S20").ravel().tolist()
    if not is_known.all():
        for place in np.flatnonzero(~is_known).tolist():
            texts[place] = None
    return texts


def _read_fixed(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Seconds when every cell reads `YYYY-MM-DD HH:MM:SS` (or `T`), else None."""
    joined = "".join(texts)
    count = len(texts)
    if not count or len(joined) != 19 * count or not joined.isascii() or any(len(text) != 19 for text in texts):
        return None
    return read_fixed(np.frombuffer(joined.encode("ascii"), np.uint8).reshape(count, 19))


def read_fixed(cells: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """(n,) seconds when each of the (n, 19) cells reads `YYYY-MM-DD HH:MM:SS` (or `T`), else None.

    A cell is taken apart as three words of eight bytes, by arithmetic, in as little fresh memory as will do.
    """
    wide = np.zeros((len(cells), _FIXED_BYTES), np.uint8)
    wide[:, :19] = cells
    digits = wide.view(np.uint64)
    has_t = (digits[:, 1] & _BETWEEN) == _LETTER_T
    digits ^= _FIXED_MARKS
    # A `T` differs from the blank in two bits, which no other byte of a cell has to do with.
    digits[:, 1] &= ~np.where(has_t, _BETWEEN, np.uint64(0))
    # 118 sets the top bit of a byte above 9, and 127 that of a byte above 0.
    wrong = digits & _LOW_SEVEN
    wrong += _FIXED_CARRY
    wrong |= digits
    wrong &= _TOP_BITS
    if wrong.any():
        return None
    # Every byte becomes ten times itself and the one behind it.
    np.right_shift(digits, np.uint64(8), out=wrong)
    digits *= np.uint64(10)
    digits += wrong
    pairs = digits.view(np.uint8)
    century, year, month, day, hour, minute, second = (pairs[:, place] for place in (0, 2, 5, 8, 11, 14, 17))
    if ((month < 1) | (month > 12) | (day < 1) | (hour > 23) | (minute > 59) | (second > 59)).any():
        return None
    if (century.astype(np.int64) + year == 0).any():
        return None
    days = _read_days(century * np.int64(100) + year, month, day)
    if days is None:
        return None
    clock = hour * np.int32(3_600) + minute * np.int32(60) + second
    return days * 86_400 + clock


def _read_days(year: NDArray[np.int64], month: NDArray[np.uint8], day: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """(n,) days since 1970, or None when a month has no such day, or zones none; a list has few distinct ones."""
    firsts, codes = number((year * 12 + (month - np.int64(1))) * 32 + day)
    months = ((year[firsts] - 1970) * 12 + month[firsts] - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day[firsts] - np.int64(1))
    if (days.astype("datetime64[M]") != months).any():
        return None
    found: NDArray[np.int64] = days.astype(np.int64)
    if ((found < _EARLIEST // 86_400) | (found >= _LATEST // 86_400)).any():
        return None
    return found[codes]


def _part_zone(text: str, zone: tzinfo) -> tuple[str, tzinfo]:
    """The time without the name of a zone behind it, and that zone, else the given one."""
    cleaned = text.strip()
    match = _ZONE_BEHIND.search(cleaned)
    if match is None:
        return cleaned, zone
    name = re.sub(r"\s", "", match["zone"]).upper()
    return cleaned[: match.start()], find_zone("GMT+7" if name == "ICT" else name)


def _decide_day_first(texts: Sequence[str]) -> tuple[bool | None, bool, bool]:
    """(day first or None, no cell decides, cells contradict each other), from the dates with the year last."""
    saw_day_first = saw_month_first = saw_any = False
    for text in texts:
        match = _DATE_THEN_CLOCK.fullmatch(text) or _CLOCK_THEN_DATE.fullmatch(text)
        if match:
            saw_any = True
            first, second = int(match["first"]), int(match["second_part"])
            # What is no date in either order decides nothing.
            saw_day_first |= 12 < first <= 31 and second <= 12
            saw_month_first |= 12 < second <= 31 and first <= 12
    if saw_day_first and saw_month_first:
        return None, False, True
    decided = saw_day_first if saw_day_first or saw_month_first else None
    return decided, saw_any and decided is None, False


def _read_one(text: str, day_first: bool, zone: tzinfo) -> int:
    if not text:
        return NO_TIME
    if _NUMBER.fullmatch(text):
        return _read_number(text.replace(",", "."), zone)
    try:
        moment = _read_iso(text) or _read_slashes(text, day_first) or _read_mail(text)
        if moment is None:
            return NO_TIME
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() // 1)
    except (ValueError, OverflowError, TypeError):
        return NO_TIME


def _read_number(text: str, zone: tzinfo) -> int:
    """Seconds or milliseconds since 1970 (UTC), a spreadsheet's serial day (the sender's zone) or YYYYMMDD."""
    value = float(text)
    if 1e8 <= value < 1e10 or 1e11 <= value < 1e13:
        return int(value if value < 1e11 else value / 1000)
    if 20_000 <= value < 80_000:
        naive = datetime(1970, 1, 1) + timedelta(seconds=round((value - _EXCEL_EPOCH_DAYS) * 86_400))  # noqa: DTZ001  zone follows
        return int(naive.replace(tzinfo=zone).timestamp())
    if len(text) in (8, 14) and text.isdigit():
        try:
            pattern = "%Y%m%d" if len(text) == 8 else "%Y%m%d%H%M%S"
            return int(datetime.strptime(text, pattern).replace(tzinfo=zone).timestamp())
        except ValueError:
            return NO_TIME
    return NO_TIME


def _read_iso(text: str) -> datetime | None:
    if text[:4].isdigit() and "-" in text[4:5]:
        return datetime.fromisoformat(re.sub(r"\s+([+-]\d{2}:?\d{2})$", r"\1", text))
    return None


def _read_slashes(text: str, day_first: bool) -> datetime | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return _build(match, int(match["first"]), int(match["second_part"]))
    match = _DATE_THEN_CLOCK.fullmatch(text) or _CLOCK_THEN_DATE.fullmatch(text)
    if not match:
        return None
    first, second = int(match["first"]), int(match["second_part"])
    # A part over 12 is the day whatever the column's rule says.
    is_day_first = first > 12 or (day_first and second <= 12)
    return _build(match, second, first) if is_day_first else _build(match, first, second)


def _read_mail(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  8 ms that few lists need

    return parsedate_to_datetime(text) if text[-1:].isalnum() and any(letter.isalpha() for letter in text) else None


def _build(match: re.Match[str], month: int, day: int) -> datetime:
    year = int(match["year"])
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").replace(".", "").upper()
    if half in ("PM", "CH") and hour < 12:
        hour += 12
    elif half in ("AM", "SA") and hour == 12:
        hour = 0
    return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, second)  # noqa: DTZ001  zone follows
