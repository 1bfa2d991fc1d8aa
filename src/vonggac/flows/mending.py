"""The smallest change that mends what is in force: shown first, with whom it touches, and applied as it was shown."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec
from django.core import signing

from vonggac.duty import exchanging
from vonggac.duty.models import Member
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.errors import WrongState
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.values import Assignment, Change, Hole

# Somebody waits for the page; counted in the solver's own units, so that the same is shown again.
SEARCH = Settings(seconds=4, workers=1, is_deterministic=True)

_SIGNER = signing.Signer(salt="mending")


@dataclass(frozen=True, slots=True)
class Mending:
    """A repair of a plan of what is in force; nothing is written. `about` names what it is for."""

    about: str
    plan: Plan
    placed: AbstractSet[Assignment]
    changes: Sequence[Change]
    holes: Sequence[Hole]
    """What stays open among the slots that were to be mended."""

    @property
    def key(self) -> str:
        """The changes and what they were found for, signed: what was shown is applied, and is not searched again."""
        told = [[one.slot, one.worker, one.is_added] for one in self.changes]
        return _SIGNER.sign_object([_digest(self.about, self.plan, self.placed), told])

    @property
    def touched(self) -> list[tuple[Member, list[Slot], list[Slot]]]:
        """(who, shifts put on, shifts taken off) for everybody who has to hear of it."""
        found: dict[str, tuple[list[Slot], list[Slot]]] = {}
        for one in self.changes:
            found.setdefault(one.worker, ([], []))[not one.is_added].append(self.plan.slots[one.slot])
        return [(self.plan.members[worker], *slots) for worker, slots in found.items()]


def shown(key: str, about: str, plan: Plan, placed: AbstractSet[Assignment]) -> exchanging.Change:
    """The change that a `key` was shown for; WrongState where anything of what it was found for has changed since."""
    try:
        digest, told = _SIGNER.unsign_object(key)
    except signing.BadSignature:
        digest, told = "", []
    if digest != _digest(about, plan, placed):
        raise WrongState("the roster has changed meanwhile; look at the repair once more")
    added, removed = (
        frozenset(Assignment(slot, worker) for slot, worker, is_in in told if is_in is is_added)
        for is_added in (True, False)
    )
    return exchanging.Change(added, removed)


def _digest(about: str, plan: Plan, placed: AbstractSet[Assignment]) -> str:
    """The same for one purpose, one problem, and the same people on the same shifts."""
    told = msgspec.json.encode([about, plan.problem, sorted(placed)], order="deterministic")
    return hashlib.sha256(told).hexdigest()
