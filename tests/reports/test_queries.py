"""Every figure is recounted row by row, and every source leads to as many rows in the inbox."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.cases import queries as cases
from vonggac.cases import services as cases_services
from vonggac.cases.models import Case
from vonggac.cases.proof import Missing
from vonggac.cases.rules import Claim, State, is_late
from vonggac.cases.rules import Proof as CaseProof
from vonggac.desk.filters import Filters
from vonggac.directives.models import Clause, Obligation
from vonggac.reports import queries
from vonggac.reports import services as reports
from vonggac.reports.figures import DirectiveFigures, Figure, Proof, Standing
from vonggac.reports.models import Report
from vonggac.reports.services import Counted, Wording
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
RULES = {"botnet_hosts"}
ANSWERS = {"claimed": "done", "cannot_comply": "cannot", "disputed": "not_ours", "silent": "none"}


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
        found["disputed"] += case.claim == "not_ours"
        found["silent"] += case.claim == "none"
        found["late"] += is_late(case.state, case.due_at, LATER)
        if case.claim == "done":
            found[case.proof if case.proof in {"proven", "contradicted", "not_observable"} else "watched"] += 1
    return found


def test_every_figure_of_a_clause_is_what_a_recount_of_rows_gives(stage):
    figures = counted(stage)
    with scoped(system("tests")):
        for clause in figures.clauses:
            found = recounted(stage, clause.label)
            for name in (*ANSWERS, "bound", "proven", "contradicted", "not_observable", "late"):
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
            for case in Case.objects.select_related("organisation").filter(
                kind="botnet_host", org_path__startswith=stage.office.path
            )
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
    assert {(row.case, row.host, row.unit) for row in hosts.rows} == {
        (case.pk, case.subject, case.organisation.name) for case in expected
    }
    assert [row.is_late for row in hosts.rows].count(True) == hosts.late.value


def clerk(case: Case) -> str:
    """Where a clerk would put a host, by the reference's words."""
    is_closed = case.state == "closed"
    if case.claim == "done":
        if case.proof in {"proven", "contradicted", "not_observable"}:
            return case.proof
        return "closed_claimed" if is_closed else "watched"
    if is_closed:
        return "closed"
    return {"none": "unanswered", "not_ours": "not_ours", "cannot": "cannot"}[case.claim]


def scramble(hosts: list[Case], seed: int) -> None:
    """Any state, claim, verdict and due time whatever: the parts must hold even where the product never goes."""
    chance = Random(seed)  # noqa: S311  chance, not secrecy
    for case in hosts:
        case.state, case.claim, case.proof = (chance.choice(list(kind)) for kind in (State, Claim, CaseProof))
        case.due_at = chance.choice([None, LATER - stages.DAY, LATER + stages.DAY])
        case.closed_at = LATER if case.state == State.CLOSED else None
    Case.objects.bulk_update(hosts, ["state", "claim", "proof", "due_at", "closed_at"])


def test_in_any_world_each_host_is_in_one_standing_and_all_figures_are_a_clerk_s(stage):
    stages.send_list(stage.people, [f"203.0.113.{n}" for n in range(10, 70)], LATER)
    met: set[str] = set()
    for seed in range(6):
        with scoped(system("tests")):
            hosts = [
                case
                for case in Case.objects.filter(kind="botnet_host", org_path__startswith=stage.office.path)
                if case.findings.exists() and case.subject != "203.0.113.90"
            ]
            scramble(hosts, seed)
        found = counted(stage).hosts
        expected = Counter(clerk(case) for case in hosts)
        late = Counter(clerk(case) for case in hosts if is_late(case.state, case.due_at, LATER))
        assert {count.standing.value: count.hosts.value for count in found.standings} == {
            standing.value: expected[standing] for standing in Standing
        }
        assert {count.standing.value: count.late.value for count in found.standings} == {
            standing.value: late[standing] for standing in Standing
        }
        assert sum(count.hosts.value for count in found.standings) == found.total.value == len(hosts) >= 70
        assert found.handled.value == sum(case.claim == "done" for case in hosts)
        met |= {*expected}
        if seed == 0:
            with scoped(stage.people.scope("ha")):
                for name, figure in found.named():
                    assert rows_behind(figure) == figure.value, name
    assert met == {*Standing}, "every standing was met"


def test_in_any_world_the_claimed_of_a_clause_are_parted_by_what_was_seen(stage):
    for seed in range(4):
        with scoped(system("tests")):
            scramble([one.case for one in Obligation.objects.select_related("case")], seed)
            figures = counted(stage, rules={"botnet_hosts", "duty_coverage"})
            for index, clause in enumerate(figures.clauses):
                found = recounted(stage, clause.label)
                verdicts = ("proven", "contradicted", "not_observable", "watched")
                assert [getattr(clause, name).value for name in verdicts] == [found[name] for name in verdicts]
                assert sum(found[name] for name in verdicts) == clause.claimed.value
                shown = Counter(row.results[index].proof.value for row in figures.organisations if row.results[index])
                assert [shown[name] for name in verdicts[:3]] == [found[name] for name in verdicts[:3]]


