"""The words of tables for people: what a file's columns are called, and what the codes in them mean."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from vonggac.desk.words import CLAIMS, KINDS, LOGS, PROOFS, STATES, VIAS, Word, word
from vonggac.directives.models import DirectiveState
from vonggac.register.models import OrganisationKind

HEADINGS: Mapping[str, Word] = {
    "acknowledged": gettext_lazy("acknowledged"),
    "acknowledged_at_utc": gettext_lazy("Acknowledged at"),
    "arrival_number": gettext_lazy("Arrival number"),
    "arrived_on": gettext_lazy("Arrived on"),
    "assignee": gettext_lazy("In whose hands"),
    "at_utc": gettext_lazy("Time"),
    "bound": gettext_lazy("bound"),
    "call": gettext_lazy("Whom to call"),
    "cases": gettext_lazy("Cases"),
    "claim": gettext_lazy("Claim"),
    "claim_text": gettext_lazy("What was claimed"),
    "claimed": gettext_lazy("claimed"),
    "claimed_at_utc": gettext_lazy("Claimed at"),
    "claimed_by": gettext_lazy("Claimed by"),
    "claimed_via": gettext_lazy("On which way"),
    "closed_at_utc": gettext_lazy("Closed at"),
    "closing": gettext_lazy("Why it is closed"),
    "code": gettext_lazy("Code"),
    "cooperating": gettext_lazy("Cooperating"),
    "due_at_utc": gettext_lazy("Due"),
    "figure": gettext_lazy("Figure"),
    "from": gettext_lazy("From"),
    "id": gettext_lazy("Number"),
    "is_late": gettext_lazy("late"),
    "issued_on": gettext_lazy("Issued on"),
    "issuer": gettext_lazy("Issuer"),
    "kind": gettext_lazy("Kind"),
    "late": gettext_lazy("late"),
    "lead": gettext_lazy("Lead"),
    "log": gettext_lazy("Log"),
    "number": gettext_lazy("Number"),
    "observed": gettext_lazy("What was observed"),
    "opened_at_utc": gettext_lazy("Opened at"),
    "organisation": gettext_lazy("Organisation"),
    "part": gettext_lazy("Part"),
    "priority": gettext_lazy("Priority"),
    "priority_reason": gettext_lazy("Why this priority"),
    "proof": gettext_lazy("Observation"),
    "proof_reason": gettext_lazy("What was observed"),
    "proven": gettext_lazy("proven"),
    "rows": gettext_lazy("Where the rows stand"),
    "sensor": gettext_lazy("Sensor"),
    "state": gettext_lazy("State"),
    "subject": gettext_lazy("Subject"),
    "symbol": gettext_lazy("Symbol"),
    "title": gettext_lazy("Case"),
    "to": gettext_lazy("To"),
    "value": gettext_lazy("Value"),
}
REGISTER: Mapping[str, Word] = {**HEADINGS, "subject": gettext_lazy("Subject of the document")}
_YES_NO: Mapping[str, Word] = {"0": gettext_lazy("no"), "1": gettext_lazy("yes")}
_CODES: Mapping[str, Mapping[str, Word]] = {
    "claim": CLAIMS,
    "claimed_via": VIAS,
    "is_late": _YES_NO,
    "kind": {**KINDS, **dict(OrganisationKind.choices)},
    "log": LOGS,
    "part": {"lead": gettext_lazy("lead"), "cooperate": gettext_lazy("cooperating"), "own": gettext_lazy("own")},
    "proof": PROOFS,
    "state": {**STATES, **dict(DirectiveState.choices)},
    # A matrix has these of each clause: `1.a claimed`.
    " claimed": CLAIMS,
    " late": _YES_NO,
    " proven": PROOFS,
}


def heading(column: str, words: Mapping[str, Word]) -> str:
    """`Đơn vị` for `organisation`; `1.a: đã báo` for a matrix's `1.a claimed`."""
    clause, _blank, name = column.rpartition(" ")
    return f"{clause}: {word(words, name)}" if clause else word(words, name)


def codes(column: str) -> Mapping[str, Word]:
    """The words for what stands in a column, none where it holds no codes."""
    _clause, blank, name = column.rpartition(" ")
    return _CODES.get(blank + name, {})
