"""What a person is asked once before a directive binds anybody: due times that are over, doubts nobody looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from vonggac.desk import directive_fields as fields
from vonggac.desk.times import local
from vonggac.directives import obligations
from vonggac.directives.models import Directive
from vonggac.directives.services import Entering


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to look at: `key` tells it from others, `field` is where it stands in the form."""

    key: str
    text: str
    field: str


def questions(drafts: Sequence[Directive], entering: Entering, now: datetime) -> list[Question]:
    """What entering these drafts would let pass, in the order of the page; empty when there is nothing to ask."""
    return [*_over(drafts, entering, now), *(asked for draft in drafts for asked in _untouched(draft))]


def _over(drafts: Sequence[Directive], entering: Entering, now: datetime) -> Iterator[Question]:
    """Each due time that is over already, with the clauses that would bind by it."""
    for due, clauses in obligations.overdue(drafts, entering, at=now).items():
        told = {"when": _day(due), "clauses": ", ".join(clause.label for clause in clauses)}
        text = _("due %(when)s, which is over: clauses %(clauses)s would be late from the first minute") % told
        yield Question(f"due {due.isoformat()} {told['clauses']}", text, f"c{clauses[0].pk}-due")


def _day(due: datetime) -> str:
    """The day of a due time that ends with its day, else day and hour."""
    here = local(due)
    if here.time() == time():
        return f"{(here - timedelta(days=1)):%d/%m/%Y}"
    return f"{here:%H:%M %d/%m/%Y}"


def _untouched(draft: Directive) -> Iterator[Question]:
    """The fields that the reader doubts and no person has corrected."""
    for field in fields.fields_of(draft):
        if field.doubt:
            told = {"document": str(draft), "field": field.label, "value": field.value, "doubt": field.doubt}
            text = (
                _("%(document)s, %(field)s: “%(value)s”, %(doubt)s")
                if field.value
                else _("%(document)s, %(field)s: left empty, %(doubt)s")
            )
            yield Question(f"field {draft.pk} {field.name} {field.value}", text % told, f"d{draft.pk}-{field.name}")
