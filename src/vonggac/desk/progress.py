"""Where a directive stands: its obligations as shares, claimed and proven apart."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from vonggac.cases.queries import LATE_STATES
from vonggac.cases.rules import Claim, Proof
from vonggac.directives.models import Directive, DirectiveState, Obligation


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one directive's obligations. `proven` … `working` add up to `bound`; the last two lie across them."""

    bound: int
    proven: int
    claimed: int
    late: int
    working: int
    contradicted: int
    not_observable: int

    @property
    def shares(self) -> tuple[int, int, int, int]:
        """Proven, claimed, under way, late: the order of the share bar."""
        return self.proven, self.claimed, self.working, self.late


def current_directive() -> Directive | None:
    """The directive that was confirmed last and is in force."""
    return Directive.objects.filter(state=DirectiveState.CONFIRMED).order_by("-confirmed_at", "-pk").first()


def of(directive_id: int, now: datetime) -> Progress:
    """The progress of a directive within the scope: one query."""
    is_proven = Q(case__proof=Proof.PROVEN)
    is_claimed = Q(case__claim=Claim.DONE) & ~is_proven
    is_late = Q(case__due_at__lt=now, case__state__in=LATE_STATES) & ~is_proven & ~is_claimed
    found = Obligation.objects.filter(directive_id=directive_id, recalled_at__isnull=True).aggregate(
        bound=Count("pk"),
        proven=Count("pk", filter=is_proven),
        claimed=Count("pk", filter=is_claimed),
        late=Count("pk", filter=is_late),
        contradicted=Count("pk", filter=Q(case__proof=Proof.CONTRADICTED)),
        not_observable=Count("pk", filter=Q(case__proof=Proof.NOT_OBSERVABLE)),
    )
    return Progress(working=found["bound"] - found["proven"] - found["claimed"] - found["late"], **found)
