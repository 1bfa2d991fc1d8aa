"""Read a directive: the register, the document as its own dashboard, its margin, one clause, the matrix."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from vonggac.cases import claims
from vonggac.cases import queries as cases
from vonggac.cases.models import Kind
from vonggac.cases.rules import Claim, Proof, State, is_late
from vonggac.desk import directive_fields as fields
from vonggac.desk import export, proof_words, sheet
from vonggac.desk import frame as frames
from vonggac.desk.matrix import Drawing, claim_look, proof_look
from vonggac.desk.own_office import why_unbound
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.times import local
from vonggac.desk.words import Word
from vonggac.directives import queries
from vonggac.directives.models import Clause, Directive, DirectiveState, Obligation
from vonggac.directives.queries import MatrixRow, Progress
from vonggac.errors import InputError
from vonggac.flows.proof import botnet_hosts
from vonggac.flows.proof.registry import rule_exists
from vonggac.kernel.numbers import whole_number
from vonggac.register.models import OrganisationKind
from vonggac.register.rules import Act

REGISTER_COLUMNS = (
    "arrival_number", "arrived_on", "issuer", "number", "symbol", "issued_on", "kind", "subject", "lead",
    "cooperating", "due_at_utc", "state", "bound", "acknowledged", "claimed", "proven", "late",
)  # fmt: skip
NOTE_ROWS = 4
ONLY: Mapping[str, Word] = {
    "": gettext_lazy("everything"),
    "late": gettext_lazy("late"),
    "silent": gettext_lazy("not acknowledged"),
    "claimed": gettext_lazy("claimed done"),
    "proven": gettext_lazy("proven"),
    "contradicted": gettext_lazy("contradicted"),
    "not_observable": gettext_lazy("not observable"),
    "watched": gettext_lazy("claimed, answer awaited"),
    "answered": gettext_lazy("disputed or cannot comply"),
}


@dataclass(frozen=True, slots=True)
class HostShares:
    """How many hosts lists name, and of how many it is claimed, and proven, that they are clean.

    `gone` are cases that ended without an answer: addresses that went over to the hosts behind them count there.
    """

    listed: int
    claimed: int
    proven: int
    gone: int


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in the margin beside a clause."""

    clause: Clause
    progress: Progress
    has_rule: bool
    hosts: HostShares | None = None

    @property
    def is_bound(self) -> bool:
        """True when the clause binds anybody here."""
        return self.progress.bound > 0


@dataclass(frozen=True, slots=True)
class Line:
    """One obligation as a row of a list, with its two marks."""

    obligation: Obligation
    claim: tuple[str, str]
    proof: tuple[str, str]
    is_late: bool


@require_safe
def register(request: DeskRequest) -> HttpResponse:
    """The incoming register as a table, or as a file."""
    now = frames.of(request).now
    year, state = _year(request.GET.get("year", "")), request.GET.get("state", "")
    if state and state not in DirectiveState.values:
        raise InputError(_("The filter %(name)s has no value %(value)s.") % {"name": "state", "value": state})
    found = queries.register(year, state)
    progress = queries.progress_of([directive.pk for directive in found], now)
    rows = [(directive, progress.get(directive.pk, Progress())) for directive in found]
    if kind := request.GET.get("format"):
        return export.respond(
            kind, "incoming-register", REGISTER_COLUMNS, _register_rows(rows),
            headings={"subject": gettext_lazy("Subject of the document")},
        )  # fmt: skip
    context = {
        "rows": rows,
        "drafts": _waiting() if request.access.may(Act.ASSIGN) else [],
        "years": queries.years(),
        "year": year,
        "state": state,
        "states": [choice for choice in DirectiveState.choices if choice[0] != DirectiveState.DRAFT],
        "address": f"?year={year or ''}&state={state}&",
        "may_enter": request.access.may(Act.ASSIGN),
        "own_work": queries.number_to_do(request.access.organisation),
    }
    return render(request, "directives/register.html", context)


def _waiting() -> list[Directive]:
    seen: dict[int, Directive] = {}
    for draft in queries.drafts():
        if draft.covers_id is None:
            seen.setdefault(draft.document_id, draft)
    return list(seen.values())


def _year(text: str) -> int | None:
    year = whole_number(text)
    if text and (year is None or len(text) != 4):
        raise InputError(_("The filter %(name)s takes a number.") % {"name": "year"})
    return year


def _register_rows(rows: list[tuple[Directive, Progress]]) -> Iterator[tuple[export.Cell, ...]]:
    for one, progress in rows:
        yield (
            one.arrival_number, one.arrived_on, one.issuer, one.number, one.symbol, one.issued_on,
            fields.kind_title(one.kind), one.subject, one.lead.name if one.lead else None,
            ", ".join(body.name for body in one.cooperating.all()), one.due_at, one.state,
            progress.bound, progress.acknowledged, progress.claimed, progress.proven, progress.late,
        )  # fmt: skip


