from pathlib import Path

import pytest
from click.testing import CliRunner

from vonggac.cli.__main__ import vonggac

NETWORKS = "network,organisation\n192.0.2.0/24,Sở Y tế\n192.0.2.128/25,Bệnh viện\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VONGGAC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "networks.csv").write_text(NETWORKS)
    (tmp_path / "flows.txt").write_text("192.0.2.1 443\n198.51.100.1 80\n192.0.2.129 53\n")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    command = ["network", "owners", str(folder / "flows.txt"), "--networks", str(folder / "networks.csv"), *words]
    done = CliRunner().invoke(vonggac, command)
    return done.exit_code, done.stdout, done.stderr or str(done.exception)


def test_lines_with_an_owner_are_written_with_it(files: Path) -> None:
    code, written, said = run(files)
    assert code == 0
    assert written == "192.0.2.1 443\tSở Y tế\t192.0.2.0/24\n192.0.2.129 53\tBệnh viện\t192.0.2.128/25\n"
    assert said == "3 lines read, 2 with an owner\n"


def test_the_second_run_takes_the_compiled_networks_and_says_the_same(files: Path) -> None:
    first = run(files)
    assert len(list((files / "cache").rglob("*.register"))) == 1
    assert run(files) == first


def test_the_output_can_be_a_file(files: Path) -> None:
    assert run(files, "--output", str(files / "out.txt"))[1] == ""
    assert len((files / "out.txt").read_text().splitlines()) == 2


def test_a_separator_of_more_than_one_character_is_refused(files: Path) -> None:
    code, _, said = run(files, "--separator", "::")
    assert code == 1
    assert "one character" in said


def test_rejected_networks_are_said(files: Path) -> None:
    (files / "networks.csv").write_text(NETWORKS + "192.0.2.0/99,X\n")
    assert "1 rejects; line 4" in run(files)[2]
