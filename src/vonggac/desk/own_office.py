"""Why an organisation has no task of a directive, or not of all its clauses, in one sentence."""

from collections.abc import Collection, Sequence
from datetime import date

from django.utils.translation import gettext as _

from vonggac.desk.words import word
from vonggac.directives.models import Clause, Directive
from vonggac.directives.rules import OWN_OFFICE, is_bound
from vonggac.regimes.regime import EVERY_KIND
from vonggac.register import queries as register
from vonggac.register.folding import fold
from vonggac.register.models import Organisation, OrganisationKind


def why_unbound(
    directive: Directive, clauses: Sequence[Clause], organisation: Organisation, own: Collection[int], on: date
) -> str:
    """Why the organisation is not bound by clauses that bind somebody; "" where it is, or stands above the office.

    `own`: the keys of the clauses that bind it already. One query where it entered the directive itself.
    """
    office, binding = directive.organisation, [clause for clause in clauses if clause.binds]
    is_office = organisation.pk == office.pk
    if not binding or (office.path.startswith(organisation.path) and not is_office):
        return ""
    if is_office and register.organisations(on).filter(parent=office).exists():
        return "" if own else _of_the_office(directive)
    if not is_office and organisation.parent_id != office.pk:
        return "" if own else _of_a_unit_further_down(directive, organisation)
    others = [one for one in binding if one.pk not in own and not is_bound(organisation.kind, one.binds)]
    if not others:
        return ""
    return _of_another_kind(organisation, others, office, is_bound_by_some=len(others) < len(binding))


def _of_the_office(directive: Directive) -> str:
    office = directive.organisation
    if directive.lead_id == office.pk:
        said = _(
            "%(name)s has no task of its own here: the clauses bind the units right below it, and as the lead body it "
            "answers for all of them."
        )
    elif _full(office.name) == _full(directive.issuer):
        said = _(
            "%(name)s has no task of its own here: it issued the document itself, and the clauses bind the units right "
            "below it."
        )
    else:
        said = _(
            "%(name)s has no task of its own here: the clauses bind the units right below it, and it reports upward "
            "for all of them."
        )
    return said % {"name": office.name}


def _of_a_unit_further_down(directive: Directive, unit: Organisation) -> str:
    return _(
        "%(name)s has no task here: the clauses bind the units right below %(office)s, and none of them passed one on."
    ) % {"name": unit.name, "office": directive.organisation.name}


def _of_another_kind(
    organisation: Organisation, clauses: Sequence[Clause], office: Organisation, *, is_bound_by_some: bool
) -> str:
    told = {
        "name": organisation.name,
        "kind": word(dict(OrganisationKind.choices), organisation.kind),
        "kinds": _kinds(clauses, office),
        "clauses": ", ".join(clause.label for clause in clauses),
    }
    if is_bound_by_some:
        return _("Not for %(name)s (%(kind)s): clauses %(clauses)s, which bind %(kinds)s alone.") % told
    return _("%(name)s (%(kind)s) has no task here: the clauses bind %(kinds)s alone.") % told


def _kinds(clauses: Sequence[Clause], office: Organisation) -> str:
    codes = {code for clause in clauses for code in clause.binds}
    if EVERY_KIND in codes:
        return _("every other kind of organisation")
    own = [office.name] if OWN_OFFICE in codes else []
    return ", ".join([*own, *(str(name) for code, name in OrganisationKind.choices if code in codes)])


def _full(name: str) -> str:
    return fold(name.replace("UBND", "Ủy ban nhân dân"))
