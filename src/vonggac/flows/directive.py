"""A directive comes in on paper and becomes work: read, confirmed, bound, told to everybody it binds."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.rules import Claim, State
from vonggac.directives import obligations, queries, services
from vonggac.directives.models import Directive, Obligation
from vonggac.directives.services import Entering, Received
from vonggac.duty import messages
from vonggac.duty.case_times import with_due
from vonggac.duty.messages import Draft
from vonggac.errors import InputError, WrongState
from vonggac.flows.statistics import renew_soon
from vonggac.flows.uploads import keep_raw
from vonggac.formats import congvan, documents
from vonggac.regimes import regime, vocabulary
from vonggac.register.models import Organisation
from vonggac.reports.models import Report, ReportState

# From here on the planner's picture of the tables is worth renewing at once.
MANY_OBLIGATIONS = 200


def receive(content: bytes, name: str, office: Organisation, *, at: datetime) -> list[Directive]:
    """The drafts that the reader makes of one file, kept as received; the same file again gives what it gave before.

    A person confirms them. Raises UnreadableFile or LimitExceeded with what to do about the file.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = queries.received(office, sha256)
    if known is not None and (standing := queries.standing_of(known)):
        return standing
    text = documents.read_text(content, name)
    found = congvan.read(text.lines, congvan.Vocabulary.from_mapping(vocabulary.load()))
    keep_raw(content)
    upload = Received(name[-255:], sha256, len(content), text.text)
    return services.receive(
        upload, _readings(found, sha256, text.warnings), office, regime.on(timezone.localdate(at)), at=at
    )


def _readings(found: list[congvan.Document], sha256: str, warnings: Sequence[str]) -> list[dict[str, Any]]:
    """The documents as JSON, with their lines and their clauses', labels that occur once, and recipients as printed."""
    plain = congvan.to_json(found, sha256)["documents"]
    for reading, document in zip(plain, found, strict=True):
        reading["lines"] = [document.first_line, document.last_line]
        reading["warnings"] = [*warnings, *reading["warnings"]]
        for entry, recipient in zip(reading["recipients"], document.recipients, strict=True):
            entry["printed"] = recipient.printed
        seen: Counter[str] = Counter()
        for entry, clause in zip(reading["clauses"], document.clauses, strict=True):
            seen[clause.label] += 1
            entry["line"] = clause.line
            # A damaged document may print one letter twice; the second stays apart and the person names it.
            entry["label"] = clause.label if seen[clause.label] == 1 else f"{clause.label} ({seen[clause.label]})"
    return list(plain)


@transaction.atomic
def confirm_together(directive_ids: Sequence[int], entering: Entering, *, at: datetime) -> list[Obligation]:
    """The obligations of a cover letter and what it passes on, entered under one arrival number."""
    if not directive_ids:
        raise InputError("choose at least one document of the file to enter in the register")
    made: list[Obligation] = []
    for directive_id in directive_ids:
        entered = services.enter(directive_id, entering, at=at)
        entering = replace(entering, arrival_number=entered.arrival_number)
        made += obligations.bind(directive_id, at=at)
    return _told(made, at)


@transaction.atomic
def confirm(directive_id: int, entering: Entering, *, at: datetime) -> list[Obligation]:
    """The obligations of the directive that was entered now, each sent to its organisation with one message."""
    services.enter(directive_id, entering, at=at)
    return _told(obligations.bind(directive_id, at=at), at)


@transaction.atomic
def forward(obligation_id: int, units: Sequence[Organisation], *, at: datetime) -> list[Obligation]:
    """The obligations passed on to units below, each told."""
    return _told(obligations.forward(obligation_id, units, at=at), at)


@transaction.atomic
def bind_again(directive_id: int, *, at: datetime) -> list[Obligation]:
    """The obligations of organisations that came since the directive was entered, each told."""
    return _told(obligations.bind(directive_id, at=at), at)


@transaction.atomic
def assist(obligation_id: int, bodies: Sequence[Organisation], *, at: datetime) -> list[Obligation]:
    """The obligations of the bodies that cooperate with a lead, each told."""
    return _told(obligations.assist(obligation_id, bodies, at=at), at)


@transaction.atomic
def extend(directive_id: int, due_at: datetime, reason: str, *, at: datetime) -> int:
    """The number of open obligations that got the later due time; what was due later still keeps its own."""
    services.extend(directive_id, due_at, reason, at=at)
    standing = list(obligations.open_of(directive_id))
    cases.hold_of(standing)
    still_open = [one for one in standing if one.case.state != State.CLOSED]
    sooner = [one for one in still_open if one.case.due_at is None or one.case.due_at < due_at]
    for obligation in sooner:
        cases.extend(obligation.case_id, due_at, reason, at=at)
    return len(sooner)


