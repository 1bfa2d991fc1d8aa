"""From mixtures to whole schedules: people are fixed to the schedules they have most of, and the rest priced anew."""

import random
from collections.abc import Collection

import numpy as np

from vonggac.kernel.roster.grid.generating import Generation
from vonggac.kernel.roster.grid.master import Column, Master
from vonggac.kernel.roster.grid.pricing import Schedules

_SURE = 0.95  # a share from which a person is fixed at once
_ROUNDS = 20  # of column generation after each fixing


def dive(generation: Generation, rng: random.Random, seconds: float) -> Schedules:
    """Schedules of the generation's people, in their order, near the linear optimum, after some seconds of the budget.

    Doubt is a little random, so that another dive ends elsewhere. The master is whole again afterwards.
    """
    master, budget = generation.master, generation.budget
    end = max(0.0, budget.left - seconds)
    chosen: dict[int, Column] = {}
    try:
        while len(chosen) < len(master.people):
            for column in _least_doubtful(master, chosen, rng):
                chosen[column.person] = column
                master.fix(column.person, column)
            generation.free = [person for person in master.people if person not in chosen]
            # The people left are fixed two at a time or so, and share the time that is left.
            share = 2 * max(0.0, budget.left - end) / max(2, len(generation.free))
            generation.run(left=budget.left - share, rounds=_ROUNDS, is_bounding=False)
    finally:
        for person in chosen:
            master.fix(person, None)
        generation.free = list(master.people)
    return np.stack([chosen[person].schedule for person in master.people])


def _least_doubtful(master: Master, fixed: Collection[int], rng: random.Random) -> list[Column]:
    """Of each person left their largest share; of these all sure ones, or else the one least in doubt."""
    best: dict[int, tuple[float, Column]] = {}
    for column, share in zip(master.columns, master.shares(), strict=True):
        if column.person not in fixed:
            doubt = share + (rng.random() * 0.1 if share < _SURE else 0)
            if column.person not in best or doubt > best[column.person][0]:
                best[column.person] = (doubt, column)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    sure = sum(share >= _SURE for share, _ in ranked)
    return [column for _, column in ranked[: max(sure, 1)]]
