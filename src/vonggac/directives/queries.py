"""Reads of directives: the incoming register, the margin of one directive, its matrix, and a unit's short list."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from vonggac.cases import claims
from vonggac.cases import queries as cases
from vonggac.cases.models import Case
from vonggac.cases.queries import Selection
from vonggac.cases.rules import OPEN, State
from vonggac.directives.models import Directive, DirectiveState, Document, Obligation
from vonggac.directives.rules import bare_number
from vonggac.errors import InputError, OutOfScope
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import bounds

REGISTER_ROWS = 500
MATRIX_ORGANISATIONS = 200
UNIT_ROWS = 100
TO_DO = OPEN | {State.CANNOT_COMPLY, State.DISPUTED}
# The long texts of a directive, of which a unit's list shows the number alone.
UNREAD = tuple(
    f"obligation__directive__{name}" for name in ("reading", "addressees", "references", "contacts", "recipients")
)
LATE_STATES = OPEN | {State.DISPUTED}
_CLAIMS: Mapping[str, Q] = claims.conditions("case__")
# What counts of a directive: of one in force nothing that was withdrawn, of a recalled one all that it was.
COUNTING = Q(recalled_at__isnull=True) | ~Q(directive__state=DirectiveState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of obligations. `claimed` is the sum of its parts, `proven` … `watched` (`cases.claims`).

    A share bar parts them otherwise: `proven`, `standing` (claims that wait for their result), `late`, `in_time`, and
    `ended` with none of these make up `bound`.
    """

    bound: int = 0
    claimed: int = 0
    proven: int = 0
    contradicted: int = 0
    not_observable: int = 0
    watched: int = 0
    standing: int = 0
    late: int = 0
    in_time: int = 0
    acknowledged: int = 0
    answered: int = 0

    @property
    def ended(self) -> int:
        """Cannot be carried out, or closed without a claim."""
        return self.bound - self.proven - self.standing - self.late - self.in_time

    @property
    def silent(self) -> int:
        """Sent and not acknowledged."""
        return self.bound - self.acknowledged


@dataclass(frozen=True, slots=True)
class Cell:
    """One obligation as the matrix shows it."""

    clause_id: int
    case_id: int
    obligation_id: int
    state: str
    claim: str
    proof: str
    rule: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One organisation with its cells by clause."""

    organisation_id: int
    code: str
    name: str
    kind: str
    path: str
    part: str
    cells: Mapping[int, Cell]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Organisations × clauses; `following` is the path from which the next page goes on."""

    rows: list[MatrixRow]
    following: str


def find(words: str) -> QuerySet[Directive]:
    """The entered documents of a number (`1465`, `1465/BTTTT-CATTT`), or with the words in their subject."""
    number, _bar, symbol = words.partition("/")
    is_named = numbered(number.strip()) & Q(symbol__istartswith=symbol.strip())
    entered = Directive.objects.exclude(state=DirectiveState.DRAFT)
    return entered.filter(is_named | Q(subject__icontains=words)).order_by("-confirmed_at", "-pk")


def numbered(number: str) -> Q:
    """The documents of a number, whether or not it is written with the leading zero of those below 10."""
    bare = bare_number(number)
    return Q(number__regex=f"^0*{re.escape(bare)}$") if bare else Q(number=number)


def received(office: Organisation, sha256: str) -> Document | None:
    """The file that the office received with these bytes before."""
    return Document.objects.filter(org_path=office.path, sha256=sha256).first()


def standing_of(document: Document) -> list[Directive]:
    """The directives of a file in its order, without those that were entered by mistake."""
    return list(document.directives.exclude(state=DirectiveState.MISTAKEN).order_by("position"))


def document(document_id: int) -> Document:
    """An uploaded file; OutOfScope when it is not among those one may see."""
    found = Document.objects.filter(pk=document_id).first()
    if found is None:
        raise OutOfScope(f"file {document_id} is not among those you may see")
    return found


