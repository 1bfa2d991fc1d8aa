"""Which proof rules exist: a rule is added by one module in this package that declares itself with `assesses`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from vonggac.cases.proof import Verdict

Assessor = Callable[[Sequence[int], datetime], Iterable[tuple[int, Verdict]]]

_assessors: dict[str, Assessor] = {}


def assesses(rule: str) -> Callable[[Assessor], Assessor]:
    """Declare the function that gathers the evidence on cases and gives the rule's verdict on each."""

    def declare(assessor: Assessor) -> Assessor:
        _assessors[rule] = assessor
        return assessor

    return declare


def assessors() -> Mapping[str, Assessor]:
    """Rule name → its assessor, with every module of this package loaded."""
    package = importlib.import_module("vonggac.flows.proof")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return MappingProxyType(_assessors)
