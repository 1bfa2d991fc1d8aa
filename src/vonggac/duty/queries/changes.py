"""One change of shift: its two sides, and who may sign for each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vonggac.duty.models import Post, Shift
from vonggac.duty.queries.watch import has_left, is_away
from vonggac.register.models import Person


class Side(StrEnum):
    """Who signs a hand-over."""

    GIVES = "gives"
    TAKES = "takes"


class Signer(StrEnum):
    """As what somebody signs."""

    OWN = "own"  # it is their shift that ends, or begins
    STAND_IN = "stand_in"  # nobody of the side is there


@dataclass(frozen=True, slots=True)
class Change:
    """A change of shift: from when it can be signed, and by when both should have; its shifts read `with_leave`."""

    post: Post
    boundary_utc: datetime
    opens_utc: datetime
    sign_by_utc: datetime
    ending: Sequence[Shift]
    beginning: Sequence[Shift]
    is_given: bool = False

    @property
    def people(self) -> frozenset[int]:
        """The accounts of those who give it or take it."""
        return _accounts(self.ending) | _accounts(self.beginning)

    @property
    def timestamp(self) -> int:
        """The moment as the address of its page has it."""
        return int(self.boundary_utc.timestamp())

    def signer(self, side: Side, person: Person, at: datetime, *, may_assign: bool) -> Signer | None:
        """As what a person may sign for a side at a moment; None where it is not theirs to sign.

        Whoever may assign, and the lead of the post, stand in where nobody of the side is there; never for those from
        whom they take themselves, or to whom they give.
        """
        own, other = self.ending, self.beginning
        if side is Side.TAKES:
            own, other = other, own
        if person.pk in _accounts(own):
            return Signer.OWN
        is_trusted = may_assign or person.pk == self.post.lead_id
        if not is_trusted or person.pk in _accounts(other) or any(self._is_there(one, side, at) for one in own):
            return None
        return Signer.STAND_IN

    def waits_for(self, person: Person, at: datetime, *, may_assign: bool) -> bool:
        """True when the next signature may be the person's."""
        side = Side.TAKES if self.is_given else Side.GIVES
        return self.signer(side, person, at, may_assign=may_assign) is not None

    def _is_there(self, shift: Shift, side: Side, at: datetime) -> bool:
        """True when its person can be asked to sign: they are there, or it is early for them to have come or gone."""
        if shift.person is None or not shift.person.is_active:
            return False
        if side is Side.GIVES:
            moment = min(at, self.boundary_utc - datetime.resolution)
            has_come = shift.checked_in_at is not None or not self.post.asks_presence
            return has_come and at < self.sign_by_utc and not is_away(shift, moment) and not has_left(shift, moment)
        moment = max(at, self.boundary_utc)
        may_come = shift.checked_in_at is not None or at < self.sign_by_utc
        return may_come and not is_away(shift, moment) and not has_left(shift, moment)


def _accounts(shifts: Iterable[Shift]) -> frozenset[int]:
    return frozenset(shift.person_id for shift in shifts if shift.person_id)
