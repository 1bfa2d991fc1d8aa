"""“What my unit must do”: one organisation's open work in plain words, each with its one next step."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vonggac.cases.models import Case, Kind
from vonggac.desk import actions
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.directives import queries
from vonggac.directives.models import Obligation
from vonggac.flows.proof.registry import rule_exists


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work in plain words: what to do, and what counts as proof of it."""

    case: Case
    what: str
    proof: str
    obligation: Obligation | None


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The short list of the organisation that the person works on, the nearest due first."""
    organisation = request.access.organisation
    cases = queries.to_do(organisation)
    number = len(cases) if len(cases) < queries.UNIT_ROWS else queries.number_to_do(organisation)
    tasks = [_task(case) for case in cases]
    context = {
        "organisation": organisation,
        "seen_to": actions.seen_to(cases, request.access),
        "hosts": [task for task in tasks if task.obligation is None],
        "measures": [task for task in tasks if task.obligation is not None],
        "number": number,
        "rest": number - len(tasks),
    }
    return render(request, "directives/unit.html", context)


def _task(case: Case) -> Task:
    if case.kind == Kind.BOTNET_HOST:
        what = _(
            "Find the machine %(host)s, take it off the network, remove the malware, then report it done. "
            "The desk watches its traffic afterwards."
        ) % {"host": case.asset.name if case.asset else case.subject}
        proof = _("Proven when its traffic was watched without a gap and shows no contact with a control server.")
        return Task(case, what, proof, None)
    obligation: Obligation | None = getattr(case, "obligation", None)
    what = obligation.clause.text if obligation else retold(case.title)
    if rule_exists(case.rule):
        proof = _("Observation decides whether it is proven.")
    else:
        proof = _("There is no proof rule yet: put minutes, screenshots or lists with your report as evidence.")
    return Task(case, what, proof, obligation)