def one(directive_id: int) -> Directive:
    """A directive with its office, file, lead and the directive it covers or that replaced it."""
    found = (
        Directive.objects.select_related("organisation", "document", "lead", "covers", "replaced_by")
        .prefetch_related("cooperating")
        .filter(pk=directive_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"directive {directive_id} is not among those you may see")
    return found


def drafts() -> QuerySet[Directive]:
    """What was uploaded and waits for a person to confirm it, the newest file first."""
    return (
        Directive.objects.filter(state=DirectiveState.DRAFT)
        .select_related("document", "organisation")
        .order_by("-document_id", "position")[:50]
    )


def in_force() -> Directive | None:
    """The directive that was confirmed last and is in force."""
    return Directive.objects.filter(state=DirectiveState.CONFIRMED).order_by("-confirmed_at", "-pk").first()


def register(year: int | None = None, state: str = "") -> list[Directive]:
    """The incoming register, the newest arrival first; a cover letter stands with what it passes on."""
    rows = Directive.objects.exclude(state=DirectiveState.DRAFT).filter(covers__isnull=True)
    if year is not None:
        rows = rows.filter(arrived_on__year=year)
    if state:
        rows = rows.filter(state=state)
    return list(
        rows.select_related("lead", "organisation", "document")
        .prefetch_related("cooperating", "covered_by")
        .order_by("-arrived_on", "-arrival_number", "-pk")[:REGISTER_ROWS]
    )


def years() -> list[int]:
    """The years in which something arrived, the latest first."""
    days = Directive.objects.exclude(arrived_on=None).dates("arrived_on", "year", order="DESC")
    return [day.year for day in days]


def twins(directive: Directive) -> list[Directive]:
    """Directives of the same number and symbol that stand in the register already, from another file."""
    if not directive.number or not directive.symbol:
        return []
    return list(
        Directive.objects.filter(numbered(directive.number), symbol=directive.symbol, org_path=directive.org_path)
        .exclude(state__in=(DirectiveState.DRAFT, DirectiveState.MISTAKEN))
        .exclude(document_id=directive.document_id)
        .order_by("-pk")[:3]
    )


def progress(directive: Directive, now: datetime) -> Progress:
    """The progress of one directive: one query."""
    return progress_of([directive.pk], now).get(directive.pk, Progress())


def progress_of(directive_ids: list[int], now: datetime) -> dict[int, Progress]:
    """The progress of several directives: one query."""
    return _progress("directive_id", Q(directive_id__in=directive_ids), now)


def margins(directive_id: int, now: datetime) -> dict[int, Progress]:
    """The progress of each clause of a directive, within the scope: one query along (directive, path)."""
    return _progress("clause_id", Q(directive_id=directive_id), now)


def late_condition(now: datetime) -> Q:
    """An obligation that is late: due, with no final answer and no proof."""
    return Q(case__due_at__lt=now, case__state__in=LATE_STATES)


def _progress(key: str, condition: Q, now: datetime) -> dict[int, Progress]:
    is_late, waits = late_condition(now), Q(case__state__in=(State.CLAIMED, State.CLOSED))
    rows = (
        Obligation.objects.filter(COUNTING, condition)
        .order_by()
        .values(key)
        .annotate(
            bound=Count("pk"),
            standing=Count("pk", filter=(_CLAIMS["watched"] | _CLAIMS["not_observable"]) & waits),
            late=Count("pk", filter=is_late),
            in_time=Count("pk", filter=Q(case__state__in=LATE_STATES) & ~is_late),
            acknowledged=Count("pk", filter=~Q(case__state=State.SENT)),
            **{name: Count("pk", filter=one) for name, one in _CLAIMS.items()},
            answered=Count("pk", filter=Q(case__state__in=(State.DISPUTED, State.CANNOT_COMPLY))),
        )
    )
    return {row.pop(key): Progress(**row) for row in rows}


# What the matrix and the lists can be narrowed to; the words stand in the desk.
NARROWED: Mapping[str, Q] = {
    "": Q(),
    "silent": Q(case__state=State.SENT),
    **_CLAIMS,
    "answered": Q(case__state__in=(State.DISPUTED, State.CANNOT_COMPLY)),
}


def narrowed(to: str, now: datetime) -> Q:
    """The condition behind a word; InputError when there is no such word."""
    if to == "late":
        return late_condition(now)
    if to not in NARROWED:
        raise InputError(f"the filter has no value {to}")
    return NARROWED[to]


def obligations(directive_id: int, *, clause_id: int | None = None, only: Q | None = None) -> QuerySet[Obligation]:
    """The obligations of a directive (of one clause), with organisation, case and clause; by organisation."""
    rows = Obligation.objects.filter(COUNTING, only or Q(), directive_id=directive_id)
    if clause_id is not None:
        rows = rows.filter(clause_id=clause_id)
    return rows.select_related("organisation", "case", "clause").order_by("org_path", "clause__position")


def matrix(
    directive_id: int, now: datetime, *, only: str = "", kind: str = "", after: str = "",
    most: int = MATRIX_ORGANISATIONS, width: int = 30,
) -> Matrix:  # fmt: skip
    """One page of organisations × clauses in one query, by path; `only` keeps organisations that have such a cell."""
    rows = Obligation.objects.filter(COUNTING, directive_id=directive_id)
    if kind:
        rows = rows.filter(organisation__kind=kind)
    if after:
        rows = rows.filter(org_path__gt=after)
    if only:
        having = Obligation.objects.filter(COUNTING, narrowed(only, now), directive_id=directive_id)
        rows = rows.filter(organisation_id__in=having.values("organisation_id"))
    found = rows.order_by("org_path", "clause_id").values_list(
        "organisation_id", "organisation__code", "organisation__name", "organisation__kind", "org_path", "part",
        "clause_id", "case_id", "pk", "case__state", "case__claim", "case__proof", "case__rule", "case__due_at",
    )[: (most + 1) * width]  # fmt: skip
    by_organisation: dict[int, tuple[MatrixRow, dict[int, Cell]]] = {}
    for organisation_id, code, name, of_kind, path, part, clause_id, case_id, own_id, *said in found:
        state, claim, proof, rule, due_at = _said(said)
        cells: dict[int, Cell] = {}
        head = MatrixRow(organisation_id, code, name, of_kind, path, part, cells)
        _, cells = by_organisation.setdefault(organisation_id, (head, cells))
        late = due_at is not None and due_at < now and state in LATE_STATES
        cells[clause_id] = Cell(clause_id, case_id, own_id, state, claim, proof, rule, late)
    every = [row for row, _ in by_organisation.values()]
    return Matrix(every[:most], every[most - 1].path if len(every) > most else "")


def _said(values: list[Any]) -> tuple[str, str, str, str, datetime | None]:
    """State, claim, proof, rule and due time of one fetched row."""
    state, claim, proof, rule, due_at = values
    return state, claim, proof, rule, due_at


def walk_matrix(
    directive_id: int, now: datetime, *, only: str = "", kind: str = "", most: int, width: int = 30
) -> Iterator[MatrixRow]:
    """Every row of the matrix, read page by page: what an export holds."""
    after = ""
    while most > 0:
        page = matrix(directive_id, now, only=only, kind=kind, after=after, width=width)
        yield from page.rows
        after, most = page.following, most - len(page.rows)
        if not after:
            return


def obligation(obligation_id: int) -> Obligation:
    """An obligation with its chain upwards; OutOfScope when it is not among those one may see."""
    found = (
        Obligation.objects.select_related(
            "clause",
            "directive__document",
            "organisation",
            "case",
            "forwarded_from__organisation",
            "forwarded_from__case",
        )
        .filter(pk=obligation_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"obligation {obligation_id} is not among those you may see")
    return found


def passed_on(obligation_id: int) -> QuerySet[Obligation]:
    """The obligations that were made from one, below it or beside it."""
    return (
        Obligation.objects.filter(forwarded_from_id=obligation_id)
        .select_related("organisation", "case", "clause")
        .order_by("org_path")
    )


def to_do(organisation: Organisation) -> list[Case]:
    """The open work of one organisation itself, the nearest due first, obligations with their clause."""
    selection = Selection(states=TO_DO, more=Q(org_path=organisation.path))
    keys = [key.identifier for key in cases.first(selection, rows=UNIT_ROWS)]
    related = ("asset", "assignee", "obligation__clause", "obligation__directive")
    found = Case.objects.select_related(*related).defer(*UNREAD).in_bulk(keys)
    return [found[key] for key in keys if key in found]


def number_to_do(organisation: Organisation) -> int:
    """How much open work the organisation itself has, from the counters."""
    return cases.counts_of_its_own(organisation).total(states=TO_DO)


def without_account(path: str) -> set[int]:
    """The organisations at or below a path on which nobody holds a role: their answers come on paper."""
    low, high = bounds(path)
    rows = Organisation.objects.filter(path__gte=low, path__lt=high, roles__isnull=True)
    return set(rows.values_list("pk", flat=True))
