"""The judge of generated provinces beside what has to be done anyway: reading every log file of the same folder.

.venv/bin/python -m bench.judge [--scales 0.05 1] [--seed 1]
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from pathlib import Path

from bench._measuring import keep, run

from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind

VONGGAC = (sys.executable, "-m", "vonggac.cli", "exercise")


def read_logs(world: Path) -> dict[str, float]:
    """Wall and CPU seconds of reading the logs, and nothing done with their rows; how many rows there are."""
    with (world / "sensors.csv").open(encoding="utf-8-sig", newline="") as file:
        kinds = {row["name"]: Kind(row["kind"]) for row in csv.DictReader(file)}
    wall, cpu, rows = time.perf_counter(), time.process_time(), 0
    for path in sorted((world / "logs").glob("*/*")):
        rows += traffic.read(path.read_bytes(), path.name, wanted=kinds[path.parent.name]).table.num_rows
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows}


def measure(folder: Path, scale: float, seed: int) -> dict[str, float]:
    """The figures of one province: its size, the judge, the reading alone, and their ratio in CPU seconds."""
    world, answer = folder / f"world-{scale}", folder / f"answer-{scale}.json"
    run([*VONGGAC, "generate", str(world), "--seed", str(seed), "--scale", str(scale)])
    with answer.open("wb") as file:
        judged = run([*VONGGAC, "judge", str(world), "--json"], file)
    reading = read_logs(world)
    with (world / "assets.csv").open(encoding="utf-8-sig", newline="") as register:
        hosts = len({row["name"] for row in csv.DictReader(register)})
    return {
        "scale": scale,
        "hosts": hosts,
        "cases": json.loads(answer.read_text("utf-8"))["summary"]["hosts"],
        "rows": reading["rows"],
        "seconds": judged["wall"],
        "cpu_seconds": judged["cpu"],
        "hosts_per_cpu_second": hosts / judged["cpu"],
        "reading_cpu_seconds": reading["cpu"],
        "ratio": judged["cpu"] / reading["cpu"],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scales", type=float, nargs="+", default=[0.05, 1])
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="vonggac-") as folder:
        found = [measure(Path(folder), scale, given.seed) for scale in given.scales]
    for one in found:
        print(
            f"judge at scale {one['scale']:g} ({one['hosts']:,} hosts, {one['rows']:,} rows): "
            f"ours {one['cpu_seconds']:.1f} s CPU, {one['seconds']:.1f} s, {one['hosts_per_cpu_second']:.0f} hosts/s, "
            f"peer (reading the logs alone) {one['reading_cpu_seconds']:.1f} s CPU, ratio {one['ratio']:.1f}"
        )
    keep("judge", {"seed": given.seed, "provinces": found})


if __name__ == "__main__":
    main()
