"""Merging and clearing killed at any moment, with real kills: no row is lost or twice, the next run ends the work."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lake.making import NOON, flow, hand_in, micros, new_lake
from vonggac.lake import Lake, compaction, retention, scan

# Says that it begins, merges everything, clears away, and does so again with what it finds.
KEEPER = """
import sys
from pathlib import Path
from vonggac.lake import Lake, compaction, retention
lake, at_us = Lake(Path(sys.argv[1])), int(sys.argv[2])
print("begin", flush=True)
for step in range(9):
    for plan in compaction.plan(lake, at_us, most_rows=200 * (step + 1)):
        compaction.merge(lake, plan, at_us)
        retention.clear(lake, at_us + retention.GRACE_US, 0)
print("end", flush=True)
"""
REPOSITORY = Path(__file__).parents[2]
AT = micros(NOON + timedelta(days=3))
FILES, ROWS_EACH = 24, 20
KILLS = 12


def rows(lake: Lake) -> list[tuple[int, int]]:
    found = scan.table_rows([Path(path) for path in lake.paths(lake.imports())])
    return sorted((row["time_us"], row["source_v4"]) for row in found)


def killed_after(root: Path, seconds: float) -> bool:
    """True when the keeper was killed before it came to its end."""
    command = [sys.executable, "-c", KEEPER, str(root), str(AT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "begin\n"
        time.sleep(seconds)
        os.kill(keeper.pid, signal.SIGKILL)
        return "end" not in keeper.stdout.read()


@pytest.mark.slow
def test_no_row_is_lost_or_twice_however_often_the_keeper_is_killed(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    for number in range(FILES):
        minutes = range(number * ROWS_EACH, (number + 1) * ROWS_EACH)
        hand_in(lake, *(flow(minute, f"10.0.{number}.{minute % 250}") for minute in minutes))
    expected = rows(lake)
    assert len(expected) == FILES * ROWS_EACH
    killed = 0
    for turn in range(KILLS):
        killed += killed_after(lake.root, 0.004 * turn)
        assert rows(lake) == expected
        assert lake.verify() == []
    assert killed >= KILLS // 2
    for plan in compaction.plan(lake, AT):
        assert compaction.merge(lake, plan, AT) is not None
    retention.clear(lake, AT + retention.GRACE_US, micros(NOON + timedelta(days=3650)))
    assert rows(lake) == expected
    assert len(list((lake.root / "segments").rglob("*.*"))) == 1
