"""Pure decisions about listed addresses: what changed since the last list, and how urgent a host is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CLEAN_HOST = "clean_host"


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
