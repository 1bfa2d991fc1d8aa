"""The figures of a directive's result, counted by the database, each with the address of exactly the rows counted.

The addresses are the inbox's own filters (`desk.filters.Filters`); they name the office, so that a reader above it
finds the same rows as the office itself.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from vonggac.cases import claims
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.queries import LATE_STATES
from vonggac.cases.rules import Claim, Proof, State
from vonggac.directives.models import Clause, Directive, DirectiveState, Obligation, RegisterNumber
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.errors import OutOfScope
from vonggac.kernel.numbers import whole_number
from vonggac.regimes import vocabulary
from vonggac.register.models import Organisation
from vonggac.reports import alert_answers, watches
from vonggac.reports import figures as values
from vonggac.reports.figures import (
    CLAIMED,
    ClauseFigures,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    Figure,
    HostCount,
    HostFigures,
    HostRow,
    MissingLog,
    OrganisationRow,
    PreviousHosts,
    Standing,
)
from vonggac.reports.models import Report, ReportState
from vonggac.reports.standings import WATCHED, condition, standing_of
from vonggac.tenancy.scope import bounds

ROWS = "/cases/"
BOTNET_RULE = "botnet_hosts"
# More organisations than these would be a book: the annex then keeps to the office and those right below it.
MOST_ANNEX_ROWS = 400
# More sensors than these would be a paragraph nobody reads: the logs are then named by kind.
MOST_NAMED_LOGS = 8
# Some sixteen pages of the inspector's annex.
MOST_HOST_ROWS = 500
LONGEST_HEADING = 140
_LOG_NAMES = {
    "flow": "nhật ký luồng mạng",
    "dns": "nhật ký DNS",
    "nat": "nhật ký NAT",
    "dhcp": "nhật ký DHCP",
    "list": "danh sách botnet kỳ sau",
    "c2": "địa chỉ máy chủ điều khiển",
    "register": "đăng ký dải mạng",
}
_PROOFS = {
    Proof.PROVEN: values.Proof.PROVEN,
    Proof.CONTRADICTED: values.Proof.CONTRADICTED,
    Proof.NOT_OBSERVABLE: values.Proof.NOT_OBSERVABLE,
}
_MISSING = """
    SELECT missing.item ->> 'kind', {sensor}, count(DISTINCT found.id)
    FROM ({hosts}) AS found (id, missing)
    CROSS JOIN LATERAL jsonb_array_elements(found.missing) AS missing (item)
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class _Office:
    """The office that reports: whose part of the tree is counted, and how addresses name it."""

    code: str
    path: str

    @property
    def is_within(self) -> Q:
        """The rows of the office and all below it."""
        low, high = bounds(self.path)
        return Q(org_path__gte=low, org_path__lt=high)

    def source(self, **filters: str | int) -> str:
        """The address of the cases that these filters leave, closed ones among them."""
        return f"{ROWS}?{urlencode({'state': 'all', 'organisation': self.code, **filters})}"


def directive_figures(
    directive: Directive, office: Organisation, at: datetime, rules: Collection[str]
) -> DirectiveFigures:
    """The figures of one directive within an office's part of the tree at a moment.

    `rules` are the proof rules that exist. A fixed number of queries, whatever the number of cases; only the annex has
    rows, one an (organisation, clause).
    """
    where, clauses = _Office(office.code, office.path), list(directive.clauses.order_by("position"))
    obligations = _obligations(directive, where)
    counted = _clause_counts(obligations, at)
    reported = [clause for clause in clauses if clause.pk in counted]
    rows, left_out = _organisation_rows(obligations, reported, office, rules, at)
    has_hosts = any(clause.rule == BOTNET_RULE for clause in reported)
    is_watched = any(clause.rule == watches.WATCH_RULE for clause in reported)
    return DirectiveFigures(
        directive=reference_of(directive),
        clauses=tuple(_clause(clause, counted[clause.pk], where, rules) for clause in reported),
        organisations=tuple(rows),
        hosts=_hosts(where, directive, office, at) if has_hosts else None,
        counted_at=at,
        units_left_out=left_out,
        watch=watches.figures(directive, office, at) if is_watched else None,
        alerts=alert_answers.figures(directive, office, at) if is_watched else None,
    )


