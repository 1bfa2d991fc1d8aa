"""Every figure is recounted row by row, and every source leads to as many rows in the inbox."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.cases import queries as cases
from vonggac.cases.models import Case
from vonggac.cases.rules import is_late
from vonggac.desk.filters import Filters
from vonggac.directives.models import Clause, Obligation
from vonggac.reports import queries
from vonggac.reports.figures import DirectiveFigures, Figure, Proof
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
RULES = {"botnet_hosts"}


@pytest.fixture
def stage(db, settings, tmp_path) -> stages.Stage:
    stages.settle(settings, tmp_path)
    return stages.prepare()


def counted(stage: stages.Stage, who: str = "ha", rules=RULES) -> DirectiveFigures:
    with scoped(stage.people.scope(who)):
        return queries.directive_figures(stage.directive, stage.office, LATER, rules)


def rows_behind(figure: Figure) -> int:
    """The cases that the inbox shows at the figure's address."""
    path, _, query = figure.source.partition("?")
    assert path == "/cases/"
    selection = Filters.read(QueryDict(query)).selection(None, LATER)
    return len(list(cases.walk(selection, most=10_000)))


def recounted(stage: stages.Stage, label: str) -> Counter[str]:
    """The figures of a clause, from one obligation after the other."""
    found: Counter[str] = Counter()
    for obligation in Obligation.objects.filter(directive=stage.directive).select_related("case", "clause"):
        case = obligation.case
        if obligation.clause.label != label or not obligation.org_path.startswith(stage.office.path):
            continue
        found["bound"] += 1
        found["claimed"] += case.claim == "done"
        found["cannot_comply"] += case.claim == "cannot"
        found["late"] += is_late(case.state, case.due_at, LATER)
        found[case.proof] += 1
    return found


def test_every_figure_of_a_clause_is_what_a_recount_of_rows_gives(stage):
    figures = counted(stage)
    with scoped(system("tests")):
        for clause in figures.clauses:
            found = recounted(stage, clause.label)
            for name in ("bound", "claimed", "proven", "contradicted", "not_observable", "late", "cannot_comply"):
                assert getattr(clause, name).value == found[name], (clause.label, name)


def test_the_stage_leaves_no_figure_of_the_botnet_clause_untested(stage):
    botnet = counted(stage).clauses[1]
    assert (botnet.label, botnet.bound.value) == ("1.c", 5)
    assert (botnet.claimed.value, botnet.proven.value, botnet.contradicted.value) == (2, 1, 1)
    assert (botnet.late.value, botnet.cannot_comply.value) == (3, 1)


@pytest.mark.parametrize("who", ["ha", "nam"])
def test_every_source_leads_to_as_many_rows_for_the_office_and_for_readers_above_it(stage, who):
    figures = counted(stage)
    with scoped(stage.people.scope(who)):
        for part in (*figures.clauses, figures.hosts):
            for _, figure in part.named():
                assert rows_behind(figure) == figure.value, figure.source


def test_the_count_is_the_office_s_own_part_whoever_asks(stage):
    assert counted(stage, "nam") == counted(stage, "ha")


def test_hosts_are_those_open_since_the_directive_was_issued_and_no_bare_address_twice(stage):
    hosts = counted(stage).hosts
    with scoped(system("tests")):
        expected = [
            case
            for case in Case.objects.filter(kind="botnet_host", org_path__startswith=stage.office.path)
            if case.findings.exists()
            and (case.closed_at is None or case.closed_at >= datetime(2026, 4, 16, 17, tzinfo=UTC))
        ]
    subjects = {case.subject for case in expected}
    assert "yt-pc-7" in subjects
    assert not subjects & {"203.0.113.100", "203.0.113.90", "192.0.2.7"}
    assert hosts.total.value == len(expected) == 10
    proofs = Counter(case.proof for case in expected)
    assert (hosts.proven.value, hosts.contradicted.value, hosts.not_observable.value) == (
        proofs["proven"], proofs["contradicted"], proofs["not_observable"],
    )  # fmt: skip
    assert hosts.handled.value == sum(case.claim == "done" for case in expected) == 6


def test_missing_logs_are_named_by_sensor_with_the_hosts_that_lack_them(stage):
    logs = {log.name: log.hosts.value for log in counted(stage).hosts.missing_logs}
    assert logs == {"nhật ký luồng mạng của cảm biến flow-1": 2, "nhật ký NAT": 1}


def test_where_too_many_sensors_are_silent_the_logs_are_named_by_kind(stage, monkeypatch):
    monkeypatch.setattr(queries, "MOST_NAMED_LOGS", 1)
    logs = counted(stage).hosts.missing_logs
    assert [(log.name, log.hosts.value) for log in logs] == [("nhật ký luồng mạng", 2), ("nhật ký NAT", 1)]
    with scoped(stage.people.scope("ha")):
        assert [rows_behind(log.hosts) for log in logs] == [2, 1]