@require_safe
def page(request: DeskRequest, directive_id: int) -> HttpResponse:
    """The document as it was issued, with its live margin."""
    directive = queries.one(directive_id)
    clauses = list(directive.clauses.all())
    notes = _notes(directive.pk, clauses, request)
    chosen = _chosen(clauses, request.GET.get("clause", ""))
    context = {
        "directive": directive,
        "kind_title": fields.kind_title(directive.kind),
        "sheet": sheet.lay_out(directive, clauses),
        "notes": {note.clause.pk: note for note in notes},
        "total": _total(notes),
        "letter_sheets": [
            (letter, sheet.lay_out(letter, [])) for letter in directive.covered_by.select_related("document")
        ],
        "replaced_by": directive.replaced_by,
        "chosen": chosen,
        "chosen_lines": _lines(request, directive.pk, chosen)[:NOTE_ROWS] if chosen else [],
        "may_assign": request.access.may(Act.ASSIGN) and _is_ours(request, directive),
        "is_in_force": directive.state == DirectiveState.CONFIRMED,
        "successors": _successors(directive) if request.access.may(Act.ASSIGN) else [],
        "may_report": request.access.may(Act.REPORT),
        "why_unbound": _why_unbound(request, directive, clauses),
    }
    return render(request, "directives/page.html", context)


def _why_unbound(request: DeskRequest, directive: Directive, clauses: list[Clause]) -> str:
    """Why whoever looks has no task of it, or not of every clause; of a draft the page of its confirmation says it."""
    if directive.state == DirectiveState.DRAFT:
        return ""
    organisation = request.access.organisation
    own = queries.obligations(directive.pk).filter(organisation=organisation).values_list("clause_id", flat=True)
    return why_unbound(directive, clauses, organisation, set(own), local(frames.of(request).now).date())


def _is_ours(request: DeskRequest, directive: Directive) -> bool:
    """True when the directive stands in a register of the person's own part of the tree."""
    return request.access.scope.covers(directive.org_path)


def _successors(directive: Directive) -> list[Directive]:
    """The directives in force that could stand in for this one."""
    found = Directive.objects.filter(state=DirectiveState.CONFIRMED, covers__isnull=True, org_path=directive.org_path)
    return list(found.exclude(pk=directive.pk).order_by("-arrived_on", "-pk")[:50])


@require_safe
def margin(request: DeskRequest, directive_id: int) -> HttpResponse:
    """The live parts of the page alone: each note is put in its place by its own name."""
    directive = queries.one(directive_id)
    notes = _notes(directive.pk, list(directive.clauses.all()), request)
    context = {"directive": directive, "notes": notes, "total": _total(notes), "is_swap": True}
    return render(request, "directives/margin.html", context)


def _notes(directive_id: int, clauses: list[Clause], request: DeskRequest) -> list[Note]:
    progress = queries.margins(directive_id, frames.of(request).now)
    is_about_hosts = any(clause.rule == botnet_hosts.NAME for clause in clauses)
    hosts = _hosts(frames.of(request).counts) if is_about_hosts else None
    return [
        Note(
            clause, progress.get(clause.pk, Progress()), rule_exists(clause.rule),
            hosts if clause.rule == botnet_hosts.NAME else None,
        )
        for clause in clauses
    ]  # fmt: skip


def _hosts(counts: cases.Counts) -> HostShares:
    kind = Kind.BOTNET_HOST
    gone = counts.total(kind=kind, states=frozenset({State.CLOSED}), claim=Claim.NONE, proof=Proof.NONE)
    said = claims.counted(counts, kind)
    return HostShares(counts.total(kind=kind) - gone, said[claims.CLAIMED], said[Proof.PROVEN], gone)


def _total(notes: list[Note]) -> Progress:
    counted = [field.name for field in dataclasses.fields(Progress)]
    return Progress(**{name: sum(getattr(note.progress, name) for note in notes) for name in counted})


def _chosen(clauses: list[Clause], label: str) -> Clause | None:
    return next((clause for clause in clauses if clause.label == label), None) if label else None


@require_safe
def clause(request: DeskRequest, directive_id: int, clause_id: int) -> HttpResponse:
    """The obligations of one clause: as a list, as a file, or as the few rows that stand in the margin."""
    directive = queries.one(directive_id)
    found = next((one for one in directive.clauses.all() if one.pk == clause_id), None)
    if found is None:
        raise InputError(_("This directive has no such clause."))
    if request.htmx and request.GET.get("part"):
        lines = _lines(request, directive.pk, found)
        context = {"directive": directive, "clause": found, "lines": lines[:NOTE_ROWS], "rest": len(lines) - NOTE_ROWS}
        return render(request, "directives/note_list.html", context)
    only = request.GET.get("only", "")
    lines = _lines(request, directive.pk, found, only)
    if kind := request.GET.get("format"):
        name = f"directive-{directive.pk}-{clause_id}"
        return export.respond(kind, name, _CLAUSE_COLUMNS, map(_clause_row, lines))
    note = next(iter(_notes(directive.pk, [found], request)))
    context = {
        "directive": directive, "clause": found, "lines": lines, "note": note, "only": only,
        "words": list(ONLY.items()), "address": f"?only={only}&",
        "may_amend": directive.state == DirectiveState.CONFIRMED
        and request.access.may(Act.ASSIGN)
        and _is_ours(request, directive),
    }  # fmt: skip
    return render(request, "directives/clause.html", context)


