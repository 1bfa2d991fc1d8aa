"""A real desk's time is the machine's; only an exercise has a clock that people move."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import vonggac
from vonggac.jobs.clock import exercise_offset
from vonggac.server.home import Home

# What runs without a desk, or before one: it has no other clock.
MACHINE_ONLY = {
    "cli/alerts.py", "cli/backup.py", "cli/botnet.py", "cli/network.py", "cli/person.py", "exercise/desk.py",
    "jobs/clock.py", "server/first_link.py", "server/watching.py",
}  # fmt: skip


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


def test_nobody_asks_the_machine_for_the_time_past_the_clock():
    root = Path(vonggac.__file__).parent
    asks = re.compile(r"timezone\.now\(|timezone\.localdate\(\)|timezone\.localtime\(\)|datetime\.now\(|date\.today\(")
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if asks.search(path.read_text("utf-8"))}
    assert found == MACHINE_ONLY
