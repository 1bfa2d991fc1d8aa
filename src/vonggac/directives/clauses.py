"""Acts on clauses: of a draft corrected, added, split, merged with the next, left out; in force amended with a reason.

What an amended clause means for those it binds, and telling them, is the flow's (`flows/amending.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from vonggac.directives.counting import first_due
from vonggac.directives.models import Clause, Directive, DirectiveState
from vonggac.directives.rules import bound_kinds, propose
from vonggac.directives.services import clause_of, locked, origin_of, plain, record
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.formats import congvan
from vonggac.regimes.regime import Regime

# Where a person wants a clause split: `Rà soát máy chủ; || báo cáo kết quả`.
SPLIT_MARK = "||"
LABEL_LENGTH = 30


@transaction.atomic
def correct_clause(
    clause_id: int, *, text: str, binds: Sequence[str], rule: str, due_at: datetime | None, at: datetime
) -> Clause:
    """A draft's clause with its text, the kinds it binds, its proof rule and due time as a person set them.

    Other words set other times: they are read again, and a due time that nobody had set by hand follows them.
    """
    clause = _of_draft(clause_id)
    before = _plain(clause)
    is_left = due_at == clause.due_at
    clause.binds, clause.rule = list(binds), rule
    if text != clause.text:
        _reword(clause, text)
    if not is_left:
        clause.due_at = due_at
    clause.save()
    record("directive.clause", clause.directive, at, clause=clause.label, before=before)
    return clause


@transaction.atomic
def amend_clause(
    clause_id: int, *, text: str, binds: Sequence[str], rule: str, due_at: datetime | None, reason: str, at: datetime
) -> tuple[Clause, Clause]:
    """A clause in force as it was and as it is from now on; the ledger keeps both, and why."""
    clause = _seen(clause_id)
    if locked(clause.directive_id).state != DirectiveState.CONFIRMED:
        raise WrongState("only a directive in force can be changed in this way")
    if not reason.strip():
        raise InputError("name the document or the order that changes the clause")
    before = _seen(clause_id)
    if due_at is not None and due_at != before.due_at and due_at <= at:
        raise InputError("the new due time of the clause is over already: set one that is still to come")
    if _standing(before) == (text, sorted(binds), rule, due_at):
        raise InputError(f"nothing of clause {clause.label} was changed")
    if text != clause.text:
        clause.deadlines = times_in(text, clause.directive.issued_on)
    clause.text, clause.binds, clause.rule, clause.due_at = text, sorted(binds), rule, due_at
    clause.save()
    record(
        "directive.clause_amend", clause.directive, at,
        clause=clause.label, before=_plain(before), after=_plain(clause), reason=reason,
    )  # fmt: skip
    return before, clause


def _standing(clause: Clause) -> tuple[str, list[str], str, datetime | None]:
    return clause.text, sorted(clause.binds), clause.rule, clause.due_at


def _plain(clause: Clause) -> dict[str, Any]:
    return {"text": clause.text, "binds": clause.binds, "rule": clause.rule, "due_at": plain(clause.due_at)}


@transaction.atomic
def add_clause(
    directive_id: int, label: str, text: str, regime: Regime, *, lines: Sequence[int] = (), at: datetime
) -> Clause:
    """A new clause of a draft, in the order of the lines it was taken from, else the last one.

    It binds what the regime says and is due when its words say, as clauses that were read; a person corrects it.
    """
    directive = _draft(directive_id)
    clauses = list(directive.clauses.all())
    label, text = " ".join(label.split()), text.strip()
    if not text:
        raise InputError("a clause needs its words")
    _need_free(label, clauses)
    reading = {"label": label, "text": text, "deadlines": times_in(text, directive.issued_on)}
    (proposed,) = propose([reading], regime)
    made = clause_of(directive, 0, replace(proposed, lines=tuple(lines)))
    before = [one for one in clauses if not lines or not one.lines or one.lines[0] <= lines[0]]
    place = clauses.index(before[-1]) + 1 if before else 0
    made.save()
    _reorder([*clauses[:place], made, *clauses[place:]])
    record("directive.clause_add", directive, at, clause=label, text=text)
    return made


@transaction.atomic
def split_clause(clause_id: int, *, at: datetime) -> list[Clause]:
    """The clauses that a draft's clause falls into at its marks `||`; each binds what it bound."""
    clause = _of_draft(clause_id)
    pieces = [piece.strip() for piece in clause.text.split(SPLIT_MARK)]
    if len(pieces) < 2 or not all(pieces):
        raise InputError(f"write {SPLIT_MARK} between the words where the clause is to be split")
    clauses, taken = list(clause.directive.clauses.all()), pieces[0]
    place = clauses.index(clause)
    parts = [clause]
    _reword(clause, taken)
    clause.save()
    for piece in pieces[1:]:
        part = Clause.objects.get(pk=clause.pk)
        part.pk, part.heading, part.lines = None, "", []
        part.label = _next_of(clause.label, [*clauses, *parts])
        _reword(part, piece)
        part.save(force_insert=True)
        parts.append(part)
    _reorder([*clauses[:place], *parts, *clauses[place + 1 :]])
    record("directive.clause_split", clause.directive, at, clause=clause.label, into=[part.label for part in parts])
    return parts


