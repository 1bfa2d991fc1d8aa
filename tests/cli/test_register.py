"""`vonggac register …` as a person at the shell uses it, on a desk of its own."""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from django.db import connections

from tests.register.register_files import FILES
from vonggac.cli import register as commands
from vonggac.cli.register import register
from vonggac.errors import InputError, MappingNeeded, Refused
from vonggac.ledger.models import Entry
from vonggac.register.imports import KINDS
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped, system


@pytest.fixture
def shell(db, monkeypatch, tmp_path):
    """Runs a command line on the test database; gives its output, raises our errors."""

    @contextmanager
    def opened(home, **_):
        yield home

    monkeypatch.setattr("vonggac.server.opening.opened", opened)
    monkeypatch.setattr(type(connections), "close_all", lambda _: None)
    monkeypatch.chdir(tmp_path)
    for kind, text in FILES.items():
        (tmp_path / f"{kind}.csv").write_text(text)

    def run(*words):
        result = CliRunner().invoke(register, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_folder_comes_in_and_the_tree_is_shown(shell):
    out = shell("import-folder", ".")
    assert "organisations.csv: 3 rows read, 3 created" in out
    assert "  xa-1  Xã Một  (commune)" in shell("show").splitlines()


def test_an_export_leaves_a_file_alone_that_is_there_already(shell, tmp_path):
    edited = (tmp_path / "organisations.csv").read_bytes()
    with pytest.raises(Refused, match="--force"):
        shell("export", "organisations", "organisations.csv")
    assert (tmp_path / "organisations.csv").read_bytes() == edited
    shell("export", "organisations", "organisations.csv", "--force")
    assert (tmp_path / "organisations.csv").read_bytes() != edited


def test_an_import_says_what_it_did_and_not_one_line_more(shell):
    (said,) = shell("import", "organisations", "organisations.csv").splitlines()
    assert said.startswith("organisations.csv: 3 rows read, 3 created")


def test_a_dry_run_shows_and_changes_nothing(shell):
    out = shell("import", "organisations", "organisations.csv", "--dry-run")
    assert "3 created" in out
    assert "nothing was changed" in out
    with scoped(system("tests")):
        assert not Organisation.objects.exists()
        assert not Entry.objects.exists()


def test_a_second_import_says_that_nothing_changed(shell):
    shell("import-folder", ".")
    assert "0 created, 0 changed, 5 unchanged" in shell("import", "assets", "assets.csv")


def test_rejects_are_told_by_line_and_column_and_the_rest_comes_in(shell, tmp_path):
    (tmp_path / "bad.csv").write_text("mã,tên,loại,cấp trên\na,A,tỉnh,\nb,B,làng,a\n")
    out = shell("import", "organisations", "bad.csv")
    assert "! line 3, loại: “làng” is not known here" in out
    assert "without the 1 rejected lines" in out


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_unchanged(shell, form):
    shell("import-folder", ".")
    shell("export", "assets", f"out.{form}")
    assert "0 created, 0 changed" in shell("import", "assets", f"out.{form}", "--dry-run")


def test_an_export_to_another_kind_of_file_is_refused(shell):
    with pytest.raises(InputError, match=r"\.csv or \.xlsx"):
        shell("export", "assets", "out.pdf")


def test_one_row_is_added_and_found(shell):
    shell("import-folder", ".")
    shell("add", "assets", "name=PC-77", "organisation=yt", "address=10.0.0.77")
    assert "PC-77  (workstation of yt)" in shell("show", "10.0.0.77")
    assert "networks: 203.0.113.0/26" in shell("show", "so", "y", "te")


@pytest.mark.parametrize(
    ("cells", "words"), [(["name"], "COLUMN=VALUE"), (["name=PC", "organisation=ai"], "not in the register")]
)
def test_a_row_that_cannot_be_added_says_why(shell, cells, words):
    shell("import-folder", ".")
    with pytest.raises(InputError, match=words):
        shell("add", "assets", *cells)


def test_organisations_merge_by_an_act_after_a_dry_run(shell):
    shell("import-folder", ".")
    words = ("merge", "xa-1", "--into", "yt", "--act", "NQ 99", "--at", "2026-07-01")
    assert "nothing was changed" in shell(*words, "--dry-run")
    assert "asset PC-1: xa-1 → yt" in shell(*words)
    with scoped(system("tests")):
        assert Organisation.objects.get(code="xa-1").ended_by == "NQ 99"


def test_an_organisation_is_split_moved_and_abolished(shell, tmp_path):
    shell("import-folder", ".")
    shell("add", "organisations", "code=xa-2", "name=Xã Hai", "kind=xã", "parent=yt")
    (tmp_path / "who.csv").write_text("network,organisation\n203.0.113.0/26,xa-1\n")
    assert "unit xa-2: yt → hv" in shell("move", "xa-2", "--under", "hv", "--act", "NQ 1")
    out = shell("split", "yt", "--to", "xa-2", "--table", "who.csv", "--act", "NQ 2")
    assert "network 203.0.113.0/26: yt → xa-1" in out
    assert "organisation xa-1: xa-1 → hv  (abolish)" in shell("abolish", "xa-1", "--act", "NQ 3", "--at", "2027-01-01")


def test_an_unknown_code_says_how_to_find_one(shell):
    with pytest.raises(InputError, match="vonggac register show"):
        shell("abolish", "ai", "--act", "NQ")


def test_a_folder_without_register_files_says_how_they_are_named(shell, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"organisations\.csv"):
        shell("import-folder", "empty")


def test_a_table_of_something_else_names_what_is_missing(shell, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1x,2x\n")
    with pytest.raises(MappingNeeded, match="no column"):
        shell("import", "networks", "x.csv")


def test_the_kinds_offered_are_the_kinds_that_exist():
    assert tuple(KINDS) == commands.KINDS


def test_help_does_not_load_django():
    code = "import sys, vonggac.cli.register; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
