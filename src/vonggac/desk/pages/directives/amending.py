"""Correct a clause that binds already: its words, kinds, proof rule and due time, with the reason."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from vonggac.desk import directive_fields as fields
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.pages.directives.confirming import counted, known_rules
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import queries
from vonggac.directives.models import Clause, Directive, DirectiveState
from vonggac.errors import InputError, WrongState
from vonggac.flows import amending
from vonggac.flows.amending import Amended
from vonggac.register import queries as register
from vonggac.register.models import OrganisationKind
from vonggac.register.rules import Act


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: DeskRequest, directive_id: int, clause_id: int) -> HttpResponse:
    """The clause's form; POST amends it, tells those it binds and goes back to the clause."""
    request.access.need(Act.ASSIGN)
    directive = queries.one(directive_id)
    clause = directive.clauses.filter(pk=clause_id).first()
    if clause is None:
        raise InputError(_("This directive has no such clause."))
    if directive.state != DirectiveState.CONFIRMED:
        raise WrongState("only a directive in force can be changed in this way")
    if request.method == "POST":
        messages.success(request, _told(_amended(request, clause)))
        return HttpResponseRedirect(reverse("directive-clause", args=[directive.pk, clause.pk]))
    return render(request, "directives/clause_correct.html", _context(request, directive, clause))


def _context(request: DeskRequest, directive: Directive, clause: Clause) -> dict[str, object]:
    office, today = directive.organisation, local(frames.of(request).now).date()
    return {
        "directive": directive,
        "clause": clause,
        "own_office": office if register.organisations(today).filter(parent=office).exists() else None,
        "part": {"clause_lines": {}, "counted": {clause.pk: counted(directive, clause)}},
        "organisation_kinds": OrganisationKind.choices,
        "rules": known_rules(frames.of(request).now),
    }


def _amended(request: DeskRequest, clause: Clause) -> Amended:
    now = frames.of(request).now
    change = fields.clause_change(request.POST, clause, [rule for rule, _exists in known_rules(now)])
    reason = request.POST.get("reason", "").strip()
    if change is None:
        raise InputError(_("Clause %(label)s needs its words.") % {"label": clause.label})
    if not reason:
        raise FieldProblem("reason", _("Write the reason: those bound are told, and the ledger keeps it."))
    return amending.amend_clause(
        clause.pk, text=change.text, binds=change.binds, rule=change.rule, due_at=change.due_at, reason=reason, at=now
    )


def _told(amended: Amended) -> str:
    """What became of the clause's obligations, in one sentence."""
    said = [_("The clause is amended; the ledger keeps what stood there before.")]
    if number := len(amended.withdrawn):
        said.append(
            ngettext("%(n)d obligation was withdrawn.", "%(n)d obligations were withdrawn.", number) % {"n": number}
        )
    if number := len(amended.new) + len(amended.restored):
        said.append(
            ngettext("%(n)d new obligation was sent.", "%(n)d new obligations were sent.", number) % {"n": number}
        )
    return " ".join(said)