@transaction.atomic
def merge_clause(clause_id: int, *, at: datetime) -> Clause:
    """A draft's clause with the words of the one behind it, which is gone; it binds whom either bound."""
    clause = _of_draft(clause_id)
    clauses = list(clause.directive.clauses.all())
    place = clauses.index(clause)
    if place + 1 == len(clauses):
        raise InputError(f"no clause stands behind {clause.label} to merge it with")
    other = clauses[place + 1]
    gone = {"label": other.label, "text": other.text, "binds": other.binds, "due_at": plain(other.due_at)}
    clause.binds = bound_kinds([*clause.binds, *other.binds])
    clause.rule = clause.rule or other.rule
    clause.lines = [*clause.lines, *other.lines]
    clause.due_at = min((due for due in (clause.due_at, other.due_at) if due), default=None)
    clause.text, clause.deadlines = f"{clause.text}\n{other.text}", [*clause.deadlines, *other.deadlines]
    clause.save()
    other.delete()
    record("directive.clause_merge", clause.directive, at, clause=clause.label, gone=gone)
    return clause


@transaction.atomic
def remove_clause(clause_id: int, *, at: datetime) -> Directive:
    """The draft without one of its clauses, whose words the ledger keeps."""
    clause = _of_draft(clause_id)
    record("directive.clause_remove", clause.directive, at, clause=clause.label, text=clause.text)
    clause.delete()
    return clause.directive


def times_in(text: str, issued: date | None) -> list[dict[str, Any]]:
    """The times that words set, as the reader gives them."""
    return [congvan.deadline_to_json(one) for one in congvan.find_deadlines(text, issued).found]


def next_label(clauses: Sequence[Clause]) -> str:
    """The number behind the last clause of the first level."""
    numbers = [int(head) for one in clauses if (head := one.label.partition(".")[0]).isdecimal()]
    return str(max(numbers, default=0) + 1)


def _reword(clause: Clause, text: str) -> None:
    """Give a clause other words and the times they set; a due time that a person set stays."""
    origin = origin_of(clause.directive)
    is_counted = clause.due_at == first_due(clause.deadlines, origin)
    clause.text, clause.deadlines = text, times_in(text, clause.directive.issued_on)
    if is_counted:
        clause.due_at = first_due(clause.deadlines, origin)


def _seen(clause_id: int) -> Clause:
    clause = Clause.objects.select_for_update(of=("self",)).select_related("directive").filter(pk=clause_id).first()
    if clause is None:
        raise OutOfScope(f"clause {clause_id} is not among those you may change")
    return clause


def _of_draft(clause_id: int) -> Clause:
    clause = _seen(clause_id)
    if locked(clause.directive_id).state != DirectiveState.DRAFT:
        raise WrongState(
            f"clause {clause.label} binds already as it was sent out: amend it with a reason, extend or recall the "
            "directive, or enter the one that replaces it"
        )
    return clause


def _draft(directive_id: int) -> Directive:
    directive = locked(directive_id)
    if directive.state != DirectiveState.DRAFT:
        raise WrongState("this directive is already in the incoming register; correct it there")
    return directive


def _need_free(label: str, clauses: Sequence[Clause]) -> None:
    if not label or len(label) > LABEL_LENGTH:
        raise InputError(f"name the clause as the document does, in at most {LABEL_LENGTH} characters (2, 2.a)")
    if label in {one.label for one in clauses}:
        raise InputError(f"the document has a clause {label} already: give this one another name")


def _next_of(label: str, clauses: Sequence[Clause]) -> str:
    """`1.b (2)`, `1.b (3)`: the first that is free."""
    taken, number = {one.label for one in clauses}, 2
    while (name := f"{label[: LABEL_LENGTH - 5]} ({number})") in taken:
        number += 1
    return name


def _reorder(clauses: Sequence[Clause]) -> None:
    for position, clause in enumerate(clauses):
        clause.position = position
    Clause.objects.bulk_update(clauses, ["position"])
