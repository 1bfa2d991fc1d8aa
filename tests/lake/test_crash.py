"""A writer killed at any moment: what it had acknowledged is there, whole, and the next writer goes on."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind
from vonggac.lake.store import Lake

# Says each digest once the lake has taken the file, and goes on until it is killed.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.lake.test_crash import log_text, put
from vonggac.lake.store import Lake
lake, number = Lake(Path(sys.argv[1])), int(sys.argv[2])
while True:
    print(put(lake, log_text(number)), number, flush=True)
    number += 1
"""
ROWS_EACH = 40
REPOSITORY = Path(__file__).parents[2]


def log_text(number: int) -> bytes:
    begin = datetime(2026, 4, 20, tzinfo=UTC) + timedelta(minutes=number)
    rows = "".join(
        f"{(begin + timedelta(hours=n)).isoformat()},10.0.0.{n % 250 + 1},192.0.2.1\n" for n in range(ROWS_EACH)
    )
    return f"time_utc,source_address,destination_address\n{rows}".encode()


def put(lake: Lake, content: bytes) -> str:
    sha256 = lake.keep(content)
    at = datetime(2026, 4, 22, tzinfo=UTC)
    reading = traffic.read(content, "flows.csv", wanted=Kind.FLOW, received_utc=at)
    assert reading.table.num_rows == ROWS_EACH
    lake.add("000001/", "flow", Kind.FLOW, reading, sha256, at, "flows.csv")
    return sha256


def killed_after(root: Path, first: int, files: int, seconds: float) -> list[str]:
    """The digests that a writer acknowledged before it was killed without warning."""
    command = [sys.executable, "-c", WRITER, str(root), str(first)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(files)]
    time.sleep(seconds)
    os.kill(writer.pid, signal.SIGKILL)
    said += writer.stdout.read().splitlines(keepends=True)
    writer.wait(10)
    writer.stdout.close()
    whole = [line.split()[0] for line in said if line.endswith("\n")]
    assert len(whole) >= files, "the writer died before it was killed"
    return whole


@pytest.mark.parametrize("seconds", [0.0, 0.003, 0.011])
def test_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path: Path, seconds: float):
    acknowledged = killed_after(tmp_path, 0, 2, seconds)
    lake = Lake(tmp_path)
    entries = lake.imports()
    assert set(acknowledged) <= {entry.source_sha256 for entry in entries}
    # At the most the one it was at, and that one whole.
    assert len(entries) <= len(acknowledged) + 1
    assert [entry.rows for entry in entries] == [ROWS_EACH] * len(entries)
    assert [sum(s.rows for s in entry.segments) for entry in entries] == [ROWS_EACH] * len(entries)
    assert lake.verify() == []
    for number, sha256 in enumerate(acknowledged):
        assert lake.raw(sha256) == log_text(number)


def test_the_next_writer_takes_up_where_the_killed_one_fell(tmp_path: Path):
    done = len(killed_after(tmp_path, 0, 1, 0.007))
    with (tmp_path / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b'{"organisation_path": "0000')  # the line it was writing
    again = killed_after(tmp_path, 0, done + 3, 0)
    lake = Lake(tmp_path)
    digests = [entry.source_sha256 for entry in lake.imports()]
    assert len(digests) == len(set(digests)), "handing the same file in again counts once"
    assert set(again) <= set(digests)
    assert lake.verify() == []
