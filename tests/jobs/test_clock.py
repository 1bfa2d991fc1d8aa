"""A real desk's time is the machine's; only an exercise has a clock that people move."""

from datetime import timedelta
from pathlib import Path

import pytest

from vonggac.jobs.clock import exercise_offset
from vonggac.server.home import Home


@pytest.fixture
def home(settings, tmp_path: Path) -> Home:
    settings.VONGGAC_HOME = Home(tmp_path)
    return settings.VONGGAC_HOME


def test_a_file_laid_into_a_real_desk_does_not_move_its_clock(home):
    (home.path / "exercise-clock").write_text("-864000", encoding="utf-8")
    assert exercise_offset() == timedelta()


def test_an_exercise_runs_by_its_own_clock(home):
    (home.path / "exercise").mkdir()
    assert exercise_offset() == timedelta()
    (home.path / "exercise-clock").write_text("-864000", encoding="utf-8")
    assert exercise_offset() == timedelta(days=-10)
