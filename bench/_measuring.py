"""What the benchmarks share: CPU seconds of a process, medians of pairs, and where the results are kept."""

import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "bench" / "results"


def run(command: Sequence[str], output: IO[bytes] | int = subprocess.DEVNULL, **added: str) -> dict[str, float]:
    """Wall and CPU seconds of one whole process; it must succeed."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command, check=True, stdout=output, stderr=subprocess.DEVNULL, env=os.environ | added, cwd=REPOSITORY
    )
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall": wall, "cpu": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}


def pairs(ours: Callable[[], dict[str, float]], peer: Callable[[], dict[str, float]], times: int) -> dict[str, float]:
    """Medians of both, and of the ratios peer ÷ ours of wall and of CPU seconds, one pair after the other.

    On a shared machine the ratio of two runs side by side says more than either time.
    """
    runs = [(ours(), peer()) for _ in range(times)]
    found = {}
    for clock in ("wall", "cpu"):
        found[f"ours_{clock}_seconds"] = statistics.median(one[clock] for one, _ in runs)
        found[f"peer_{clock}_seconds"] = statistics.median(other[clock] for _, other in runs)
        found[f"ratio_{clock}"] = statistics.median(other[clock] / one[clock] for one, other in runs)
    return found


def require(bench: str, program: str, package: str) -> None:
    """End the benchmark with what to install when the program that it is measured against is not there."""
    if shutil.which(program) is None:
        raise SystemExit(f"{bench}: it is measured against {program}, which is missing; apt install {package}")


def keep(name: str, figures: dict[str, object]) -> None:
    """Write bench/results/<name>.json with the day and the machine."""
    RESULTS.mkdir(exist_ok=True)
    measured = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), **figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")


def machine() -> str:
    """Cores, processor and how busy the machine was."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    return f"{os.cpu_count()} cores, {model}, load {os.getloadavg()[0]:.1f} (shared)"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(processes: list[int]) -> float:
    """What the processes have used, user and system."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in processes]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")
