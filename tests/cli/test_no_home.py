"""A command that only looks, or works on what stands there, never makes a home: it says that there is none."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vonggac.cli.__main__ import NOUNS, vonggac
from vonggac.cli.options import Existing
from vonggac.errors import VongGacError

# What may begin a desk: starting it, migrating it, bringing it back, and the first files of its register.
BEGINNERS = {
    "up", "web", "worker", "migrate", "restore", "register import", "register import-folder", "register add",
}  # fmt: skip

# One of several options, which click cannot demand.
ONE_OF = {"botnet settle": ["--means", "198.51.100.7"]}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that takes `--home`, by its words."""
    context = click.Context(vonggac)
    for noun in NOUNS:
        command = vonggac.get_command(context, noun)
        below = [(noun, command)]
        if isinstance(command, click.Group):
            below = [(f"{noun} {name}", command.get_command(context, name)) for name in command.list_commands(context)]
        yield from ((words, one) for words, one in below if any(param.name == "home" for param in one.params))


CAREFUL = {words: command for words, command in commands() if words not in BEGINNERS}


def value(kind: click.ParamType, tmp_path: Path) -> str:
    """Something that this type of parameter takes."""
    if isinstance(kind, click.Choice):
        return str(kind.choices[0])
    if isinstance(kind, Existing):
        (tmp_path / "given.csv").write_text("a,b\n1,2\n")
        return str(tmp_path / "given.csv")
    if isinstance(kind, click.Path):
        return str(tmp_path / "new.csv")
    if isinstance(kind, click.types.DateTime):
        return "2026-04-20"
    return "1" if isinstance(kind, click.types.IntParamType) else "text"


def line_of(words: str, command: click.Command, tmp_path: Path) -> list[str]:
    """The shortest command line that gives every parameter it needs."""
    line = [*words.split(), *ONE_OF.get(words, [])]
    for param in command.params:
        if isinstance(param, click.Argument) and (param.required or param.nargs == -1):
            line.append(value(param.type, tmp_path))
        elif param.required:
            line += [param.opts[0], value(param.type, tmp_path)]
    return line


def test_the_commands_that_look_are_among_those_tried():
    assert {"check", "backup", "ledger verify", "case list", "register show", "report list"} <= CAREFUL.keys()
    assert {words for words, _ in commands()} >= BEGINNERS


@pytest.mark.parametrize("words", CAREFUL)
def test_no_home_is_made(words, tmp_path, monkeypatch):
    monkeypatch.delenv("VONGGAC_HOME", raising=False)
    home = tmp_path / "none"
    line = [*line_of(words, CAREFUL[words], tmp_path), "--home", str(home)]
    result = CliRunner().invoke(vonggac, line)
    assert result.exit_code == 1, result.output
    said = str(result.exception) if isinstance(result.exception, VongGacError) else result.output
    assert f"there is no desk in {home}" in said
    assert "vonggac up" in said
    assert not home.exists()


def test_check_says_it_to_a_program_too(tmp_path, monkeypatch):
    monkeypatch.delenv("VONGGAC_HOME", raising=False)
    result = CliRunner().invoke(vonggac, ["check", "--json", "--home", str(tmp_path / "none")])
    answer = json.loads(result.output)
    assert (answer["sound"], [finding["part"] for finding in answer["findings"]]) == (False, ["home"])


def test_a_folder_that_holds_no_desk_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.delenv("VONGGAC_HOME", raising=False)
    (tmp_path / "letters").mkdir()
    assert CliRunner().invoke(vonggac, ["check", "--home", str(tmp_path / "letters")]).exit_code == 1
    assert list((tmp_path / "letters").iterdir()) == []