_CLAUSE_COLUMNS = (
    "organisation", "code", "part", "state", "claim", "claimed_at_utc", "claimed_by", "claimed_via", "claim_text",
    "proof", "proof_reason", "due_at_utc", "is_late", "closing",
)  # fmt: skip


def _clause_row(line: Line) -> tuple[export.Cell, ...]:
    obligation, case = line.obligation, line.obligation.case
    told = proof_words.sentence(case.proof, case.proof_reason, case.missing)
    return (
        obligation.organisation.name, obligation.organisation.code, obligation.part, case.state, case.claim,
        case.claimed_at, case.claimed_by, case.claimed_via, case.claim_text, case.proof, told,
        case.due_at, int(line.is_late), retold(case.closing),
    )  # fmt: skip


def _lines(request: DeskRequest, directive_id: int, clause: Clause | None, only: str = "") -> list[Line]:
    """The obligations of a clause, the most abnormal first."""
    if clause is None:
        return []
    now, has_rule = frames.of(request).now, rule_exists(clause.rule)
    found = queries.obligations(directive_id, clause_id=clause.pk, only=queries.narrowed(only, now))
    lines = [_line(obligation, has_rule, now) for obligation in found]
    return sorted(lines, key=_abnormality)


def _line(obligation: Obligation, has_rule: bool, now: Any) -> Line:
    case = obligation.case
    late = is_late(case.state, case.due_at, now)
    return Line(obligation, claim_look(case.state, case.claim), proof_look(case.proof, has_rule), late)


_WEIGHT = {"against": 0, "unseen": 3, "watching": 5, "none": 4, "proven": 6}


def _abnormality(line: Line) -> tuple[int, str]:
    state = line.obligation.case.state
    if line.proof[0] == "against":
        weight = 0
    elif line.is_late:
        weight = 1
    elif state in {State.DISPUTED, State.CANNOT_COMPLY, State.SENT}:
        weight = 2
    else:
        weight = _WEIGHT[line.proof[0]]
    return weight, line.obligation.org_path


@require_safe
def matrix(request: DeskRequest, directive_id: int) -> HttpResponse:
    """Organisations × clauses: one query for the cells, each with what is claimed and what is proven."""
    now = frames.of(request).now
    directive = queries.one(directive_id)
    clauses = [clause for clause in directive.clauses.all() if clause.binds]
    only, kind, after = (request.GET.get(name, "") for name in ("only", "kind", "after"))
    if kind and kind not in OrganisationKind.values:
        raise InputError(_("The filter %(name)s has no value %(value)s.") % {"name": "kind", "value": kind})
    width = max(1, len(clauses))
    if wanted := request.GET.get("format"):
        rows = queries.walk_matrix(directive.pk, now, only=only, kind=kind, most=export.MOST_ROWS // width, width=width)
        cells = _matrix_rows(rows, clauses)
        return export.respond(wanted, f"matrix-{directive.pk}", _matrix_columns(clauses), cells)
    found = queries.matrix(directive.pk, now, only=only, kind=kind, after=after, width=width)
    cases_address = f"{reverse('cases')}?state=all&directive={directive.pk}&organisation="
    context = {
        "directive": directive, "clauses": clauses, "number": len(found.rows),
        "body": Drawing(clauses, cases_address).body(found.rows),
        "following": found.following, "is_first": not after, "only": only, "kind": kind,
        "words": list(ONLY.items()), "kinds": OrganisationKind.choices,
        "in_force": [ONLY[only], *([dict(OrganisationKind.choices)[kind]] if kind else [])],
        "address": f"?only={only}&kind={kind}&", "today": local(now).date(),
    }  # fmt: skip
    return render(request, "directives/matrix.html", context)


def _matrix_columns(clauses: list[Clause]) -> list[str]:
    return [
        "organisation",
        "code",
        "kind",
        *(f"{c.label} {part}" for c in clauses for part in ("claimed", "proven", "late")),
    ]


def _matrix_rows(rows: Iterator[MatrixRow], clauses: list[Clause]) -> Iterator[list[export.Cell]]:
    for row in rows:
        cells: list[export.Cell] = [row.name, row.code, row.kind]
        for clause in clauses:
            cell = row.cells.get(clause.pk)
            cells += [cell.claim, cell.proof, int(cell.is_late)] if cell else [None, None, None]
        yield cells
