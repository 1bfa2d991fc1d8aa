"""Where a listed host stands in a report: every case is in exactly one standing, so they add up to the total."""

from itertools import product
from typing import assert_never

from django.db.models import Q

from vonggac.cases.rules import Claim, Proof, State
from vonggac.reports.figures import Standing

WATCHED = f"{Standing.WATCHED},{Standing.CLOSED_CLAIMED}"
"""The claims without a result yet, as the addresses of their rows name them (`cases.claims`)."""


def standing_of(state: State, claim: Claim, proof: Proof) -> Standing:
    """The standing of a case; a claim, a verdict that is new to the product fails the type check here.

    The owner's word comes first: what was seen of a claim that was taken back counts no more.
    """
    is_closed = state is State.CLOSED
    match claim:
        case Claim.DONE:
            return _of_claimed(proof, is_closed=is_closed)
        case Claim.NONE:
            return Standing.CLOSED if is_closed else Standing.UNANSWERED
        case Claim.NOT_OURS:
            return Standing.CLOSED if is_closed else Standing.NOT_OURS
        case Claim.CANNOT:
            return Standing.CLOSED if is_closed else Standing.CANNOT
        case _:
            assert_never(claim)


def _of_claimed(proof: Proof, *, is_closed: bool) -> Standing:
    match proof:
        case Proof.PROVEN:
            return Standing.PROVEN
        case Proof.CONTRADICTED:
            return Standing.CONTRADICTED
        case Proof.NOT_OBSERVABLE:
            return Standing.NOT_OBSERVABLE
        case Proof.NONE | Proof.WATCHING:
            return Standing.CLOSED_CLAIMED if is_closed else Standing.WATCHED
        case _:
            assert_never(proof)


def condition(*standings: Standing) -> Q:
    """The cases in any of these standings, as a condition made of `standing_of` itself."""
    found = Q(pk__in=())
    for claim, proof in product(Claim, Proof):
        states = [state for state in State if standing_of(state, claim, proof) in standings]
        if states:
            found |= Q(claim=claim, proof=proof, state__in=states)
    return found
