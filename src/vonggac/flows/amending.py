"""A clause is amended after it was sent out: due times follow, some are let off, others bound, each is told once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from vonggac.cases import services as cases
from vonggac.cases.rules import State
from vonggac.directives import clauses, obligations
from vonggac.directives.models import Clause, Obligation
from vonggac.directives.rules import OWN_OFFICE, day_words, due_time, is_bound
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.flows import directive as flow


@dataclass(frozen=True, slots=True)
class Amended:
    """Whom an amendment concerns: bound as before, let off, bound anew or again."""

    kept: Sequence[Obligation]
    withdrawn: Sequence[Obligation]
    restored: Sequence[Obligation]
    new: Sequence[Obligation]


@transaction.atomic
def amend_clause(
    clause_id: int, *, text: str, binds: Sequence[str], rule: str, due_at: datetime | None, reason: str, at: datetime
) -> Amended:
    """What became of the clause's obligations; one message an organisation says what changed for it."""
    before, clause = clauses.amend_clause(
        clause_id, text=text, binds=binds, rule=rule, due_at=due_at, reason=reason, at=at
    )
    standing = list(
        Obligation.objects.filter(clause=clause).select_related("case", "organisation", "clause", "directive")
    )
    cases.hold_of(standing)
    bound = _still_bound(standing, before, clause)
    kept = [one for one in standing if one.pk in bound and one.recalled_at is None]
    restored = [one for one in standing if one.pk in bound and one.recalled_at is not None]
    withdrawn = [one for one in standing if one.pk not in bound and one.recalled_at is None]
    obligations.withdraw(withdrawn, reason, at=at)
    obligations.restore(restored, reason, at=at)
    _follow([*kept, *restored], before, clause, reason, at)
    new = obligations.bind(clause.directive_id, clause=clause, at=at)
    _tell(_changed(before, clause), kept, reason, at)
    _tell([f"Điểm {clause.label} không còn giao cho đơn vị nữa."], withdrawn, reason, at)
    _tell([f"Điểm {clause.label} lại giao cho đơn vị: {clause.text}"], restored, reason, at)
    flow.tell(new, at=at)
    return Amended(kept, withdrawn, restored, new)


def _still_bound(standing: Iterable[Obligation], before: Clause, clause: Clause) -> set[int]:
    """Those that the clause binds, and what was passed on from them to units and bodies of any kind."""
    bound: set[int] = set()
    for one in sorted(standing, key=lambda obligation: obligation.pk):  # passed on later than it was made
        if one.forwarded_from_id in bound if one.forwarded_from_id else _is_bound(one, before, clause):
            bound.add(one.pk)
    return bound


def _is_bound(one: Obligation, before: Clause, clause: Clause) -> bool:
    """The office itself as the clause says since it said so at all; others, and an office that was alone, by kind."""
    if one.organisation_id == one.directive.organisation_id and OWN_OFFICE in (*before.binds, *clause.binds):
        return OWN_OFFICE in clause.binds
    return is_bound(one.organisation.kind, clause.binds)


def _follow(standing: Iterable[Obligation], before: Clause, clause: Clause, reason: str, at: datetime) -> None:
    """Open cases get the clause's title and rule, and its due time where that was changed."""
    title, directive = obligations.title_of(clause), clause.directive
    due_at = due_time(clause.due_at, directive.due_at, period_to=directive.period_to)
    for one in standing:
        case = cases.locked(one.case_id)
        if case.state == State.CLOSED:
            continue
        if (case.title, case.rule) != (title, clause.rule):
            cases.reword(case.pk, title, clause.rule, reason, at=at)
        if before.due_at != clause.due_at and due_at is not None and case.due_at != due_at:
            cases.extend(case.pk, due_at, reason, at=at)


def _changed(before: Clause, clause: Clause) -> list[str]:
    """What of a clause is another than before, a line each."""
    lines = []
    if before.text != clause.text:
        lines.append(f"Nội dung điểm {clause.label} nay là: {clause.text}")
    if before.due_at != clause.due_at:
        directive = clause.directive
        due_at = due_time(clause.due_at, directive.due_at, period_to=directive.period_to)
        lines.append(
            f"Hạn của điểm {clause.label} nay là: {day_words(due_at)}"
            if due_at
            else f"Điểm {clause.label} nay không có hạn."
        )
    return lines


def _tell(lines: Sequence[str], concerned: Sequence[Obligation], reason: str, at: datetime) -> None:
    """One message an organisation; none where nothing that it would read was changed."""
    if not lines:
        return
    by_organisation: dict[int, list[Obligation]] = defaultdict(list)
    for obligation in concerned:
        by_organisation[obligation.organisation_id].append(obligation)
    drafts = [
        Draft(
            group[0].organisation,
            f"[Vọng Gác] {group[0].directive}: sửa điểm {group[0].clause.label}",
            "\n".join([f"{group[0].organisation.name}, văn bản {group[0].directive}:", "", *lines, f"Lý do: {reason}"]),
        )
        for group in by_organisation.values()
    ]
    messages.notify_all(drafts, at=at)
