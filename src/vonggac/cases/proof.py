"""What observation says about a claim: the verdict, and the registry of the rules that give it.

A case carries the name of its rule. A rule exists when a module of `flows/proof/` declares itself with `assesses`;
where none does, the page shows the claim alone and says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VerdictState(StrEnum):
    """The four answers of a proof rule."""

    OPEN = "open"  # nothing claimed, or the rule's time is still running
    PROVEN = "proven"
    CONTRADICTED = "contradicted"
    NOT_OBSERVABLE = "not_observable"


@dataclass(frozen=True, slots=True)
class Missing:
    """One log or list without which nothing can be proven.

    `kind` is flow, dns, nat, dhcp, list or c2; `sensor` the sensor that should have delivered, None when no sensor is
    declared; `subject` the address or host that nobody watched. `expected_utc`: until then it is waited for, and
    nothing is held against the claim; None where it is missing for good, as far as is known. Without `to_utc` it lasts.
    `gaps`: the times that it lacks where these are several, in their order; the last may last. `more_gaps`, and
    `more_seconds` together: those that are counted, and named nowhere any more.
    """

    kind: str
    reason: str
    sensor: str | None = None
    subject: str | None = None
    from_utc: datetime | None = None
    to_utc: datetime | None = None
    expected_utc: datetime | None = None
    gaps: tuple[tuple[datetime, datetime | None], ...] = ()
    more_gaps: int = 0
    more_seconds: int = 0

    @property
    def gap_number(self) -> int:
        """How many gaps there are."""
        return len(self.gaps) + self.more_gaps

    @property
    def gap_seconds(self) -> int:
        """How long those of the gaps that are over lasted together."""
        return round(sum((end - start).total_seconds() for start, end in self.gaps if end)) + self.more_seconds

    def __str__(self) -> str:
        parts = [f"{self.kind} log" if self.kind in {"flow", "dns", "nat", "dhcp"} else self.kind]
        if self.sensor:
            parts.append(f"sensor {self.sensor}")
        if self.subject:
            parts.append(f"for {self.subject}")
        span = f" until {self.expected_utc:%Y-%m-%d %H:%M:%S} UTC" if self.expected_utc else ""
        if self.from_utc and self.to_utc:
            span = f" from {self.from_utc:%Y-%m-%d %H:%M:%S} to {self.to_utc:%Y-%m-%d %H:%M:%S} UTC"
        elif self.from_utc:
            span = f" from {self.from_utc:%Y-%m-%d %H:%M:%S} UTC on"
        several = f" in {self.gap_number} gaps of {self.gap_seconds} s" if self.gaps else ""
        return f"{', '.join(parts)}: {self.reason}{several}{span}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which one kind of log did not cover the subject; `is_awaited`: its log is on its way."""

    kind: str
    from_utc: datetime
    to_utc: datetime
    is_awaited: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.to_utc - self.from_utc).total_seconds()


@dataclass(frozen=True, slots=True)
class Contact:
    """One record that speaks against the claim, or that could not be placed on one host."""

    at_utc: datetime
    kind: str
    sensor: str
    address: str  # the end that is ours
    peer: str  # the C2 address or the name that was asked for


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule concluded, and everything that a person needs to check it."""

    state: VerdictState
    reasons: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    gaps: tuple[Gap, ...] = ()
    contacts: tuple[Contact, ...] = ()
    watched_from_utc: datetime | None = None
    watched_to_utc: datetime | None = None
    ends_utc: datetime | None = None  # of the time to be watched; watched_to_utc is how far it was looked at
    kinds: tuple[str, ...] = ()  # of log that were looked at: those that could show a contact


Assessor = Callable[[Sequence[int], datetime], Iterable[tuple[int, Verdict]]]

_assessors: dict[str, Assessor] = {}


def assesses(rule: str) -> Callable[[Assessor], Assessor]:
    """Declare the function that gathers the evidence on cases and gives the rule's verdict on each.

    The rule itself is a pure function of that evidence: the same evidence always gives the same verdict.
    """

    def declare(assessor: Assessor) -> Assessor:
        standing = _assessors.setdefault(rule, assessor)
        if standing.__qualname__ != assessor.__qualname__:
            raise ValueError(f"two functions assess the rule {rule}: {standing.__qualname__}, {assessor.__qualname__}")
        return assessor

    return declare


def assessor_of(rule: str) -> Assessor | None:
    """The assessor of a rule; None where none exists, and the claim stands alone."""
    return _assessors.get(rule)
