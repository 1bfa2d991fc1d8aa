"""The protocol of proof rules, the verdict they return, and the registry that knows them by name.

A rule is a pure function from evidence to verdict. Gathering evidence is a flow's business, so a registered rule is
found by its name and asked through `assess`, which reads what it needs within the scope in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from vonggac.errors import ConfigurationError

State = Literal["open", "proven", "contradicted", "not_observable"]


@dataclass(frozen=True, slots=True)
class Missing:
    """One log or list that would have to be there: what kind, whose, over which time, and why it is missing."""

    kind: str
    sensor: str = ""
    from_utc: datetime | None = None
    to_utc: datetime | None = None
    reason: str = ""

    def __str__(self) -> str:
        time = f" {_text(self.from_utc)} – {_text(self.to_utc)}" if self.from_utc else ""
        return " ".join(part for part in (self.kind, self.sensor, self.reason) if part) + time

    def as_json(self) -> dict[str, str | None]:
        """The fields with times as ISO 8601."""
        return {
            "kind": self.kind,
            "sensor": self.sensor,
            "from": _text(self.from_utc),
            "to": _text(self.to_utc),
            "reason": self.reason,
            "text": str(self),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What observation shows about one case, with the reason in a sentence and what the strip chart draws."""

    state: State
    reason: str
    missing: tuple[Missing, ...] = ()
    detail: Mapping[str, Any] | None = None

    def missing_as_json(self) -> list[dict[str, str | None]]:
        """What is missing, ready to be stored."""
        return [missing.as_json() for missing in self.missing]

    def as_json(self) -> dict[str, Any]:
        """What the strip chart draws: coverage, gaps, contacts, window."""
        return dict(self.detail or {})


class ProofRule(Protocol):
    """A rule as the desk knows it."""

    name: str

    def assess(self, case_ids: Iterable[int], *, now: datetime) -> Mapping[int, Verdict]:
        """A verdict for each case that the rule can judge now."""
        ...


_rules: dict[str, ProofRule] = {}


def register(rule: ProofRule) -> None:
    """Make a rule known by its name; called once when its package is loaded."""
    if rule.name in _rules and type(_rules[rule.name]) is not type(rule):
        raise ConfigurationError(f"two proof rules are called {rule.name}")
    _rules[rule.name] = rule


def rule_named(name: str) -> ProofRule | None:
    """The rule of that name; None where none exists yet, and the claim stands alone."""
    return _rules.get(name)


def known_rules() -> tuple[str, ...]:
    """The names of all registered rules, in alphabetical order."""
    return tuple(sorted(_rules))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
