"""The smallest change that mends what is in force: shown first, with whom it touches, and applied as it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from vonggac.duty import exchanging
from vonggac.duty.models import Member
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.errors import WrongState
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.values import Assignment, Change, Hole

# Somebody waits for the page; counted in the solver's own units, so that the change applied is the change shown.
SEARCH = Settings(seconds=4, workers=1, is_deterministic=True)


@dataclass(frozen=True, slots=True)
class Mending:
    """A repair of a plan of what is in force; nothing is written."""

    plan: Plan
    changes: Sequence[Change]
    holes: Sequence[Hole]
    """What stays open among the slots that were to be mended."""

    @property
    def key(self) -> str:
        """The same for the same change: what was shown is what is applied."""
        return " ".join(f"{'+-'[not one.is_added]}{one.slot}/{one.worker}" for one in self.changes)

    @property
    def touched(self) -> list[tuple[Member, list[Slot], list[Slot]]]:
        """(who, shifts put on, shifts taken off) for everybody who has to hear of it."""
        found: dict[str, tuple[list[Slot], list[Slot]]] = {}
        for one in self.changes:
            found.setdefault(one.worker, ([], []))[not one.is_added].append(self.plan.slots[one.slot])
        return [(self.plan.members[worker], *slots) for worker, slots in found.items()]

    @property
    def change(self) -> exchanging.Change:
        """The changes as one step."""
        added, removed = (
            frozenset(Assignment(one.slot, one.worker) for one in self.changes if one.is_added is is_added)
            for is_added in (True, False)
        )
        return exchanging.Change(added, removed)

    def check(self, key: str) -> None:
        """Raise WrongState where another change was shown than this one."""
        if self.key != key:
            raise WrongState("the roster has changed meanwhile; look at the repair once more")
