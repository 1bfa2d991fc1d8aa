"""Pure decisions about lists: whose they are, what changed since the last one, and how urgent a listed host is."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vonggac.kernel.text import fold, squash, unlikeness

CLEAN_HOST = "clean_host"


def written(name: str) -> str:
    """A sender's name in NFC, each run of blanks one."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def sender_key(name: str) -> str:
    """What names of one sender have in common, however their letters' case and blanks are written."""
    return unicodedata.normalize("NFC", written(name).casefold())


def nearly(name: str, known: Iterable[str]) -> list[str]:
    """The known senders that a new name probably means, the likeliest first; none where it is one of them.

    Accents, dots and missing blanks make no other sender; nor does a letter or two in a long name, one in a short one.
    Names that differ by a number or a letter of its own (`Nguồn 1`, `Nguồn 2`) are different senders.
    """
    found = {other: _distance(name, other) for other in known}
    if sender_key(name) in map(sender_key, found):
        return []
    near = [other for other, distance in found.items() if distance <= _ALLOWED[min(len(squash(name)), 8)]]
    return sorted(near, key=lambda other: (found[other], other))


# Letters that may differ, by the number of letters of the name.
_ALLOWED = (0, 0, 0, 1, 1, 1, 1, 1, 2)
_FARTHEST = 3


def _distance(name: str, other: str) -> float:
    one, another = squash(name), squash(other)
    if one == another:
        return 0
    if _marks(name) != _marks(other) or abs(len(one) - len(another)) >= _FARTHEST:
        return _FARTHEST
    return max(1, unlikeness(one, another, _FARTHEST - 1))


def _marks(name: str) -> list[str]:
    """The words that tell senders of one kind apart: numbers and single letters."""
    return [word for word in re.findall(r"\w+", fold(name)) if len(word) == 1 or not word.isalpha()]


class Presence(StrEnum):
    """How a finding stands in the sender's newest list, against the one before."""

    NEW = "new"
    STILL = "still"
    GONE = "gone"
    RETURNED = "returned"


def presence(before: str | None) -> Presence:
    """The presence of a listed finding, from the one it had; None when it was never listed."""
    if before is None:
        return Presence.NEW
    return Presence.RETURNED if before == Presence.GONE else Presence.STILL


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of a listed host when its priority is decided."""

    is_server: bool
    system_level: int | None
    families: Collection[str]
    sightings: int
    has_returned: bool
    is_placed: bool


def priority(host: Host) -> tuple[int, str]:
    """The priority (1 is most urgent) and the one sentence that says why, in Vietnamese as the desk shows it.

    The first line whose condition holds decides.
    """
    level, families = host.system_level or 0, sorted(host.families)
    reasons = (
        (host.has_returned, 1, "đã hết trong danh sách, nay lại có"),
        (level >= 3, 1, f"thuộc hệ thống thông tin cấp độ {level}"),
        (host.is_server, 2, "là máy chủ"),
        (len(families) > 1, 2, f"dính {len(families)} họ mã độc: {', '.join(families[:3])}"),
        (host.sightings >= 100, 2, f"bị ghi nhận {host.sightings} lần"),
        (not host.is_placed, 3, "chưa biết máy nào đứng sau địa chỉ này: cần nhật ký NAT hoặc DHCP"),
        (True, 3, "máy trạm có trong danh sách"),
    )
    return next((number, reason) for holds, number, reason in reasons if holds)


def reopens(state: str, last_seen_utc: datetime | None, ended_at: datetime | None) -> bool:
    """True when a listed sighting reopens a closed case: it is newer than the end, or nobody knows how old it is."""
    return state == "closed" and (last_seen_utc is None or ended_at is None or last_seen_utc > ended_at)