def reference_of(directive: Directive) -> DirectiveReference:
    """How the directive is cited, by what a person confirmed of it."""
    titles = {entry["kind"]: entry["title"] for entry in vocabulary.load()["types"]}
    number = f"{directive.number}/{directive.symbol}" if directive.number and directive.symbol else directive.number
    return DirectiveReference(
        kind=titles.get(directive.kind, "Văn bản"),
        number=number or None,
        dated=directive.issued_on,
        issuer=directive.issuer,
        subject=directive.subject,
    )


def reports() -> QuerySet[Report]:
    """The reports of the scope, the newest first, without their figures."""
    return Report.objects.defer("figures").select_related("directive", "organisation").order_by("-pk")


def find(number: str) -> QuerySet[Report]:
    """The reports of a number as it is printed, `01/BC-UBND`, or of its beginning, `1/`. The newest first."""
    digits, _bar, symbol = number.partition("/")
    taken = whole_number(digits.strip())
    if taken is None:
        return reports().none()
    abbreviation = re.sub(r"^BC-?", "", symbol.strip(), flags=re.IGNORECASE)
    return reports().filter(number=taken, abbreviation__istartswith=abbreviation)


def one(report_id: int) -> Report:
    """A report with its directive and office; OutOfScope when it is not among those one may see."""
    found = Report.objects.select_related("directive", "organisation").filter(pk=report_id).first()
    if found is None:
        raise OutOfScope(f"report {report_id} is not among the reports you may see")
    return found


def reportable(office: Organisation) -> list[Directive]:
    """The directives that oblige somebody in the office's part of the tree, the newest first."""
    low, high = bounds(office.path)
    bound = Obligation.objects.filter(
        directive=OuterRef("pk"), org_path__gte=low, org_path__lt=high, recalled_at__isnull=True
    )
    shown = Directive.objects.filter(Exists(bound)).exclude(state=DirectiveState.DRAFT)
    return list(shown.order_by("-confirmed_at", "-pk")[:50])


def next_outgoing(office: Organisation, year: int) -> int:
    """The number that the outgoing register would give next; it is taken when a report is issued."""
    last = RegisterNumber.objects.filter(organisation=office, book="outgoing", year=year).values_list("last", flat=True)
    return (last.first() or 0) + 1


def _obligations(directive: Directive, where: _Office) -> QuerySet[Obligation]:
    return Obligation.objects.filter(where.is_within, directive=directive, recalled_at__isnull=True)


def _clause_counts(obligations: QuerySet[Obligation], at: datetime) -> dict[int, Mapping[str, Any]]:
    """Clause id → its counts; clauses that bind nobody here are left out."""
    rows = (
        obligations.order_by()
        .values("clause_id")
        .annotate(
            bound=Count("pk"),
            cannot=Count("pk", filter=Q(case__claim=Claim.CANNOT)),
            disputed=Count("pk", filter=Q(case__claim=Claim.NOT_OURS)),
            silent=Count("pk", filter=Q(case__claim=Claim.NONE)),
            late=Count("pk", filter=Q(case__state__in=LATE_STATES, case__due_at__lt=at)),
            **{name: Count("pk", filter=one) for name, one in claims.conditions("case__").items()},
        )
    )
    return {row["clause_id"]: row for row in rows}


def _clause(clause: Clause, counts: Mapping[str, Any], where: _Office, rules: Collection[str]) -> ClauseFigures:
    def figure(name: str, **filters: str) -> Figure:
        return Figure(counts[name], where.source(directive=clause.directive_id, clause=clause.label, **filters))

    return ClauseFigures(
        label=clause.label,
        heading=_heading(clause),
        bound=figure("bound"),
        claimed=figure("claimed", claim=Claim.DONE),
        proven=figure(Proof.PROVEN, standing=Standing.PROVEN),
        contradicted=figure(Proof.CONTRADICTED, standing=Standing.CONTRADICTED),
        not_observable=figure(Proof.NOT_OBSERVABLE, standing=Standing.NOT_OBSERVABLE),
        late=figure("late", late="1"),
        cannot_comply=figure("cannot", claim=Claim.CANNOT),
        has_proof_rule=clause.rule in rules,
        is_about_hosts=clause.rule == BOTNET_RULE,
        watched=figure("watched", standing=WATCHED),
        disputed=figure("disputed", claim=Claim.NOT_OURS),
        silent=figure("silent", claim=Claim.NONE),
    )