def test_the_annex_holds_each_organisation_once_with_its_own_case(stage):
    figures = counted(stage)
    assert [row.name for row in figures.organisations] == [
        "Sở Thông tin", "Sở Y tế", "Bệnh viện đa khoa", "UBND phường Vĩnh Hải", "Viễn thông Hải Vân",
    ]  # fmt: skip
    hospital = figures.organisations[2].results
    assert hospital[0] is None
    with scoped(system("tests")):
        for row in figures.organisations:
            for clause, result in zip(figures.clauses, row.results, strict=True):
                if result is None:
                    continue
                obligation = Obligation.objects.get(case_id=int(result.source.strip("/").rpartition("/")[2]))
                assert (obligation.organisation.name, obligation.clause.label) == (row.name, clause.label)
                assert result.is_claimed == (obligation.case.claim == "done")
                assert result.is_late == is_late(obligation.case.state, obligation.case.due_at, LATER)


def test_the_annex_adds_up_to_the_figures_of_the_text(stage):
    figures = counted(stage)
    for index, clause in enumerate(figures.clauses):
        results = [row.results[index] for row in figures.organisations if row.results[index]]
        assert clause.bound.value == len(results)
        assert clause.claimed.value == sum(result.is_claimed for result in results)
        assert clause.late.value == sum(result.is_late for result in results)


def test_a_clause_without_a_rule_says_so_and_shows_the_claim_alone(stage):
    duty, botnet = counted(stage).clauses
    assert (duty.has_proof_rule, botnet.has_proof_rule) == (False, True)
    results = [row.results for row in counted(stage).organisations]
    assert {first.proof for first, _ in results if first} == {Proof.NO_RULE}
    assert Proof.PROVEN in {second.proof for _, second in results if second}


def test_an_annex_too_long_for_paper_keeps_to_the_units_right_below(stage, monkeypatch):
    monkeypatch.setattr(queries, "MOST_ANNEX_ROWS", 3)
    figures = counted(stage)
    assert "Bệnh viện đa khoa" not in [row.name for row in figures.organisations]
    assert (len(figures.organisations), figures.units_left_out) == (4, 1)
    assert figures.clauses[1].bound.value == 5


def test_a_recalled_obligation_is_in_no_figure(stage):
    with scoped(stage.people.scope("ha")):
        Obligation.objects.filter(clause__label="1.c").update(recalled_at=LATER)
    figures = counted(stage)
    assert [clause.label for clause in figures.clauses] == ["1.a"]
    assert figures.hosts is None


def test_nobody_counts_what_lies_outside_their_scope(stage):
    figures = counted(stage, "vinh")
    assert (figures.clauses, figures.organisations, figures.hosts) == ((), (), None)


def test_the_number_of_queries_does_not_grow_with_the_cases(stage):
    with CaptureQueriesContext(
        connection,
    ) as before:
        counted(stage)
    stages.send_list(stage.people, [f"203.0.113.{n}" for n in range(10, 60)], LATER)
    with CaptureQueriesContext(connection) as after:
        counted(stage)
    assert len(before) == len(after) <= 14


def test_the_directive_is_cited_as_it_was_confirmed(stage):
    cited = counted(stage).directive
    assert (cited.kind, cited.number, cited.issuer) == ("Công văn", "31/BAN-ATM", "Ban An toàn mạng")


def test_directives_to_report_on_are_those_that_oblige_somebody_here(stage):
    for who, code, number in (("ha", "hai-van", 1), ("vinh", "dong-son", 0)):
        with scoped(stage.people.scope(who)):
            assert len(queries.reportable(stage.people.organisations[code])) == number


@pytest.mark.parametrize(
    ("heading", "text", "shown"),
    [
        ("Ứng trực:", "Ứng trực 24/7.", "Ứng trực:"),
        ("", "Bóc gỡ mã độc; báo cáo kết quả.", "Bóc gỡ mã độc"),
        ("", "Rà soát máy chủ.\nCập nhật bản vá.", "Rà soát máy chủ"),
        ("", "Rà soát " + "máy chủ " * 13 + ", " + "cập nhật " * 20, "Rà soát" + " máy chủ" * 13),
        ("", "x" * 100 + " " + "y" * 100, "x" * 100 + "…"),
    ],
)
def test_a_long_clause_is_named_by_its_first_words(heading, text, shown):
    named = queries._heading(Clause(heading=heading, text=text))
    assert named.rstrip() == shown
    assert len(named) <= queries.LONGEST_HEADING
