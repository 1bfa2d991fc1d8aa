"""Which inner addresses an asset held when, by its lines in the register. Pure; O(lines) a moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address held from a moment (None: always) until before another (None: further notice)."""

    address: str
    from_utc: datetime | None
    to_utc: datetime | None

    def holds(self, at: datetime) -> bool:
        """True when the address is held at the moment."""
        return (self.from_utc is None or self.from_utc <= at) and (self.to_utc is None or at < self.to_utc)


@dataclass(frozen=True, slots=True)
class Move:
    """A moment at which an asset changed what it holds."""

    at: datetime
    was: Sequence[str]
    now: Sequence[str]


def held(lines: Iterable[AddressLine], at: datetime) -> list[str]:
    """The addresses that are held at a moment."""
    return sorted({one.address for one in lines if one.holds(at)})


def moves(lines: Sequence[AddressLine], since: datetime, until: datetime) -> Iterator[Move]:
    """The moves after one moment and up to another; times without any address are passed over."""
    was = held(lines, since)
    for at in sorted({at for one in lines for at in (one.from_utc, one.to_utc) if at and since < at <= until}):
        now = held(lines, at)
        if now and was and now != was:
            yield Move(at, was, now)
        was = now or was
