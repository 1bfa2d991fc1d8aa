"""The practice desk, started as its users start it: one command on a folder that does not exist yet."""

from pathlib import Path

import pytest

from tests.server.desk_process import Desk, free_port
from vonggac.server.home import Home


@pytest.mark.slow
def test_a_folder_that_is_not_there_becomes_an_exercise_and_starts_again_as_one(tmp_path: Path):
    home, port = Home(tmp_path / "fresh"), free_port()
    for _ in range(2):
        desk = Desk(home, port, "--exercise")
        try:
            desk.wait_until_sound()
        finally:
            desk.stop()
    assert (home.path / "exercise" / "world" / "organisations.csv").exists()
    assert home.origin({}) == desk.address


def test_a_start_that_breaks_off_at_once_leaves_an_exercise_and_no_real_desk(tmp_path: Path):
    home = Home(tmp_path / "fresh")
    desk = Desk(home, free_port(), "--exercise")
    desk.wait(home.secrets.exists)
    desk.process.kill()
    desk.process.wait()
    desk.close()
    assert (home.path / "exercise").is_dir()
