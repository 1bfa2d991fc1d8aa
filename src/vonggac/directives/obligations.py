"""Obligations: a confirmed clause binds organisations, each with a case; forwarding keeps the chain."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.rules import State
from vonggac.cases.services import Opening
from vonggac.directives.models import Clause, Directive, DirectiveState, Obligation
from vonggac.directives.rules import OWN_OFFICE, due_time, is_bound, priority_reason
from vonggac.directives.services import Entering, admit, origin_of, recounted
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

SUBJECT = "obligation"


@transaction.atomic
def bind(directive_id: int, *, clause: Clause | None = None, at: datetime) -> list[Obligation]:
    """The new obligations: every clause × every organisation right below the office that is of a bound kind.

    The office is bound itself where the clause says so, or where nobody is below it. Doing it again binds only
    organisations that came since; with `clause` it is about that one alone.
    """
    directive = Directive.objects.select_related("organisation").get(pk=directive_id)
    if directive.state != DirectiveState.CONFIRMED:
        raise WrongState("confirm the directive first: only what a person confirmed obliges anybody")
    office = directive.organisation
    below = list(_existing(Organisation.objects.filter(parent=office), at))
    pairs = [
        (one, organisation, None)
        for one in ([clause] if clause else directive.clauses.all())
        for organisation in ([office, *below] if OWN_OFFICE in one.binds else below or [office])
        if (organisation == office and OWN_OFFICE in one.binds) or is_bound(organisation.kind, one.binds)
    ]
    return _oblige(directive, pairs, at)


def overdue(drafts: Iterable[Directive], entering: Entering, *, at: datetime) -> dict[datetime, list[Clause]]:
    """Each due time that is over already, with the clauses that would bind by it if the drafts were entered so."""
    found: dict[datetime, list[Clause]] = {}
    for draft in drafts:
        before, now = origin_of(draft), origin_of(draft, entering.arrived_on)
        for clause in draft.clauses.all():
            due = due_time(recounted(clause, before, now), entering.due_at, period_to=draft.period_to)
            if clause.binds and due is not None and due < at:
                found.setdefault(due, []).append(clause)
    return dict(sorted(found.items()))


@transaction.atomic
def forward(obligation_id: int, organisations: Sequence[Organisation], *, at: datetime) -> list[Obligation]:
    """The obligations of units below, made from one of ours; ours stays ours, with the chain to each of theirs."""
    source = _in_force(obligation_id)
    outside = [unit.name for unit in organisations if not unit.path.startswith(source.org_path)]
    if outside:
        raise InputError(f"an obligation goes down to one's own units only; not below {source.organisation}: {outside}")
    pairs = [(source.clause, unit, source) for unit in organisations if unit.pk != source.organisation_id]
    made = _oblige(source.directive, pairs, at)
    ledger.record(
        "obligation.forward", SUBJECT, source.pk, source.org_path, at=at, to=[unit.code for unit in organisations]
    )
    return made


@transaction.atomic
def assist(obligation_id: int, organisations: Sequence[Organisation], *, at: datetime) -> list[Obligation]:
    """The obligations of cooperating bodies (phối hợp) beside a lead's (chủ trì), tied to it and answered together."""
    lead = _in_force(obligation_id)
    lead.part = "lead"
    lead.save(update_fields=["part"])
    pairs = [(lead.clause, body, lead) for body in organisations if body.pk != lead.organisation_id]
    made = _oblige(lead.directive, pairs, at, part="cooperate")
    ledger.record(
        "obligation.assist", SUBJECT, lead.pk, lead.org_path, at=at, bodies=[body.code for body in organisations]
    )
    return made


@transaction.atomic
def withdraw(obligations: Iterable[Obligation], reason: str, *, at: datetime) -> int:
    """The number of obligations closed because their directive was recalled or superseded.

    Those that were closed before are marked too: what late logs show of them opens them no more.
    """
    obligations, number = list(obligations), 0
    cases.hold_of(obligations)
    for obligation in obligations:
        if obligation.case.state != State.CLOSED:
            cases.close(obligation.case_id, reason, at=at)
            number += 1
        obligation.recalled_at = at
        obligation.save(update_fields=["recalled_at"])
    return number


@transaction.atomic
def restore(obligations: Iterable[Obligation], reason: str, *, at: datetime) -> None:
    """Obligations that were withdrawn bind again; what the withdrawal closed is under way again, its history kept."""
    obligations = list(obligations)
    cases.hold_of(obligations)
    for obligation in obligations:
        if obligation.case.closed_at == obligation.recalled_at:
            cases.reopen(obligation.case_id, reason, at=at)
        obligation.recalled_at = None
        obligation.save(update_fields=["recalled_at"])


