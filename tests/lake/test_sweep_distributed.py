"""On Dask a sweep gives what it gives in one process, also when a worker is killed or the whole cluster was."""

import os
import signal
from pathlib import Path

import pytest

from tests.lake.making import hand_in, new_lake
from vonggac.errors import ConfigurationError
from vonggac.formats.indicators import Indicator, IndicatorKind
from vonggac.lake import Lake, sweep, sweep_distributed
from vonggac.lake.sweep import Sweep

pytest.importorskip("distributed", reason="the extra `distributed` is absent: ./vg install distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask warns of what it does itself when a worker dies

WANTED = [Indicator(IndicatorKind.NETWORK, "10.0.0.0/8"), Indicator(IndicatorKind.ADDRESS, "192.0.2.1")]
FILES = 40


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = new_lake(tmp_path_factory.mktemp("dask"))
    for number in range(FILES):
        rows = [
            f"2026-04-20T{number % 24:02}:{n // 60:02}:{n % 60:02}Z,10.0.{number}.9,192.0.2.{n % 5}" for n in range(900)
        ]
        hand_in(made, *rows, organisation=f"{number % 3:06}/", sensor=f"s{number}")
    return made


@pytest.fixture
def here(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    monkeypatch.setattr(sweep, "_PART_SEGMENTS", 1)
    one = Sweep.of(lake, WANTED)
    assert len(one.parts) == FILES
    one.run(sweep.here)
    found = one.gather().to_pylist()
    one.forget()
    assert sum(row["count"] for row in found) == FILES * 900 + FILES * 180
    return found


@pytest.mark.slow
def test_two_workers_of_which_one_is_killed_find_the_same(lake: Lake, here: list[dict]) -> None:
    one = Sweep.of(lake, WANTED)
    done = 0
    with sweep_distributed.cluster("2") as client:
        victim = next(iter(client.run(os.getpid).values()))

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            if done == 3:
                os.kill(victim, signal.SIGKILL)

        one.run(sweep_distributed.on(client), advance)
    assert done == FILES
    assert one.gather().to_pylist() == here
    one.forget()


def test_what_a_cluster_left_undone_is_done_here(lake: Lake, here: list[dict]) -> None:
    one = Sweep.of(lake, WANTED)
    with sweep_distributed.cluster("1") as client:
        search = sweep_distributed.on(client)(one, one.parts[:10])
        assert len(list(search)) == 10
    assert len(one.left()) == FILES - 10
    one.run(sweep.here)
    assert one.gather().to_pylist() == here
    one.forget()


def test_a_damaged_part_is_said_and_not_passed_over(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    path = Path(next(iter(lake.paths([hand_in(lake, "2026-04-20T00:00:00Z,10.0.0.1,192.0.2.1")]))))
    path.write_bytes(b"PAR1" + bytes(path.stat().st_size - 8) + b"PAR1")
    one = Sweep.of(lake, WANTED)
    with sweep_distributed.cluster("1") as client, pytest.raises(Exception, match="backup"):
        one.run(sweep_distributed.on(client))


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_distributed, "_WAITING_SECONDS", 1)
    with pytest.raises(ConfigurationError, match="no Dask scheduler"), sweep_distributed.cluster("tcp://127.0.0.1:9"):
        pass
