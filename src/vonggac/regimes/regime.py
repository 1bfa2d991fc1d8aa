"""The body of rules in force on a day: limits with their citations, and what a clause binds by default."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from vonggac.errors import ConfigurationError
from vonggac.kernel.text import fold

EVERY_KIND = "*"
_adjusted: ContextVar[Mapping[str, int] | None] = ContextVar("adjusted_limits", default=None)


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of the rules, where it stands, and whether it is our default because nobody has published one."""

    value: int
    citation: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """What a clause whose words match binds: kinds of organisations ("*" is every kind), and its proof rule."""

    words: tuple[str, ...]
    above: tuple[str, ...]
    binds: tuple[str, ...]
    rule: str
    any: tuple[str, ...] = ()
    """One of these has to stand in the clause as well; empty: none has to."""

    def matches(self, text: str, heading_above: str) -> bool:
        """True when every word, and one of `any`, stands in the clause, and every word of `above` in the heading."""
        is_said = not self.any or any(word in text for word in self.any)
        return (
            is_said and all(word in text for word in self.words) and all(word in heading_above for word in self.above)
        )


@dataclass(frozen=True, slots=True)
class Regime:
    """The rules of one period."""

    name: str
    valid_from: date
    valid_to: date | None
    authority: str
    citation: str
    limits: Mapping[str, Limit]
    bindings: Sequence[Binding]
    report: Mapping[str, str]

    def limit(self, name: str) -> int:
        """The value of a limit; ConfigurationError when the pack does not carry it."""
        try:
            return (_adjusted.get() or {}).get(name, self.limits[name].value)
        except KeyError:
            raise ConfigurationError(f"the regime {self.name} carries no limit called {name}") from None

    def binding(self, text: str, heading_above: str = "") -> Binding:
        """What a clause binds by default; the office may decide otherwise."""
        folded, above = fold(text), fold(heading_above)
        return next(binding for binding in self.bindings if binding.matches(folded, above))


@contextmanager
def adjusted(limits: Mapping[str, int]) -> Iterator[None]:
    """Other values for some limits meanwhile, whatever the pack says: an exercise may have rules of its own."""
    token = _adjusted.set({**(_adjusted.get() or {}), **limits})
    try:
        yield
    finally:
        _adjusted.reset(token)


def on(day: date) -> Regime:
    """The regime in force on a day; the oldest one before its time."""
    packs = _all()
    return next((pack for pack in packs if pack.valid_from <= day), packs[-1])


@cache
def _all() -> tuple[Regime, ...]:
    """Every pack, the newest first; they share one table of clauses."""
    bindings = _bindings(tomllib.loads(files("vonggac.regimes").joinpath("clauses.toml").read_text("utf-8")))
    packs = (entry for entry in files("vonggac.regimes.packs").iterdir() if entry.name.endswith(".toml"))
    regimes = [_regime(tomllib.loads(pack.read_text("utf-8")), bindings) for pack in packs]
    return tuple(sorted(regimes, key=lambda regime: regime.valid_from, reverse=True))


def _bindings(table: Mapping[str, Any]) -> tuple[Binding, ...]:
    return tuple(
        Binding(
            tuple(fold(word) for word in entry["words"]),
            tuple(fold(word) for word in entry.get("above", ())),
            tuple(entry["binds"]),
            entry["rule"],
            tuple(fold(word) for word in entry.get("any", ())),
        )
        for entry in table["binding"]
    )


def _regime(pack: Mapping[str, Any], bindings: Sequence[Binding]) -> Regime:
    return Regime(
        name=pack["name"],
        valid_from=pack["valid_from"],
        valid_to=pack.get("valid_to"),
        authority=pack["authority"],
        citation=pack["citation"],
        limits={
            name: Limit(limit["value"], limit["citation"], limit["ours"]) for name, limit in pack["limits"].items()
        },
        bindings=bindings,
        report=pack["report"],
    )
