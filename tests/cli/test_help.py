"""What every command says of itself."""

from collections.abc import Iterator

import click
from click.testing import CliRunner

from vonggac.cli.__main__ import vonggac


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


def test_no_help_shows_the_marks_by_which_it_is_laid_out():
    helps = {path: CliRunner().invoke(vonggac, [*path, "--help"]) for path in commands(vonggac)}
    assert len(helps) > 60
    assert {said.exit_code for said in helps.values()} == {0}
    assert [path for path, said in helps.items() if "\\b" in said.output or "\b" in said.output] == []
