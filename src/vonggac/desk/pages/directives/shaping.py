"""The clauses of a draft as a person wants them: one added, split, merged with the next, or left out."""

from datetime import datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk import directive_fields as fields
from vonggac.desk import sheet
from vonggac.desk.handing_in import FieldProblem, in_field
from vonggac.directives import clauses
from vonggac.directives.models import Directive
from vonggac.kernel.numbers import whole_number
from vonggac.regimes import regime

# A longer stretch is no clause but the document.
LINES = 200


def reshape(form: QueryDict, draft: Directive, *, at: datetime) -> None:
    """Do what the pressed button says to one of the draft's clauses, and add the clause that was filled in."""
    own = {clause.pk: clause for clause in draft.clauses.all()}
    split, merged, removed = (own.get(whole_number(form.get(act, "")) or 0) for act in ("split", "merge", "remove"))
    if split and clauses.SPLIT_MARK not in form.get(f"c{split.pk}-text", ""):
        raise FieldProblem(
            f"c{split.pk}-text", _("Write %(mark)s where the clause is to be split.") % {"mark": clauses.SPLIT_MARK}
        )
    if merged:
        clauses.merge_clause(merged.pk, at=at)
    if removed:
        clauses.remove_clause(removed.pk, at=at)
    if form.get("add") == str(draft.pk) or any(
        form.get(f"n{draft.pk}-{name}", "").strip() for name in ("text", "from")
    ):
        _add(form, draft, at)


def _add(form: QueryDict, draft: Directive, at: datetime) -> None:
    """The clause that was filled in, its words typed or taken from lines of the document."""
    prefix = f"n{draft.pk}-"
    words, lines = _taken(form, draft, prefix)
    text = " ".join(form.get(f"{prefix}text", "").split()) or words
    if not text:
        raise FieldProblem(f"{prefix}text", _("Write what the clause asks, or the lines that say it."))
    with in_field(f"{prefix}due"):
        due_at = fields.moment_from(form.get(f"{prefix}due", ""))
    with in_field(f"{prefix}label"):
        label = form.get(f"{prefix}label", "")
        made = clauses.add_clause(draft.pk, label, text, regime.on(timezone.localdate(at)), lines=lines, at=at)
    binds = fields.kinds_from(form.getlist(f"{prefix}binds"), made.label) or made.binds
    if binds != made.binds or due_at:
        clauses.correct_clause(
            made.pk, text=made.text, binds=binds, rule=made.rule, due_at=due_at or made.due_at, at=at
        )


def _taken(form: QueryDict, draft: Directive, prefix: str) -> tuple[str, list[int]]:
    first, last = (form.get(prefix + end, "").strip() for end in ("from", "to"))
    if not first:
        return "", []
    begin, end = whole_number(first), whole_number(last or first)
    if begin is None or end is None or not 1 <= begin <= end < begin + LINES:
        raise FieldProblem(f"{prefix}from", _("Write the numbers of the lines as they stand beside the document."))
    return sheet.words_between(draft.document.text, begin, end)
