"""Readers of one cell: text as printed → the canonical value, or ValueError with a reason fit for an IT officer.

Canonical values are what JSON can hold (text, whole numbers, decimals, lists of text, None), so that a plan, a ledger
entry and an export carry the same thing: dates as `2025-07-01`, times as `2025-07-01T00:00:00Z`.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from vonggac.register.folding import fold

Value = str | int | float | list[str] | None
Reader = Callable[[str], Value]

CODE = re.compile(r"[\w][\w.-]*")
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_VIETNAM = timezone(timedelta(hours=7))
_BETWEEN_BLOCKS = re.compile(r"(?<![-–\s])\s+(?![-–\s])")
RANGE = re.compile(r"\s*([0-9A-Fa-f.:]+)\s*[-–]\s*([0-9A-Fa-f.:]+)\s*")


def text(longest: int) -> Reader:
    """A reader of one line of text, inner blanks made single, at most `longest` characters."""

    def read(cell: str) -> str:
        value = " ".join(cell.split())
        if any(character < " " or character == "\x7f" for character in value):
            raise ValueError("holds control characters; type it anew")
        if len(value) > longest:
            raise ValueError(f"is {len(value)} characters long, at most {longest} fit")
        return value

    return read


def code(cell: str) -> str:
    """A short stable name: letters, digits, dot, hyphen, underscore."""
    if not CODE.fullmatch(cell) or len(cell) > 64:
        raise ValueError(f"“{cell}” is no code: use letters, digits, dots, hyphens and underscores, at most 64")
    return cell


def choice(words: Mapping[str, tuple[str, ...]]) -> Reader:
    """A reader of one of the named values, under its own name or one of the words people write for it.

    Who wrote another word is told the first of these, with the name that files of other desks hold.
    """
    named = ", ".join(f"{others[0]} ({value})" if others else value for value, others in words.items())
    known = {fold(word).replace("_", " "): value for value, others in words.items() for word in (value, *others)}

    def read(cell: str) -> str:
        value = known.get(fold(cell).replace("_", " "))
        if value is None:
            raise ValueError(f"“{cell}” is not known here; write one of: {named}")
        return value

    return read


def email(cell: str) -> str:
    """A mail address in lower case."""
    try:
        validate_email(cell)
    except ValidationError:
        raise ValueError(f"“{cell}” is not a mail address") from None
    return cell.lower()


def phone(cell: str) -> str:
    """A telephone number as printed, blanks made single."""
    value = " ".join(cell.split())
    if len(value) > 40 or not any(character.isdigit() for character in value):
        raise ValueError(f"“{cell}” is not a telephone number")
    return value


def several(read_one: Callable[[str], str], separators: str) -> Reader:
    """A reader of a list of values, apart by any of the separators, in the order given."""
    splitter = re.compile(f"[{re.escape(separators)}]+")

    def read(cell: str) -> list[str]:
        return [read_one(part.strip()) for part in splitter.split(cell) if part.strip()]

    return read


def whole(low: int, high: int) -> Reader:
    """A reader of a whole number within bounds."""

    def read(cell: str) -> int:
        digits = cell.removesuffix(".0")
        if not re.fullmatch(r"-?\d{1,18}", digits) or not low <= int(digits) <= high:
            raise ValueError(f"“{cell}” is not a whole number from {low} to {high}")
        return int(digits)

    return read


def decimal(cell: str) -> float:
    """A number; a comma is read as the decimal point."""
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        raise ValueError(f"“{cell}” is not a number") from None
    if abs(value) > 1e9 or value != value:  # noqa: PLR0124  only not-a-number differs from itself
        raise ValueError(f"“{cell}” is not a usable number")
    return value


@lru_cache(maxsize=10_000)
def day(cell: str) -> str:
    """A date, printed `2025-07-01` or `01/07/2025` (day first), or as the moment at which it begins."""
    found = DAY_FIRST.fullmatch(cell)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return _day_begun(datetime.fromisoformat(cell)).isoformat()
    except ValueError:
        raise ValueError(f"“{cell}” is not a date; write 2025-07-01 or 01/07/2025") from None


def _day_begun(start: datetime) -> date:
    """The day that begins at the moment, where it is written or in Vietnam; ValueError when none does."""
    for local in (start, start.astimezone(_VIETNAM)) if start.tzinfo else (start,):
        if local.time() == time():
            return local.date()
    raise ValueError("no day begins then")


@lru_cache(maxsize=10_000)
def moment(cell: str) -> str:
    """A time in ISO 8601; without a zone it is UTC."""
    try:
        value = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"“{cell}” is not a time; write 2025-07-01T00:00:00Z") from None
    return printed_moment(value if value.tzinfo else value.replace(tzinfo=UTC))


def printed_moment(value: datetime) -> str:
    """The canonical text of a time."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def address(cell: str) -> str:
    """One IPv4 or IPv6 address in its normal form; one that wraps an IPv4 address (`::ffff:192.0.2.1`) is that."""
    try:
        parsed = ipaddress.ip_address(cell)
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    except ValueError:
        raise ValueError(f"“{cell}” is not an IP address") from None


def block(cell: str) -> str:
    """A CIDR block in its normal form; a single address and a range that is exactly one block are accepted."""
    if found := RANGE.fullmatch(cell):
        return _block_of_range(cell, found[1], found[2])
    try:
        return str(ipaddress.ip_network(cell))
    except ValueError:
        return _refused_block(cell)


def address_or_block(cell: str) -> str:
    """One address, or a CIDR block, each in its normal form; a block of one address is that address."""
    try:
        return address(cell)
    except ValueError:
        return _alone(block(cell))


def addresses_or_blocks(longest: int) -> Reader:
    """A reader of addresses and CIDR blocks with blanks between them, each in its normal form."""
    fit = text(longest)

    def read(cell: str) -> Value:
        return fit(" ".join(address_or_block(part) for part in _BETWEEN_BLOCKS.split(cell)))

    return read


def _alone(cidr: str) -> str:
    network = ipaddress.ip_network(cidr)
    return str(network[0]) if network.num_addresses == 1 else cidr


def _refused_block(cell: str) -> str:
    try:
        wider = ipaddress.ip_network(cell, strict=False)
    except ValueError:
        raise ValueError(f"“{cell}” is not a network; write it like 203.0.113.0/24") from None
    raise ValueError(f"“{cell}” is an address inside a network; write {wider} if the whole network is meant")


def _block_of_range(cell: str, first: str, last: str) -> str:
    try:
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        blocks = [str(part) for part in ipaddress.summarize_address_range(low, high)]
    except (ValueError, TypeError):
        raise ValueError(f"“{cell}” is not a range of addresses") from None
    if len(blocks) != 1:
        shown = " ".join(blocks[:8]) + (" …" if len(blocks) > 8 else "")
        raise ValueError(f"“{cell}” is no single network; write one line each for: {shown}")
    return blocks[0]


def printed(value: Value, between: str = " ") -> str:
    """The cell text of a canonical value: lists with `between` their values, None as nothing."""
    if value is None:
        return ""
    return between.join(value) if isinstance(value, list) else str(value)
