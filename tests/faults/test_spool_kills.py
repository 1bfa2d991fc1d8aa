"""A writer killed at random moments under load: every acknowledged message is there, once. 200 kills when slow."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from vonggac.lake.spool import frames

REPOSITORY = Path(__file__).parents[2]
# Says the number of each message once the spool has taken it; eight senders at once, so that commits carry many.
WRITER = """
import sys, threading
from pathlib import Path
from vonggac.lake.spool import Spool
spool, begin, say = Spool(Path(sys.argv[1]), segment_bytes=100_000, reserve_bytes=0), int(sys.argv[2]), threading.Lock()
def send(sender):
    for number in range(begin + sender, begin + 1_000_000, 8):
        spool.append(b"%d" % number + b"." * (number % 3_000))
        with say:
            print(number, flush=True)
for sender in range(8):
    threading.Thread(target=send, args=(sender,)).start()
"""


def killed(folder: Path, begin: int, seconds: float) -> list[int]:
    """The numbers that a writer acknowledged before it was killed without warning."""
    command = [sys.executable, "-c", WRITER, str(folder), str(begin)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert writer.stdout is not None
    said: list[str] = [writer.stdout.readline()]
    reader = threading.Thread(target=lambda: said.extend(writer.stdout.readlines()))
    reader.start()
    time.sleep(seconds)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait(10)
    reader.join(10)
    writer.stdout.close()
    return [int(line) for line in said if line.endswith("\n")]


def check(folder: Path, kills: int) -> tuple[int, int]:
    chance, acknowledged = random.Random(kills), []  # noqa: S311  no secret
    for number in range(kills):
        acknowledged += killed(folder, number * 1_000_000, chance.uniform(0.0, 0.3))
    assert not killed_numbers_missing(folder, acknowledged)
    return len(acknowledged), kills


def killed_numbers_missing(folder: Path, acknowledged: list[int]) -> list[int]:
    held = Counter(int(frame.content.split(b".")[0]) for frame in frames(folder))
    assert max(held.values()) == 1, "a message was counted twice"
    return [number for number in acknowledged if number not in held]


def test_a_killed_writer_lost_nothing_that_it_acknowledged(tmp_path):
    acknowledged, _ = check(tmp_path, 6)
    assert acknowledged > 6


@pytest.mark.slow
def test_two_hundred_killed_writers_lost_nothing(tmp_path):
    acknowledged, kills = check(tmp_path, 200)
    print(f"{kills} × kill -9: {acknowledged} messages acknowledged, 0 lost, 0 twice")  # noqa: T201  the figures
