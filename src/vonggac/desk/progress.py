"""Where a directive stands: its obligations as shares, claimed and proven apart."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from vonggac.cases.queries import LATE_STATES
from vonggac.directives.models import Directive, DirectiveState

_SHARES = """
    SELECT count(*), count(*) FILTER (WHERE is_proven), count(*) FILTER (WHERE is_claimed AND NOT is_proven),
        count(*) FILTER (WHERE is_late AND NOT is_proven AND NOT is_claimed),
        count(*) FILTER (WHERE proof = 'contradicted'), count(*) FILTER (WHERE proof = 'not_observable')
    FROM (
        SELECT proof, proof = 'proven' AS is_proven, claim = 'done' AS is_claimed,
            due_at IS NOT NULL AND due_at < %(now)s AND state = ANY(%(late)s) AS is_late
        FROM directives_obligation JOIN cases_case ON cases_case.id = directives_obligation.case_id
        WHERE directive_id = %(directive)s AND recalled_at IS NULL
    ) AS bound
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, {"directive": directive_id, "now": now, "late": [str(one) for one in LATE_STATES]})
        bound, proven, claimed, late, contradicted, not_observable = cursor.fetchone()
    return Progress(bound, proven, claimed, late, bound - proven - claimed - late, contradicted, not_observable)
