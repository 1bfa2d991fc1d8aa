"""Acts on a directive and its obligations: correct, extend, recall, supersede, bind again, forward, assist."""

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import directive_fields as fields
from vonggac.desk import frame as frames
from vonggac.desk import message_words
from vonggac.desk.deadline_words import how_counted
from vonggac.desk.handing_in import comes_back_to, in_field
from vonggac.desk.matrix import claim_look, proof_look
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import queries, services
from vonggac.directives.models import Directive, DirectiveState, Obligation
from vonggac.errors import InputError
from vonggac.flows import directive as flow
from vonggac.flows.proof.registry import rule_exists
from vonggac.kernel.numbers import whole_number
from vonggac.register import queries as register
from vonggac.register.models import Organisation
from vonggac.register.rules import Act


@require_POST
@comes_back_to("directive")
def act(request: DeskRequest, directive_id: int, act: str) -> HttpResponse:
    """Do one act on the directive and go back to it."""
    if act not in ACTS:
        raise Http404
    request.access.need(Act.ASSIGN)
    messages.success(request, ACTS[act](request, queries.one(directive_id)))
    return HttpResponseRedirect(reverse("directive", args=[directive_id]))


def _reason(request: DeskRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise InputError(_("Write the reason: this step cannot be undone, and the ledger keeps it."))
    return reason


def _extend(request: DeskRequest, directive: Directive) -> str:
    due_at = fields.moment_from(request.POST.get("due", ""))
    if due_at is None:
        raise InputError(_("Write the new due time as a date and an hour."))
    reason = _reason(request)
    with in_field("due"):
        number = flow.extend(directive.pk, due_at, reason, at=frames.of(request).now)
    return ngettext(
        "%(n)d open obligation has the new due time.", "%(n)d open obligations have the new due time.", number
    ) % {"n": number}


def _recall(request: DeskRequest, directive: Directive) -> str:
    number = flow.recall(directive.pk, _reason(request), at=frames.of(request).now)
    return _("Recalled; %(n)d open obligations were closed.") % {"n": number}


def _mistake(request: DeskRequest, directive: Directive) -> str:
    number = flow.strike_out(directive.pk, _reason(request), at=frames.of(request).now)
    said = _("Struck out as entered by mistake; %(n)d obligations were closed and those bound were told.")
    return said % {"n": number}


def _supersede(request: DeskRequest, directive: Directive) -> str:
    chosen = whole_number(request.POST.get("by", ""))
    if chosen is None:
        raise InputError(_("Choose the directive that stands in for this one; enter it in the register first."))
    number = flow.supersede(directive.pk, chosen, at=frames.of(request).now)
    return _("Superseded by %(new)s; %(n)d open obligations were closed.") % {
        "new": queries.one(chosen), "n": number,
    }  # fmt: skip


def _bind(request: DeskRequest, directive: Directive) -> str:
    made = flow.bind_again(directive.pk, at=frames.of(request).now)
    if not made:
        return _("Every organisation that the clauses bind has its obligations already.")
    _hint(request, made)
    return ngettext("%(n)d new obligation was sent.", "%(n)d new obligations were sent.", len(made)) % {"n": len(made)}


ACTS: Mapping[str, Callable[[DeskRequest, Directive], str]] = {
    "extend": _extend,
    "recall": _recall,
    "mistake": _mistake,
    "supersede": _supersede,
    "bind": _bind,
}


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: DeskRequest, directive_id: int) -> HttpResponse:
    """Correct the fields of a directive that stands in the register; each change is kept beside what was there."""
    request.access.need(Act.ASSIGN)
    directive = queries.one(directive_id)
    if request.method == "POST":
        kept = services.correct(directive.pk, fields.changes_from(request.POST, directive), at=frames.of(request).now)
        messages.success(request, _("The corrections are kept; the ledger holds what stood there before."))
        if kept.period_to != directive.period_to:
            said = _("The period changed; what was sent out keeps its due times. Extend the directive to move them.")
            messages.warning(request, said)
        return HttpResponseRedirect(reverse("directive", args=[directive.pk]))
    shown = fields.fields_of(directive)
    clauses = directive.clauses.all() if directive.state == DirectiveState.CONFIRMED else ()
    context = {"directive": directive, "fields": shown, "kinds": fields.kinds(), "clauses": clauses}
    return render(request, "directives/correct.html", context)


@require_safe
def obligation(request: DeskRequest, obligation_id: int) -> HttpResponse:
    """One obligation: the clause's words, the chain it came down, whom it was passed on to, and passing it on."""
    found = queries.obligation(obligation_id)
    now, has_rule = frames.of(request).now, rule_exists(found.clause.rule)
    below = list(queries.passed_on(found.pk))
    having = set(Obligation.objects.filter(clause_id=found.clause_id).values_list("organisation_id", flat=True))
    may = request.access.may(Act.ASSIGN) or request.access.may(Act.WORK)
    today = local(now).date()
    units = [
        unit
        for unit in register.subtree(found.org_path)[:500]
        if unit.pk not in having and (unit.valid_to is None or unit.valid_to > today)
    ]
    context = {
        "obligation": found, "directive": found.directive, "case": found.case, "has_rule": has_rule,
        "counted": [how_counted(one, services.origin_of(found.directive)) for one in found.clause.deadlines],
        "claim": claim_look(found.case.state, found.case.claim), "proof": proof_look(found.case.proof, has_rule),
        "below": [
            (one, claim_look(one.case.state, one.case.claim), proof_look(one.case.proof, has_rule)) for one in below
        ],
        "chain": register.chain(found.org_path), "units": units if may else [],
        "bodies": _bodies(request, found, having), "may": may,
    }  # fmt: skip
    return render(request, "directives/obligation.html", context)


def _bodies(request: DeskRequest, found: Obligation, having: set[int]) -> list[Organisation]:
    """The organisations that could cooperate: beside this one, within the scope of whoever assigns."""
    if not request.access.may(Act.ASSIGN) or request.access.scope.org_path == found.org_path:
        return []
    return [unit for unit in register.organisations()[:500] if unit.pk not in having]


@require_POST
@comes_back_to("obligation")
def pass_on(request: DeskRequest, obligation_id: int, way: str) -> HttpResponse:
    """Forward an obligation to units below, or let bodies cooperate in it."""
    if way not in {"forward", "assist"}:
        raise Http404
    request.access.need(Act.ASSIGN if way == "assist" else Act.WORK)
    chosen = {number for number in map(whole_number, request.POST.getlist("units")) if number}
    units = list(register.organisations().filter(pk__in=chosen))
    if not units:
        raise InputError(_("Choose at least one organisation."))
    at = frames.of(request).now
    made = (flow.forward if way == "forward" else flow.assist)(obligation_id, units, at=at)
    said = ngettext("%(n)d new obligation was sent.", "%(n)d new obligations were sent.", len(made))
    messages.success(request, said % {"n": len(made)})
    _hint(request, made)
    return HttpResponseRedirect(reverse("obligation", args=[obligation_id]))


def _hint(request: DeskRequest, made: Sequence[Obligation]) -> None:
    """Say whom of those newly bound no mail reaches."""
    if hint := message_words.told_nothing(obligation.organisation for obligation in made):
        messages.warning(request, hint)