@transaction.atomic
def recall(directive_id: int, reason: str, *, at: datetime) -> int:
    """The number of open obligations closed because the directive was recalled."""
    services.recall(directive_id, reason, at=at)
    return obligations.withdraw(obligations.of_directive(directive_id), reason, at=at)


@transaction.atomic
def strike_out(directive_id: int, reason: str, *, at: datetime) -> int:
    """The number of obligations closed because the directive was entered by mistake; those bound are told once.

    Only while nobody has answered, and no report was issued: what people did for it stands, and it is recalled instead.
    """
    struck = services.mistake(directive_id, reason, at=at)
    cases.hold(Obligation.objects.filter(directive__in=struck).values_list("case", flat=True))
    bound = [obligation for directive in struck for obligation in obligations.of_directive(directive.pk)]
    answered = [one for one in bound if one.case.claim != Claim.NONE or one.case.state == State.CLOSED]
    about = Report.objects.filter(directive__in=struck)
    list(about.select_for_update(of=("self",)).order_by("pk"))  # one that is being issued is issued first, or refused
    if about.exclude(state=ReportState.DRAFT).exists():
        raise WrongState("a report on this directive was issued: recall it with the document that says so")
    if answered:
        raise WrongState(
            f"{len(answered)} obligations of this directive were answered: recall it with the document that says so"
        )
    closed = obligations.withdraw(bound, f"văn bản vào sổ nhầm: {reason}", at=at)
    concerned = {one.organisation_id: one.organisation for one in bound}.values()
    messages.notify_all([_letter_of_mistake(struck[0], office, reason) for office in concerned], at=at)
    return closed


def _letter_of_mistake(directive: Directive, office: Organisation, reason: str) -> Draft:
    return Draft(
        office,
        f"[Vọng Gác] {directive}: vào sổ nhầm",
        f"{office.name}: văn bản {directive} đã được vào sổ nhầm.\n\n"
        f"Các nhiệm vụ đã gửi theo văn bản này không còn hiệu lực, đơn vị không phải thực hiện.\nLý do: {reason}",
    )


@transaction.atomic
def supersede(old_id: int, new_id: int, *, at: datetime) -> int:
    """The number of the old directive's open obligations closed because the new one stands in for it."""
    new = services.supersede(old_id, new_id, at=at)
    return obligations.withdraw(obligations.of_directive(old_id), f"{new}", at=at)


@transaction.atomic
def settle(case_id: int, owner: Organisation | None, reason: str, *, at: datetime) -> Case:
    """The disputed or refused case sent out again, its obligation with it where it goes to another organisation."""
    obligation = Obligation.objects.filter(case_id=case_id).select_related("clause", "directive").first()
    if obligation is not None and owner is not None and owner.pk != obligation.organisation_id:
        _, doubled = obligations.apart([obligation], owner)
        if doubled:
            raise InputError(
                f"{owner} is bound by clause {obligation.clause} itself: "
                "send this one back, or close it with the reason"
            )
        obligations.hand([obligation], owner, reason, at=at)
    return cases.settle(case_id, owner=owner, reason=reason, at=at)


def _told(made: list[Obligation], at: datetime) -> list[Obligation]:
    tell(made, at=at)
    return made


def tell(made: Sequence[Obligation], *, at: datetime) -> None:
    """One message an organisation with all its new obligations, and a link that acknowledges them."""
    by_organisation: dict[int, list[Obligation]] = defaultdict(list)
    for obligation in made:
        by_organisation[obligation.organisation_id].append(obligation)
    messages.notify_all([_letter_about(group) for group in by_organisation.values()], at=at)
    if len(made) >= MANY_OBLIGATIONS:
        renew_soon()


def _letter_about(group: Sequence[Obligation]) -> Draft:
    organisation, directive = group[0].organisation, group[0].directive
    lines = [
        f"{organisation.name} có {len(group)} nhiệm vụ mới theo văn bản {directive}:",
        "",
        *(
            with_due(
                f"- {obligation.clause.label}: {obligation.clause.heading or obligation.clause.text}",
                obligation.case.due_at,
            )
            for obligation in group
        ),
        "",
        messages.ASK,
    ]
    return Draft(
        organisation,
        f"[Vọng Gác] {directive}: {len(group)} nhiệm vụ mới",
        "\n".join(lines),
        acknowledges={"case": [obligation.case_id for obligation in group]},
    )
