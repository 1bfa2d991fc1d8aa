"""What every command says of itself."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from vonggac.cli.__main__ import vonggac
from vonggac.cli.options import Existing
from vonggac.register import imports


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    for path in commands(vonggac):
        found: click.Command = vonggac
        for name in path:
            assert isinstance(found, click.Group)
            step = found.get_command(click.Context(found), name)
            assert step is not None
            found = step
        for parameter in found.params:
            yield " ".join(path), parameter


def test_a_file_that_must_be_there_is_refused_in_the_same_way_by_every_command():
    paths = [(name, one.name, one.type) for name, one in parameters() if isinstance(one.type, click.Path)]
    assert len(paths) > 30
    assert [(name, word) for name, word, kind in paths if kind.exists and not isinstance(kind, Existing)] == []


def test_the_help_of_an_import_names_every_kind_with_its_columns():
    said = CliRunner().invoke(vonggac, ["register", "import", "--help"]).output
    told = said[said.index("KIND and its columns") : said.index("`vonggac register export")].split("\n", 1)[1].split()
    wanted = []
    for kind in imports.KINDS:
        columns = imports.kind_named(kind).columns
        wanted += [kind, *(one.name + "*" * (one.is_needed or one.must_stand) for one in columns)]
    assert told == wanted


def test_no_usage_line_breaks_inside_a_word():
    helps = [CliRunner().invoke(vonggac, [*path, "--help"], terminal_width=80).output for path in commands(vonggac)]
    usages = [said.split("\n\n")[0] for said in helps]
    assert [usage for usage in usages if "|" in usage and "\n" in usage] == []


def test_no_help_shows_the_marks_by_which_it_is_laid_out():
    helps = {path: CliRunner().invoke(vonggac, [*path, "--help"]) for path in commands(vonggac)}
    assert len(helps) > 60
    assert {said.exit_code for said in helps.values()} == {0}
    assert [path for path, said in helps.items() if "\\b" in said.output or "\b" in said.output] == []


COMMAND = re.compile(r"(?<![\w./-])vonggac\s+[a-z]")


def said(*words: str, typed: str) -> str:
    environment = {**os.environ, "VONGGAC_TYPED": typed}
    line = [sys.executable, "-m", "vonggac.cli", *words]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", [("alerts", "read"), ("directive", "clause"), ("person", "link"), ("botnet", "unread")]
)
def test_help_calls_the_command_as_it_was_typed(path):
    told = said(*path, "--help", typed="./vg")
    assert f"Usage: ./vg {' '.join(path)}" in told
    assert not COMMAND.search(told)
    assert told.count("./vg ") > 1
    assert COMMAND.search(said(*path, "--help", typed="")), "its docstring keeps the package's name"


def test_what_is_wrong_with_a_line_is_said_with_the_command_as_it_was_typed():
    told = said("register", "export", "nothing", typed="../desk/vg")
    assert "Usage: ../desk/vg register export" in told
    assert "Try '../desk/vg register export --help'" in told
    assert not COMMAND.search(told)