def test_in_any_world_the_answers_to_a_clause_add_up_to_those_it_binds_in_the_text_and_in_the_annex(stage):
    for seed in range(4):
        with scoped(system("tests")):
            scramble([one.case for one in Obligation.objects.select_related("case")], seed)
            figures = counted(stage)
            for index, clause in enumerate(figures.clauses):
                found = recounted(stage, clause.label)
                assert {name: getattr(clause, name).value for name in ANSWERS} == {
                    name: found[name] for name in ANSWERS
                }
                assert sum(getattr(clause, name).value for name in ANSWERS) == clause.bound.value
                said = Counter(row.results[index].claim for row in figures.organisations if row.results[index])
                assert said == +Counter({claim: found[name] for name, claim in ANSWERS.items()})
                for name in ANSWERS:
                    assert rows_behind(getattr(clause, name)) == found[name], name


def test_of_a_clause_whoever_claimed_is_counted_once_by_what_was_seen(stage):
    with scoped(stage.people.scope("ha")):
        cases_services.claim(
            stage.case("1.c", "p-vinh-hai").pk, cases_services.Answer("đã làm", "Lan"), at=LATER - stages.DAY
        )
    botnet = counted(stage).clauses[1]
    answered = (botnet.proven, botnet.contradicted, botnet.not_observable, botnet.watched)
    assert [figure.value for figure in answered] == [1, 1, 0, 1]
    assert sum(figure.value for figure in answered) == botnet.claimed.value == 3
    with scoped(stage.people.scope("ha")):
        assert rows_behind(botnet.watched) == 1


def drafted(stage: stages.Stage, at: datetime = LATER) -> Report:
    figures = counted(stage)
    wording = Wording("Ủy ban nhân dân tỉnh Hải Vân", "UBND", "Hải Vân", "Chủ tịch")
    with scoped(stage.people.scope("ha")):
        return reports.draft(stage.directive, stage.office, Counted(figures, None, at), wording, by="Hà", at=at)


def issued(stage: stages.Stage, at: datetime = LATER) -> Report:
    """A report of the province that went up with its number."""
    draft = drafted(stage, at)
    with scoped(stage.people.scope("ha")):
        numbered = reports.number(draft.pk, at.date(), takes_number=True)
        return reports.issue(numbered, docx_sha256="d" * 64, pdf_sha256="e" * 64, by="Hà", at=at)


def test_the_total_is_told_beside_that_of_the_last_report_that_went_up(stage):
    assert counted(stage).hosts.previous is None
    first = issued(stage)
    assert counted(stage).hosts.previous.opened.value == 0
    stages.send_list(stage.people, ["203.0.113.30", "203.0.113.31"], LATER + stages.DAY)
    with scoped(system("tests")):
        # To a unit of another province: it leaves the figures, and no page of this office leads to it any more.
        moved, other = stage.case("198.51.100.1", "p-vinh-hai"), stage.people.organisations["dong-son"]
        cases_services.settle(moved.pk, owner=other, reason="máy của xã khác", at=LATER + stages.DAY)
    found = counted(stage).hosts
    assert (found.previous.name, found.previous.total.value) == ("Báo cáo số 01/BC-UBND", 10)
    assert found.previous.total.source == f"/reports/{first.pk}/"
    assert (found.total.value, found.previous.opened.value) == (11, 2)
    with scoped(stage.people.scope("ha")):
        assert rows_behind(found.previous.opened) == 2


def test_a_draft_and_a_withdrawn_report_are_no_report_before(stage):
    drafted(stage)
    assert counted(stage).hosts.previous is None
    report = issued(stage)
    with scoped(stage.people.scope("ha")):
        reports.withdraw(report.pk, "sai số liệu", at=LATER)
    assert counted(stage).hosts.previous is None


def test_missing_logs_are_named_by_sensor_with_the_hosts_that_lack_them(stage):
    logs = {log.name: log.hosts.value for log in counted(stage).hosts.missing_logs}
    assert logs == {"nhật ký luồng mạng của cảm biến flow-1": 2, "nhật ký NAT": 1}


def test_a_log_of_no_sensor_is_told_apart_from_those_of_sensors(stage):
    with scoped(stage.people.scope("ha")):
        undeclared = Missing("flow", "không khai báo cảm biến nào")
        stages.judge(stage.case("203.0.113.6", "so-y-te"), "not_observable", undeclared)
    logs = {log.name: log.hosts.value for log in counted(stage).hosts.missing_logs}
    assert logs == {
        "nhật ký luồng mạng của cảm biến flow-1": 2,
        "nhật ký luồng mạng ngoài các cảm biến đã khai báo": 1,
        "nhật ký NAT": 1,
    }


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
    assert len(before) == len(after) <= 16


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
        ("", "Bóc gỡ mã độc; báo cáo kết quả. Trước 1/5.", "Bóc gỡ mã độc; báo cáo kết quả"),
        (
            "",
            "Tìm và khắc phục điểm yếu; săn tìm và gỡ bỏ mã độc trên toàn bộ máy chủ, máy trạm, trước hết ở những máy "
            "có địa chỉ IP trong danh sách máy tính ma gửi kèm; tiếp nhận và xử lý cảnh báo.",
            "Tìm và khắc phục điểm yếu; săn tìm và gỡ bỏ mã độc trên toàn bộ máy chủ, máy trạm…",
        ),
        ("", "Rà soát máy chủ.\nCập nhật bản vá.", "Rà soát máy chủ"),
        ("", "Rà soát " + "máy chủ " * 13 + ", " + "cập nhật " * 20, "Rà soát" + " máy chủ" * 13 + " …"),
        ("", "x" * 100 + " " + "y" * 100, "x" * 100 + "…"),
    ],
)
def test_a_long_clause_is_named_by_its_first_words(heading, text, shown):
    named = queries._heading(Clause(heading=heading, text=text))
    assert named.rstrip() == shown
    assert len(named) <= queries.LONGEST_HEADING
