"""`vonggac roster solve`, `check` and `repair` as whole processes, on the how-to's own example among others."""

import json
import re
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.formats.test_curtois import TEXT
from vonggac.kernel.roster.planning import is_solver_installed

HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to/plan-a-roster.md"
COMMAND = [sys.executable, "-m", "vonggac.cli", "roster"]
needs_solver = pytest.mark.skipif(not is_solver_installed(), reason="OR-Tools is absent: ./vg install roster")


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def problem(tmp_path) -> Path:
    """The how-to's problem, with enough people."""
    example = json.loads(re.search(r"```json\n(.*?)```", HOW_TO.read_text(), re.DOTALL)[1])
    for number in range(9):
        skills = ["lead"] if number % 2 else []
        example["people"].append({"id": f"Người {number}", "posts": ["Trực giám sát"], "skills": skills})
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(example))
    return path


@pytest.fixture
def roster(problem, tmp_path) -> Path:
    done = run("solve", problem, "--seconds", "2", "--without-solver", "--json")
    assert done.returncode == 0
    path = tmp_path / "roster.json"
    path.write_text(done.stdout)
    return path


def test_progress_goes_to_standard_error_and_the_roster_to_standard_output(problem):
    done = run("solve", problem, "--seconds", "1", "--without-solver")
    assert re.search(r"s of 1 .* of \d+ places, \d+ holes", done.stderr)
    assert "Trực giám sát\nday" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("cost ")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_an_editor_marked_is_a_problem_of_ours(problem, encoding):
    problem.write_bytes(problem.read_text().encode(encoding))
    assert run("solve", problem, "--seconds", "1", "--without-solver").returncode == 0


def test_a_planned_roster_passes_its_check_and_one_that_lost_a_shift_does_not(problem, roster):
    assert run("check", problem, roster).returncode == 0
    value = json.loads(roster.read_text())
    gone = value["assignments"].pop(0)
    roster.write_text(json.dumps(value))
    done = run("check", problem, roster, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, [hole["slot"] for hole in said["holes"]]) == (1, [gone["slot"]])


def test_the_how_tos_repairs_list_whom_they_touch(problem, roster):
    span = ("--from", "2026-12-10", "--to", "2026-12-12", "--now", "2026-12-09", "--without-solver")
    placed = json.loads(roster.read_text())["assignments"]
    person = next(one["person"] for one in placed if re.search("2026-12-1[0-2]", one["slot"]))
    ill = run("repair", problem, roster, "--absent", person, *span)
    assert re.match(rf"The repair touches \d+ people:\n(?s:.*){person}\n    is taken off ", ill.stdout)
    assert "Nothing is written yet. Tell the people above; then repeat the command with --json > " in ill.stdout
    apart = unicodedata.normalize("NFD", person)
    assert run("repair", problem, roster, "--absent", apart, *span).stdout == ill.stdout
    away = run("repair", problem, roster, "--absent", person, "--from", "2027-02-01", "--to", "2027-02-01")
    assert away.stdout == "No shift changes hands.\n\nNothing has to be changed: keep the roster as it is.\n"
    more = run("repair", problem, roster, "--reinforce", "Trực giám sát", "--more", "1", *span, "--json")
    said = json.loads(more.stdout)
    assert all(change["is_added"] for change in said["changes"] if change["person"] not in said["people"])
    one = json.loads(roster.read_text())["assignments"][-1]
    cover = run(
        "repair", problem, roster, "--cover", one["person"], "--slot", one["slot"], "--now", "2026-12-09", "--json",
        "--without-solver",
    )  # fmt: skip
    assert one["person"] in json.loads(cover.stdout)["people"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say one thing that has gone wrong"),
        (("--absent", "Lê An"), "say from when to when"),
        (("--absent", "Ai đó", "--from", "2026-12-10", "--to", "2026-12-10"), 'there is no person "Ai đó"'),
        (("--absent", "Lê An", "--from", "2026-12-10", "--to", "mai"), '"mai" is neither a date'),
        (("--cover", "Lê An"), "name the shift with --slot"),
    ],
)
def test_a_repair_that_cannot_be_understood_says_what_to_add(problem, roster, words, said):
    done = run("repair", problem, roster, *words)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr


@needs_solver
def test_an_instance_of_the_benchmark_is_solved_and_judged(tmp_path):
    instance, schedules = tmp_path / "instance.txt", tmp_path / "roster.json"
    instance.write_text(TEXT)
    done = run("solve", instance, "--format", "curtois", "--seconds", "5", "--json")
    said = json.loads(done.stdout)
    assert (said["optimal"], said["cost"]) == (True, said["bound"])
    assert {len(days) for days in said["assignments"].values()} == {7}
    schedules.write_text(done.stdout)
    judged = run("check", instance, schedules, "--json")
    assert (judged.returncode, json.loads(judged.stdout)["cost"]) == (0, said["cost"])
    assert "proven optimal" in run("solve", instance, "--seconds", "5").stdout


@needs_solver
def test_the_same_seed_gives_the_same_roster_in_deterministic_mode(tmp_path):
    instance = tmp_path / "instance.txt"
    instance.write_text(TEXT)
    words = ("solve", instance, "--seconds", "2", "--seed", "7", "--workers", "1", "--deterministic", "--json")
    assert run(*words).stdout == run(*words).stdout


def test_ctrl_c_takes_the_best_roster_so_far(problem):
    command = [*COMMAND, "solve", str(problem), "--seconds", "600", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "places" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["assignments"]
