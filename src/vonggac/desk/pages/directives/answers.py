"""Answers on paper and by mail, entered in bulk for units without an account."""

from collections.abc import Iterator

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from vonggac.cases.rules import OPEN, State
from vonggac.desk import directive_fields as fields
from vonggac.desk import frame as frames
from vonggac.desk import timeline
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.pages.acts import need_seen
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import queries
from vonggac.directives.models import Directive, Obligation
from vonggac.errors import InputError, WrongState
from vonggac.flows.paper_answers import PaperAnswer, enter_answers
from vonggac.kernel.numbers import whole_number
from vonggac.register.rules import Act

ROWS = 200
RECEIVED = "received"
OUTCOMES = (
    ("", gettext_lazy("enter nothing")),
    ("done", gettext_lazy("done")),
    (RECEIVED, gettext_lazy("received only")),
    ("cannot", gettext_lazy("cannot comply")),
    ("not_ours", gettext_lazy("not ours")),
)
ANSWERABLE = OPEN | {State.CANNOT_COMPLY}


@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: DeskRequest, directive_id: int) -> HttpResponse:
    """The open obligations as a table to fill in from paper; every row with an answer becomes one, or none does."""
    request.access.need(Act.ASSIGN)
    directive = queries.one(directive_id)
    clause, whose = request.GET.get("clause", ""), request.GET.get("whose", "paper")
    found = _open(request, directive, clause, whose)
    if request.method == "POST":
        _need_answerable(request, directive, found)
        with transaction.atomic():
            entered = enter_answers(list(_filled(request, found)), at=frames.of(request).now)
        if not entered:
            raise InputError(_("No row carries an answer yet: choose one in the column “answer”."))
        said = ngettext("%(n)d answer was entered.", "%(n)d answers were entered.", len(entered))
        messages.success(request, said % {"n": len(entered)})
        return HttpResponseRedirect(f"{reverse('directive-answers', args=[directive.pk])}?{request.GET.urlencode()}")
    context = {
        "directive": directive,
        "obligations": found,
        "seen_to": timeline.newest("case", [one.case_id for one in found]),
        "clauses": [one for one in directive.clauses.all() if one.binds],
        "clause": clause,
        "whose": whose,
        "outcomes": OUTCOMES,
        "today": local(frames.of(request).now).date(),
        "is_cut": len(found) == ROWS,
    }
    return render(request, "directives/answers.html", context)


def _open(request: DeskRequest, directive: Directive, clause: str, whose: str) -> list[Obligation]:
    rows = queries.obligations(directive.pk).filter(case__state__in=ANSWERABLE)
    if clause:
        rows = rows.filter(clause__label=clause)
    if whose == "paper":
        rows = rows.filter(organisation_id__in=queries.without_account(request.access.scope.org_path))
    return list(rows[:ROWS])


def _need_answerable(request: DeskRequest, directive: Directive, found: list[Obligation]) -> None:
    """Refuse all answers while one is about a case that others changed, or answered, since the page was made.

    Nothing is left out in silence: whoever holds the paper looks at those rows and sends the others again.
    """
    given = {name.removesuffix("-outcome") for name, outcome in request.POST.items() if outcome and "-outcome" in name}
    open_ones = {f"o{one.pk}" for one in found}
    asked = {number for name in given if (number := whole_number(name.removeprefix("o"))) is not None}
    rows = queries.obligations(directive.pk).filter(pk__in=asked)
    seen = [
        (f"{one.organisation.name}, {one.clause.label}: ", one.case_id, request.POST.get(f"o{one.pk}-seen", ""))
        for one in rows
    ]
    need_seen(seen, reader=request.access.scope.actor)
    if gone := [f"{one.organisation.name}, {one.clause.label}" for one in rows if f"o{one.pk}" not in open_ones]:
        raise WrongState(_("Nothing was entered: %(rows)s took an answer meanwhile.") % {"rows": "; ".join(gone)})


def _filled(request: DeskRequest, found: list[Obligation]) -> Iterator[PaperAnswer]:
    """The rows with an answer; what they do not say themselves is said once for all."""
    today, via = local(frames.of(request).now).date().isoformat(), request.POST.get("via", "paper")

    def typed(name: str, otherwise: str = "") -> str:
        return request.POST.get(name, otherwise).strip()

    for obligation in found:
        prefix = f"o{obligation.pk}-"
        outcome, own_day = typed(prefix + "outcome"), typed(prefix + "on")
        if not outcome:
            continue
        answered_on = fields.day_from(own_day or typed("on", today))
        if answered_on is None:
            raise FieldProblem(f"{prefix}on" if own_day else "on", _("Write the day of the answer."))
        by, text = typed(prefix + "by") or typed("by"), typed(prefix + "text")
        row = {"row": f"{obligation.organisation.name}, {obligation.clause.label}"}
        if not by:
            raise FieldProblem(f"{prefix}by", _("%(row)s: write who signed the answer.") % row)
        if not text and outcome != RECEIVED:
            raise FieldProblem(f"{prefix}text", _("%(row)s: write in a sentence what the paper says.") % row)
        yield PaperAnswer(obligation.case_id, outcome, text, by, answered_on, via)
