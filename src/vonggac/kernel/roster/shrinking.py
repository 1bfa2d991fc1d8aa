"""A repair made as small as it can be, by CP-SAT over the days around it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vonggac.kernel.roster import cpsat
from vonggac.kernel.roster.budget import Budget
from vonggac.kernel.roster.building import build
from vonggac.kernel.roster.model import Model
from vonggac.kernel.roster.repairing import Case
from vonggac.kernel.roster.values import Assignment

# How far around the slots to mend other shifts may move: weekly hours and rows of days reach no further.
_REACH_DAYS = 7
# A hole outweighs everything; touching one person more is worth ten moves; fairness only decides between equals.
_HOLE, _PERSON, _MOVE = 10**12, 10**7, 10**6


def shrink(case: Case, before: Iterable[Assignment], budget: Budget) -> tuple[str, bool]:
    """(solver, whether nothing smaller is possible within reach); the board then holds the smallest repair found.

    before: the roster as it was, to which changes are counted.
    """
    weights = replace(case.terms.problem.weights, missing_person=_HOLE, missing_skill=_HOLE)
    terms = replace(case.terms, problem=replace(case.terms.problem, weights=weights))
    free = _free(case)
    slots = sorted({slot for own in free.values() for slot in own})
    kept = {worker: own - free.get(worker, frozenset()) for worker, own in case.board.own.items()}
    model = build(terms, free, kept, slots, with_burdens=False)
    touched = _price_changes(case, model, terms.pairs(before))
    model.finish()
    model.hint({worker: case.board.own[worker] & own for worker, own in free.items()})
    for variable, is_touched in touched:
        model.cp.add_hint(variable, is_touched)
    found = cpsat.run(model.cp, budget, budget.left)
    if found.value is not None:
        case.board.rearrange(free, model.standing(found.value))
    return cpsat.SOLVER, found.is_optimal


def _free(case: Case) -> dict[int, frozenset[int]]:
    """What may be moved: the days around the slots, of those who may take one, and of who could relieve these."""
    terms, spans = case.terms, case.terms.spans
    days = {spans[slot].day + reach for slot in case.mend for reach in range(-_REACH_DAYS, _REACH_DAYS + 1)}
    near = {
        number
        for number, slot in enumerate(terms.slots)
        if slot.begin >= case.frozen_before and spans[number].day in days
    }
    people = {worker for slot in case.mend for worker in terms.takers[slot]}
    held = {slot for worker in people for slot in case.board.own[worker] & near}
    people |= {worker for slot in held for worker in terms.takers[slot]}
    return {worker: frozenset(terms.open[worker]) & near for worker in sorted(people - case.immovable)}


def _price_changes(case: Case, model: Model, before: Mapping[int, set[int]]) -> list[tuple[cpsat.Variable, bool]]:
    """A price on each move and each person moved; (variable, value now) of those who are touched.

    Whoever lost a shift is touched anyway. Fairness is priced as the burdens stand now: a repair has few moves.
    """
    touched: dict[int, cpsat.Variable] = {}
    for (worker, slot), variable in model.x.items():
        if worker not in touched:
            touched[worker] = model.cp.new_bool_var("")
        if slot in before[worker]:
            model.constant += _MOVE
            model.price(variable, -_MOVE)
            model.cp.add_bool_or(variable, touched[worker])
        else:
            model.price(variable, _MOVE + case.board.burden_of(worker, slot))
            model.cp.add_implication(variable, touched[worker])
    for worker, variable in touched.items():
        model.price(variable, 0 if worker in case.losers else _PERSON)
    return [(variable, case.board.own[worker] != before[worker]) for worker, variable in touched.items()]
