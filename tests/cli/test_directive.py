"""`vonggac directive …` on a desk, as a person at the shell uses it."""

import json
from contextlib import contextmanager
from importlib.resources import files

import pytest
from click.testing import CliRunner
from django.db import connections

from vonggac.cases.models import Case
from vonggac.cli.directive import directive
from vonggac.directives.models import Directive, Obligation
from vonggac.errors import InputError, WrongState
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system


@pytest.fixture
def shell(people, monkeypatch, tmp_path, settings):
    """Runs a command line on the test database as Hà of Hải Vân; gives its output, raises our errors."""

    @contextmanager
    def opened(home):
        yield home

    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    monkeypatch.setattr("vonggac.server.opening.opened", opened)
    monkeypatch.setattr(type(connections), "close_all", lambda _: None)
    (tmp_path / "chi-dao.txt").write_bytes(files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes())
    monkeypatch.chdir(tmp_path)

    def run(*words, by="ha"):
        result = CliRunner().invoke(directive, [*words, "--as", f"{by}@example.vn"])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def number(shell) -> str:
    shell("enter", "chi-dao.txt", "--arrived-on", "2024-04-23", "--lead", "so-tttt", "--with", "so-y-te", "--sure")
    with scoped(system("tests")):
        return str(Directive.objects.get(number="2718").pk)


def test_a_file_is_entered_with_its_letter_under_one_number_and_binds(people, number):
    with scoped(system("tests")):
        main = Directive.objects.get(pk=number)
        assert (main.arrival_number, main.lead.code, main.state) == (1, "so-tttt", "confirmed")
        assert [body.code for body in main.cooperating.all()] == ["so-y-te"]
        assert main.covered_by.get().arrival_number == 1
        assert Obligation.objects.count() > 12


def test_a_draft_waits_for_a_person(shell):
    shell("enter", "chi-dao.txt", "--draft")
    with scoped(system("tests")):
        assert set(Directive.objects.values_list("state", flat=True)) == {"draft"}
        assert not Case.objects.exists()


def test_due_times_that_are_over_are_named_and_nothing_is_entered_without_sure(shell):
    with pytest.raises(InputError, match=r"over: 2024-\d\d-\d\dT00:00 \([^)]*1\.a.*--sure"):
        shell("enter", "chi-dao.txt")
    with scoped(system("tests")):
        assert not Case.objects.exists()


def test_a_clause_binds_the_office_itself_where_the_shell_says_so(people, shell):
    with pytest.raises(InputError, match=r"--own 9\.z.*1\.a"):
        shell("enter", "chi-dao.txt", "--sure", "--own", "9.z")
    shell("enter", "chi-dao.txt", "--sure", "--own", "1.a")
    with scoped(system("tests")):
        own = Obligation.objects.filter(organisation=people.organisations["hai-van"])
        assert [(one.clause.label, one.case.rule) for one in own] == [("1.a", "duty_coverage")]
        directive_id = str(own[0].directive_id)
        assert Obligation.objects.filter(clause=own[0].clause).count() == 5
    assert "0 obligations sent" in shell("bind", directive_id)
    assert "everybody own" in shell("clause", "show", directive_id)


def test_the_same_file_is_not_entered_twice(shell, number):
    with pytest.raises(InputError, match="entered already"):
        shell("enter", "chi-dao.txt")


def test_what_cannot_be_used_is_told_and_enters_nothing(shell):
    with pytest.raises(InputError, match="cannot be read"):
        shell("enter", "absent.txt")
    for words in (["--lead", "nobody"], ["--arrived-on", "hôm qua"], ["--due", "2024-13-40T00:00"]):
        with pytest.raises(InputError):
            shell("enter", "chi-dao.txt", *words)
    with scoped(system("tests")):
        assert not Directive.objects.exists()


def test_the_list_and_one_directive_are_shown(shell, number):
    (line,) = [json.loads(line) for line in shell("list", "--json").splitlines()]
    assert (line["number"], line["symbol"], line["arrival_number"]) == ("2718", "BATM-CGS", 1)
    shown = json.loads(shell("show", number, "--json"))
    clauses = {clause["label"]: clause for clause in shown["clauses"]}
    assert clauses["1.a"]["bound"] == 4
    assert clauses["1.a"]["proven"] == 0
    assert "1.a" in shell("show", number)


def test_an_extension_and_a_recall_say_how_much_they_touched(shell, number):
    with scoped(system("tests")):
        bound = Case.objects.count()
    assert f"{bound} open obligations moved" in shell("extend", number, "--due", "2030-01-01", "--reason", "gia hạn")
    with scoped(system("tests")):
        assert {case.due_at.isoformat() for case in Case.objects.all()} == {"2030-01-01T17:00:00+00:00"}
    assert f"{bound} open obligations closed" in shell("recall", number, "--reason", "công văn 40")
    with pytest.raises(WrongState):
        shell("recall", number, "--reason", "lần nữa")


def test_a_directive_entered_by_mistake_is_struck_out(shell, number):
    with scoped(system("tests")):
        bound = Case.objects.count()
    assert f"{bound} obligations closed" in shell("mistake", number, "--reason", "nhầm nơi nhận")
    assert "mistaken" in shell("list")


def test_binding_again_sends_nothing_to_those_who_have_it(shell, number):
    assert "0 obligations sent" in shell("bind", number)


def test_a_stranger_sees_nothing_of_it(shell, number):
    assert shell("list", by="vinh") == ""
