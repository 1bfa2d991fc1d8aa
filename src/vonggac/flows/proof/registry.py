"""Every proof rule there is: adding one is adding a module to this package."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from vonggac.cases.proof import Assessor, assesses, assessor_of

__all__ = ["assesses", "in_order", "load", "rule_exists"]


@cache
def load() -> None:
    """Let every module of this package declare its rule; done once, when the desk or the worker starts."""
    package = importlib.import_module("vonggac.flows.proof")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def rule_exists(rule: str) -> bool:
    """True when some module declares the rule; an empty name is no rule."""
    load()
    return assessor_of(rule) is not None


def in_order(rules: Iterable[str]) -> list[tuple[str, Assessor]]:
    """The rules among these that exist, those about hosts first: clauses are judged from the verdicts on hosts."""
    load()
    named = [(rule, assessor) for rule in sorted(set(rules)) if (assessor := assessor_of(rule)) is not None]
    return sorted(named, key=lambda item: item[0] != "clean_host")
