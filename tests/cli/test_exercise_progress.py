"""The judge says how far it is where no terminal draws it, and leaves the output to the verdicts."""

import pytest

from vonggac.cli import exercise


@pytest.mark.parametrize(
    ("first", "following", "told"), [(0, 0, ["a.csv", "b.csv"]), (0, 3_600, ["a.csv"]), (3_600, 0, [])]
)
def test_progress_is_told_after_a_while_and_then_now_and_again(monkeypatch, capsys, first, following, told):
    monkeypatch.setattr(exercise, "FIRST_WORD_SECONDS", first)
    monkeypatch.setattr(exercise, "NEXT_WORD_SECONDS", following)
    with exercise._told() as (progress, _warn):
        progress("a.csv")
        progress("b.csv")
    said = capsys.readouterr()
    assert (said.out, said.err.split()) == ("", told)
