"""`vonggac report …` as a person at the shell uses it."""

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from django.db import connections

from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.cases import services as cases
from vonggac.cases.services import Answer
from vonggac.cli.report import report
from vonggac.directives.models import Obligation
from vonggac.errors import InputError, Refused, WrongState
from vonggac.ledger.models import Entry
from vonggac.reports.models import Report
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


@pytest.fixture
def shell(transactional_db, monkeypatch, settings, tmp_path):
    """Runs a command line as Hà; gives its output, raises our errors."""

    @contextmanager
    def opened(home):
        yield home

    monkeypatch.setattr("vonggac.server.opening.opened", opened)
    monkeypatch.setattr("vonggac.jobs.clock.now", lambda: LATER)
    monkeypatch.setattr(type(connections), "close_all", lambda _: None)
    monkeypatch.chdir(tmp_path)
    stages.settle(settings, tmp_path)
    stage = stages.prepare()

    def run(*words: str) -> str:
        result = CliRunner().invoke(report, [*words, "--as", "ha@example.vn"])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    run.stage = stage
    return run


def listed(shell) -> dict:
    (line,) = shell("list", "--json").splitlines()
    return json.loads(line)


def test_drafted_written_issued_and_withdrawn_from_the_shell(shell, tmp_path):
    assert "draft" in shell("draft", "31/BAN-ATM")
    draft = listed(shell)
    assert (draft["state"], draft["number"], draft["office"]) == ("draft", None, "hai-van")
    shell("write", str(draft["id"]), "du-thao.docx")
    assert (tmp_path / "du-thao.docx").read_bytes().startswith(b"PK")
    shell("issue", str(draft["id"]))
    issued = listed(shell)
    assert (issued["number"], issued["issued_on"], issued["symbol"]) == (1, "2026-05-04", "BC-UBND")
    shell("write", str(draft["id"]), "bao-cao.PDF")
    assert (tmp_path / "bao-cao.PDF").read_bytes().startswith(b"%PDF")
    shell("withdraw", str(draft["id"]), "--reason", "sai số liệu")
    assert listed(shell)["state"] == "withdrawn"
    with scoped(shell.stage.people.scope("ha")):
        acts = Entry.objects.filter(subject_kind="report").order_by("id").values_list("act", "actor")
        assert [act for act, _ in acts] == ["report.draft", "report.issue", "report.withdraw"]
        assert {actor for _, actor in acts} == {f"person:{shell.stage.people.people['ha'].pk}"}


def test_a_file_that_is_there_is_written_over_only_when_one_says_so(shell, tmp_path):
    shell("draft", "31/BAN-ATM")
    number, paper = str(listed(shell)["id"]), tmp_path / "bao-cao.docx"
    paper.write_bytes(b"corrected by hand")
    with pytest.raises(Refused, match=r"bao-cao\.docx is there already.*--force"):
        shell("write", number, "bao-cao.docx")
    assert paper.read_bytes() == b"corrected by hand"
    shell("write", number, "bao-cao.docx", "--force")
    assert paper.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(("option", "counted"), [("--renew", 1), ("--as-counted", 0)])
def test_a_draft_whose_figures_have_aged_is_issued_only_with_a_word_about_them(shell, option, counted):
    shell("draft", "31/BAN-ATM")
    number = str(listed(shell)["id"])

    def claimed() -> int:
        with scoped(shell.stage.people.scope("ha")):
            clauses = Report.objects.get().figures["clauses"]
        return next(clause["claimed"]["value"] for clause in clauses if clause["label"] == "1.a")

    before = claimed()
    with scoped(shell.stage.people.scope("ha")):
        waiting = Obligation.objects.filter(clause__label="1.a", case__claim="none").first()
        cases.claim(waiting.case_id, Answer("đã ứng trực", "Tâm"), at=LATER)
    with pytest.raises(InputError, match=rf"1\.a claimed {before} → {before + 1}.*--renew"):
        shell("issue", number)
    assert listed(shell)["state"] == "draft"
    shell("issue", number, option)
    assert (listed(shell)["state"], claimed()) == ("issued", before + counted)


def test_the_number_is_left_to_the_clerk_and_the_day_chosen(shell):
    shell("draft", str(shell.stage.directive.pk))
    shell("issue", str(listed(shell)["id"]), "--number-from", "clerk", "--on", "2026-05-02")
    assert (listed(shell)["number"], listed(shell)["issued_on"]) == (None, "2026-05-02")


def test_the_place_is_told_with_the_draft_and_remembered(shell):
    shell("draft", "31/BAN-ATM", "--place", " Đà Nẵng ")
    shell("draft", "31/BAN-ATM")
    with scoped(shell.stage.people.scope("ha")):
        assert set(Report.objects.values_list("place", flat=True)) == {"Đà Nẵng"}


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        (("draft", "99/KHONG-CO"), InputError, "give its id"),
        (("write", "{id}", "bao-cao.odt"), InputError, "docx or pdf"),
        (("write", "{id}", "khong/co/bao-cao.pdf"), InputError, "another place"),
        (("issue", "{id}", "--on", "2030-01-01"), InputError, "later than today"),
        (("withdraw", "{id}", "--reason", "x"), WrongState, "only an issued"),
    ],
)
def test_what_cannot_be_done_says_what_to_do_instead(shell, words, error, reason):
    shell("draft", "31/BAN-ATM")
    number = str(listed(shell)["id"])
    with pytest.raises(error, match=reason):
        shell(*(word.replace("{id}", number) for word in words))
    assert listed(shell)["state"] == "draft"
