"""The second `./vg up` of a home until its first page, as somebody waits for it.

.venv/bin/python -m bench.startup [--times 3]
"""

import argparse
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench._measuring import REPOSITORY, free_port, keep
from bench.desk_pages import wait

GOAL_SECONDS = 5.0


def start(home: Path) -> float:
    """Seconds from the command to the first answer of the sign-in page; the desk is stopped again."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "VONGGAC_DATABASE_URL"}
    begin = time.perf_counter()
    desk = subprocess.Popen(
        [str(REPOSITORY / "vg"), "up", "--home", str(home), "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait(port)
        return time.perf_counter() - begin
    finally:
        desk.send_signal(signal.SIGINT)
        desk.wait(60)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="vonggac-") as folder:
        home = Path(folder) / "home"
        first = start(home)
        seconds = statistics.median(start(home) for _ in range(given.times))
    print(
        f"startup: ours {seconds:.1f} s (the very first start {first:.1f} s), limit {GOAL_SECONDS:.0f} s, "
        f"ratio {seconds / GOAL_SECONDS:.2f}, goal < 1"
    )
    keep("startup", {"first_seconds": first, "second_seconds": seconds, "goal_seconds": GOAL_SECONDS})


if __name__ == "__main__":
    main()
