"""The matrix organisations × clauses as HTML: two marks a cell, drawn once a combination and not once a cell.

Two hundred organisations × eight clauses are 1,600 cells; the template language would take a second for them.
"""

from collections.abc import Sequence

from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vonggac.cases.rules import Claim, Proof, State
from vonggac.desk import actions, words
from vonggac.desk.marks import LABELS
from vonggac.directives.models import Clause
from vonggac.directives.queries import Cell, MatrixRow
from vonggac.flows.proof.registry import rule_exists

_PROOF = {
    Proof.NONE: "none", Proof.WATCHING: "watching", Proof.PROVEN: "proven", Proof.CONTRADICTED: "against",
    Proof.NOT_OBSERVABLE: "unseen",
}  # fmt: skip
Look = tuple[str, str, str, bool, bool]


class Drawing:
    """Draws the cells of one matrix; the same look is drawn once."""

    def __init__(self, clauses: Sequence[Clause], rows_address: str) -> None:
        self._rows_address = rows_address
        self._has_rule = {clause.pk: rule_exists(clause.rule) for clause in clauses}
        self._looks: dict[Look, tuple[str, str, str]] = {}
        # The title is the link's name too: two marks carry no words of their own.
        self._labels = [(clause.pk, str(escape(clause.label))) for clause in clauses]
        self._marks = static("desk/marks.svg")

    def body(self, rows: Sequence[MatrixRow]) -> SafeString:
        """The rows of the table: each organisation with a link to its cases, then its cells."""
        return mark_safe("\n".join(map(self._row, rows)))  # noqa: S308  every part is escaped or a number

    def _row(self, row: MatrixRow) -> str:
        cells = "".join(self._cell(row, *column) for column in self._labels)
        address = escape(f"{self._rows_address}{row.code}")
        name = f'<th scope="row" role="rowheader"><a href="{address}">{escape(row.name)}</a></th>'
        return f'<tr role="row">{name}{cells}</tr>'

    def _cell(self, row: MatrixRow, clause_id: int, label: str) -> str:
        cell = row.cells.get(clause_id)
        if cell is None:
            return '<td class="unbound" role="cell">·</td>'
        tone, spoken, shapes = self._look(cell)
        return (
            f'<td class="{tone}" role="cell" data-label="{label}">'
            f'<a href="{actions.address(cell.case_id)}" title="{label}: {spoken}">{shapes}</a></td>'
        )

    def _look(self, cell: Cell) -> tuple[str, str, str]:
        look = (cell.state, cell.claim, cell.proof, cell.is_late, self._has_rule[cell.clause_id])
        if look not in self._looks:
            self._looks[look] = self._drawn(*look)
        return self._looks[look]

    def _drawn(self, state: str, claim: str, proof: str, is_late: bool, has_rule: bool) -> tuple[str, str, str]:
        ours, ours_text = claim_look(state, claim)
        theirs, theirs_text = proof_look(proof, has_rule)
        shapes = [self._shape(ours), self._shape(theirs)]
        spoken = [ours_text, theirs_text]
        if is_late:
            shapes.append(self._shape("late"))
            spoken.append(str(LABELS["late"]))
        tone = "against" if proof == Proof.CONTRADICTED else "late" if is_late else "calm"
        return tone, format_html("{}", " · ".join(spoken)), "".join(shapes)

    def _shape(self, name: str) -> str:
        return format_html('<svg class="mark {}" aria-hidden="true"><use href="{}#{}"/></svg>', name, self._marks, name)


def claim_look(state: str, claim: str) -> tuple[str, str]:
    """The first mark: what the organisation says, from silence to “done”."""
    if claim == Claim.DONE:
        return "claimed", words.word(words.CLAIMS, claim)
    if claim in {Claim.NOT_OURS, Claim.CANNOT}:
        return "refused", words.word(words.CLAIMS, claim)
    return ("wait", words.word(words.STATES, state)) if state == State.SENT else (
        "received", words.word(words.STATES, state)
    )  # fmt: skip


def proof_look(proof: str, has_rule: bool) -> tuple[str, str]:
    """The second mark: what observation shows."""
    if not has_rule and proof == Proof.NONE:
        return "none", _("no proof rule yet")
    return _PROOF[Proof(proof)], words.word(words.PROOFS, proof)
