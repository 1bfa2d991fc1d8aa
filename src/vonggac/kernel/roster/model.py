"""A CP-SAT model of "person on slot", in which every other variable is a function of those.

So a roster gives a complete hint and its exact price, and a solver that starts from one never has to find it again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ortools.sat.python import cp_model

Pair: TypeAlias = tuple[int, int]  # (worker, slot)

_LEAST, _MOST = -(2**50), 2**50


@dataclass(frozen=True, slots=True)
class _Function:
    """A variable whose value follows from how many of some "person on slot" variables are true."""

    variable: cp_model.IntVar
    of: Sequence[Pair]
    value: Callable[[int], int]


@dataclass
class Model:
    """The model with the meaning of its variables."""

    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    x: dict[Pair, cp_model.IntVar] = field(default_factory=dict)  # (worker, slot)
    functions: list[_Function] = field(default_factory=list)
    prices: list[tuple[cp_model.IntVar, int]] = field(default_factory=list)
    constant: int = 0

    def function(self, of: Sequence[Pair], top: int, value: Callable[[int], int]) -> cp_model.IntVar:
        """A variable from 0 to top that will be hinted as value(how many of the pairs are true)."""
        variable = self.cp.new_int_var(0, top, "") if top > 1 else self.cp.new_bool_var("")
        self.functions.append(_Function(variable, of, value))
        return variable

    def price(self, variable: cp_model.IntVar, each: int) -> None:
        """Let each unit of the variable cost this much."""
        if each:
            self.prices.append((variable, each))

    def at_most(self, room: int, variables: Iterable[cp_model.IntVar], each: Iterable[int] | None = None) -> None:
        """Let the sum of the variables, each by its weight, stay within the room."""
        terms = list(variables)
        weights = [1] * len(terms) if each is None else list(each)
        self.cp.add_linear_constraint(cp_model.LinearExpr.weighted_sum(terms, weights), _LEAST, room)

    def shortfall(self, pairs: Sequence[Pair], need: int, each: int) -> None:
        """Price what the pairs fall short of a need."""
        if need <= 0:
            return
        if not pairs:
            self.constant += each * need
            return
        short = self.function(pairs, need, lambda true: max(0, need - true))
        self.cp.add_linear_constraint(cp_model.LinearExpr.sum([*self.of(pairs), short]), need, _MOST)
        self.price(short, each)

    def excess(self, pairs: Sequence[Pair], room: int, each: int) -> None:
        """Price what the pairs exceed the room by; what is kept may have exceeded it already."""
        self.constant += each * max(0, -room)
        room = max(0, room)
        if len(pairs) > room:
            over = self.function(pairs, len(pairs) - room, lambda true: max(0, true - room))
            self.at_most(room, [*self.of(pairs), over], [*([1] * len(pairs)), -1])
            self.price(over, each)

    def of(self, pairs: Iterable[Pair]) -> list[cp_model.IntVar]:
        """The variables of pairs."""
        return [self.x[pair] for pair in pairs]

    def finish(self) -> None:
        """Lay down the objective."""
        variables, each = [one for one, _ in self.prices], [price for _, price in self.prices]
        self.cp.minimize(cp_model.LinearExpr.weighted_sum(variables, each) + self.constant)

    def hint(self, pairs: Mapping[int, set[int]]) -> None:
        """Tell the solver a whole solution to start from."""
        self.cp.clear_hints()
        for (worker, slot), variable in self.x.items():
            self.cp.add_hint(variable, slot in pairs[worker])
        for function in self.functions:
            self.cp.add_hint(function.variable, function.value(_true(function.of, pairs)))

    def standing(self, value: Callable[[cp_model.IntVar], int]) -> set[Pair]:
        """The pairs that are true in a solution."""
        return {pair for pair, variable in self.x.items() if value(variable)}

    def cost(self, pairs: Mapping[int, set[int]]) -> int:
        """The objective of a roster, without solving."""
        values = {id(one.variable): one.value(_true(one.of, pairs)) for one in self.functions}
        values |= {id(variable): slot in pairs[worker] for (worker, slot), variable in self.x.items()}
        return self.constant + sum(each * values[id(variable)] for variable, each in self.prices)


def _true(of: Iterable[tuple[int, int]], pairs: Mapping[int, set[int]]) -> int:
    return sum(slot in pairs[worker] for worker, slot in of)