def _heading(clause: Clause) -> str:
    """What the clause is about, as one line of a report bears: its heading, else its first sentence.

    One that is too long ends with a part of the sentence, and shows that more follows.
    """
    text = " ".join((clause.heading or re.split(r"[.:](?:\s|$)", clause.text.strip(), maxsplit=1)[0]).split())
    if len(text) <= LONGEST_HEADING:
        return text
    kept = text[: LONGEST_HEADING - 1]
    part = re.split(r"[,;](?=[^,;]*$)", kept)[0]
    return f"{part if LONGEST_HEADING // 2 < len(part) < len(kept) else kept.rpartition(' ')[0]}…"


def _organisation_rows(
    obligations: QuerySet[Obligation],
    clauses: Sequence[Clause],
    office: Organisation,
    rules: Collection[str],
    at: datetime,
) -> tuple[list[OrganisationRow], int]:
    """The annex, organisation by organisation down the tree, and how many organisations it leaves out."""
    units = obligations.order_by().aggregate(units=Count("organisation_id", distinct=True))["units"]
    shown = obligations
    if units > MOST_ANNEX_ROWS:
        shown = obligations.filter(Q(organisation=office) | Q(organisation__parent=office))
    cells: dict[int, dict[int, ClauseResult]] = {}
    names: dict[int, str] = {}
    has_rule = {clause.pk: clause.rule in rules for clause in clauses}
    answers = shown.order_by("organisation__path", "clause__position").values_list(
        "organisation_id", "organisation__name", "clause_id", "case_id", "case__claim", "case__proof", "case__state",
        "case__due_at",
    )  # fmt: skip
    for unit, name, clause_id, case_id, claim, proof, state, due_at in answers.iterator(chunk_size=5_000):
        names[unit] = name
        cells.setdefault(unit, {})[clause_id] = ClauseResult(
            is_claimed=claim == Claim.DONE,
            proof=_shown_proof(Claim(claim), Proof(proof)) if has_rule[clause_id] else values.Proof.NO_RULE,
            is_late=state in LATE_STATES and due_at is not None and due_at < at,
            source=f"{ROWS}{case_id}/",
            claim=Claim(claim),
        )
    rows = [OrganisationRow(names[unit], tuple(found.get(c.pk) for c in clauses)) for unit, found in cells.items()]
    return rows, units - len(rows)


def _shown_proof(claim: Claim, proof: Proof) -> values.Proof:
    """What the annex says of an answer: a verdict on a claim that no longer stands is none."""
    return _PROOFS.get(proof, values.Proof.OPEN) if claim is Claim.DONE else values.Proof.OPEN


def _hosts(where: _Office, directive: Directive, office: Organisation, at: datetime) -> HostFigures:
    """The botnet hosts of the office's part of the tree that were open at any time since the directive came.

    A bare address whose findings went to hosts is closed without findings and is no host any more.
    """
    is_listed = Exists(Finding.objects.filter(case=OuterRef("pk")))
    hosts = Case.objects.filter(is_listed, where.is_within, kind=Kind.BOTNET_HOST).order_by()
    filters = {"kind": Kind.BOTNET_HOST.value, "listed": "1"}
    if since := _since(directive):
        hosts = hosts.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=datetime.combine(since, time(), OFFICE_ZONE)))
        filters["since"] = since.isoformat()
    last = _last_issued(directive, office)
    numbers, late, opened = _counted(hosts, at, opened_after=last.counted_at if last else at)

    def figure(number: int, **more: str) -> Figure:
        return Figure(number, where.source(**filters, **more))

    counts = {one: figure(numbers[one], standing=one) for one in Standing}
    unseen = hosts.filter(condition(Standing.NOT_OBSERVABLE))
    return HostFigures(
        total=figure(numbers.total()),
        handled=figure(sum(numbers[one] for one in CLAIMED), claim=Claim.DONE),
        proven=counts[Standing.PROVEN],
        contradicted=counts[Standing.CONTRADICTED],
        not_observable=counts[Standing.NOT_OBSERVABLE],
        missing_logs=tuple(_missing_logs(unseen, where, filters)) if numbers[Standing.NOT_OBSERVABLE] else (),
        standings=tuple(HostCount(one, counts[one], figure(late[one], standing=one, late="1")) for one in Standing),
        late=figure(late.total(), late="1"),
        previous=_previous(last, figure(opened, opened=last.counted_at.isoformat())) if last else None,
        rows=tuple(_host_rows(hosts, at)),
    )


