"""What a person is asked once before a directive binds anybody: due times that are over, doubts nobody looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

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
    return [
        *_over(drafts, entering, now),
        *(asked for draft in drafts for asked in (*_from_the_future(draft, now), *_untouched(draft))),
    ]


def _from_the_future(draft: Directive, now: datetime) -> Iterator[Question]:
    """A paper that is dated later than today: one of the two clocks is wrong, or the date was misread."""
    if draft.issued_on and draft.issued_on > local(now).date():
        told = {"document": _named(draft), "day": f"{draft.issued_on:%d/%m/%Y}"}
        text = _("%(document)s is dated %(day)s, which is still to come") % told
        yield Question(f"future {draft.pk} {draft.issued_on}", text, f"d{draft.pk}-issued_on")


def _named(draft: Directive) -> str:
    """The document as it is cited; one without number and kind is named by its place in the file."""
    return str(draft).strip(" ,") or _("document %(n)d of the file") % {"n": draft.position + 1}


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


def _shown(field: fields.Field) -> str:
    """The field's value as people write it."""
    if field.shape == "kind":
        return fields.kind_title(field.value) or _("no official document")
    return f"{date.fromisoformat(field.value):%d/%m/%Y}" if field.shape == "day" and field.value else field.value


def _untouched(draft: Directive) -> Iterator[Question]:
    """The fields that the reader doubts and no person has corrected."""
    for field in fields.fields_of(draft):
        if field.doubt:
            told = {"document": _named(draft), "field": field.label, "value": _shown(field), "doubt": field.doubt}
            text = (
                _("%(document)s, %(field)s: “%(value)s”, %(doubt)s")
                if field.value
                else _("%(document)s, %(field)s: left empty, %(doubt)s")
            )
            yield Question(f"field {draft.pk} {field.name} {field.value}", text % told, f"d{draft.pk}-{field.name}")
