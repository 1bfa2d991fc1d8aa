"""What a person is asked once before a directive binds anybody: due times that are over, doubts nobody looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from vonggac.desk import directive_fields as fields
from vonggac.desk.deadline_words import moment_words as _day
from vonggac.desk.times import local
from vonggac.directives import obligations, services
from vonggac.directives.counting import first_fixed
from vonggac.directives.models import Directive
from vonggac.directives.services import Entering


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to look at: `key` tells it from others, `field` is where it stands in the form."""

    key: str
    text: str
    field: str
    follow: int | None = None
    """The clause that may be due with the end of its directive's period instead."""


def questions(drafts: Sequence[Directive], entering: Entering, now: datetime) -> list[Question]:
    """What entering these drafts would let pass, in the order of the page; empty when there is nothing to ask."""
    return [
        *_over(drafts, entering, now),
        *(asked for draft in drafts for asked in _recounted(draft, entering)),
        *(asked for draft in drafts for asked in _of_one(draft, now)),
    ]


def _of_one(draft: Directive, now: datetime) -> Iterator[Question]:
    yield from _from_the_future(draft, now)
    yield from _outside_period(draft)
    yield from _untouched(draft)


def followed(before: datetime, now: datetime) -> Question:
    """That the due time went along with the period's end, because nobody had set it by hand."""
    told = {"before": _day(before), "now": _day(now)}
    text = _("the period ends on %(now)s now: clauses without a due time of their own are due then, not on %(before)s")
    return Question(f"followed {now.isoformat()}", text % told, "due")


def _outside_period(draft: Directive) -> Iterator[Question]:
    """Each due time, as it was read, that lay in the period as that was read and not in the corrected one."""
    read = draft.reading.get("period") or {}
    dues = {one["label"]: first_fixed(one.get("deadlines") or ()) for one in draft.reading.get("clauses") or []}
    before, now = (read.get("from"), read.get("to")), (_iso(draft.period_from), _iso(draft.period_to))
    if draft.period_to is None or before == now:
        return
    for clause in draft.clauses.all():
        due = clause.due_at
        if clause.binds and due and due == dues.get(clause.label) and _lies_in(due, before) and not _lies_in(due, now):
            told = {"clause": clause.label, "when": _day(due), "end": f"{draft.period_to:%d/%m/%Y}"}
            text = _("clause %(clause)s is due %(when)s, outside the period as you corrected it, which ends on %(end)s")
            yield Question(f"outside {clause.pk} {now}", text % told, f"c{clause.pk}-due", clause.pk)


def _recounted(draft: Directive, entering: Entering) -> Iterator[Question]:
    """Each due time that moves with the day of arrival that was entered, because it is counted from it."""
    before, now = services.origin_of(draft), services.origin_of(draft, entering.arrived_on)
    for clause in draft.clauses.all():
        due = services.recounted(clause, before, now)
        if clause.binds and due != clause.due_at:
            told = {"clause": clause.label, "when": _day(due) if due else "–"}
            text = _("clause %(clause)s is counted from the day of arrival that you entered: due %(when)s") % told
            yield Question(f"counted {clause.pk} {due}", text, f"c{clause.pk}-due")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _lies_in(due: datetime, period: tuple[str | None, str | None]) -> bool:
    """True when the day that a due time ends with, or lies on, is one of the period's."""
    day = (local(due) - timedelta(microseconds=1)).date().isoformat()
    first, last = period
    return last is not None and (first or "") <= day <= last


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