def _host_rows(hosts: QuerySet[Case], at: datetime) -> Iterator[HostRow]:
    """The first MOST_HOST_ROWS hosts, unit by unit down the tree."""
    rows = hosts.order_by("org_path", "pk").values_list(
        "organisation__name", "pk", "subject", "state", "claim", "proof", "due_at"
    )
    for unit, case, host, state, claim, proof, due_at in rows[:MOST_HOST_ROWS]:
        standing = standing_of(State(state), Claim(claim), Proof(proof))
        yield HostRow(unit, case, host, standing, state in LATE_STATES and due_at is not None and due_at < at)


def _counted(
    hosts: QuerySet[Case], at: datetime, *, opened_after: datetime
) -> tuple[Counter[Standing], Counter[Standing], int]:
    """(hosts of each standing, those of them that are late, all whose case is newer than a moment); one query."""
    numbers: Counter[Standing] = Counter()
    late: Counter[Standing] = Counter()
    opened = 0
    rows = hosts.values("state", "claim", "proof").annotate(
        number=Count("pk"),
        late=Count("pk", filter=Q(state__in=LATE_STATES, due_at__lt=at)),
        opened=Count("pk", filter=Q(opened_at__gt=opened_after)),
    )
    for row in rows:
        standing = standing_of(State(row["state"]), Claim(row["claim"]), Proof(row["proof"]))
        numbers[standing] += row["number"]
        late[standing] += row["late"]
        opened += row["opened"]
    return numbers, late, opened


def _last_issued(directive: Directive, office: Organisation) -> Report | None:
    """The office's newest report on the directive that went up and tells of hosts."""
    issued = Report.objects.filter(organisation=office, directive=directive, state=ReportState.ISSUED)
    return issued.filter(figures__hosts__total__value__isnull=False).order_by("counted_at", "pk").last()


def _previous(report: Report, opened: Figure) -> PreviousHosts:
    day = report.issued_on or report.counted_at.astimezone(OFFICE_ZONE).date()
    name = f"Báo cáo số {report}" if report.number is not None else f"Báo cáo ngày {day:%d/%m/%Y}"
    total = Figure(report.figures["hosts"]["total"]["value"], f"/reports/{report.pk}/")
    return PreviousHosts(name, report.counted_at, total, opened)


def _missing_logs(hosts: QuerySet[Case], where: _Office, filters: Mapping[str, str]) -> Iterator[MissingLog]:
    """Each log without which hosts could not be observed, by sensor; by kind where too many sensors are silent."""
    found = _missing_counts(hosts, "missing.item ->> 'sensor'")
    is_by_sensor = len(found) <= MOST_NAMED_LOGS
    sensed = {kind for kind, sensor, _ in found if sensor and is_by_sensor}
    for kind, sensor, number in found if is_by_sensor else _missing_counts(hosts, "NULL::text"):
        wanted = f"{kind}:{sensor or ''}" if is_by_sensor else kind
        beside = " ngoài các cảm biến đã khai báo" if kind in sensed else ""
        name = _LOG_NAMES.get(kind, kind) + (f" của cảm biến {sensor}" if sensor else beside)
        source = where.source(**filters, standing=Standing.NOT_OBSERVABLE, missing=wanted)
        yield MissingLog(name, Figure(number, source), kind, sensor or "")


def _missing_counts(hosts: QuerySet[Case], sensor: str) -> list[tuple[str, str | None, int]]:
    sql, parameters = hosts.values_list("pk", "missing").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_MISSING.format(sensor=sensor, hosts=sql), [*parameters, MOST_NAMED_LOGS + 1])
        return list(cursor.fetchall())


def _since(directive: Directive) -> date | None:
    """The first day whose hosts belong to the directive: when it was issued, else when it arrived."""
    return directive.issued_on or directive.arrived_on
