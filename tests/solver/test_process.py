"""The solver's process: real ones, that answer, are cancelled, killed, or asked for what cannot be."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.roster.problems import MONDAY, at, weeks
from vonggac.errors import ConfigurationError, InputError, SolverFailed
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.grid.values import Cover, Grid, Person, Shift
from vonggac.kernel.roster.planning import is_solver_installed
from vonggac.solver import process
from vonggac.solver.__main__ import _rest
from vonggac.solver.messages import Plan, encode

needs_solver = pytest.mark.skipif(not is_solver_installed(), reason="OR-Tools is absent: ./vg install roster")
PROBLEM = weeks(3, 6)
QUICK = Settings(seconds=1, workers=1, with_solver=False)
ENDLESS = Settings(seconds=300, workers=1)


def children() -> set[int]:
    """The solver processes that this one began."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            words = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"vonggac.solver" in words:
            found.add(int(path.parent.name))
    return found


def grid(least: int = 0) -> Grid:
    people = tuple(Person(name, {"D": 14}, least, 4800, 1, 5, 1, 2) for name in ("An", "Bình"))
    return Grid(14, (Shift("D", 480),), people, covers=tuple(Cover(day, "D", 1, 100, 1) for day in range(14)))


def test_a_plan_comes_back_with_what_was_told_on_the_way():
    told = []
    roster = process.plan(PROBLEM, QUICK, tell=told.append)
    assert check(PROBLEM, roster.assignments).cost == roster.cost
    assert told
    assert told[-1].wanted == 63
    assert children() == set()


@needs_solver
def test_a_cancelled_plan_is_the_best_so_far_and_its_process_is_gone():
    told, begin = [], time.monotonic()
    roster = process.plan(PROBLEM, replace(ENDLESS, seed=3), tell=told.append, is_cancelled=lambda: bool(told))
    assert time.monotonic() - begin < 60
    assert check(PROBLEM, roster.assignments).is_sound
    assert roster.cost == told[-1].cost
    assert children() == set()


def test_a_killed_process_leaves_the_best_roster_it_told_of():
    told = []

    def kill() -> bool:
        if told:
            for child in children():
                os.kill(child, signal.SIGKILL)
        return False

    roster = process.plan(weeks(8, 12), replace(ENDLESS, with_solver=False), tell=told.append, is_cancelled=kill)
    assert check(weeks(8, 12), roster.assignments).is_sound


def test_a_process_killed_before_its_first_word_is_an_error_with_its_reason():
    stop = threading.Event()

    def kill_at_once() -> None:
        while not stop.is_set():
            for child in children():
                with contextlib.suppress(ProcessLookupError):  # it was waited for meanwhile
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.005)

    killer = threading.Thread(target=kill_at_once)
    killer.start()
    try:
        with pytest.raises(SolverFailed, match="without a roster"):
            process.plan(PROBLEM, ENDLESS)
    finally:
        stop.set()
        killer.join()


class Dead(subprocess.Popen):
    """A process that is over before anybody writes to it."""

    def __init__(self, _command: list[str], **options: Any) -> None:
        super().__init__(["true"], **options)
        self.wait()


# A short request waits in the buffer: writing it breaks, and so does closing the pipe that still holds it.
@pytest.mark.parametrize(("people", "is_buffered"), [(1, True), (12, False)])
def test_a_process_that_is_over_before_it_was_asked_is_an_error_with_its_reason(monkeypatch, people, is_buffered):
    problem = weeks(1, people)
    assert (len(encode(Plan(problem, ENDLESS))) < io.DEFAULT_BUFFER_SIZE // 2) == is_buffered
    monkeypatch.setattr(subprocess, "Popen", Dead)
    with pytest.raises(SolverFailed, match="without a roster"):
        process.plan(problem, ENDLESS)


def test_a_solver_whose_parent_is_gone_ends():
    command = [sys.executable, "-m", "vonggac.solver"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(encode(Plan(weeks(8, 60), ENDLESS)) + b"\n")
    child.stdin.flush()
    assert child.stdout.readline().startswith(b'{"type":"better"')
    assert child.poll() is None
    child.stdin.close()
    assert child.wait(timeout=30) == 1
    child.stdout.close()


def test_a_solver_that_is_done_ends_well_while_its_parent_still_listens():
    command = [sys.executable, "-m", "vonggac.solver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(encode(Plan(PROBLEM, QUICK)) + b"\n")
        child.stdin.flush()
        assert child.stdout.read().splitlines()[-1].startswith(b'{"type":"planned"')
        assert child.wait(timeout=30) == 0


def test_a_repair_comes_back():
    roster = process.plan(PROBLEM, QUICK)
    ill = next(one.worker for one in roster.assignments if one.slot == "p 3 S")
    trouble = troubles.absence(PROBLEM, roster.assignments, ill, at(3, 0), at(4, 0))
    found = process.repair(trouble, roster.assignments, QUICK, frozen_before=MONDAY)
    assert ill in found.people
    assert check(trouble.problem, found.roster.assignments).is_sound


@needs_solver
def test_a_grid_comes_back_and_one_that_cannot_be_names_who_stands_in_the_way():
    told = []
    found = process.arrange(grid(), Settings(seconds=5, workers=1), tell=told.append)
    assert found.is_optimal
    assert told[0].stage == "start"
    with pytest.raises(InputError, match="An's limits"):
        process.arrange(grid(least=4801), Settings(seconds=5, workers=1))


def test_without_a_solver_a_grid_says_what_to_install(monkeypatch):
    monkeypatch.setattr(process, "is_solver_installed", lambda: False)
    with pytest.raises(ConfigurationError, match="vg install roster"):
        process.arrange(grid(), QUICK)


def test_starting_up_is_taken_off_the_time_but_not_more_than_half_of_it():
    late = Settings(seconds=60)
    assert _rest(late, time.monotonic() - 10).seconds == pytest.approx(50, abs=1)
    assert _rest(late, time.monotonic() - 500).seconds == 30
    counted = replace(late, is_deterministic=True)
    assert _rest(counted, time.monotonic() - 500) == counted


def test_a_solver_that_told_a_roster_and_hangs_is_waited_for_a_few_seconds_only(monkeypatch):
    monkeypatch.setattr(process, "_LAST_SECONDS", 1.0)
    begin = time.monotonic()

    def hang(_progress) -> None:
        for child in children():
            os.kill(child, signal.SIGSTOP)

    roster = process.plan(PROBLEM, replace(QUICK, seconds=3), tell=hang)
    assert time.monotonic() - begin < 15
    assert check(PROBLEM, roster.assignments).cost == roster.cost
    assert children() == set()
