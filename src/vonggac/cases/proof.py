"""What observation says about a claim: the verdict, and the registry of the rules that give it.

A package of work registers its rule when it is loaded (`AppConfig.ready`); whoever holds a case asks `rule_for` with
the case's kind. A kind without a rule has none: its page shows the claim alone and says so.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


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
    declared; `subject` the address or host that nobody watched.
    """

    kind: str
    reason: str
    sensor: str | None = None
    subject: str | None = None
    from_utc: datetime | None = None
    to_utc: datetime | None = None

    def __str__(self) -> str:
        parts = [f"{self.kind} log" if self.kind in {"flow", "dns", "nat", "dhcp"} else self.kind]
        if self.sensor:
            parts.append(f"sensor {self.sensor}")
        if self.subject:
            parts.append(f"for {self.subject}")
        span = ""
        if self.from_utc and self.to_utc:
            span = f" from {self.from_utc:%Y-%m-%d %H:%M:%S} to {self.to_utc:%Y-%m-%d %H:%M:%S} UTC"
        return f"{', '.join(parts)}: {self.reason}{span}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which one kind of log did not cover the subject."""

    kind: str
    from_utc: datetime
    to_utc: datetime

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


class ProofRule(Protocol):
    """A pure function of evidence under a name that is stored with every verdict.

    Each rule has its own kind of evidence and refuses another; whoever gathers it knows the rule.
    """

    @property
    def name(self) -> str:
        """The name that cases and verdicts carry."""

    def evaluate(self, evidence: object) -> Verdict:
        """What the evidence shows; the same evidence always gives the same verdict."""


_rules: dict[str, ProofRule] = {}


def register(kind: str, rule: ProofRule) -> None:
    """Let cases of this kind be judged by the rule; the same rule again changes nothing, another one is a mistake."""
    known_rule = _rules.setdefault(kind, rule)
    if known_rule.name != rule.name:
        raise ValueError(f"cases of kind {kind} are judged by {known_rule.name} already")


def rule_for(kind: str) -> ProofRule | None:
    """The rule for cases of this kind; None where none exists."""
    return _rules.get(kind)


def known() -> dict[str, str]:
    """Kind → name of its rule, for every kind that has one."""
    return {kind: rule.name for kind, rule in sorted(_rules.items())}