def title_of(clause: Clause) -> str:
    """What a case of the clause is called."""
    return f"{clause.directive} · {clause.label}: {_short(clause.heading or clause.text)}"


def apart(obligations: Sequence[Obligation], heir: Organisation) -> tuple[list[Obligation], list[Obligation]]:
    """The obligations that the heir can take over, and those whose clause binds the heir already."""
    bound = set(Obligation.objects.filter(organisation=heir).values_list("clause_id", flat=True))
    taken: list[Obligation] = []
    doubled: list[Obligation] = []
    for obligation in obligations:
        (doubled if obligation.clause_id in bound else taken).append(obligation)
        bound.add(obligation.clause_id)
    return taken, doubled


@transaction.atomic
def hand(obligations: Sequence[Obligation], heir: Organisation, act: str, *, at: datetime) -> None:
    """The obligations in the heir's hands by a dated act; the heir may read the directives from now on."""
    for directive in {obligation.directive for obligation in obligations}:
        admit(directive, [heir])
    subjects = [(made.pk, heir.path, {"act": act, "came_from": made.org_path}) for made in obligations]
    Obligation.objects.filter(pk__in=[made.pk for made in obligations]).update(organisation=heir, org_path=heir.path)
    ledger.record_many("obligation.move", SUBJECT, subjects, at=at)


def of_directive(directive_id: int) -> list[Obligation]:
    """The obligations of a directive, closed ones too, within the scope."""
    found = Obligation.objects.filter(directive_id=directive_id).select_related("case", "organisation", "clause")
    return list(found.order_by("pk"))


def open_of(directive_id: int) -> list[Obligation]:
    """The obligations of a directive that are not closed, within the scope."""
    return [obligation for obligation in of_directive(directive_id) if obligation.case.state != State.CLOSED]


def _oblige(
    directive: Directive,
    pairs: Sequence[tuple[Clause, Organisation, Obligation | None]],
    at: datetime,
    part: str | None = None,
) -> list[Obligation]:
    known = set(Obligation.objects.filter(directive=directive).values_list("clause_id", "organisation_id"))
    new = [pair for pair in pairs if (pair[0].pk, pair[1].pk) not in known]
    opened = cases.open_many(
        (_opening(directive, clause, organisation, source) for clause, organisation, source in new), at=at
    )
    cooperating = set(directive.cooperating.values_list("pk", flat=True))
    made = Obligation.objects.bulk_create(
        Obligation(
            clause=clause,
            directive=directive,
            organisation=organisation,
            org_path=organisation.path,
            case=case,
            part=part or _part(directive, cooperating, organisation),
            forwarded_from=source,
        )
        for (clause, organisation, source), case in zip(new, opened, strict=True)
    )
    admit(directive, list({organisation.pk: organisation for _, organisation, _ in new}.values()))
    ledger.record_many(
        "obligation.send",
        SUBJECT,
        ((made_.pk, made_.org_path, {"clause": made_.clause.label, "case": made_.case_id}) for made_ in made),
        at=at,
    )
    return made


def _opening(directive: Directive, clause: Clause, organisation: Organisation, source: Obligation | None) -> Opening:
    inherited = source.case.due_at if source else None
    due_at = due_time(inherited, clause.due_at, directive.due_at, period_to=directive.period_to)
    return Opening(
        organisation=organisation,
        kind=Kind.OBLIGATION,
        subject=clause.label,
        title=title_of(clause),
        priority=2 if directive.urgency else 3,
        priority_reason=priority_reason(directive.urgency, due_at),
        due_at=due_at,
        rule=clause.rule,
    )


def _part(directive: Directive, cooperating: set[int], organisation: Organisation) -> str:
    if organisation.pk == directive.lead_id:
        return "lead"
    return "cooperate" if organisation.pk in cooperating else "own"


def _seen(obligation_id: int) -> Obligation:
    try:
        return Obligation.objects.select_related("clause", "directive", "organisation", "case").get(pk=obligation_id)
    except Obligation.DoesNotExist:
        raise OutOfScope(f"obligation {obligation_id} is not among those you may see") from None


def _in_force(obligation_id: int) -> Obligation:
    obligation = _seen(obligation_id)
    if obligation.directive.state != DirectiveState.CONFIRMED:
        raise WrongState("the directive is no longer in force: nobody else can be bound by it")
    if obligation.recalled_at is not None:
        raise WrongState("this obligation was withdrawn: nobody else can be bound by it")
    return obligation


def _existing(organisations: QuerySet[Organisation], at: datetime) -> QuerySet[Organisation]:
    return organisations.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=timezone.localdate(at))).order_by("pk")


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119].rstrip() + "…"
